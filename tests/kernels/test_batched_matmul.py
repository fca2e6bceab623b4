"""batched_matmul: within n eps max(|a| |b|) of the sums in extended precision, in every variant."""

import importlib.metadata
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import refkernels
from refkernels import Unavailable

TRANSFORMED = {"grad", "vmap"}
VARIANTS = [pair for pair in refkernels.variants("batched_matmul") if pair[1] not in TRANSFORMED]


@pytest.fixture(params=VARIANTS, ids="-".join)
def batched_matmul(request):
    try:
        return refkernels.load("batched_matmul", *request.param)
    except Unavailable as reason:
        pytest.skip(str(reason))


def problem(batch, n):
    random = np.random.default_rng(0)
    return random.normal(size=(batch, n, n)), random.normal(size=(batch, n, n))


def exact(a, b):
    """Summed by NumPy's own loops: no BLAS takes long doubles."""
    return np.einsum("sik,skj->sij", a.astype(np.longdouble), b.astype(np.longdouble))


def assert_close(result, a, b):
    assert result.dtype == np.float64
    assert result.shape == a.shape
    largest = np.max(exact(np.abs(a), np.abs(b)), initial=0)
    error = np.max(np.abs(np.asarray(result) - exact(a, b)), initial=0)
    assert error <= max(1, a.shape[-1]) * np.finfo(float).eps * largest


# Steps are of 4 rows, 4 terms and 128 columns; a thread takes 4096 numbers at a time; below 32 a library is used.
@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("n", [1, 2, 9, 31, 32, 33, 35, 130])
def test_values(batched_matmul, batch, n):
    a, b = problem(batch, n)
    assert_close(batched_matmul(a, b), a, b)


def test_many_matrices(batched_matmul):
    a, b = problem(301, 4)
    assert_close(batched_matmul(a, b), a, b)


@pytest.mark.parametrize("shape", [(0, 3, 3), (3, 0, 0), (0, 0, 0)], ids=str)
def test_nothing_to_multiply(batched_matmul, shape):
    assert batched_matmul(np.ones(shape), np.ones(shape)).shape == shape


def test_other_numbers_are_taken_as_float64(batched_matmul):
    a, b = (np.round(10 * values) for values in problem(3, 33))
    for dtype in ("int64", "float32"):
        result = batched_matmul(a.astype(dtype), b.astype(dtype))
        assert result.dtype == np.float64
        np.testing.assert_array_equal(np.asarray(result), a @ b)


@pytest.mark.parametrize(
    "layout",
    [np.asfortranarray, lambda v: np.repeat(v, 2, axis=0)[::2], lambda v: v[:, ::-1], lambda v: v.transpose(0, 2, 1)],
    ids=["Fortran", "every second matrix", "backwards", "transposed"],
)
def test_memory_layouts(batched_matmul, layout):
    a, b = (layout(values) for values in problem(3, 33))
    assert_close(batched_matmul(a, b), a, b)


def test_inputs_are_left_alone_and_may_be_read_only(batched_matmul):
    a, b = problem(3, 33)
    for values in (a, b):
        values.flags.writeable = False
    assert_close(batched_matmul(a, b), a, b)
    assert all(np.array_equal(*pair) for pair in zip((a, b), problem(3, 33), strict=True))


@pytest.mark.parametrize("n", [8, 33])
def test_what_is_not_finite_reaches_its_row_and_nothing_else(batched_matmul, n):
    a, b = problem(3, n)
    a[1, 5, 3] = np.inf
    bad = ~np.isfinite(np.asarray(batched_matmul(a, b)))
    assert np.all(bad[1, 5])
    bad[1, 5] = False
    assert not np.any(bad)


def test_shapes_that_do_not_fit_are_refused(batched_matmul):
    for shapes in (((2, 3, 3), (3, 3, 3)), ((2, 3, 4), (2, 3, 4)), ((3, 3), (3, 3)), ((2, 3, 3), (2, 4, 4)), ((), ())):
        with pytest.raises(ValueError, match=r"expected one shape \(b,n,n\) for both, got"):
            batched_matmul(*(np.ones(shape) for shape in shapes))


def test_the_gradient_of_the_sum_is_the_sums_of_rows_and_columns():
    a, b = problem(3, 5)
    by_a, by_b = refkernels.load("batched_matmul", "jax", "grad")(a, b)
    np.testing.assert_allclose(by_a, np.broadcast_to(b.sum(axis=2)[:, None], a.shape), atol=1e-13)
    np.testing.assert_allclose(by_b, np.broadcast_to(a.sum(axis=1)[:, :, None], b.shape), atol=1e-13)


def test_vmap_takes_several_batches():
    a, b = problem(6, 5)
    vmap = refkernels.load("batched_matmul", "jax", "vmap")
    result = vmap(a.reshape(2, 3, 5, 5), b.reshape(2, 3, 5, 5))
    assert_close(result.reshape(a.shape), a, b)
    with pytest.raises(ValueError, match=r"expected one shape \(q,b,n,n\)"):
        vmap(a, b)


def test_jax_takes_its_own_arrays():
    a, b = problem(3, 5)
    result = refkernels.load("batched_matmul", "jax")(jnp.asarray(a), jnp.asarray(b))
    assert isinstance(result, jax.Array)
    assert_close(result, a, b)


@pytest.mark.parametrize("name", ["_products", "_library_products"])
def test_the_batch_is_shared_among_the_threads(name):
    for variant in ("default", "blas"):
        refkernels.load("batched_matmul", "numba", variant)(*problem(2, 33))
    dispatcher = getattr(sys.modules["refkernels.batched_matmul.numba_"], name)
    assert "@numba_parallel_for(" in dispatcher.inspect_llvm(dispatcher.signatures[0])


def test_without_its_package_mkl_says_so_when_it_is_loaded():
    if any(found.metadata["Name"] == "mkl" for found in importlib.metadata.distributions()):
        pytest.skip("it is installed")
    with pytest.raises(Unavailable, match="the package mkl is not installed"):
        refkernels.load("batched_matmul", "numba", "mkl")
