"""What doctor says of the libraries of an environment: recorded findings of the probe, and one real interpreter.

No GPU, MKL or second OpenMP runtime is at hand; those findings are written as the libraries' documents say.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stallhorn.__main__ import main
from stallhorn.commands import _installation
from stallhorn.commands._checks import Check, Grade
from stallhorn.commands._installation import Installation, examine, inspect, look

OPENBLAS = {"library": "openblas", "version": "0.3.31", "threading": "pthreads"}
MKL = {"library": "mkl", "version": "2026.2", "threading": "intel"}
NO_TBB = "Problem with TBB. Reason: libtbb.so.12: cannot open shared object file: No such file or directory"
CPU = {"jax": "0.7.0", "jaxlib": "0.7.0"}
CUDA = {"nvidia-cudnn-cu12": "9.8", "nvidia-cublas-cu12": "12.8"}
GPU = {**CPU, **CUDA, "jax-cuda12-plugin": "0.7.0", "jax-cuda12-pjrt": "0.7.0"}
SOUND: dict[str, Any] = {
    "errors": {},
    "imports": {"numpy": "", "scipy": "", "numba": ""},
    "blas": [OPENBLAS],
    "openmp": ["libgomp.so.1.0.0"],
    "openmp_files": ["/usr/lib/libgomp.so.1.0.0"],
    "layers": {"tbb": NO_TBB, "omp": "", "workqueue": ""},
    "tbb_folders": [],
    "jax": "",
    "platforms": ["cpu"],
    "x64": False,
    "jax_remarks": [],
    "jax_wheels": CPU,
    "gpus": [],
}


def checks(**changes: object) -> list[Check]:
    return examine(Installation("env", {**SOUND, **changes}))


def warned(**changes: object) -> Check:
    """The one warning that a change brings."""
    (found,) = [check for check in checks(**changes) if check.grade is not Grade.OK]
    assert found.grade is Grade.WARNING and found.found and found.remedy
    return found


def test_a_sound_environment_has_no_remarks_and_says_what_it_has() -> None:
    told = {check.name: check.found for check in checks()}
    assert {check.grade for check in checks()} == {Grade.OK}
    assert told == {
        "env: BLAS": "openblas 0.3.31 (pthreads)",
        "env: OpenMP": "libgomp.so.1.0.0",
        "env: Numba's layers": "omp, workqueue can be loaded",
        "env: JAX": "jax 0.7.0 jaxlib 0.7.0 on cpu; makes float64 to float32 unless x64 is turned on",
    }


def test_libraries_that_are_not_installed_are_no_fault() -> None:
    bare = {"imports": {"numpy": None, "scipy": None, "numba": None}, "blas": None, "openmp": None, "layers": None}
    found = checks(**bare, jax=None, jax_wheels={}, platforms=None)
    assert [(check.name, check.grade) for check in found] == [("env: BLAS", Grade.OK)]


def test_an_environment_that_does_not_answer_is_no_warning() -> None:
    (check,) = examine(Installation("env", None, "not looked at: the probe is not installed there"))
    assert (check.grade, check.found) == (Grade.OK, "not looked at: the probe is not installed there")


@pytest.mark.parametrize("names", [["libgomp.so.1.0.0", "libiomp5.so"], ["libgomp.so.1.0.0", "libgomp-a34b.so.1.0.0"]])
def test_two_openmp_runtimes_are_named_with_their_files(names: list[str]) -> None:
    check = warned(openmp=names, openmp_files=[f"/somewhere/{name}" for name in names])
    assert check.name == "env: OpenMP" and all(name in check.found for name in names)
    assert f"/somewhere/{names[1]}" in check.remedy and "NUMBA_THREADING_LAYER=workqueue" in check.remedy


def test_a_tbb_that_the_loader_does_not_find_needs_its_folder_on_the_path() -> None:
    check = warned(tbb_folders=["/env/lib"])
    assert check.name == "env: layer tbb"
    assert "export LD_LIBRARY_PATH=/env/lib" in check.remedy


def test_a_tbb_that_is_too_old_needs_a_newer_one() -> None:
    problem = "Problem with TBB. Reason: The TBB threading layer requires TBB version 2021 update 6 or later"
    assert "pip install -U tbb" in warned(layers={**SOUND["layers"], "tbb": problem}).remedy


def test_a_missing_libgomp_takes_the_layer_omp_away() -> None:
    problem = "libgomp.so.1: cannot open shared object file: No such file or directory"
    check = warned(layers={**SOUND["layers"], "omp": problem}, openmp=[])
    assert problem in check.found and "libgomp1" in check.remedy


def test_numpy_and_scipy_with_different_blas_libraries_are_told() -> None:
    check = warned(blas=[MKL, OPENBLAS])
    assert check.found == "mkl 2026.2 (intel), openblas 0.3.31 (pthreads)"


def test_two_copies_of_one_blas_are_as_wheels_come() -> None:
    found = checks(blas=[OPENBLAS, {**OPENBLAS, "version": "0.3.30"}])
    assert {check.grade for check in found} == {Grade.OK}


def test_a_library_that_is_installed_and_does_not_import_is_told() -> None:
    assert "numpy is too new" in warned(imports={"numpy": "", "numba": "numpy is too new"}, layers=None).found
    problem = "jaxlib version 0.7.0 is newer than and incompatible with jax version 0.6.2"
    assert problem in warned(jax=problem, platforms=None).found


def test_a_part_that_died_is_told() -> None:
    assert "code -6" in warned(errors={"jax": "ended with code -6: out of luck"}, jax=None).found


# --- JAX's wheels


@pytest.mark.parametrize(
    ("wheels", "gpus", "platforms"),
    [
        (CPU, [], ["cpu"]),
        (GPU, ["nvidia"], ["cpu", "cuda"]),
        ({**GPU, "jax-cuda12-plugin": "0.7.0.post1"}, ["nvidia"], ["cpu", "cuda"]),
        ({**CPU, "nvidia-ml-py": "12.5"}, [], ["cpu"]),
        ({"jax": "0.4.20", "jaxlib": "0.4.20+cuda12.cudnn89", **CUDA}, ["nvidia"], ["cpu", "cuda"]),
        ({**CPU, "jax-rocm60-plugin": "0.7.0", "jax-rocm60-pjrt": "0.7.0"}, ["amd"], ["cpu", "rocm"]),
    ],
)
def test_wheels_that_belong_together_are_fine(wheels: dict[str, str], gpus: list[str], platforms: list[str]) -> None:
    found = checks(jax_wheels=wheels, gpus=gpus, platforms=platforms)
    assert {check.grade for check in found} == {Grade.OK}


@pytest.mark.parametrize(
    ("wheels", "gpus", "platforms", "found", "remedy"),
    [
        ({**CPU, **CUDA}, [], ["cpu"], "without a jax-cuda plug-in", "pip uninstall nvidia-cublas-cu12 nvidia-cudnn"),
        (
            {**CPU, "jax-cuda12-pjrt": "0.7.0"},
            [],
            ["cpu"],
            "jax-cuda12-pjrt 0.7.0 without",
            "uninstall jax-cuda12-pjrt",
        ),
        ({**GPU, "jax-cuda12-plugin": "0.6.2"}, ["nvidia"], None, "is 0.6.2, jaxlib is 0.7.0", "'jax[cuda12]'"),
        ({**CPU, **CUDA, "jax-cuda12-plugin": "0.7.0"}, ["nvidia"], None, "without jax-cuda12-pjrt", "'jax[cuda12]'"),
        (GPU, [], ["cpu"], "there is none here", "pip uninstall jax-cuda12-pjrt jax-cuda12-plugin nvidia-cublas-cu12"),
        (CPU, ["nvidia"], ["cpu"], "beside an NVIDIA GPU", "JAX_PLATFORMS=cpu"),
        (GPU, ["nvidia"], ["cpu"], "JAX does not use it", "nvidia-smi"),
        (
            {**GPU, "jax-cuda13-plugin": "0.7.0", "jax-cuda13-pjrt": "0.7.0"},
            ["nvidia"],
            None,
            "several plug-ins",
            "uninstall the others",
        ),
    ],
)
def test_wheels_that_do_not_belong_together_are_named_with_the_way_out(
    wheels: dict[str, str], gpus: list[str], platforms: list[str] | None, found: str, remedy: str
) -> None:
    check = warned(jax_wheels=wheels, gpus=gpus, platforms=platforms)
    assert check.name == "env: JAX's wheels"
    assert found in check.found and remedy in check.remedy


def test_what_jax_says_itself_is_passed_on_unless_it_is_explained_already() -> None:
    remark = "JAX plugin jax_cuda12_plugin version 0.6.2 is installed, but it is not compatible"
    assert warned(jax_remarks=[remark]).found == remark
    explained = warned(
        jax_remarks=[remark], jax_wheels={**GPU, "jax-cuda12-plugin": "0.6.2"}, gpus=["nvidia"], platforms=None
    )
    assert explained.name == "env: JAX's wheels"


# --- asking interpreters


def interpreter(folder: Path, script: str) -> Path:
    """A program that stands for an environment's Python."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return python


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'No module named asv_bench_stallhorn.installation' >&2; exit 1", "the probe is not installed"),
        ("echo 'Illegal instruction' >&2; exit 132", "it cannot be looked at: Illegal instruction"),
        ("exit 3", "it cannot be looked at: no message"),
        ("echo 'not json'", "it cannot be looked at"),
    ],
)
def test_an_interpreter_that_tells_nothing_has_a_reason(tmp_path: Path, script: str, why: str) -> None:
    found = inspect("env", interpreter(tmp_path, script))
    assert found.found is None and why in found.why


