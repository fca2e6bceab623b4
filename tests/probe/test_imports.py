"""The watch over imports, on stand-ins for the watched libraries and a clock that they turn as they load.

Each test is a process of its own: what a process has imported cannot be undone.
"""

import os
import subprocess
import sys
from pathlib import Path

import asv_bench_stallhorn
import pytest

PREAMBLE = """
import sys, types
from asv_bench_stallhorn import imports
hand = types.ModuleType("hand")
hand.now = 0.0
sys.modules["hand"] = hand
imports.time = types.SimpleNamespace(perf_counter=lambda: hand.now)
watch, told = imports.Watch(), []
watch.install()
"""


@pytest.fixture
def python(tmp_path):
    """Runs code in a new process where `libraries` (name -> source) can be imported, and returns what it prints."""

    def run(code, **libraries):
        for name, source in libraries.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").write_text("import hand\n" + source)
        path = os.pathsep.join([str(tmp_path), str(Path(asv_bench_stallhorn.__file__).parents[1])])
        done = subprocess.run(
            [sys.executable, "-c", PREAMBLE + code],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run


def test_nothing_is_timed_before_an_import(python):
    assert python("print(watch.seconds, watch.take())").stdout == "0.0 0.0\n"


def test_one_library_inside_another_counts_once(python):
    done = python(
        "import numba; print(watch.seconds)",
        numba="hand.now += 3\nimport numpy\nhand.now += 1",
        numpy="hand.now += 2",
    )
    assert done.stdout == "6.0\n"


def test_libraries_beside_one_another_add_up_and_each_is_told_once(python):
    done = python(
        "import numpy\nprint(watch.take())\nimport jax, numpy\nprint(watch.take(), watch.take(), watch.seconds)",
        numpy="hand.now += 2",
        jax="import numpy\nhand.now += 5",
    )
    assert done.stdout == "2.0\n5.0 0.0 7.0\n"


def test_what_is_not_watched_is_not_timed(python):
    assert python("import other; print(watch.seconds)", other="hand.now += 2").stdout == "0.0\n"


def test_a_listener_is_called_once_right_after_its_library(python):
    done = python(
        "watch.after('numba', lambda: told.append(('numba', hand.now, sys.modules['numba'].ready)))\n"
        "import numba, numpy, numba\nsys.modules.pop('numba')\nimport numba\nprint(told)",
        numba="import numpy\nhand.now += 1\nready = True",
        numpy="",
    )
    assert done.stdout == "[('numba', 1.0, True)]\n"


def test_a_listener_for_a_library_that_is_there_is_called_at_once(python):
    done = python("import jax\nwatch.after('jax', lambda: told.append('jax'))\nprint(told)", jax="")
    assert done.stdout == "['jax']\n"


def test_a_listener_that_fails_costs_its_facts_and_not_the_import(python):
    done = python("watch.after('numba', lambda: 1 / 0)\nimport numba\nprint(numba.ready)", numba="ready = True")
    assert done.stdout == "True\n"
    assert done.stderr == "stallhorn: no compile events of numba: ZeroDivisionError('division by zero')\n"


def test_the_module_keeps_the_real_loader(python):
    done = python(
        "import importlib.machinery, importlib.resources, numpy\n"
        "loader = numpy.__loader__\n"
        "print(type(loader) is importlib.machinery.SourceFileLoader, numpy.__spec__.loader is loader)\n"
        "print(importlib.resources.files('numpy').joinpath('__init__.py').is_file(), loader.get_filename())",
        numpy="answer = 42",
    )
    facts, file = done.stdout.split("\n")[:2]
    assert facts == "True True"
    assert file.startswith("True ") and file.endswith("numpy/__init__.py")


def test_an_import_that_fails_fails_as_it_would_and_the_next_is_timed_again(python):
    done = python(
        "watch.after('jax', lambda: told.append('jax'))\n"
        "try:\n    import jax\nexcept ImportError as error:\n    print(error)\n"
        "hand.mended = True\nimport jax\nprint(watch.seconds, told)",
        jax="hand.now += 1\nif not hasattr(hand, 'mended'): raise ImportError('jax is broken')",
    )
    assert done.stdout == "jax is broken\n2.0 ['jax']\n"


def test_a_library_that_is_not_there_is_missing_as_without_a_watch(tmp_path):
    code = (
        PREAMBLE + "try:\n    import numba\nexcept ModuleNotFoundError as error:\n    print(error.name, watch.seconds)"
    )
    path = str(Path(asv_bench_stallhorn.__file__).parents[1])
    # -S: no site-packages, so none of the watched libraries can be found.
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.stdout == "numba 0.0\n"
