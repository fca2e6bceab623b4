"""What a project can set about changes; nothing needs to be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Override:
    """Other settings for the benchmarks whose name, as asv writes it with parameters, the pattern is found in."""

    pattern: re.Pattern[str]
    relevant: float | None = None  # None: as for all
    tail: int | None = None
    first: str | None = None  # full hash: what happened before this commit is no change
    ignored: bool = False  # no change of these benchmarks is told


@dataclass(frozen=True, slots=True)
class Settings:
    """How changes are found."""

    relevant: float = 0.02  # the smallest change that is told, as a share of the old level
    tail: int = 3  # nights that the newest level must have lasted, where nothing else speaks for it
    overrides: tuple[Override, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # where each setting that was read stands, for messages

    def of(self, name: str) -> Override:
        """The settings of one benchmark, `name(value, value)`: of several overrides that match, the last one holds."""
        found = Override(re.compile(""), self.relevant, self.tail)
        for each in self.overrides:
            if each.pattern.search(name):
                given = {
                    key: value for key in ("relevant", "tail", "first") if (value := getattr(each, key)) is not None
                }
                found = replace(found, **given, ignored=found.ignored or each.ignored)
        return found
