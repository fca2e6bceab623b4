"""Python threads that take turns."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import gil_held
from stallhorn.pitfalls.base import judge

HOLDS, RELEASES = {"name": "total", "nogil": False}, {"name": "total", "nogil": True}
# Two threads with a compiled sum, 6.9 ms; 3.6 ms with nogil.
SICK: dict[str, Any] = {
    "calls.python_threads": 2,
    "activity.demand": 1.03,
    "activity.cores_used": 1.0,
    "activity.busy_threads": 2,
    "code.dispatchers": [HOLDS],
}


def found(seconds: float = 6.9e-3, **more: Any) -> Finding | None:
    return gil_held.detect(case(run({**SICK, **more}, seconds=seconds)))


def test_threads_that_take_turns_in_compiled_code_are_named():
    finding = found()
    assert finding is not None
    assert (finding.pitfall, finding.severity, finding.switch) == ("gil-held", "cause", None)
    assert "3 Python threads take part, but on average 1.03 of them wanted a core" in finding.claim
    assert "`total` is compiled without nogil=True" in finding.claim
    assert finding.remedy == "Compile `total` with `@numba.njit(nogil=True)`."


def test_on_a_machine_of_its_own_threads_that_get_one_core_take_turns_whatever_they_want():
    assert found(**{"activity.demand": 1.93, "sampling.foreign_load": 0.0})
    assert found(**{"activity.demand": 1.93, "sampling.foreign_load": 0.2}) is None


def test_threads_of_pure_python_are_named_with_another_remedy():
    finding = found(**{"code.dispatchers": []})
    assert finding is not None
    assert "they reach no Numba function but Python code or short NumPy calls" in finding.claim
    assert "ProcessPoolExecutor" in finding.remedy


def test_threads_that_live_for_one_call_are_seen_by_the_time_they_left():
    assert found(**{"activity.busy_threads": 0, "activity.dead_cpu_share": 0.97, "activity.demand": 1.24})


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"code.dispatchers": [RELEASES], "activity.demand": 1.97, "activity.cores_used": 1.9}, id="nogil"),
        pytest.param({"code.dispatchers": [RELEASES]}, id="nogil, and something else is serial"),
        pytest.param({"code.dispatchers": [HOLDS, RELEASES]}, id="called from a function with nogil"),
        pytest.param(
            {"code.dispatchers": [], "activity.demand": 1.98, "activity.cores_used": 1.97}, id="NumPy on large arrays"
        ),
        pytest.param({"activity.demand": 2.0, "activity.cores_used": 2.0}, id="the lock was released after all"),
        pytest.param({"calls.python_threads": 0}, id="no threads"),
        pytest.param({"calls.python_threads": 1, "activity.busy_threads": 1}, id="one beside a main one that waits"),
        pytest.param({"activity.cores_used": 0.2, "activity.demand": 0.2}, id="threads that wait for a disk"),
        pytest.param({"activity.busy_threads": 1}, id="one works, the others only watch"),
        pytest.param({"host.affinity": 1, "host.cores": 1}, id="one core"),
        pytest.param({"code.computations": [{"name": "f"}], "code.dispatchers": []}, id="JAX works, not Python"),
        pytest.param({"code.dispatchers": None}, id="code not known"),
    ],
)
def test_what_looks_alike_is_innocent(more: dict[str, Any]):
    assert found(**more) is None


def test_tasks_of_microseconds_cost_more_to_hand_out_than_to_wait_for():
    assert found(seconds=130e-6) is None


def test_a_neighbour_withholds_it():
    judged = judge(case(run({**SICK, "sampling.foreign_load": 1.0})), {"gil-held": gil_held})
    assert not judged.findings and "other processes" in judged.silences[0].why


@pytest.mark.parametrize("fact", ["calls.python_threads", "activity.demand", "activity.cores_used"])
def test_what_it_lacks_it_says(fact: str):
    judged = judge(case(run({**SICK, fact: None})), {"gil-held": gil_held})
    assert fact in judged.silences[0].why
