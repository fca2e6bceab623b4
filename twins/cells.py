"""Which cells the suite has: read from the classes' attributes, so that nothing is measured to know it."""

from __future__ import annotations

import importlib
import inspect
import itertools
from dataclasses import dataclass
from pathlib import Path

NOT_TWINS = ("__init__", "cells")


@dataclass(frozen=True)
class Cell:
    """One combination of a class's parameters."""

    params: dict[str, object]
    scored: bool

    @property
    def twin(self) -> str:
        return str(self.params["twin"])

    @property
    def values(self) -> list[object]:
        return list(self.params.values())


def classes() -> list[tuple[str, str, type]]:
    """Every class of the suite, with the names of its module and its own."""
    stems = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in NOT_TWINS)
    found = []
    for stem in stems:
        module = importlib.import_module(f"{__package__}.{stem}")
        found += [
            (stem, name, one)
            for name, one in vars(module).items()
            if inspect.isclass(one) and one.__module__ == module.__name__ and hasattr(one, "harm")
        ]
    return found


def cells(one: type) -> list[Cell]:
    """The cells of a class that are measured, sick and healthy in turn."""
    everything = [dict(zip(one.param_names, values, strict=True)) for values in itertools.product(*one.params)]
    measured = [params for params in everything if _measured(one, params)]
    measured.sort(key=lambda params: [str(value) for name, value in params.items() if name != "twin"])
    return [Cell(params, scored=not _reference(one, params)) for params in measured]


def partner(one: type, cell: Cell) -> Cell | None:
    """The other twin of a cell: the same in every parameter that does not make the difference."""
    makes_it = {"twin", *(name for wanted in getattr(one, "only", {}).values() for name in wanted)}
    for other in cells(one):
        same = all(other.params[name] == value for name, value in cell.params.items() if name not in makes_it)
        if same and other.twin != cell.twin:
            return other
    return None


def _measured(one: type, params: dict[str, object]) -> bool:
    wanted = getattr(one, "only", {}).get(params["twin"], {})
    return all(params[name] == value for name, value in wanted.items())


def _reference(one: type, params: dict[str, object]) -> bool:
    return any(_matches(pattern, params) for pattern in getattr(one, "unscored", ()))


def _matches(pattern: dict[str, object], params: dict[str, object]) -> bool:
    return all(params[name] == value for name, value in pattern.items())
