"""What a project says its parameters stand for: taken as written, and a clear word about what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from builders import project

from stallhorn.errors import UsageError
from stallhorn.model import Benchmark, Project
from stallhorn.settings import read_settings, with_roles
from stallhorn.sweeps.roles import families, roles

Write = Callable[[str], Project]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Project:
        (tmp_path / "pyproject.toml").write_text(text)
        return project(tmp_path)

    return written


def test_without_a_file_nothing_is_said(tmp_path: Path) -> None:
    assert with_roles(project(tmp_path)).roles == {}


@pytest.mark.parametrize("text", ["", "[tool.stallhorn]", "[tool.stallhorn.roles]", "[tool.stallhorn.changes]\ntail=3"])
def test_a_file_without_roles_says_nothing(write: Write, text: str) -> None:
    assert with_roles(write(text)).roles == {}


def test_names_are_kept_in_their_order_and_roles_are_guessed_by_them(write: Write) -> None:
    said = with_roles(write('[tool.stallhorn.roles]\nsize = ["mesh", "n"]\nbackend = ["solver"]\n')).roles
    assert said == {"size": ("mesh", "n"), "backend": ("solver",)}
    sizes = ("1", "2", "3")
    found = roles(Benchmark("a.B.c", "time", "seconds", "1", ("n", "mesh", "solver"), (sizes, sizes, ("'x'",))), said)
    assert (found.size, found.backend) == ("mesh", "solver")


def test_families_follow_what_is_said() -> None:
    names = ("a.Solve.run", "a.SolveJax.run")
    suite = {name: Benchmark(name, "time", "seconds", "1", ("solver",), (("'x'",),)) for name in names}
    assert [each.benchmarks for each in families(suite)] == [(name,) for name in names]
    assert [each.benchmarks for each in families(suite, {"backend": ("solver",)})] == [names]


def test_the_settings_about_changes_do_not_mind_the_roles(write: Write) -> None:
    both = write('[tool.stallhorn.roles]\nsize = ["mesh"]\n[tool.stallhorn.changes]\ntail = 5\n')
    assert read_settings(both).tail == 5
    assert with_roles(both).roles == {"size": ("mesh",)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.stallhorn.roles]\nsizes = ['n']", ("sizes", "size, backend, variant, threads")),
        ("[tool.stallhorn.roles]\nsize = 'n'", ("'n'", "a list of names")),
        ("[tool.stallhorn.roles]\nsize = []", ("[]", "a list of names")),
        ("[tool.stallhorn.roles]\nsize = ['']", ("['']", "a list of names")),
        ("[tool.stallhorn.roles]\nsize = [3]", ("[3]", "a list of names")),
        ("[tool.stallhorn.roles]\nsize = ['n']\nthreads = ['n']", ("`n` is both size and threads", "one role")),
        ("[tool.stallhorn]\nroles = 3", ("tool.stallhorn.roles is 3", "a table")),
        ("[tool.stallhorn.roles", ("cannot be read", "Correct the file")),
    ],
)
def test_what_cannot_be_meant_is_an_error_that_names_the_file(write: Write, text: str, words: tuple[str, ...]) -> None:
    made = write(text)
    with pytest.raises(UsageError) as caught:
        with_roles(made)
    assert all(word in str(caught.value) for word in ("pyproject.toml", *words))
