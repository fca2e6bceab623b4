"""What `stallhorn compare` says, for people and for scripts. Pure.

JSON, schema 1 (keys are only ever added; unknown is null; every number is finite):
    {"schema": 1, "stallhorn": version, "project": name, "a": SIDE, "b": SIDE,
     "differ": ["commit", "environment", ...], the axes in which the sides differ,
     "environments": [{"what", "a", "b", "where": the environment | ""}], in what they differ, as far as is known,
     "summary": {"slower", "faster", "too_noisy", "same", "not_comparable": counts,
                 "mean": geometric mean, above 1 where B is worse | null, "low", "high": its 99 % interval | null,
                 "worst", "best": id of a series | null},
     "pairs": [{"id", "a": SERIES | null, "b": SERIES | null, "unit",
                "before": {"value", "low", "high"} | null, "after": the same of B,
                "ratio": B over A | null, "low", "high": its 99 % interval | null,
                "outcome": "slower|faster|too noisy to say|within noise|not comparable",
                "significant": bool, "relevant": bool, "reason": why it is not comparable | ""}],
               slower ones first, the largest difference first,
     "problems": [{"where", "what", "remedy"}]}
SIDE:   {"name": as it can be asked for, "commit": hash, "environment": name | null, "backend": name | null,
         "machine": name | null}; null: all
SERIES: {"benchmark", "params": {name: asv's text}, "environment", "machine"}
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from stallhorn import __version__, units
from stallhorn.console import safe
from stallhorn.contrast import AXES, Contrast, Outcome, Side, Summary, differing
from stallhorn.model import History, SeriesKey
from stallhorn.model.identity import series_id
from stallhorn.report.environments import Difference
from stallhorn.report.sentence import change_in_words, series_name
from stallhorn.report.terminal import named, table

SCHEMA = 1
_MOST = 20  # series under one heading
_WIDE = 100  # characters of a commit with its subject
_TITLES = {
    Outcome.SLOWER: "Slower",
    Outcome.FASTER: "Faster",
    Outcome.UNCLEAR: "Too noisy to say",
    Outcome.SAME: "Within noise",
}


def compare_text(history: History, found: Contrast, differences: Sequence[Difference], *, whole: bool = False) -> str:
    """What differs in the environments, then the series that are slower, the worst first, then those that are faster.

    `whole` lists every series, else a heading has at most twenty and what did not move is counted.
    """
    lines = [f"{letter}  {_side(history, side)}" for letter, side in (("A", found.one), ("B", found.other))]
    axes = differing(found.one, found.other)
    if len(axes) > 1:
        lines += [f"These differ in {len(axes)} things: {', '.join(axes)}. What is slower can come from any of them."]
    lines += _environments(differences)
    lines += ["", counts_in_words(found), *([mean_in_words(found.summary)] if found.summary.mean is not None else [])]
    listed = list(_TITLES) if whole else [Outcome.SLOWER, Outcome.FASTER]
    for outcome in listed:
        lines += _group(history, found, outcome, math.inf if whole else _MOST)
    lines += _not_comparable(history, found, whole)
    if history.problems:
        lines += ["", "Could not be read", *(f"  {safe(str(problem))}" for problem in history.problems)]
    return "\n".join(lines)


def counts_in_words(found: Contrast) -> str:
    """How many series came out which way: "3 of 96 series are slower in B, 5 faster, 88 within noise"."""
    counts = found.summary.counts
    comparable = len(found) - counts[Outcome.NONE]
    if not comparable:
        return f"Nothing is comparable: {len(found)} series." if len(found) else "There is nothing to compare."
    slower = counts[Outcome.SLOWER]
    head = f"{slower or 'None'} of {comparable} series {'are' if slower > 1 else 'is'} slower in B"
    others = (Outcome.FASTER, Outcome.SAME, Outcome.UNCLEAR, Outcome.NONE)
    return ", ".join([head, *(f"{counts[each]} {each.value}" for each in others if counts[each])]) + "."


def mean_in_words(summary: Summary) -> str:
    """The geometric mean: "Geometric mean: 1.02x (99 % interval 0.990x to 1.05x). Above 1 is worse in B."."""
    if summary.mean is None:
        return ""
    interval = "no interval: of fewer than three benchmarks"
    if summary.low is not None and summary.high is not None:
        interval = f"99 % interval {_times(summary.low)} to {_times(summary.high)}"
    return f"Geometric mean: {_times(summary.mean)} ({interval}). Above 1 is worse in B."


def ratio_in_words(found: Contrast, pair: int, unit: str) -> str:
    """What is said of a pair: "2.01x slower (1.90x to 2.12x)", "within noise (+0.4 %)"."""
    ratio = float(found.ratios[pair])
    if ratio != ratio:
        return found.reasons.get(pair, Outcome.NONE.value)
    low, high = float(found.lows[pair]), float(found.highs[pair])
    outcome = found.outcome(pair)
    if outcome in (Outcome.SLOWER, Outcome.FASTER):
        return change_in_words(ratio, unit) + (_bounds(low, high) if ratio >= 1 else _bounds(1 / high, 1 / low))
    word = "significant, not relevant" if found.significant[pair] and not found.relevant[pair] else outcome.value
    return f"{word}: {_times(ratio)}{_bounds(low, high)}"


def _times(ratio: float) -> str:
    """A factor in three digits: "1.20x"."""
    return f"{ratio:#.3g}x" if 1e-3 <= ratio < 100 else f"{ratio:.3g}x"


def _bounds(low: float, high: float) -> str:
    return "" if math.isnan(low) or math.isnan(high) else f" ({_times(low)} to {_times(high)})"


def compare_json(history: History, found: Contrast, differences: Iterable[Difference]) -> str:
    """The answer as JSON; see the top of this module."""
    order = [pair for outcome in Outcome for pair in found.of(outcome)]
    counts, summary = found.summary.counts, found.summary
    names = {"slower": Outcome.SLOWER, "faster": Outcome.FASTER, "too_noisy": Outcome.UNCLEAR, "same": Outcome.SAME}
    answer = {
        "schema": SCHEMA,
        "stallhorn": __version__,
        "project": history.project.name,
        "a": _side_json(found.one),
        "b": _side_json(found.other),
        "differ": list(differing(found.one, found.other)),
        "environments": [{"what": d.what, "a": d.before, "b": d.after, "where": d.where} for d in differences],
        "summary": {
            **{name: counts[outcome] for name, outcome in names.items()},
            "not_comparable": counts[Outcome.NONE],
            "mean": _finite(summary.mean),
            "low": _finite(summary.low),
            "high": _finite(summary.high),
            "worst": _id(history, found, summary.worst),
            "best": _id(history, found, summary.best),
        },
        "pairs": [_pair(history, found, pair) for pair in order],
        "problems": [{"where": each.where, "what": each.what, "remedy": each.remedy} for each in history.problems],
    }
    return json.dumps(answer, indent=2, allow_nan=False, ensure_ascii=True)


def _pair(history: History, found: Contrast, pair: int) -> dict[str, Any]:
    first, second = int(found.firsts[pair]), int(found.seconds[pair])
    return {
        "id": _id(history, found, pair),
        "a": _series(history.series[first].key) if first >= 0 else None,
        "b": _series(history.series[second].key) if second >= 0 else None,
        "unit": history.series[found.place(pair)].unit,
        "before": _value(found.before[pair].tolist()),
        "after": _value(found.after[pair].tolist()),
        "ratio": _finite(float(found.ratios[pair])),
        "low": _finite(float(found.lows[pair])),
        "high": _finite(float(found.highs[pair])),
        "outcome": found.outcome(pair).value,
        "significant": bool(found.significant[pair]),
        "relevant": bool(found.relevant[pair]),
        "reason": found.reasons.get(pair, ""),
    }


def _id(history: History, found: Contrast, pair: int | None) -> str | None:
    return None if pair is None else series_id(history.series[found.place(pair)].key)


def _series(key: SeriesKey) -> dict[str, Any]:
    return {
        "benchmark": key.benchmark,
        "params": dict(key.parameters.values),
        "environment": key.environment,
        "machine": key.machine,
    }


def _value(bounds: Sequence[float]) -> dict[str, float | None] | None:
    value, low, high = map(_finite, bounds)
    return None if value is None else {"value": value, "low": low, "high": high}


def _side_json(side: Side) -> dict[str, str | None]:
    return {"name": str(side), **{axis: getattr(side, axis) or None for axis in AXES}}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _side(history: History, side: Side) -> str:
    revision = history.revision(side.commit)
    commit = _shortened(named(revision)) if revision else side.commit[:8]
    where = ((axis, getattr(side, axis)) for axis in AXES[1:])
    return ", ".join([commit, *(f"{axis} {safe(name)}" for axis, name in where if name)])


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDE else text[: _WIDE - 3] + "..."


def _environments(differences: Sequence[Difference]) -> list[str]:
    if not differences:
        return []
    rows = [(safe(each.what), safe(each.before), "->", safe(each.after), safe(each.where)) for each in differences]
    return ["", "Differences of the environments", *table(rows)]


def _group(history: History, found: Contrast, outcome: Outcome, most: float) -> list[str]:
    pairs = found.of(outcome)
    if not pairs:
        return []
    shown = pairs[: int(min(most, len(pairs)))]
    left = len(pairs) - len(shown)
    more = [f"  and {left} more (--all lists them)"] if left else []
    rows = [_row(history, found, pair) for pair in shown]
    return ["", f"{_TITLES[outcome]}: {len(pairs)} series", *table(rows), *more]


def _row(history: History, found: Contrast, pair: int) -> tuple[str, ...]:
    series = history.series[found.place(pair)]
    unit = safe(series.unit)
    before, after = (_quantity(values[pair].tolist(), unit) for values in (found.before, found.after))
    return ratio_in_words(found, pair, unit), before, "->", after, _name(series.key, found, history)


def _name(key: SeriesKey, found: Contrast, history: History) -> str:
    """What tells a series from the others of the comparison."""
    several = not found.one.machine and len(history.machines) > 1
    where = [key.environment] * (not found.one.environment) + [key.machine] * several
    return safe(" @ ".join([series_name(key), *where]))


def _quantity(bounds: Sequence[float], unit: str) -> str:
    value, low, high = map(_finite, bounds)
    return f"{units.quantity(value, unit)} ({units.interval(low, high, unit)})"


def _not_comparable(history: History, found: Contrast, whole: bool) -> list[str]:
    reasons = Counter(found.reasons.values())
    if not reasons:
        return []
    head = ["", f"Not comparable: {len(found.reasons)} series"]
    if not whole:
        rows = [(str(count), safe(reason)) for reason, count in reasons.most_common(_MOST)]
        return [*head, *table(rows), *([] if len(reasons) <= _MOST else ["  and others (--all lists them)"])]
    rows = [
        (safe(reason), _name(history.series[found.place(pair)].key, found, history))
        for pair, reason in found.reasons.items()
    ]
    return [*head, *table(rows)]
