"""Other programs on the machine."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import foreign_load
from stallhorn.pitfalls.base import detectors, judge


def found(**given: Any) -> Finding | None:
    return foreign_load.detect(case(run(given)))


def test_a_neighbour_is_context_and_the_claim_says_how_much_of_the_machine_it_took():
    finding = found(**{"sampling.foreign_load": 1.31})
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("foreign-load", "context")
    assert "1.31 of 2 cores" in finding.claim
    assert finding.switch is None


def test_it_names_the_verdicts_that_are_withheld():
    finding = found(**{"sampling.foreign_load": 1.0})
    assert finding is not None
    withheld = [name for name, one in detectors().items() if getattr(one, "NOISY", False)]
    assert withheld
    assert all(name in finding.claim for name in withheld)
    assert "nested-parallel" not in finding.claim


@pytest.mark.parametrize("load", [0.0, 0.1, 0.25, None])
def test_a_quiet_or_unknown_machine_is_nothing_to_report(load: float | None):
    assert found(**{"sampling.foreign_load": load}) is None


def test_own_children_are_no_neighbours():
    assert found(**{"sampling.foreign_load": 1.9, "activity.children_demand": 1.9}) is None
    finding = found(**{"sampling.foreign_load": 1.9, "activity.children_demand": 0.9})
    assert finding is not None and "1.00 of 2 cores" in finding.claim


def test_without_the_fact_it_says_that_it_cannot_tell():
    judged = judge(case(run({"sampling.foreign_load": None})), {"foreign-load": foreign_load})
    assert "sampling.foreign_load" in judged.silences[0].why


def test_it_is_asked_on_the_disturbed_machine_itself():
    judged = judge(case(run({"sampling.foreign_load": 1.0})), {"foreign-load": foreign_load})
    assert [one.pitfall for one in judged.findings] == ["foreign-load"]
