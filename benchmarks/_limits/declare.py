"""What an example of a limit says of itself: what it is about, and what comes of it in which version of its library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Outcome(IntEnum):
    """What comes of an example, the better the smaller. The numbers are series: they never change their meaning."""

    WORKS = 1
    NO_EFFECT = 2  # right, but what was asked for did not happen
    REFUSED = 3  # with an error
    ABORTS = 4  # the process dies
    WRONG = 5  # or stale, and nothing says so

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class Example:
    """A program of some ten lines, and what comes of it."""

    run: Callable[[], Any]
    kind: str  # what is told of it: "outcome", or a number of "compiles" or "transfers"
    pitfall: str
    declared: Mapping[str, int]  # by the first version of which it is true; "" is before all
    says: str = ""  # a part of the error or warning that stays the same from version to version
    variables: Mapping[str, str] = field(default_factory=dict)
    processes: int = 1  # one after the other, with a folder for caches that they share
    needs: str = ""  # a library beside its own
    healthy: bool = False  # how it is done well: the twin of an example that shows the pitfall
    quick: bool = False

    @property
    def library(self) -> str:
        """The library that the example is about: its module is named after it."""
        return self.run.__module__.rpartition(".")[2].rstrip("_")

    @property
    def name(self) -> str:
        return f"{self.library}-{self.run.__name__.replace('_', '-')}"

    @property
    def about(self) -> str:
        return " ".join((self.run.__doc__ or "").split())

    def declared_for(self, version: str) -> int:
        """What is declared for this version of the library."""
        since = max((first for first in self.declared if _parts(first) <= _parts(version)), key=_parts)
        return self.declared[since]

    def put(self, value: int) -> str:
        """A value of its series in words."""
        return str(Outcome(value)) if self.kind == "outcome" else f"{value} {self.kind}"


def _parts(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with, for comparing: "0.62.0rc1" -> (0, 62, 0)."""
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def outcome(declared: Outcome | Mapping[str, Outcome], pitfall: str, **more: Any) -> Callable[[Callable], Example]:
    """Declare what comes of a function that returns (what it got, what is right), and, third, whether it had the
    effect that was asked for."""
    return _declared("outcome", declared, pitfall, more)


def compiles(declared: int | Mapping[str, int], pitfall: str, **more: Any) -> Callable[[Callable], Example]:
    """Declare how many compilations a function causes."""
    return _declared("compiles", declared, pitfall, more)


def transfers(declared: int | Mapping[str, int], pitfall: str, **more: Any) -> Callable[[Callable], Example]:
    """Declare how many arrays a function has JAX move to the device."""
    return _declared("transfers", declared, pitfall, more)


def _declared(kind: str, declared: Any, pitfall: str, more: Mapping[str, Any]) -> Callable[[Callable], Example]:
    steps = declared if isinstance(declared, Mapping) else {"": declared}
    return lambda run: Example(run, kind, pitfall, steps, **more)
