"""What `doctor` says of one thing that it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"  # nothing can be measured


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what was found, and, unless it is fine, what to do."""

    name: str
    grade: Grade
    found: str
    remedy: str = ""
