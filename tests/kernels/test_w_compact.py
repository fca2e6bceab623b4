"""w_compact: w_tilde on a regular grid as a table of distances, within 1e-13 sum(1/n^2), in every backend."""

import jax.numpy as jnp
import numpy as np
import pytest
import refkernels

RESULTS = [pair for pair in refkernels.variants("w_compact") if pair[1] not in ("grad", "vmap", "expanded")]
EXPANDED = [pair for pair in refkernels.variants("w_compact") if pair[1] == "expanded"]


@pytest.fixture(params=RESULTS, ids=" ".join)
def w_compact(request):
    return refkernels.load("w_compact", *request.param)


@pytest.fixture(params=EXPANDED, ids=" ".join)
def expanded(request):
    return refkernels.load("w_compact", *request.param)


def problem(side, visibilities, seed=0):
    """Arguments of w_compact on a grid over the square [-1, 1)^2, with phases below 20 turns."""
    random = np.random.default_rng(seed)
    return (
        random.uniform(0.5, 2, visibilities),
        random.uniform(-5, 5, (visibilities, 2)),
        side,
        2 / max(1, side),
    )


def reference(n_k, u_k, side, pixel):
    """The formula as it is written, one visibility after the other, in extended precision."""
    n_k, u_k = (np.asarray(values, dtype=np.longdouble) for values in (n_k, u_k))
    pi = 4 * np.arctan(np.longdouble(1))
    m, n = np.arange(side)[:, None], np.arange(1 - side, max(side, 1 - side))
    table = np.zeros((side, len(n)), dtype=np.longdouble)
    for noise, (u, v) in zip(n_k, u_k, strict=True):
        turns = np.longdouble(pixel) * (n * u - m * v)
        table += np.cos(2 * pi * (turns - np.rint(turns))) / noise**2
    return table


def assert_close(result, *arguments, turns=20):
    """Within 1e-13 of the total weight for phases up to ten turns, and as much more as there are more turns."""
    exact = reference(*arguments)
    assert result.dtype == np.float64
    assert result.shape == exact.shape
    difference = np.abs(np.asarray(result) - exact)
    assert np.max(difference, initial=0) <= 1e-13 * (turns / 10) * np.sum(1 / arguments[0] ** 2)


@pytest.mark.parametrize(
    ("side", "visibilities"),
    [(0, 5), (4, 0), (1, 1), (2, 3), (16, 17), (33, 10), (70, 129)],
)
def test_values(w_compact, side, visibilities):
    arguments = problem(side, visibilities)
    result = w_compact(*arguments)
    assert result.shape == ((side, 2 * side - 1) if side else (0, 0))
    if side:
        assert_close(result, *arguments)


def test_more_visibilities_than_one_block_holds(w_compact):
    arguments = problem(3, 20_000)
    assert_close(w_compact(*arguments), *arguments)


def test_columns_go_with_u_and_rows_with_v(w_compact):
    """One baseline along x of a quarter turn for each step: the columns are its cosines, in every row."""
    along_x = np.asarray(w_compact(np.ones(1), np.array([[1.0, 0.0]]), 3, 0.25))
    along_y = np.asarray(w_compact(np.ones(1), np.array([[0.0, 1.0]]), 3, 0.25))
    np.testing.assert_allclose(along_x, [[-1, 0, 1, 0, -1]] * 3, atol=1e-15)
    np.testing.assert_allclose(along_y, [[1] * 5, [0] * 5, [-1] * 5], atol=1e-15)


def test_the_sign_of_a_distance_matters_when_both_axes_have_one(w_compact):
    """cos(n a - m b) with a = b = an eighth of a turn: 1 on the diagonal to the right, 0 on the one to the left."""
    table = np.asarray(w_compact(np.ones(1), np.array([[1.0, 1.0]]), 2, 0.125))
    np.testing.assert_allclose(table[1], [0, np.sqrt(0.5), 1], atol=1e-15)


@pytest.mark.parametrize(("side", "visibilities"), [(1, 4), (2, 4), (5, 65), (8, 0)])
def test_expanded_is_w_tilde_on_the_grid(expanded, side, visibilities):
    n_k, u_k, side, pixel = problem(side, visibilities)
    rows, columns = np.indices((side, side)).reshape(2, -1)
    grid = np.stack([-pixel * rows + 0.3, pixel * columns - 0.8], axis=1)
    dense = refkernels.load("w_tilde", "numpy")(n_k, u_k, grid)
    result = np.asarray(expanded(n_k, u_k, side, pixel))
    assert result.shape == (side**2, side**2)
    assert result.dtype == np.float64
    assert np.max(np.abs(result - dense)) <= 2e-13 * np.sum(1 / n_k**2)
    np.testing.assert_array_equal(result, result.T)


def test_expanded_without_a_grid(expanded):
    assert expanded(*problem(0, 3)).shape == (0, 0)


def test_repeated_visibilities_add_their_weights(w_compact):
    n_k, u_k, side, pixel = problem(16, 17)
    once = np.asarray(w_compact(n_k, u_k, side, pixel))
    thrice = np.asarray(w_compact(np.tile(n_k, 3), np.tile(u_k, (3, 1)), side, pixel))
    np.testing.assert_allclose(thrice, 3 * once, atol=1e-13 * np.sum(3 / n_k**2))


def test_a_million_turns_cost_no_more_than_the_precision_of_the_phase(w_compact):
    n_k, u_k, side, pixel = problem(16, 17)
    u_k *= 1e5
    assert_close(w_compact(n_k, u_k, side, pixel), n_k, u_k, side, pixel, turns=2e6)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(("which", "bad"), [((0, 3), np.nan), ((1, (3, 0)), np.nan), ((1, (3, 1)), np.inf)])
