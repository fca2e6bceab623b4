"""cache=True, and every process compiles."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import cache_never_warm
from stallhorn.pitfalls.base import AGAIN, INTERPRETED, ONE_THREAD, Run, judge


def process(*counts: tuple[str, int, int], cache: bool = True, **more: Any) -> Run:
    """A process that saw these functions: name, hits, misses."""
    found = [
        {"name": name, "file": "waves.py", "line": 9, "cache": cache, "cache_hits": hits, "cache_misses": misses}
        for name, hits, misses in counts
    ]
    return run({"code.dispatchers": found, "first_call.compile_seconds": 0.35, **more})


MISS, HIT = process(("total", 0, 1)), process(("total", 1, 0))


def ask(this: Run, **more: Any) -> Finding | None:
    return cache_never_warm.detect(case(this, **more))


def test_a_rerun_that_misses_again_shows_a_cache_that_never_warms() -> None:
    found = ask(MISS, reruns={AGAIN: MISS, ONE_THREAD: MISS})
    assert found is not None
    assert (found.pitfall, found.severity) == ("cache-never-warm", "cause")
    assert "total (waves.py:9)" in found.claim and "3 processes" in found.claim and "350 ms" in found.claim
    assert [one.kind for one in found.evidence] == ["counted", "counted", "observed"]
    assert "NUMBA_CACHE_DIR" in found.remedy


def test_rounds_may_have_had_another_installation_between_them() -> None:
    found = ask(MISS, repeats=(MISS,))
    assert found is not None and found.severity == "context"


def test_rounds_count_where_another_function_is_found_in_its_file() -> None:
    mixed = process(("total", 0, 1), ("norm", 1, 0))
    found = ask(mixed, repeats=(mixed,))
    assert found is not None and found.severity == "cause"
    assert "total" in found.claim


def test_without_a_first_call_the_cost_is_left_out() -> None:
    this = process(("total", 0, 2), **{"first_call.compile_seconds": None})
    found = ask(this, reruns={AGAIN: MISS})
    assert found is not None
    assert "first call" not in found.claim and len(found.evidence) == 2


@pytest.mark.parametrize(
    ("this", "more"),
    [
        pytest.param(MISS, {}, id="the first process ever"),
        pytest.param(MISS, {"reruns": {AGAIN: HIT}}, id="the first misses, the next hits"),
        pytest.param(HIT, {"reruns": {AGAIN: HIT}}, id="warm"),
        pytest.param(HIT, {"repeats": (MISS,)}, id="the other round was the first"),
        pytest.param(MISS, {"reruns": {AGAIN: HIT, ONE_THREAD: MISS}}, id="one process hit"),
        pytest.param(MISS, {"reruns": {INTERPRETED: MISS}}, id="without compiling, nothing is looked for"),
        pytest.param(MISS, {"repeats": (run(status=Status.FAILED),)}, id="the other process failed"),
        pytest.param(process(("a", 0, 1)), {"reruns": {AGAIN: process(("b", 0, 1))}}, id="another function"),
        pytest.param(process(("total", 1, 1)), {"reruns": {AGAIN: process(("total", 1, 1))}}, id="a new signature"),
        pytest.param(process(("total", 0, 0)), {"reruns": {AGAIN: process(("total", 0, 0))}}, id="never called"),
        pytest.param(
            process(("total", 0, 1), cache=False),
            {"reruns": {AGAIN: process(("total", 0, 1), cache=False)}},
            id="uncached",
        ),
    ],
)
def test_look_alikes_are_innocent(this: Run, more: dict[str, Any]) -> None:
    assert ask(this, **more) is None


def test_counts_that_are_not_known_are_no_misses() -> None:
    unknown = run({"code.dispatchers": [{"name": "total", "cache": True, "cache_hits": None, "cache_misses": None}]})
    assert ask(unknown, reruns={AGAIN: unknown}) is None
    asked = judge(case(run()), {"cache-never-warm": cache_never_warm})
    assert asked.findings == () and "code.dispatchers" in asked.silences[0].why
