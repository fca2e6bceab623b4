"""matmul: within k eps max(|a| |b|) of the sum in extended precision, in every variant."""

import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import refkernels
from numba.core.dispatcher import Dispatcher
from refkernels import Unavailable
from refkernels.matmul import numpy_specimens
from threadpoolctl import ThreadpoolController

TRANSFORMED = {"grad", "vmap"}
VARIANTS = [pair for pair in refkernels.variants("matmul") if pair[1] not in TRANSFORMED]


@pytest.fixture(params=VARIANTS, ids="-".join)
def matmul(request):
    try:
        kernel = refkernels.load("matmul", *request.param)
        kernel(np.ones((1, 1)), np.ones((1, 1)))
    except Unavailable as reason:
        pytest.skip(str(reason))
    yield kernel
    numpy_specimens.release()


def problem(n, k, m, dtype="float64"):
    random = np.random.default_rng(0)
    return random.normal(size=(n, k)).astype(dtype), random.normal(size=(k, m)).astype(dtype)


def exact(a, b):
    """Summed by NumPy's own loops: no BLAS takes long doubles."""
    return np.einsum("ik,kj->ij", a.astype(np.longdouble), b.astype(np.longdouble))


def assert_close(result, a, b, dtype="float64"):
    result = np.asarray(result)
    assert result.dtype == dtype
    assert result.shape == (a.shape[0], b.shape[1])
    largest = np.max(exact(np.abs(a), np.abs(b)), initial=0)
    error = np.max(np.abs(result - exact(a, b)), initial=0)
    assert error <= max(1, a.shape[1]) * np.finfo(dtype).eps * largest


# Tiles are 4 rows, 128 columns and 256 terms, in strips of 32 rows; steps within are of 4 terms.
@pytest.mark.parametrize(
    "shape",
    [(1, 1, 1), (2, 3, 4), (4, 4, 4), (5, 7, 9), (31, 16, 127), (33, 259, 130), (70, 513, 257)],
    ids=str,
)
def test_values(matmul, shape):
    a, b = problem(*shape)
    assert_close(matmul(a, b), a, b)


@pytest.mark.parametrize("shape", [(0, 3, 2), (3, 2, 0), (0, 0, 0), (3, 0, 2)], ids=str)
def test_sums_of_no_terms_are_zero_and_no_sums_are_an_empty_array(matmul, shape):
    n, k, m = shape
    np.testing.assert_array_equal(np.asarray(matmul(np.ones((n, k)), np.ones((k, m)))), np.zeros((n, m)))


def test_float32_stays_float32_and_a_mixture_is_computed_in_float64(matmul):
    a, b = problem(9, 40, 11, "float32")
    assert_close(matmul(a, b), a, b, "float32")
    assert_close(matmul(a, b.astype("float64")), a, b, "float64")


def test_integers_are_taken_as_float64(matmul):
    a, b = np.arange(6).reshape(2, 3), np.arange(12).reshape(3, 4)
    result = np.asarray(matmul(a, b))
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result, a @ b)


@pytest.mark.parametrize(
    "layout",
    [
        np.asfortranarray,
        lambda v: np.repeat(v, 2, axis=0)[::2],
        lambda v: v[::-1],
        lambda v: np.repeat(v, 2, 1)[:, ::2],
    ],
    ids=["Fortran", "every second row", "backwards", "every second column"],
)
def test_memory_layouts(matmul, layout):
    a, b = (layout(values) for values in problem(9, 40, 11))
    assert_close(matmul(a, b), a, b)
    assert_close(matmul(a, np.ascontiguousarray(b)), a, b)


def test_a_matrix_and_its_transpose_in_the_same_memory(matmul):
    a, _ = problem(37, 21, 1)
    assert_close(matmul(a, a.T), a, a.T)


def test_inputs_are_left_alone_and_may_be_read_only(matmul):
    a, b = problem(9, 40, 11)
    for values in (a, b):
        values.flags.writeable = False
    assert_close(matmul(a, b), a, b)
    assert all(np.array_equal(*pair) for pair in zip((a, b), problem(9, 40, 11), strict=True))


def test_the_result_is_a_new_array_every_time(matmul):
    a, b = problem(9, 40, 11)
    first = matmul(a, b)
    matmul(2 * a, b)
    assert_close(first, a, b)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_reaches_its_row_and_nothing_else(matmul, value):
    a, b = problem(10, 9, 131)
    a[6, 3] = value
    bad = ~np.isfinite(np.asarray(matmul(a, b)))
    assert np.all(bad[6])
    assert not np.any(np.delete(bad, 6, axis=0))


def test_shapes_that_do_not_fit_are_refused(matmul):
    for shapes in (((2, 3), (2, 3)), ((3,), (3, 2)), ((2, 3), (3,)), ((1, 2, 3), (3, 2)), ((), ())):
        with pytest.raises(ValueError, match=r"expected shapes \(n,k\) and \(k,m\), got"):
            matmul(*(np.ones(shape) for shape in shapes))


