"""What can be read from this machine about its fitness to measure. I/O only; `doctor` decides what it means."""

from __future__ import annotations

import ctypes.util
import os
import platform
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

_SYS = Path("/sys")
_CPU = _SYS / "devices/system/cpu"


@dataclass(frozen=True, slots=True)
class Readings:
    """One look at the machine. None: this system does not tell."""

    cores: int | None  # that the system has
    affinity: int | None  # that this process may use
    quota: float | None  # that the control group allows; None: no limit
    load: float | None  # mean number of running processes over the last minute
    foreign: float | None  # cores that other processes used over `window` seconds
    window: float
    stolen: float | None  # share of time that the hypervisor gave to others, over the same window
    smt: bool | None  # two hardware threads share a core
    governor: str | None
    turbo: bool | None
    compiler: str | None
    git: str | None
    python: str
    openmp: str | None  # the runtime's file
    free_disk: int | None  # bytes, where environments and results go
    available_memory: int | None  # bytes
    writable: bool
    environments: int | None  # that asv has built; None: there is no asv.conf.json
    hosted: str  # "Linux", "Darwin", ...


def read(folder: Path, environments: Path | None, window: float = 1.0) -> Readings:
    """Look at this machine for `window` seconds; `folder` is where results go."""
    foreign, stolen = _others(window)
    return Readings(
        cores=psutil.cpu_count(),
        affinity=_affinity(),
        quota=quota(Path("/proc/self/cgroup"), _SYS / "fs/cgroup"),
        load=_load(),
        foreign=foreign,
        window=window,
        stolen=stolen,
        smt=_flag(_CPU / "smt/active"),
        governor=_text(_CPU / "cpu0/cpufreq/scaling_governor"),
        turbo=_turbo(),
        compiler=next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None),
        git=_said(["git", "--version"]),
        python=platform.python_version(),
        openmp=ctypes.util.find_library("gomp") or ctypes.util.find_library("omp"),
        free_disk=_free(folder),
        available_memory=psutil.virtual_memory().available,
        writable=os.access(_existing(folder), os.W_OK | os.X_OK),
        environments=None if environments is None else len(list(environments.glob("*/asv-env-info.json"))),
        hosted=platform.system(),
    )


def quota(groups: Path, mount: Path) -> float | None:
    """The smallest number of cores that a control group around this process allows (versions 1 and 2)."""
    limits = []
    for line in (_text(groups) or "").splitlines():
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if number == "0" and not controllers:
            limits += [_limit_2(folder) for folder in _upwards(mount, path)]
        elif "cpu" in controllers.split(","):
            for name in (controllers, "cpu,cpuacct", "cpu"):
                limits += [_limit_1(folder) for folder in _upwards(mount / name, path)]
    return min((limit for limit in limits if limit is not None), default=None)


def _upwards(mount: Path, path: str) -> list[Path]:
    """The group's folder and those around it. In a container the path can be one that only the host has."""
    parts = [part for part in path.split("/") if part not in ("", "..")]
    return [mount.joinpath(*parts[:count]) for count in range(len(parts), -1, -1)]


def _limit_2(folder: Path) -> float | None:
    words = (_text(folder / "cpu.max") or "").split()
    return _cores(words[0], words[1]) if len(words) == 2 else None


def _limit_1(folder: Path) -> float | None:
    return _cores(_text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us"))


def _cores(allowed: str | None, period: str | None) -> float | None:
    try:
        cores = float(allowed or "") / float(period or "")
    except (ValueError, ZeroDivisionError):  # "max" means no limit
        return None
    return cores if cores > 0 else None  # -1 means no limit


def _others(window: float) -> tuple[float | None, float | None]:
    """Cores that other processes used, and the share of time stolen by the hypervisor, over some seconds."""
    before, own, start = psutil.cpu_times(), time.process_time(), time.monotonic()
    time.sleep(window)
    after, used, seconds = psutil.cpu_times(), time.process_time() - own, time.monotonic() - start
    if seconds <= 0:
        return None, None
    busy = _busy(after) - _busy(before) - used
    stolen = getattr(after, "steal", 0.0) - getattr(before, "steal", 0.0)
    return max(0.0, busy / seconds), max(0.0, stolen / seconds / (psutil.cpu_count() or 1))


def _busy(times: object) -> float:
    names = ("user", "nice", "system", "irq", "softirq")  # user has the guests' time in it already
    return sum(float(getattr(times, name, 0.0)) for name in names)


def _affinity() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _turbo() -> bool | None:
    off = _flag(_CPU / "intel_pstate/no_turbo")
    return not off if off is not None else _flag(_CPU / "cpufreq/boost")


def _flag(path: Path) -> bool | None:
    text = _text(path)
    return None if text is None else text == "1"


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def _said(command: list[str]) -> str | None:
    """The first line that a program prints, or None if it does not run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip().split("\n")[0]


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))


def _free(folder: Path) -> int | None:
    try:
        return shutil.disk_usage(_existing(folder)).free
    except OSError:
        return None
