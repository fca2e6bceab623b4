"""Reference array kernels in NumPy, Numba and JAX: the package whose speed is measured.

A kernel is a folder, a backend a module `<backend>_.py` in it, a variant a function in that module. The package of a
kernel lists them in `VARIANTS`, {backend: names}. What people write and should not, the sick twins, are its
`SPECIMENS`, {backend: {name: id of the pitfall}}, in `<backend>_specimens.py`: loading a healthy variant never
compiles a sick one. Importing this package imports no backend; only `load` does, and only the one it was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

__all__ = ["Unavailable", "kernels", "load", "specimens", "variants"]


class Unavailable(RuntimeError):
    """What a variant needs beside its backend is not on this machine: a compiler, a device, a library. Says which."""


def kernels() -> list[str]:
    """The names of all kernels, in alphabetical order."""
    return sorted(info.name for info in iter_modules(__path__) if info.ispkg and not info.name.startswith("_"))


def variants(kernel: str) -> list[tuple[str, str]]:
    """The (backend, variant) pairs of a kernel, specimens last. Imports no backend: it lists all."""
    healthy = [(backend, variant) for backend, names in _listing(kernel)[0].items() for variant in names]
    return healthy + list(specimens(kernel))


def specimens(kernel: str) -> dict[tuple[str, str], str]:
    """The sick twins of a kernel: (backend, variant) -> id of the pitfall that it shows."""
    sick = _listing(kernel)[1]
    return {(backend, variant): pitfall for backend, names in sick.items() for variant, pitfall in names.items()}


def load(kernel: str, backend: str, variant: str = "default") -> Callable[..., object]:
    """The kernel as a function with the signature that its package documents.

    "default" is the best variant of its backend. Raises LookupError, naming what exists, for an unknown name, the
    backend's own ImportError if it is not installed, and Unavailable if it is and cannot be used here.
    """
    healthy, sick = _listing(kernel)
    backends = list(dict.fromkeys([*healthy, *sick]))
    if backend not in backends:
        raise LookupError(f"refkernels.{kernel} has no backend {backend!r}; there are: {', '.join(backends)}")
    if variant in sick.get(backend, ()):
        module = f"{backend}_specimens"
    elif variant in healthy.get(backend, ()):
        module = f"{backend}_"
    else:
        there = ", ".join([*healthy.get(backend, ()), *sick.get(backend, ())])
        raise LookupError(f"refkernels.{kernel} has no variant {variant!r} in {backend}; there are: {there}")
    return getattr(import_module(f"{__name__}.{kernel}.{module}"), variant)


def _listing(kernel: str) -> tuple[dict[str, tuple[str, ...]], dict[str, dict[str, str]]]:
    names = kernels()
    if kernel not in names:
        raise LookupError(f"refkernels has no kernel {kernel!r}; there are: {', '.join(names)}")
    package = import_module(f"{__name__}.{kernel}")
    return package.VARIANTS, getattr(package, "SPECIMENS", {})
