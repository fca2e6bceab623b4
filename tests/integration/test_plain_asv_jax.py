"""What the facts beside a foreign `time_` benchmark show about JAX work that nobody waited for.

The process is the one that asv starts for a benchmark, with this interpreter in place of an environment's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from workplace import read_records

pytest.importorskip("jax")

SUITE = """
import jax
import jax.numpy as jnp


@jax.jit
def work(x):
    for _ in range(4):
        x = jnp.tanh(x @ x)
    return x


class Jax:
    repeat = 3
    number = 1
    warmup_time = 0

    def setup(self):
        self.x = jnp.ones((600, 600)) / 600
        work(self.x).block_until_ready()

    def time_dispatched(self):
        work(self.x)

    def time_waited(self):
        work(self.x).block_until_ready()
"""


def measure(folder: Path, benchmark: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """asv's result and the probe's record of one process."""
    from asv.runner import BENCHMARK_RUN_SCRIPT

    suite = folder / "benchmarks"
    suite.mkdir(parents=True)
    (suite / "__init__.py").write_text("", encoding="utf-8")
    (suite / "suite.py").write_text(SUITE, encoding="utf-8")
    result = folder / f"{benchmark}.json"
    variables = {"ASV_CONF_DIR": str(folder), "ASV_ENV_NAME": benchmark, "ASV_COMMIT": "c" * 40}
    subprocess.run(
        [sys.executable, BENCHMARK_RUN_SCRIPT, "run", str(suite), benchmark, "{}", "None", str(result)],
        cwd=folder,
        env={**os.environ, **variables, "ASV": "true"},
        check=True,
        capture_output=True,
        timeout=120,
    )
    (record,) = read_records(folder / ".stallhorn" / "records" / f"cccccccc-{benchmark}.probe.jsonl")
    return json.loads(result.read_text(encoding="utf-8")), record


def test_work_that_nobody_waited_for_is_seen(tmp_path: Path) -> None:
    # A busy machine makes the dispatch wait for a core as well: the calmest of a few processes is judged.
    dispatched = [measure(tmp_path / str(turn), "suite.Jax.time_dispatched") for turn in range(3)]
    waited = measure(tmp_path / "waited", "suite.Jax.time_waited")

    for result, record in (*dispatched, waited):
        assert result["number"] == 1
        assert len(result["samples"]) == 3
        assert record["samples"] == result["samples"]  # asv's own
        assert record["facts"]["jax"]["backend"] == "cpu"
        assert record["facts"]["versions"]["jax"]

    calmest = min((record["facts"]["jax"] for _, record in dispatched), key=lambda one: one["returned_seconds"])
    finished = waited[1]["facts"]["jax"]
    assert calmest["unfinished_seconds"] > 0.2 * finished["returned_seconds"]
    assert finished["unfinished_seconds"] < 0.2 * finished["returned_seconds"]
    assert calmest["unfinished_seconds"] > 5 * finished["unfinished_seconds"]
