"""What environments and machines consist of, and where they differ: requirements, and what the probe saw. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stallhorn.contrast import Side
from stallhorn.model import Environment, History, Machine, Observation

Facts = tuple[tuple[str, str], ...]  # what, and which; sorted
Where = tuple[str, str]  # environment and machine

_BLAS = {"openblas": "OpenBLAS", "mkl": "MKL", "blis": "BLIS", "flexiblas": "FlexiBLAS"}
UNKNOWN = "unknown"
ABSENT = "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two sides differ."""

    what: str
    before: str
    after: str
    where: str = ""  # the environment or machine, where both sides have it and it differs between commits


def installed(history: History) -> dict[Where, dict[str, Facts]]:
    """What the probe saw in each environment on each machine, by commit: versions, BLAS, threading layer, cores.

    Processes see what they load: their answers are put together, and two answers to one question are both told.
    """
    seen: dict[Where, dict[str, dict[str, set[str]]]] = {}
    for each in history.observations:
        place = seen.setdefault((each.key.environment, each.key.machine), {}).setdefault(each.commit, {})
        for what, which in _facts(each):
            place.setdefault(what, set()).add(which)
    return {
        where: {
            commit: tuple((what, ", ".join(sorted(which))) for what, which in sorted(found.items()))
            for commit, found in commits.items()
        }
        for where, commits in seen.items()
    }


def _facts(observation: Observation) -> Iterable[tuple[str, str]]:
    facts = observation.facts
    versions, threads, host = (_mapping(facts.get(name)) for name in ("versions", "threads", "host"))
    for name, version in versions.items():
        if version:
            yield str(name), str(version)
    pools = threads.get("pools")
    for pool in pools if isinstance(pools, list) else []:
        yield from _pool(_mapping(pool))
    if layer := threads.get("layer"):
        yield "numba's threading layer", str(layer)
    if cores := host.get("affinity") or host.get("cores"):
        yield "cores that may be used", str(cores)
    if quota := host.get("quota"):
        yield "CPU quota", f"{quota} cores"


def _pool(pool: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    if pool.get("user_api") != "blas":
        return
    name = str(pool.get("internal_api") or "unknown")
    told = [_BLAS.get(name, name), str(pool.get("version") or ""), *_in_brackets(pool)]
    yield "BLAS", " ".join(each for each in told if each)


def _in_brackets(pool: Mapping[str, object]) -> list[str]:
    inside = [str(pool[name]) for name in ("threading_layer", "architecture") if pool.get(name)]
    return [f"({'; '.join(inside)})"] if inside else []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def newest(commits: Mapping[str, Facts], history: History) -> Facts:
    """What was seen at the newest commit."""
    return next((commits[each.commit] for each in reversed(history.revisions) if each.commit in commits), ())


def declared(environment: Environment) -> Facts:
    """What the configuration asks for."""
    rows = [("python", environment.python)] if environment.python else []
    rows += [(name, version or "the newest") for name, version in environment.requirements]
    rows += [(f"variable {name}", value) for name, value in environment.variables]
    return tuple(sorted(rows))


def described(machine: Machine) -> Facts:
    """What asv knows of a machine."""
    rows = (
        ("system", machine.os),
        ("CPU", machine.cpu),
        ("cores", machine.cores),
        ("memory", memory_in_words(machine.ram)),
    )
    return tuple((what, which) for what, which in rows if which)


def memory_in_words(text: str) -> str:
    """As asv wrote it; a plain number of bytes in GiB."""
    if text.isdecimal() and int(text) > 2**20:
        return f"{int(text) / 2**30:.1f} GiB"
    return text


def differences(history: History, one: Side, other: Side) -> tuple[Difference, ...]:
    """In what the environments and machines of two sides differ, as far as is known.

    What was seen goes before what was asked for. Sides that have all environments are compared in each of them; what
    was not seen at one of two commits may only not have been measured there, and is left out.
    """
    found: list[Difference] = []
    if one.machine != other.machine:
        old, new = (described(history.machines.get(side.machine) or Machine(side.machine)) for side in (one, other))
        found += _between(old, new)
    seen = installed(history)
    if one.environment != other.environment:
        old, new = (_whole(history, seen, side) for side in (one, other))
        return (*found, *_between(old, new))
    places = [
        where
        for where in sorted(seen)
        if (not one.environment or where[0] == one.environment) and (not one.machine or where[1] == one.machine)
    ]
    for where in places if one.machine == other.machine else []:
        before, after = seen[where].get(one.commit, ()), seen[where].get(other.commit, ())
        found += changed(before, after, where[0] if len(places) > 1 else "")
    return tuple(found)


def changed(before: Facts, after: Facts, where: str = "") -> list[Difference]:
    """What was seen both times, and differs."""
    common = {what for what, _ in before} & {what for what, _ in after}
    return [each for each in _between(before, after, where) if each.what in common]


def _whole(history: History, seen: Mapping[Where, Mapping[str, Facts]], side: Side) -> Facts:
    environment = history.environments.get(side.environment) or Environment(side.environment, "")
    return tuple(sorted({**dict(declared(environment)), **dict(_seen(seen, side))}.items()))


def _seen(seen: Mapping[Where, Mapping[str, Facts]], side: Side) -> Facts:
    return next(
        (
            commits[side.commit]
            for (environment, machine), commits in sorted(seen.items())
            if environment == side.environment and side.machine in ("", machine) and side.commit in commits
        ),
        (),
    )


def _between(before: Facts, after: Facts, where: str = "") -> list[Difference]:
    old, new = dict(before), dict(after)
    return [
        Difference(what, old.get(what, ABSENT), new.get(what, ABSENT), where)
        for what in sorted({**old, **new}, key=str.lower)
        if old.get(what, ABSENT) != new.get(what, ABSENT)
    ]
