"""w_tilde: sum of cosines over the visibilities, within 1e-13 sum(1/n^2), in every backend and variant."""

import subprocess
import sys

import jax.numpy as jnp
import numba
import numpy as np
import pytest
import refkernels

RESULTS = [pair for pair in refkernels.variants("w_tilde") if pair[1] not in ("grad", "vmap")]


@pytest.fixture(params=RESULTS, ids=" ".join)
def w_tilde(request):
    """A variant; what is wrong on several threads on one."""
    function = refkernels.load("w_tilde", *request.param)
    if refkernels.specimens("w_tilde").get(request.param) != "race":
        yield function
        return
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield function
    numba.set_num_threads(threads)


def problem(points, visibilities, seed=0):
    """Arguments of w_tilde with |g.u| below 10 turns."""
    random = np.random.default_rng(seed)
    return (
        random.uniform(0.5, 2, visibilities),
        random.uniform(-5, 5, (visibilities, 2)),
        random.uniform(-1, 1, (points, 2)),
    )


def reference(n_k, u_k, g_m):
    """The formula as it is written, one visibility after the other, in extended precision."""
    n_k, u_k, g_m = (np.asarray(values, dtype=np.longdouble) for values in (n_k, u_k, g_m))
    pi = 4 * np.arctan(np.longdouble(1))
    w = np.zeros((len(g_m), len(g_m)), dtype=np.longdouble)
    for n, (u, v) in zip(n_k, u_k, strict=True):
        turns = (g_m[:, None, 1] - g_m[None, :, 1]) * u + (g_m[:, None, 0] - g_m[None, :, 0]) * v
        w += np.cos(2 * pi * (turns - np.rint(turns))) / n**2
    return w


def assert_close(result, n_k, u_k, g_m, turns=10):
    """Within 1e-13 of the total weight for phases up to ten turns, and as much more as there are more turns."""
    assert result.dtype == np.float64
    assert result.shape == (len(g_m), len(g_m))
    difference = np.abs(np.asarray(result) - reference(n_k, u_k, g_m))
    assert np.max(difference, initial=0) <= 1e-13 * (turns / 10) * np.sum(1 / n_k**2)


@pytest.mark.parametrize(("points", "visibilities"), [(0, 7), (3, 0), (1, 1), (2, 7), (18, 33), (33, 50)])
def test_values(w_tilde, points, visibilities):
    arguments = problem(points, visibilities)
    assert_close(w_tilde(*arguments), *arguments)


@pytest.mark.parametrize(("points", "visibilities"), [(5, 20_000), (40, 32), (101, 300)])
@pytest.mark.parametrize("backend", ["numpy", "numba", "jax"])
@pytest.mark.parametrize("variant", ["default", "factored"])
def test_several_blocks(backend, variant, points, visibilities):
    arguments = problem(points, visibilities)
    assert_close(refkernels.load("w_tilde", backend, variant)(*arguments), *arguments)


def test_the_first_of_a_point_belongs_to_the_second_of_a_baseline(w_tilde):
    points = np.array([[0.0, 0.0], [0.25, 0.0]])  # a quarter apart along y
    along_v = np.asarray(w_tilde(np.ones(1), np.array([[0.0, 1.0]]), points))
    along_u = np.asarray(w_tilde(np.ones(1), np.array([[1.0, 0.0]]), points))
    np.testing.assert_allclose(along_v, [[1, 0], [0, 1]], atol=1e-15)
    np.testing.assert_array_equal(along_u, np.ones((2, 2)))


def test_the_matrix_is_symmetric_with_the_total_weight_on_its_diagonal(w_tilde):
    n_k, u_k, g_m = problem(33, 50)
    result = np.asarray(w_tilde(n_k, u_k, g_m))
    np.testing.assert_array_equal(result, result.T)
    np.testing.assert_allclose(np.diag(result), np.sum(1 / n_k**2), rtol=1e-14)


