"""The array libraries of an environment: what its probe finds by trying them, and what that means."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stallhorn.commands._checks import Check, Grade

LIMIT = 300  # seconds: a cold disk, and each part of an inspection has a limit of its own


@dataclass(frozen=True, slots=True)
class Installation:
    """One interpreter's environment. `found` is what the probe prints there, None where it does not answer: `why`."""

    name: str
    found: Mapping[str, Any] | None
    why: str = ""


def look(environments: Path | None) -> list[Installation]:
    """The environments that asv has built, and the one that runs stallhorn."""
    places = sorted(environments.glob("*/asv-env-info.json")) if environments is not None else []
    asked = [(_name(place), place.parent / "bin" / "python") for place in places]
    asked.append(("this Python", Path(sys.executable)))
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda one: inspect(*one), asked))


def inspect(name: str, python: Path) -> Installation:
    """Ask one interpreter, in a process that has what a measuring process has: its own folders first, no PYTHONPATH."""
    variables = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    variables["PATH"] = os.pathsep.join([str(python.parent), variables.get("PATH", "")])
    command = [str(python), "-m", "asv_bench_stallhorn.installation"]
    try:
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, errors="replace", timeout=LIMIT, cwd=python.parent
        )
    except subprocess.TimeoutExpired:
        return Installation(name, None, f"no answer after {LIMIT} s")
    except OSError as error:
        return Installation(name, None, f"its Python does not start ({error.strerror})")
    if "No module named" in done.stderr and "asv_bench_stallhorn" in done.stderr:
        return Installation(name, None, "not looked at: the probe is not installed there")
    try:
        found = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Installation(name, None, f"it cannot be looked at: {last}")
    return Installation(name, found if isinstance(found, dict) else None)


def _name(info: Path) -> str:
    """An environment as people know it, from asv's own note of it: its folder's name is a hash."""
    try:
        noted = json.loads(info.read_text(encoding="utf-8"))
        requirements = {str(key): str(value or "") for key, value in noted["requirements"].items()}
        return " ".join([f"py{noted['python']}", *(f"{key}{version}" for key, version in sorted(requirements.items()))])
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return info.parent.name[:8]


def examine(installation: Installation) -> list[Check]:
    """Every check of one environment. Pure."""
    name, found = installation.name, installation.found
    if found is None:
        return [Check(name, Grade.OK, installation.why)]
    checks = [*_imports(found), _blas(found), *_openmp(found), *_layers(found), *_jax(found)]
    return [Check(f"{name}: {each.name}", each.grade, each.found, each.remedy) for each in checks]


def _imports(found: Mapping[str, Any]) -> Iterable[Check]:
    """Libraries that are installed and cannot be imported, and parts that could not be looked at."""
    problems = {**(found.get("imports") or {}), "jax": found.get("jax")}
    for library, problem in problems.items():
        if problem:
            remedy = (
                f"Its benchmarks fail. Install it anew, with the versions that it asks for: pip install -U {library}."
            )
            yield Check(library, Grade.WARNING, f"cannot be used: {problem}", remedy)
    for part, problem in (found.get("errors") or {}).items():
        remedy = "A benchmark that imports the same libraries can end in the same way; try them by hand."
        yield Check(part, Grade.WARNING, f"cannot be looked at: {problem}", remedy)


def _blas(found: Mapping[str, Any]) -> Check:
    libraries = found.get("blas")
    if libraries is None:
        return Check("BLAS", Grade.OK, "unknown (NumPy or threadpoolctl is not installed)")
    told = [
        f"{one['library']} {one.get('version') or ''}".strip() + (f" ({how})" if (how := one.get("threading")) else "")
        for one in libraries
    ]
    if not told:
        return Check("BLAS", Grade.OK, "none that threadpoolctl knows; its threads cannot be set nor seen")
    vendors = {one["library"] for one in libraries}
    if len(vendors) > 1:
        remedy = (
            "NumPy and SciPy each bring their own: two pools of threads, and two speeds for the same product. "
            "Take both from one source."
        )
        return Check("BLAS", Grade.WARNING, ", ".join(told), remedy)
    return Check("BLAS", Grade.OK, ", ".join(dict.fromkeys(told)))


def _openmp(found: Mapping[str, Any]) -> Iterable[Check]:
    runtimes = found.get("openmp")
    if not runtimes:
        return
    if len(runtimes) == 1:
        yield Check("OpenMP", Grade.OK, runtimes[0])
        return
    remedy = (
        "Each keeps threads of its own, which wait for work by spinning and take the cores from the others; some pairs "
        "abort. Take the packages from one source, so that they share one, or let Numba do without: "
        "NUMBA_THREADING_LAYER=workqueue (or tbb). KMP_DUPLICATE_LIB_OK only hides it. "
        f"The files: {', '.join(found.get('openmp_files') or runtimes)}."
    )
    yield Check("OpenMP", Grade.WARNING, f"{len(runtimes)} runtimes in one process: {', '.join(runtimes)}", remedy)


def _layers(found: Mapping[str, Any]) -> Iterable[Check]:
    layers = found.get("layers")
    if not layers:
        return
    fine = [name for name, problem in layers.items() if not problem]
    yield Check("Numba's layers", Grade.OK, f"{', '.join(fine) or 'none'} can be loaded")
    folders = found.get("tbb_folders") or []
    for name, problem in layers.items():
        if not problem or (name == "tbb" and not folders and "cannot open" in problem):
            continue  # TBB is not installed; nobody has asked for it
        yield Check(
            f"layer {name}", Grade.WARNING, f"cannot be loaded: {problem}", _remedy_of_layer(name, problem, folders)
        )


