"""Fewer cores do useful work as the problem grows."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import utilisation_drop
from stallhorn.pitfalls.base import ONE_THREAD, Run, judge


def at(n: str, seconds: float, inside: float, threads: str = "2", **more: Any) -> Run:
    """A run whose parallel regions, evenly shared, take a share `inside` of its time."""
    given = {"calls.region_threads": 2, "calls.region_seconds": inside * seconds, "calls.imbalance": 1.0}
    return run({**given, **more}, seconds=seconds, n=n, threads=threads)


SMALL, LARGE = at("30", 35e-6, 0.9), at("3000", 12e-3, 0.25)


def found(this: Run = LARGE, *siblings: Run, **more: Any) -> Finding | None:
    return utilisation_drop.detect(case(this, siblings=siblings or (SMALL,), **more))


def test_a_serial_part_that_grows_is_named_with_its_share():
    finding = found()
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("utilisation-drop", "cause")
    assert "1.25 of 2 threads do useful work at n=3000, 1.90 at n=30" in finding.claim
    assert "takes 75 % of the call (9.00 ms) and took 10 %" in finding.claim
    assert "9.00 ms of each call" in finding.remedy


def test_it_compares_with_the_best_of_the_smaller_sizes():
    assert found(LARGE, at("10", 3e-6, 0.3), SMALL)


@pytest.mark.parametrize(
    ("this", "before"),
    [
        pytest.param(at("3000", 12e-3, 0.95), SMALL, id="used well at both"),
        pytest.param(at("3000", 12e-3, 0.25), at("30", 35e-6, 0.3), id="never used well: entering regions costs"),
        pytest.param(at("30", 35e-6, 0.25), at("3000", 12e-3, 0.95), id="it rises with size, as it should"),
        pytest.param(at("3000", 12e-3, 0.7), at("30", 35e-6, 0.9), id="a little less"),
        pytest.param(at("3000", 12e-3, 1.0, **{"calls.imbalance": 1.9}), SMALL, id="uneven shares: another pitfall"),
        pytest.param(at("3000", 50e-6, 0.25), SMALL, id="too short to tell"),
        pytest.param(LARGE, at("30", 35e-6, 0.9, threads="1"), id="another number of threads"),
        pytest.param(at("3000", 12e-3, 0.25, **{"calls.region_threads": 1}), SMALL, id="regions of one thread"),
        pytest.param(LARGE, at("30", 35e-6, 0.9, **{"sampling.foreign_load": 1.0}), id="a neighbour beside the small"),
        pytest.param(at("big", 12e-3, 0.25), at("small", 35e-6, 0.9), id="sizes that are no numbers"),
    ],
)
def test_what_looks_alike_is_innocent(this: Run, before: Run):
    assert found(this, before) is None


def test_a_library_that_works_outside_the_regions_is_no_serial_part():
    """BLAS has two threads and uses them: the cores used stay. When they fall too, it is serial after all."""
    small = at("30", 35e-6, 0.9, **{"activity.cores_used": 1.95})
    with_blas = {"threads.used": {"blas": 2}}
    assert found(at("3000", 12e-3, 0.25, **with_blas, **{"activity.cores_used": 1.9}), small) is None
    assert found(at("3000", 12e-3, 0.25, **with_blas), small) is None
    assert found(at("3000", 12e-3, 0.25, **with_blas, **{"activity.cores_used": 1.3}), small)


def test_page_faults_are_told_by_the_systems_share():
    before = at("30", 35e-6, 0.9, **{"activity.user_seconds": 0.1, "activity.system_seconds": 0.001})
    faulting = {"activity.user_seconds": 0.1, "activity.system_seconds": 0.1, "activity.faults": 19_500.0}
    finding = found(at("3000", 12e-3, 0.95, **faulting), before)
    assert finding is not None and finding.severity == "cause"
    assert "50 % of the CPU time and took 1 %, with 19500 page faults a call against 0" in finding.claim
    assert finding.switch is not None and finding.switch.variables["MALLOC_MMAP_MAX_"] == "0"
    assert found(at("3000", 12e-3, 0.95, **{**faulting, "activity.faults": 2.0}), before) is None


def test_memory_is_context():
    traffic = {"calls.input_bytes": 128_000_000, "calls.result_bytes": 64_000_000}
    this = at("8000000", 6e-3, 0.98, **traffic)
    siblings = (at("80000", 22e-6, 0.95), run(seconds=40e-6, n="80000", threads="1"))
    alone = {ONE_THREAD: run(seconds=6.3e-3)}
    finding = utilisation_drop.detect(case(this, siblings=siblings, reruns=alone))
    assert finding is not None and finding.severity == "context"
    assert "2 threads are 1.05x as fast as one and were 1.82x, while 21.3 GB/s" in finding.claim
    faster = {ONE_THREAD: run(seconds=11.5e-3)}
    assert utilisation_drop.detect(case(this, siblings=siblings, reruns=faster)) is None


def test_a_single_size_tells_nothing():
    assert utilisation_drop.detect(case(LARGE)) is None


def test_a_neighbour_withholds_it_and_missing_facts_are_said():
    noisy = at("3000", 12e-3, 0.25, **{"sampling.foreign_load": 1.0})
    judged = judge(case(noisy, siblings=(SMALL,)), {"utilisation-drop": utilisation_drop})
    assert not judged.findings and "other processes" in judged.silences[0].why
    judged = judge(case(run()), {"utilisation-drop": utilisation_drop})
    assert "calls.region_seconds" in judged.silences[0].why
