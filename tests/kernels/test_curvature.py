"""curvature: T^T w T of a sparse T, within 1e-13 of the largest value, in every variant."""

import subprocess
import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import refkernels
from refkernels.curvature.numba_ import PIXELS, STEP, TILE

TRANSFORMED = {"grad", "vmap"}

# Run in a new process: the last number of w is the last of its page, and the page behind it may not be touched.
AT_THE_EDGE = """
import ctypes, mmap, numpy as np, refkernels
kernel = refkernels.load("curvature", "numba")
for points in (7, 8, 31, 33, 40, 700):
    pages = (8 * points * points + mmap.PAGESIZE - 1) // mmap.PAGESIZE
    memory = mmap.mmap(-1, (pages + 1) * mmap.PAGESIZE)
    begin = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    behind = ctypes.c_void_p(begin + pages * mmap.PAGESIZE)
    assert ctypes.CDLL(None).mprotect(behind, ctypes.c_size_t(mmap.PAGESIZE), 0) == 0
    numbers = np.frombuffer(memory, count=pages * mmap.PAGESIZE // 8)
    w = numbers[numbers.size - points * points :].reshape(points, points)
    indices, weights = np.arange(3 * points).reshape(points, 3) % 19, np.ones((points, 3))
    w[...] = 1
    assert kernel(w, indices, weights, 19).sum() == 9 * points * points
print("done")
"""
NAMES = [pair for pair in refkernels.variants("curvature") if pair[1] not in TRANSFORMED]
TABLE_ONLY = {pair for pair in NAMES if "compact" in pair[1] or "preload" in pair[1]}
DENSE_ONLY = {("numpy", "original"), ("jax", "jax"), ("jax", "jax_BCOO"), ("numba", "numba"), ("numba", "numba_sparse")}
SPREADS_NAN = {("numpy", "original"), ("numba", "numba"), ("jax", "jax"), ("jax", "jax_BCOO")}

pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered")


