"""A container that was stopped because its CPU quota was used up."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import cpu_quota
from stallhorn.pitfalls.base import judge

SICK = {
    "host.affinity": 8,
    "host.quota": 2.0,
    "threads.used.blas": 8,
    "activity.window_seconds": 0.5,
    "activity.demand": 7.5,
    "activity.throttled_periods": 5,
    "activity.throttled_seconds": 0.35,
}


def found(**more: Any) -> Finding | None:
    return cpu_quota.detect(case(run({**SICK, **{name.replace("__", "."): value for name, value in more.items()}})))


def test_the_claim_has_periods_quota_and_demand_and_the_setting_fits_the_quota() -> None:
    finding = found()
    assert finding is not None
    assert (finding.pitfall, finding.severity) == ("cpu-quota", "cause")
    assert "stopped in 5 periods" in finding.claim and "2 CPUs" in finding.claim and "7.5 threads" in finding.claim
    assert finding.switch is not None and finding.switch.variables["OPENBLAS_NUM_THREADS"] == "2"
    assert {one.value for one in finding.evidence} >= {"5", "8", "350 ms", "7.5"}


def test_half_a_cpu_still_gives_one_thread() -> None:
    finding = found(host__quota=0.5)
    assert finding is not None and finding.severity == "cause" and finding.switch is not None
    assert finding.switch.variables["NUMBA_NUM_THREADS"] == "1"


def test_in_a_short_window_the_pool_stands_for_the_demand() -> None:
    finding = found(activity__window_seconds=0.01, activity__throttled_periods=1)
    assert finding is not None and finding.severity == "cause" and "up to 8 threads" in finding.claim


@pytest.mark.parametrize(
    "harmless",
    [
        {"activity__demand": 1.0},  # others in the container used it up
        {"threads__used__blas": 1, "activity__demand": 1.0, "host__quota": 0.5},  # one thread is already too much
        {"threads__used__blas": 2, "activity__demand": 2.0},
        {"activity__throttled_periods": 1, "activity__window_seconds": 5.0},  # seldom
    ],
)
def test_where_fewer_threads_would_not_help_it_is_context(harmless: dict[str, Any]) -> None:
    finding = found(**harmless)
    assert finding is not None and finding.severity == "context" and finding.switch is None


@pytest.mark.parametrize("healthy", [{"activity__throttled_periods": 0}, {"host__quota": None}])
def test_never_stopped_or_no_quota_is_silent(healthy: dict[str, Any]) -> None:
    assert found(**healthy) is None


def test_without_the_containers_accounts_it_is_not_asked() -> None:
    judgement = judge(case(run({"host.quota": 2.0})), {"cpu-quota": cpu_quota})
    assert not judgement.findings and judgement.silences
