"""Files into nouns: results, probe records and git history into one `History`."""

from __future__ import annotations

import re
from itertools import chain

from stallhorn.collector import waiting
from stallhorn.errors import UsageError
from stallhorn.model import History, Project
from stallhorn.store.base import REFERENCE, Reading, Selection
from stallhorn.store.history import read_history, resolve
from stallhorn.store.records import read_records
from stallhorn.store.roofs import read_roofs
from stallhorn.store.series import build_series

__all__ = ["REFERENCE", "about_points", "load", "resolve"]


def load(project: Project, machine: str | None = None, *, regex: str | None = None) -> History:
    """Everything that is known about a project: about 2 seconds for two million measurements without samples.

    With no machine named, all machines are read; the reference history stands in only where none has results of its
    own. `regex` selects series as asv's --bench does. Raises `UsageError` for an expression or a machine that does
    not exist; anything wrong in the files is told in the history's `problems`.
    """
    selection = Selection(machine, _compiled(regex))
    with waiting():
        reading = _read(project, selection)
        _require_machine(project, machine, reading)
        keys = chain((each.key for each in reading.measurements), *(table.all_keys() for table in reading.tables))
        records = read_records(project, sorted(reading.machines), reading.benchmarks, keys)
        dates = dict(reading.dates)
        for failure in records.build_failures.values():
            dates.setdefault(failure.commit, None)
        revisions, problems = read_history(project, dates)
        roofs, roof_problems = read_roofs(project, sorted(reading.machines))
        series = build_series(reading, records, revisions)
    rounds = [record for cell in records.by_cell.values() for _, record in sorted(cell.items())]
    return History(
        project=project,
        revisions=revisions,
        benchmarks=reading.benchmarks,
        machines=reading.machines,
        environments=reading.environments,
        series=series,
        observations=tuple(record.observation() for record in rounds),
        build_failures=tuple(records.build_failures.values()),
        problems=(*reading.problems, *records.problems, *problems, *roof_problems),
        roofs=roofs,
    )


def about_points(project: Project) -> int:
    """How many points the results of a project hold, guessed from the size of its files: a point has some 70 bytes."""
    return sum(path.stat().st_size for path in project.results.glob("*/*.json")) // 70


def _read(project: Project, selection: Selection) -> Reading:
    """What all formats have together; an earlier one (by file name) wins where two know the same name."""
    from stallhorn import store
    from stallhorn.discovery import modules

    whole = Reading()
    for module in modules(store).values():
        reader = getattr(module, "READER", None)
        if reader is None:
            continue
        part: Reading = reader(project, selection)
        whole.benchmarks = {**part.benchmarks, **whole.benchmarks}
        whole.machines = {**part.machines, **whole.machines}
        whole.environments = {**part.environments, **whole.environments}
        whole.dates = {**part.dates, **whole.dates}
        whole.measurements += part.measurements
        whole.tables += part.tables
        whole.problems += part.problems
    return whole


def _require_machine(project: Project, machine: str | None, reading: Reading) -> None:
    if machine is None or machine in reading.machines:
        return
    known = sorted(path.parent.name for path in project.results.glob("*/machine.json"))
    raise UsageError(
        f"There are no results of a machine named {machine!r} in {project.results}.",
        f"These machines have results: {', '.join(known)}." if known else "Measure first: `stallhorn run`.",
    )


def _compiled(regex: str | None) -> re.Pattern[str] | None:
    try:
        return None if regex is None else re.compile(regex)
    except re.error as error:
        raise UsageError(
            f"--bench {regex}: this is not a regular expression ({error}).",
            "Escape what is meant literally, e.g. 'Rbf\\.measure\\(50'.",
        ) from error
