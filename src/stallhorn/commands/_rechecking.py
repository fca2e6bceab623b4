"""`stallhorn run --recheck`: measure again what would settle what is suspected, and say what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stallhorn import plan, units
from stallhorn.changes.remeasured import Outcome, Settled
from stallhorn.commands._preparing import Prepared, Request, open_campaign, summarize
from stallhorn.console import safe, write
from stallhorn.errors import ExitCode, NothingMeasured, UsageError
from stallhorn.plan import Cell
from stallhorn.recheck import (
    MARK,
    TURNS,
    Doubt,
    Refusal,
    cells_of,
    done,
    doubts,
    in_words,
    last_turn,
    next_round,
    settled,
)

if TYPE_CHECKING:
    from stallhorn.asv.environments import Workshop
    from stallhorn.campaign import Campaign, Unit
    from stallhorn.model import History, Project, SeriesKey
    from stallhorn.progress import Progress

INSTALLING = 4.0  # seconds, roughly, to install a commit that was built before


@dataclass(frozen=True, slots=True)
class _Suspected:
    """What is in doubt on this machine, with the series that it is about."""

    machine: str
    history: History
    relevant: float  # the smallest change that counts
    doubts: tuple[Doubt, ...]

    @property
    def versions(self) -> Mapping[SeriesKey, str]:
        """The version of the benchmark that the newest point of each series was measured with."""
        return {each.key: each.points[-1].version for each in self.history.series if each.points}

    @property
    def kinds(self) -> Mapping[str, str]:
        """asv's type of each benchmark."""
        return {name: benchmark.kind for name, benchmark in self.history.benchmarks.items()}

    def said(self, doubt: Doubt) -> Settled:
        """What the visits made so far say."""
        return settled(doubt, self.history.series, self.relevant)


def recheck(configuration: Path, request: Request, is_dry: bool) -> ExitCode:
    """All of it. The current folder must be the configuration's."""
    from stallhorn.progress import Progress

    suspected = _read(configuration, request)
    waiting = [doubt for doubt in suspected.doubts if suspected.said(doubt).outcome is Outcome.OPEN]
    if not waiting:
        write("Nothing is suspected: there is nothing to measure again.")
        for doubt in suspected.doubts:
            write(f"  {safe(in_words(doubt, suspected.said(doubt)))}")
        return ExitCode.FINE
    prepared = Prepared.read(configuration, request)
    cells = _measurable(prepared, waiting, suspected, request)
    write(f"To be measured again, {TURNS} times each, in turns:")
    for doubt in cells:
        write(f"  {safe(str(doubt))}: {safe(doubt.why)}")
    if not cells:
        raise NothingMeasured("Nothing of what is suspected can be measured again.", "`stallhorn check` says more.")
    if is_dry:
        seconds = TURNS * _seconds_of_a_turn(cells)
        write(f"It takes about {units.duration(seconds)}. Nothing was measured.")
        return ExitCode.FINE
    return _measure(prepared, suspected, tuple(cells), request, Progress())


def _read(configuration: Path, request: Request) -> _Suspected:
    from stallhorn import store
    from stallhorn.asv.project import load_project
    from stallhorn.asv.results import machine_name
    from stallhorn.diagnose import diagnose, only_machine
    from stallhorn.settings import read_settings, with_commits
    from stallhorn.store.alarms import read_alarms

    project = load_project(configuration)
    machine = machine_name(request.machine)
    settings, history = with_commits(read_settings(project), only_machine(store.load(project), machine))
    if machine == store.REFERENCE or not history.series:
        raise NothingMeasured(
            f"Nothing is measured yet on a machine named {machine!r}.",
            "Measure first: `stallhorn run`; --machine names another one.",
        )
    alarms, problems = read_alarms(project.results, machine)
    for problem in problems:
        write(f"note: {safe(str(problem))}")
    report = diagnose(history, settings=settings)
    return _Suspected(machine, history, settings.relevant, doubts(report, alarms, machine))


def _measurable(
    prepared: Prepared, waiting: Iterable[Doubt], suspected: _Suspected, request: Request
) -> dict[Doubt, Cell]:
    """The cells of what is suspected and selected, as far as suite, environments and commits are still there."""
    from stallhorn.asv import suite

    known = suite.known(prepared.project.results)
    return _chosen(
        prepared, waiting, suite.plan_cells(known, prepared.conf.default_benchmark_timeout), suspected, request
    )


def _chosen(
    prepared: Prepared, waiting: Iterable[Doubt], cells: tuple[Cell, ...], suspected: _Suspected, request: Request
) -> dict[Doubt, Cell]:
    names = [workshop.name for workshop in prepared.workshops]
    wanted = set(plan.matching(cells, request.bench))
    found, refused = cells_of(waiting, cells, names, suspected.versions, suspected.kinds)
    for doubt, cell in tuple(found.items()):
        gone = next((commit for commit in doubt.pair if not _is_there(prepared, commit)), None)
        if gone is not None:
            refused.append(Refusal(doubt, f"{gone[:8]} is no longer in the repository"))
        if gone is not None or cell not in wanted:
            del found[doubt]
    for one in refused:
        write(f"Cannot be measured again: {safe(str(one.doubt))}: {one.why}.")
    return found


