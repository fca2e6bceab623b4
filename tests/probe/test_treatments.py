"""Treatments change what a benchmark holds, and nothing else."""

import sys
from types import ModuleType, SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest
from asv_bench_stallhorn import treatments


@pytest.fixture
def holder():
    return SimpleNamespace(
        single=np.arange(4, dtype=np.float32),
        complex=np.ones(2, np.complex64),
        index=np.arange(3),
        pair=(np.ones(2, np.float32), "text"),
        rows=[np.ones(2, np.float16)],
        turned=np.arange(6.0).reshape(2, 3).T,
        number=2.5,
        library=np,
        __hidden=np.ones(1, np.float32),
    )


def treated(name, holder):
    before = dict(vars(holder))
    treatments.apply(name, holder)
    return {attribute for attribute, value in vars(holder).items() if value is not before[attribute]}


def test_float64_casts_floating_arrays_wherever_they_are_held(holder):
    values = holder.single.tolist()
    assert treated("float64", holder) == {"single", "complex", "pair", "rows"}
    assert (str(holder.single.dtype), str(holder.complex.dtype)) == ("float64", "complex128")
    assert holder.single.tolist() == values
    assert str(holder.pair[0].dtype) == str(holder.rows[0].dtype) == "float64"
    assert (holder.pair[1], str(holder.index.dtype)) == ("text", "int64")


def test_device_moves_numpy_arrays_once(holder):
    changed = treated("device", holder)
    assert {"single", "index", "pair", "rows", "turned"} <= changed and "number" not in changed
    assert type(holder.single) is type(jnp.ones(1))
    assert treated("device", holder) == set()


def test_contiguous_copies_only_what_lies_otherwise(holder):
    values = holder.turned.tolist()
    assert treated("contiguous", holder) == {"turned"}
    assert holder.turned.flags.c_contiguous and holder.turned.tolist() == values


@pytest.mark.parametrize("name", ["", "wait", "warm"])
def test_treatments_of_the_call_leave_the_arrays_alone(holder, name):
    assert treated(name, holder) == set()


def test_without_the_library_nothing_is_changed(holder, monkeypatch):
    monkeypatch.setattr(treatments, "sys", SimpleNamespace(modules={}))
    assert treated("device", holder) == treated("contiguous", holder) == set()


def test_a_holder_without_attributes_of_its_own_is_left_alone():
    for name in treatments.NAMES:
        treatments.apply(name, None)


def test_arrays_of_the_class_are_changed_for_this_benchmark_alone():
    class Suite:
        params = (np.ones(2, np.float32),)
        table = np.ones(3, np.float32)

        def time_it(self):
            return self.table

    one = Suite()
    treatments.apply("float64", one)
    assert str(one.table.dtype) == "float64" and str(Suite.table.dtype) == "float32"
    assert set(vars(one)) == {"table"}


def test_arrays_of_the_suites_module_are_changed_too(monkeypatch):
    module = ModuleType("someones_suite")
    exec("class Suite: pass", vars(module))
    module.TABLE = np.ones(3, np.float32)
    monkeypatch.setitem(sys.modules, "someones_suite", module)
    assert treatments.apply("float64", module.Suite())
    assert str(module.TABLE.dtype) == "float64"


@pytest.mark.parametrize(("name", "expected"), [("", True), ("wait", True), ("warm", True), ("float64", False)])
def test_whether_there_was_anything_to_change_is_told(name, expected):
    assert treatments.apply(name, SimpleNamespace(x=np.ones(2))) is expected
    assert treatments.apply("float64", SimpleNamespace(x=np.ones(2, np.float32)))
