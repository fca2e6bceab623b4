"""What each parameter of a benchmark stands for: the size, the backend, its variant, the threads. Pure.

asv's parameters have names and texts, no meaning. Names say most; a size must also have numbers, three at least, so
that `n = 1, 2` is no axis to interpolate on. What no role fits tells series apart like any other parameter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest

from stallhorn.model import Benchmark, Parameters, SeriesKey, plain

_BACKENDS = frozenset({"backend", "engine", "library", "lib", "impl", "implementation", "framework"})
_VARIANTS = frozenset({"variant", "flavour", "flavor", "algorithm", "method"})
_THREADS = frozenset({"threads", "nthreads", "n_threads", "num_threads", "workers", "n_jobs", "njobs", "cores"})
_SIZES = ("n", "size", "length", "points", "rows", "m", "k", "shape", "nnz")
_LEAST_SIZES = 3
_COPIES = re.compile(r"(?:^|\s)copies=(\d+)(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Roles:
    """The names of the parameters in each role; "" where there is none."""

    size: str = ""
    backend: str = ""
    variant: str = ""
    threads: str = ""

    def size_of(self, parameters: Parameters) -> float | None:
        """The size as a number; None where there is none."""
        return number(parameters.get(self.size)) if self.size else None

    def threads_of(self, parameters: Parameters) -> int | None:
        """How many threads were asked for; None for a named setting such as `numba=2 blas=1`, and where none was."""
        found = number(parameters.get(self.threads)) if self.threads else None
        return int(found) if found is not None and found >= 1 and found == int(found) else None

    def setting_of(self, parameters: Parameters) -> str:
        """The thread setting as it was written; "" where there is none."""
        return (parameters.get(self.threads) or "") if self.threads else ""

    def place_of(self, key: SeriesKey, *without: str) -> tuple[object, ...]:
        """What series share that differ in these roles alone: `place_of(key, "size")`."""
        left_out = {getattr(self, role) for role in without}
        rest = tuple(pair for pair in key.parameters.values if pair[0] not in left_out)
        return key.benchmark, rest, key.environment, key.machine


def roles(benchmark: Benchmark, said: Mapping[str, Sequence[str]] | None = None) -> Roles:
    """The roles of a benchmark's parameters, by their names and values.

    `said` are names that a project gives for a role ({"size": ["mesh"]}); they go before what is guessed.
    """
    texts = dict(zip(benchmark.param_names, benchmark.params, strict=False))
    told = {role: next((name for name in names if name in texts), "") for role, names in (said or {}).items()}
    taken = {name for name in told.values() if name}

    def first(names: frozenset[str]) -> str:
        return next((name for name in texts if name.lower() in names and name not in taken), "")

    found = Roles(
        backend=told.get("backend") or first(_BACKENDS),
        variant=told.get("variant") or first(_VARIANTS),
        threads=told.get("threads") or first(_THREADS),
    )
    taken |= {found.backend, found.variant, found.threads}
    size = told.get("size") or _size({name: values for name, values in texts.items() if name not in taken})
    return Roles(size, found.backend, found.variant, found.threads)


def roles_of_family(members: Sequence[Benchmark], said: Mapping[str, Sequence[str]] | None = None) -> Roles:
    """The roles of all members of a family; a member alone may have too few sizes for one."""
    by_name = zip_longest(*(each.params for each in members), fillvalue=())
    params = tuple(tuple(dict.fromkeys(chain(*texts))) for texts in by_name)
    return roles(replace(members[0], params=params), said)


def _size(texts: Mapping[str, Sequence[str]]) -> str:
    """The parameter with a size's name, else the only one whose values are many growing numbers."""
    numeric = [name for name, values in texts.items() if _is_axis(values)]
    named = [name for name in _SIZES if name in {each.lower() for each in numeric}]
    if named:
        return next(name for name in numeric if name.lower() == named[0])
    return numeric[0] if len(numeric) == 1 else ""


def _is_axis(values: Sequence[str]) -> bool:
    numbers = [number(plain(text)) for text in values]
    known = [each for each in numbers if each is not None and each > 0]
    return len(known) == len(values) and len(set(known)) >= _LEAST_SIZES


def number(text: str | None) -> float | None:
    """A finite number written as Python writes it: "1000", "1e5", "'500'"; None for everything else."""
    try:
        found = float(plain(text or "").replace("_", ""))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def copies_of(setting: str) -> int:
    """How many processes a thread setting runs at once: `copies=4` are four."""
    found = _COPIES.search(setting)
    return int(found.group(1)) if found else 1


@dataclass(frozen=True, slots=True)
class Family:
    """Benchmarks that solve one problem, each with some backends or variants: `Rbf`, `RbfJax`, `RbfNumba`."""

    name: str  # of the one whose name is the beginning of all
    benchmarks: tuple[str, ...] = field(default=())


def families(
    benchmarks: Mapping[str, Benchmark], said: Mapping[str, Sequence[str]] | None = None
) -> tuple[Family, ...]:
    """Every benchmark in one family, by name; `said` as in `roles`.

    Two are of one family if they have the same module, method and parameter names, a backend among them, and the class
    of one begins with the name of the other's: `Solve` is no relative of `Matmul`, although both have a backend.
    """
    found: dict[str, list[str]] = {}
    for name in sorted(benchmarks, key=lambda each: (len(each), each)):
        head = next((other for other in found if _is_relative(benchmarks[other], benchmarks[name], said)), name)
        found.setdefault(head, []).append(name)
    return tuple(Family(head, tuple(sorted(names))) for head, names in sorted(found.items()))


def _is_relative(one: Benchmark, other: Benchmark, said: Mapping[str, Sequence[str]] | None) -> bool:
    if one.param_names != other.param_names:
        return False
    parts, others = one.name.rsplit(".", 2), other.name.rsplit(".", 2)
    if len(parts) != len(others) or len(parts) < 3 or (parts[0], parts[2]) != (others[0], others[2]):
        return False
    return others[1].startswith(parts[1]) and roles(one, said).backend != ""
