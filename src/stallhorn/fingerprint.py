"""What differs between the code of two runs: libraries, compiled functions, JAX computations, Python. Pure.

The probe hashes what it finds that a call reaches (docs/evidence.md, `code`), and counts in LLVM's words; here they
are people's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from stallhorn.pitfalls.base import Facts

SAME = "the code that it reaches and the array libraries are the same"
ELSEWHERE = ": the machine, or what else ran"

_NAMED = 3  # of each kind; a new version of a compiler changes every function
_OPERATIONS = {
    "fadd": "addition",
    "fsub": "subtraction",
    "fmul": "multiplication",
    "fdiv": "division",
    "fma": "fused multiply-add",
}


def difference(before: Facts, after: Facts) -> str | None:
    """What changed, in a line; "" if nothing did; None where a fingerprint is missing or incomplete."""
    needed = ("code.python", "code.libraries", "code.dispatchers")
    if not all(facts.has(path) for facts in (before, after) for path in needed):
        return None
    compiled = [*_functions(before, after), *_computations(before, after)]
    return "; ".join([*_libraries(before, after), *(compiled or _python(before, after))])


def installed(before: Facts, after: Facts) -> str:
    """Libraries, and Python, that both runs had loaded in different versions; "" if there are none."""
    old, new = (facts.within("versions") for facts in (before, after))
    names = [name for name in sorted(old.keys() & new.keys()) if old[name] != new[name]]
    parts = [
        f"{'Python' if name == 'python' else name} {old[name]} -> {new[name]}"
        for name in names
        if isinstance(old[name], str) and isinstance(new[name], str)
    ]
    return f"other versions are installed: {', '.join(parts)}" if parts else ""


def _libraries(before: Facts, after: Facts) -> list[str]:
    """New versions and new builds of libraries that both loaded, and another Python."""
    old, new = (facts.within("code.libraries") for facts in (before, after))
    pythons = [facts.text("versions.python") for facts in (before, after)]
    parts = [f"Python {pythons[0]} -> {pythons[1]}"] if None not in pythons and pythons[0] != pythons[1] else []
    for name in sorted(old.keys() & new.keys()):
        if old[name] == new[name]:
            continue
        was, now = str(old[name]).partition(" ")[0], str(new[name]).partition(" ")[0]
        parts.append(f"{name} {was} -> {now}" if was != now else f"another build of {name} {now}")
    return parts


def _functions(before: Facts, after: Facts) -> list[str]:
    old, new = _by_name(before), _by_name(after)
    told = {name: _compiled(old[name], new[name]) for name in old if name in new}
    parts = [f"{_code(name)} {text}" for name, text in told.items() if text]
    parts += [f"{_code(name)} is new" for name in new if name not in old]
    parts += [f"{_code(name)} is not reached any more" for name in old if name not in new]
    return _shortened(parts, "Numba functions")


def _by_name(facts: Facts) -> dict[str, list[Facts]]:
    found: dict[str, list[Facts]] = {}
    for one in facts.entries("code.dispatchers"):
        found.setdefault(one.text("name") or "?", []).append(one)
    return found


def _compiled(old: list[Facts], new: list[Facts]) -> str:
    """How the functions of one name differ; "" if their compiled code and what it captured are the same."""
    hashes = [sorted(one.text("llvm") or "" for one in each) for each in (old, new)]
    if hashes[0] != hashes[1] and "" not in (*hashes[0], *hashes[1]):
        was, now = _operations(old), _operations(new)
        lost, gained = _counted(was - now), _counted(now - was)
        told = [f"lost {lost}"] * bool(lost) + [f"gained {gained}"] * bool(gained)
        return " and ".join(told) or "was compiled to other code"
    values = [{pair for one in each for pair in one.within("captured").items()} for each in (old, new)]
    names = sorted({name for name, _ in values[0] ^ values[1]})
    return f"captured another value of {', '.join(names[:_NAMED])}" if names else ""


def _operations(functions: Iterable[Facts]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for one in functions:
        signatures = max(1, len(one.texts("signatures")))
        for kind, count in one.within("packed_by").items():
            if isinstance(count, int):
                counts[kind] += round(count / signatures)
    return counts


def _counted(operations: Counter[str]) -> str:
    """Operations in words, the most first: "12 packed multiplications and 4 packed additions"."""
    words = [
        f"{count} packed {_OPERATIONS.get(kind, kind)}{'s' if count > 1 else ''}"
        for kind, count in operations.most_common()
    ]
    return " and ".join(words)


def _computations(before: Facts, after: Facts) -> list[str]:
    """JAX computations with another HLO, new ones, and those that are gone."""
    old, new = _hlo(before), _hlo(after)
    if old is None or new is None:
        return []
    changed = [name for name in old if name in new and old[name] != new[name] and "" not in (*old[name], *new[name])]
    parts = [f"the JAX computation {_code(name)} became another one" for name in changed]
    parts += [f"the JAX computation {_code(name)} is new" for name in new if name not in old]
    parts += [f"the JAX computation {_code(name)} is gone" for name in old if name not in new]
    return _shortened(parts, "JAX computations")


def _hlo(facts: Facts) -> dict[str, list[str]] | None:
    if not facts.has("code.computations"):
        return None
    found: dict[str, list[str]] = {}
    for one in facts.entries("code.computations"):
        found.setdefault(one.text("name") or "?", []).append(one.text("hlo") or "")
    return {name: sorted(hashes) for name, hashes in found.items()}


def _python(before: Facts, after: Facts) -> list[str]:
    """Whether the Python code that is reached is another one; another Python writes all bytecode anew."""
    if before.text("versions.python") != after.text("versions.python"):
        return []
    return ["its Python code changed"] if before.text("code.python") != after.text("code.python") else []


def _shortened(parts: list[str], what: str) -> list[str]:
    more = len(parts) - _NAMED
    return parts if more <= 0 else [*parts[:_NAMED], f"and {more} more {what}"]


def _code(name: str) -> str:
    return f"`{name}`"
