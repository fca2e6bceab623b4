"""w_tilde: sum of cosines over the visibilities, within 1e-13 sum(1/n^2), in every backend."""

import jax.numpy as jnp
import numpy as np
import pytest
import refkernels

BACKENDS = [backend for backend, _ in refkernels.variants("w_tilde")]


@pytest.fixture(params=BACKENDS)
def w_tilde(request):
    return refkernels.load("w_tilde", request.param)


def problem(points, visibilities, seed=0):
    """Arguments of w_tilde with |g.u| below 10 turns."""
    random = np.random.default_rng(seed)
    return (
        random.uniform(0.5, 2, visibilities),
        random.uniform(-5, 5, (visibilities, 2)),
        random.uniform(-1, 1, (points, 2)),
    )


def reference(n_k, u_k, g_m):
    """The formula as it is written, one visibility after the other."""
    w = np.zeros((len(g_m), len(g_m)))
    for n, (u, v) in zip(n_k, u_k, strict=True):
        turns = (g_m[:, None, 1] - g_m[None, :, 1]) * u + (g_m[:, None, 0] - g_m[None, :, 0]) * v
        w += np.cos(2 * np.pi * turns) / n**2
    return w


def assert_close(result, n_k, u_k, g_m):
    assert result.dtype == np.float64
    assert result.shape == (len(g_m), len(g_m))
    difference = np.abs(np.asarray(result) - reference(n_k, u_k, g_m))
    assert np.max(difference, initial=0) <= 1e-13 * np.sum(1 / n_k**2)


@pytest.mark.parametrize("points", [0, 1, 2, 3, 9, 10, 18, 19, 60])
@pytest.mark.parametrize("visibilities", [0, 1, 7, 50])
def test_values(w_tilde, points, visibilities):
    arguments = problem(points, visibilities)
    assert_close(w_tilde(*arguments), *arguments)


def test_more_visibilities_than_one_block_holds(w_tilde):
    arguments = problem(5, 20_000)
    assert_close(w_tilde(*arguments), *arguments)


def test_several_blocks(w_tilde):
    arguments = problem(101, 300)
    assert_close(w_tilde(*arguments), *arguments)


def test_the_first_of_a_point_belongs_to_the_second_of_a_baseline(w_tilde):
    points = np.array([[0.0, 0.0], [0.25, 0.0]])  # a quarter apart along y
    along_v = np.asarray(w_tilde(np.ones(1), np.array([[0.0, 1.0]]), points))
    along_u = np.asarray(w_tilde(np.ones(1), np.array([[1.0, 0.0]]), points))
    np.testing.assert_allclose(along_v, [[1, 0], [0, 1]], atol=1e-15)
    np.testing.assert_array_equal(along_u, np.ones((2, 2)))


@pytest.mark.parametrize("points", [10, 11, 33])
def test_the_matrix_is_symmetric_with_the_total_weight_on_its_diagonal(w_tilde, points):
    n_k, u_k, g_m = problem(points, 40)
    result = np.asarray(w_tilde(n_k, u_k, g_m))
    np.testing.assert_array_equal(result, result.T)
    np.testing.assert_allclose(np.diag(result), np.sum(1 / n_k**2), rtol=1e-14)


def test_repeated_points_have_equal_rows(w_tilde):
    n_k, u_k, g_m = problem(6, 30)
    g_m[3] = g_m[1]
    result = np.asarray(w_tilde(n_k, u_k, g_m))
    np.testing.assert_allclose(result[3], result[1], atol=1e-13 * np.sum(1 / n_k**2))


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda v: np.repeat(v, 2, axis=0)[::2], lambda v: v[::-1]])
def test_memory_layouts(w_tilde, layout):
    arguments = [layout(values) for values in problem(20, 30)]
    assert_close(w_tilde(*arguments), *arguments)


def test_inputs_are_left_alone_and_may_be_read_only(w_tilde):
    arguments = problem(20, 30)
    for values in arguments:
        values.flags.writeable = False
    assert_close(w_tilde(*arguments), *arguments)
    assert all(np.array_equal(*pair) for pair in zip(arguments, problem(20, 30), strict=True))


def test_arrays_that_do_not_fit_are_refused(w_tilde):
    n_k, u_k, g_m = problem(5, 4)
    for wrong in ((n_k[:3], u_k, g_m), (n_k, u_k[:, :1], g_m), (n_k, u_k, g_m[:, :1]), (n_k, u_k, g_m[0]), (u_k,) * 3):
        with pytest.raises(ValueError, match="expected shapes"):
            w_tilde(*wrong)


def test_jax_takes_its_own_arrays():
    arguments = problem(20, 30)
    result = refkernels.load("w_tilde", "jax")(*map(jnp.asarray, arguments))
    assert isinstance(result, jnp.ndarray)
    assert_close(result, *arguments)
