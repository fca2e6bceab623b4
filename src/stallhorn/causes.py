"""Why: what the detectors find in the cases of a history, and what of it came with a change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType

from stallhorn.cases import Cases
from stallhorn.changes.counted import between
from stallhorn.fingerprint import ELSEWHERE, SAME, difference, installed
from stallhorn.model import ChangePoint, Direction, Explanation, Finding, Series, SeriesKey
from stallhorn.pitfalls.base import BLOCKING, CONTEXT, Case, Facts, Judgement, Silence, detectors, judge


class Causes:
    """Findings by series and commit, each case judged once, and the explanations that follow from them.

    Of a measurement that went well, and of which nothing but its value is known, no detector can say anything: it is
    not asked. Results of plain asv have millions of them.
    """

    def __init__(self, cases: Cases, facts: Iterable[Series], asked: Mapping[str, ModuleType] | None = None) -> None:
        """`facts` are the counted facts; `asked` the detectors, all by default."""
        self._cases = cases
        self._detectors = _Detectors(detectors() if asked is None else asked)
        self._judged: dict[tuple[SeriesKey, str, str | None], tuple[Case, Judgement] | None] = {}
        self._facts: dict[SeriesKey, list[Series]] = {}
        for each in facts:
            key = each.key
            timed = SeriesKey(key.benchmark, key.parameters, key.environment, key.machine)
            self._facts.setdefault(timed, []).append(each)

    def is_silent(self, series: Series, commit: str) -> bool:
        """Whether no detector can say anything of a series at a commit."""
        return self._cases.is_silent(series, commit)

    def findings(
        self, series: Series, commit: str, base: str | None = None, slowdown: float | None = None
    ) -> tuple[Finding, ...]:
        """What the detectors say about one series at one commit, compared with the commit `base` if that is given."""
        if self.is_silent(series, commit):
            return ()
        judged = self._at(series, commit, base, slowdown)
        return judged[1].findings if judged is not None else ()

    def explanation(self, series: Series, moved: ChangePoint, base: str | None = None) -> Explanation:
        """What else changed between the two commits of a change; with `base`, of a comparison with that commit."""
        if self.is_silent(series, moved.last) and self.is_silent(series, moved.first):
            return Explanation(counted=self._counted(series.key, moved))
        before, after = self._at(series, moved.last), self._at(series, moved.first, base, moved.ratio)
        if before is None or after is None:
            return Explanation()
        counted = self._counted(series.key, moved)
        return Explanation(
            causes=_new(before[1], after[1], only_blocking=moved.direction is not Direction.SLOWER),
            gone=_new(after[1], before[1]),
            counted=counted,
            code=_code(before[0].facts, after[0].facts, counted),
            installed=installed(before[0].facts, after[0].facts),
        )

    def _counted(self, key: SeriesKey, moved: ChangePoint) -> tuple[ChangePoint, ...]:
        points = (between(fact, moved.last, moved.first) for fact in self._facts.get(key, ()))
        return tuple(point for point in points if point is not None)

    def _at(
        self, series: Series, commit: str, base: str | None = None, slowdown: float | None = None
    ) -> tuple[Case, Judgement] | None:
        place = (series.key, commit, base)
        if place not in self._judged:
            case = self._cases.at(series, commit, base, slowdown)
            self._judged[place] = None if case is None else (case, self._detectors.judge(case))
        return self._judged[place]


class _Detectors:
    """Detectors, sorted by what they need: most records lack the same facts, and are not asked about them again."""

    def __init__(self, asked: Mapping[str, ModuleType]) -> None:
        self._asked = asked
        self._needed = sorted({path for detector in asked.values() for path in detector.NEEDS})
        self._fitting: dict[tuple[bool, ...], tuple[dict[str, ModuleType], tuple[Silence, ...]]] = {}

    def judge(self, case: Case) -> Judgement:
        known = tuple(map(case.facts.has, self._needed))
        if known not in self._fitting:
            self._fitting[known] = self._sorted(known)
        fitting, silent = self._fitting[known]
        judgement = judge(case, fitting)
        return Judgement(judgement.findings, (*judgement.silences, *silent))

    def _sorted(self, known: Sequence[bool]) -> tuple[dict[str, ModuleType], tuple[Silence, ...]]:
        has = dict(zip(self._needed, known, strict=True))
        lacking = {name: [path for path in each.NEEDS if not has[path]] for name, each in self._asked.items()}
        fitting = {name: self._asked[name] for name, paths in lacking.items() if not paths}
        silent = tuple(Silence(name, f"not known: {', '.join(paths)}") for name, paths in lacking.items() if paths)
        return fitting, silent


def _new(old: Judgement, new: Judgement, only_blocking: bool = False) -> tuple[Finding, ...]:
    """Findings that explain a difference: they are not in the old, and a detector looked for them there.

    What is true but harmless explains nothing, and what was there before stands beside a change.
    """
    known = {one.pitfall for one in old.findings if one.severity != CONTEXT}
    known |= {one.pitfall for one in old.silences}
    return tuple(
        one
        for one in new.findings
        if one.pitfall not in known and one.severity != CONTEXT and (one.severity == BLOCKING or not only_blocking)
    )


def _code(before: Facts, after: Facts, counted: Sequence[ChangePoint]) -> str:
    changed = difference(before, after)
    if changed is None:
        return ""
    return changed or (SAME if counted else f"{SAME}{ELSEWHERE}")
