"""Plain asv on the same folder, and suites that know nothing of stallhorn."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workplace import MACHINE, Workplace, read_records

FOREIGN = """
import toysubject


class Work:
    params = [[1, 2], ["x", "y"]]
    param_names = ["times", "name"]
    repeat = 3
    rounds = 2
    warmup_time = 0
    sample_time = 0.001

    def time_work(self, times, name):
        toysubject.work(times)


class Prepared:
    number = 1
    repeat = 2
    rounds = 1
    warmup_time = 0

    def setup_cache(self):
        return {"times": 1}

    def setup(self, cache):
        self.times = cache["times"]

    def time_prepared(self, cache):
        toysubject.work(self.times)

    def track_times(self, cache):
        return cache["times"]


def peakmem_list():
    return [0] * 100_000
"""


def time_samples(project: Workplace, name: str) -> list[Any]:
    """What asv's own file has of a benchmark: for each combination the samples' number and the calls per sample."""
    content = json.loads(project.result_file().read_text(encoding="utf-8"))
    row = dict(zip(content["result_columns"], content["results"][name], strict=False))
    return [
        None if samples is None else (len(samples), number)
        for samples, number in zip(row["samples"], row["stats_number"], strict=True)
    ]


def foreign_suite_is_measured(project: Workplace) -> list[dict[str, Any]]:
    project.suite(FOREIGN)
    done = project.run()
    assert done.code == 0, done.said
    result = project.result()
    assert all(value > 0 for value in result["suite.Work.time_work"])
    assert result["suite.Prepared.time_prepared"][0] > 0
    assert result["suite.Prepared.track_times"] == [1.0]
    assert result["suite.peakmem_list"][0] > 1e6
    samples = time_samples(project, "suite.Work.time_work")
    assert [count for count, _ in samples] == [6, 6, 6, 6]  # two rounds of three: all of asv's own
    assert all(number == round(number) >= 1 for _, number in samples)
    assert time_samples(project, "suite.Prepared.time_prepared") == [(2, 1)]
    return project.records()


def test_a_foreign_suite_with_the_probe_installed(project: Workplace) -> None:
    """The probe is one line more in install_command; the suite is as it was."""
    records = foreign_suite_is_measured(project)
    assert len(records) == 2 * 4 + 1 + 1 + 1
    timed = [one for one in records if ".time_" in one["benchmark"]]
    for record in timed:
        assert record["probe"]
        assert record["facts"]["versions"]["python"].count(".") == 2
        assert record["facts"]["sampling"]["wall_seconds"] > 0
        assert record["facts"]["memory"]["peak_bytes"] > 1e6
        assert len(record["samples"]) in (2, 3)
    assert not (project.root / ".stallhorn" / "records").exists()


def test_a_foreign_suite_without_the_probe(project: Workplace) -> None:
    """Measured all the same; what the probe would have seen is not known. Its environment has a folder of its own."""
    project.configure(
        install_command=project.conf["install_command"][:1],
        matrix={**project.conf["matrix"], "env": {"WITHOUT": ["probe"]}},
    )
    records = foreign_suite_is_measured(project)
    assert {json.dumps(one["facts"]) for one in records} == {"{}"}
    assert {one["probe"] for one in records} == {None}


@pytest.fixture
def with_asv(project: Workplace, tmp_path: Path) -> Workplace:
    """A project on a machine that asv knows."""
    home = tmp_path / "home"
    home.mkdir()
    project.variables["HOME"] = str(home)
    done = project.asv("machine", "--yes", "--machine", MACHINE)
    assert done.code == 0, done.said
    return project


def test_plain_asv_beside_stallhorn(with_asv: Workplace) -> None:
    project = with_asv
    project.suite(FOREIGN + "\n\ndef measure_work():\n    return toysubject.work()\n")
    assert project.run("--bench", "measure_work|Prepared").code == 0
    ours = project.result()
    records = project.records()

    done = project.asv("run", "HEAD^!", "--machine", MACHINE, "--bench", "Work")
    assert done.code == 0, done.said
    both = project.result()
    assert both["suite.Work.time_work"] != ours.get("suite.Work.time_work")
    assert {name: value for name, value in both.items() if name in ours} == ours
    assert project.records() == records

    seen = [
        one for path in (project.root / ".stallhorn" / "records").glob("*.probe.jsonl") for one in read_records(path)
    ]
    assert {one["benchmark"] for one in seen} == {"suite.Work.time_work"}
    assert {json.dumps(one["params"], sort_keys=True) for one in seen} == {
        json.dumps({"times": times, "name": name}, sort_keys=True) for times in "12" for name in ("'x'", "'y'")
    }
    assert all(one["commit"] == project.head and one["facts"]["versions"]["python"] for one in seen)

    shown = project.asv("show", project.head, "--machine", MACHINE)
    assert shown.code == 0, shown.said
    assert "suite.measure_work" in shown.out
    assert "suite.Work.time_work" in shown.out
    published = project.asv("publish")
    assert published.code == 0, published.said
    assert (project.root / "html" / "asv" / "index.html").is_file()

    elsewhere = project.root.parent / "elsewhere"  # the results alone, as somebody sends them
    shutil.copytree(project.root / "results", elsewhere / "results")
    bare = project.stallhorn("publish", "--results", str(elsewhere / "results"), "--html", str(elsewhere / "site"))
    assert bare.code == 0, bare.said
    page = (elsewhere / "site" / "index.html").read_text(encoding="utf-8")
    assert project.head[:8] in page
    assert len(list((elsewhere / "site" / "benchmark").iterdir())) == 4

    again = project.run("--bench", "measure_work|Prepared")
    assert again.code == 0, again.said
    assert "all 3 cells are measured already" in again.err
    assert project.result() == both


def test_plain_asv_measures_with_the_probe_too(with_asv: Workplace) -> None:
    """A `measure` benchmark under `asv run`: samples in asv's file, the record beside asv.conf.json."""
    project = with_asv
    project.suite(
        """
        import toysubject

        class Work:
            params = [["1", "numba=zero"], [1, 2]]
            param_names = ["threads", "times"]
            rounds = 1

            def setup(self, threads, times):
                if times == 2:
                    raise NotImplementedError("once is enough")

            def measure(self, threads, times):
                return toysubject.work(times)
        """
    )
    done = project.asv("run", "HEAD^!", "--machine", MACHINE, "--record-samples")
    assert done.code == 2, done.said  # asv's own way to say that a benchmark failed
    values = project.result()["suite.Work.measure"]
    assert values[0] > 0
    assert math.isnan(values[1])
    assert values[2:] == [None, None]
    (path,) = (project.root / ".stallhorn" / "records").glob("*.probe.jsonl")
    outcomes = {(one["params"]["threads"], one["params"]["times"]): one["status"] for one in read_records(path)}
    assert outcomes[("'1'", "1")] == "ok"
    assert outcomes[("'1'", "2")] == "skipped"


def test_two_projects_do_not_meet(new_project: Callable[[Path], Workplace], tmp_path: Path) -> None:
    """The lock and the records are a folder's own."""
    first, second = new_project(tmp_path / "first"), new_project(tmp_path / "second")
    assert first.run().code == 0
    assert not (second.root / "results").exists()
    assert second.stallhorn("--config", str(first.root / "asv.conf.json"), "run", "--machine", MACHINE).code == 0
    assert not (second.root / "results").exists()
    assert len(first.records()) == 2
