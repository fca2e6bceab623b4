"""Exit codes, which scripts lean on."""

from __future__ import annotations

from stallhorn.errors import BenchmarkFailed, ExitCode, NothingMeasured, StallhornError, UsageError


def test_nothing_happened_is_fine() -> None:
    assert ExitCode.worst([]) is ExitCode.FINE


def test_the_numbers_are_those_that_are_promised() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "FINE": 0,
        "REGRESSION": 1,
        "USAGE": 2,
        "NOTHING_MEASURED": 3,
        "BENCHMARK_FAILED": 4,
        "INCONCLUSIVE": 5,
        "BUG": 70,
        "INTERRUPTED": 130,
    }


def test_several_at_once_are_the_severest() -> None:
    order = [130, 70, 2, 4, 1, 5, 3, 0]
    for place in range(len(order)):
        assert ExitCode.worst(ExitCode(code) for code in reversed(order[place:])) == order[place]


def test_an_error_says_what_and_the_remedy() -> None:
    assert str(UsageError("What.", "Remedy.")) == "What.\n  Remedy."
    assert str(StallhornError("What.", "")) == "What."
    assert (UsageError.exit_code, NothingMeasured.exit_code, BenchmarkFailed.exit_code) == (2, 3, 4)