class Problem:
    """A table on a grid of `side`, `points` places on it, and a T with up to three entries in a row."""

    def __init__(self, side=5, points=18, pixels=11, most=3, seed=0):
        random = np.random.default_rng(seed)
        self.pixels = pixels
        self.table = random.normal(size=(side, 2 * side - 1))
        places = random.permutation(side * side)[:points]
        self.offsets = np.stack([places // side, places % side], axis=1)
        self.indices = random.integers(-1, pixels, (points, most))
        self.weights = random.normal(size=(points, most))

    def dense(self):
        """The rule for the entry of two points, entry by entry."""
        side = len(self.table)
        w = np.empty((len(self.offsets), len(self.offsets)))
        for i, a in enumerate(self.offsets.tolist()):
            for j, b in enumerate(self.offsets.tolist()):
                m, n = a[0] - b[0], a[1] - b[1]
                w[i, j] = self.table[-m, -n + side - 1] if m < 0 else self.table[m, n + side - 1]
        return w

    def arguments(self, table):
        if table:
            return self.table, self.indices, self.weights, self.pixels, self.offsets
        return self.dense(), self.indices, self.weights, self.pixels


def reference(w, indices, weights, pixels):
    """The formula, in extended precision."""
    mapping = np.zeros((len(indices), pixels), dtype=np.longdouble)
    for m, row in enumerate(indices.tolist()):
        for b, s in enumerate(row):
            if s >= 0:
                mapping[m, s] += weights[m, b]
    return mapping.T @ w.astype(np.longdouble) @ mapping


def assert_close(result, exact):
    assert result.dtype == np.float64
    assert result.shape == exact.shape
    assert np.max(np.abs(np.asarray(result) - exact), initial=0) <= 1e-13 * np.max(np.abs(exact), initial=0)


def forms(pair):
    return [table for table, never in ((False, TABLE_ONLY), (True, DENSE_ONLY)) if pair not in never]


CASES = [(*pair, table) for pair in NAMES for table in forms(pair)]
DEFAULTS = [case for case in CASES if case[1] == "default"]


def identify(case):
    backend, variant, table = case
    return f"{backend}-{variant}-{'table' if table else 'dense'}"


@pytest.fixture(params=CASES, ids=identify)
def case(request):
    """(kernel, the arguments of a problem in the form that it takes), for every variant and form."""
    backend, variant, table = request.param
    return refkernels.load("curvature", backend, variant), lambda problem: problem.arguments(table)


@pytest.fixture(params=DEFAULTS, ids=identify)
def best(request):
    backend, variant, table = request.param
    return refkernels.load("curvature", backend, variant), lambda problem: problem.arguments(table)


def check_case(case, problem):
    kernel, form = case
    assert_close(kernel(*form(problem)), reference(*problem.arguments(False)))


def test_values(case):
    check_case(case, Problem())


def test_more_source_pixels_than_points(case):
    check_case(case, Problem(side=4, points=3, pixels=40))


@pytest.mark.parametrize(("points", "pixels", "most"), [(0, 4, 3), (5, 0, 3), (5, 4, 0), (0, 0, 0), (1, 1, 1)], ids=str)
def test_nothing_or_one(case, points, pixels, most):
    problem = Problem(points=points, pixels=max(1, pixels), most=most)
    problem.pixels = pixels
    problem.indices = np.minimum(problem.indices, pixels - 1)
    check_case(case, problem)


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("pixels", [7, 8, 9, PIXELS, PIXELS + 1, 3 * PIXELS - 1])
def test_blocks_of_source_pixels(pixels, table):
    check_case(numba_default(table), Problem(pixels=pixels))


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("points", [7, 8, 9, STEP - 1, STEP, STEP + 1, TILE - 1, TILE, TILE + 5])
def test_blocks_of_points(points, table):
    check_case(numba_default(table), Problem(side=23, points=points, pixels=PIXELS + 3))


def numba_default(table):
    return refkernels.load("curvature", "numba"), lambda problem: problem.arguments(table)


def test_points_in_the_order_of_the_grid(best):
    problem = Problem(side=9, points=81, pixels=20)
    order = np.lexsort(problem.offsets.T[::-1])[5:-3]
    problem.offsets = problem.offsets[order]
    problem.indices, problem.weights = problem.indices[order], problem.weights[order]
    check_case(best, problem)


def test_two_points_at_one_place(best):
    problem = Problem()
    problem.offsets[3] = problem.offsets[7]
    check_case(best, problem)


@pytest.mark.parametrize("pair", [pair for pair in NAMES if pair not in TABLE_ONLY], ids="-".join)
def test_a_matrix_that_is_not_symmetric(pair):
    w = np.random.default_rng(1).normal(size=(18, 18))
    arguments = w, *Problem().arguments(False)[1:]
    assert_close(refkernels.load("curvature", *pair)(*arguments), reference(*arguments))


def test_a_pixel_that_is_there_twice_counts_twice(case):
    problem = Problem()
    problem.indices[:, 1] = problem.indices[:, 0]
    check_case(case, problem)


def test_no_pixel_may_stand_anywhere_and_its_weight_is_not_looked_at(case):
    problem = Problem()
    problem.indices[:4] = [[-1, 2, 3], [2, -1, 3], [2, 3, -1], [-1, -1, -1]]
    problem.weights[problem.indices < 0] = np.nan
    check_case(case, problem)


def test_a_pixel_of_no_point_has_a_row_and_a_column_of_zeros(case):
    kernel, form = case
    problem = Problem()
    problem.indices[problem.indices == 4] = 5
    result = np.asarray(kernel(*form(problem)))
    assert not result[4].any() and not result[:, 4].any()
    assert result[5, 5] != 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("pair", [pair for pair in NAMES if pair not in TABLE_ONLY], ids="-".join)
def test_what_is_not_finite_reaches_what_it_is_part_of(pair, value):
    problem = Problem()
    problem.weights = np.abs(problem.weights)
    w, indices, weights, pixels = problem.arguments(False)
    indices[2], indices[9] = [1, -1, 4], [7, -1, -1]
    w[2, 9] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        result = np.asarray(refkernels.load("curvature", *pair)(w, indices, weights, pixels))
    reached = np.zeros((pixels, pixels), dtype=bool)
    reached[np.ix_([1, 4], [7])] = True
    if pair in SPREADS_NAN:
        assert not np.isfinite(result[reached]).any()
    else:
        np.testing.assert_array_equal(~np.isfinite(result), reached)
        np.testing.assert_array_equal(result[reached], value)


@pytest.mark.parametrize("pair", sorted(TABLE_ONLY), ids="-".join)
def test_what_is_not_finite_in_the_table_reaches_what_it_is_part_of(pair):
    problem = Problem(points=2)
    problem.offsets[:] = [[0, 0], [1, 2]]
    problem.indices, problem.weights = np.array([[1, -1, 4], [7, -1, -1]]), np.ones((2, 3))
    problem.table[1, 2 + 4] = np.nan
    result = np.asarray(refkernels.load("curvature", *pair)(*problem.arguments(True)))
    reached = np.zeros((11, 11), dtype=bool)
    reached[[1, 4], 7] = reached[7, [1, 4]] = True
    np.testing.assert_array_equal(np.isnan(result), reached)


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.uint16])
def test_any_integers(best, kind):
    problem = Problem()
    problem.indices = np.abs(problem.indices).astype(kind)
    problem.offsets = problem.offsets.astype(kind)
    check_case(best, problem)


