"""Numbers with their units, as people read them. Pure."""

from __future__ import annotations

_TIME = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))


def seconds(value: float | None) -> str:
    """Three significant digits and a unit: 0.00123 -> "1.23 ms". None -> "not measured"."""
    return _scaled(value, _TIME)


def size(value: float | None) -> str:
    """Bytes with a binary unit: 1536 -> "1.50 KiB". None -> "not measured"."""
    return _scaled(value, _BYTES)


def quantity(value: float | None, unit: str) -> str:
    """A value in the unit that asv gives a benchmark ("seconds", "bytes", or any other word)."""
    if unit == "seconds":
        return seconds(value)
    if unit == "bytes":
        return size(value)
    return "not measured" if value is None else f"{value:.4g} {unit}"


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Both bounds in one unit, so that they can be compared at a glance: "1.20 to 1.26 ms".

    A bound that would be less than a tenth of that unit has its own: "3.20 µs to 12.0 ms".
    """
    if low is None or high is None:
        return "no interval"
    factor, symbol = scale(max(abs(low), abs(high)), unit)
    if factor == 1.0 and symbol == unit:
        return f"{low:.4g} to {high:.4g} {unit}"
    if low and high and min(abs(low), abs(high)) < 0.1 * factor:
        return f"{quantity(low, unit)} to {quantity(high, unit)}"
    return f"{_written(low / factor)} to {_written(high / factor)} {symbol}"


def scale(value: float, unit: str) -> tuple[float, str]:
    """The factor and symbol in which a value of this size is written: (0.0012, "seconds") -> (0.001, "ms")."""
    table = _TIME if unit == "seconds" else _BYTES if unit == "bytes" else None
    if table is None:
        return 1.0, unit
    return _unit(abs(value), table)


def ratio(value: float | None) -> str:
    """How much slower or faster, in words that cannot be misread: 2.0 -> "2.00x slower", 0.5 -> "2.00x faster"."""
    if value is None or value <= 0:
        return "not comparable"
    return f"{times(value)} slower" if value >= 1 else f"{times(1 / value)} faster"


def times(value: float) -> str:
    """A factor of 1 or more in three digits, or as many as it has: "2.01x", "35.2x", "1,190x"."""
    return f"{value:.2f}x" if value < 9.995 else f"{value:.1f}x" if value < 99.95 else f"{value:,.0f}x"


def duration(value: float) -> str:
    """A waiting time for people: 8 -> "8 s", 75 -> "1 min 15 s", 3700 -> "1 h 1 min"."""
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def _scaled(value: float | None, scale: tuple[tuple[float, str], ...]) -> str:
    if value is None:
        return "not measured"
    if value == 0:
        return f"0 {scale[0][1] if scale is _TIME else 'B'}"
    factor, unit = _unit(abs(value), scale)
    return f"{_significant(value / factor)} {unit}"


def _unit(magnitude: float, table: tuple[tuple[float, str], ...]) -> tuple[float, str]:
    """The largest unit of which it is one, as far as three digits can tell; the smallest for all that is below."""
    for each in table:
        if magnitude >= each[0] * 0.9995:
            return each
    return table[-1]


def _written(value: float) -> str:
    return "0" if value == 0 else _significant(value)


def _significant(value: float) -> str:
    """Three significant digits without an exponent."""
    magnitude = abs(value)
    if magnitude < 0.9995:
        return f"{value:.3f}"
    if magnitude >= 99.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if magnitude >= 9.995 else f"{value:.2f}"
