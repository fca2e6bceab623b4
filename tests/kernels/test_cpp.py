"""The C++ peers are built where they run: what is kept, what is built anew, and what is said where it cannot be."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import refkernels
from refkernels import _cpp

SUBJECT = Path(_cpp.__file__).parent

try:
    refkernels.load("quadratic", "cpp")
    refkernels.load("fma", "cpp")
except refkernels.Unavailable as reason:
    pytest.skip(str(reason), allow_module_level=True)

REAL = os.environ.get("CXX") or next(name for name in _cpp.COMPILERS if _cpp.shutil.which(name))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "refkernels"


@pytest.fixture
def compiler(tmp_path, monkeypatch):
    """Puts a shell script in the compiler's place; it writes a line to a log at each start. Returns both."""
    program, log = tmp_path / "bin" / "c++", tmp_path / "log"
    program.parent.mkdir()

    def install(script='exec "$REAL" "$@"'):
        program.write_text(f'#!/bin/sh\necho "$*" >> {log}\n{script}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("REAL", REAL)
        monkeypatch.setenv("CXX", str(program))
        return log

    return install


def builds(log):
    return [line for line in log.read_text().splitlines() if "-shared" in line]


def reason_of(kernel="quadratic"):
    with pytest.raises(refkernels.Unavailable) as caught:
        _cpp.library(kernel)
    reason = str(caught.value)
    assert "\n" not in reason
    return reason


def root(library):
    a, b, c, out = np.array([1.0]), np.array([-3.0]), np.array([2.0]), np.zeros(1)
    library.quadratic_serial(*(_cpp.ctypes.c_void_p(_cpp.address(v)) for v in (a, b, c, out)), _cpp.ctypes.c_int64(1))
    return out[0]


# --- what is kept


def test_a_library_is_built_once_and_kept(cache, compiler):
    log = compiler()
    assert root(_cpp.library("quadratic")) == 2.0
    kept = list(cache.iterdir())
    assert [path.suffix for path in kept] == [".so"]
    assert root(_cpp.library("quadratic")) == 2.0
    assert len(builds(log)) == 1
    assert list(cache.iterdir()) == kept


@pytest.mark.parametrize("change", ["flags", "source", "compiler", "processor"])
def test_what_a_library_depends_on_is_in_its_name(cache, compiler, monkeypatch, change):
    log = compiler()
    _cpp.library("quadratic")
    flags = ()
    if change == "flags":
        flags = ("-ffp-contract=off",)
    elif change == "source":
        changed = cache.parent / "quadratic"
        changed.mkdir()
        text = (SUBJECT / "quadratic" / "quadratic.cpp").read_text()
        (changed / "quadratic.cpp").write_text(text + "// changed\n")
        monkeypatch.setattr(_cpp, "files", lambda package: changed)
    elif change == "compiler":
        compiler('[ "$1" = --version ] && echo another one && exit\nexec "$REAL" "$@"')
    else:
        monkeypatch.setattr(_cpp, "_processor", lambda: "another one")
    _cpp.library("quadratic", flags)
    assert len(builds(log)) == 2
    assert len(list(cache.iterdir())) == 2


def test_the_processor_is_told_by_more_than_its_name():
    told = _cpp._processor()
    assert told == _cpp._processor()
    if Path("/proc/cpuinfo").exists() and sys.platform == "linux":
        assert re.search("^(flags|Features)", told, re.MULTILINE)
    assert "MHz" not in told


LOAD = """
import refkernels, sys
import numpy as np
result = refkernels.load("quadratic", "cpp")(np.array([1.0]), np.array([-3.0]), np.array([2.0]))
print(result[0])
"""


def test_processes_that_build_at_once_do_not_disturb_each_other(cache, compiler):
    log = compiler('case "$*" in *-shared*) sleep 0.5;; esac\nexec "$REAL" "$@"')
    together = [subprocess.Popen([sys.executable, "-c", LOAD], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=120)[0].strip() for process in together] == ["2.0"] * 3
    assert len(list(cache.iterdir())) == 1
    assert len(builds(log)) > 1


def test_without_a_cache_a_library_is_built_for_this_process_alone(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")  # no folder can be made below a file, whoever asks
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "2.0", done.stderr
    assert list(tmp_path.iterdir()) == [blocked]


def test_without_a_home_there_is_no_cache_and_still_a_kernel(monkeypatch, tmp_path):
    def nobody(path):
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(_cpp.Path, "expanduser", nobody)
    monkeypatch.setattr(_cpp.tempfile, "tempdir", str(tmp_path))
    assert root(_cpp.library("quadratic")) == 2.0


def test_a_cache_that_may_only_be_read_is_read(cache, tmp_path, monkeypatch, compiler):
    log = compiler()
    _cpp.library("quadratic")
    kept = list(cache.iterdir())
    access = os.access
    monkeypatch.setattr(_cpp.os, "access", lambda path, mode: path != cache and access(path, mode))
    assert root(_cpp.library("quadratic")) == 2.0
    assert len(builds(log)) == 1
    monkeypatch.setattr(_cpp.tempfile, "tempdir", str(tmp_path))
    assert root(_cpp.library("quadratic", ("-ffp-contract=off",))) == 2.0
    assert len(builds(log)) == 2
    assert list(cache.iterdir()) == kept


# --- what is said where it cannot be built


def test_no_folder_at_all(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr(_cpp.tempfile, "tempdir", str(blocked))
    assert reason_of().startswith("there is no folder to build C++ in: ")


def test_no_compiler(monkeypatch, tmp_path):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert reason_of() == "there is no C++ compiler here (looked for c++, g++, clang++; CXX may name another)"


def test_a_compiler_that_is_asked_for_and_not_there(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler -g")
    assert reason_of() == "there is no C++ compiler 'no-such-compiler', which CXX names"


def test_options_that_come_with_the_compiler_are_kept(compiler, monkeypatch):
    log = compiler()
    monkeypatch.setenv("CXX", os.environ["CXX"] + " -g0")
    _cpp.library("quadratic")
    assert all(line.startswith("-g0 ") for line in log.read_text().splitlines())


def test_no_openmp_because_the_compiler_refuses_it(compiler):
    compiler(
        'case "$*" in *-fopenmp*) echo "clang++: error: unsupported option \'-fopenmp\'" >&2; exit 1;; esac\n'
        'exec "$REAL" "$@"'
    )
    assert reason_of().endswith("failed: clang++: error: unsupported option '-fopenmp'")


def test_no_openmp_because_the_compiler_ignores_it(compiler):
    compiler('for a; do shift; [ "$a" = -fopenmp ] || set -- "$@" "$a"; done\nexec "$REAL" "$@"')
    assert "this compiler has no OpenMP" in reason_of("quadratic")
    assert "this compiler has no OpenMP" in reason_of("fma")


def test_no_openmp_because_its_library_is_missing(compiler):
    compiler('for a; do shift; [ "$a" = -fopenmp ] && a="-fopenmp -lno-such"; set -- "$@" $a; done\nexec "$REAL" "$@"')
    reason = reason_of()
    assert "no-such" in reason
    assert "collect2" not in reason


def test_a_source_that_does_not_compile(compiler, monkeypatch, tmp_path):
    (tmp_path / "quadratic.cpp").write_text("#warning first\nint sound;\nint broken(\n")
    monkeypatch.setattr(_cpp, "files", lambda package: tmp_path)
    assert re.search(r":\d+:\d+: error: ", reason_of())


def test_a_compiler_that_fails_without_a_word(compiler):
    compiler("[ $1 = --version ] || exit 3")
    assert reason_of().endswith("failed: exit status 3")


def test_a_compiler_that_does_not_come_to_an_end(compiler, monkeypatch):
    compiler("[ $1 = --version ] || exec sleep 60")
    monkeypatch.setattr(_cpp, "SECONDS_TO_BUILD", 0.5)
    assert "does not run" in reason_of()


def test_a_library_that_cannot_be_loaded(cache, compiler):
    log = compiler('for a; do o=$a; done\n[ $1 = --version ] || echo "no library" > "$o"')
    assert "cannot be loaded" in reason_of()
    assert len(builds(log)) == 1


def test_nothing_is_left_of_a_build_that_failed(cache, compiler):
    compiler("[ $1 = --version ] || exit 1")
    reason_of()
    assert list(cache.iterdir()) == []


def test_the_reason_reaches_whoever_loads_the_kernel(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    for kernel in ("quadratic", "fma"):
        monkeypatch.delitem(sys.modules, f"refkernels.{kernel}.cpp_", raising=False)
        with pytest.raises(refkernels.Unavailable, match="no-such-compiler"):
            refkernels.load(kernel, "cpp")


# --- what it is built into


THREADS = """
import json, os
import numpy as np
import refkernels
n = 200_000
arguments = {"quadratic": [np.ones(n)] * 3, "fma": [np.ones(n), np.ones(2), np.ones(n), np.ones(n)]}
started = {}
for kernel, given in arguments.items():
    for variant in ("serial", "default"):
        before = len(os.listdir("/proc/self/task"))
        refkernels.load(kernel, "cpp", variant)(*given)
        started[f"{kernel} {variant}"] = len(os.listdir("/proc/self/task")) - before
print(json.dumps(started))
"""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted in /proc")
@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_is_openmps(threads):
    done = subprocess.run(
        [sys.executable, "-c", THREADS],
        env={**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    # The pool belongs to the process: the second kernel finds the first one's threads.
    assert json.loads(done.stdout) == {
        "quadratic serial": 0,
        "quadratic default": threads - 1,
        "fma serial": 0,
        "fma default": 0,
    }


def test_the_sources_travel_with_the_package():
    project = (SUBJECT.parent / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'\[tool\.setuptools\.package-data\]\n"\*" = \["\*\.cpp"\]\n', project)
    sources = list(SUBJECT.rglob("*.cpp"))
    assert {source.stem for source in sources} == {source.parent.name for source in sources} == {"quadratic", "fma"}
