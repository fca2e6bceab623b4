"""What the probe saw, as tables: versions, threads, first call, load, memory. Unknown is said, never guessed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from stallhorn import units
from stallhorn.model import DISTURBED, Observation, Parameters, SeriesKey, plain

UNKNOWN = "unknown"
COLUMNS = (
    "threads",
    "threading layer",
    "first call",
    "import",
    "compile",
    "first run",
    "load by others",
    "peak memory",
    "result",
)


@dataclass(frozen=True, slots=True)
class FactRow:
    """The facts of one series, a text for each of `COLUMNS`."""

    key: SeriesKey
    parameters: str  # those that tell it from the other rows
    cells: tuple[str, ...]
    marked: frozenset[str]  # the columns whose fact is not as it should be
    stderr: str

    @property
    def disturbed(self) -> bool:
        """Whether other programs kept more than `DISTURBED` cores busy meanwhile."""
        return "load by others" in self.marked


def fact_rows(observations: Iterable[Observation], same: Set[str] = frozenset()) -> list[FactRow]:
    """One row for each series, of its processes together: the first one's first call, the largest load and memory.

    `same` names parameters that need not be repeated in each row.
    """
    grouped: dict[SeriesKey, list[Observation]] = {}
    for observation in observations:
        grouped.setdefault(observation.key, []).append(observation)
    return [_row(key, sorted(group, key=lambda each: each.round), same) for key, group in grouped.items()]


def versions(observations: Iterable[Observation]) -> str:
    """All versions seen: `numba 0.61.2, numpy 2.1.3, python 3.11.7`; two versions of one thing are both there."""
    seen: set[str] = set()
    for observation in observations:
        found = dig(observation.facts, "versions")
        if isinstance(found, Mapping):
            seen |= {f"{name} {version}" for name, version in found.items() if version}
    return ", ".join(sorted(seen))


def dig(facts: object, *names: str) -> object:
    """A fact inside facts; None when it, or anything on the way, is missing or of another shape."""
    for name in names:
        if not isinstance(facts, Mapping):
            return None
        facts = facts.get(name)
    return facts


def _row(key: SeriesKey, group: Sequence[Observation], same: Set[str]) -> FactRow:
    first = group[0].facts
    threads, as_asked = _threads(first)
    load = _largest(group, "sampling", "foreign_load")
    cells = (
        threads,
        _layer(first),
        _seconds(dig(first, "first_call", "seconds")),
        _import(first),
        _compile(first),
        _seconds(dig(first, "first_call", "run_seconds")),
        _load(load),
        _memory(group),
        _result(dig(first, "result")),
    )
    marks = {"threads": not as_asked, "load by others": load is not None and load > DISTURBED}
    stderr = next((each.stderr for each in group if each.stderr.strip()), "")
    shown = Parameters(tuple(pair for pair in key.parameters.values if pair[0] not in same))
    return FactRow(key, str(shown), cells, frozenset(name for name, marked in marks.items() if marked), stderr)


def _threads(facts: object) -> tuple[str, bool]:
    """What each pool was asked for and has, pools that are alike together; and whether all have what was asked.

    {"numba": 2, "omp": 2, "jax": 2} asked and {"numba": 2, "omp": 1, "jax": None} used becomes
    "numba: asked 2, has 2; omp: asked 2, has 1; not seen: jax".
    """
    asked, used = dig(facts, "threads", "asked"), dig(facts, "threads", "used")
    if not isinstance(asked, Mapping) or not isinstance(used, Mapping):
        wanted = _text(asked) or plain(_text(dig(facts, "threads", "setting")))
        has = _text(used)
        told = [f"asked {wanted}" if wanted else "", f"has {has}" if has else ""]
        return ", ".join(each for each in told if each) or UNKNOWN, not (wanted and has) or wanted == has
    alike: dict[tuple[float | None, float | None], list[str]] = {}
    for name in dict.fromkeys([*used, *asked]):
        want, have = _number(asked.get(name)), _number(used.get(name))
        if want is not None or have is not None:
            alike.setdefault((want, have), []).append(str(name))
    told = [f"{', '.join(names)}: {_pool(want, has)}" for (want, has), names in alike.items() if has is not None]
    unseen = [name for (_, has), names in alike.items() if has is None for name in names]
    told += [f"not seen: {', '.join(unseen)}"] if unseen else []
    as_asked = all(want is None or have is None or want == have for want, have in alike)
    return "; ".join(told) or UNKNOWN, as_asked


def _pool(asked: float | None, has: float) -> str:
    return f"has {has:g}" if asked is None else f"asked {asked:g}, has {has:g}"


def _layer(facts: object) -> str:
    """Numba's threading layer; where Numba is not loaded there is none."""
    layer = _text(dig(facts, "threads", "layer"))
    found = dig(facts, "versions")
    absent = isinstance(found, Mapping) and "numba" in found and found["numba"] is None
    return layer or ("no Numba" if absent else UNKNOWN)


def _import(facts: object) -> str:
    """The probe writes null where everything was imported before, in the same process."""
    call = dig(facts, "first_call")
    before = isinstance(call, Mapping) and "import_seconds" in call and call["import_seconds"] is None
    return "before" if before else _seconds(dig(call, "import_seconds"))


def _compile(facts: object) -> str:
    if dig(facts, "first_call", "compiles") == 0 and dig(facts, "first_call", "compile_seconds") is None:
        return "nothing"
    return _seconds(dig(facts, "first_call", "compile_seconds"))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _largest(group: Sequence[Observation], *names: str) -> float | None:
    numbers = [_number(dig(each.facts, *names)) for each in group]
    return max((number for number in numbers if number is not None), default=None)


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, Mapping) else str(value)


def _seconds(value: object) -> str:
    number = _number(value)
    return UNKNOWN if number is None else units.seconds(number)


def _memory(group: Sequence[Observation]) -> str:
    """The largest peak, and the most that came with the calls: results, temporaries, and what compiling needs."""
    peak = _largest(group, "memory", "peak_bytes")
    if peak is None:
        return UNKNOWN
    pairs = [
        (_number(dig(each.facts, "memory", "before_bytes")), _number(dig(each.facts, "memory", "peak_bytes")))
        for each in group
        if dig(each.facts, "memory", "peak_of") == "this measurement"
    ]
    grown = [most - before for before, most in pairs if before is not None and most is not None and most >= before]
    return units.size(peak) + (f", {units.size(max(grown))} of it new" if grown else "")


def _load(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f} cores" + (", not alone" if value > DISTURBED else "")


def _result(value: object) -> str:
    parts = [_text(dig(value, name)) for name in ("type", "dtype", "shape", "device")]
    return " ".join(part for part in parts if part) or UNKNOWN
