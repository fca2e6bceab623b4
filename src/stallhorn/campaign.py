"""Measure commits in environments: plan, install, run the cells, and save each as it ends.

The order: commits newest first; in each environment the rounds, so that two processes of one cell lie far apart; in
each round the groups, every second round backwards.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from filelock import FileLock, Timeout

from stallhorn import plan, units
from stallhorn.asv.environments import CreationFailed, InstallFailed, Workshop
from stallhorn.asv.foreign import ForeignRunner
from stallhorn.asv.results import ResultFile
from stallhorn.errors import ExitCode, StorageError, UsageError
from stallhorn.model import DISTURBED, Project, plain
from stallhorn.plan import Cell
from stallhorn.progress import Progress
from stallhorn.runners.base import Job, Parts, Runner
from stallhorn.runners.journal import SCHEMA, Journal, Record, path_of
from stallhorn.runners.local import thread_variables

_NONE: Mapping[Cell, float] = {}
BUSY = 0.5  # where more than this share of all was disturbed, nothing is measured once more


@dataclass(frozen=True, slots=True)
class Unit:
    """One commit in one environment."""

    commit: str
    workshop: Workshop


@dataclass(frozen=True, slots=True)
class Visit:
    """One more measurement of a cell that is measured already."""

    round: int  # under which it is filed
    mark: Parts  # what its record says besides


@dataclass(slots=True)
class Tally:
    """What came of a campaign."""

    measured: int = 0
    kept: int = 0  # measured by an earlier run
    skipped: dict[str, int] = field(default_factory=dict)  # reason -> cells
    failed: list[tuple[Cell, str, Parts]] = field(default_factory=list)  # cell, where, parts
    broken: list[tuple[str, str]] = field(default_factory=list)  # where, why: nothing could be measured there

    @property
    def exit_code(self) -> ExitCode:
        if self.failed or self.broken:
            return ExitCode.BENCHMARK_FAILED
        return ExitCode.FINE if self.measured or self.kept else ExitCode.NOTHING_MEASURED


@contextmanager
def only_one(project: Project) -> Iterator[None]:
    """Refuse to measure while another run does in this folder: they would disturb each other's timings and files."""
    folder = project.root / ".stallhorn"
    try:
        folder.mkdir(exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")  # nothing in it belongs into anybody's commit
    except OSError as error:
        raise StorageError(f"{folder} cannot be made: {error.strerror}.", "Make the folder writable.") from error
    lock, holder = FileLock(folder / "lock"), folder / "running"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = holder.read_text(encoding="utf-8").strip() if holder.is_file() else "another process"
        raise UsageError(
            f"Another stallhorn run is measuring in {project.root} ({who}).",
            "Wait for it, or stop it: what it has measured is saved.",
        ) from None
    try:
        holder.write_text(f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M}", encoding="utf-8")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@dataclass(frozen=True, slots=True)
class _OpenUnit:
    """A unit that is installed, with its files open."""

    unit: Unit
    journal: Journal
    file: ResultFile
    foreign: ForeignRunner


@dataclass(slots=True)
class Campaign:
    """A run over units. Everything that asv needs to know is in `conf`, `repository` and `benchmarks`."""

    project: Project
    conf: Any
    repository: Any
    machine: Mapping[str, str]
    benchmarks: Mapping[str, Mapping[str, Any]]
    all_cells: tuple[Cell, ...]
    cells: tuple[Cell, ...]  # those wanted
    runner: Runner
    progress: Progress
    retry_failed: bool = False
    tally: Tally = field(default_factory=Tally)
    _variables: dict[tuple[str, str], dict[str, str | None]] = field(default_factory=dict)

    def run(self, units_: tuple[Unit, ...]) -> Tally:
        self.progress.expect(sum(self._expected(unit) for unit in units_))
        for unit in units_:
            self._measure_unit(unit)
        return self.tally

    def revisit(self, unit: Unit, visits: Mapping[Cell, Visit]) -> frozenset[Cell]:
        """Install a commit again and measure these cells once more, each under its visit; those that were measured.

        A failure is told and takes nothing away: only what was measured is saved. What other processes disturbed is
        measured twice, and the quieter counts.
        """
        where = f"{unit.commit[:8]} in {unit.workshop.name}"
        journal = self.open_journal(unit)
        if journal.repaired:
            self.progress.say(f"  note: {journal.repaired}")
        if self._is_known_to_fail(journal, where):
            return frozenset()
        file = self._open_file(unit, journal)
        if self._install(unit, journal, where) is None:
            return frozenset()
        place = _OpenUnit(unit, journal, file, ForeignRunner(unit.workshop, self.project.benchmarks))
        try:
            loads = self._visit(place, tuple(visits), visits)
            self._visit(place, tuple(cell for cell, load in loads.items() if load > DISTURBED), visits, loads)
        finally:
            place.foreign.close()
        return frozenset(loads)

    def _visit(
        self,
        place: _OpenUnit,
        cells: tuple[Cell, ...],
        visits: Mapping[Cell, Visit],
        before: Mapping[Cell, float] = _NONE,
    ) -> dict[Cell, float]:
        """Measure and save; cores that others used meanwhile. What is not quieter than `before` is not saved."""
        loads: dict[Cell, float] = {}
        for group in plan.groups(cells):
            self.progress.working(f"{place.unit.commit[:8]}, once more: {plan.label(group)}")
            begun = time.monotonic()
            for cell, parts in self._outcomes(place, group):
                visit, load = visits[cell], foreign_load(parts)
                if parts["status"] == "ok" and load < before.get(cell, math.inf):
                    self._save(place, cell, {**parts, **visit.mark}, visit.round)
                    loads[cell] = load
                if cell not in before:
                    self._count(cell, parts, place.unit, visit.round)
            self.progress.measured(plan.seconds(group), time.monotonic() - begun)
        return loads

    def open_journal(self, unit: Unit) -> Journal:
        path = path_of(self.project.results, self.machine["machine"], unit.commit, unit.workshop.name)
        return Journal.open(path)

    def pending(self, journal: Journal, round_: int) -> tuple[Cell, ...]:
        """The wanted cells that this round still has to measure."""
        wanted = (cell for cell in self.cells if round_ < cell.rounds)
        return tuple(cell for cell in wanted if not journal.done(cell, round_, self.retry_failed))

    def rounds(self) -> int:
        return max((cell.rounds for cell in self.cells), default=0)

    def _expected(self, unit: Unit) -> float:
        journal = self.open_journal(unit)
        return sum(plan.seconds(self.pending(journal, round_)) for round_ in range(self.rounds()))

    def _measure_unit(self, unit: Unit) -> None:
        where = f"{unit.commit[:8]} in {unit.workshop.name}"
        journal = self.open_journal(unit)
        if journal.repaired:
            self.progress.say(f"  note: {journal.repaired}")
        open_before = {cell for round_ in range(self.rounds()) for cell in self.pending(journal, round_)}
        self._recall(tuple(cell for cell in self.cells if cell not in open_before), journal, where)
        if self._is_known_to_fail(journal, where):
            return
        file = self._open_file(unit, journal)
        if not open_before:
            self.progress.say(f"{where}: all {len(self.cells)} cells are measured already")
            return
        seconds = self._install(unit, journal, where)
        if seconds is None:
            return
        if seconds > 1:
            file.set_build_seconds(seconds)
        self._measure_rounds(unit, journal, file, where)

    def _is_known_to_fail(self, journal: Journal, where: str) -> bool:
        """Whether the commit did not build and is not to be tried again; then it is told."""
        if journal.build_failure is None or self.retry_failed:
            return False
        self.progress.say(f"{where}: did not build in an earlier run; --retry-failed tries again")
        self.tally.broken.append((where, "did not build in an earlier run"))
        return True

    def _open_file(self, unit: Unit, journal: Journal) -> ResultFile:
        """asv's file, with everything that the journal has: a kill may have come between the two."""
        file = ResultFile.open(
            self.project.results, self.machine, unit.workshop, unit.commit, self.repository.get_date(unit.commit)
        )
        if file.repaired:
            self.progress.say(f"  note: {file.repaired}")
        lacking = [name for name, one in self.benchmarks.items() if self._put(file, name, journal, file.lacking(one))]
        if lacking:
            file.save()
        return file

    def _recall(self, done: tuple[Cell, ...], journal: Journal, where: str) -> None:
        """Count what earlier runs did: what failed then is a failure of this run too, until it is tried again."""
        failed = [(cell, where, record) for cell in done if (record := journal.failure(cell)) is not None]
        self.tally.kept += sum(any(one["status"] == "ok" for one in journal.of_cell(cell)) for cell in done)
        self.tally.failed += failed
        if failed:
            self.progress.say(f"{where}: {len(failed)} failed in an earlier run; --retry-failed tries again")

    def _install(self, unit: Unit, journal: Journal, where: str) -> float | None:
        """Build and install; the seconds it took, or None when it failed, which is then recorded with its log."""
        self.progress.working(f"{where}: building and installing")
        begun = time.monotonic()
        try:
            unit.workshop.create()
            unit.workshop.install(self.repository, unit.commit)
        except CreationFailed as error:
            self.progress.say(f"{where}: {error}")
            self.tally.broken.append((where, error.what))
            return None
        except InstallFailed as error:
            self.progress.say(f"{where}: {error.what}")
            self.tally.broken.append((where, error.what))
            parts = {"status": "failed", "reason": "does not build", "stderr": error.log}
            journal.append(self._record(unit, None, parts, 0))
            return None
        if journal.build_failure is not None:
            journal.append(self._record(unit, None, {"status": "ok"}, 0))
        return time.monotonic() - begun

    def _measure_rounds(self, unit: Unit, journal: Journal, file: ResultFile, where: str) -> None:
        foreign = ForeignRunner(unit.workshop, self.project.benchmarks)
        place = _OpenUnit(unit, journal, file, foreign)
        begun, counted = time.monotonic(), self.tally.measured
        try:
            for round_ in range(self.rounds()):
                waiting = plan.groups(self.pending(journal, round_))
                for group in waiting if round_ % 2 == 0 else tuple(reversed(waiting)):
                    self._measure_group(place, group, round_)
            self._repeat_disturbed(place, where)
        finally:
            foreign.close()
        self.progress.say(
            f"{self.progress.share} {where}: {self.tally.measured - counted} measurements in "
            f"{units.duration(time.monotonic() - begun)}"
        )

    def _measure_group(self, place: _OpenUnit, group: tuple[Cell, ...], round_: int) -> None:
        label = f"{place.unit.commit[:8]}, round {round_ + 1} of {self.rounds()}: {plan.label(group)}"
        self.progress.working(label)
        begun, expected = time.monotonic(), plan.PROCESS_OVERHEAD
        for cell, parts in self._outcomes(place, group):
            self._save(place, cell, parts, round_)
            self._count(cell, parts, place.unit, round_)
            expected += cell.expected
            self.progress.working(f"{label}: {cell}")
        self.progress.measured(expected, time.monotonic() - begun)

    def _repeat_disturbed(self, place: _OpenUnit, where: str) -> None:
        """Measure once more what other processes disturbed; the quieter of the two counts.

        A disturbed timing says nothing about the code: two threads that wait for each other by spinning can take a
        thousand times as long when a neighbour has one of the cores. If most was disturbed, the machine is busy, and
        repeating would only take as long again.
        """
        for round_ in range(self.rounds()):
            known = {
                cell: record for cell in self.cells if (record := place.journal.of_round(cell, round_)) is not None
            }
            loud = tuple(cell for cell, record in known.items() if foreign_load(record) > DISTURBED)
            if len(loud) > len(known) * BUSY:
                self.progress.say(
                    f"  {where}, round {round_ + 1}: other processes disturbed {len(loud)} of {len(known)} "
                    "measurements; a quiet machine says more (stallhorn doctor)"
                )
                continue
            for group in plan.groups(loud):
                self.progress.working(f"{where}: once more, it was disturbed: {plan.label(group)}")
                for cell, parts in self._outcomes(place, group):
                    if parts["status"] == "ok" and foreign_load(parts) < foreign_load(known[cell]):
                        self._save(place, cell, parts, round_)

    def _outcomes(self, place: _OpenUnit, group: tuple[Cell, ...]) -> Iterator[tuple[Cell, Parts]]:
        return self._probed(place.unit, group) if group[0].probed else self._foreign(place.foreign, group)

    def _save(self, place: _OpenUnit, cell: Cell, parts: Parts, round_: int) -> None:
        place.journal.append(self._record(place.unit, cell, parts, round_))
        self._put(place.file, cell.benchmark, place.journal)
        place.file.save()

    def _probed(self, unit: Unit, group: tuple[Cell, ...]) -> Iterator[tuple[Cell, Parts]]:
        variables = unit.workshop.variables(unit.commit)
        setting = next((plain(value) for name, value in group[0].group if name == "threads"), "")
        try:
            extra = self._thread_variables(unit.workshop, setting, variables)
        except ValueError as error:
            misunderstood: Parts = {"status": "failed", "reason": str(error)}
            return iter([(cell, misunderstood) for cell in group])
        # What the matrix sets (env_nobuild) is the environment's identity and wins over a cell's thread setting.
        matrix = dict(unit.workshop.described.variables)
        wanted = {**variables, **extra, **matrix}
        environment = {name: value for name, value in wanted.items() if value is not None}
        return self.runner.measure(Job(unit.workshop.python, environment, self.project.benchmarks, group))

    def _thread_variables(
        self, workshop: Workshop, setting: str, variables: Mapping[str, str]
    ) -> dict[str, str | None]:
        key = (workshop.python, setting)
        if key not in self._variables:
            self._variables[key] = thread_variables(workshop.python, setting, variables)
        return self._variables[key]

    def _foreign(self, foreign: ForeignRunner, group: tuple[Cell, ...]) -> Iterator[tuple[Cell, Parts]]:
        for cell in group:
            parts, seen = foreign.measure(self.benchmarks[cell.benchmark], cell)
            yield cell, {**parts, **_facts_of(seen)}

    def _record(self, unit: Unit, cell: Cell | None, parts: Parts, round_: int) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "benchmark": None if cell is None else cell.benchmark,
            "params": {} if cell is None else dict(cell.parameters.values),
            "commit": unit.commit,
            "environment": unit.workshop.name,
            "version": None if cell is None else cell.version,
            "probe": None,
            "method": None,
            "reason": "",
            "round": round_,
            "started": datetime.now(UTC).isoformat(),
            "seconds": None,
            "samples": None,
            "number": None,
            "facts": {},
            **parts,
            "stderr": _capped(str(parts.get("stderr") or "")),
        }

    def _put(
        self, file: ResultFile, benchmark: str, journal: Journal, only: frozenset[int] | None = None
    ) -> Mapping[int, list[Record]]:
        """Put into the file what the journal has of a benchmark (or `only` of these combinations); returns that."""
        found = {cell.index: journal.of_cell(cell) for cell in self.all_cells if cell.benchmark == benchmark}
        indexes = {index: many for index, many in found.items() if many and (only is None or index in only)}
        if indexes:
            file.update(self.benchmarks[benchmark], [one for many in found.values() for one in many], indexes)
        return indexes

    def _count(self, cell: Cell, parts: Parts, unit: Unit, round_: int) -> None:
        status = parts["status"]
        if status == "ok":
            self.tally.measured += 1
        elif status == "skipped":
            if round_ == 0:
                self.tally.skipped[parts["reason"]] = self.tally.skipped.get(parts["reason"], 0) + 1
        else:
            self.tally.failed.append((cell, f"{unit.commit[:8]} in {unit.workshop.name}", parts))
            self.progress.say(f"  {cell}: {status}: {parts['reason']}")


def foreign_load(parts: Mapping[str, Any]) -> float:
    """Cores that other processes used while this was measured; 0 when that is not known."""
    sampling = (parts.get("facts") or {}).get("sampling") or {}
    return float(sampling.get("foreign_load") or 0.0)


def _facts_of(text: str) -> Parts:
    """What a probe's own record adds to a measurement that asv's runner made; empty without a probe."""
    import json

    for line in reversed(text.splitlines()):
        try:
            record = json.loads(line, parse_constant=lambda _: None)
        except ValueError:
            continue
        return {key: record[key] for key in ("facts", "probe", "method", "started", "seconds") if key in record}
    return {}


def _capped(text: str, limit: int = 20_000) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"
