"""What the site says, for scripts: `summary.json`. Schema 1: keys are only ever added; unknown is null. Pure.

{"schema": 1, "stallhorn": version, "project": name, "verdict": "clean|regression|inconclusive|nothing",
 "sentence": the verdict for people, "newest": COMMIT | null,
 "standings": {standing: number of series}, those with a series,
 "series": number, "suspicions": number of series that look changed with too little evidence,
 "open": number of changes that are open,
 "changes": [CHANGE], newest first, "environments": [{"name", "python", "requirements": {}, "variables": {}}],
 "machines": [{"name", "os", "cpu", "cores", "ram"}]}
CHANGE: {"id": as of `stallhorn changes --json`, "kind", "direction", "ratio", "low", "high", "confidence", "headline",
         "cause": in words, "causes": [pitfall], "gone": [pitfall], "first": COMMIT, "last": COMMIT,
         "untested": number of commits between the two, "series": number, "open": whether it is slow to this day,
         "page": from the top of the site | null}
COMMIT: {"commit": hash, "subject", "committed": ISO | null}
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import orjson

from stallhorn import __version__
from stallhorn.model import Change, Report, Revision
from stallhorn.report.account import Accounts
from stallhorn.report.sentence import Standing

SCHEMA = 1


def summary(report: Report, accounts: Accounts, page_of: Callable[[Change], str]) -> bytes:
    """The summary as a file; `page_of` gives a change's page from the top of the site, "" for none."""
    history = report.history
    counts = accounts.tally
    environments = {series.key.environment for series in history.series}
    machines = {series.key.machine for series in history.series}
    changes = [_change(change, accounts, page_of(change)) for change in report.changes]
    data = {
        "schema": SCHEMA,
        "stallhorn": __version__,
        "project": history.project.name,
        "verdict": report.verdict.value,
        "sentence": accounts.sentence,
        "newest": None if report.newest is None else _commit(report.newest),
        "standings": {each.value: counts[each] for each in Standing if counts[each]},
        "series": len(history.series),
        "suspicions": len(report.suspicions),
        "open": sum(each["open"] for each in changes),
        "changes": changes,
        "environments": [_environment(name, report) for name in sorted(environments)],
        "machines": [_machine(name, report) for name in sorted(machines)],
    }
    return orjson.dumps(_valid(data), option=orjson.OPT_INDENT_2) + b"\n"


def _change(change: Change, accounts: Accounts, page: str) -> dict[str, Any]:
    brief = accounts.brief(change)
    return {
        "id": change.id,
        "kind": change.kind.value,
        "direction": change.direction.value,
        "ratio": _finite(change.ratio),
        "low": _finite(change.low),
        "high": _finite(change.high),
        "confidence": _finite(change.confidence),
        "headline": brief.headline,
        "cause": brief.cause,
        "causes": list(brief.causes),
        "gone": list(brief.gone),
        "first": _commit(change.first),
        "last": _commit(change.last),
        "untested": len(change.untested),
        "series": len(change.points),
        "open": brief.is_open,
        "page": page or None,
    }


def _environment(name: str, report: Report) -> dict[str, Any]:
    known = report.history.environments.get(name)
    return {
        "name": name,
        "python": known.python if known else None,
        "requirements": dict(known.requirements) if known else {},
        "variables": dict(known.variables) if known else {},
    }


def _machine(name: str, report: Report) -> dict[str, Any]:
    known = report.history.machines.get(name)
    facts = {each: getattr(known, each, "") or None for each in ("os", "cpu", "cores", "ram")}
    return {"name": name, **facts}


def _commit(revision: Revision) -> dict[str, Any]:
    when = revision.committed.isoformat() if revision.committed else None
    return {"commit": revision.commit, "subject": revision.subject, "committed": when}


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _valid(data: object) -> object:
    """The same with halves of surrogate pairs, which no file can hold, replaced."""
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode()
    if isinstance(data, dict):
        return {_valid(key): _valid(value) for key, value in data.items()}
    return [_valid(each) for each in data] if isinstance(data, list) else data
