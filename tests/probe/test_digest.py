"""Accounts of values: what they tell apart, what they leave out, and that they are always plain JSON."""

import array
import itertools
import json
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
from asv_bench_stallhorn import digest
from asv_bench_stallhorn.digest import bytes_of, dtypes_of, held, of, of_benchmark

EMPTY = {"finite": True, "sum": 0.0, "norm": 0.0, "sample": []}


def test_an_array_is_described_by_its_sum_its_norm_and_some_of_its_values():
    assert of(np.array([[3.0, -4.0], [0.0, 12.0]])) == {
        "finite": True,
        "sum": 11.0,
        "norm": 13.0,
        "sample": [3.0, -4.0, 0.0, 12.0],
    }


def test_values_are_sampled_at_fixed_places_evenly_spread_with_the_ends():
    sample = of(np.arange(1000.0))["sample"]
    assert len(sample) == digest.PLACES
    assert (sample[0], sample[-1]) == (0.0, 999.0)
    assert {int(b - a) for a, b in itertools.pairwise(sample)} == {32, 33}


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "int64", "float16", "float32", "float64", "longdouble"])
def test_every_kind_of_number_counts(dtype):
    assert of(np.ones(5, dtype)) == {"finite": True, "sum": 5.0, "norm": pytest.approx(5**0.5), "sample": [1.0] * 5}


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_a_complex_number_counts_as_two(dtype):
    seen = of(np.array([1 + 2j, 3 - 4j], dtype))
    assert seen == {"finite": True, "sum": 2.0, "norm": pytest.approx(30**0.5), "sample": [1.0, 2.0, 3.0, -4.0]}


@pytest.mark.parametrize(
    "value",
    [
        np.arange(24.0).reshape(4, 6).T,
        np.asfortranarray(np.arange(24.0).reshape(4, 6).T),
        np.arange(48.0).reshape(6, 8)[::2, ::2],
        np.arange(24.0)[::-1],
        np.broadcast_to(np.arange(4.0), (6, 4)),
        np.arange(24.0).astype(">f8"),
    ],
)
def test_the_layout_of_an_array_does_not_matter(value):
    seen, plain = of(value), of(np.ascontiguousarray(value).astype("f8"))
    assert seen["sample"] == plain["sample"]
    assert (seen["sum"], seen["norm"]) == (pytest.approx(plain["sum"]), pytest.approx(plain["norm"]))


Point = namedtuple("Point", "x y")


@dataclass
class Record:
    name: str
    values: object


@pytest.mark.parametrize(
    "value",
    [
        (np.array([1.0, 2.0]), np.array(3.0)),
        [1, 2.0, np.float32(3)],
        {"a": 1.0, "b": [2, {"c": (3,)}]},
        Point(np.array([1.0]), [2.0, 3.0]),
        Record("name", np.array([1, 2, 3])),
        ("text", None, 1, print, True + 1, [], 3),
    ],
)
def test_numbers_are_found_wherever_they_stand(value):
    seen = of(value)
    assert (seen["sum"], seen["sample"]) == (6.0, [1.0, 2.0, 3.0])
    assert seen["norm"] == pytest.approx(14**0.5)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        [],
        {},
        print,
        np.array(["text"]),
        np.array([object()]),
        np.zeros(2, [("a", "f8")]),
        np.float64,
        {1},
    ],
)
def test_what_holds_no_number_has_no_account(value):
    assert of(value) is None


def test_an_empty_array_has_an_account():
    assert of(np.zeros((0, 3))) == EMPTY
    assert of((np.zeros(0), np.zeros(0, complex))) == EMPTY
    assert of((np.zeros(0), 5.0, np.zeros(0)))["sample"] == [5.0]


def test_dates_count_as_the_numbers_that_they_are():
    assert of(np.array(["1970-01-02", "1970-01-03"], "M8[D]"))["sum"] == 3.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_told_and_left_out_of_the_sums(bad):
    for value in (np.array([3.0, bad, 4.0]), [3.0, bad, 4.0]):
        assert of(value) == {"finite": False, "sum": 7.0, "norm": 5.0, "sample": [3.0, None, 4.0]}
    assert of(np.array([complex(3.0, bad)]))["sample"] == [3.0, None]
    assert of(np.full(4, bad))["sum"] == 0.0


@pytest.mark.parametrize(
    "value",
    [
        np.array([np.nan, np.inf, 1e308, 1e308]),
        np.full(10, 1.7e308),
        [1.7e308] * 10,
        np.array([np.longdouble("1e4000")]) if np.finfo(np.longdouble).maxexp > 2000 else np.inf,
        10**400,
        complex("nan+infj"),
        np.array([5e-324]),
        np.array(["NaT"], "M8[s]"),
    ],
)
def test_an_account_is_always_plain_json(value):
    text = json.dumps(of(value), allow_nan=False)
    assert json.loads(text)["finite"] in (True, False)


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30, 1e200])
def test_the_norm_of_very_small_and_very_large_numbers_is_right(scale):
    assert of(np.array([3.0, 4.0]) * scale)["norm"] == pytest.approx(5 * scale, rel=1e-14, abs=0)
    assert of((np.array([3.0]) * scale, 4 * scale))["norm"] == pytest.approx(5 * scale, rel=1e-14, abs=0)


