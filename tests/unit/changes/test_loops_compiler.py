"""Compiled loops say what plain ones say; and where they cannot be compiled, or kept, plain ones do the work."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from stallhorn.changes import steps
from stallhorn.changes.loops import compiler


def test_two_threads_say_what_one_says(compiled: dict[str, Any]) -> None:
    assert compiled["two threads are one"]
    assert compiled["found"] > 2000


# --- without Numba

WITHOUT = """
import json, sys
sys.modules["numba"] = None
import numpy as np
from stallhorn.changes import detect, steps
from stallhorn.changes.loops import compiler
steps.MANY = steps.COLD = 0
values = np.exp(np.random.default_rng(1).normal(0, 0.01, 60) + 0.2 * (np.arange(60) >= 30)).tolist()
print(json.dumps([detect([{"values": values}]) for _ in range(2)]), compiler.compiled(), compiler.is_compiled())
"""


def test_without_numba_plain_loops_do_the_work() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[[[30]], [[30]]] False False\n", "")


# --- when it is worth it


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done, from a process that judged nothing yet."""
    done: list[str] = []
    monkeypatch.setattr(steps, "_judged", 0)
    monkeypatch.setattr(compiler, "_done", False)
    monkeypatch.setattr(compiler, "compiled", lambda: done.append("compiled") or True)
    monkeypatch.setattr(compiler, "is_kept", lambda: done.append("looked") or False)
    return done


def test_few_points_are_judged_at_once(count: list[str]) -> None:
    for _ in range(4):
        steps.prepare(1_000)
    assert count == []


def test_what_was_kept_is_used_for_some_points(count: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "is_kept", lambda: True)
    steps.prepare(4_000)
    assert count == []
    steps.prepare(1)
    assert count == ["compiled"]


def test_without_anything_kept_it_takes_many_points(count: list[str]) -> None:
    steps.prepare(100_000)
    assert count == ["looked"]
    steps.prepare(1)
    assert count == ["looked", "compiled"]


def test_once_compiled_nothing_is_looked_for(count: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_done", True)
    steps.prepare(50_000)
    steps.prepare(500_000)
    assert count == []


# --- where it is kept


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)


@pytest.mark.usefixtures("nowhere")
def test_code_is_kept_beside_the_sources_where_that_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert compiler._folder().parent == Path(str(compiler.__file__)).parent / "__pycache__"


@pytest.mark.usefixtures("nowhere")
def test_code_is_kept_with_the_user_where_it_cannot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert compiler._folder().parent == tmp_path / ".cache"
    assert not compiler.is_kept()


def test_code_is_kept_where_numba_was_told_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert not compiler.is_kept()
    kept = compiler._folder() / "loops_1" / "eliminate.judge_all-1.py311.1.nbc"
    kept.parent.mkdir(parents=True)
    assert not compiler.is_kept()
    kept.touch()
    assert compiler.is_kept()


def test_a_change_of_any_source_is_another_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folders = set()
    sources = [tmp_path / f"{name}.py" for name in "ab"]
    monkeypatch.setattr(compiler, "MODULES", [SimpleNamespace(__file__=str(source)) for source in sources])
    for texts in ("", ""), ("x", ""), ("x", "y"):
        for source, text in zip(sources, texts, strict=True):
            source.write_text(text)
        folders.add(compiler._folder())
    assert len(folders) == 3


def judge_all() -> int:
    return 1


def inner() -> int:
    return 2


def test_where_no_folder_can_be_written_it_is_compiled_without_keeping() -> None:
    def njit(**options: object) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function 'judge_all': no locator available")
        return lambda function: (function, options)

    function, options = compiler._compiled(njit, judge_all, keep=True)  # type: ignore[misc]
    assert function is judge_all
    assert options["cache"] is False
    assert options["nogil"]


def test_only_what_python_calls_gets_an_entrance_and_is_kept() -> None:
    def njit(**options: object) -> Any:
        return lambda function: options

    assert compiler._compiled(njit, judge_all, keep=True)["cache"] is True  # type: ignore[index]
    options: Any = compiler._compiled(njit, inner, keep=True)
    assert "cache" not in options
    assert options["no_cpython_wrapper"]


def test_numba_is_told_of_the_folder_for_no_longer_than_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    config = SimpleNamespace(CACHE_DIR="theirs", LOOP_VECTORIZE=1, SLP_VECTORIZE=1)
    with pytest.raises(ZeroDivisionError), compiler._kept_in(config):
        assert Path(config.CACHE_DIR).parent == tmp_path
        raise ZeroDivisionError
    assert vars(config) == {"CACHE_DIR": "theirs", "LOOP_VECTORIZE": 1, "SLP_VECTORIZE": 1}


def test_functions_are_those_of_the_module_itself() -> None:
    module = ModuleType("made")
    exec("from math import sqrt\nfrom statistics import median\ndef own():\n    pass\nNUMBER = 1", vars(module))
    assert [name for name, _ in compiler._functions(module)] == ["own"]


def test_every_entrance_is_a_function_of_the_loops() -> None:
    names = {name for module in compiler.MODULES for name in vars(module)}
    assert set(compiler.ENTRANCES) <= names


def test_on_a_full_disk_it_is_compiled_without_keeping(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def replace(functions: object, njit: object, keep: bool) -> None:
        asked.append(keep)
        if keep:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(compiler, "_done", False)
    monkeypatch.setattr(compiler, "_replace", replace)
    assert compiler.compiled()
    assert asked == [True, False]


def test_nobody_replaces_loops_that_are_running(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = threading.Event()
    monkeypatch.setattr(compiler, "_done", False)
    monkeypatch.setattr(compiler, "_replace", lambda *_, **__: replaced.set())
    with compiler.steady():
        other = threading.Thread(target=compiler.compiled)
        other.start()
        assert not replaced.wait(0.2)
    other.join(30)
    assert replaced.is_set()
