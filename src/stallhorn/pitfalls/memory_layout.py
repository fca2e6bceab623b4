"""A loop walks an array across its rows in memory: the array's order is not the order of the loop.

Detected by the layouts with which Numba functions were called ("C": last index next to each other; "F": first index;
"A": with gaps), and only where that costs time: (1) the call is clearly faster with its arrays made contiguous, in a
process of its own (the rerun "contiguous inputs"); (2) the layout differs from that of the series' own baseline and the
call became slower; (3) a sibling of the suite, which differs in one parameter and holds as many bytes of the same
types, has "C" where this has another, and is faster. A layout by itself is no fault: a loop written for columns wants
"F", and a view with gaps may be what is asked for.

Cannot tell for arrays that are laid out inside the call (a transposed view that Python code passes on, copies), since
those are not the benchmark's own, without any of the three comparisons, and for NumPy, which reorders its loops.

Source: a matrix in column order traversed row by row cost twice the CPU time (6.68 against 3.39 ms).
"""

from __future__ import annotations

from stallhorn.model import Evidence, Finding, Switch
from stallhorn.pitfalls.base import CAUSE, CONTIGUOUS, OTHER_ORDER, Case, Facts, Run, counted, dispatchers, observed
from stallhorn.units import seconds

TITLE = "The array's order is not the loop's"
NEEDS = ("code.dispatchers",)

# Fresh processes of the same healthy code differ by up to a tenth; a wrong order costs 2x and more.
FASTER = 1.3
# Another order can also suit the vector units better (rows of three numbers: 2 times): that is no fault of the loop's.
SURELY = 2.5
SLOWER = 1.1  # least slow-down against the baseline, where its significance is known
SAME_BYTES = 0.01  # relative difference up to which two runs hold equally large arrays


def detect(case: Case) -> Finding | None:
    odd = {name: layouts for name, layouts in _layouts(case.facts).items() if set(layouts) - {"C"}}
    if not odd:
        return _with_the_other_order(case) or _in_numpy(case)
    return _with_contiguous_arrays(case, odd) or _since_the_baseline(case, odd) or _beside_a_sibling(case, odd)


def _with_contiguous_arrays(case: Case, odd: dict[str, tuple[str, ...]]) -> Finding | None:
    rerun = case.reruns.get(CONTIGUOUS)
    if rerun is None or not _is_faster(rerun, case.run):
        return None
    name, layouts = next(iter(odd.items()))
    after = _layouts(rerun.facts).get(name)
    if after == layouts:  # the arrays come from inside the call: what made it faster is something else
        return None
    return _finding(case, name, f"with contiguous arrays it takes {seconds(rerun.seconds)}", _times(rerun, case.run))


def _with_the_other_order(case: Case) -> Finding | None:
    """Arrays in C order that the loops walk down the columns: in Fortran order the same code is clearly faster."""
    rerun = case.reruns.get(OTHER_ORDER)
    if rerun is None or not _is_faster(rerun, case.run, SURELY):
        return None
    before, after = _layouts(case.facts), _layouts(rerun.facts)
    name = next((one for one, layouts in after.items() if "F" in layouts and before.get(one) != layouts), None)
    if name is None:
        return None
    return case.finding(
        __name__,
        CAUSE,
        f"`{name}` walks its arrays against their order: it takes {seconds(case.run.seconds)} with arrays in C order, "
        f"and {seconds(rerun.seconds)} with the same arrays in Fortran order.",
        (
            counted(f"layouts of {name}", "/".join(before.get(name, ())), "C, its last index running fastest"),
            *_times(rerun, case.run),
        ),
        f"Exchange the loops of `{name}` so that the last index runs fastest: `for i in rows: for j in columns:`.",
        Switch("inputs in Fortran order", treatment="fortran"),
    )


def _in_numpy(case: Case) -> Finding | None:
    """NumPy's own loops over views and Fortran-ordered arrays, where no compiled function tells of its arguments."""
    odd, rerun = set(case.facts.texts("result.input_layouts")) - {"C"}, case.reruns.get(CONTIGUOUS)
    if not odd or rerun is None or not _is_faster(rerun, case.run, SURELY):
        return None
    layouts = "/".join(sorted(odd))
    return case.finding(
        __name__,
        CAUSE,
        f"The benchmark holds arrays of layout {layouts} and takes {seconds(case.run.seconds)}; "
        f"with all of them contiguous it takes {seconds(rerun.seconds)}.",
        (counted("layouts of the arrays it holds", layouts, "C"), *_times(rerun, case.run)),
        "Copy such an array once, outside the timing: `x = np.ascontiguousarray(x)`.",
        Switch("contiguous inputs", treatment="contiguous"),
    )