def test_repeated_points_have_equal_rows(w_tilde):
    n_k, u_k, g_m = problem(33, 50)
    g_m[3] = g_m[1]
    result = np.asarray(w_tilde(n_k, u_k, g_m))
    np.testing.assert_allclose(result[3], result[1], atol=1e-13 * np.sum(1 / n_k**2))


def test_a_million_turns_cost_no_more_than_the_precision_of_the_phase(w_tilde):
    n_k, u_k, g_m = problem(33, 50)
    u_k *= 1e5
    assert_close(w_tilde(n_k, u_k, g_m), n_k, u_k, g_m, turns=1e6)


def test_whole_turns_cost_nothing():
    """Exact phases: a million turns and an eighth have the cosine of an eighth."""
    near, far = np.array([[0.0, 0.0], [0.0, 0.125]]), np.array([[0.0, 0.0], [0.0, 1_000_000.125]])
    for backend in ("numpy", "numba", "jax"):
        w_tilde = refkernels.load("w_tilde", backend)
        arguments = np.ones(3), np.array([[1.0, 0.0]] * 3)
        np.testing.assert_array_equal(w_tilde(*arguments, far), w_tilde(*arguments, near))


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_point_that_is_not_finite_spoils_its_row_and_its_column_and_nothing_else(w_tilde, bad):
    n_k, u_k, g_m = problem(33, 50)
    whole = reference(n_k, u_k, g_m)
    g_m[7, 1] = bad
    result = np.asarray(w_tilde(n_k, u_k, g_m))
    spoilt = np.zeros((33, 33), dtype=bool)
    spoilt[7], spoilt[:, 7] = True, True
    np.testing.assert_array_equal(np.isnan(result), spoilt)
    assert np.max(np.abs(result - whole)[~spoilt]) <= 1e-13 * np.sum(1 / n_k**2)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(("which", "bad"), [(0, np.nan), (1, np.nan), (1, np.inf)])
def test_a_visibility_that_is_not_a_number_spoils_the_matrix(w_tilde, which, bad):
    arguments = problem(33, 50)
    arguments[which][-1] = bad
    assert np.all(np.isnan(np.asarray(w_tilde(*arguments))))


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_infinite_noise_weighs_nothing_and_no_noise_is_never_a_finite_result(w_tilde):
    n_k, u_k, g_m = problem(33, 50)
    n_k[4] = np.inf
    without = reference(np.delete(n_k, 4), np.delete(u_k, 4, axis=0), g_m)
    assert np.max(np.abs(np.asarray(w_tilde(n_k, u_k, g_m)) - without)) <= 1e-13 * np.sum(1 / n_k**2)
    n_k[4] = 0
    assert not np.any(np.isfinite(np.asarray(w_tilde(n_k, u_k, g_m))))


@pytest.mark.parametrize("layout", [np.asfortranarray, lambda v: np.repeat(v, 2, axis=0)[::2], lambda v: v[::-1]])
def test_memory_layouts(w_tilde, layout):
    arguments = [layout(values) for values in problem(33, 50)]
    assert_close(w_tilde(*arguments), *arguments)


def test_other_numbers_are_converted(w_tilde):
    n_k, u_k, g_m = (np.rint(2 * values).astype(np.int32) for values in problem(33, 50))
    assert_close(w_tilde(n_k, u_k.astype(np.float32), g_m), n_k.astype(float), u_k, g_m)


def test_inputs_are_left_alone_and_may_be_read_only(w_tilde):
    arguments = problem(33, 50)
    for values in arguments:
        values.flags.writeable = False
    assert_close(w_tilde(*arguments), *arguments)
    assert all(np.array_equal(*pair) for pair in zip(arguments, problem(33, 50), strict=True))


