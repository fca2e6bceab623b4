"""call_overhead: the first and the last, added, exactly, in whichever form the numbers come."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import refkernels
from numba import types
from numba.typed import List

VARIANTS = refkernels.variants("call_overhead")
LISTS = {"typed_list", "tuple", "reflected_list", "pytree"}  # what they take has no dimensions to be wrong
ARRAYS = [pair for pair in VARIANTS if pair[1] not in LISTS]

each_variant = pytest.mark.parametrize(("backend", "variant"), VARIANTS)
each_that_takes_arrays = pytest.mark.parametrize(("backend", "variant"), ARRAYS)


def call(backend, variant, values):
    """The kernel's answer to an array, in the form that the variant is about."""
    kernel = refkernels.load("call_overhead", backend, variant)
    if variant in ("reflected_list", "pytree"):
        return kernel(values.tolist())
    if variant == "tuple":
        return kernel(tuple(values.tolist()))
    if variant == "typed_list":
        numbers = List.empty_list(types.float64)
        for value in values.tolist():
            numbers.append(value)
        return kernel(numbers)
    return kernel(*[values] * (16 if variant == "many_arguments" else 1))


def random(n):
    return np.random.default_rng(0).normal(size=n)


@each_variant
@pytest.mark.parametrize("n", [1, 2, 3, 100])
def test_the_first_and_the_last_are_added(backend, variant, n):
    values = random(n)
    assert float(call(backend, variant, values)) == values[0] + values[-1]


@each_variant
def test_the_sum_of_nothing_is_zero(backend, variant):
    assert float(call(backend, variant, random(0))) == 0.0


@each_variant
def test_what_is_not_finite_is_added_as_it_is(backend, variant):
    assert np.isnan(float(call(backend, variant, np.array([np.nan, 1.0]))))
    assert float(call(backend, variant, np.array([np.inf, 1.0]))) == np.inf
    assert np.isnan(float(call(backend, variant, np.array([np.inf, -np.inf]))))


@each_that_takes_arrays
@pytest.mark.parametrize("layout", [lambda v: v[::-1], lambda v: np.repeat(v, 2)[::2]], ids=["backwards", "strided"])
def test_memory_layouts(backend, variant, layout):
    values = layout(random(7))
    assert float(call(backend, variant, values)) == values[0] + values[-1]


@each_that_takes_arrays
def test_inputs_may_be_read_only_and_of_any_number_type(backend, variant):
    values = random(7)
    values.flags.writeable = False
    assert float(call(backend, variant, values)) == values[0] + values[-1]
    assert float(call(backend, variant, np.array([2**40, 0, 1]))) == 2.0**40 + 1
    single = values.astype("float32")
    assert float(call(backend, variant, single)) == float(single[0]) + float(single[-1])


@each_that_takes_arrays
@pytest.mark.parametrize("shape", [(), (2, 2), (0, 2)], ids=str)
def test_arrays_of_other_dimensions_are_refused(backend, variant, shape):
    with pytest.raises(ValueError, match=r"call_overhead: expected values of shape \(n,\), got"):
        call(backend, variant, np.ones(shape))


def test_many_arguments_adds_the_first_of_the_first_and_the_last_of_the_last():
    arrays = np.split(random(48), 16)
    result = refkernels.load("call_overhead", "numba", "many_arguments")(*arrays)
    assert result == arrays[0][0] + arrays[15][-1]


@pytest.mark.parametrize("variant", ["reflected_list"])
def test_a_list_has_the_same_numbers_afterwards(variant):
    numbers = random(5).tolist()
    before = list(numbers)
    refkernels.load("call_overhead", "numba", variant)(numbers)
    assert numbers == before


def test_a_reflected_list_is_boxed_anew():
    """The specimen pays both ways: a list that comes back without having been written to would pay one."""
    numbers = random(5).tolist()
    before = list(map(id, numbers))
    held = list(numbers)  # noqa: F841, keeps the old numbers alive, so that no new one gets an old one's id
    refkernels.load("call_overhead", "numba", "reflected_list")(numbers)
    assert not set(before) & set(map(id, numbers))


def test_a_tree_has_leaves_without_dimensions():
    with pytest.raises(ValueError, match="expected values without dimensions"):
        refkernels.load("call_overhead", "jax", "pytree")([jnp.ones(3), jnp.ones(3)])


@pytest.mark.parametrize("variant", ["default", "eager"])
def test_jax_takes_its_own_arrays(variant):
    result = refkernels.load("call_overhead", "jax", variant)(jnp.arange(4.0))
    assert isinstance(result, jax.Array)
    assert float(result) == 3.0
