"""A campaign with a runner that measures nothing: in which order, what is kept, what is asked again, what it all means.

Journal and result files are real; environments, builds and measuring processes are not.
"""

import io
import json
import subprocess
from types import SimpleNamespace

import builders
import pytest

from stallhorn import campaign as module
from stallhorn.asv.environments import CreationFailed, InstallFailed
from stallhorn.asv.suite import plan_cells
from stallhorn.campaign import Campaign, Tally, Unit, only_one
from stallhorn.errors import ExitCode, StorageError, UsageError
from stallhorn.model import Environment
from stallhorn.progress import Progress

NEW, OLD = "a" * 40, "b" * 40
GOOD = {"status": "ok", "samples": [1.0, 1.1], "number": 1}


def benchmark(name="k.K.measure", backends=("'numpy'", "'jax'"), sizes=("10", "20"), **more):
    params = [list(sizes), list(backends)]
    described = {"name": name, "version": "1-m1", "type": "time", "unit": "seconds", "probe": "measure", "rounds": 2}
    return {**described, "params": params, "param_names": ["n", "backend"], "group_by": ["backend"], **more}


class Workshop:
    """An environment that is there, and whose installs do what the test says."""

    def __init__(self, name="env", failing=(), variables=()):
        self.name, self.python, self.failing, self.installed = name, f"/{name}/python", dict(failing), []
        self.asv = SimpleNamespace(name=name, python="3.11", requirements={}, env_vars={})
        self.described = Environment(name, "3.11", (), tuple(variables))

    def create(self):
        if isinstance(self.failing.get("create"), Exception):
            raise self.failing["create"]

    def install(self, repository, commit):
        self.installed.append(commit)
        if commit in self.failing:
            raise self.failing[commit]

    def variables(self, commit):
        return {"ASV_COMMIT": commit, "ASV_ENV_NAME": self.name, "FROM_THE_SHELL": "7"}


class Runner:
    """Answers for each cell, in its turn, with what the test has put there; what it was given is remembered."""

    def __init__(self, **answers):
        self.answers = {name: list(parts) for name, parts in answers.items()}  # "jax_20" -> parts, one for each time
        self.jobs = []

    def measure(self, job):
        self.jobs.append(job)
        for cell in job.cells:
            name = f"{cell.parameters.get('backend')}_{cell.parameters.get('n')}"
            answer = self.answers.get(name, []).pop(0) if self.answers.get(name) else GOOD
            if isinstance(answer, BaseException):
                raise answer
            yield cell, dict(answer)

    @property
    def asked(self):
        """Every cell that was measured, in order: (commit's first letter, backend, sizes)."""
        return [
            (
                job.variables["ASV_COMMIT"][0],
                job.cells[0].parameters.get("backend"),
                tuple(cell.parameters.get("n") for cell in job.cells),
            )
            for job in self.jobs
        ]


@pytest.fixture(autouse=True)
def no_processes(monkeypatch):
    def thread_variables(python, setting, variables):
        if setting == "gpu=1":
            raise ValueError("threads='gpu=1': not understood")
        return {"PYTHON": python, "THREADS": setting, "FROM_THE_SHELL": None}

    monkeypatch.setattr(module, "thread_variables", thread_variables)


@pytest.fixture
def make(tmp_path):
    """Makes campaigns in one folder, one after the other, as runs follow one another."""

    def made(runner, benchmarks=None, wanted=lambda cell: True, **more):
        by_name = {one["name"]: one for one in ([benchmark()] if benchmarks is None else benchmarks)}
        cells = plan_cells(by_name, 60.0)
        return Campaign(
            project=builders.project(tmp_path),
            conf=None,
            repository=SimpleNamespace(get_date=lambda commit: 1_700_000_000_000),
            machine={"machine": "box", "os": "Linux"},
            benchmarks=by_name,
            all_cells=cells,
            cells=tuple(cell for cell in cells if wanted(cell)),
            runner=runner,
            progress=Progress(io.StringIO()),
            **more,
        )

    return made


