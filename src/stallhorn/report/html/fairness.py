"""What speaks against setting the times of some lines against each other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stallhorn.model import SeriesKey
from stallhorn.report.html.facts import dig
from stallhorn.report.html.view import Site

_MOST = 8

# Pitfalls that make times unfit for it, beside all that make a timing wrong.
_UNFAIR = frozenset({
    "precision-mismatch", "unsynchronised", "wrong-device", "fewer-threads-than-asked", "oversubscription",
    "compile-in-timing", "recompilation", "host-transfer", "foreign-load", "cpu-quota",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Competitor:
    """A line and its series."""

    label: str
    backend: str
    keys: tuple[SeriesKey, ...]


def warnings(competitors: Sequence[Competitor], commit: str, site: Site) -> tuple[str, ...]:
    """In sentences, each once: what detectors found, other precision, results that nobody waited for."""
    facts = {each.label: list(_facts(each, commit, site)) for each in competitors}
    found = [*_findings(competitors, site), *_precision(facts), *_unsure(competitors, facts)]
    return tuple(dict.fromkeys(found))[:_MOST]


def _facts(competitor: Competitor, commit: str, site: Site) -> Iterable[Mapping[str, object]]:
    return (seen.facts for key in competitor.keys for seen in site.observed.get(key, ()) if seen.commit == commit)


def _findings(competitors: Sequence[Competitor], site: Site) -> Iterable[str]:
    for each in competitors:
        for key in each.keys:
            for finding in site.findings.get(key, ()):
                if finding.severity == "blocking" or finding.pitfall in _UNFAIR:
                    yield f"{each.label}: {finding.claim} ({finding.pitfall})"


def _precision(facts: Mapping[str, Sequence[Mapping[str, object]]]) -> Iterable[str]:
    dtypes: dict[str, list[str]] = {}
    for label, group in facts.items():
        if any(dig(fact, "jax", "x64") is False for fact in group):
            yield f"{label}: JAX computes in float32 (x64 is off)"
        for dtype in sorted({str(found) for fact in group if (found := dig(fact, "result", "dtype"))}):
            dtypes.setdefault(dtype, []).append(label)
    if len(dtypes) > 1:
        shown = "; ".join(f"{dtype}: {', '.join(labels)}" for dtype, labels in sorted(dtypes.items()))
        yield f"The results are of different types ({shown})"


def _unsure(competitors: Sequence[Competitor], facts: Mapping[str, Sequence[object]]) -> Iterable[str]:
    unknown = [each.label for each in competitors if "jax" in each.backend.lower() and not facts[each.label]]
    if unknown:
        yield f"{', '.join(unknown)}: no record tells whether JAX was waited for"
