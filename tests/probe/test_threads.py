"""Thread settings: every way to write one, and what is said about those that mean nothing."""

import pytest
from asv_bench_stallhorn import threads
from asv_bench_stallhorn.threads import BadSetting, parse, redundant

EVERY_VARIABLE = {
    "NUMBA_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OMP_NUM_THREADS",
    "NPROC",
}


@pytest.mark.parametrize(("value", "count"), [(1, "1"), (3, "3"), ("3", "3"), (" 3 ", "3"), ("all", "8")])
def test_a_number_or_all_sets_every_pool(value, count):
    setting = parse(value, cores=8)
    assert setting.environment == dict.fromkeys(EVERY_VARIABLE, count)
    assert setting.asked == dict.fromkeys(("numba", "blas", "omp", "jax"), int(count))
    assert setting.most == int(count)
    assert setting.text == str(value).strip()


def test_a_named_pool_leaves_the_others_to_their_libraries():
    setting = parse("numba=2 blas=1", cores=8)
    assert setting.asked == {"numba": 2, "blas": 1}
    assert setting.environment["NUMBA_NUM_THREADS"] == "2"
    assert setting.environment["OPENBLAS_NUM_THREADS"] == "1"
    assert not {"NPROC", "OMP_NUM_THREADS"} & setting.environment.keys()
    assert setting.most == 2


@pytest.mark.parametrize(
    ("word", "variable", "value"),
    [
        ("jax=4", "NPROC", "4"),
        ("omp=4", "OMP_NUM_THREADS", "4"),
        ("numba=04", "NUMBA_NUM_THREADS", "4"),
        ("layer=workqueue", "NUMBA_THREADING_LAYER", "workqueue"),
        ("wait=passive", "OMP_WAIT_POLICY", "passive"),
    ],
)
def test_each_word_sets_its_variable(word, variable, value):
    assert parse(word, cores=8).environment == {variable: value}


def test_tbb_is_found_where_pip_puts_it(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    assert parse("layer=tbb", cores=8).environment == {"NUMBA_THREADING_LAYER": "tbb"}
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libtbb.so.12").touch()
    assert parse("layer=tbb", cores=8).environment["LD_LIBRARY_PATH"] == f"{tmp_path}/lib:/opt/lib"


def test_layer_and_wait_policy_ask_for_no_threads():
    setting = parse("layer=omp wait=active", cores=8)
    assert setting.asked == {}
    assert setting.most == 0


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("", ""),
        ("   ", ""),
        (0, "0"),
        (-1, "-1"),
        (2.0, "2.0"),
        (True, "True"),
        ("²", "²"),
        ("٣", "٣"),
        ("numba", "numba"),
        ("numba=", "numba="),
        ("numba=0", "numba=0"),
        ("numba=²", "numba=²"),
        ("numba=two", "numba=two"),
        ("numba=2,blas=1", "numba=2,blas=1"),
        ("gpu=1", "gpu=1"),
        ("layer=fast", "layer=fast"),
        ("blas=1 wait=2", "wait=2"),
        ("numba=2 numba=4", "numba=4"),
    ],
)
def test_what_is_not_understood_is_named_with_what_is(value, word):
    with pytest.raises(BadSetting) as caught:
        parse(value, cores=8)
    assert str(caught.value) == (
        f"threads={str(value).strip()!r}: {word!r} is not understood. Expected a positive number, 'all', or words out "
        "of: copies=COUNT, blas=COUNT, jax=COUNT, numba=COUNT, omp=COUNT, layer=omp|tbb|workqueue, wait=active|passive."
    )


@pytest.mark.parametrize(
    ("affinity", "limit", "cores"), [(8, None, 8), (8, 1.5, 2), (8, 0.5, 1), (2, 4.0, 2), (8, 2.0, 2)]
)
def test_cores_are_those_of_the_affinity_within_the_quota(monkeypatch, affinity, limit, cores):
    monkeypatch.setattr(threads, "affinity", lambda: affinity)
    monkeypatch.setattr(threads.cgroup, "quota", lambda: limit)
    assert threads.cores_available() == cores


def test_all_is_redundant_where_its_number_is_listed_too():
    assert redundant("all", [1, 2, "all"], cores=2) == "all cores are 2 here: measured as threads=2"
    assert redundant("all", ["1", "2", "all"], cores=2) is not None
    assert redundant("all", [1, 2, "all"], cores=4) is None
    assert redundant(2, [1, 2, "all"], cores=2) is None
    assert redundant("numba=2 blas=1", [2, "all", "numba=2 blas=1"], cores=2) is None