def test_single_precision_is_computed_in_double(best):
    kernel, form = best
    problem = Problem()
    problem.table, problem.weights = problem.table.astype(np.float32), problem.weights.astype(np.float32)
    w, *rest = form(problem)
    assert_close(kernel(w.astype(np.float32), *rest), reference(*problem.arguments(False)))


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda v: np.repeat(v, 2, axis=0)[::2], lambda v: v[::-1][::-1]])
def test_memory_layouts(best, layout):
    kernel, form = best
    arguments = [layout(values) if isinstance(values, np.ndarray) else values for values in form(Problem())]
    assert_close(kernel(*arguments), reference(*Problem().arguments(False)))


def test_inputs_are_left_alone_and_may_be_read_only(case):
    kernel, form = case
    arguments = form(Problem())
    for values in arguments:
        if isinstance(values, np.ndarray):
            values.flags.writeable = False
    assert_close(kernel(*arguments), reference(*Problem().arguments(False)))
    assert all(np.array_equal(*pair) for pair in zip(arguments, form(Problem()), strict=True))


def replaced(arguments, position, value):
    return tuple(value if index == position else values for index, values in enumerate(arguments))


SHAPES = [
    (0, lambda v: v[:-1]),
    (1, lambda v: v[:-1]),
    (2, lambda v: v[:, :-1]),
    (1, lambda v: v[0]),
    (0, lambda v: v[0]),
]


@pytest.mark.parametrize(("position", "change"), SHAPES)
def test_shapes_that_do_not_fit_are_refused(case, position, change):
    kernel, form = case
    arguments = form(Problem())
    with pytest.raises(ValueError, match=r"curvature: expected .* got"):
        kernel(*replaced(arguments, position, change(arguments[position])))


@pytest.mark.parametrize("change", [lambda v: v[:-1], lambda v: v[:, :1], lambda v: v[0]])
def test_offsets_that_do_not_fit_are_refused(case, change):
    kernel, form = case
    arguments = form(Problem())
    if len(arguments) == 5:
        with pytest.raises(ValueError, match=r"curvature: expected offsets of shape \(18, 2\), got"):
            kernel(*arguments[:4], change(arguments[4]))


@pytest.mark.parametrize("value", [-2, 11, 2**40, -(2**40)])
def test_an_index_out_of_range_is_refused(case, value):
    kernel, form = case
    problem = Problem()
    problem.indices[17, 2] = value
    with pytest.raises(ValueError, match="curvature: expected indices from -1 to 10, got"):
        kernel(*form(problem))


@pytest.mark.parametrize("value", [-1, 5, 2**40])
def test_an_offset_off_the_grid_is_refused(case, value):
    kernel, form = case
    problem = Problem()
    arguments = form(problem)
    if len(arguments) == 5:
        problem.offsets[3, 1] = value
        with pytest.raises(ValueError, match="curvature: expected offsets from 0 to 4, got"):
            kernel(*arguments)


