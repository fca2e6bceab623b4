"""What a project can set about changes; nothing needs to be. docs/settings.md is for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# How a unit says that more is better, where nothing else does: "rows per second (higher is better)".
HIGHER = "higher is better"


@dataclass(frozen=True, slots=True)
class Override:
    """Other settings for the benchmarks whose name, as asv writes it with parameters, the pattern is found in."""

    pattern: re.Pattern[str]
    relevant: float | None = None  # None: as for all
    tail: int | None = None
    first: str | None = None  # full hash: what changed at this commit or before it is not told
    ignored: bool = False  # no change of these benchmarks is told
    branch: str | None = None  # of asv.conf.json: its patterns hold from a name's start, or of `name@branch`

    def matches(self, name: str) -> bool:
        if self.branch is None:
            return self.pattern.search(name) is not None
        return any(self.pattern.match(each) is not None for each in (name, f"{name}@{self.branch}"))


@dataclass(frozen=True, slots=True)
class Settings:
    """How changes are found."""

    relevant: float = 0.02  # the smallest change that is told, as a share of the old level
    tail: int = 3  # nights that the newest level must have lasted, where nothing else speaks for it
    overrides: tuple[Override, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # where each setting that was read stands, for messages
    higher_is_better: tuple[re.Pattern[str], ...] = ()  # benchmarks of which a larger value is better

    def of(self, name: str) -> Override:
        """The settings of one benchmark, `name(value, value)`: of several overrides that match, the last one holds."""
        found = Override(re.compile(""), self.relevant, self.tail)
        for each in self.overrides:
            if each.matches(name):
                given = {
                    key: value for key in ("relevant", "tail", "first") if (value := getattr(each, key)) is not None
                }
                found = replace(found, **given, ignored=found.ignored or each.ignored)
        return found

    def is_higher_better(self, name: str, unit: str) -> bool:
        """Whether a larger value of a benchmark is better: a pattern or its unit says so."""
        return HIGHER in unit.lower() or any(pattern.search(name) for pattern in self.higher_is_better)
