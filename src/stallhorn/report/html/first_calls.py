"""What the first call of each series of a page takes, by the same rules as the page about backends. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stallhorn.model import Observation, SeriesKey, Status
from stallhorn.report.html.view import Row, Site
from stallhorn.sweeps.payback import Cache, Firsts, firsts
from stallhorn.sweeps.roles import Roles

_SHOWN = (Cache.PLAIN, Cache.COLD, Cache.WARM)


def first_calls(rows: Sequence[Row], part: Roles, site: Site) -> dict[SeriesKey, Mapping[str, object]]:
    """For each series with records at the newest commit of its line: the time and its bounds, or why there is none.

    Series that differ in the size alone are one line: what the first size of a process compiles, later ones find done.
    """
    if not site.observed:
        return {}
    lines: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        if row.series.unit == "seconds" and row.key in site.observed:
            lines.setdefault(part.place_of(row.key, "size"), []).append(row)
    found: dict[SeriesKey, Mapping[str, object]] = {}
    for line in lines.values():
        found |= _of_line(line, part, site)
    return found


def _of_line(line: Sequence[Row], part: Roles, site: Site) -> dict[SeriesKey, Mapping[str, object]]:
    seen = {row.key: [each for each in site.observed[row.key] if each.status is Status.OK] for row in line}
    commits = {each.commit for group in seen.values() for each in group}
    newest = max(map(site.revision, commits), key=lambda each: (each.position, each.commit), default=None)
    if newest is None:
        return {}
    sizes: dict[float, SeriesKey] = {}
    observed: dict[float, Sequence[Observation]] = {}
    for key, group in seen.items():
        here = [each for each in group if each.commit == newest.commit]
        size = part.size_of(key.parameters)
        if here:
            place = float(len(sizes)) if size is None else size
            sizes[place], observed[place] = key, here
    backend = (line[0].key.parameters.get(part.backend) if part.backend else None) or line[0].key.benchmark
    return {sizes[size]: _told(each) for size, each in firsts(observed, backend).items()}


def _told(each: Firsts) -> dict[str, object]:
    cache = next((cache for cache in _SHOWN if cache in each.by_cache), None)
    if cache is None:
        return {"why": each.reason}
    first = each.by_cache[cache]
    told: dict[str, object] = {"time": [_short(first.time.value), _short(first.time.low), _short(first.time.high)]}
    if first.lent_by is not None:
        told["lent"] = first.lent_by
    if cache is Cache.WARM:
        told["warm"] = True
    return told


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
