"""Kernels in C++: built by this machine's compiler when they are first asked for, and loaded.

They are the ahead-of-time peers of the compiled-at-run-time kernels. The source travels with the package, the library
does not: the package stays the same for every machine and installs without a compiler, and the compiler may use every
instruction of the processor, as Numba and XLA do. Threads are OpenMP's: OMP_NUM_THREADS sizes its pool, once, when the
first of these libraries is loaded.

Built libraries are kept in `refkernels` in the user's cache folder (XDG_CACHE_HOME), each under a name made of all that
it depends on, so that a stale one is never found; where that folder cannot be written to, they are built for this
process alone. The compiler is $CXX or the first of c++, g++ and clang++.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np

from refkernels import Unavailable

# What Numba's error_model="numpy" grants its own compiler, and no more: a square root that does not set errno and
# arithmetic that raises no signals. Sums stay in order, NaN and infinity stay what they are.
FLAGS = ("-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fopenmp", "-fPIC", "-shared")
COMPILERS = ("c++", "g++", "clang++")
SECONDS_TO_BUILD = 120

# Context lines and warnings may come first; what a linker misses stands before its own "error".
COMPLAINT = re.compile(r"\berror\b|cannot find|not found|undefined reference", re.IGNORECASE)


def library(kernel: str, flags: tuple[str, ...] = ()) -> ctypes.CDLL:
    """The library of `<kernel>/<kernel>.cpp`, built with FLAGS and `flags`. Raises Unavailable with the reason."""
    source = files(f"refkernels.{kernel}").joinpath(f"{kernel}.cpp").read_text(encoding="utf-8")
    compiler = _compiler()
    command = [*compiler, *FLAGS, *flags]
    parts = (source, *command, _answer([*compiler, "--version"]), _processor())
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
    name = f"{kernel}-{key}.so"
    kept = _cache() / name
    if not kept.is_file():
        kept = _build(command, source, kept.parent if _is_ours(kept.parent) else _private(), name)
    try:
        return ctypes.CDLL(str(kept))
    except OSError as error:
        raise Unavailable(f"{kept.name} was built and cannot be loaded: {error}") from error


def address(array: np.ndarray) -> int:
    """Where the data of an array starts. The caller keeps the array alive and answers for its layout."""
    return array.__array_interface__["data"][0]


def _compiler() -> list[str]:
    """The command that starts the compiler. $CXX may bring options along."""
    wanted = shlex.split(os.environ.get("CXX", ""))
    for program in wanted[:1] or COMPILERS:
        if shutil.which(program):
            return [program, *wanted[1:]]
    if wanted:
        raise Unavailable(f"there is no C++ compiler {wanted[0]!r}, which CXX names")
    raise Unavailable(f"there is no C++ compiler here (looked for {', '.join(COMPILERS)}; CXX may name another)")


def _cache() -> Path:
    """The folder for built libraries, there or not."""
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "refkernels"
    except RuntimeError:  # there is no home
        return Path(os.devnull) / "refkernels"  # where nothing is and nothing can be made


def _is_ours(folder: Path) -> bool:
    """Whether the folder is there, or can be made, and can be written to."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def _private() -> Path:
    """A folder that nobody else can write to and that goes with this process."""
    try:
        folder = tempfile.mkdtemp(prefix="refkernels-")
    except OSError as error:
        raise Unavailable(f"there is no folder to build C++ in: {error}") from error
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _build(command: list[str], source: str, folder: Path, name: str) -> Path:
    """Build under a name of its own and move it in place: two processes may build at once, none sees half a file."""
    try:
        handle, unfinished = tempfile.mkstemp(suffix=".part", prefix=name, dir=folder)
        os.close(handle)
    except OSError as error:
        raise Unavailable(f"there is no folder to build C++ in: {error}") from error
    try:
        _answer([*command, "-x", "c++", "-", "-o", unfinished], source)
        return Path(unfinished).replace(folder / name)
    except OSError as error:
        raise Unavailable(f"the built {name} could not be kept: {error}") from error
    finally:
        Path(unfinished).unlink(missing_ok=True)


def _answer(command: list[str], text: str = "") -> str:
    """What a command of the compiler prints; Unavailable with its first complaint if it fails."""
    try:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS_TO_BUILD,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"the C++ compiler {command[0]} does not run: {error}") from error
    if done.returncode:
        lines = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
        complaints = [line for line in lines if COMPLAINT.search(line)] or lines or [f"exit status {done.returncode}"]
        raise Unavailable(f"the C++ compiler {command[0]} failed: {complaints[0]}")
    return done.stdout


def _processor() -> str:
    """What `-march=native` depends on: the model and its instructions. A model's name alone may be a whole family's."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    told = ("vendor_id", "cpu family", "model", "model name", "flags", "CPU implementer", "CPU part", "Features")
    return "\n".join(line for line in first.splitlines() if line.split(":")[0].strip() in told)