def test_the_gradient_of_the_sum_is_the_sums_of_rows_and_columns():
    a, b = problem(5, 7, 9)
    by_a, by_b = refkernels.load("matmul", "jax", "grad")(a, b)
    np.testing.assert_allclose(by_a, np.broadcast_to(b.sum(axis=1), a.shape), atol=1e-13)
    np.testing.assert_allclose(by_b, np.broadcast_to(a.sum(axis=0)[:, None], b.shape), atol=1e-13)


def test_vmap_is_one_product_for_each_pair():
    pairs = [problem(5, 7, 9), tuple(2 * values for values in problem(5, 7, 9))]
    a, b = (np.stack(stack) for stack in zip(*pairs, strict=True))
    results = refkernels.load("matmul", "jax", "vmap")(a, b)
    assert results.shape == (2, 5, 9)
    for result, pair in zip(results, pairs, strict=True):
        assert_close(result, *pair)
    with pytest.raises(ValueError, match=r"expected shapes \(q,n,k\) and \(q,k,m\)"):
        refkernels.load("matmul", "jax", "vmap")(a, b[:1])


def test_jax_takes_its_own_arrays():
    a, b = problem(9, 40, 11)
    result = refkernels.load("matmul", "jax")(jnp.asarray(a), jnp.asarray(b))
    assert isinstance(result, jax.Array)
    assert_close(result, a, b)


@pytest.mark.parametrize("variant", ["loops_ikj", "tiled"])
def test_loops_run_in_parallel(variant):
    refkernels.load("matmul", "numba", variant)(*problem(5, 7, 9))
    functions = {"loops_ikj": ["_ikj"], "tiled": ["_panels", "_strips"]}[variant]
    module = sys.modules["refkernels.matmul.numba_"]
    for dispatcher in (getattr(module, name) for name in functions):
        assert isinstance(dispatcher, Dispatcher)
        assert "@numba_parallel_for(" in dispatcher.inspect_llvm(dispatcher.signatures[0])


def test_tiles_are_vectorised():
    """Rows that might overlap would turn the loops into scalar code; an index that might be negative, into gathers."""
    refkernels.load("matmul", "numba", "tiled")(*problem(5, 7, 9))
    four_rows = sys.modules["refkernels.matmul.numba_"].four_rows
    compiled = four_rows.inspect_llvm(four_rows.signatures[0])
    assert "fmul contract <" in compiled
    assert "masked.gather" not in compiled


# Numba's simulator of a device: slow, in Python, and enough to see that the kernel's indices are right.
SIMULATED = """
import numpy as np, refkernels
from numba import cuda
matmul = refkernels.load("matmul", "numba", "cuda")
random = np.random.default_rng(0)
a, b = random.normal(size=(18, 3)), random.normal(size=(3, 5))
assert np.abs(matmul(a, b) - a @ b).max() < 1e-14
on_device = matmul(cuda.to_device(a), cuda.to_device(b))
assert not isinstance(on_device, np.ndarray)
assert np.abs(on_device.copy_to_host() - a @ b).max() < 1e-14
assert matmul(a.astype("f"), b.astype("f")).dtype == np.float32
assert matmul(a[:0], b).shape == (0, 5)
assert not matmul(a[:, :0], b[:0]).any()
print("done")
"""


def test_the_cuda_kernel_on_a_simulated_device():
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SIMULATED], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "done\n", done.stderr


def test_without_a_device_cuda_says_so_when_it_is_loaded():
    from numba import cuda

    if cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(Unavailable, match="no CUDA device"):
        refkernels.load("matmul", "numba", "cuda")


def test_without_a_device_gpu_says_so_when_it_is_called():
    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("there is one")
    with pytest.raises(Unavailable, match="JAX has no GPU"):
        refkernels.load("matmul", "jax", "gpu")(*problem(2, 2, 2))


def blas_threads():
    return max(pool["num_threads"] for pool in ThreadpoolController().info() if pool["user_api"] == "blas")


def test_the_oversubscribed_pool_is_larger_than_the_machine_until_it_is_released():
    before = blas_threads()
    refkernels.load("matmul", "numpy", "oversubscribed")(np.ones((2, 2)), np.ones((2, 2)))
    assert blas_threads() == 4 * len(os.sched_getaffinity(0))
    numpy_specimens.release()
    assert blas_threads() == before
    numpy_specimens.release()  # nothing left to do


def test_without_threadpoolctl_the_oversubscribed_pool_is_unavailable(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    with pytest.raises(Unavailable, match="threadpoolctl"):
        refkernels.load("matmul", "numpy", "oversubscribed")(np.ones((2, 2)), np.ones((2, 2)))
