"""Commands that narrow a change down, and that show it on one's own machine. Pure.

Only commands that exist: a test gives every line to the parser of the command that it names. Names come from the
results; they are quoted for a POSIX shell, and what does not print is a dot in a regular expression.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from stallhorn.model import Change, Direction, History, Kind, Revision, SeriesKey, plain

_FEW = 4  # commits between; more are halved
_NAMED = 3  # benchmarks of a change that a regular expression names
_USUAL = "asv.conf.json"


@dataclass(frozen=True, slots=True)
class Command:
    """One line for a shell in the folder of asv.conf.json, and what it is for."""

    line: str
    purpose: str


def narrowing(change: Change, history: History) -> tuple[Command, ...]:
    """How to find which of several commits did it; nothing where only one can have."""
    if not change.untested:
        return ()
    count, wanted = len(change.untested), _bench(change)
    everywhere = ("--everywhere",) if len({each.key.environment for each in history.series}) > 1 else ()
    if count <= _FEW:
        span = f"{_hash(change.last)}..{_hash(change.first)}"
        purpose = f"measure the {count} between" if count > 1 else "measure the one between"
        command = _line(history, "run", span, "--bench", wanted, *everywhere)
    else:
        middle = middle_of(change)
        purpose = f"measure the middle one of {count} ({middle.short}); do that again until one is left"
        command = _line(history, "run", _hash(middle), "--bench", wanted, *everywhere)
    return Command(command, purpose), Command(_line(history, "publish"), "write this page again, with a smaller range")


def middle_of(change: Change) -> Revision:
    """The commit that halves the range."""
    return change.untested[len(change.untested) // 2]


def reproducing(change: Change, history: History) -> tuple[Command, ...]:
    """How to see the change in one's own checkout, beginning with what needs no measurement."""
    key, wanted = change.worst.key, _bench(change)
    commands = [
        Command(_line(history, "show", _series(key)), "the worst series, commit by commit"),
        Command(
            _line(history, "run", _hash(change.last), "--bench", wanted),
            "measure the last commit with the old level on your machine",
        ),
        Command(_line(history, "run", _hash(change.first), "--bench", wanted), "and the first with the new one"),
        Command(
            _line(history, "compare", _hash(change.last), _hash(change.first), "--bench", wanted),
            "both beside each other, by all that is measured",
        ),
    ]
    suite = _suite(history)
    if suite is not None and change.kind is Kind.CODE and change.direction is Direction.SLOWER:
        values = [part for name, text in key.parameters.values for part in ("-p", f"{name}={plain(text)}")]
        printable = all(each.isprintable() for each in values)
        line = _line(history, "diagnose", suite, "--bench", _benchmark(key), *(values if printable else ()), "--prove")
        commands.append(Command(line, "why it is slow in the checkout as it is now, with the cause taken away"))
    return tuple(commands)


def _line(history: History, *words: str) -> str:
    configuration = history.project.configuration
    given = () if configuration == _USUAL else ("--config", configuration)
    return shlex.join(("stallhorn", *given, *words))


def _hash(revision: Revision) -> str:
    """As much of a hash as no other commit of a large repository begins with."""
    return revision.commit[:12]


def _suite(history: History) -> str | None:
    """The suite's folder as seen from that of asv.conf.json; None where the project is not at hand."""
    project = history.project
    if project.repository is None or not project.benchmarks.is_relative_to(project.root):
        return None
    return project.benchmarks.relative_to(project.root).as_posix()


def _bench(change: Change) -> str:
    """A regular expression that finds the benchmarks of the series that were hit worst, or the only series."""
    if len(change.points) == 1:
        return _series(change.worst.key)
    names = list(dict.fromkeys(point.key.benchmark for point in change.points))[:_NAMED]
    return _escaped(names)


def _series(key: SeriesKey) -> str:
    return f"^{_literal(key.name)}$"


def _benchmark(key: SeriesKey) -> str:
    return _escaped([key.benchmark])


def _escaped(names: Sequence[str]) -> str:
    told = [_literal(name) for name in names]
    either = told[0] if len(told) == 1 else f"({'|'.join(told)})"
    return rf"^{either}(\(|$)"


_BACKSLASHED = {each: f"\\{each}" for each in "\\.^$*+?{}[]|()"}
_DOTTED = frozenset("'\"")  # which a shell's quotes would make unreadable


def _literal(text: str) -> str:
    """A regular expression for this text, with no more backslashes than it takes; quotes are dots."""
    return "".join("." if each in _DOTTED or not each.isprintable() else _BACKSLASHED.get(each, each) for each in text)