def test_indices_that_are_no_integers_are_refused(case):
    kernel, form = case
    arguments = form(Problem())
    for position in (1, 4)[: len(arguments) - 3]:
        with pytest.raises(ValueError, match="of an integer type, got float64"):
            kernel(*replaced(arguments, position, arguments[position].astype(np.float64)))


def test_a_negative_number_of_pixels_is_refused(case):
    kernel, form = case
    with pytest.raises(ValueError, match="expected pixels of at least 0, got -1"):
        kernel(*replaced(form(Problem()), 3, -1))


@pytest.mark.parametrize("pair", sorted(TABLE_ONLY), ids="-".join)
def test_a_dense_matrix_where_a_table_belongs_is_refused(pair):
    with pytest.raises(ValueError, match="expected a table and offsets, got no offsets"):
        refkernels.load("curvature", *pair)(*Problem().arguments(False))


@pytest.mark.parametrize("pair", sorted(DENSE_ONLY), ids="-".join)
def test_a_table_where_a_dense_matrix_belongs_is_refused(pair):
    with pytest.raises(ValueError, match="expected a dense w, got a table with offsets"):
        refkernels.load("curvature", *pair)(*Problem().arguments(True))


@pytest.mark.parametrize("table", [False, True])
def test_the_gradient_is_that_of_the_sum(table):
    problem = Problem()
    w, indices, weights, pixels, *offsets = problem.arguments(table)
    of_w, of_weights = refkernels.load("curvature", "jax", "grad")(w, indices, weights, pixels, *offsets)

    def total(w, weights):
        problem.table = w
        return reference(problem.dense() if table else w, indices, weights, pixels).sum()

    random = np.random.default_rng(2)
    for position, found in ((0, of_w), (1, of_weights)):
        assert found.shape == (w, weights)[position].shape
        step = [np.zeros(w.shape), np.zeros(weights.shape)]
        step[position] = random.normal(size=step[position].shape)
        slope = (total(w + step[0], weights + step[1]) - total(w - step[0], weights - step[1])) / 2
        assert abs(np.sum(np.asarray(found) * step[position]) - slope) < 1e-10


def test_a_batch_is_its_members_one_by_one():
    members = [Problem(seed=seed).arguments(False)[:3] for seed in range(3)]
    result = refkernels.load("curvature", "jax", "vmap")(*map(np.stack, zip(*members, strict=True)), 11)
    assert result.shape == (3, 11, 11)
    for one, member in zip(result, members, strict=True):
        assert_close(one, reference(*member, 11))


def test_a_batch_whose_members_do_not_fit_is_refused():
    w, indices, weights, pixels = Problem().arguments(False)
    vmap = refkernels.load("curvature", "jax", "vmap")
    for wrong in (
        (w[None, :-1], indices[None], weights[None]),
        (w, indices, weights),
        (w[None], indices, weights[None]),
    ):
        with pytest.raises(ValueError, match="curvature: expected"):
            vmap(*wrong, pixels)
    with pytest.raises(ValueError, match="expected indices from -1 to 4, got"):
        vmap(w[None], indices[None], weights[None], 5)


@pytest.mark.parametrize("variant", [variant for backend, variant in NAMES if backend == "jax"])
def test_jax_takes_its_own_arrays(variant):
    arguments = Problem().arguments("compact" in variant)
    result = refkernels.load("curvature", "jax", variant)(*map(jnp.asarray, arguments))
    assert isinstance(result, jnp.ndarray)
    assert_close(result, reference(*Problem().arguments(False)))


def test_jax_within_a_function_that_is_compiled():
    w, indices, weights, pixels = Problem().arguments(False)
    kernel = refkernels.load("curvature", "jax")
    result = jax.jit(lambda *arrays: kernel(*arrays, pixels))(w, indices, weights)
    assert_close(result, reference(w, indices, weights, pixels))


def test_nothing_behind_the_matrix_is_read():
    done = subprocess.run([sys.executable, "-c", AT_THE_EDGE], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
