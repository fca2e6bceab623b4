"""Tell people what is being done, how far it is, and how long it will still take."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

from stallhorn import units
from stallhorn.console import safe, safe_lines, write

WIDTH = 110


@dataclass(slots=True)
class Progress:
    """Lines on a stream; on a terminal also one line that is rewritten as the work goes on.

    The remaining time is the expected one, corrected by how the work done so far compared with what was expected of it.
    """

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _expected: float = 0.0  # seconds of the whole work
    _done: float = 0.0  # seconds of it that were expected of what is done
    _begun: float = field(default_factory=time.monotonic)
    _spent: float = 0.0
    _mark: float | None = None

    def say(self, text: str) -> None:
        """One line that stays."""
        self._clear()
        write(safe_lines(text), self.stream)

    def expect(self, seconds: float) -> None:
        """The measuring that lies ahead, as it is estimated."""
        self._expected = seconds

    def working(self, text: str) -> None:
        """What is being done now: shown on a terminal only."""
        if self.stream.isatty():
            self._clear()
            write(safe(f"{self.share}  {text}")[:WIDTH], self.stream, end="")

    def measured(self, expected: float, took: float) -> None:
        """Some work is done: what it was expected to take, and what it took."""
        self._done += expected
        self._spent += took

    @property
    def remaining(self) -> float:
        """Seconds still to go."""
        correction = self._spent / self._done if self._done > 5 else 1.0
        return max(0.0, (self._expected - self._done) * correction)

    @property
    def share(self) -> str:
        done = min(1.0, self._done / self._expected) if self._expected else 0.0
        return f"[{done:4.0%}, {units.duration(self.remaining)} left]"

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._begun

    def _clear(self) -> None:
        if self.stream.isatty():
            print("\r\x1b[2K", end="", file=self.stream)