def records(tmp_path, commit=NEW):
    path = tmp_path / "results" / "box" / f"{commit[:8]}-env.probe.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def values(tmp_path, name="k.K.measure", commit=NEW):
    """asv's results of one benchmark, by combination."""
    content = json.loads((tmp_path / "results" / "box" / f"{commit[:8]}-env.json").read_text())
    return content["results"][name][content["result_columns"].index("result")]


def said(campaign):
    return campaign.progress.stream.getvalue()


# --- nothing to do


def test_a_campaign_without_units_measures_nothing(make):
    tally = make(Runner()).run(())
    assert tally == Tally()
    assert tally.exit_code is ExitCode.NOTHING_MEASURED


def test_a_campaign_without_cells_builds_nothing(make):
    runner, workshop = Runner(), Workshop()
    assert make(runner, benchmarks=()).run((Unit(NEW, workshop),)).exit_code is ExitCode.NOTHING_MEASURED
    assert (runner.jobs, workshop.installed) == ([], [])


# --- the order


def test_commits_as_they_come_then_rounds_then_groups_every_second_round_backwards(make):
    runner, workshop = Runner(), Workshop()
    tally = make(runner).run((Unit(NEW, workshop), Unit(OLD, workshop)))
    both = ("10", "20")
    one_commit = [("numpy", both), ("jax", both), ("jax", both), ("numpy", both)]
    assert runner.asked == [("a", *group) for group in one_commit] + [("b", *group) for group in one_commit]
    assert (tally.measured, tally.exit_code) == (16, ExitCode.FINE)
    assert workshop.installed == [NEW, OLD]


def test_a_benchmark_with_more_rounds_goes_on_alone(make):
    runner = Runner()
    more = benchmark("z.Z.measure", sizes=("5",), backends=("'numba'",), rounds=4)
    make(runner, (benchmark(), more)).run((Unit(NEW, Workshop()),))
    assert [group[1] for group in runner.asked] == ["numpy", "jax", "numba", "numba", "jax", "numpy", "numba", "numba"]


def test_every_round_is_a_record_and_all_samples_reach_asvs_file(make, tmp_path):
    runner = Runner(numpy_10=[{**GOOD, "samples": [1.0, 1.0]}, {**GOOD, "samples": [3.0, 3.0]}])
    make(runner).run((Unit(NEW, Workshop()),))
    assert sorted(one["round"] for one in records(tmp_path)) == [0] * 4 + [1] * 4
    first = records(tmp_path)[0]
    assert (first["commit"], first["environment"], first["version"]) == (NEW, "env", "1-m1")
    assert first["params"] == {"n": "10", "backend": "'numpy'"}
    assert values(tmp_path)[0] == 2.0
    assert all(value == pytest.approx(1.05) for value in values(tmp_path)[1:])


def test_a_measuring_process_gets_asvs_variables_the_thread_settings_and_the_matrix_last(make):
    runner = Runner()
    suite = benchmark(params=[["'numba=2'"], ["'numpy'"]], param_names=["threads", "backend"], group_by=["threads"])
    make(runner, (suite,)).run((Unit(NEW, Workshop(variables=(("PYTHON", "from the matrix"),))),))
    variables = dict(runner.jobs[0].variables)
    assert variables == {
        "ASV_COMMIT": NEW,
        "ASV_ENV_NAME": "env",
        "THREADS": "numba=2",
        "PYTHON": "from the matrix",
    }


# --- other processes


def beside(load, *samples):
    """What a process measured while others used so many cores."""
    return {**GOOD, "samples": list(samples), "facts": {"sampling": {"foreign_load": load}}}


def test_what_other_processes_disturbed_is_measured_once_more_and_the_quieter_counts(make, tmp_path):
    runner = Runner(jax_20=[beside(1.0, 900.0), beside(0.0, 1.0), beside(0.1, 1.2)])
    make(runner).run((Unit(NEW, Workshop()),))
    assert runner.asked[4:] == [("a", "jax", ("20",))]
    assert values(tmp_path)[3] == pytest.approx(1.1)