def test_a_visibility_that_is_not_a_number_spoils_the_table(w_compact, which, bad):
    arguments = problem(16, 17)
    arguments[which[0]][which[1]] = bad
    assert np.all(np.isnan(np.asarray(w_compact(*arguments))))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_distance_that_is_not_a_number_spoils_the_table(w_compact, bad):
    n_k, u_k, side, _ = problem(16, 17)
    assert np.all(np.isnan(np.asarray(w_compact(n_k, u_k, side, bad))))


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_infinite_noise_weighs_nothing_and_no_noise_is_never_a_finite_result(w_compact):
    n_k, u_k, side, pixel = problem(16, 17)
    n_k[4] = np.inf
    without = reference(np.delete(n_k, 4), np.delete(u_k, 4, axis=0), side, pixel)
    result = np.asarray(w_compact(n_k, u_k, side, pixel))
    assert np.max(np.abs(result - without)) <= 2e-13 * np.sum(1 / n_k**2)
    n_k[4] = 0
    assert not np.any(np.isfinite(np.asarray(w_compact(n_k, u_k, side, pixel))))


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda v: np.repeat(v, 2, axis=0)[::2], lambda v: v[::-1]])
def test_memory_layouts(w_compact, layout):
    n_k, u_k, side, pixel = problem(16, 17)
    n_k, u_k = layout(n_k), layout(u_k)
    assert_close(w_compact(n_k, u_k, side, pixel), n_k, u_k, side, pixel)


def test_other_numbers_are_converted(w_compact):
    n_k, u_k, side, _ = problem(16, 17)
    n_k, u_k = np.rint(2 * n_k).astype(np.int32), np.rint(u_k).astype(np.float32)
    result = w_compact(n_k, u_k, np.int64(side), np.float32(0.125))
    assert_close(result, n_k.astype(float), u_k, side, 0.125)


def test_inputs_are_left_alone_and_may_be_read_only(w_compact):
    arguments = problem(16, 17)
    for values in arguments[:2]:
        values.flags.writeable = False
    assert_close(w_compact(*arguments), *arguments)
    assert all(np.array_equal(*pair) for pair in zip(arguments, problem(16, 17), strict=True))


@pytest.mark.parametrize("load", [*RESULTS, *EXPANDED, ("jax", "grad")], ids=" ".join)
def test_arguments_that_do_not_fit_are_refused(load):
    w_compact = refkernels.load("w_compact", *load)
    n_k, u_k, side, pixel = problem(5, 4)
    for wrong in ((n_k[:3], u_k), (n_k, u_k[:, :1]), (n_k, u_k[0]), (u_k, u_k)):
        with pytest.raises(ValueError, match="expected shapes"):
            w_compact(*wrong, side, pixel)
    with pytest.raises(ValueError, match="side must be 0 or more, got -1"):
        w_compact(n_k, u_k, -1, pixel)
    with pytest.raises(TypeError):
        w_compact(n_k, u_k, 2.5, pixel)


@pytest.mark.parametrize("variant", [variant for backend, variant in RESULTS if backend == "jax"])
def test_jax_takes_its_own_arrays(variant):
    arguments = problem(16, 17)
    result = refkernels.load("w_compact", "jax", variant)(*map(jnp.asarray, arguments))
    assert isinstance(result, jnp.ndarray)
    assert_close(result, *arguments)


def test_jax_in_single_precision_is_refused(without_x64):
    for variant in ("default", "grad"):
        with pytest.raises(RuntimeError, match="64-bit types are off"):
            refkernels.load("w_compact", "jax", variant)(*problem(3, 4))


def test_the_gradient_is_that_of_the_sum():
    n_k, u_k, side, pixel = problem(5, 6)
    gradients = refkernels.load("w_compact", "jax", "grad")(n_k, u_k, side, pixel)
    step = 1e-6
    for which, gradient in enumerate(gradients):
        assert gradient.shape == (n_k, u_k)[which].shape
        for index in np.ndindex(gradient.shape):
            ends = []
            for sign in (1, -1):
                moved = [np.array(values, dtype=np.longdouble) for values in (n_k, u_k)]
                moved[which][index] += sign * step
                ends.append(reference(*moved, side, pixel).sum())
            assert float(gradient[index]) == pytest.approx(float((ends[0] - ends[1]) / (2 * step)), abs=1e-6)


@pytest.mark.parametrize("side", [0, 16])
def test_a_batch_is_its_problems_one_by_one(side):
    problems = [problem(side, 17, seed) for seed in range(3)]
    n_k, u_k = (np.stack([one[which] for one in problems]) for which in (0, 1))
    result = refkernels.load("w_compact", "jax", "vmap")(n_k, u_k, side, problems[0][3])
    assert result.shape == (3, side, max(0, 2 * side - 1))
    for one, arguments in zip(result, problems, strict=True):
        if side:
            assert_close(one, *arguments)


def test_a_batch_whose_arrays_do_not_fit_is_refused():
    vmap = refkernels.load("w_compact", "jax", "vmap")
    n_k, u_k = (np.stack([values] * 3) for values in problem(5, 4)[:2])
    for wrong in ((n_k[0], u_k[0]), (n_k[:2], u_k), (n_k[:, :3], u_k), (n_k, u_k[:, :, :1])):
        with pytest.raises(ValueError, match="expected shapes"):
            vmap(*wrong, 5, 0.1)