def _remedy_of_layer(name: str, problem: str, folders: list[str]) -> str:
    if name == "tbb" and folders and "cannot open" in problem:
        return (
            "TBB is installed where the loader does not look, so Numba takes another layer without a word. "
            f"Before you start stallhorn: export LD_LIBRARY_PATH={folders[0]}."
        )
    if name == "tbb":
        return "Numba takes another layer without a word. Install a newer TBB: pip install -U tbb."
    if name == "omp":
        return "Numba takes another layer without a word. Install an OpenMP runtime (Debian: apt-get install libgomp1)."
    return "Install Numba anew: pip install --force-reinstall numba."


def _jax(found: Mapping[str, Any]) -> Iterable[Check]:
    wheels = {str(name): str(version) for name, version in (found.get("jax_wheels") or {}).items()}
    if "jaxlib" not in wheels and found.get("jax") is None and not _gpu_wheels(wheels):
        return
    platforms = found.get("platforms") or []
    if platforms:
        kept = "keeps float64" if found.get("x64") else "makes float64 to float32 unless x64 is turned on"
        versions = " ".join(f"{name} {wheels[name]}" for name in ("jax", "jaxlib") if name in wheels)
        yield Check("JAX", Grade.OK, f"{versions} on {', '.join(platforms)}; {kept}".strip())
    problems = list(_wheel_problems(wheels, found.get("gpus") or [], platforms))
    for told, remedy in problems:
        yield Check("JAX's wheels", Grade.WARNING, told, remedy)
    if not problems:
        for remark in found.get("jax_remarks") or []:
            yield Check(
                "JAX says",
                Grade.WARNING,
                remark,
                "Something that is installed is not used. The message names it: update or uninstall it.",
            )


def _wheel_problems(wheels: Mapping[str, str], gpus: list[str], platforms: list[str]) -> Iterable[tuple[str, str]]:
    """What is wrong between JAX's wheels for the CPU and those for a GPU, and what to do."""
    plugins = {name: version for name, version in wheels.items() if _is_plugin(name)}
    libraries = _gpu_wheels(wheels)
    jaxlib = wheels.get("jaxlib", "none")
    if len(plugins) > 1:
        yield (
            f"several plug-ins: {_list(plugins)}",
            "Only one can drive the GPU. Keep the one for your driver's CUDA and uninstall the others.",
        )
    for name, version in plugins.items():
        if _release(version) != _release(jaxlib):
            yield (
                f"{name} is {version}, jaxlib is {jaxlib}: JAX does not use it",
                f"Install both in one version: pip install -U 'jax[{_extra(name)}]'; or pip uninstall {name}.",
            )
        driver = name.replace("-plugin", "-pjrt")
        if driver not in wheels:
            yield (f"{name} without {driver}: it has nothing to drive", f"pip install -U 'jax[{_extra(name)}]'.")
    yield from _left_over(wheels, plugins, libraries)
    if plugins and not gpus:
        yield (
            f"made for a GPU ({_list(plugins)}), and there is none here",
            "JAX looks for it at every start and then takes the CPU. For the CPU alone: "
            f"pip uninstall {' '.join(sorted(libraries))}; pip install jax.",
        )
    if "nvidia" in gpus and not plugins and "jaxlib" in wheels and "+cuda" not in jaxlib:
        yield (
            "made for the CPU, beside an NVIDIA GPU that stays idle",
            "For the GPU: pip install -U 'jax[cuda12]'. If the CPU is meant, say so: JAX_PLATFORMS=cpu.",
        )
    if "nvidia" in gpus and plugins and platforms and "cuda" not in platforms:
        yield (
            f"the GPU is there and {_list(plugins)} too, and JAX does not use it",
            "See with `nvidia-smi` that the driver answers, that JAX_PLATFORMS is not cpu, and that the driver is new "
            "enough for the plug-in's CUDA.",
        )


def _left_over(
    wheels: Mapping[str, str], plugins: Mapping[str, str], libraries: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    """CUDA's libraries, or a driver, that no plug-in uses any more."""
    if plugins or not libraries or "+cuda" in wheels.get("jaxlib", ""):
        return
    yield (
        f"{_list(libraries)} without a jax-cuda plug-in that would use them",
        "Left over from a JAX for the GPU, unless another package needs them. For the CPU: "
        f"pip uninstall {' '.join(sorted(libraries))}. For the GPU: pip install -U 'jax[cuda12]'.",
    )


def _is_plugin(name: str) -> bool:
    return re.fullmatch(r"jax-(cuda|rocm)\w*-plugin", name) is not None


def _gpu_wheels(wheels: Mapping[str, str]) -> dict[str, str]:
    """Plug-ins, drivers and CUDA's libraries; NVIDIA's tools for watching a GPU compute nothing."""
    watching = ("nvidia-ml-py", "nvidia-nvtx", "nvidia-smi")
    return {
        name: version
        for name, version in wheels.items()
        if name.startswith(("jax-cuda", "jax-rocm", "nvidia-")) and not name.startswith(watching)
    }


def _extra(plugin: str) -> str:
    return plugin.removeprefix("jax-").removesuffix("-plugin")


def _release(version: str) -> str:
    """A version without what is added to it for one build: JAX compares no more."""
    return re.split(r"[+-]|\.post|\.dev", version)[0]


def _list(wheels: Mapping[str, str]) -> str:
    """A few wheels with versions, and how many more."""
    named = [f"{name} {version}" for name, version in sorted(wheels.items())]
    return ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