def test_a_repetition_that_is_as_disturbed_changes_nothing(make, tmp_path):
    runner = Runner(jax_20=[beside(1.0, 900.0), beside(0.0, 1.0), beside(1.1, 800.0)])
    make(runner).run((Unit(NEW, Workshop()),))
    assert values(tmp_path)[3] == pytest.approx(450.5)
    assert len(records(tmp_path)) == 8


def test_on_a_busy_machine_nothing_is_repeated_and_it_is_said(make):
    busy = [beside(1.0, 5.0), beside(1.0, 5.0)]
    runner = Runner(jax_10=list(busy), jax_20=list(busy), numpy_10=list(busy))
    crowded = make(runner)
    crowded.run((Unit(NEW, Workshop()),))
    assert len(runner.jobs) == 4
    assert "disturbed 3 of 4 measurements; a quiet machine says more" in said(crowded)


# --- resuming


def test_a_second_run_that_finds_only_skips_has_measured_nothing_either(make):
    skipped = {"status": "skipped", "reason": "not in this commit"}
    answers = {name: [skipped] for name in ("numpy_10", "numpy_20", "jax_10", "jax_20")}
    units = (Unit(NEW, Workshop()),)
    assert make(Runner(**answers)).run(units).exit_code is ExitCode.NOTHING_MEASURED
    assert make(Runner()).run(units).exit_code is ExitCode.NOTHING_MEASURED


def test_what_is_measured_is_never_measured_again_nor_built(make):
    units = (Unit(NEW, Workshop()),)
    make(Runner()).run(units)
    runner, workshop = Runner(), Workshop()
    second = make(runner)
    tally = second.run((Unit(NEW, workshop),))
    assert (runner.jobs, workshop.installed) == ([], [])
    assert (tally.measured, tally.kept, tally.exit_code) == (0, 4, ExitCode.FINE)
    assert "all 4 cells are measured already" in said(second)


def test_after_an_interruption_only_the_rest_is_measured(make, tmp_path):
    interrupted = make(Runner(jax_10=[KeyboardInterrupt()]))
    with pytest.raises(KeyboardInterrupt):
        interrupted.run((Unit(NEW, Workshop()),))
    assert len(records(tmp_path)) == 2
    assert values(tmp_path)[0] == pytest.approx(1.05)
    runner = Runner()
    tally = make(runner).run((Unit(NEW, Workshop()),))
    assert runner.asked == [("a", "jax", ("10", "20")), ("a", "jax", ("10", "20")), ("a", "numpy", ("10", "20"))]
    assert (tally.measured, tally.kept) == (6, 0)
    assert len(records(tmp_path)) == 8


def test_a_cell_added_to_the_selection_is_all_that_is_measured(make):
    make(Runner(), wanted=lambda cell: cell.index < 2).run((Unit(NEW, Workshop()),))
    runner = Runner()
    tally = make(runner).run((Unit(NEW, Workshop()),))
    assert {sizes for _, _, sizes in runner.asked} == {("20",)}
    assert (tally.measured, tally.kept) == (4, 2)


def test_a_new_version_of_a_benchmark_is_measured_anew(make, tmp_path):
    make(Runner()).run((Unit(NEW, Workshop()),))
    tally = make(Runner(), (benchmark(version="2-m1"),)).run((Unit(NEW, Workshop()),))
    assert tally.measured == 8
    assert {one["version"] for one in records(tmp_path)} == {"1-m1", "2-m1"}


def test_a_line_that_was_cut_off_is_measured_again_and_said(make, tmp_path):
    make(Runner()).run((Unit(NEW, Workshop()),))
    path = tmp_path / "results" / "box" / "aaaaaaaa-env.probe.jsonl"
    path.write_bytes(path.read_bytes()[:-7])
    second = make(Runner())
    assert second.run((Unit(NEW, Workshop()),)).measured == 1
    assert "the last line was cut off" in said(second)
    assert len(records(tmp_path)) == 8


# --- failures and skips


FAILED = {"status": "failed", "reason": "ValueError: no"}


