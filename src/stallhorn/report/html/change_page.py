"""The page of one change: what happened, since which commit, why, and how to see it oneself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stallhorn.model import Change, Kind
from stallhorn.report.account import Account, Accounts
from stallhorn.report.evidence import SIGNS
from stallhorn.report.html import words
from stallhorn.report.html.change_series import Naming, ShownSeries, shown_series
from stallhorn.report.html.pages.base import Page
from stallhorn.report.html.view import Site
from stallhorn.report.markdown import change_text
from stallhorn.report.rejected import Rejected, Verdict

MOST = 200  # changes that have a page, the newest

# What only the probe records, for people whose results hold times alone.
PROBED = (
    "threads asked for and used",
    "compilations while it was measured",
    "parallel regions, and those inside others",
    "work that JAX had not finished",
    "the first call, compiling and memory",
    "what other programs did meanwhile",
    "the code that a call reaches, and the versions of the libraries",
)


@dataclass(frozen=True, slots=True)
class View:
    """What the template writes out."""

    account: Account
    sign: str
    tone: str
    state: str  # "open", "over", "no regression", ...
    series: ShownSeries
    rejected: tuple[tuple[Verdict, tuple[Rejected, ...]], ...]
    text: str  # the same as Markdown

    @property
    def unable(self) -> int:
        """Causes that could not be judged in any series that was looked at."""
        return sum(len(each) for verdict, each in self.rejected if verdict is Verdict.UNABLE)


def paths(site: Site) -> dict[str, str]:
    """The pages of changes by their ids, from the top of the site; of the newest alone.

    Two ids that a disk could take for one name have different pages; changes of one id share a page, that of the first.
    """
    made: dict[str, str] = {}
    taken: set[str] = set()
    for change in site.report.changes[:MOST]:
        if change.id in made:
            continue
        name, count = change.id, 1
        while name.casefold() in taken:
            count += 1
            name = f"{change.id}-{count}"
        taken.add(name.casefold())
        made[change.id] = f"change/{name}.html"
    return made


def change_pages(site: Site, accounts: Accounts, where: Mapping[str, str]) -> Iterator[Page]:
    """The pages of the newest changes; `where` are their paths."""
    naming = Naming.of(site)
    shown = list({change.id: change for change in reversed(site.report.changes[:MOST])}.values())[::-1]
    for place, change in enumerate(shown):
        newer = where[shown[place - 1].id] if place else ""
        older = where[shown[place + 1].id] if place + 1 < len(shown) else ""
        content = {
            "view": _view(change, naming, accounts),
            "newer": newer,
            "older": older,
            "says": SIGNS,
            "probed": PROBED,
        }
        yield Page(
            where[change.id],
            "change.html.j2",
            _title(accounts, change),
            content,
            scripts=("static/changes.js",),
            styles=("static/changes.css",),
        )


def _view(change: Change, naming: Naming, accounts: Accounts) -> View:
    account = accounts.of(change)
    grouped = {verdict: tuple(each for each in account.rejected if each.verdict is verdict) for verdict in Verdict}
    return View(
        account=account,
        sign=words.change_sign(change.kind, change.direction),
        tone=words.change_tone(change.kind, change.direction),
        state=state_in_words(change, is_open=account.brief.is_open),
        series=shown_series(change, naming, accounts.series),
        rejected=tuple((verdict, each) for verdict, each in grouped.items() if each),
        text=change_text(account, accounts),
    )


def state_in_words(change: Change, *, is_open: bool) -> str:
    """Whether a change still costs something."""
    if change.kind is Kind.MACHINE:
        return "no regression"
    if change.kind is Kind.MEASUREMENT:
        return "not comparable"
    return "open" if is_open else "over" if change.direction.value == "slower" else "gain"


def _title(accounts: Accounts, change: Change) -> str:
    brief = accounts.brief(change)
    return f"{brief.kind.capitalize()} since {change.first.short}"
