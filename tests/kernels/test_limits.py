"""The kept examples of what Numba and JAX do not do: what comes of each, and that it shows when another thing does."""

import ast
import inspect
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from asv_runner import discovery

from benchmarks import limits
from benchmarks._limits import EXAMPLES, jax_, numba_, trial
from benchmarks._limits.declare import Outcome, _parts
from stallhorn.model import COUNTED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
PITFALLS = {
    *("does-not-compile", "object-mode", "parallel-without-effect", "nested-parallel", "stale-capture", "race"),
    *("recompilation", "compile-in-timing", "cache-never-warm", "precision-mismatch", "host-transfer"),
}
LINES = 30  # of an example, with its declaration and what it says about itself

every_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
REFUSED = EXAMPLES["numba-dict-argument"]


@pytest.fixture(scope="module")
def trials():
    """What comes of every example; two at a time."""
    with ThreadPoolExecutor(2) as pool:
        able = [example for example in EXAMPLES.values() if not trial.missing(example, find_spec)]
        yield {example.name: pool.submit(trial.look, example) for example in able}


@every_example
def test_what_is_declared_is_what_comes_of_it(example, trials):
    if example.name not in trials:
        pytest.skip(f"{trial.missing(example, find_spec)} is not installed")
    seen = trials[example.name].result()
    assert seen.value == example.declared_for(metadata.version(example.library)), seen.said
    assert example.says in seen.said
    assert "\n" not in seen.said
    assert trial.report(example, seen).split(": ")[1] == "as declared"


def test_another_outcome_than_the_declared_one_is_the_value_and_is_said(monkeypatch, capsys):
    monkeypatch.setitem(EXAMPLES, REFUSED.name, replace(REFUSED, declared={"": Outcome.WORKS}))
    assert limits.track_outcome(REFUSED.name) == Outcome.REFUSED
    said = capsys.readouterr().err
    assert "declared: works, seen: refused: TypingError: non-precise type pyobject" in said


def test_the_declared_outcome_with_another_error_is_said():
    other = replace(REFUSED, says="Unknown attribute")
    said = trial.report(other, trial.Seen(Outcome.REFUSED, "TypingError: non-precise type pyobject"))
    assert "as declared, in other words: refused: TypingError: non-precise" in said


def test_what_is_declared_depends_on_the_version():
    example = replace(REFUSED, declared={"": Outcome.REFUSED, "0.66": Outcome.WORKS, "0.100": Outcome.WRONG})
    declared = [example.declared_for(version) for version in ("0.61.2", "0.65.1", "0.66.0rc1", "0.68.1", "0.100.0")]
    assert declared == [Outcome.REFUSED, Outcome.REFUSED, Outcome.WORKS, Outcome.WORKS, Outcome.WRONG]
    assert _parts("0.62.0rc1") == (0, 62, 0)


def test_the_numbers_of_outcomes_stay_what_they_are():
    """They are series: 2 must not mean another thing tomorrow. Less is better, and none is 0, which has no ratio."""
    assert [(str(one), int(one)) for one in Outcome] == [
        *(("works", 1), ("no effect", 2), ("refused", 3), ("aborts", 4), ("wrong", 5)),
    ]


def test_an_example_that_cannot_be_tried_fails_instead_of_having_an_outcome():
    unknown = replace(REFUSED, run=test_an_example_that_cannot_be_tried_fails_instead_of_having_an_outcome)
    with pytest.raises(RuntimeError, match="KeyError"):
        trial.look(unknown)


def test_an_example_that_never_ends_fails(monkeypatch):
    monkeypatch.setattr(trial, "TIMEOUT", 0.01)
    with pytest.raises(RuntimeError, match=r"numba-dict-argument took longer than 0\.01 s"):
        trial.look(REFUSED)


def test_what_a_shell_sets_does_not_reach_an_example(monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    monkeypatch.setenv("JAX_ENABLE_X64", "1")
    assert trial.look(REFUSED).value == Outcome.REFUSED
    assert trial.look(EXAMPLES["jax-float32-default"]).value == Outcome.WRONG


@pytest.mark.parametrize(("library", "name"), [("numba", "numba-prod-axis"), ("pandas", "numba-pandas-series")])
def test_an_example_whose_library_is_not_installed_is_skipped(monkeypatch, library, name):
    monkeypatch.setattr("importlib.util.find_spec", lambda wanted: None if wanted == library else object())
    with pytest.raises(NotImplementedError, match=f"{library} is not installed in this environment"):
        limits.setup(name)


def test_every_function_of_the_examples_is_one_and_has_its_own_name():
    declared = [
        f"{module.__name__.rpartition('.')[2].rstrip('_')}-{node.name.replace('_', '-')}"
        for module in (numba_, jax_)
        for node in ast.parse(Path(module.__file__).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
    ]
    assert declared == list(EXAMPLES)


@every_example
def test_an_example_is_small_and_says_what_it_is_about(example):
    assert len(inspect.getsource(example.run).splitlines()) <= LINES
    assert example.about.endswith(".")
    assert example.pitfall in PITFALLS
    assert example.declared and "" in example.declared


@every_example
def test_the_page_has_every_example_with_what_is_declared(example):
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{example.name}` |")]
    assert all(example.put(value) in row for value in example.declared.values())
    assert all(f"{since}" in row for since in example.declared if since)
    assert example.says.replace("|", "\\|") in row


def test_asv_finds_the_three_series_with_what_the_host_reads():
    found = {one.name: one for one in discovery.disc_benchmarks(str(ROOT / "benchmarks")) if one.type == "track"}
    mine = {name.rpartition("_")[2]: one for name, one in found.items() if name.startswith("limits.")}
    assert set(mine) == {"outcome", "compiles", "transfers"}
    assert sum(len(one.params[0]) for one in mine.values()) == len(EXAMPLES)
    for kind, one in mine.items():
        names = [eval(text) for text in one.params[0]]
        assert all(EXAMPLES[name].kind == kind for name in names)
        assert one.unit.endswith(COUNTED)
        assert len(one.quick) == len(one.specimens) == len(names)
        assert one.version == "1"
    assert 5 <= sum(sum(one.quick) for one in mine.values()) <= 10


def test_importing_the_suite_imports_no_array_library():
    look = "import json, sys; import benchmarks.limits; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"numpy", "numba", "jax", "pandas", "llvmlite"} & set(json.loads(done.stdout))