def _since_the_baseline(case: Case, odd: dict[str, tuple[str, ...]]) -> Finding | None:
    if case.baseline is None or case.slowdown is None or case.slowdown < SLOWER:
        return None
    before = _layouts(case.baseline.facts)
    name = next((one for one in odd if one in before and _became_odd(before[one], odd[one])), None)
    if name is None:
        return None
    was = "/".join(before[name])
    return _finding(
        case,
        name,
        f"it was {was} before, and the call became {case.slowdown:.2f}x slower",
        (counted(f"layouts of {name} before", was, was),),
    )


def _beside_a_sibling(case: Case, odd: dict[str, tuple[str, ...]]) -> Finding | None:
    for sibling in case.siblings:
        layouts = _layouts(sibling.facts)
        name = next((one for one in odd if one in layouts and _became_odd(layouts[one], odd[one])), None)
        if name is None or not _holds_the_same(sibling, case.run) or not _is_faster(sibling, case.run):
            continue
        what = f"with {_difference(case.run, sibling)} it is C and takes {seconds(sibling.seconds)}"
        return _finding(case, name, what, _times(sibling, case.run))
    return None


def _finding(case: Case, name: str, comparison: str, more: tuple[Evidence, ...]) -> Finding:
    layouts = "/".join(_layouts(case.facts)[name])
    return case.finding(
        __name__,
        CAUSE,
        f"`{name}` is given arrays of layout {layouts} and takes {seconds(case.run.seconds)}; {comparison}.",
        (counted(f"layouts of {name}", layouts, "C, for a loop whose last index runs fastest"), *more),
        f"Give `{name}` C-contiguous arrays, once, outside the timing: `x = np.ascontiguousarray(x)`; or exchange the "
        "loops so that the first index runs fastest.",
        Switch("contiguous inputs", treatment="contiguous"),
    )


def _layouts(facts: Facts) -> dict[str, tuple[str, ...]]:
    """The layouts of each function's array arguments. One of a length of zero or unknown is left out."""
    return {
        name: one.texts("layouts")
        for one in dispatchers(facts)
        if (name := one.text("name")) is not None and one.texts("layouts")
    }


def _became_odd(before: tuple[str, ...], now: tuple[str, ...]) -> bool:
    return len(before) == len(now) and any(was == "C" != is_now for was, is_now in zip(before, now, strict=True))


def _is_faster(other: Run, this: Run, times: float = FASTER) -> bool:
    """Clearly: beyond both intervals, by a share that processes do not differ by, and nobody disturbed either."""
    if other.seconds is None or other.high is None or this.seconds is None or this.low is None:
        return False
    if other.disturbed or this.disturbed:
        return False
    return other.high < this.low and this.seconds >= times * other.seconds


def _holds_the_same(one: Run, other: Run) -> bool:
    """Whether two runs differ in one parameter alone and hold arrays of the same size and types."""
    ours, theirs = dict(one.parameters.values), dict(other.parameters.values)
    if ours.keys() != theirs.keys() or sum(ours[name] != theirs[name] for name in ours) != 1:
        return False
    sizes = one.facts.number("calls.input_bytes"), other.facts.number("calls.input_bytes")
    if sizes[0] is None or sizes[1] is None or abs(sizes[0] - sizes[1]) > SAME_BYTES * sizes[1]:
        return False
    types = [[entry.texts("dtypes") for entry in dispatchers(run.facts)] for run in (one, other)]
    return types[0] == types[1]


def _difference(this: Run, other: Run) -> str:
    mine = dict(this.parameters.values)
    name = next(name for name, value in other.parameters.values if mine.get(name) != value)
    return f"{name}={other.parameters.get(name)}"


def _times(other: Run, this: Run) -> tuple[Evidence, ...]:
    """The time of the slower run against that of the faster one."""
    return (observed("time of a call", seconds(this.seconds), f"{seconds(other.seconds)}, as with C"),)
