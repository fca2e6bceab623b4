"""How often the diagnosis is right: every cell of the twin suite, sick and healthy, in fresh processes.

`python -m figures.confusion measure` diagnoses the cells and appends each to a file; a second call goes on where the
first was interrupted. `python -m figures.confusion table` prints what came of it. With --busy one process computes
beside everything. The detectors are asked exactly as `stallhorn diagnose` asks them.

A sick cell counts when its harm is there: at least twice the healthy twin's time, or the other harm that its class
names (memory, a wrong result, an aborted or failed process). It is named when a finding with its class's pitfall is
there, above context where the pitfall can be above context. A healthy cell is wrongly accused by any finding above
context.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stallhorn import plan
from stallhorn.cases import of_runs
from stallhorn.experiments import Variation, variations
from stallhorn.model import SeriesKey, Status
from stallhorn.pitfalls.base import CONTEXT, Case, Run, judge
from stallhorn.workbench import Workbench
from twins import cells as twins

SUITE = Path(twins.__file__).parent
EFFECT = 2.0
HARMLESS = {"memory-bound", "smt-threads", "foreign-load"}  # what is context by its nature
Identity = tuple[str, str, int, bool]
BUSY = "while True:\n    pass"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m figures.confusion", description=__doc__)
    parser.add_argument("what", choices=("measure", "table"))
    parser.add_argument("--file", type=Path, default=Path("confusion.jsonl"), help="where the cells are kept")
    parser.add_argument("--busy", action="store_true", help="with one busy process beside everything")
    parser.add_argument(
        "--passes", type=int, default=1, help="how often each healthy cell is measured (sick ones once)"
    )
    parser.add_argument("--only", default="", help="classes whose name has this in it")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this long")
    args = parser.parse_args()
    if args.what == "measure":
        measure(args)
    print(table(_read(args.file)))


def measure(args: argparse.Namespace) -> None:
    done = {_identity(one) for one in _read(args.file)}
    wanted = [
        (number, stem, name, kind)
        for number in range(args.passes)
        for stem, name, kind in twins.classes()
        if args.only in f"{stem}.{name}"
    ]
    random.Random(1).shuffle(wanted)
    wanted.sort(key=lambda one: one[0])
    deadline = time.monotonic() + 60 * args.minutes
    with _busy(args.busy), Workbench(sys.executable, SUITE) as bench, args.file.open("a") as file:
        known, said = bench.cells()
        if said:
            sys.exit(f"the suite cannot be read: {said}")
        by_name = {(cell.benchmark, cell.parameters.values): cell for cell in known}
        for place, (number, stem, name, kind) in enumerate(wanted):
            if time.monotonic() > deadline:
                break
            print(f"{place + 1}/{len(wanted)} {stem}.{name}, pass {number + 1}", file=sys.stderr, flush=True)
            for line in _class(bench, by_name, (stem, name, kind), (number, args.busy), done):
                file.write(json.dumps(line) + "\n")
                file.flush()


def _class(
    bench: Workbench,
    by_name: dict[Any, plan.Cell],
    which: tuple[str, str, type],
    when: tuple[int, bool],
    done: set[Identity],
) -> Iterator[dict[str, Any]]:
    """All cells of one class; those of a later pass are the healthy ones alone."""
    (stem, name, kind), (number, busy) = which, when
    chosen = [one for one in twins.cells(kind) if number == 0 or one.twin == "healthy"]
    lines = {id(one): _line(stem, name, kind, one, number, busy) for one in chosen}
    if all(_identity(line) in done for line in lines.values()):
        return
    runs: dict[int, tuple[plan.Cell, Run, dict[str, Run]]] = {}
    for one in chosen:
        cell = _cell(by_name, stem, name, one)
        run, _ = bench.measure(cell)
        runs[id(one)] = cell, run, {each.name: bench.measure(cell, each)[0] for each in variations(run)}
    for one in chosen:
        cell, run, reruns = runs[id(one)]
        case = _case(bench, cell, run, reruns, [each for _, each, _ in runs.values()])
        line = lines[id(one)]
        findings = judge(case).findings
        line.update(status=str(run.status), seconds=run.seconds, load=run.facts.number("sampling.foreign_load"))
        line["findings"] = [[each.pitfall, each.severity, each.claim] for each in findings]
        if run.status is not Status.OK:
            line["reason"] = run.reason[-300:]
        switch = next((each.switch for each in findings if each.pitfall in line["pitfall"] and each.switch), None)
        if one.twin == "sick" and one.scored and switch is not None:
            how = {"treatment": switch.treatment} if switch.treatment else {}
            line["remedied"] = bench.measure(cell, Variation("remedy", switch.variables, how))[0].seconds
        yield line


def _case(bench: Workbench, cell: plan.Cell, run: Run, reruns: dict[str, Run], all_runs: list[Run]) -> Case:
    """As `stallhorn diagnose` makes it; a class with versions stands for two commits of one benchmark."""
    key = SeriesKey(cell.benchmark, cell.parameters, bench.python, "here")
    case = of_runs(key, run, all_runs, reruns)
    earlier = case.at("version", "before")
    if earlier is None or earlier is run or not earlier.seconds or not run.seconds:
        return case
    slower = run.seconds / earlier.seconds
    siblings = tuple(one for one in case.siblings if one.parameters.get("version") == run.parameters.get("version"))
    return Case(key, run, siblings, reruns, (), earlier, slower if slower > 1.1 else None)


def _cell(by_name: dict[Any, plan.Cell], stem: str, name: str, one: twins.Cell) -> plan.Cell:
    texts = tuple((parameter, repr(value)) for parameter, value in one.params.items())
    return next(
        cell
        for (benchmark, values), cell in by_name.items()
        if benchmark.startswith(f"{stem}.{name}.") and values == texts
    )


def _line(stem: str, name: str, kind: type, one: twins.Cell, number: int, busy: bool) -> dict[str, Any]:
    pitfall = getattr(kind, "pitfall", ())
    partner = twins.partner(kind, one)
    return {
        "class": f"{stem}.{name}",
        "pitfall": [pitfall] if isinstance(pitfall, str) else list(pitfall),
        "params": {key: str(value) for key, value in one.params.items()},
        "twin": one.twin,
        "partner": None if partner is None else {key: str(value) for key, value in partner.params.items()},
        "scored": one.scored,
        "harm": getattr(kind, "harm", "time"),
        "pass": number,
        "busy": busy,
    }


def _identity(line: dict[str, Any]) -> Identity:
    return line["class"], json.dumps(line["params"], sort_keys=True), line["pass"], line["busy"]


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@contextmanager
def _busy(wanted: bool) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", BUSY]) if wanted else None
    try:
        yield
    finally:
        if process is not None:
            process.kill()
            process.wait()


def effect(line: dict[str, Any], lines: list[dict[str, Any]]) -> float | None:
    """The sick cell's time over its healthy twin's, of the same machine state; None where one was not measured."""
    healthy = [
        one["seconds"]
        for one in lines
        if one["class"] == line["class"] and one["params"] == line["partner"] and one["busy"] == line["busy"]
    ]
    known = [one for one in healthy if one]
    return line["seconds"] / min(known) if line.get("seconds") and known else None


def named(line: dict[str, Any]) -> bool:
    return any(
        pitfall in line["pitfall"] and (severity != CONTEXT or pitfall in HARMLESS)
        for pitfall, severity, _ in line["findings"]
    )


def accused(line: dict[str, Any]) -> list[str]:
    return [pitfall for pitfall, severity, _ in line["findings"] if severity != CONTEXT]


def counts(line: dict[str, Any], lines: list[dict[str, Any]]) -> bool:
    """Whether a sick cell's harm is there."""
    if line["harm"] != "time" or line["status"] != "ok":
        return True
    found = effect(line, lines)
    return found is not None and found >= EFFECT