def test_sums_go_over_every_entry_of_an_array_that_is_read_in_pieces():
    values = np.arange(300_001, dtype="i4")
    assert of(values)["sum"] == 300_000 * 300_001 / 2
    values[123_456] += 1
    assert of(values)["sum"] == 300_000 * 300_001 / 2 + 1


@pytest.mark.parametrize("order", ["C", "F"])
def test_of_a_huge_array_only_some_entries_are_read(order, monkeypatch):
    monkeypatch.setattr(digest, "WHOLE", 8000)
    monkeypatch.setattr(digest, "SPREAD", 100)
    seen = of(np.arange(10_000.0).reshape((100, 100), order="C").copy(order=order))
    assert seen["sum"] == sum(range(0, 10_000, 100))
    assert (seen["sample"][0], seen["sample"][-1]) == (0.0, 9900.0)


def test_a_list_that_is_very_long_or_holds_itself_ends():
    assert of(list(range(10**6)))["sample"][-1] == 999_999.0
    loop = [1.0]
    loop += [loop] * 1000
    assert of([loop, loop])["sum"] == 2.0


class Unreadable:
    """Like an array of JAX whose memory was given away."""

    dtype, shape = np.dtype("f8"), (3,)

    def __array__(self, *_args, **_kwargs):
        raise RuntimeError("Array has been deleted.")


def test_an_array_that_cannot_be_read_is_left_out():
    assert of(Unreadable()) is None
    assert of((Unreadable(), 2.0))["sum"] == 2.0


def test_arrays_of_jax_count_like_others():
    jax = pytest.importorskip("jax")
    values, reals = jax.numpy.arange(4, dtype="int32"), 1.5 * jax.numpy.arange(4, dtype="float32")
    assert of({"a": values, "b": (reals,)})["sum"] == 15.0
    assert of(jax.numpy.ones(3, jax.numpy.bfloat16))["norm"] == pytest.approx(3**0.5)
    assert of(jax.random.key(0)) is None  # not numbers
    assert dtypes_of([values, reals, jax.numpy.ones(3, jax.numpy.bfloat16)], floating=True) == [
        "float32",
        "bfloat16",
    ]
    assert bytes_of((values, np.zeros(3))) == 16 + 24
    assert jax.jit(lambda x: x + len(str(of(x))))(values).shape == (4,)  # a tracer has no values


# --- what a benchmark holds


class Suite:
    params = ([np.zeros(100)],)  # what the parameter can be, not what it is
    table = np.array([100.0])

    def __init__(self):
        self.out = np.array([1.0, 2.0])
        self.n = 7
        self.started = 1234.5
        self.parts = {"a": np.array([3], np.int32), "same": self.out}

    def measure(self, n):
        pass


def test_where_nothing_is_returned_the_arrays_of_the_benchmark_tell():
    seen = of_benchmark(Suite(), [np.array([5.0]), 3, "text"])
    assert seen["sample"] == [1.0, 2.0, 3.0, 100.0, 5.0]  # by name, then parameters; each array once; no plain numbers


def test_a_benchmark_without_arrays_has_no_account():
    assert of_benchmark(object(), [1, "a"]) is None
    assert of_benchmark(None) is None


def test_what_a_benchmark_holds_has_a_size_and_dtypes():
    arrays = held(Suite(), (np.zeros(2, np.float32),))
    assert bytes_of(arrays) == 16 + 4 + 8 + 8
    assert dtypes_of(arrays) == ["float64", "int32", "float32"]
    assert dtypes_of(arrays, floating=True) == ["float64", "float32"]


def test_what_holds_no_array_has_no_size():
    assert bytes_of((1, 2.0, "text", None, array.array("d", [1.0]))) is None
    assert dtypes_of([1, 2.0]) == []


def test_a_view_of_an_array_counts_with_its_own_size_and_the_same_array_once():
    values = np.zeros(10)
    assert bytes_of([values, values, values[:5]]) == 80 + 40


def test_nothing_is_imported_for_an_account():
    code = (
        "import sys\n"
        "from asv_bench_stallhorn import digest\n"
        "print(digest.of([1, 2j, (3.0,)]), digest.of_benchmark(object()), 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = {"finite": True, "sum": 6.0, "norm": 14**0.5, "sample": [1.0, 0.0, 2.0, 3.0]}
    assert done.stdout.startswith(str(expected)[:45])
    assert done.stdout.split()[-2:] == ["None", "False"]
