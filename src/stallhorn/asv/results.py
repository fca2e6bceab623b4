"""asv's result file of one commit in one environment: kept whole after every measurement.

The records of the journal are the truth; the file is built from them, and keeps what plain `asv run` put there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asv import util
from asv.machine import Machine as AsvMachine
from asv.results import Results
from asv.runner import BenchmarkResult

from stallhorn.asv.environments import Workshop
from stallhorn.asv.suite import write_whole

Record = dict[str, Any]


@dataclass(slots=True)
class ResultFile:
    """The open result file of one commit in one environment."""

    results: Any
    folder: Path  # results/
    repaired: str = ""  # what was wrong with the file that was there

    @classmethod
    def open(cls, folder: Path, machine: Mapping[str, str], workshop: Workshop, commit: str, date: int) -> ResultFile:
        """Load what is there. A file that cannot be read is set aside under another name, never deleted."""
        asv = workshop.asv
        params = {**machine, "python": asv.python, **asv.requirements}
        file = cls(Results(params, asv.requirements, commit, date, asv.python, asv.name, asv.env_vars), folder)
        try:
            file.results.load_data(str(folder))
        except (util.UserError, ValueError, TypeError, KeyError, AttributeError) as error:
            broken = file.path.with_suffix(".json.broken")
            file.path.replace(broken)
            file.repaired = f"{file.path} could not be read ({str(error).strip()}); it is kept as {broken.name}"
        return file

    @property
    def path(self) -> Path:
        return self.folder / str(self.results._filename)

    def lacking(self, benchmark: Mapping[str, Any]) -> frozenset[int]:
        """The combinations of a benchmark that have no value here."""
        name, combinations = benchmark["name"], math.prod(len(values) for values in benchmark["params"])
        if self.results.benchmark_version.get(name) != benchmark["version"]:
            return frozenset(range(combinations))
        values = self.results.get_result_value(name, benchmark["params"])
        return frozenset(index for index, value in enumerate(values) if util.is_na(value))

    def update(
        self, benchmark: Mapping[str, Any], records: Iterable[Record], indexes: Mapping[int, list[Record]]
    ) -> None:
        """Put one benchmark's records in; `indexes` are its combinations that have any."""
        count = math.prod(len(values) for values in benchmark["params"])
        outcome = [_outcome(indexes.get(index, [])) for index in range(count)]
        records = list(records)
        self.results.add_result(
            benchmark,
            BenchmarkResult(
                result=[value for value, _, _ in outcome],
                samples=[samples for _, samples, _ in outcome],
                number=[number for _, _, number in outcome],
                errcode=0,
                stderr="",
                profile=None,
            ),
            started_at=_started(records),
            duration=sum(float(record.get("seconds") or 0.0) for record in records),
            record_samples=True,
            selected_idx=set(indexes),
        )

    def set_build_seconds(self, seconds: float) -> None:
        self.results.set_build_duration(seconds)

    def save(self) -> None:
        """Write it, whole or not at all."""

        def write(place: Path) -> Path:
            self.results.save(str(place))
            return place / str(self.results._filename)

        write_whole(self.path, write)


def _outcome(records: list[Record]) -> tuple[Any, list[float] | None, int | None]:
    """asv's value of one combination: True with samples, NaN for "not applicable", None for "failed"."""
    good = [record for record in records if record["status"] == "ok" and record.get("samples")]
    if good and len(good) == len(records):
        return True, [sample for record in good for sample in record["samples"]], good[-1].get("number")
    if any(record["status"] not in ("ok", "skipped") for record in records):
        return None, None, None
    values = [record["value"] for record in records if record.get("value") is not None]
    return (values[-1] if values else math.nan), None, None


def _started(records: list[Record]) -> datetime:
    for record in records:
        if record.get("started"):
            return datetime.fromisoformat(record["started"])
    return datetime.now(UTC)


def machine_name(name: str | None) -> str:
    """The name that results of this machine are filed under: the one given, else asv's."""
    return name or str(AsvMachine.get_unique_machine_name())


def machine_facts(results: Path, name: str | None) -> dict[str, str]:
    """This machine as asv describes machines, from results/<name>/machine.json, which is written if it is not there.

    asv makes every field of it a dimension of its graphs, so the file stays as it was first written even when a
    kernel update changes what the machine says of itself; the records keep what changes.
    """
    defaults = {key: str(value) for key, value in AsvMachine.get_defaults().items()}
    chosen = machine_name(name)
    path = results / chosen / "machine.json"
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {key: str(value) for key, value in stored.items() if key != "version"}
    except (OSError, ValueError, AttributeError):
        pass
    facts = {**defaults, "machine": chosen}

    def write(place: Path) -> Path:
        made = place / "machine.json"
        util.write_json(str(made), facts, AsvMachine.api_version)
        return made

    write_whole(path, write)
    return facts
