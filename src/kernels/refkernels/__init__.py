"""Reference array kernels in NumPy, Numba and JAX: the package whose speed is measured.

A kernel is a folder, a backend a module `<backend>_.py` in it, a variant a function in that module. There is no
registry: what is on disk is what there is, so every commit of the history can be loaded by the code of today.
Importing this package imports no backend; only `load` does, and only the one it was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

__all__ = ["kernels", "load", "variants"]


def kernels() -> list[str]:
    """The names of all kernels, in alphabetical order."""
    return sorted(info.name for info in iter_modules(__path__) if info.ispkg)


def variants(kernel: str) -> list[tuple[str, str]]:
    """The (backend, variant) pairs of a kernel. Imports no backend, so it also lists those not installed here."""
    return [(backend, variant) for backend, names in _listing(kernel).items() for variant in names]


def load(kernel: str, backend: str, variant: str = "default") -> Callable[..., object]:
    """The kernel as a function with the signature that its package documents.

    "default" is the best variant of its backend. Raises LookupError, naming what exists, for an unknown name, and the
    backend's own ImportError if it is not installed.
    """
    backends = _listing(kernel)
    if backend not in backends:
        raise LookupError(f"refkernels.{kernel} has no backend {backend!r}; there are: {', '.join(backends)}")
    if variant not in backends[backend]:
        there = ", ".join(backends[backend])
        raise LookupError(f"refkernels.{kernel} has no variant {variant!r} in {backend}; there are: {there}")
    return getattr(import_module(f"{__name__}.{kernel}.{backend}_"), variant)


def _listing(kernel: str) -> dict[str, tuple[str, ...]]:
    names = kernels()
    if kernel not in names:
        raise LookupError(f"refkernels has no kernel {kernel!r}; there are: {', '.join(names)}")
    return import_module(f"{__name__}.{kernel}").VARIANTS