def upper_bound(bad: int, of: int, confidence: float = 0.95) -> float:
    """The largest share that is compatible with so many (Clopper and Pearson, one-sided)."""
    low, high = bad / of if of else 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        seen = sum(math.comb(of, k) * middle**k * (1 - middle) ** (of - k) for k in range(bad + 1))
        low, high = (middle, high) if seen > 1 - confidence else (low, middle)
    return high


def table(lines: list[dict[str, Any]]) -> str:
    rows = ["pitfall                     sick named     below 2x named  remedy works   healthy accused of it"]
    for busy in (False, True):
        here = [one for one in lines if one["busy"] == busy and one["scored"]]
        if here:
            rows += [f"--- {'one busy process beside it' if busy else 'quiet'}", *_rows(here, lines)]
    return "\n".join(rows)


def _rows(here: list[dict[str, Any]], lines: list[dict[str, Any]]) -> list[str]:
    sick = [one for one in here if one["twin"] == "sick"]
    healthy = [one for one in here if one["twin"] == "healthy"]
    rows = []
    for name in sorted(
        {each for one in sick for each in one["pitfall"][:1]} | {p for one in healthy for p in accused(one)}
    ):
        mine = [one for one in sick if one["pitfall"][0] == name]
        real = [one for one in mine if counts(one, lines)]
        slight = [one for one in mine if one not in real]
        cured = [one for one in real if one.get("remedied") and one["harm"] == "time"]
        blamed = sum(name in accused(one) for one in healthy)
        rows.append(
            f"{name:<28}{_share(real)}    {_share(slight)}    {_cured(cured, lines):>11}"
            f"    {blamed:>4} of {len(healthy)}"
        )
    real = [one for one in sick if counts(one, lines)]
    bad = sum(bool(accused(one)) for one in healthy)
    bound = 100 * upper_bound(bad, len(healthy)) if healthy else 100.0
    wrong = sum(bool(accused(one)) and not named(one) for one in sick)
    rows.append(f"sick named: {_share(real)}; another cause alone: {wrong}")
    rows.append(f"healthy with a finding above context: {bad} of {len(healthy)}, at most {bound:.2f} % (95 %)")
    return rows


def _share(lines: list[dict[str, Any]]) -> str:
    return f"{sum(named(one) for one in lines):>4} of {len(lines):<4}"


def _cured(lines: list[dict[str, Any]], all_lines: list[dict[str, Any]]) -> str:
    """How many became nearly as fast as their healthy twin when the finding's switch was flipped."""
    good = 0
    for one in lines:
        slower = effect(one, all_lines) or 1.0
        healthy = one["seconds"] / slower
        good += one["remedied"] <= healthy + 0.1 * (one["seconds"] - healthy) + 0.5 * healthy
    return f"{good} of {len(lines)}" if lines else ""


if __name__ == "__main__":
    main()
