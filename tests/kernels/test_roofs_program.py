"""benchmarks/_roofs.py: what it prints can be read, is what a machine can do, and its loops are not optimised away."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stallhorn.store.roofs import parse

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "_roofs.py"
spec = importlib.util.spec_from_file_location("roofs_program", PROGRAM)
roofs_program = importlib.util.module_from_spec(spec)
spec.loader.exec_module(roofs_program)


def caches(folder: Path, *entries: tuple[int, int, str, str, str]) -> Path:
    """A folder like the system's: (cpu, index, level, type, size) and which processors share it."""
    for cpu, index, described, size, shared in entries:
        place = folder / f"cpu{cpu}" / "cache" / f"index{index}"
        place.mkdir(parents=True)
        level, kind = described.split()
        for name, text in (("level", level), ("type", kind), ("size", size), ("shared_cpu_list", shared)):
            (place / name).write_text(f"{text}\n")
    return folder


@pytest.fixture
def two_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A first cache for each core, and one that they share."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    return caches(
        tmp_path,
        (0, 0, "1 Data", "48K", "0"),
        (0, 1, "1 Instruction", "32K", "0"),
        (0, 2, "3 Unified", "32768K", "0-1"),
        (1, 0, "1 Data", "48K", "1"),
        (1, 1, "1 Instruction", "32K", "1"),
        (1, 2, "3 Unified", "32768K", "0-1"),
    )


def test_a_thread_has_its_own_caches_and_all_threads_have_all(two_cores: Path) -> None:
    assert roofs_program.cache_sizes(1, two_cores) == [(1, 48 * 2**10), (3, 32 * 2**20)]
    assert roofs_program.cache_sizes(2, two_cores) == [(1, 96 * 2**10), (3, 32 * 2**20)]


def test_a_cache_that_cannot_be_read_is_left_out(two_cores: Path) -> None:
    (two_cores / "cpu0" / "cache" / "index2" / "size").unlink()
    (two_cores / "cpu1" / "cache" / "index2" / "size").write_text("unknown\n")
    assert roofs_program.cache_sizes(1, two_cores) == [(1, 48 * 2**10)]


def test_without_any_size_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="how large the caches are"):
        roofs_program.cache_sizes(1, tmp_path)


def test_memory_is_read_far_beyond_the_caches_as_far_as_there_is_room() -> None:
    cache = 32 * 2**20
    assert roofs_program.beyond(cache, None) == roofs_program.beyond(cache, 2**40) == 8 * cache
    assert roofs_program.beyond(cache, 4 * 5 * cache) == 5 * cache
    with pytest.raises(SystemExit, match="only 128 MiB are free"):
        roofs_program.beyond(cache, 4 * cache)


def taken(*spans: float, cpu: float = 1.0) -> list[list[object]]:
    """Windows of one thread, which had its core for this share of the time."""
    return [[roofs_program.Ended(0.0, span, span * cpu) for span in spans]]


def test_windows_go_on_until_three_undisturbed_ones_agree() -> None:
    agreed = [3.0] * 9 + [1.0, 1.01, 1.015]
    assert roofs_program._enough(taken(*agreed))
    assert not roofs_program._enough(taken(*agreed[1:]))  # too few
    assert not roofs_program._enough(taken(*[3.0] * 10, 1.0, 1.01))
    assert not roofs_program._enough(taken(*agreed, cpu=0.5))
    assert roofs_program._enough(taken(*[3.0] * 149, 1.0))  # a machine that is never quiet


def test_a_window_lasts_from_the_first_start_to_the_last_end() -> None:
    window = [roofs_program.Ended(1.0, 2.0, 1.0), roofs_program.Ended(1.5, 3.0, 1.0)]
    assert roofs_program._span(window) == 2.0


@pytest.fixture(scope="module")
def printed() -> str:
    done = subprocess.run([sys.executable, str(PROGRAM), "1"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_it_prints_can_be_read(printed: str) -> None:
    found = parse(printed)
    assert set(found.by_threads) == {1}
    assert found.cores >= 1
    assert found.measured is not None
    assert "numba" in dict(found.versions)
    assert set(found.by_threads[1].seconds) == {"cos", "log", "exp", "div", "sqrt"}


def test_the_roofs_are_what_a_machine_can_do(printed: str) -> None:
    """A loop that the compiler had removed would be far above, one that it does not vectorise below."""
    roof = parse(printed).by_threads[1]
    assert 5e8 < roof.memory < roof.caches[0].bandwidth < 5e12
    assert 1e9 < roof.flops < 64 * 8e9
    # A function is ten or more operations on each element, and no slower than the scalar one of the C library.
    assert all(5 / (64 * 8e9) < seconds < 50e-9 for seconds in roof.seconds.values())
