"""Environments that cannot be made, and machines that lack something: the network, a Python, a compiler."""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest
from workplace import PYPROJECT, SUBJECT, Workplace

# Every way to an index is shut: a closed port of this machine for those that insist.
NOWHERE = "http://127.0.0.1:9/simple"
NO_NETWORK = {
    "PIP_NO_INDEX": "1",
    "PIP_INDEX_URL": NOWHERE,
    "PIP_EXTRA_INDEX_URL": "",
    "PIP_FIND_LINKS": "",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_RETRIES": "0",
    "UV_OFFLINE": "1",
    "UV_INDEX_URL": NOWHERE,
    "UV_DEFAULT_INDEX": NOWHERE,
    "VIRTUALENV_NO_DOWNLOAD": "1",
    "http_proxy": NOWHERE,
    "https_proxy": NOWHERE,
}
NEW = SUBJECT + "\nNEW = 1\n"
MISSING = "3.99"
PRESENT = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def prepared(project: Workplace) -> Workplace:
    """A project whose environment exists, with a commit that no environment has seen."""
    assert project.run().code == 0
    project.commit("New", {"subject/toysubject/__init__.py": NEW})
    return project


def test_no_network_while_the_environment_exists(prepared: Workplace) -> None:
    done = prepared.run(**NO_NETWORK)
    assert done.code == 0, done.said
    assert [one["status"] for one in prepared.records()] == ["ok", "ok"]


def test_no_network_and_no_environment(project: Workplace, tmp_path: Path) -> None:
    project.configure(env_dir=str(tmp_path / "environments"))
    done = project.run(**NO_NETWORK)
    assert done.code == 2, done.said
    assert "could not be created" in done.err
    assert "Creating one needs a package index: check the network and the versions" in done.err
    assert "Traceback" not in done.err
    again = project.run("--dry-run", **NO_NETWORK)
    assert again.code == 3, again.said  # half an environment is not taken for a whole one


def test_no_python_that_is_wanted(project: Workplace) -> None:
    project.configure(pythons=[MISSING])
    done = project.run()
    assert done.code == 2, done.said
    assert "No environment of asv.conf.json can be made here" in done.err
    assert MISSING in done.err
    assert "Install the Python versions that `pythons` names" in done.err


def test_one_of_two_pythons_is_missing(project: Workplace) -> None:
    project.configure(pythons=[MISSING, PRESENT])
    done = project.run()
    assert done.code == 0, done.said
    assert "that environment is left out" in done.err
    assert MISSING in done.err
    assert [one["status"] for one in project.records()] == ["ok", "ok"]


COMPILER = re.compile(r"(^|.*-)(cc|gcc|g\+\+|c\+\+|c89|c99|clang|clang\+\+|cpp|icc|tcc|zig)(-[\d.]+)?$")


@pytest.fixture
def no_compiler(tmp_path: Path) -> dict[str, str]:
    """A PATH with everything that this machine's has, but for its compilers."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for tool in Path(place).glob("*"):
            if not COMPILER.match(tool.name) and not (folder / tool.name).exists():
                (folder / tool.name).symlink_to(tool)
    assert shutil.which("git", path=str(folder))
    assert not any(shutil.which(name, path=str(folder)) for name in ("cc", "gcc", "clang"))
    return {"PATH": str(folder)}


def test_no_compiler_is_needed_for_pure_python(prepared: Workplace, no_compiler: dict[str, str]) -> None:
    done = prepared.run(**no_compiler)
    assert done.code == 0, done.said
    assert [one["status"] for one in prepared.records()] == ["ok", "ok"]


def test_a_build_that_needs_a_compiler_says_so(prepared: Workplace, no_compiler: dict[str, str]) -> None:
    compiled = PYPROJECT + '\n[[tool.setuptools.ext-modules]]\nname = "toysubject.fast"\nsources = ["fast.c"]\n'
    files = {"subject/pyproject.toml": compiled, "subject/fast.c": "int fast;\n"}
    prepared.commit("Compile", files)
    done = prepared.run("HEAD~3..HEAD", **no_compiler)
    assert done.code == 4, done.said
    (failed,) = prepared.records()
    compiler = str(sysconfig.get_config_var("CC")).split()[0]
    assert (failed["benchmark"], failed["status"], failed["reason"]) == (None, "failed", "does not build")
    assert re.search(f"error: .*'{compiler}'", failed["stderr"])
    assert re.search(f"does not build in [^ ]+: error: .*'{compiler}'", done.err)
    assert [one["status"] for one in prepared.records("HEAD~1")] == ["ok", "ok"]


def test_git_is_missing(project: Workplace, tmp_path: Path) -> None:
    done = project.run(PATH=str(tmp_path))
    assert done.code == 2, done.said
    assert "git is not installed." in done.err
    assert "Install it" in done.err
