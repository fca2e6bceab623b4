"""The elementary functions: to about one unit in the last place, over their whole domain, in vector instructions."""

import re

import jax
import mpmath
import numpy as np
import pytest
from numba import njit
from refkernels import _coefficients, _jax_functions, _numba_functions

from figures.coefficients import fitted

NAMES = {"numba": ["cos2pi", "sin2pi", "log", "exp"], "jax": ["cos2pi", "sin2pi", "log"]}
ALL = [(backend, name) for backend, names in NAMES.items() for name in names]


@njit
def sin2pi(t):
    return _numba_functions.sincos2pi(t)[0]


def compiled(backend, name):
    """The function over a float64 array."""
    if backend == "jax":
        function = getattr(_jax_functions, name, lambda t: _jax_functions.sincos2pi(t)[0])
        return lambda x: np.asarray(jax.jit(function)(x))
    function = getattr(_numba_functions, name, sin2pi)

    @njit(error_model="numpy")
    def loop(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    def over(x):
        out = np.empty(x.size)
        loop(x, out)
        return out

    over.loop = loop
    return over


@pytest.fixture(params=ALL, ids=" ".join, scope="module")
def case(request):
    return request.param[1], compiled(*request.param)


def arguments(name):
    random = np.random.default_rng(4)
    if name == "log":
        decades = np.exp(random.uniform(-708, 709, 2000))
        return np.concatenate([decades, random.uniform(0.4, 2.5, 2000), 2.0 ** np.arange(-1022, 1024), [1.0]])
    if name == "exp":
        return np.concatenate([random.uniform(-708, 709.7, 2000), random.uniform(-1, 1, 2000), [0.0, -0.0]])
    eighths = np.arange(-40, 41) / 8
    return np.concatenate([random.uniform(-0.5, 0.5, 1500), random.uniform(-1e6, 1e6, 1500), eighths, [1e-9, 2.0**40]])


def exact(name, x):
    with mpmath.workdps(40):
        if name == "log":
            return [mpmath.log(value) for value in x]
        if name == "exp":
            return [mpmath.exp(value) for value in x]
        function = mpmath.cospi if name == "cos2pi" else mpmath.sinpi
        return [function(2 * mpmath.mpf(value)) for value in x]


def test_accuracy(case):
    """Cosine and sine absolutely, 1 being the largest value; the others relative to the value."""
    name, function = case
    x = arguments(name)
    for got, true in zip(function(x), exact(name, x), strict=True):
        size = abs(true) if name in ("log", "exp") else 1
        assert abs(mpmath.mpf(float(got)) - true) <= 3.5e-16 * size


def test_no_elements(case):
    assert case[1](np.empty(0)).size == 0


@pytest.mark.parametrize("backend", ["numba", "jax"])
@pytest.mark.parametrize("name", ["cos2pi", "sin2pi"])
def test_an_angle_that_is_not_a_number_has_no_cosine(backend, name):
    assert np.all(np.isnan(compiled(backend, name)(np.array([np.nan, np.inf, -np.inf]))))


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_cosines_of_whole_and_quarter_turns_are_exact(backend):
    turns = np.array([0.0, 1, -3, 1e15, 1e300, 0.5, -2.5, 0.25, -0.75])
    assert compiled(backend, "cos2pi")(turns).tolist() == [1, 1, 1, 1, 1, -1, -1, 0, 0]


@pytest.mark.parametrize("backend", ["numba", "jax"])
def test_a_logarithm_outside_of_its_domain_is_finite(backend):
    """So that r^2 log(r^2) is 0 at r = 0, and infinite or NaN by its first factor."""
    assert np.all(np.isfinite(compiled(backend, "log")(np.array([0.0, 5e-324, 1e-310, np.inf, np.nan, -1.0]))))


def test_the_exponential_at_its_ends():
    x = np.array([-np.inf, -1e308, -745.0, -708.5, 709.78, 709.79, np.inf, np.nan])
    got = compiled("numba", "exp")(x)
    assert got[:4].tolist() == [0, 0, 0, 0]
    assert got[4] == pytest.approx(np.exp(709.78), rel=1e-15)
    assert got[5:7].tolist() == [np.inf, np.inf]
    assert np.isnan(got[7])


@pytest.mark.parametrize("name", NAMES["numba"])
def test_numba_makes_vector_instructions_of_them(name):
    """On other processors than x86 the names of the instructions differ, and a number is all there is to see."""
    function = compiled("numba", name)
    x = arguments(name)
    function(x)
    [assembly] = function.loop.inspect_asm().values()
    if ".x86" not in assembly and "vmul" not in assembly and "mulsd" not in assembly:
        pytest.skip("not an x86 processor")
    assert len(re.findall(r"\bv?mulpd\b|\bvfn?m\w+pd\b", assembly)) > 5


@pytest.mark.parametrize(("function", "slope"), [(_jax_functions.cos2pi, -2 * np.pi), (_jax_functions.log, 1 / 0.25)])
def test_jax_differentiates_them(function, slope):
    """sin(pi / 2) = 1 at a quarter of a turn; and a second time."""
    assert jax.grad(function)(0.25) == pytest.approx(slope, rel=1e-15)
    curvature = {_jax_functions.cos2pi: 0.0, _jax_functions.log: -16.0}[function]
    assert jax.grad(jax.grad(function))(0.25) == pytest.approx(curvature, abs=1e-12)


def test_the_coefficients_are_those_that_the_fit_gives():
    for name, values in fitted().items():
        assert getattr(_coefficients, name) == pytest.approx(values, rel=1e-12)
