"""Names that stay the same from night to night."""

from __future__ import annotations

import hashlib
import json

from stallhorn.model.asked import SeriesKey


def series_id(key: SeriesKey) -> str:
    """Twelve hexadecimal digits that stand for a series as long as its key stays the same."""
    fact = [key.fact] if key.fact else []
    text = json.dumps([key.benchmark, key.parameters.values, key.environment, key.machine, *fact])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
