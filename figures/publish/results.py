"""asv results of any size, drawn from a seed: histories with noise, steps, gaps, failures and bare NaN.

    python -m figures.publish.results DIR                    10,000 series, 200 commits
    python -m figures.publish.results DIR --shape large      21,000 series, 7 million points, half a gigabyte
    python -m figures.publish.results DIR --commits 201      the same and one commit more

A commit's file does not depend on how many commits come after it, so that a history can be made to grow.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Axes = tuple[tuple[str, ...], ...]

MACHINE = "bench01"
COLUMNS = ["result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25"]
COLUMNS += ["stats_q_75", "stats_number", "stats_repeat", "samples", "profile"]
START = 1_700_000_000_000  # milliseconds
NIGHT = 86_400_000
LENGTHS = (1, 2, 4, 6, 12, 20, 36, 60)  # parameter combinations of a benchmark
WORDS = ("groupby", "rolling", "merge", "reindex", "strings", "frame", "indexing", "sparse", "io", "timeseries")
VERBS = ("time_apply", "time_sum", "time_lookup", "time_sort", "time_fill", "time_join", "track_size", "peakmem_build")


@dataclass(frozen=True, slots=True)
class Shape:
    series: int = 10_000
    commits: int = 200
    environments: tuple[str, ...] = ("virtualenv-py3.11-numpy2.1",)
    seed: int = 1
    missing: float = 0.0  # share of benchmarks that a night leaves out


SHAPES = {
    "dashboard": Shape(),
    "large": Shape(series=21_000, commits=380, missing=0.12),
    "two": Shape(series=5_000, environments=("virtualenv-py3.11-numpy1.26", "virtualenv-py3.11-numpy2.1")),
}


@dataclass(frozen=True, slots=True)
class Suite:
    """Benchmarks with their parameters, and what each of their series does over the nights."""

    names: tuple[str, ...]
    params: tuple[Axes, ...]
    level: Floats  # of each series: seconds
    noise: Floats
    steps: NDArray[np.int64]  # the night at which a series changes; beyond all nights where it does not
    factor: Floats

    def lengths(self) -> list[int]:
        return [math.prod(len(values) for values in params) for params in self.params]


def suite(shape: Shape) -> Suite:
    """Benchmarks until there are enough series; a tenth of the series change once, most of them with others."""
    draw = np.random.default_rng(shape.seed)
    names, params, count = [], [], 0
    for number in itertools.count():
        if count >= shape.series:
            break
        length = min(LENGTHS[int(draw.integers(len(LENGTHS)))], shape.series - count)
        names.append(f"{WORDS[number % len(WORDS)]}.Case{number:04d}.{VERBS[number // 7 % len(VERBS)]}")
        params.append(_axes(length))
        count += length
    events = draw.integers(20, 180, 12)
    changed = draw.random(count) < 0.1
    steps = np.where(
        changed, np.where(draw.random(count) < 0.8, draw.choice(events, count), draw.integers(20, 180)), 1e9
    )
    factor = np.exp(draw.choice([-1.0, 1.0, 1.0], count) * draw.uniform(0.06, 0.9, count))
    level = 10 ** draw.uniform(-6, 0, count)
    return Suite(
        tuple(names),
        tuple(params),
        level,
        draw.choice([0.005, 0.01, 0.03, 0.08], count),
        steps.astype(np.int64),
        factor,
    )


def _axes(length: int) -> tuple[tuple[str, ...], ...]:
    """Parameters whose combinations are so many."""
    if length == 1:
        return ()
    axes: list[tuple[str, ...]] = []
    for factor in (2, 3, 5):
        while length % factor == 0 and length > 1 and len(axes) < 3:
            length //= factor
            axes.append(_values(len(axes), factor))
    return (*axes, _values(len(axes), length)) if length > 1 else tuple(axes)


def _values(axis: int, count: int) -> tuple[str, ...]:
    if axis == 0:
        return tuple(str(10 ** (index + 2)) for index in range(count))
    return tuple(f"'{'abcdefgh'[axis]}{index}'" for index in range(count))


def write(folder: Path, shape: Shape, nights: Sequence[int] | None = None) -> int:
    """Write the results of these nights (default: all); the number of bytes."""
    made = suite(shape)
    (folder / MACHINE).mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(json.dumps(_described(made)), encoding="utf-8")
    machine = {"machine": MACHINE, "os": "Linux", "arch": "x86_64", "cpu": "made up", "num_cpu": "2", "ram": "16 GB"}
    (folder / MACHINE / "machine.json").write_text(json.dumps({**machine, "version": 1}), encoding="utf-8")
    written = 0
    for night in range(shape.commits) if nights is None else nights:
        commit = commit_of(shape, night)
        for number, environment in enumerate(shape.environments):
            text = "".join(_file(made, replace(shape, seed=shape.seed + 7919 * number), night, commit, environment))
            written += len(text)
            (folder / MACHINE / f"{commit[:8]}-{environment}.json").write_text(text, encoding="utf-8")
    return written


def observe(folder: Path, shape: Shape) -> str:
    """Write what a probe would have seen of the benchmark with the most series, every night; the benchmark's name."""
    made = suite(shape)
    place = max(range(len(made.names)), key=lambda each: made.lengths()[each])
    name, described = made.names[place], _described(made)[made.names[place]]
    assert isinstance(described, dict)
    for night in range(shape.commits):
        commit, lines = commit_of(shape, night), []
        for number, texts in enumerate(itertools.product(*made.params[place])):
            seconds = 1e-3 * (1 + number) * (1 + 0.01 * (night % 7))
            record = {"schema": 1, "benchmark": name, "commit": commit, "environment": shape.environments[0]}
            record |= {"params": dict(zip(described["param_names"], texts, strict=True)), "status": "ok", "round": 0}
            record |= {"probe": "0.1.0", "method": 1, "number": 1, "samples": [], "reason": "", "stderr": ""}
            record["facts"] = {
                "first_call": {"seconds": 3 * seconds, "compile_seconds": 2 * seconds, "run_seconds": seconds},
                "memory": {"peak_bytes": 50_000_000 + 1000 * night, "peak_of": "this measurement"},
                "threads": {"asked": {"omp": 2}, "used": {"omp": 2}},
            }
            lines.append(json.dumps(record) + "\n")
        path = folder / MACHINE / f"{commit[:8]}-{shape.environments[0]}.probe.jsonl"
        path.write_text("".join(lines), encoding="utf-8")
    return name