def test_a_failure_is_recorded_once_and_the_others_go_on(make, tmp_path):
    first = make(Runner(jax_20=[FAILED]))
    tally = first.run((Unit(NEW, Workshop()),))
    assert [str(cell) for cell, _, _ in tally.failed] == ["k.K.measure [n=20, backend=jax]"]
    assert (tally.measured, tally.exit_code) == (6, ExitCode.BENCHMARK_FAILED)
    assert [one["round"] for one in records(tmp_path) if one["status"] == "failed"] == [0]
    assert values(tmp_path)[3] is None
    assert "k.K.measure [n=20, backend=jax]: failed: ValueError: no" in said(first)


def test_a_failure_of_an_earlier_run_is_still_one_and_not_tried_again(make):
    make(Runner(jax_20=[FAILED])).run((Unit(NEW, Workshop()),))
    runner = Runner()
    second = make(runner)
    tally = second.run((Unit(NEW, Workshop()),))
    assert runner.jobs == []
    assert (tally.kept, len(tally.failed), tally.exit_code) == (3, 1, ExitCode.BENCHMARK_FAILED)
    assert "1 failed in an earlier run; --retry-failed tries again" in said(second)


def test_retrying_measures_what_failed_in_all_its_rounds(make, tmp_path):
    make(Runner(jax_20=[FAILED])).run((Unit(NEW, Workshop()),))
    runner = Runner()
    tally = make(runner, retry_failed=True).run((Unit(NEW, Workshop()),))
    assert runner.asked == [("a", "jax", ("20",))] * 2
    assert (tally.measured, tally.kept, tally.exit_code) == (2, 3, ExitCode.FINE)
    assert values(tmp_path)[3] == pytest.approx(1.05)


def test_what_fails_again_while_retrying_fails_once(make):
    make(Runner(jax_20=[FAILED])).run((Unit(NEW, Workshop()),))
    runner = Runner(jax_20=[FAILED, FAILED])
    tally = make(runner, retry_failed=True).run((Unit(NEW, Workshop()),))
    assert runner.asked == [("a", "jax", ("20",))]
    assert (len(tally.failed), tally.exit_code) == (1, ExitCode.BENCHMARK_FAILED)


def test_a_failure_in_the_second_round_spoils_the_result(make, tmp_path):
    tally = make(Runner(jax_20=[GOOD, {"status": "aborted", "reason": "killed"}])).run((Unit(NEW, Workshop()),))
    assert (tally.measured, len(tally.failed)) == (7, 1)
    assert values(tmp_path)[3] is None


def test_skips_are_counted_by_reason_and_are_no_failure(make, tmp_path):
    skip = {"status": "skipped", "reason": "not in this commit"}
    runner = Runner(jax_10=[skip], jax_20=[skip])
    tally = make(runner).run((Unit(NEW, Workshop()),))
    assert tally.skipped == {"not in this commit": 2}
    assert (tally.measured, tally.failed, tally.exit_code) == (4, [], ExitCode.FINE)
    assert runner.asked.count(("a", "jax", ("10", "20"))) == 1
    assert values(tmp_path)[1] != values(tmp_path)[1]  # asv's way to write that it does not apply


def test_skips_alone_are_nothing_measured(make):
    skip = {"status": "skipped", "reason": "no"}
    wanted = {"numpy_10": [skip], "numpy_20": [skip], "jax_10": [skip], "jax_20": [skip]}
    assert make(Runner(**wanted)).run((Unit(NEW, Workshop()),)).exit_code is ExitCode.NOTHING_MEASURED


def test_a_thread_setting_that_means_nothing_fails_its_cells_alone(make):
    suite = benchmark(params=[["'gpu=1'", "1"], ["'numpy'"]], param_names=["threads", "backend"], group_by=["threads"])
    tally = make(Runner(), (suite,)).run((Unit(NEW, Workshop()),))
    assert [(cell.index, parts["reason"]) for cell, _, parts in tally.failed] == [
        (0, "threads='gpu=1': not understood")
    ]
    assert tally.measured == 2


# --- commits and environments


