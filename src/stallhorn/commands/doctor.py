"""Is this machine fit to measure?

Looks at load, other processes, control-group quota, cores, frequency scaling, compiler, git, disk and memory, and at
the array libraries of every environment: BLAS, OpenMP runtimes, Numba's threading layers, JAX's wheels. Says for each
what was found, whether it is good enough, and what to do about it. Changes nothing.

Exit codes: 0 it can measure, warnings or not; 2 it cannot.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from stallhorn import units
from stallhorn.commands._checks import Check, Grade
from stallhorn.errors import ExitCode, UsageError
from stallhorn.model import DISTURBED

if TYPE_CHECKING:
    from stallhorn.commands._readings import Readings

STOLEN = 0.02  # share of the time
ENVIRONMENT = 2**30  # bytes that an environment with numba and jax takes, with room to build it
RESULTS = 50 * 2**20  # bytes that results and builds of a session take at least
MEMORY = 2**30  # bytes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=float, default=1.0, metavar="S", help="how long to watch other processes (default: 1)"
    )
    parser.add_argument(
        "--machine-only", action="store_true", help="do not import the libraries of the environments to look at them"
    )


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn.commands._installation import examine as examine_installation
    from stallhorn.commands._installation import look
    from stallhorn.commands._readings import read
    from stallhorn.console import safe, write
    from stallhorn.report.terminal import table

    if not 0 < args.seconds <= 3600:
        raise UsageError(f"--seconds {args.seconds:g}: expected a time above 0 s and up to 3600 s.", "Try --seconds 1.")
    results, environments = _places(args.config)
    checks = examine(read(results, environments, args.seconds))  # before the processes that look at the libraries
    if not args.machine_only:
        checks += [check for one in look(environments) for check in examine_installation(one)]
    for line in table([(each.grade, safe(each.name), safe(each.found)) for each in checks], indent=""):
        write(line)
    for each in checks:
        if each.remedy:
            write(f"\n{safe(each.name)}: {safe(each.remedy)}")
    write(f"\n{conclusion(checks)}")
    return ExitCode.USAGE if any(each.grade is Grade.PROBLEM for each in checks) else ExitCode.FINE


def examine(readings: Readings) -> list[Check]:
    """Every check, in the order people should read them. Pure."""
    return [
        _git(readings),
        _writable(readings),
        _disk(readings),
        _environments(readings),
        _others(readings),
        _load(readings),
        _stolen(readings),
        _cores(readings),
        _quota(readings),
        _smt(readings),
        _governor(readings),
        _turbo(readings),
        _memory(readings),
        _compiler(readings),
        _openmp(readings),
        Check("python", Grade.OK, readings.python),
    ]


def conclusion(checks: list[Check]) -> str:
    """The answer in one sentence."""
    problems = [each.name for each in checks if each.grade is Grade.PROBLEM]
    warnings = [each.name for each in checks if each.grade is Grade.WARNING]
    if problems:
        return f"This machine cannot measure: {', '.join(problems)}."
    if warnings:
        return f"This machine can measure; results can be noisier than they need be: {', '.join(warnings)}."
    return "This machine is fit to measure."


def _places(configuration: Path | None) -> tuple[Path, Path | None]:
    """Where results go, and where asv's environments are; the current folder outside a project."""
    from stallhorn.asv.project import describe, find_configuration, load_configuration

    try:
        path = find_configuration(configuration)
    except UsageError:
        if configuration is not None:
            raise
        return Path.cwd(), None
    conf = load_configuration(path)
    return describe(conf, path.parent).results, path.parent / conf.env_dir


def _git(readings: Readings) -> Check:
    if readings.git is None:
        return Check("git", Grade.PROBLEM, "not found", "Install git (Debian: apt-get install git).")
    return Check("git", Grade.OK, readings.git)


def _writable(readings: Readings) -> Check:
    if not readings.writable:
        return Check("results", Grade.PROBLEM, "the folder cannot be written", "Change its owner or its permissions.")
    return Check("results", Grade.OK, "the folder can be written")


def _disk(readings: Readings) -> Check:
    free = readings.free_disk
    if free is None:
        return Check("disk", Grade.OK, "unknown")
    if free < RESULTS:
        return Check("disk", Grade.PROBLEM, f"{units.size(free)} free", f"Make room: {units.size(RESULTS)} at least.")
    if free < ENVIRONMENT and not readings.environments:
        remedy = f"An environment with numba and jax takes about {units.size(ENVIRONMENT)}; make room for each."
        return Check("disk", Grade.WARNING, f"{units.size(free)} free", remedy)
    return Check("disk", Grade.OK, f"{units.size(free)} free")


