"""What the page about backends says in sentences. Pure."""

from __future__ import annotations

import math

from stallhorn import units
from stallhorn.model import Revision
from stallhorn.report.html.backends import DriftView, LineView, ProblemView
from stallhorn.report.html.words import clean
from stallhorn.sweeps.crossover import Crossover, Estimate, Fastest, Move, Stretch
from stallhorn.sweeps.payback import Outcome, Payback

_SUBJECT = 90  # characters of a commit's


def size(value: float) -> str:
    """A measured size as it is: 100000 -> "100,000"."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.4g}"


def about(value: float) -> str:
    """A computed size or number of calls, to three digits: 38123.4 -> "38,100"."""
    if value <= 0 or not math.isfinite(value):
        return "0"
    digits = 2 - math.floor(math.log10(value))
    rounded = round(value, digits)
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:.3g}"


def times(ratio: float) -> str:
    """How many times: "2.4x", "1.05x", "120x"."""
    if ratio >= 99.5:
        return f"{ratio:,.0f}x"
    return f"{ratio:.1f}x" if ratio >= 1.95 else f"{ratio:.2f}x"


def margin(found: Fastest) -> str:
    """By how much the fastest leads before another backend: "2.4x", "tie"; "" without another one."""
    if found.ratio is None:
        return ""
    return "tie" if found.is_tie else times(found.ratio.value)


def detail(found: Fastest, view: ProblemView, at: float) -> str:
    """A cell in full: "numba default 5.14 µs (5.10 to 5.20 µs), 2.4x faster (2.3x to 2.5x) than jax default"."""
    first = view.lines[found.first]
    parts = [f"{first.line.label} {_time(first.curve.measured(at))}"]
    if found.rival is not None and found.ratio is not None:
        rival = view.lines[found.rival].line.label
        if found.is_tie:
            parts.append(f"within the intervals of {rival}")
        else:
            parts.append(f"{times(found.ratio.value)} faster{_times_between(found.ratio)} than {rival}")
    same = [view.lines[place].line.label for place in found.tied if place != found.rival]
    if same:
        parts.append(f"cannot be told from {' and '.join(same)}")
    return ", ".join(parts)


def _time(time: Estimate | None) -> str:
    if time is None:
        return "not measured"
    shown = units.seconds(time.value)
    return (
        f"{shown} ({units.interval(time.low, time.high, 'seconds')})" if time.is_bounded else f"{shown} (no interval)"
    )


def _times_between(ratio: Estimate) -> str:
    return f" ({times(ratio.least)} to {times(ratio.most)})" if ratio.is_bounded else ""


def ribbon(stretch: Stretch, lines: tuple[LineView, ...]) -> str:
    """Who is fastest on a stretch: "numba default", "tie: jax default, numba default"."""
    labels = ", ".join(lines[place].line.label for place in stretch.lines)
    return f"tie: {labels}" if stretch.is_tie else labels


def summary(view: ProblemView) -> str:
    """Who is fastest where, in a line; of a problem with a single size, at that one."""
    if view.stretches:
        return "; ".join(stretch(each, view) for each in view.stretches)
    found = {at: found for at in view.sizes if (found := view.fastest(at)) is not None}
    return "; ".join(f"{size(at)}: {view.lines[one.first].line.label}" for at, one in found.items())


def stretch(each: Stretch, view: ProblemView) -> str:
    return f"{_end(each.start, view)} to {_end(each.end, view)}: {ribbon(each, view.lines)}"


def _end(value: float, view: ProblemView) -> str:
    return size(value) if value in view.sizes else about(value)


def crossing(one: str, other: str, found: Crossover, name: str, sizes: tuple[float, ...]) -> str:
    """ "jax is faster than numba above n = 241 (99 %: 217 to 298), and slower below"."""
    faster, slower = (one, other) if found.falls else (other, one)
    return f"{faster} is faster than {slower} above {name} = {about(found.size)} ({bounds(found, sizes)}), slower below"


def bounds(found: Crossover, sizes: tuple[float, ...]) -> str:
    """The interval of a crossover; a side that the measured sizes do not bound says so."""
    if not found.has_interval:
        return "no interval: times have none"
    if found.low is None and found.high is None:
        return f"99 %: anywhere in the measured {size(sizes[0])} to {size(sizes[-1])}"
    if found.low is None and found.high is not None:
        return f"99 %: up to {about(found.high)}, no lower bound in the measured sizes"
    if found.high is None and found.low is not None:
        return f"99 %: {about(found.low)} or more, no upper bound in the measured sizes"
    assert found.low is not None and found.high is not None
    return f"99 %: {about(found.low)} to {about(found.high)}"


def move(each: Move, drift: DriftView, view: ProblemView, revision: Revision) -> str:
    """ "crossover of jax and numba moved 38,000 (...) → 120,000 (...) at f920c971"."""
    one, other = view.lines[drift.one].line.label, view.lines[drift.other].line.label
    pair = f"{one} and {other}"
    faster = one if each.faster < 0 else other
    subject = clean(revision.subject)
    where = f"{revision.short} {subject if len(subject) <= _SUBJECT else subject[: _SUBJECT - 1] + '…'}".strip()
    before, after = each.before, each.after
    if before is not None and after is not None:
        ends = [f"{about(end.size)} ({bounds(end, view.sizes)})" for end in (before, after)]
        return f"The crossover of {pair} moved {ends[0]} → {ends[1]} at {where}"
    always = f"{faster} is faster at all sizes"
    if before is not None:
        return f"The crossover of {pair}, {about(before.size)} before, is gone since {where}: {always}"
    if after is not None:
        found = f"{about(after.size)} ({bounds(after, view.sizes)})"
        return f"{pair} cross at {found} since {where}; before, {faster} was faster at all sizes"
    return f"Of {pair}, {faster} is the faster one at all sizes since {where}"


def pays(each: Payback) -> str:
    """ "after 559 calls (480 to 700), 1.90 s"."""
    if each.outcome is Outcome.PAYS and each.calls is not None:
        return f"after {_calls(each)}, {units.seconds(each.seconds)}"
    if each.outcome is Outcome.UNTIL and each.calls is not None:
        return f"only up to {_calls(each)}"
    return _OUTCOMES[each.outcome]


_OUTCOMES = {
    Outcome.AT_ONCE: "from the first call on",
    Outcome.NEVER: "never: later calls are slower, too",
    Outcome.ALIKE: "not sure: later calls cannot be told apart",
    Outcome.UNKNOWN: "unknown",
    Outcome.PAYS: "",
    Outcome.UNTIL: "",
}


def _calls(each: Payback) -> str:
    calls = math.ceil(each.calls or 0)
    if each.low is None:
        between = ""
    elif each.high is None:
        between = f" ({whole(each.low)} or more, perhaps never)"
    else:
        between = f" ({whole(each.low)} to {whole(each.high)})"
    return f"{whole(calls)} {'call' if calls == 1 else 'calls'}{between}"


def whole(value: float) -> str:
    """A number of calls: the next whole one, three digits of large ones."""
    up = math.ceil(value - 1e-9)
    return f"{up:,}" if up < 1000 else about(float(up))
