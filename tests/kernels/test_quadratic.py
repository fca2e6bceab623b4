"""quadratic: the larger root, within 8 eps |b| / (2 |a|), in every backend and for every awkward input."""

import jax.numpy as jnp
import numpy as np
import pytest
import refkernels
from refkernels.quadratic.numpy_ import CHUNK

BACKENDS = [backend for backend, _ in refkernels.variants("quadratic")]
IN_PLACE = ["numpy", "numba"]

pytestmark = pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")


@pytest.fixture(params=BACKENDS)
def quadratic(request):
    return refkernels.load("quadratic", request.param)


@pytest.fixture(params=IN_PLACE)
def in_place(request):
    return refkernels.load("quadratic", request.param)


def coefficients(size, seed=0):
    random = np.random.default_rng(seed)
    return random.uniform(5, 10, size), random.uniform(10, 20, size), random.uniform(-0.1, 0.1, size)


def assert_roots(result, a, b, c):
    a, b, c = (np.asarray(values, dtype=np.longdouble) for values in (a, b, c))
    exact = (-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)
    assert result.dtype == np.float64
    assert result.shape == exact.shape
    assert np.all(np.abs(np.asarray(result) - exact) <= 8 * np.finfo(np.float64).eps * np.abs(b) / np.abs(2 * a))


@pytest.mark.parametrize("size", [0, 1, 2, 1000, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 5])
def test_roots(quadratic, size):
    assert_roots(quadratic(*coefficients(size)), *coefficients(size))


def test_known_roots(quadratic):
    result = quadratic(np.array([1.0, 2.0, -1.0]), np.array([-3.0, 0.0, 0.0]), np.array([2.0, -8.0, 9.0]))
    np.testing.assert_array_equal(result, [2.0, 2.0, -3.0])


def test_no_real_root_is_nan_and_no_quadratic_term_is_division_by_zero(quadratic):
    result = np.asarray(quadratic(np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, -2.0]), np.array([1.0, 1.0, 1.0])))
    assert np.isnan(result[0])
    assert not np.isfinite(result[1])
    assert result[2] == 1.0


@pytest.mark.parametrize("view", [lambda v: v[::3], lambda v: v[::-1], lambda v: v[5:-5]], ids=["step", "back", "cut"])
def test_views_without_a_copy_by_the_caller(quadratic, view):
    arrays = [view(values) for values in coefficients(1000)]
    assert_roots(quadratic(*arrays), *arrays)


def test_a_column_of_a_table(quadratic):
    arrays = [np.stack([values, values + 1], axis=1)[:, 0] for values in coefficients(100)]
    assert_roots(quadratic(*arrays), *arrays)


def test_single_precision_and_integers_are_computed_in_double(quadratic):
    a, b, c = (values.astype(np.float32) for values in coefficients(100))
    assert_roots(quadratic(a, b, c), a, b, c)
    whole = np.array([1, 2]), np.array([5, 9]), np.array([-2, 3])
    assert_roots(quadratic(*whole), *whole)


def test_inputs_are_left_alone_and_may_be_read_only(quadratic):
    arrays = coefficients(100)
    for values in arrays:
        values.flags.writeable = False
    assert_roots(quadratic(*arrays), *coefficients(100))
    assert all(np.array_equal(*pair) for pair in zip(arrays, coefficients(100), strict=True))


def test_the_result_is_written_to_out_and_returned(in_place):
    out = np.full(1000, np.nan)
    assert in_place(*coefficients(1000), out=out) is out
    assert_roots(out, *coefficients(1000))


def test_out_may_be_a_view(in_place):
    whole = np.full(2000, 7.0)
    in_place(*coefficients(1000), out=whole[::2])
    assert_roots(whole[::2], *coefficients(1000))
    assert np.all(whole[1::2] == 7.0)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_out_may_be_an_input(in_place, position):
    arrays = coefficients(3 * CHUNK + 5)
    in_place(*arrays, out=arrays[position])
    assert_roots(arrays[position], *coefficients(3 * CHUNK + 5))


def test_arrays_that_do_not_fit_are_refused(quadratic):
    a, b, c = coefficients(10)
    for wrong in ((a[:9], b, c), (a, b[:9], c), (a, b, c[:9]), (a.reshape(2, 5), b, c), (a[:1], b, c)):
        with pytest.raises(ValueError, match="one shape"):
            quadratic(*wrong)


@pytest.mark.parametrize("out", [np.empty(9), np.empty(10, np.float32), np.empty((10, 1))], ids=str)
def test_an_out_that_does_not_fit_is_refused(in_place, out):
    with pytest.raises(ValueError, match="out must be float64 of shape"):
        in_place(*coefficients(10), out=out)


def test_jax_takes_its_own_arrays_and_refuses_out():
    quadratic = refkernels.load("quadratic", "jax")
    result = quadratic(*map(jnp.asarray, coefficients(10)))
    assert isinstance(result, jnp.ndarray)
    assert_roots(result, *coefficients(10))
    with pytest.raises(TypeError, match="out="):
        quadratic(*coefficients(10), out=np.empty(10))