def commit_of(shape: Shape, night: int) -> str:
    return hashlib.sha1(f"{shape.seed} {night}".encode()).hexdigest()


def _described(made: Suite) -> dict[str, object]:
    described: dict[str, object] = {"version": 2}
    for name, params in zip(made.names, made.params, strict=True):
        kind = "track" if ".track_" in name else "peakmemory" if ".peakmem_" in name else "time"
        described[name] = {
            "name": name,
            "code": f"class Case:\n    def {name.rsplit('.', 1)[-1]}(self):\n        self.frame.run()\n",
            "param_names": ["n", "kind", "order", "width"][: len(params)],
            "params": [list(values) for values in params],
            "type": kind,
            "unit": {"time": "seconds", "peakmemory": "bytes"}.get(kind, "objects"),
            "version": "1",
            "timeout": 60.0,
        }
    return described


def _file(made: Suite, shape: Shape, night: int, commit: str, environment: str) -> Iterator[str]:
    draw = np.random.default_rng((shape.seed, night))
    count = len(made.level)
    value = made.level * np.where(night >= made.steps, made.factor, 1.0)
    value = value * np.exp(made.noise * draw.standard_normal(count))
    width = made.noise * draw.uniform(0.3, 0.8, count)
    columns = [_texts(value, 12), *(_texts(value * by) for by in (1 - width, 1 + width, 1 - width / 2, 1 + width / 2))]
    skipped = draw.random(count) < 0.01
    absent = draw.random(len(made.names)) < shape.missing
    head = {"version": 2, "commit_hash": commit, "env_name": environment, "date": START + night * NIGHT}
    head |= {"params": {"machine": MACHINE, "python": "3.11"}, "python": "3.11", "requirements": {"numpy": "2.1"}}
    head |= {"env_vars": {}, "result_columns": COLUMNS}
    yield json.dumps(head)[:-1] + ', "results": {'
    first, start = True, 0
    for place, (name, params, length) in enumerate(zip(made.names, made.params, made.lengths(), strict=True)):
        stop = start + length
        if not absent[place]:
            yield ("" if first else ", ") + f'"{name}": ' + _row(columns, skipped, (start, stop), params, night)
            first = False
        start = stop
    yield '}, "durations": {}}'


def _row(
    columns: list[list[str]], skipped: NDArray[np.bool_], span: tuple[int, int], params: object, night: int
) -> str:
    start, stop = span
    if (start + night) % 997 == 0:  # the whole benchmark failed
        return f'[null, {json.dumps(params)}, "1", {START + night * NIGHT}, 1.5]'
    parts = []
    for number, column in enumerate(columns):
        nothing = "NaN" if number == 0 else "null"
        parts.append("[" + ", ".join(nothing if skipped[k] else column[k] for k in range(start, stop)) + "]")
    fixed = f'{json.dumps(params)}, "1", {START + night * NIGHT}, 1.5'
    calls, repeats = (f"[{', '.join([text] * (stop - start))}]" for text in ("1", "10"))
    return f"[{parts[0]}, {fixed}, {', '.join(parts[1:])}, {calls}, {repeats}]"


def _texts(values: Floats, digits: int = 5) -> list[str]:
    """As asv writes them: results with many digits, what is told about them with five."""
    return [f"{value:.{digits}g}" for value in values.tolist()]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m figures.publish.results")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="dashboard")
    parser.add_argument("--commits", type=int)
    given = parser.parse_args()
    shape = SHAPES[given.shape]
    shape = replace(shape, commits=given.commits or shape.commits)
    written = write(given.folder, shape)
    sys.stdout.write(f"{given.folder}: {written / 1e6:.0f} MB, {len(suite(shape).names)} benchmarks\n")


if __name__ == "__main__":
    main()