def test_a_commit_that_does_not_build_is_recorded_with_its_log_and_the_others_go_on(make, tmp_path):
    workshop = Workshop(failing={NEW: InstallFailed("aaaaaaaa does not build in env: error", "the whole log")})
    runner = Runner()
    tally = make(runner).run((Unit(NEW, workshop), Unit(OLD, workshop)))
    assert {commit for commit, _, _ in runner.asked} == {"b"}
    (failure,) = records(tmp_path)
    assert (failure["benchmark"], failure["params"], failure["status"]) == (None, {}, "failed")
    assert (failure["reason"], failure["stderr"]) == ("does not build", "the whole log")
    assert tally.broken == [("aaaaaaaa in env", "aaaaaaaa does not build in env: error")]
    assert tally.exit_code is ExitCode.BENCHMARK_FAILED


def test_a_commit_that_did_not_build_is_built_again_only_when_asked(make, tmp_path):
    broken = Workshop(failing={NEW: InstallFailed("no", "log")})
    make(Runner()).run((Unit(NEW, broken),))
    workshop = Workshop()
    tally = make(Runner()).run((Unit(NEW, workshop),))
    assert workshop.installed == []
    assert tally.exit_code is ExitCode.BENCHMARK_FAILED
    assert make(Runner(), retry_failed=True).run((Unit(NEW, workshop),)).measured == 8
    assert make(Runner()).run((Unit(NEW, workshop),)).exit_code is ExitCode.FINE


def test_an_environment_that_cannot_be_made_costs_only_what_needs_it(make):
    broken = Workshop("other", failing={"create": CreationFailed("no index", "Check the network.", "log")})
    runner = Runner()
    tally = make(runner).run((Unit(NEW, broken), Unit(NEW, Workshop())))
    assert tally.broken == [("aaaaaaaa in other", "no index")]
    assert (tally.measured, tally.exit_code) == (8, ExitCode.BENCHMARK_FAILED)


def test_a_result_file_that_cannot_be_read_is_set_aside_and_built_anew(make, tmp_path):
    make(Runner()).run((Unit(NEW, Workshop()),))
    path = tmp_path / "results" / "box" / "aaaaaaaa-env.json"
    path.write_text("{ this is cut off")
    second = make(Runner(), (benchmark(), benchmark("z.Z.measure")))
    second.run((Unit(NEW, Workshop()),))
    assert values(tmp_path)[0] == pytest.approx(1.05)
    assert values(tmp_path, "z.Z.measure")[0] == pytest.approx(1.05)
    assert path.with_suffix(".json.broken").read_text() == "{ this is cut off"
    assert "could not be read" in said(second)


def test_the_work_ahead_is_what_is_not_measured_yet(make):
    first = make(Runner())
    first.run((Unit(NEW, Workshop()),))
    assert first.progress.share.startswith("[100%")
    second = make(Runner())
    second.run((Unit(NEW, Workshop()),))
    assert second.progress.remaining == 0


# --- one at a time


def test_a_second_run_in_the_same_folder_is_refused_and_told_who_measures(tmp_path):
    project = builders.project(tmp_path)
    with only_one(project):
        with pytest.raises(UsageError) as caught, only_one(project):
            pass
        assert f"Another stallhorn run is measuring in {tmp_path} (process " in caught.value.what
    with only_one(project):
        pass


def test_a_run_that_fails_frees_the_folder(tmp_path):
    project = builders.project(tmp_path)
    with pytest.raises(ZeroDivisionError), only_one(project):
        raise ZeroDivisionError
    with only_one(project):
        pass


def test_what_a_killed_run_left_behind_stops_nobody(tmp_path):
    (tmp_path / ".stallhorn").mkdir()
    (tmp_path / ".stallhorn" / "running").write_text("process 1, since the beginning")
    (tmp_path / ".stallhorn" / "lock").touch()
    with only_one(builders.project(tmp_path)):
        pass


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / ".stallhorn").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="cannot be made"), only_one(builders.project(tmp_path)):
        pass


def test_git_does_not_see_the_folder_of_the_lock(tmp_path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    with only_one(builders.project(tmp_path)):
        pass
    asked = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert subprocess.run(asked, check=True, capture_output=True, text=True).stdout == ""
