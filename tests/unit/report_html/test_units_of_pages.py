"""Intervals and scales: both bounds in one unit, unless the small one would be lost in it."""

from __future__ import annotations

import pytest

from stallhorn import units


@pytest.mark.parametrize(
    ("low", "high", "unit", "expected"),
    [
        (None, 1.0, "seconds", "no interval"),
        (1.2e-3, 1.26e-3, "seconds", "1.20 to 1.26 ms"),
        (0.9e-3, 1.1e-3, "seconds", "0.900 to 1.10 ms"),
        (2**20, 3 * 2**20, "bytes", "1.00 to 3.00 MiB"),
        (3, 4, "calls", "3 to 4 calls"),
        (0.1e-3, 12e-3, "seconds", "0.100 to 12.0 ms"),
        (3.2e-6, 12e-3, "seconds", "3.20 µs to 12.0 ms"),
        (12e-3, 3.2e-6, "seconds", "12.0 ms to 3.20 µs"),
        (0.0, 12e-3, "seconds", "0 to 12.0 ms"),
        (0.0, 0.0, "seconds", "0 to 0 ns"),
        (50 * 2**10, 2**20, "bytes", "50.0 KiB to 1.00 MiB"),
        (0.001, 4000, "calls", "0.001 to 4000 calls"),
    ],
)
def test_an_interval_is_readable_at_both_ends(low: float | None, high: float | None, unit: str, expected: str) -> None:
    assert units.interval(low, high, unit) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.0, "seconds", (1e-9, "ns")),
        (0.99999, "seconds", (1.0, "s")),
        (5.0, "calls", (1.0, "calls")),
        (0.0, "bytes", (1, "B")),
    ],
)
def test_the_scale_is_that_of_the_written_value(value: float, unit: str, expected: tuple[float, str]) -> None:
    assert units.scale(value, unit) == expected
