"""Compilations that happen again in every call: what compile-in-timing and recompilation both ask about."""

from __future__ import annotations

from dataclasses import dataclass

from stallhorn.model import Evidence
from stallhorn.pitfalls.base import Case, Facts, counted, observed

NEW_FUNCTION, NEW_SIGNATURE = "new function", "new signature"

# A call that compiles takes 10 ms or more, one that does not microseconds: the share is near 1 or far below this.
SHARE = 0.1

# Of the sampled calls, as many compile at least: "every call" may skip some, and warm-up compiles once.
OFTEN = 0.5

# Seconds of compiling per call that a time can hold: the mean of the samples over their median, and clocks that nest.
FITS = 3.0
# The extra call compiles under counters that slow Python down several times.
FITS_COUNTED = 10.0


@dataclass(frozen=True, slots=True)
class EveryCall:
    """A benchmark whose every call compiles."""

    compiles: int  # in the extra call
    share: float  # of the time per call
    compiled: tuple[Facts, ...]  # what, as far as it is told

    @property
    def reason(self) -> str:
        """Why most of them were compiled; a function that is told of nowhere counts as new."""
        again = sum(one.text("reason") == NEW_SIGNATURE for one in self.compiled)
        return NEW_SIGNATURE if 2 * again > len(self.compiled) else NEW_FUNCTION

    @property
    def names(self) -> str:
        """The functions of that reason, at most three, each once: "f, g"."""
        names = [one.text("name") or "?" for one in self.compiled if one.text("reason") == self.reason]
        return ", ".join(list(dict.fromkeys(names))[:3])

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        return (
            counted("compilations in a call that had been made before", self.compiles, 0),
            observed("share of the time that is compiling", f"{100 * self.share:.0f} %", "0 %"),
        )


def in_every_call(case: Case) -> EveryCall | None:
    """Whether calls go on compiling after the first, and how much of the time per call that is."""
    facts, per_call = case.facts, case.run.seconds
    compiles = facts.count("calls.compiles")
    if not compiles or not per_call:
        return None
    calls, sampled = facts.count("sampling.calls"), facts.count("sampling.compiles")
    total = facts.number("sampling.compile_seconds")
    if calls and sampled is not None and total is not None:
        if sampled < OFTEN * calls:
            return None
        seconds, most = total / calls, FITS * per_call
    else:
        seconds, most = facts.number("calls.compile_seconds") or 0.0, FITS_COUNTED * per_call
    if seconds > most:
        return None  # the time is too short to hold it: only the extra call compiled
    return EveryCall(compiles, min(1.0, seconds / per_call), facts.entries("calls.compiled"))
