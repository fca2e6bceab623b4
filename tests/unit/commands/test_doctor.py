"""doctor: what each reading means, and that it reads this machine for real."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stallhorn.__main__ import main
from stallhorn.commands._checks import Grade
from stallhorn.commands._readings import Readings, quota, read
from stallhorn.commands.doctor import conclusion, examine

FIT = Readings(
    cores=4,
    affinity=4,
    quota=None,
    load=0.1,
    foreign=0.01,
    window=1.0,
    stolen=0.0,
    smt=False,
    governor="performance",
    turbo=False,
    compiler="/usr/bin/cc",
    git="git version 2.39",
    python="3.11.7",
    openmp="libgomp.so.1",
    free_disk=50 * 2**30,
    available_memory=8 * 2**30,
    writable=True,
    environments=2,
    hosted="Linux",
)
UNKNOWN = replace(
    FIT, cores=None, affinity=None, load=None, foreign=None, stolen=None, smt=None, governor=None, turbo=None
)


def test_a_fit_machine_has_no_remarks() -> None:
    checks = examine(FIT)
    assert {check.grade for check in checks} == {Grade.OK}
    assert not any(check.remedy for check in checks)
    assert conclusion(checks) == "This machine is fit to measure."


def test_what_a_system_does_not_tell_is_no_warning() -> None:
    unknown = replace(UNKNOWN, free_disk=None, available_memory=None)
    assert {check.grade for check in examine(unknown)} == {Grade.OK}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"foreign": 0.5}, "other processes"),
        ({"load": 3.0}, "load"),
        ({"stolen": 0.1}, "hypervisor"),
        ({"affinity": 2}, "cores"),
        ({"cores": 1, "affinity": 1}, "cores"),
        ({"quota": 1.5}, "quota"),
        ({"smt": True}, "hardware threads"),
        ({"governor": "powersave"}, "governor"),
        ({"turbo": True}, "turbo"),
        ({"available_memory": 2**28}, "memory"),
        ({"compiler": None}, "compiler"),
        ({"openmp": None}, "OpenMP"),
        ({"free_disk": 2**28, "environments": 0}, "disk"),
        ({"environments": None}, "environments"),
    ],
)
def test_a_warning_says_what_was_found_and_what_to_do(change: dict[str, object], name: str) -> None:
    checks = examine(replace(FIT, **change))
    warned = [check for check in checks if check.grade is not Grade.OK]
    assert [(check.name, check.grade) for check in warned] == [(name, Grade.WARNING)]
    assert warned[0].found and warned[0].remedy
    assert name in conclusion(checks)


@pytest.mark.parametrize(
    ("change", "name"), [({"git": None}, "git"), ({"writable": False}, "results"), ({"free_disk": 2**20}, "disk")]
)
def test_a_problem_is_what_makes_measuring_impossible(change: dict[str, object], name: str) -> None:
    checks = examine(replace(FIT, **change))
    assert [check.name for check in checks if check.grade is Grade.PROBLEM] == [name]
    assert conclusion(checks) == f"This machine cannot measure: {name}."


def test_a_quota_as_large_as_the_machine_is_no_limit() -> None:
    assert all(check.grade is Grade.OK for check in examine(replace(FIT, quota=4.0)))


def groups(tmp_path: Path, lines: str, **files: str) -> float | None:
    (tmp_path / "cgroup").write_text(lines)
    for name, content in files.items():
        path = tmp_path / "fs" / name.replace("__", "/").replace("--", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return quota(tmp_path / "cgroup", tmp_path / "fs")


def test_without_control_groups_there_is_no_quota(tmp_path: Path) -> None:
    assert quota(tmp_path / "missing", tmp_path) is None
    assert groups(tmp_path, "nonsense\n0::\n:::\n") is None


def test_version_2_takes_the_smallest_of_the_group_and_those_around_it(tmp_path: Path) -> None:
    files = {"a__b__cpu--max": "300000 100000\n", "a__cpu--max": "150000 100000\n", "cpu--max": "max 100000\n"}
    assert groups(tmp_path, "0::/a/b\n", **files) == 1.5


def test_version_2_inside_a_container_reads_the_top(tmp_path: Path) -> None:
    assert groups(tmp_path, "0::/only/the/host/has/this\n", **{"cpu--max": "50000 100000"}) == 0.5


def test_version_1_reads_quota_and_period(tmp_path: Path) -> None:
    files = {"cpu,cpuacct__x__cpu--cfs_quota_us": "200000", "cpu,cpuacct__x__cpu--cfs_period_us": "100000"}
    assert groups(tmp_path, "4:memory:/x\n3:cpu,cpuacct:/x\n", **files) == 2.0


@pytest.mark.parametrize("content", ["max 100000", "-1 100000", "", "a b c", "5 0"])
def test_no_limit_and_nonsense_are_no_quota(tmp_path: Path, content: str) -> None:
    assert groups(tmp_path, "0::/\n", **{"cpu--max": content}) is None


def test_this_machine_can_be_read(tmp_path: Path) -> None:
    found = read(tmp_path / "results" / "of nobody", None, 0.05)
    assert found.cores is not None and found.cores >= 1
    assert found.free_disk is not None and found.free_disk > 0
    assert found.writable
    assert found.foreign is not None and found.foreign >= 0
    assert found.environments is None


def test_the_command_prints_a_line_for_each_check_and_a_conclusion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--machine-only", "--seconds", "0.05"]) == 0
    out = capsys.readouterr().out
    assert "git version" in out and "there is no asv.conf.json here" in out
    assert out.strip().splitlines()[-1].startswith("This machine")


def test_without_git_the_exit_code_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert main(["doctor", "--machine-only", "--seconds", "0.05"]) == 2
    assert "cannot measure: git" in capsys.readouterr().out


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9"])
def test_a_watch_of_no_time_is_a_usage_error(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", f"--seconds={seconds}"]) == 2
    assert "above 0 s" in capsys.readouterr().err
