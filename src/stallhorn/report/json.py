"""A report as JSON, for scripts. Schema 1: keys are only ever added; unknown is null; every number is finite.

`check`:
    {"schema": 1, "stallhorn": version, "project": name, "verdict": "clean|regression|inconclusive|nothing",
     "exit_code": int, "reference": true when the history in git stood in for missing results,
     "base": hash | null, "head": hash | null, "machines": [REPORT, ...], "problems": [{"where", "what", "remedy"}]}
REPORT:
    {"machine": name, "verdict": as above, "sentence": the verdict for people, "newest": COMMIT | null,
     "comparisons": [{"id", "series": SERIES, "verdict", "direction": "slower|faster|same", "ratio": float | null,
                      "last": hash | null, "before": {"value", "low", "high"} | null, "after": POINT, "reason",
                      "kind": KIND, WHY}], where what is not of kind "code" is never a regression
     "changes": [CHANGE], newest first,
     "suspicions": [SUSPICION],
     "alarms": [ALARM], those that are open and those of which something new is said | null with BASE or --bench,
     "build_failures": [{"commit", "environment", "log"}],
     "findings": [FINDING], at the judged commit, and of each series where it changed,
     "counted": [as "changes", of counted facts: each of "series" has "id" and "fact" besides, and no WHY; they make no
                 verdict; direction is "slower" for worse, "same" where neither is better]}
CHANGE: {"id", "direction", "kind": KIND, "ratio": typical one of its series, above 1 where it became worse | null,
         "low", "high": 99 % interval of it | null, "confidence": that something changed there, "reason": why it is of
         its kind | "", "last": COMMIT, "first": COMMIT, "untested": [COMMIT],
         "series": [{"series": SERIES, "last": hash, "first": hash, "ratio": new over old value, "low", "high",
                     "confidence", "kind", "reason", "before": ..., "after": ..., WHY}], the largest first}
KIND:   "code", "machine" (an event of the machine: one change with series that moved either way) or "measurement" (a
        timing was wrong before, or is wrong since)
SUSPICION: {"id", "series": SERIES, "last": hash, "first": hash, "direction", "ratio", "confidence", "reason"}: a series
        whose newest points look changed; measuring once more would tell
ALARM:  {"id", "machine", "state": "suspected|raised|confirmed|revised|withdrawn", "new": whether something new is said,
         "direction", "last": hash, "first": hash, "ratio": as of a change, "low", "high", "confidence", "series": [id],
         "behind": measurements on the new level, "doubt": why it is in doubt | "", "absent": [hash], newest commits
         at which it was not found, "history": [{"newest": hash, "when": ISO, "state", "reason"}], oldest first}
`changes`:
    {"schema": 1, "stallhorn", "project", "reference", "since": hash | null, "changes": [CHANGE], each with "pattern":
     what parameters say of the series that it hit, up to three | null, "suspicions": [SUSPICION], "problems"}
WHY:    "causes": [FINDING] that were not there before, "gone": [id of a pitfall that was], "explanation": what differs
        in code and libraries | "" where that is not known, "installed": other versions of libraries | "",
        "counted": [{"fact", "before", "after", "direction"}]
FINDING: {"pitfall", "severity": "blocking|cause|context", "id": of its series, "series": SERIES, "commit": hash,
          "claim", "evidence": [{"fact", "value", "expected", "kind": "counted|observed|proven"}], "remedy",
          "setting": what to set | null, "meant": true if its series is kept sick for this pitfall}
`show`:
    {"schema": 1, "stallhorn", "project", "problems", "series": [{"id", "series": SERIES, "unit", "points": [POINT],
      "specimen": id of the pitfall that it is kept sick for | null, "floor": {"seconds": least time of one call on this
      machine, "bound": what takes most of it, "threads", "share": what the newest value reaches | null} | null,
      "findings": [FINDING], "facts": [{"fact", "unit", "points": [{"commit": hash, "value"}]}]}]}
SERIES: {"benchmark", "params": {name: asv's text}, "environment", "machine"}
POINT:  {"commit": hash, "subject", "committed": ISO | null, "status", "value", "low", "high", "reason", "samples": n}
COMMIT: {"commit": hash, "parents": [hash], "subject", "committed": ISO | null}
An id is stable: of a series the first 12 hex digits of a hash of its key, of a change as in the site's addresses.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stallhorn import __version__
from stallhorn.errors import ExitCode
from stallhorn.model import (
    Change,
    ChangePoint,
    Comparison,
    Finding,
    Level,
    Measurement,
    Problem,
    Report,
    Revision,
    Series,
    SeriesKey,
    Verdict,
)
from stallhorn.model.identity import series_id
from stallhorn.report.sentence import sentence

SCHEMA = 1
_NO_ALARMS: Mapping[str, Sequence[Mapping[str, Any]]] = {}


def check_json(
    reports: Sequence[Report],
    *,
    base: str | None,
    head: str | None,
    reference: bool,
    exit_code: ExitCode,
    alarms: Mapping[str, Sequence[Mapping[str, Any]]] = _NO_ALARMS,
) -> str:
    """The answer of `stallhorn check`: one report for each machine, at least one. `alarms` are those of machines."""
    history = reports[0].history
    return _text(
        {
            **_head(history.project.name),
            "verdict": Verdict.join(report.verdict for report in reports).value,
            "exit_code": int(exit_code),
            "reference": reference,
            "base": base,
            "head": head,
            "machines": [_with_alarms(_report(report), alarms) for report in reports],
            "problems": _problems(history.problems),
        }
    )


def _with_alarms(told: dict[str, Any], alarms: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    found = alarms.get(told["machine"])
    return told | {"alarms": None if found is None else list(found)}


def changes_json(report: Report, *, since: str | None, reference: bool) -> str:
    """The answer of `stallhorn changes`."""
    from stallhorn.report.pattern import Patterns  # needs NumPy, which a check of a small history does without

    history, patterns = report.history, Patterns(report.history)
    return _text(
        {
            **_head(history.project.name),
            "reference": reference,
            "since": since,
            "changes": [
                {**told, "pattern": None if (found := patterns.of(change)) is None else str(found)}
                for change, told in zip(report.changes, _changes(report), strict=True)
            ],
            "suspicions": _suspicions(report),
            "problems": _problems(history.problems),
        }
    )


def show_json(series: Iterable[Series], report: Report) -> str:
    """The answer of `stallhorn show`."""
    revisions, facts, findings = _by_commit(report), _facts(report), _findings(report)
    return _text(
        {
            **_head(report.history.project.name),
            "series": [
                {
                    "id": series_id(each.key),
                    "series": _series(each.key),
                    "unit": each.unit,
                    "points": [_point(point, revisions) for point in each.points],
                    "specimen": report.history.specimen_of(each.key),
                    "floor": _floor(each, report),
                    "findings": findings.get(each.key, []),
                    "facts": facts.get(each.key, []),
                }
                for each in series
            ],
            "problems": _problems(report.history.problems),
        }
    )


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, allow_nan=False)


def _head(project: str) -> dict[str, Any]:
    return {"schema": SCHEMA, "stallhorn": __version__, "project": project}


def _report(report: Report) -> dict[str, Any]:
    revisions = _by_commit(report)
    return {
        "machine": next(iter(report.history.machines), None),
        "verdict": report.verdict.value,
        "sentence": sentence(report),
        "newest": None if report.newest is None else _commit(report.newest),
        "comparisons": [_comparison(comparison, revisions, report) for comparison in report.comparisons],
        "changes": _changes(report),
        "suspicions": _suspicions(report),
        "build_failures": [
            {"commit": each.commit, "environment": each.environment, "log": each.log}
            for each in report.history.build_failures
        ],
        "findings": [_finding(finding, report) for finding in report.findings],
        "counted": [_change(change, [_fact_moved(point) for point in change.points]) for change in report.counted],
    }


def _comparison(comparison: Comparison, revisions: Mapping[str, Revision], report: Report) -> dict[str, Any]:
    return {
        "id": series_id(comparison.key),
        "series": _series(comparison.key),
        "verdict": comparison.verdict.value,
        "direction": comparison.direction.value,
        "ratio": _finite(comparison.ratio),
        "last": comparison.last,
        "before": None if comparison.before is None else _level(comparison.before),
        "after": _point(comparison.after, revisions),
        "reason": comparison.reason,
        "kind": comparison.kind.value,
        **_why(comparison, report),
    }


def _changes(report: Report) -> list[dict[str, Any]]:
    return [
        _change(change, [_moved(point) | _why(point, report) for point in change.points]) for change in report.changes
    ]


def _suspicions(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "id": series_id(each.key),
            "series": _series(each.key),
            "last": each.last,
            "first": each.first,
            "direction": each.direction.value,
            "ratio": _finite(each.ratio),
            "confidence": _finite(each.confidence),
            "reason": each.reason,
        }
        for each in report.suspicions
    ]


def _change(change: Change, series: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": change.id,
        "direction": change.direction.value,
        "kind": change.kind.value,
        "ratio": _finite(change.ratio),
        "low": _finite(change.low),
        "high": _finite(change.high),
        "confidence": _finite(change.confidence),
        "reason": change.reason,
        "last": _commit(change.last),
        "first": _commit(change.first),
        "untested": [_commit(revision) for revision in change.untested],
        "series": series,
    }


def _moved(point: ChangePoint) -> dict[str, Any]:
    return {
        "series": _series(point.key),
        "last": point.last,
        "first": point.first,
        "ratio": _finite(point.ratio),
        "low": _finite(point.low),
        "high": _finite(point.high),
        "confidence": _finite(point.confidence),
        "kind": point.kind.value,
        "reason": point.reason,
        "before": _level(point.before),
        "after": _level(point.after),
    }


def _fact_moved(point: ChangePoint) -> dict[str, Any]:
    return {"id": series_id(point.key), "fact": point.key.fact, **_moved(point)}


def _why(moved: ChangePoint | Comparison, report: Report) -> dict[str, Any]:
    why = report.explanation_of(moved)
    return {
        "causes": [_finding(finding, report) for finding in why.causes],
        "gone": [finding.pitfall for finding in why.gone],
        "explanation": why.code,
        "installed": why.installed,
        "counted": [
            {
                "fact": point.key.fact,
                "before": _finite(point.before.center),
                "after": _finite(point.after.center),
                "direction": point.direction.value,
            }
            for point in why.counted
        ],
    }


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    return {
        "pitfall": finding.pitfall,
        "severity": finding.severity,
        "id": series_id(finding.about),
        "series": _series(finding.about),
        "commit": finding.commit,
        "claim": finding.claim,
        "evidence": [
            {"fact": each.fact, "value": each.value, "expected": each.expected, "kind": each.kind}
            for each in finding.evidence
        ],
        "remedy": finding.remedy,
        "setting": finding.switch.text if finding.switch is not None else None,
        "meant": report.history.specimen_of(finding.about) == finding.pitfall,
    }


def _findings(report: Report) -> dict[SeriesKey, list[dict[str, Any]]]:
    found: dict[SeriesKey, list[dict[str, Any]]] = {}
    for finding in report.findings:
        found.setdefault(finding.about, []).append(_finding(finding, report))
    return found


def _facts(report: Report) -> dict[SeriesKey, list[dict[str, Any]]]:
    """Counted facts by the series that they belong to."""
    found: dict[SeriesKey, list[dict[str, Any]]] = {}
    for each in report.facts:
        points = [{"commit": point.commit, "value": _finite(point.value)} for point in each.points]
        told = {"fact": each.key.fact, "unit": each.unit, "points": points}
        found.setdefault(replace(each.key, fact=""), []).append(told)
    return found


def _level(level: Level) -> dict[str, float | None]:
    return {"value": _finite(level.center), "low": _finite(level.low), "high": _finite(level.high)}


def _point(point: Measurement, revisions: Mapping[str, Revision]) -> dict[str, Any]:
    revision = revisions[point.commit]
    return {
        "commit": point.commit,
        "subject": revision.subject,
        "committed": revision.committed.isoformat() if revision.committed else None,
        "status": point.status.value,
        "value": _finite(point.value),
        "low": _finite(point.low),
        "high": _finite(point.high),
        "reason": point.reason,
        "samples": len(point.samples),
    }


def _floor(series: Series, report: Report) -> dict[str, Any] | None:
    floor, newest = report.floors.get(series.key), series.points[-1].value if series.points else None
    if floor is None:
        return None
    share = floor.share(newest) if newest is not None and newest > 0 else None
    return {"seconds": floor.seconds, "bound": floor.bound, "threads": floor.threads, "share": _finite(share)}


def _commit(revision: Revision) -> dict[str, Any]:
    return {
        "commit": revision.commit,
        "parents": list(revision.parents),
        "subject": revision.subject,
        "committed": revision.committed.isoformat() if revision.committed else None,
    }


def _series(key: SeriesKey) -> dict[str, Any]:
    return {
        "benchmark": key.benchmark,
        "params": dict(key.parameters.values),
        "environment": key.environment,
        "machine": key.machine,
    }


def _problems(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [{"where": each.where, "what": each.what, "remedy": each.remedy} for each in problems]


def _by_commit(report: Report) -> dict[str, Revision]:
    return {revision.commit: revision for revision in report.history.revisions}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
