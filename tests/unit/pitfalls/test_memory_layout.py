"""Arrays whose order is not that of the loop."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import memory_layout
from stallhorn.pitfalls.base import Run, judge


def laid_out(*layouts: str, name: str = "rows", seconds: float = 6.7e-3, **more: Any) -> Run:
    entry = {"name": name, "layouts": list(layouts), "dtypes": ["float64"] * len(layouts)}
    params = {key: more.pop(key) for key in ("order", "n") if key in more}
    return run({"code.dispatchers": [entry], "calls.input_bytes": 8_000_000, **more}, seconds=seconds, **params)


def found(this: Run, **more: Any) -> Finding | None:
    return memory_layout.detect(case(this, **more))


def contiguous(rerun: Run) -> dict[str, Run]:
    return {memory_layout.CONTIGUOUS: rerun}


def test_a_call_that_is_faster_with_contiguous_arrays_is_named():
    finding = found(laid_out("F", "C"), reruns=contiguous(laid_out("C", "C", seconds=3.4e-3)))
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("memory-layout", "cause")
    assert (
        "`rows` is given arrays of layout F/C and takes 6.70 ms; with contiguous arrays it takes 3.40 ms"
        in finding.claim
    )
    assert "np.ascontiguousarray" in finding.remedy
    assert finding.switch is not None and finding.switch.treatment == "contiguous"


def test_a_view_with_gaps_counts_as_well():
    assert found(laid_out("A"), reruns=contiguous(laid_out("C", seconds=3.4e-3)))


def test_loops_that_go_down_the_columns_of_a_c_array_are_named():
    reruns = {memory_layout.OTHER_ORDER: laid_out("F", "C", seconds=2.1e-3)}
    finding = found(laid_out("C", "C"), reruns=reruns)
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("memory-layout", "cause")
    assert "walks its arrays against their order: it takes 6.70 ms with arrays in C order, and 2.10 ms" in finding.claim
    assert finding.switch is not None and finding.switch.treatment == "fortran"


@pytest.mark.parametrize(
    "rerun",
    [
        pytest.param(laid_out("F", "C", seconds=13e-3), id="the loops go along the rows"),
        pytest.param(laid_out("F", "C", seconds=6.0e-3), id="no more than processes differ by"),
        pytest.param(laid_out("C", "C", seconds=2.1e-3), id="the order did not change: something else did"),
        pytest.param(laid_out("F", "C", seconds=2.1e-3, **{"sampling.foreign_load": 1.0}), id="disturbed"),
    ],
)
def test_loops_along_the_rows_are_innocent(rerun: Run):
    assert found(laid_out("C", "C"), reruns={memory_layout.OTHER_ORDER: rerun}) is None


@pytest.mark.parametrize(
    ("this", "rerun"),
    [
        pytest.param(laid_out("F"), laid_out("C", seconds=12e-3), id="a loop written for columns"),
        pytest.param(laid_out("F"), laid_out("C", seconds=6.6e-3), id="the order does not matter to it"),
        pytest.param(laid_out("F"), laid_out("C", seconds=5.6e-3), id="no more than processes differ by"),
        pytest.param(laid_out("F"), laid_out("F", seconds=3e-3), id="laid out inside the call: something else changed"),
        pytest.param(laid_out("C"), laid_out("C", seconds=3e-3), id="contiguous already"),
        pytest.param(laid_out("F"), run(seconds=None, status=Status.FAILED), id="it takes column order alone"),
        pytest.param(laid_out(), laid_out(seconds=3e-3), id="no arrays"),
    ],
)
def test_what_looks_alike_is_innocent(this: Run, rerun: Run):
    assert found(this, reruns=contiguous(rerun)) is None


def test_a_layout_by_itself_is_no_fault():
    assert found(laid_out("F", "A")) is None


@pytest.mark.parametrize("which", ["this", "rerun"])
def test_a_faster_rerun_proves_nothing_beside_a_neighbour(which: str):
    noisy = {"sampling.foreign_load": 1.5}
    this = laid_out("F", **(noisy if which == "this" else {}))
    rerun = laid_out("C", seconds=3e-3, **(noisy if which == "rerun" else {}))
    assert found(this, reruns=contiguous(rerun)) is None


def test_a_layout_that_changed_since_the_baseline_and_cost_time_is_named():
    finding = found(laid_out("F"), baseline=laid_out("C", seconds=3.4e-3), slowdown=1.97)
    assert finding is not None and finding.severity == "cause"
    assert "it was C before, and the call became 1.97x slower" in finding.claim


@pytest.mark.parametrize(
    ("before", "slowdown"),
    [
        pytest.param(laid_out("C"), None, id="no slower"),
        pytest.param(laid_out("C"), 1.05, id="hardly slower"),
        pytest.param(laid_out("F"), 2.0, id="it was so before"),
        pytest.param(laid_out("C", name="columns"), 2.0, id="another function"),
        pytest.param(laid_out("C", "C"), 2.0, id="other arguments"),
    ],
)
def test_a_baseline_that_shows_nothing_is_none(before: Run, slowdown: float | None):
    assert found(laid_out("F"), baseline=before, slowdown=slowdown) is None


def test_a_sibling_that_differs_in_the_order_alone_is_as_good():
    finding = found(laid_out("F", order="'F'"), siblings=(laid_out("C", seconds=3.4e-3, order="'C'"),))
    assert finding is not None
    assert "with order=C it is C and takes 3.40 ms" in finding.claim


@pytest.mark.parametrize(
    "sibling",
    [
        pytest.param(laid_out("C", seconds=6.5e-3, order="'C'"), id="as fast"),
        pytest.param(laid_out("C", seconds=3e-3, order="'C'", **{"calls.input_bytes": 4_000_000}), id="smaller"),
        pytest.param(laid_out("C", seconds=3e-3, order="'C'", **{"calls.input_bytes": None}), id="of unknown size"),
        pytest.param(laid_out("C", name="columns", seconds=3e-3, order="'C'"), id="another function"),
        pytest.param(laid_out("C", seconds=3e-3), id="another benchmark's parameters"),
    ],
)
def test_siblings_that_differ_otherwise_prove_nothing(sibling: Run):
    assert found(laid_out("F", order="'F'"), siblings=(sibling,)) is None


def test_without_the_functions_it_says_that_it_cannot_tell():
    judged = judge(case(run()), {"memory-layout": memory_layout})
    assert not judged.findings and "code.dispatchers" in judged.silences[0].why


def test_numpys_own_loops_over_a_view_are_named_where_contiguous_arrays_are_clearly_faster():
    facts = {"code.dispatchers": [], "result.input_layouts": ["A", "C"]}
    slow = run(facts, seconds=0.7e-3)
    finding = found(slow, reruns=contiguous(run({"code.dispatchers": []}, seconds=0.2e-3)))
    assert finding is not None
    assert "holds arrays of layout A and takes 700 µs; with all of them contiguous it takes 200 µs" in finding.claim
    assert found(slow, reruns=contiguous(run({"code.dispatchers": []}, seconds=0.4e-3))) is None
    assert found(run({"code.dispatchers": [], "result.input_layouts": ["C"]}, seconds=0.7e-3)) is None
