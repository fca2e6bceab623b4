"""rbf: sum of thin-plate splines and a polynomial, within 1e-12 of the largest value, in every backend."""

import jax.numpy as jnp
import numpy as np
import pytest
import refkernels
from scipy.interpolate import RBFInterpolator

BACKENDS = [backend for backend, _ in refkernels.variants("rbf")]


@pytest.fixture(params=BACKENDS)
def rbf(request):
    return refkernels.load("rbf", request.param)


def problem(queries, points, powers=((0, 0), (1, 0), (0, 1)), outputs=1, seed=0):
    """Arguments of rbf, points in [-1, 1]^D with D the length of a power."""
    random = np.random.default_rng(seed)
    dimensions = len(powers[0]) if powers else 2
    powers = np.array(powers, dtype=np.int64).reshape(len(powers), dimensions)
    return (
        random.uniform(-1, 1, (queries, dimensions)),
        random.uniform(-1, 1, (points, dimensions)),
        random.normal(size=(points + len(powers), outputs)),
        powers,
        random.uniform(-0.1, 0.1, dimensions),
        random.uniform(0.5, 2, dimensions),
    )


def reference(x, y, coeffs, powers, shift, scale, epsilon=1.0):
    """One value of the formula after the other, in extended precision."""
    x, y, coeffs, shift, scale = (np.asarray(values, dtype=np.longdouble) for values in (x, y, coeffs, shift, scale))
    out = np.zeros((len(x), coeffs.shape[1]), dtype=np.longdouble)
    for q, point in enumerate(x):
        for p, center in enumerate(y):
            r = epsilon * np.sqrt(np.sum((point - center) ** 2))
            out[q] += (r * r * np.log(r) if r > 0 else 0) * coeffs[p]
        for r, exponents in enumerate(powers):
            out[q] += np.prod(((point - shift) / scale) ** exponents) * coeffs[len(y) + r]
    return out


def assert_close(result, exact):
    assert result.dtype == np.float64
    assert result.shape == exact.shape
    assert np.all(np.isfinite(result))
    assert np.max(np.abs(np.asarray(result) - exact), initial=0) <= 1e-12 * np.max(np.abs(exact), initial=0)


@pytest.mark.parametrize("queries", [0, 1, 2, 63, 64, 65])
@pytest.mark.parametrize("points", [0, 1, 7, 100])
def test_values(rbf, queries, points):
    arguments = problem(queries, points)
    assert_close(rbf(*arguments), reference(*arguments))


@pytest.mark.parametrize(
    "powers",
    [[], [[0]], [[0], [1], [2]], [[0, 0], [1, 1], [2, 0], [0, 3]], [[0, 0, 0], [1, 0, 2]]],
    ids=["no polynomial", "constant", "one axis", "two axes", "three axes"],
)
def test_polynomials_and_dimensions(rbf, powers):
    arguments = problem(30, 20, powers, outputs=2)
    assert_close(rbf(*arguments), reference(*arguments))


@pytest.mark.parametrize("outputs", [0, 1, 3])
def test_columns(rbf, outputs):
    arguments = problem(40, 20, outputs=outputs)
    assert_close(rbf(*arguments), reference(*arguments))


@pytest.mark.parametrize("epsilon", [0.3, 1, 2.5])
def test_epsilon(rbf, epsilon):
    arguments = problem(20, 10)
    assert_close(rbf(*arguments, epsilon=epsilon), reference(*arguments, epsilon=epsilon))


def test_at_the_data_points_themselves(rbf):
    x, y, *rest = problem(10, 20)
    x = np.concatenate([y, x, y[:3] + 1e-170])
    assert_close(rbf(x, y, *rest), reference(x, y, *rest))


def test_repeated_points(rbf):
    x, y, *rest = problem(10, 20)
    x, y = np.repeat(x[:2], 5, axis=0), np.repeat(y[:2], 10, axis=0)
    result = np.asarray(rbf(x, y, *rest))
    assert_close(result, reference(x, y, *rest))
    assert np.all(result[:5] == result[0])


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda v: np.repeat(v, 2, axis=0)[::2], lambda v: v[::-1][::-1]])
def test_memory_layouts(rbf, layout):
    arguments = [layout(values) for values in problem(30, 20, outputs=2)]
    assert_close(rbf(*arguments), reference(*arguments))


def test_inputs_are_left_alone_and_may_be_read_only(rbf):
    arguments = problem(30, 20)
    for values in arguments:
        values.flags.writeable = False
    assert_close(rbf(*arguments), reference(*arguments))
    assert all(np.array_equal(*pair) for pair in zip(arguments, problem(30, 20), strict=True))


@pytest.mark.parametrize("side", [3, 40, 60])  # 1600 and 3600 points: several blocks in every backend
@pytest.mark.parametrize("degree", [1, 2])
def test_as_scipy_evaluates_it(rbf, side, degree):
    random = np.random.default_rng(5)
    y, data = random.uniform(-1, 1, (100, 2)), random.normal(size=(100, 2))
    fitted = RBFInterpolator(y, data, degree=degree)
    axis = np.linspace(-1, 1, side)
    x = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    result = rbf(x, y, fitted._coeffs, fitted.powers, fitted._shift, fitted._scale)
    assert_close(result, fitted(x))


def test_another_radial_function_is_refused_by_name(rbf):
    with pytest.raises(ValueError, match="one of thin_plate_spline, got 'gaussian'"):
        rbf(*problem(3, 4), radial="gaussian")


@pytest.mark.parametrize("position", range(6))
def test_arrays_that_do_not_fit_are_refused(rbf, position):
    for change in (lambda v: v[..., :-1], lambda v: v[0]):
        arguments = list(problem(5, 4))
        arguments[position] = change(arguments[position])
        if position == 2 and arguments[position].ndim == 2:
            arguments[position] = arguments[position][:-1].reshape(-1, 1)
        with pytest.raises(ValueError, match="expected shapes"):
            rbf(*arguments)


def test_no_dimension_at_all_is_refused(rbf):
    arguments = [values[..., :0] for values in problem(5, 4)]
    arguments[2] = np.zeros((7, 1))
    with pytest.raises(ValueError, match="D > 0"):
        rbf(*arguments)


def test_jax_takes_its_own_arrays():
    arguments = problem(30, 20)
    result = refkernels.load("rbf", "jax")(*map(jnp.asarray, arguments))
    assert isinstance(result, jnp.ndarray)
    assert_close(result, reference(*arguments))
