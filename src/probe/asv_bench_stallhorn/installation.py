"""Which libraries this environment has, where that alone makes code slow or wrong.

`loaded` tells, inside the measuring process, what is there already. `python -m asv_bench_stallhorn.installation` prints
what can only be learned by trying, as one JSON object: the libraries are imported and every threading layer is loaded,
in processes of their own, so that one that dies takes nothing with it.
"""

from __future__ import annotations

import contextlib
import functools
import glob
import importlib
import json
import os
import platform
import re
import sys
import warnings
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

MAPS = "/proc/self/maps"
LIMIT = 120.0  # seconds for one part of an inspection
_OPENMP = re.compile(r"lib(gomp|omp|iomp5|nvomp)(-[0-9a-f]+)?\.(so|dylib)")
_WHEEL = re.compile(
    r"(?P<name>jax|jaxlib|jax[_.](?:cuda|rocm)\w*|nvidia[_.]\w+)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info$",
    re.IGNORECASE,
)


def loaded() -> Dict[str, Any]:
    """The section `installation` of a measuring process, less `layers`. Libraries can come later: ask at the end."""
    pools = _pools()
    files = openmp_files(pools=pools)
    return {
        "blas": _blas(pools),
        "openmp": None if files is None else [os.path.basename(path) for path in files],
        "layers": None,
        "jax_wheels": dict(jax_wheels()),
        "gpus": gpus(),
    }


def openmp_files(maps: str = MAPS, pools: Optional[List[Dict[str, Any]]] = None) -> Optional[List[str]]:
    """OpenMP runtimes in this process, each file once: two different ones, or two copies of one, are a trap.

    Without /proc it is threadpoolctl's `pools` that tell, of the libraries that it knows.
    """
    try:
        with open(maps, errors="replace") as file:
            lines = file.readlines()
    except OSError:
        if pools is None:
            return None
        return sorted({str(pool["filepath"]) for pool in pools if pool.get("user_api") == "openmp"}, key=_by_name)
    found = {}
    for line in lines:
        words = line.rstrip("\n").split(None, 5)  # addresses, rights, offset, device, inode, path
        if len(words) == 6 and _OPENMP.match(os.path.basename(words[5])):
            found.setdefault((words[3], words[4]), words[5].replace(" (deleted)", ""))
    return sorted(found.values(), key=_by_name)


def _by_name(path: str) -> Tuple[str, str]:
    return os.path.basename(path), path


def _pools() -> Optional[List[Dict[str, Any]]]:
    if "numpy" not in sys.modules:  # no BLAS is loaded that we could ask
        return None
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return None
    return list(threadpool_info())


def _blas(pools: Optional[List[Dict[str, Any]]]) -> Optional[List[Dict[str, Any]]]:
    if pools is None:
        return None
    return [
        {"library": pool["internal_api"], "version": pool.get("version"), "threading": pool.get("threading_layer")}
        for pool in pools
        if pool.get("user_api") == "blas"
    ]


@functools.lru_cache(maxsize=None)
def jax_wheels(folders: Optional[Tuple[str, ...]] = None) -> Dict[str, str]:
    """Distributions that belong to JAX, with versions.

    Both stand in the name of a distribution's folder; `importlib.metadata` would tell the same, and takes 40 ms to
    import, in a process that is there to measure.
    """
    found: Dict[str, str] = {}
    for folder in sys.path if folders is None else folders:
        try:
            entries = sorted(os.listdir(folder or "."))
        except OSError:
            continue
        for entry in entries:
            wheel = _WHEEL.match(entry)
            if wheel:
                found.setdefault(re.sub(r"[-_.]+", "-", wheel.group("name")).lower(), wheel.group("version"))
    return found


def inspect() -> Dict[str, Any]:
    """Everything about this interpreter's environment; `errors` says which part could not be looked at, and why."""
    children = {name: _start(name) for name in _PARTS}  # side by side: importing takes most of the time
    found: Dict[str, Any] = {"python": platform.python_version(), "prefix": sys.prefix, "errors": {}}
    for name, child in children.items():
        part, error = _finish(child)
        found.update(part)
        if error:
            found["errors"][name] = error
    found["jax_wheels"] = dict(jax_wheels())
    found["gpus"] = gpus()
    found["tbb_folders"] = tbb_folders()
    return found


