"""Say why a benchmark is slow: measure it here and now, look at what the machine did, and name the cause.

TARGET is the folder of an asv suite, or MODULE:FUNCTION (found from the current folder; it is called without arguments
and its result is waited for). Every benchmark and combination of parameters is measured in a fresh process, and again
with something changed where that tells causes apart: one thread, no more threads than cores, without compiling.

With --prove the remedy of a finding is applied from outside where that is possible (BLAS threads, a threading layer,
waiting for a result): both are measured in turns, and the finding is proven, with the share of the time that went, or
withdrawn.

Exit code 0 whenever the answer was printed, whatever it says.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from stallhorn.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stallhorn.model import Finding
    from stallhorn.pitfalls.base import Case, Run
    from stallhorn.plan import Cell
    from stallhorn.progress import Progress
    from stallhorn.report.diagnosis import Diagnosis
    from stallhorn.workbench import Workbench

SHOWN = ("jaxpr", "hlo", "llvm", "asm")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="a suite's folder, or MODULE:FUNCTION")
    parser.add_argument("--bench", metavar="REGEX", help="only benchmarks that match, as with asv's --bench")
    parser.add_argument(
        "-p",
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="only this value of a parameter; with MODULE:FUNCTION, threads=SETTING is the thread setting",
    )
    parser.add_argument("--python", metavar="PATH", help="the interpreter to measure with (default: stallhorn's own)")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    parser.add_argument("--prove", action="store_true", help="flip the remedy's switch and measure both in turns")
    parser.add_argument("--show", choices=SHOWN, help="print what the compiler made of the code")


def run(args: argparse.Namespace) -> ExitCode:
    import sys

    from stallhorn.console import safe_lines, write
    from stallhorn.progress import Progress
    from stallhorn.report import diagnosis
    from stallhorn.workbench import Workbench

    values = _values(args.param)
    function = args.target if ":" in args.target and not Path(args.target).is_dir() else ""
    if not function and not Path(args.target).is_dir():
        raise UsageError(
            f"{args.target} is neither a folder nor MODULE:FUNCTION.",
            "Name the folder of an asv suite (such as benchmarks), or a function (such as mymodule:main).",
        )
    progress = Progress(sys.stderr)
    with Workbench(args.python or sys.executable, Path(args.target).resolve(), function) as bench:
        cells, said = _cells(bench, args.bench, values)
        if said:
            progress.say(f"a part of the suite cannot be imported and is left out:\n{said.strip()[-2000:]}")
        if args.show:
            write(safe_lines(_shown(bench, cells, args.show)))
            return ExitCode.FINE
        found = _diagnoses(bench, cells, args.prove, progress)
    write(diagnosis.as_json(found) if args.json else safe_lines(diagnosis.as_text(found)))
    return ExitCode.FINE


def _values(texts: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for text, (name, sign, _) in zip(texts, pairs, strict=True):
        if not name or not sign:
            raise UsageError(f"-p {text!r} is not NAME=VALUE.", "Write for example: -p n=50 -p threads=2")
    return {name: value for name, _, value in pairs}


def _cells(bench: Workbench, regex: str | None, values: dict[str, str]) -> tuple[tuple[Cell, ...], str]:
    from stallhorn import plan

    if bench.function:
        return (bench.function_cell(values),), ""
    cells, said = bench.cells()
    wanted = plan.matching(cells, regex)
    chosen = tuple(cell for cell in wanted if all(cell.parameters.get(name) == value for name, value in values.items()))
    if not chosen:
        known = {name: sorted({cell.parameters.get(name) or "" for cell in wanted} - {""}) for name in values}
        raise UsageError(
            f"No benchmark has {', '.join(f'{name}={value}' for name, value in values.items())}."
            if values
            else f"The suite in {bench.suite} has no benchmarks.",
            "; ".join(f"values of {name}: {', '.join(texts) or 'no such parameter'}" for name, texts in known.items())
            or (said.strip().splitlines() or ["asv's documentation says how to write one."])[-1],
        )
    return chosen, said


def _diagnoses(bench: Workbench, cells: tuple[Cell, ...], prove: bool, progress: Progress) -> list[Diagnosis]:
    from stallhorn.experiments import variations

    runs: dict[Cell, Run] = {}
    reruns: dict[Cell, dict[str, Run]] = {}
    seconds: dict[Cell, float] = {}
    for number, cell in enumerate(cells, 1):
        label = f"{number}/{len(cells)} {cell}"
        progress.working(label)
        runs[cell], parts = bench.measure(cell)
        seconds[cell] = float(parts.get("seconds") or 0.0)
        reruns[cell] = {}
        for variation in variations(runs[cell]):
            progress.working(f"{label}: {variation.name}")
            reruns[cell][variation.name] = bench.measure(cell, variation)[0]
    diagnoses = []
    for cell in cells:
        case = _case(bench, cell, cells, runs, reruns[cell])
        diagnoses.append(_judged(bench, cell, case, prove, progress))
    return diagnoses


def _case(bench: Workbench, cell: Cell, cells: tuple[Cell, ...], runs: dict[Cell, Run], reruns: dict[str, Run]) -> Case:
    from stallhorn.cases import of_runs
    from stallhorn.model import SeriesKey

    key = SeriesKey(cell.benchmark, cell.parameters, bench.python, "here")
    return of_runs(key, runs[cell], [runs[other] for other in cells if other.benchmark == cell.benchmark], reruns)


def _judged(bench: Workbench, cell: Cell, case: Case, prove: bool, progress: Progress) -> Diagnosis:
    from stallhorn.pitfalls.base import judge
    from stallhorn.report.diagnosis import Diagnosis

    judgement = judge(case)
    findings = judgement.findings
    withdrawn: list[Finding] = []
    if prove:
        from stallhorn.commands._proving import proven

        findings, withdrawn = proven(bench, cell, findings, progress)
    return Diagnosis(cell.benchmark, case, findings, judgement.silences, tuple(withdrawn))


def _shown(bench: Workbench, cells: tuple[Cell, ...], what: str) -> str:
    from stallhorn.experiments import Variation
    from stallhorn.report.diagnosis import shown

    pieces = []
    for cell in cells:
        run, parts = bench.measure(cell, Variation("", how={"show": what}))
        pieces.append(shown(str(cell), run, parts.get("shown"), what))
    return "\n".join(pieces)