def _environments(readings: Readings) -> Check:
    if readings.environments is None:
        remedy = "Run stallhorn in the folder of an asv.conf.json to measure (`asv quickstart` writes a first one)."
        return Check("environments", Grade.WARNING, "there is no asv.conf.json here", remedy)
    if readings.environments == 0:
        return Check("environments", Grade.OK, "none yet; the first run builds them, which needs a network")
    return Check("environments", Grade.OK, f"{readings.environments} built")


def _others(readings: Readings) -> Check:
    if readings.foreign is None:
        return Check("other processes", Grade.OK, "unknown")
    found = f"used {readings.foreign:.2f} cores over {readings.window:g} s"
    if readings.foreign > DISTURBED:
        remedy = f"Stop what else runs: a slowdown that more than {DISTURBED} cores can explain is called inconclusive."
        return Check("other processes", Grade.WARNING, found, remedy)
    return Check("other processes", Grade.OK, found)


def _load(readings: Readings) -> Check:
    if readings.load is None:
        return Check("load", Grade.OK, "unknown")
    found = f"{readings.load:.2f} over the last minute"
    if readings.load > max(1, readings.affinity or readings.cores or 1) / 2:
        return Check("load", Grade.WARNING, found, "Wait until the machine is idle, or see with `top` what runs.")
    return Check("load", Grade.OK, found)


def _stolen(readings: Readings) -> Check:
    if readings.stolen is None:
        return Check("hypervisor", Grade.OK, "unknown")
    found = f"{readings.stolen:.1%} of the time went to other virtual machines"
    if readings.stolen > STOLEN:
        return Check("hypervisor", Grade.WARNING, found, "Measure at another time, or on a machine of its own.")
    return Check("hypervisor", Grade.OK, found)


def _cores(readings: Readings) -> Check:
    if readings.cores is None:
        return Check("cores", Grade.OK, "unknown")
    usable = readings.affinity or readings.cores
    if usable < readings.cores:
        remedy = f"Thread settings above {usable} are skipped; start without `taskset` to use all cores."
        return Check("cores", Grade.WARNING, f"{usable} of {readings.cores} may be used", remedy)
    if usable < 2:
        remedy = "Threads cannot be compared, and everything else that runs disturbs."
        return Check("cores", Grade.WARNING, "1", remedy)
    return Check("cores", Grade.OK, str(usable))


def _quota(readings: Readings) -> Check:
    if readings.quota is None:
        return Check("quota", Grade.OK, "none")
    usable = readings.affinity or readings.cores or 1
    found = f"{readings.quota:.2f} cores"
    if readings.quota < usable:
        remedy = (
            "The control group stops processes that use more, in slices of about 100 ms, which looks like noise. "
            "Raise it (docker: --cpus), or use thread settings below it."
        )
        return Check("quota", Grade.WARNING, found, remedy)
    return Check("quota", Grade.OK, found)


def _smt(readings: Readings) -> Check:
    if not readings.smt:
        return Check("hardware threads", Grade.OK, "one per core" if readings.smt is False else "unknown")
    remedy = "Pairs of logical cores share one core: settings with all of them measure that sharing too."
    return Check("hardware threads", Grade.WARNING, "two per core", remedy)


def _governor(readings: Readings) -> Check:
    if readings.governor is None:
        return Check("governor", Grade.OK, "not visible here")
    if readings.governor != "performance":
        remedy = "The clock follows the load. `sudo cpupower frequency-set --governor performance` fixes it."
        return Check("governor", Grade.WARNING, readings.governor, remedy)
    return Check("governor", Grade.OK, readings.governor)


def _turbo(readings: Readings) -> Check:
    if not readings.turbo:
        return Check("turbo", Grade.OK, "off" if readings.turbo is False else "not visible here")
    remedy = "The clock depends on temperature and neighbours; turn it off in the firmware or below /sys/devices."
    return Check("turbo", Grade.WARNING, "on", remedy)


def _memory(readings: Readings) -> Check:
    free = readings.available_memory
    if free is None:
        return Check("memory", Grade.OK, "unknown")
    if free < MEMORY:
        remedy = "Large inputs are skipped, and swapping would ruin the rest: end what holds memory."
        return Check("memory", Grade.WARNING, f"{units.size(free)} available", remedy)
    return Check("memory", Grade.OK, f"{units.size(free)} available")


def _compiler(readings: Readings) -> Check:
    if readings.compiler is None:
        remedy = "Only packages with C code need one (Debian: apt-get install build-essential)."
        return Check("compiler", Grade.WARNING, "not found", remedy)
    return Check("compiler", Grade.OK, readings.compiler)


def _openmp(readings: Readings) -> Check:
    if readings.openmp is None:
        install = "brew install libomp" if readings.hosted == "Darwin" else "Debian: apt-get install libgomp1"
        remedy = f"Numba falls back to its workqueue layer, which is not the one people run ({install})."
        return Check("OpenMP", Grade.WARNING, "no runtime found", remedy)
    return Check("OpenMP", Grade.OK, readings.openmp)
