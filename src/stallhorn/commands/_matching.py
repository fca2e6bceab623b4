"""Series by --bench, after all were judged together."""

from __future__ import annotations

import re

from stallhorn.console import safe
from stallhorn.errors import UsageError
from stallhorn.model import History, SeriesKey


def matching(history: History, regex: str) -> frozenset[SeriesKey]:
    """The series whose name with parameters matches. Raises `UsageError` for what is no regular expression."""
    try:
        pattern = re.compile(regex)
    except re.error as error:
        raise UsageError(
            f"--bench {safe(regex)}: this is not a regular expression ({error}).",
            "Escape what is meant literally, e.g. 'Rbf\\.measure\\(50'.",
        ) from error
    return frozenset(series.key for series in history.series if pattern.search(series.key.name))
