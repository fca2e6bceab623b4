"""What `stallhorn diagnose` found, as text and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stallhorn import units
from stallhorn.model import Finding, Status
from stallhorn.pitfalls.base import Case, Facts, Run, Silence


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One benchmark at one combination of parameters: what was seen, and what it means."""

    benchmark: str
    case: Case
    findings: tuple[Finding, ...]
    silences: tuple[Silence, ...] = ()
    withdrawn: tuple[Finding, ...] = ()


def as_json(found: Sequence[Diagnosis]) -> str:
    """One object for each benchmark and combination; keys are only ever added.

    [{"benchmark", "params": {name: value}, "status": "ok|skipped|failed|aborted|timeout", "seconds", "reason",
      "findings": [FINDING], "withdrawn": [FINDING], "silent": [{"pitfall", "why"}], "evidence": [{"fact", "value"}]}]
    FINDING: {"pitfall", "severity": "blocking|cause|context", "claim",
              "evidence": [{"fact", "value", "expected", "kind": "counted|observed|proven"}], "remedy", "setting"}
    """
    return json.dumps([_object(one) for one in found], indent=1, allow_nan=False)


def _object(one: Diagnosis) -> dict[str, Any]:
    run = one.case.run
    return {
        "benchmark": one.benchmark,
        "params": {name: run.parameters.get(name) for name, _ in run.parameters.values},
        "status": str(run.status),
        "seconds": run.seconds if run.seconds is not None and math.isfinite(run.seconds) else None,
        "reason": run.reason,
        "findings": [_finding(finding) for finding in one.findings],
        "withdrawn": [_finding(finding) for finding in one.withdrawn],
        "silent": [{"pitfall": silence.pitfall, "why": silence.why} for silence in one.silences],
        "evidence": [{"fact": name, "value": value} for name, value in seen(run.facts)],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "pitfall": finding.pitfall,
        "severity": finding.severity,
        "claim": finding.claim,
        "evidence": [
            {"fact": each.fact, "value": each.value, "expected": each.expected, "kind": each.kind}
            for each in finding.evidence
        ],
        "remedy": finding.remedy,
        "setting": finding.switch.text if finding.switch is not None else None,
    }


def as_text(found: Sequence[Diagnosis]) -> str:
    return "\n\n".join(_text(one) for one in found) + "\n\n" + _summary(found)


def _summary(found: Sequence[Diagnosis]) -> str:
    named = sum(any(finding.severity != "context" for finding in one.findings) for one in found)
    if named:
        return f"{named} of {len(found)} measured here have a cause. `stallhorn pitfalls ID` explains each."
    return f"No cause found in {len(found)} measured here."


def _text(one: Diagnosis) -> str:
    run = one.case.run
    head = f"{one.benchmark} [{run.parameters}]" if run.parameters.values else one.benchmark
    time = f": {units.seconds(run.seconds)}" if run.seconds is not None else ""
    lines = [f"{head}{time}" if run.status is Status.OK else f"{head}: {run.status}: {run.reason}"]
    lines += [f"  {name:<24} {value}" for name, value in seen(run.facts)]
    for finding in one.findings:
        lines += _finding_lines(finding)
    for finding in one.withdrawn:
        lines.append(f"  withdrawn: {finding.pitfall}: {finding.evidence[-1].fact} {finding.evidence[-1].value}")
    if not one.findings:
        lines.append("  nothing found")
    lines += _unknown(one.case, one.silences)
    return "\n".join(lines)


def _finding_lines(finding: Finding) -> list[str]:
    lines = [f"  {finding.severity}: {finding.pitfall}", f"    {finding.claim}"]
    lines += [f"    {each.kind}: {each.fact}: {each.value} (expected {each.expected})" for each in finding.evidence]
    lines.append(f"    remedy: {finding.remedy}")
    if finding.switch is not None and finding.switch.variables:
        lines.append(f"    setting: {finding.switch.text}")
    return lines


# Facts that nobody misses where a library is not in use.
_OF = {
    "jax": ("jax.", "calls.dispatches", "calls.arrays"),
    "numba": ("code.dispatchers", "calls.regions", "calls.region_"),
}


def _unknown(case: Case, silences: Sequence[Silence]) -> list[str]:
    """What could not be judged, in one line for each reason; nothing of libraries that are not in use."""
    if case.run.status is not Status.OK:
        return []
    used = in_use(case.facts)
    reasons: dict[str, list[str]] = {}
    for silence in silences:
        if all(used(path) for path in silence.lacking):
            reasons.setdefault(silence.why, []).append(silence.pitfall)
    return [f"  not judged ({why}): {', '.join(names)}" for why, names in reasons.items()]


def in_use(facts: Facts) -> Callable[[str], bool]:
    """Whether a fact, by its path, is one that can be missed: it belongs to no library that is not in use."""
    absent = tuple(start for library, starts in _OF.items() if not facts.has(f"versions.{library}") for start in starts)
    return lambda path: not path.startswith(absent)


def seen(facts: Facts) -> list[tuple[str, str]]:
    """What the machine did, for people: names and values; what is not known is left out."""
    rows: list[tuple[str, str | None]] = [
        ("threads asked", _pools(facts.within("threads.asked"))),
        ("threads used", _pools(facts.within("threads.used"))),
        ("threading layer", facts.text("threads.layer")),
        ("runnable threads", _one_digit(facts.number("activity.demand"))),
        ("cores used", _one_digit(facts.number("activity.cores_used"))),
        ("parallel regions a call", _whole(facts.number("calls.regions"))),
        ("... inside another", _whole(facts.number("calls.nested_regions"))),
        ("compilations a call", _whole(facts.number("calls.compiles"))),
        ("JAX computations a call", _whole(facts.number("calls.dispatches"))),
        ("temporary memory", _bytes(facts.number("calls.temporary_bytes"))),
        ("... of JAX", _bytes(facts.number("calls.jax_temporary_bytes"))),
        ("result", _result(facts)),
        ("device", facts.text("result.device")),
        ("compiled", "; ".join(_function(one) for one in facts.entries("code.dispatchers")) or None),
        ("other programs", _cores(facts.number("sampling.foreign_load"))),
    ]
    return [(name, value) for name, value in rows if value]


def _pools(pools: Mapping[str, object]) -> str | None:
    return ", ".join(f"{name} {count}" for name, count in pools.items() if isinstance(count, int)) or None


def _function(one: Facts) -> str:
    layouts = "".join(one.texts("layouts"))
    parts = [f"{one.count('packed') or 0} packed", f"{one.count('scalar') or 0} scalar operations"]
    return f"{one.text('name')} ({', '.join(parts)}{f', arrays {layouts}' if layouts else ''})"


def _result(facts: Facts) -> str | None:
    dtype = facts.text("result.dtype")
    if dtype is None:
        return None
    shape = "x".join(f"{size:.0f}" for size in facts.numbers("result.shape"))
    return f"{dtype} {shape}".strip()


def _one_digit(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


def _whole(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"


def _bytes(value: float | None) -> str | None:
    return None if not value else units.size(value)


def _cores(value: float | None) -> str | None:
    return None if value is None or value < 0.05 else f"used {value:.1f} cores meanwhile"


def shown(label: str, run: Run, pieces: Sequence[Mapping[str, Any]] | None, what: str) -> str:
    """What the compiler made, under a heading for each function."""
    if run.status is not Status.OK:
        return f"{label}: {run.status}: {run.reason}"
    if not pieces:
        return f"{label}: no {what} here: nothing that it reaches is compiled that way."
    return "\n".join(f"# {label}: {piece.get('name')}\n{piece.get('text')}" for piece in pieces)
