"""fma: out += sum of weighted arrays, within 4 (m + 1) eps of the sum of magnitudes, in both types everywhere."""

import jax.numpy as jnp
import numpy as np
import pytest
import refkernels

SUMS = [pair for pair in refkernels.variants("fma") if pair[1] not in {"grad", "vmap"}]
IN_PLACE = [pair for pair in SUMS if pair[0] != "jax"]

pytestmark = pytest.mark.filterwarnings("ignore:invalid value", "ignore:overflow")


def loaded(backend, variant):
    try:
        return refkernels.load("fma", backend, variant)
    except refkernels.Unavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=SUMS, ids="-".join)
def fma(request):
    return loaded(*request.param)


@pytest.fixture(params=IN_PLACE, ids="-".join)
def in_place(request):
    return loaded(*request.param)


def problem(size, count, dtype=np.float64, seed=0):
    """out, weights and arrays."""
    random = np.random.default_rng(seed)
    lengths = size, count, *[size] * count
    return [random.normal(size=length).astype(dtype) for length in lengths]


def copies(arguments):
    return [np.array(values) for values in arguments]


def assert_sum(result, out, weights, *arrays):
    """`result` is the sum for these arguments, as they were before the call."""
    assert result.dtype == out.dtype
    assert result.shape == out.shape
    terms = [np.multiply(w, a, dtype=np.longdouble) for w, a in zip(weights, arrays, strict=True)]
    exact = sum(terms, out.astype(np.longdouble))
    magnitude = sum(map(np.abs, terms), np.abs(out).astype(np.longdouble))
    bound = 4 * (len(arrays) + 1) * np.finfo(out.dtype).eps * magnitude
    assert np.all(np.abs(np.asarray(result) - exact) <= bound)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("size", "count"), [(1000, 0), (1000, 1), (1, 3), (0, 3), (1000, 8), (1000, 11), (40_000, 11), (300_000, 8)]
)
def test_sums(fma, size, count, dtype):
    if fma.__name__ == "as_noted" and (count, dtype) not in {(1, np.float64), (3, np.float64), (3, np.float32)}:
        pytest.skip("compiles for every number of arrays")
    arguments = problem(size, count, dtype)
    assert_sum(fma(*copies(arguments)), *arguments)


def test_known_sum(fma):
    result = fma(np.array([1.0, 2.0]), np.array([10.0, -1.0, 0.5]), np.ones(2), np.array([3.0, 4.0]), np.full(2, 2.0))
    np.testing.assert_array_equal(result, [9.0, 9.0])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17])
@pytest.mark.parametrize("variant", ["default", "serial", "fused"])
def test_any_number_of_arrays_is_one_compilation(variant, count):
    fma = loaded("numba", variant)
    fma(*problem(10, 3)), fma(*problem(10, 8))
    module = __import__(fma.__module__, fromlist=["_add_group"])
    functions = module._add_group, module._add_group_serial, module._add_fused
    before = [len(function.signatures) for function in functions]
    arguments = problem(10, count)
    assert_sum(fma(*copies(arguments)), *arguments)
    assert [len(function.signatures) for function in functions] == before


def test_the_sum_is_written_to_out_and_returned(in_place):
    out, *rest = problem(1000, 3)
    before = out.copy()
    assert in_place(out, *rest) is out
    assert_sum(out, before, *rest)


def test_inputs_are_left_alone_and_may_be_read_only(fma):
    out, *rest = problem(100, 3)
    before = copies(rest)
    rest[1].flags.writeable = rest[0].flags.writeable = False
    assert_sum(fma(out.copy(), *rest), out, *rest)
    assert all(np.array_equal(*pair) for pair in zip(rest, before, strict=True))


def test_jax_leaves_out_alone():
    out, *rest = problem(100, 3)
    before = out.copy()
    out.flags.writeable = False
    for variant in ("default", "eager"):
        assert_sum(loaded("jax", variant)(out, *rest), before, *rest)
    given = jnp.asarray(out)
    loaded("jax", "default")(given, *rest)
    np.testing.assert_array_equal(given, before)


def views(size, count, view):
    """The arguments of `problem`, but for the weights each seen through `view` of a larger array."""
    out, weights, *arrays = problem(size, count)
    return [view(values) if values is not weights else weights for values in (out, weights, *arrays)]


@pytest.mark.parametrize("view", [lambda v: v[::3], lambda v: v[::-1], lambda v: v[5:-5]], ids=["step", "back", "cut"])
def test_views(fma, view):
    arguments = views(1000, 3, view)
    before = copies(arguments)
    assert_sum(fma(*arguments), *before)


def test_out_may_be_a_view_and_what_lies_between_stays(in_place):
    whole = np.full(2000, 7.0)
    _, *rest = problem(1000, 3)
    in_place(whole[::2], *rest)
    assert_sum(whole[::2], np.full(1000, 7.0), *rest)
    assert np.all(whole[1::2] == 7.0)


def test_numbers_that_lie_across_the_machine_words(fma):
    out, weights, *arrays = problem(1000, 3)
    across = [np.frombuffer(bytearray(b"shift" + a.tobytes()), np.uint8)[5:].view(np.float64) for a in (out, *arrays)]
    assert not any(array.flags.aligned for array in across)
    assert_sum(fma(across[0], weights, *across[1:]), out, weights, *arrays)