def test_arrays_that_do_not_fit_are_refused(w_tilde):
    n_k, u_k, g_m = problem(5, 4)
    for wrong in ((n_k[:3], u_k, g_m), (n_k, u_k[:, :1], g_m), (n_k, u_k, g_m[:, :1]), (n_k, u_k, g_m[0]), (u_k,) * 3):
        with pytest.raises(ValueError, match="expected shapes"):
            w_tilde(*wrong)


@pytest.mark.parametrize("variant", [variant for backend, variant in RESULTS if backend == "jax"])
def test_jax_takes_its_own_arrays(variant):
    arguments = problem(33, 50)
    result = refkernels.load("w_tilde", "jax", variant)(*map(jnp.asarray, arguments))
    assert isinstance(result, jnp.ndarray)
    assert_close(result, *arguments)


@pytest.mark.parametrize("variant", ["default", "factored", "grad", "vmap"])
def test_jax_in_single_precision_is_refused(without_x64, variant):
    arguments = problem(3, 4) if variant != "vmap" else [values[None] for values in problem(3, 4)]
    with pytest.raises(RuntimeError, match="64-bit types are off"):
        refkernels.load("w_tilde", "jax", variant)(*arguments)


def test_the_gradient_is_that_of_the_sum():
    """Against differences of the reference: the sum, not one entry, moves with every argument."""
    arguments = problem(6, 5)
    gradients = refkernels.load("w_tilde", "jax", "grad")(*arguments)
    step = 1e-6
    for which, gradient in enumerate(gradients):
        assert gradient.shape == arguments[which].shape
        for index in np.ndindex(gradient.shape):
            ends = []
            for sign in (1, -1):
                moved = [np.array(values, dtype=np.longdouble) for values in arguments]
                moved[which][index] += sign * step
                ends.append(reference(*moved).sum())
            assert float(gradient[index]) == pytest.approx(float((ends[0] - ends[1]) / (2 * step)), abs=1e-6)


def test_the_gradient_where_points_meet_is_finite():
    n_k, u_k, g_m = problem(6, 5)
    g_m[:] = 0.0
    for_noise, for_baselines, for_points = refkernels.load("w_tilde", "jax", "grad")(n_k, u_k, g_m)
    np.testing.assert_allclose(for_noise, -2 * 36 / n_k**3, rtol=1e-13)
    assert np.all(np.abs(for_baselines) < 1e-12)
    assert np.all(np.abs(for_points) < 1e-12)


@pytest.mark.parametrize("points", [0, 33])
def test_a_batch_is_its_problems_one_by_one(points):
    problems = [problem(points, 50, seed) for seed in range(3)]
    result = refkernels.load("w_tilde", "jax", "vmap")(*(np.stack(values) for values in zip(*problems, strict=True)))
    assert result.shape == (3, points, points)
    for one, arguments in zip(result, problems, strict=True):
        assert_close(one, *arguments)


def test_a_batch_whose_arrays_do_not_fit_is_refused():
    vmap = refkernels.load("w_tilde", "jax", "vmap")
    n_k, u_k, g_m = (np.stack([values] * 3) for values in problem(5, 4))
    for wrong in (problem(5, 4), (n_k[:2], u_k, g_m), (n_k, u_k, g_m[:, :, :1]), (n_k[:, :3], u_k, g_m)):
        with pytest.raises(ValueError, match="expected shapes"):
            vmap(*wrong)


def test_a_signature_compiles_when_the_variant_is_loaded_and_no_other_variant_with_it():
    code = (
        "import refkernels\n"
        "from numba.core import event\n"
        "with event.install_recorder('numba:compile') as compiled:\n"
        "    refkernels.load('w_tilde', 'numba', 'race')\n"
        "    lazy = len(compiled.buffer)\n"
        "    refkernels.load('w_tilde', 'numba', 'naive')\n"
        "print(lazy, sorted({str(e.data['dispatcher'].py_func.__name__) for _, e in compiled.buffer} & "
        "{'_naive', '_iterative', '_race'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "0 ['_naive']", done.stderr
