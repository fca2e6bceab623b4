"""Find the plug-ins of a package by their file names. A file that cannot be imported is an error, never left out."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def modules(package: ModuleType) -> dict[str, ModuleType]:
    """The plug-in modules of a package by name, in alphabetical order.

    `base` and names with a leading underscore are not plug-ins.
    """
    names = sorted(info.name for info in iter_modules(package.__path__))
    return {
        name: import_module(f"{package.__name__}.{name}")
        for name in names
        if name != "base" and not name.startswith("_")
    }