def test_the_same_array_may_come_twice(fma):
    out, weights, array, *_ = problem(100, 3)
    assert_sum(fma(out.copy(), weights, array, array, array), out, weights, array, array, array)


def test_an_array_that_shares_memory_with_out_counts_as_it_was(in_place):
    out, weights, *arrays = problem(100, 3)
    arrays[1] = out
    before = copies(arrays)
    assert_sum(in_place(out, weights, *arrays), before[1], weights, *before)
    whole = np.arange(40.0)
    ahead, behind, before = whole[1:], whole[:-1], whole.copy()
    result = in_place(ahead, weights, behind, ahead, behind)
    assert_sum(result, before[1:], weights, before[:-1], before[1:], before[:-1])


def test_nan_and_infinity_propagate_and_stay_where_they_are(fma):
    arguments = problem(50, 3)
    out, _, a, b, _ = arguments
    out[3], a[7], a[11], b[15] = np.nan, np.nan, np.inf, -np.inf
    result = np.asarray(fma(*copies(arguments)))
    awkward = [3, 7, 11, 15]
    assert not np.isfinite(result[awkward]).any()
    assert np.isnan(result[[3, 7]]).all()
    rest = np.setdiff1d(np.arange(50), awkward)
    out, weights, *arrays = arguments
    assert_sum(result[rest], out[rest], weights, *(array[rest] for array in arrays))


@pytest.mark.parametrize("weight", [np.nan, np.inf])
def test_a_weight_that_is_not_finite_spoils_the_sum(fma, weight):
    arguments = problem(50, 3)
    arguments[1][1] = weight
    assert not np.isfinite(fma(*arguments)).any()


def test_out_decides_the_type(fma):
    out, weights, *arrays = problem(100, 3)
    whole = [np.arange(100), np.arange(100) % 3 == 0, arrays[2].astype(np.float32)]
    assert_sum(fma(out.copy(), weights, *whole), out, weights, *whole)
    single = out.astype(np.float32)
    result = fma(single.copy(), weights, *arrays)
    assert_sum(result, single, weights.astype(np.float32), *(array.astype(np.float32) for array in arrays))


def test_arrays_that_do_not_fit_are_refused(fma):
    out, weights, a, b = problem(10, 2)
    for wrong in ((out, weights, a), (out, weights[:1], a, b), (out, weights[None], a, b), (out, weights)):
        with pytest.raises(ValueError, match=r"weights must be of shape \(\d,\), one for each array, got"):
            fma(*wrong)
    for wrong in ((out, weights, a, b[:9]), (out, weights, a[:1], b), (out, weights, a[None], b)):
        with pytest.raises(ValueError, match=r"arrays must be of out's shape \(10,\), got .* in place \d"):
            fma(*wrong)
    for wrong in (out.reshape(2, 5), out.astype(int), out.astype(np.float16), np.array(1.0)):
        with pytest.raises(ValueError, match="out must be float64 or float32 of shape"):
            fma(wrong, weights, a, b)


def test_an_out_that_cannot_be_written_to_is_refused(in_place):
    out, *rest = problem(10, 2)
    with pytest.raises(TypeError, match="out must be a NumPy array"):
        in_place(jnp.asarray(out), *rest)
    with pytest.raises(TypeError, match="out must be a NumPy array"):
        in_place(list(out), *rest)
    swapped = out.astype(out.dtype.newbyteorder())
    with pytest.raises(ValueError, match="out must be float64 or float32"):
        in_place(swapped, *rest)
    before = out.copy()
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        in_place(out, *rest)
    np.testing.assert_array_equal(out, before)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_gradient_is_that_of_the_sum(dtype):
    out, weights, *arrays = problem(100, 3, dtype)
    of_out, of_weights, *of_arrays = loaded("jax", "grad")(*map(jnp.asarray, (out, weights, *arrays)))
    assert {part.dtype for part in (of_out, of_weights, *of_arrays)} == {np.dtype(dtype)}
    np.testing.assert_array_equal(of_out, np.ones(100))
    np.testing.assert_allclose(of_weights, [np.sum(array) for array in arrays], atol=100 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(of_arrays, np.repeat(weights[:, None], 100, axis=1))


@pytest.mark.parametrize("shape", [(0, 5), (1, 7), (3, 40)])
def test_a_batch_has_the_sums_of_its_rows(shape):
    random = np.random.default_rng(1)
    out, weights, *arrays = (random.normal(size=size) for size in (shape, (shape[0], 2), shape, shape))
    result = loaded("jax", "vmap")(out, weights, *arrays)
    assert result.shape == shape
    for row in range(shape[0]):
        assert_sum(result[row], out[row], weights[row], *(array[row] for array in arrays))


def test_a_batch_of_another_shape_is_refused():
    out, weights, a, b = problem(10, 2)
    with pytest.raises(ValueError, match=r"of shape \(B, n\)"):
        loaded("jax", "vmap")(out, weights, a, b)
    with pytest.raises(ValueError, match=r"weights must be of shape \(2, 2\)"):
        loaded("jax", "vmap")(out.reshape(2, 5), weights, a.reshape(2, 5), b.reshape(2, 5))