def _is_there(prepared: Prepared, commit: str) -> bool:
    try:
        prepared.git.resolve(commit)
    except UsageError:
        return False
    return True


def _seconds_of_a_turn(cells: Mapping[Doubt, Cell]) -> float:
    found = _by_place(cells)
    return sum(INSTALLING + plan.seconds(dict.fromkeys(cells[doubt] for doubt in each)) for each in found.values())


def _by_place(found: Iterable[Doubt]) -> dict[tuple[str, str], list[Doubt]]:
    """What is in doubt, by commit and environment; both commits of a doubt stand for the same turns."""
    places: dict[tuple[str, str], list[Doubt]] = {}
    for doubt in found:
        for commit in doubt.pair:
            places.setdefault((commit, doubt.key.environment), []).append(doubt)
    return places


def _measure(
    prepared: Prepared, suspected: _Suspected, waiting: tuple[Doubt, ...], request: Request, progress: Progress
) -> ExitCode:
    from stallhorn.asv.suite import clear_leftovers
    from stallhorn.campaign import only_one

    names = {doubt.key.environment for doubt in waiting}
    narrowed = replace(
        prepared,
        commits=tuple(dict.fromkeys(commit for doubt in waiting for commit in reversed(doubt.pair))),
        workshops=tuple(workshop for workshop in prepared.workshops if workshop.name in names),
    )
    with only_one(prepared.project):
        clear_leftovers(prepared.project.results)
        for note in prepared.notes:
            progress.say(f"note: {note}")
        campaign, workshops = open_campaign(narrowed, request, progress, lambda cells: cells)
        cells = _chosen(replace(narrowed, workshops=workshops), waiting, campaign.all_cells, suspected, request)
        Turns(campaign, {workshop.name: workshop for workshop in workshops}, cells).measure()
    summarize(campaign.tally, progress)
    _conclude(prepared.project, suspected, cells)
    return campaign.tally.exit_code


@dataclass(slots=True)
class Turns:
    """The visits, turn by turn: each turn measures every commit once, so that two visits of it lie far apart."""

    campaign: Campaign
    workshops: Mapping[str, Workshop]
    cells: Mapping[Doubt, Cell]
    _done: dict[tuple[Doubt, str], int] = field(default_factory=dict)  # visits of a doubt's commit
    _failed: set[Doubt] = field(default_factory=set)  # in this run; not tried again in it

    def measure(self) -> None:
        for doubt, cell in self.cells.items():
            for commit in doubt.pair:
                records = self.campaign.open_journal(self._unit(commit, doubt)).of_cell(cell)
                self._done[doubt, commit] = done(doubt, records)
                if not records:
                    where = f"{cell} at {commit[:8]}"
                    self.campaign.progress.say(f"note: {where} was measured by asv itself; the new rounds replace that")
        ends = {doubt: last_turn(*(self._done[doubt, commit] for commit in doubt.pair)) for doubt in self.cells}
        self.campaign.progress.expect(TURNS * _seconds_of_a_turn(self.cells))
        for turn in range(1, max(ends.values(), default=0) + 1):
            for (commit, _), found in _by_place(self.cells).items():
                wanted = [each for each in found if self._done[each, commit] < turn <= ends[each]]
                self._visit(commit, [each for each in wanted if each not in self._failed])

    def _visit(self, commit: str, wanted: Sequence[Doubt]) -> None:
        """One visit of a commit, for doubts in one environment."""
        from stallhorn.campaign import Visit

        if not wanted:
            return
        unit = self._unit(commit, wanted[0])
        journal = self.campaign.open_journal(unit)
        pairs: dict[Cell, list[list[str]]] = {}
        for doubt in wanted:
            pairs.setdefault(self.cells[doubt], []).append(doubt.pair)
        visits = {cell: Visit(next_round(journal.of_cell(cell)), {MARK: each}) for cell, each in pairs.items()}
        measured = self.campaign.revisit(unit, visits)
        for doubt in wanted:
            if self.cells[doubt] in measured:
                self._done[doubt, commit] += 1
            else:
                self._failed.add(doubt)

    def _unit(self, commit: str, doubt: Doubt) -> Unit:
        from stallhorn.campaign import Unit

        return Unit(commit, self.workshops[doubt.key.environment])


def _conclude(project: Project, suspected: _Suspected, found: Iterable[Doubt]) -> None:
    """What the visits say of each, in words."""
    from stallhorn import store
    from stallhorn.diagnose import only_machine

    now = replace(suspected, history=only_machine(store.load(project), suspected.machine))
    outcomes = [(doubt, now.said(doubt)) for doubt in found]
    for doubt, said in outcomes:
        write(safe(in_words(doubt, said)))
    if any(said.outcome is Outcome.OPEN for _, said in outcomes):
        write(f"What is still open is measured {TURNS} times more by another `stallhorn run --recheck`.")
    write("`stallhorn check` takes it into account.")
