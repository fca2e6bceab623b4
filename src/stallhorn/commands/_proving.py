"""Prove or withdraw findings: flip the remedy's switch, and measure with and without it in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stallhorn.experiments import LEAST_TURNS, MOST_TURNS, Outcome, Proof, Variation, proof
from stallhorn.model import Evidence, Finding
from stallhorn.pitfalls.base import CONTEXT, OBSERVED, PROVEN
from stallhorn.plan import Cell
from stallhorn.progress import Progress
from stallhorn.workbench import Workbench


def proven(
    bench: Workbench, cell: Cell, findings: Sequence[Finding], progress: Progress
) -> tuple[tuple[Finding, ...], list[Finding]]:
    """The findings that stand, those with a switch with what the experiment said, and those that were withdrawn.

    A finding whose switch cannot be flipped from outside stands as it was. One that says itself that it is harmless is
    not put to the test.
    """
    kept, withdrawn = [], []
    for finding in findings:
        shown = None if finding.severity == CONTEXT else _experiment(bench, cell, finding, progress)
        if shown is None:
            kept.append(finding)
        elif shown.outcome is Outcome.WITHDRAWN:
            withdrawn.append(_with_proof(finding, shown))
        else:
            kept.append(_with_proof(finding, shown))
    return tuple(kept), withdrawn


def _experiment(bench: Workbench, cell: Cell, finding: Finding, progress: Progress) -> Proof | None:
    """Turns of both, each in a fresh process, until they tell; None without a switch, or when one of both fails."""
    switch = finding.switch
    if switch is None:
        return None
    flipped = Variation(switch.text, switch.variables, {"treatment": switch.treatment} if switch.treatment else {})
    pairs: list[tuple[float, float]] = []
    shown: Proof | None = None
    for turn in range(MOST_TURNS):
        progress.working(f"{cell}: proving {finding.pitfall}, turn {turn + 1}")
        order = (None, flipped) if turn % 2 == 0 else (flipped, None)
        times = [bench.measure(cell, one)[0].seconds for one in order]
        before, after = times if turn % 2 == 0 else reversed(times)
        if before is None or after is None:
            return None
        pairs.append((before, after))
        shown = proof(pairs, hides=switch.treatment == "wait")
        if len(pairs) >= LEAST_TURNS and shown is not None and shown.outcome is not Outcome.OPEN:
            break
    return shown


def _with_proof(finding: Finding, shown: Proof) -> Finding:
    assert finding.switch is not None
    kind = OBSERVED if shown.outcome is Outcome.OPEN else PROVEN
    expected = "as long as without" if shown.hides else "less time"
    evidence = Evidence(f"with {finding.switch.text}", shown.text, expected, kind)
    return replace(finding, evidence=(*finding.evidence, evidence))