def test_an_interpreter_that_does_not_start_has_a_reason(tmp_path: Path) -> None:
    assert "does not start" in inspect("env", tmp_path / "none").why


def test_what_a_library_prints_before_the_answer_does_no_harm(tmp_path: Path) -> None:
    assert inspect("env", interpreter(tmp_path, "echo welcome; echo '{\"gpus\": []}'")).found == {"gpus": []}


def test_environments_have_the_names_that_people_gave_their_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_installation, "inspect", lambda name, python: Installation(name, None, str(python)))
    noted = {"0a": {"python": "3.11", "requirements": {"numba": "0.61.2", "jax": ""}}, "0b": {"requirements": []}}
    for folder, content in noted.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "asv-env-info.json").write_text(json.dumps(content))
    (tmp_path / "no environment").mkdir()
    assert [(one.name, one.why) for one in look(tmp_path)] == [
        ("py3.11 jax numba0.61.2", str(tmp_path / "0a/bin/python")),
        ("0b", str(tmp_path / "0b/bin/python")),
        ("this Python", sys.executable),
    ]
    assert [one.name for one in look(None)] == ["this Python"]


@pytest.fixture
def found_by_doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """doctor, in an empty folder, with these findings instead of an interpreter's."""
    findings = dict(SOUND)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_installation, "inspect", lambda name, _python: Installation(name, findings))
    yield findings


def test_the_command_says_what_is_wrong_and_what_to_do(
    found_by_doctor: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found_by_doctor["tbb_folders"] = ["/env/\x1b[2Jlib"]
    assert main(["doctor", "--seconds", "0.05"]) == 0
    out = capsys.readouterr().out
    assert "this Python: BLAS" in out
    assert "export LD_LIBRARY_PATH=/env/\\x1b[2Jlib." in out  # a folder's name steers no terminal
    assert "this Python: layer tbb" in out.strip().splitlines()[-1]


def test_on_request_the_command_looks_at_the_machine_alone(
    found_by_doctor: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--seconds", "0.05", "--machine-only"]) == 0
    assert "this Python: BLAS" not in capsys.readouterr().out


@pytest.mark.integration
def test_this_interpreter_is_looked_at_for_real() -> None:
    pytest.importorskip("asv_bench_stallhorn")
    (found,) = look(None)
    assert found.found is not None, found.why
    assert "this Python: BLAS" in [check.name for check in examine(found)]
