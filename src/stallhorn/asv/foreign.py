"""Benchmarks that the probe does not time itself: one process each, by asv's own runner."""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asv import util
from asv.runner import Spawner, run_benchmark

from stallhorn.asv.environments import Workshop, quiet
from stallhorn.endings import died
from stallhorn.plan import Cell

_WRAPPED = re.compile(r"""\w+\((?P<quote>['"])(?P<text>.*)(?P=quote)\)""")


class ForeignRunner:
    """Measures cells with asv's spawner, and collects the facts that the probe leaves beside them."""

    def __init__(self, workshop: Workshop, suite: Path) -> None:
        self._spawner = Spawner(workshop.asv, str(suite))
        self._caches: dict[str, str | None] = {}
        self._failures: dict[str, str] = {}

    def measure(self, benchmark: Mapping[str, Any], cell: Cell) -> tuple[dict[str, Any], str]:
        """The parts of a record for one cell, and the text of a probe record if the probe wrote one."""
        with tempfile.TemporaryDirectory(prefix="stallhorn-records-") as folder, quiet():
            os.environ["STALLHORN_RECORDS"] = folder
            try:
                parts = self._run(dict(benchmark), cell)
            finally:
                del os.environ["STALLHORN_RECORDS"]
            seen = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(folder).glob("*.probe.jsonl")))
        return parts, seen

    def _run(self, benchmark: dict[str, Any], cell: Cell) -> dict[str, Any]:
        benchmark["timeout"] = cell.timeout
        key = benchmark.get("setup_cache_key")
        cache = self._cache(benchmark, key) if key else None
        if key and cache is None:
            return {"status": "failed", "reason": "its setup_cache failed", "stderr": self._failures.get(key, "")}
        try:
            result = run_benchmark(
                benchmark,
                self._spawner,
                profile=False,
                selected_idx={cell.index} if benchmark["params"] else None,
                cwd=cache,
            )
        except util.UserError:  # asv turns Ctrl-C into this
            raise KeyboardInterrupt from None
        position = cell.index if benchmark["params"] else 0
        return _parts(result, position, cell.timeout)

    def _cache(self, benchmark: dict[str, Any], key: str) -> str | None:
        if key not in self._caches:
            timeout = benchmark.get("setup_cache_timeout") or benchmark["timeout"]
            self._caches[key], said = self._spawner.create_setup_cache(benchmark["name"], timeout, "{}")
            self._failures[key] = said or ""
        return self._caches[key]

    def close(self) -> None:
        for folder in self._caches.values():
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)


def _parts(result: Any, position: int, timeout: float | None) -> dict[str, Any]:  # noqa: ANN401 - BenchmarkResult
    value, samples, number = result.result[position], result.samples[position], result.number[position]
    said = {"stderr": result.stderr}
    if samples is not None:
        return {**said, "status": "ok", "samples": samples, "number": number}
    if value is None:
        return {**said, **_failure(result.errcode, result.stderr, timeout)}
    if isinstance(value, float) and math.isnan(value):
        return {**said, "status": "skipped", "reason": _skip_reason(result.stderr)}
    if isinstance(value, (int, float)) and abs(value) <= sys.float_info.max:
        return {**said, "status": "ok", "value": float(value)}
    wanted, got = ("finite number", value) if isinstance(value, (int, float)) else ("number", type(value).__name__)
    return {**said, "status": "failed", "reason": f"it returned {got}, and a {wanted} was expected"}


def _failure(code: int, stderr: str, timeout: float | None) -> dict[str, str]:
    if code == util.TIMEOUT_RETCODE:
        return {"status": "timeout", "reason": f"it took longer than its timeout of {timeout:g} s"}
    if code < 0:
        return {"status": "aborted", "reason": died(code)}
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return {"status": "failed", "reason": lines[-1] if lines else f"exit code {code}"}


def _skip_reason(stderr: str) -> str:
    for line in stderr.splitlines():
        if line.startswith("asv: skipped:"):
            reason = line.removeprefix("asv: skipped:").strip()
            said = _WRAPPED.fullmatch(reason)  # asv writes the repr of the exception that skips
            return said.group("text") if said else reason
    return "the suite skips it"
