"""Prove or withdraw findings: flip the remedy's switch, and measure with and without it in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stallhorn.experiments import PAIRS, Proof, Variation, proof
from stallhorn.model import Evidence, Finding, Status
from stallhorn.pitfalls.base import CONTEXT, PROVEN, Case
from stallhorn.plan import Cell
from stallhorn.progress import Progress
from stallhorn.workbench import Workbench


def proven(
    bench: Workbench, cell: Cell, case: Case, findings: Sequence[Finding], progress: Progress
) -> tuple[tuple[Finding, ...], list[Finding]]:
    """The findings that stand, those with a switch with its proof, and those that were withdrawn.

    A finding whose switch cannot be flipped from outside stands as it was. One that says itself that it is harmless is
    not put to the test.
    """
    kept, withdrawn = [], []
    for finding in findings:
        if finding.switch is None or finding.severity == CONTEXT:
            kept.append(finding)
            continue
        shown = _experiment(bench, cell, finding, progress)
        if shown is None:
            kept.append(finding)
        elif shown.holds or finding.switch.treatment == "wait":
            kept.append(_with_proof(finding, shown))
        else:
            withdrawn.append(_with_proof(finding, shown))
    return tuple(kept), withdrawn


def _experiment(bench: Workbench, cell: Cell, finding: Finding, progress: Progress) -> Proof | None:
    assert finding.switch is not None
    how = {"treatment": finding.switch.treatment} if finding.switch.treatment else {}
    flipped = Variation(finding.switch.text, finding.switch.variables, how)
    pairs = []
    for turn in range(PAIRS):
        progress.working(f"{cell}: proving {finding.pitfall}, {turn + 1}/{PAIRS}")
        order = (None, flipped) if turn % 2 == 0 else (flipped, None)
        measured = [bench.measure(cell, one)[0] for one in order]
        before, after = measured if turn % 2 == 0 else reversed(measured)
        if before.status is not Status.OK or after.status is not Status.OK:
            return None
        if before.seconds is not None and after.seconds is not None:
            pairs.append((before.seconds, after.seconds))
    return proof(pairs)


def _with_proof(finding: Finding, shown: Proof) -> Finding:
    assert finding.switch is not None
    evidence = Evidence(f"with {finding.switch.text}", shown.text, "some of the time goes with the cause", PROVEN)
    return replace(finding, evidence=(*finding.evidence, evidence))
