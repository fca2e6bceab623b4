"""quadratic: the larger root, within 8 eps |b| / (2 |a|), in every backend and for every awkward input."""

import jax.numpy as jnp
import numpy as np
import pytest
import refkernels
from refkernels.quadratic.numpy_ import CHUNK

TRANSFORMED = {"grad", "vmap"}
ROOTS = [pair for pair in refkernels.variants("quadratic") if pair[1] not in TRANSFORMED]
IN_PLACE = [pair for pair in ROOTS if pair[0] != "jax"]

pytestmark = pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero", "ignore:overflow")


def loaded(backend, variant):
    try:
        return refkernels.load("quadratic", backend, variant)
    except refkernels.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=ROOTS, ids="-".join)
def quadratic(request):
    return loaded(*request.param)


@pytest.fixture(params=IN_PLACE, ids="-".join)
def in_place(request):
    return loaded(*request.param)


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
    if quadratic.__name__ == "as_noted":
        with pytest.raises(ZeroDivisionError):
            quadratic(np.zeros(3), np.ones(3), np.ones(3))
        return
    result = np.asarray(quadratic(np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, -2.0]), np.array([1.0, 1.0, 1.0])))
    assert np.isnan(result[0])
    assert not np.isfinite(result[1])
    assert result[2] == 1.0


def test_nan_and_infinity_propagate_and_stay_where_they_are(quadratic):
    a, b, c = coefficients(40)
    a[3], b[7], c[11] = np.nan, np.nan, np.nan
    a[20], b[24], c[28] = np.inf, np.inf, -np.inf
    result = np.asarray(quadratic(a, b, c))
    awkward = [3, 7, 11, 20, 24, 28]
    np.testing.assert_array_equal(result[awkward], [np.nan, np.nan, np.nan, np.nan, np.nan, np.inf])
    rest = np.setdiff1d(np.arange(40), awkward)
    assert_roots(result[rest], a[rest], b[rest], c[rest])


@pytest.mark.parametrize("view", [lambda v: v[::3], lambda v: v[::-1], lambda v: v[5:-5]], ids=["step", "back", "cut"])
def test_views_without_a_copy_by_the_caller(quadratic, view):
    arrays = [view(values) for values in coefficients(1000)]
    assert_roots(quadratic(*arrays), *arrays)


def test_numbers_that_lie_across_the_machine_words(quadratic):
    arrays = []
    for values in coefficients(1000):
        across = np.frombuffer(b"shift" + values.tobytes(), np.uint8)[5:].view(np.float64)
        assert not across.flags.aligned
        arrays.append(across)
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
    for wrong in (
        (a[:9], b, c),
        (a, b[:9], c),
        (a, b, c[:9]),
        (a.reshape(2, 5), b, c),
        (a[:1], b, c),
        (a.reshape(2, 5), b.reshape(2, 5), c.reshape(2, 5)),
        (np.array(1.0), np.array(3.0), np.array(2.0)),
    ):
        with pytest.raises(ValueError, match="one shape"):
            quadratic(*wrong)


@pytest.mark.parametrize(("shape", "dtype"), [(9, "f8"), (10, "f4"), ((10, 1), "f8"), (10, ">f8")], ids=str)
def test_an_out_that_does_not_fit_is_refused(in_place, shape, dtype):
    with pytest.raises(ValueError, match="out must be float64 of shape"):
        in_place(*coefficients(10), out=np.empty(shape, dtype))


def test_an_out_that_may_not_be_written_to_is_refused(in_place):
    out = np.zeros(10)
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        in_place(*coefficients(10), out=out)
    assert not out.any()


@pytest.mark.parametrize(
    "variant", [variant for backend, variant in refkernels.variants("quadratic") if backend == "jax"]
)
def test_jax_takes_its_own_arrays_and_refuses_out(variant):
    quadratic = loaded("jax", variant)
    arguments = coefficients(12)
    if variant == "vmap":
        arguments = tuple(values.reshape(3, 4) for values in arguments)
    result = quadratic(*map(jnp.asarray, arguments))
    assert all(isinstance(part, jnp.ndarray) for part in (result if variant == "grad" else [result]))
    with pytest.raises(TypeError, match="out="):
        quadratic(*arguments, out=np.empty(12))


def test_the_gradient_is_that_of_the_sum_of_the_roots():
    a, b, c = coefficients(50)
    root = np.sqrt(b * b - 4 * a * c)
    x = (-b + root) / (2 * a)
    # The derivatives of a x^2 + b x + c = 0 with respect to a, b and c; 2 a x + b is the square root.
    expected = -x * x / root, -x / root, -1 / root
    for result, exact in zip(loaded("jax", "grad")(a, b, c), expected, strict=True):
        assert result.dtype == np.float64
        np.testing.assert_allclose(result, exact, rtol=0, atol=1e-13 * np.max(np.abs(b / root)))


def test_the_gradient_of_whole_numbers_is_taken_in_double():
    result = loaded("jax", "grad")(np.array([1]), np.array([-3]), np.array([2]))
    np.testing.assert_allclose(np.ravel(result), [-4, -2, -1], rtol=1e-14)


@pytest.mark.parametrize("shape", [(0, 5), (1, 7), (3, 4)])
def test_a_batch_has_the_roots_of_its_rows(shape):
    arguments = [values.reshape(shape) for values in coefficients(shape[0] * shape[1])]
    result = loaded("jax", "vmap")(*arguments)
    assert result.shape == shape
    assert_roots(np.ravel(result), *map(np.ravel, arguments))


def test_a_batch_of_another_shape_is_refused():
    a, b, c = coefficients(12)
    for wrong in ((a, b, c), (a.reshape(3, 4), b.reshape(4, 3), c.reshape(3, 4))):
        with pytest.raises(ValueError, match=r"one shape \(B, n\)"):
            loaded("jax", "vmap")(*wrong)