def gpus(devices: str = "/dev") -> List[str]:
    """Makers of the GPUs that this system shows, without any of their libraries."""
    found = []
    if glob.glob(os.path.join(glob.escape(devices), "nvidia[0-9]*")):
        found.append("nvidia")
    if os.path.exists(os.path.join(devices, "kfd")):
        found.append("amd")
    return found


def tbb_folders(prefix: Optional[str] = None) -> List[str]:
    """Where the environment has the library of Intel's TBB: the loader does not look there by itself."""
    base = glob.escape(sys.prefix if prefix is None else prefix)
    places = (os.path.join(base, "lib"), os.path.join(base, "lib", "python*", "site-packages", "*"))
    found = {os.path.dirname(path) for place in places for path in glob.glob(os.path.join(place, "libtbb.*12*"))}
    return sorted(found)


def _start(name: str) -> Any:
    import subprocess  # not at the top: the measuring process has no use for it

    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name if __spec__ else __name__, name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        errors="replace",
    )


def _finish(child: Any) -> Tuple[Dict[str, Any], str]:
    """What a part's process found, and why it found nothing."""
    import subprocess

    try:
        out, complaints = child.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return {}, "no answer after %g s" % LIMIT
    try:
        return json.loads((out.strip().splitlines() or [""])[-1]), ""  # a library may have printed before
    except ValueError:
        last = (complaints.strip().splitlines() or ["no message"])[-1]
        return {}, "ended with code %s: %s" % (child.returncode, last)


def _look_at_arrays() -> Dict[str, Any]:
    """NumPy, SciPy and Numba as a suite would import them, then every threading layer."""
    found: Dict[str, Any] = {"layers": None, "imports": {}}
    for name in ("numpy", "scipy.linalg", "numba"):
        found["imports"][name.partition(".")[0]] = _import_problem(name)
    if found["imports"]["numba"] == "":
        from .backends import numba_layers

        found["layers"] = numba_layers.problems()
    pools = _pools()
    files = openmp_files(pools=pools)
    found["blas"] = _blas(pools)
    found["openmp_files"] = files
    found["openmp"] = None if files is None else [os.path.basename(path) for path in files]
    return found


def _import_problem(name: str) -> Optional[str]:
    """ "" if a library can be imported, None if it is not installed, else why it cannot be imported."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        return None if missing == name.partition(".")[0] else _told(error)
    except Exception as error:
        return _told(error)
    return ""


def _look_at_jax() -> Dict[str, Any]:
    found: Dict[str, Any] = {"platforms": None, "devices": None, "x64": None, "plugins": _plugins()}
    problem = _import_problem("jax")
    found["jax"] = problem
    if problem != "":
        return found
    jax = sys.modules["jax"]
    found["x64"] = bool(jax.config.jax_enable_x64)
    with _remarks_of_jax() as remarks:
        try:
            found["devices"] = [str(device) for device in jax.devices()]
        except Exception as error:
            found["jax"] = _told(error)
            return found
        found["platforms"] = [name for name in ("cpu", "cuda", "rocm", "tpu") if _has_platform(jax, name)]
    found["jax_remarks"] = sorted(set(remarks))
    return found


@contextlib.contextmanager
def _remarks_of_jax() -> Iterator[List[str]]:
    """What JAX warns of and logs meanwhile: a plug-in that it does not use is told in no other way."""
    import logging

    remarks: List[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda entry: remarks.append(entry.getMessage().splitlines()[0])  # type: ignore[method-assign]
    logger = logging.getLogger("jax")
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield remarks
        remarks += [str(one.message).splitlines()[0] for one in caught]
    finally:
        logger.removeHandler(handler)


def _has_platform(jax: Any, name: str) -> bool:
    try:
        return bool(jax.devices(name))
    except Exception:
        return False


def _plugins() -> List[str]:
    """Device plug-ins of JAX that are installed, by the names that they register."""
    from importlib import metadata

    points: Any = metadata.entry_points()
    group = points.select(group="jax_plugins") if hasattr(points, "select") else points.get("jax_plugins", ())
    return sorted({point.name for point in group})


def _told(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


_PARTS: Dict[str, Callable[[], Dict[str, Any]]] = {"arrays": _look_at_arrays, "jax": _look_at_jax}


if __name__ == "__main__":
    answer = _PARTS[sys.argv[1]]() if sys.argv[1:] else inspect()
    print(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # thread pools that outlive their library's clean-up must not turn the answer into a crash
