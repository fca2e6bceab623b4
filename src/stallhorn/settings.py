"""What a project sets in its pyproject.toml: about changes, `[tool.stallhorn.changes]`, beside asv's own settings; and
what its parameters stand for, `[tool.stallhorn.roles]`.

The pyproject.toml is the one beside asv.conf.json. A missing file or table means the defaults; anything that cannot be
meant is an error.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stallhorn import store
from stallhorn.changes.settings import Override, Settings
from stallhorn.errors import UsageError
from stallhorn.model import History, Problem, Project
from stallhorn.model.points import measured_commits

TABLE = "tool.stallhorn.changes"
ROLES = "tool.stallhorn.roles"
DOCUMENT = "docs/settings.md lists the settings."


@dataclass(frozen=True, slots=True)
class _Setting:
    """One key: what it may be, in words, and whether a value is that."""

    expected: str
    holds: Callable[[Any], bool]


def _is_share(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 < value <= 10


def _is_count(value: object) -> bool:
    return type(value) is int and 1 <= value <= 1000


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


_RELEVANT = _Setting("a share of the old level, above 0 and up to 10, such as 0.02", _is_share)
_TAIL = _Setting("a whole number of measurements, 1 to 1000", _is_count)
_REGEX = _Setting("a regular expression as a text", _is_text)
_COMMIT = _Setting("a commit, branch or tag as a text", _is_text)
_REGEXES = _Setting(
    "a list of regular expressions", lambda value: isinstance(value, list) and all(map(_is_text, value))
)
_TABLES = _Setting(
    f"tables, each as [[{TABLE}.override]]",
    lambda value: isinstance(value, list) and all(isinstance(one, dict) for one in value),
)

_NAMES = _Setting(
    "a list of names of parameters, the one to take first in front",
    lambda value: isinstance(value, list) and value != [] and all(map(_is_text, value)),
)

_FOR_ROLES = dict.fromkeys(("size", "backend", "variant", "threads"), _NAMES)
_FOR_ALL = {"relevant": _RELEVANT, "tail": _TAIL, "higher_is_better": _REGEXES, "override": _TABLES}
_FOR_SOME = {"benchmarks": _REGEX, "relevant": _RELEVANT, "tail": _TAIL, "first": _COMMIT}


def read_settings(project: Project) -> Settings:
    """The settings of a project, its commits as they were written. Raises `UsageError` for what cannot be meant."""
    overrides, names = _of_asv(project)
    path = project.root / "pyproject.toml"
    given = _table(path, TABLE)
    if given is None:
        return Settings(overrides=tuple(overrides), names=names)
    _check(given, _FOR_ALL, path, TABLE)
    for place, one in enumerate(given.get("override", ()), 1):
        where = f"{TABLE}.override, number {place}"
        _check(one, _FOR_SOME, path, where)
        if "benchmarks" not in one:
            raise _wrong(path, f"{where}: `benchmarks` is missing", _REGEX.expected)
        pattern = _compiled(one["benchmarks"], path, f"{where}: `benchmarks`")
        overrides.append(Override(pattern, one.get("relevant"), one.get("tail"), one.get("first")))
        names[f"override {place}"] = f"{path}: {where}"
    default = Settings()
    return Settings(
        relevant=given.get("relevant", default.relevant),
        tail=given.get("tail", default.tail),
        overrides=tuple(overrides),
        names=names | {key: f"{path}: {TABLE}.{key}" for key in given if key != "override"},
        higher_is_better=tuple(
            _compiled(one, path, f"{TABLE}.higher_is_better") for one in given.get("higher_is_better", ())
        ),
    )


def with_roles(project: Project) -> Project:
    """The project with what it says its parameters stand for. Raises `UsageError` for what cannot be meant."""
    path = project.root / "pyproject.toml"
    given = _table(path, ROLES)
    if given is None:
        return project
    _check(given, _FOR_ROLES, path, ROLES)
    roles_of: dict[str, str] = {}
    for role, names in given.items():
        for name in names:
            if roles_of.setdefault(name, role) != role:
                what = f"{ROLES}: `{name}` is both {roles_of[name]} and {role}"
                raise _wrong(path, what, "each parameter in one role")
    return replace(project, roles={role: tuple(names) for role, names in given.items()})


def with_commits(settings: Settings, history: History) -> tuple[Settings, History]:
    """The settings with full hashes in place of the commits' names.

    A commit that is unknown here sets nothing (a shallow clone lacks the older ones), and is one of the history's
    problems. Of asv's first commits the newest holds, as in asv.
    """
    if all(each.first is None for each in settings.overrides):
        return settings, history
    measured = sorted(measured_commits(history.series))
    places = {revision.commit: revision.position for revision in history.revisions}
    placed: list[tuple[int, Override]] = []
    problems: list[Problem] = []
    for each in settings.overrides:
        found, place = each, -1
        if each.first is not None:
            commit = _resolved(each.first, history.project, measured)
            place = places.get(commit or "", -1)
            if place < 0:
                problems.append(_unknown(each, history.project))
            found = replace(each, first=commit if place >= 0 else None)
        placed.append((place if each.branch is not None else len(places), found))
    placed.sort(key=lambda item: item[0])  # stable: all others keep their order, after asv's
    told = history if not problems else replace(history, problems=(*history.problems, *problems))
    return replace(settings, overrides=tuple(one for _, one in placed)), told


def _resolved(name: str, project: Project, measured: Sequence[str]) -> str | None:
    try:
        return store.resolve(project, name, measured)
    except UsageError:
        return None


def _unknown(override: Override, project: Project) -> Problem:
    asv = override.branch is not None
    where = f"{project.configuration}: regressions_first_commits" if asv else f"pyproject.toml: {TABLE}.override"
    what = f"{override.first!r}, for {override.pattern.pattern!r}, is no commit of the history, and sets nothing"
    return Problem(where, what, "Correct it, or fetch the commit if this clone lacks it.")


def _of_asv(project: Project) -> tuple[list[Override], dict[str, str]]:
    """asv takes the largest of several thresholds that match, so that it comes last; null means: never look."""
    file = project.root / project.configuration
    found = []
    for pattern, threshold in sorted(project.thresholds.items(), key=lambda item: item[1]):
        compiled = _compiled(pattern, file, "regressions_thresholds")
        found.append(Override(compiled, relevant=threshold, branch=project.branch))
    for pattern, commit in project.first_commits.items():
        compiled = _compiled(pattern, file, "regressions_first_commits")
        found.append(Override(compiled, first=commit, ignored=commit is None, branch=project.branch))
    given = {"regressions_thresholds": project.thresholds, "regressions_first_commits": project.first_commits}
    return found, {key: f"{file}: {key}" for key, values in given.items() if values}


def _table(path: Path, table: str) -> Mapping[str, Any] | None:
    """A table by its name with dots, or None where there is none."""
    try:
        data: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.", "Correct the file and run it again.") from error
    names = table.split(".")
    for place, name in enumerate(names):
        data = data.get(name)
        if data is None:
            return None
        if not isinstance(data, dict):
            raise _wrong(path, f"{'.'.join(names[: place + 1])} is {data!r}", "a table")
    return data  # type: ignore[no-any-return]


def _check(given: Mapping[str, Any], known: Mapping[str, _Setting], path: Path, where: str) -> None:
    for key, value in given.items():
        if key not in known:
            raise _wrong(path, f"{where}: there is no setting `{key}`", f"one of {', '.join(known)}")
        if not known[key].holds(value):
            raise _wrong(path, f"{where}: `{key}` is {value!r}", known[key].expected)


def _compiled(pattern: str, path: Path, where: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise _wrong(
            path, f"{where} has {pattern!r}, which is no regular expression ({error})", _REGEX.expected
        ) from error


def _wrong(path: Path, what: str, expected: str) -> UsageError:
    return UsageError(f"{path} cannot be used: {what}.", f"Expected {expected}. {DOCUMENT}")
