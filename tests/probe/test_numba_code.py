"""What the compiler made of Numba functions, read in processes of its own: arithmetic, hashes, captured values."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from asv_bench_stallhorn.backends import numba_code

KERNELS = """
import ctypes

import numpy as np
from numba import njit, prange
from numba.core.decorators import jit

G, TABLE, UNREAD = 2.0, np.arange(4.0), 1.0


def dot(x, y):
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


strict, fast = njit(dot), njit(fastmath={"reassoc", "contract"}, error_model="numpy", nogil=True)(dot)


@njit
def same(x, y):
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@njit
def other(x, y):
    total = 0.0
    for i in range(x.size):
        total -= x[i] * y[i]
    return total


@njit
def tangent(x, y):
    return np.tan(x[0])


@njit
def sinus(x, y):
    return np.sinh(x[0])


@njit
def divides(x, y):
    if x.size > 200:
        raise ValueError("too long")
    return x[0] / y[0]


@njit
def captures(x):
    return x[0] * G + TABLE[1]


@njit
def whole(x):
    return x * 2 + 1


@njit
def forgotten(x):
    out = np.empty_like(x)
    for i in prange(x.size):
        out[i] = x[i] + 1
    return out


@jit(forceobj=True)
def as_objects(x):
    return {"sum": sum(x)}["sum"]


@njit(parallel=True)
def products(w):
    out = np.empty(w.shape[0])
    for i in prange(w.shape[0]):
        out[i] = np.dot(w[i], w[i]).sum()
    return out


@njit
def product(a):
    return (a @ a).sum()


@njit(parallel=True)
def by_helper(w):
    out = np.zeros(w.shape[0])
    for i in prange(w.shape[0]):
        out[i] = product(w[i])
    return out


@njit(parallel=True)
def outside(w):
    out = np.zeros(w.shape[0])
    scale = product(w[0])
    for i in prange(w.shape[0]):
        out[i] = w[i, 0, 0] * scale
    return out


@njit
def allocates(n):
    total = 0.0
    for i in range(n):
        total += np.ones(i + 1)[0]
    return total
"""

CHILD = """
import json, sys
import numpy as np
from asv_bench_stallhorn.cell import Instruments
from asv_bench_stallhorn.backends import numba_code
sys.path.insert(0, sys.argv[1])
functions = Instruments.install().numba.functions
import kern
from numba.core.dispatcher import Dispatcher
x, w = np.ones(100), np.ones((3, 4, 4))
seen = {}
def read(*names):
    things = [getattr(kern, name) for name in names]
    seen.update({name: facts for name, facts in zip(names, functions.facts(things))})

for name in ("strict", "fast", "same", "other", "tangent", "sinus", "divides"):
    getattr(kern, name)(x, x)
    read(name)
kern.captures(x)
kern.products(w)
read("captures", "products")
if len(sys.argv) > 2:
    kern.strict(x.astype(np.float32), x[::2])
    for name in ("whole", "forgotten", "as_objects"):
        getattr(kern, name)(x)
    for name in ("by_helper", "outside"):
        getattr(kern, name)(w)
    seen["two signatures"] = functions.facts([kern.strict])[0]
    seen["told twice"] = functions.facts([kern.strict])[0] == seen["two signatures"]
    seen["once"] = len(functions.facts([kern.strict, kern.strict, "text", None, kern, dict]))
    read("whole", "forgotten", "as_objects", "by_helper", "outside")
    seen["never compiled"] = functions.facts([kern.njit(kern.dot)])
    kern.G, kern.UNREAD, kern.TABLE[1] = 3.0, 5.0, 7.0
    seen["changed"] = functions.facts([kern.captures])[0]
    kern.G, kern.TABLE[1] = 2.0, 1.0
    seen["changed back"] = functions.facts([kern.captures])[0]
    before = "__call__" in vars(Dispatcher)
    with functions:
        kern.captures(x)
        kern.by_helper(w)
        kern.captures(x)
    kern.captures(x)
    seen["calls"] = functions.calls
    seen["called"] = sorted(one.py_func.__name__ for one in functions.called.values())
    seen["of what was called"] = sorted(one["name"] for one in functions.facts([]))
    seen["restored"] = ("__call__" in vars(Dispatcher)) == before
    kern.allocates(5)
    with numba_code.Allocations() as arrays:
        kern.allocates(5)
        kern.allocates(5)
    seen["allocations"] = arrays.count
    with numba_code.Allocations() as outer, numba_code.Allocations() as inner:
        kern.allocates(5)
    seen["counted by another"] = [outer.count, inner.count]
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def children(tmp_path_factory):
    """The whole account of one process, and that of another in which the file lies elsewhere and has other comments."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "child.py").write_text(CHILD)
    started = []
    for name, text, more in (("here", KERNELS, ["all"]), ("there", "# moved\n" * 1000 + KERNELS, [])):
        (folder / name).mkdir()
        (folder / name / "kern.py").write_text(text)
        started.append(
            subprocess.Popen(
                [sys.executable, str(folder / "child.py"), str(folder / name), *more],
                env={**os.environ, "PYTHONHASHSEED": str(len(started) + 1), "NUMBA_NUM_THREADS": "2"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    told = [one.communicate() for one in started]
    assert [one.returncode for one in started] == [0, 0], told
    return [json.loads(out) for out, _ in told]


@pytest.fixture(scope="module")
def seen(children):
    return children[0]


def test_a_strict_sum_is_not_vectorised_and_one_that_may_be_reordered_is(seen):
    assert seen["strict"]["packed"] == 0 and seen["strict"]["scalar"] >= 2
    assert seen["fast"]["packed"] >= 2
    assert sum(seen["fast"]["packed_by"].values()) == seen["fast"]["packed"]
    assert set(seen["fast"]["packed_by"]) <= {"fadd", "fmul", "fma"}


def test_options_signatures_and_arrays_are_told(seen):
    strict, fast = seen["strict"], seen["fast"]
    assert (strict["name"], strict["file"]) == ("dot", "kern.py")
    assert [strict[name] for name in ("fastmath", "error_model", "nogil", "parallel", "cache")] == [
        False,
        "python",
        False,
        False,
        False,
    ]
    assert [fast[name] for name in ("fastmath", "error_model", "nogil")] == [True, "numpy", True]
    assert len(strict["signatures"]) == 1 and strict["signatures"][0].count("Array(float64, 1, 'C'") == 2
    assert (strict["layouts"], strict["dtypes"], strict["loops"]) == (["C", "C"], ["float64", "float64"], True)


def test_the_newest_signature_names_the_arrays_and_all_of_them_are_counted(seen):
    both = seen["two signatures"]
    assert len(both["signatures"]) == 2
    assert (both["layouts"], both["dtypes"]) == (["C", "A"], ["float32", "float64"])
    assert both["scalar"] > seen["strict"]["scalar"] and both["llvm"] != seen["strict"]["llvm"]
    assert seen["told twice"]


def test_a_function_is_told_once_and_only_if_it_is_compiled(seen):
    assert seen["once"] == 1
    assert seen["never compiled"] == []


def test_the_hash_of_code_is_the_same_in_another_process_and_in_another_place(children):
    here, there = children
    for name in there:
        assert here[name]["llvm"] == there[name]["llvm"], name
        assert here[name]["line"] + 1000 == there[name]["line"]


def test_the_hash_of_code_does_not_hang_on_the_functions_name_but_on_what_it_does(seen):
    assert seen["strict"]["llvm"] == seen["same"]["llvm"]
    assert len({seen[name]["llvm"] for name in ("strict", "fast", "other", "tangent", "sinus")}) == 5


def test_an_expression_on_arrays_has_no_loop_of_its_own(seen):
    assert (seen["whole"]["loops"], seen["strict"]["loops"]) == (False, True)


def test_prange_without_parallel_is_seen_with_no_region(seen):
    facts = seen["forgotten"]
    assert (facts["uses_prange"], facts["parallel"], facts["lexical_regions"]) == (True, False, 0)
    assert (seen["products"]["uses_prange"], seen["products"]["parallel"]) == (True, True)
    assert seen["products"]["lexical_regions"] == 1


def test_object_mode_is_seen(seen):
    assert seen["as_objects"]["object_mode"] is True
    assert seen["as_objects"]["packed"] in (None, 0)
    assert seen["strict"]["object_mode"] is False and seen["strict"]["lifted"] == 0


@pytest.mark.parametrize(
    ("name", "expected"), [("products", True), ("by_helper", True), ("outside", False), ("strict", False)]
)
def test_blas_in_a_parallel_region_is_seen_also_through_a_helper(seen, name, expected):
    assert bool(seen[name]["blas_in_region"]) is expected


def test_captured_values_that_have_another_value_now_are_named(seen):
    assert set(seen["captures"]["captured"]) == {"G", "TABLE"}
    assert seen["captures"]["captured_changed"] == []
    assert seen["changed"]["captured_changed"] == ["G", "TABLE"]
    assert seen["changed back"]["captured_changed"] == []
    assert seen["strict"]["captured"] == {}


def test_calls_from_python_are_counted_and_the_class_is_as_it_was(seen):
    assert seen["calls"] == 3
    assert seen["called"] == ["by_helper", "captures"] == seen["of what was called"]
    assert seen["restored"]


def test_arrays_that_compiled_code_allocates_are_counted(seen):
    assert seen["allocations"] == 10
    assert seen["counted by another"] == [5, None]


def test_without_numba_there_is_nothing(monkeypatch):
    for name in ("numba.core.dispatcher", "numba.core.runtime._nrt_python"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    functions = numba_code.Functions()
    with functions, numba_code.Allocations() as arrays:
        pass
    assert functions.calls == 0 and functions.facts([print]) == [] and arrays.count is None


def test_code_that_cannot_be_had_is_no_code():
    def raises():
        raise RuntimeError("not kept")

    assert numba_code._llvm(SimpleNamespace(library=SimpleNamespace(get_llvm_str=raises))) == ""


MODULE = """; ModuleID = 'dot'
source_filename = "<string>"
@.const.text = internal constant [9 x i8] c"/home/a\\22b\\00"
define i32 @_ZN4kern3dotB3v11(ptr %x) #0 {
  %a = call double @llvm.fma.f64(double %y, double %y, double %y) !dbg !5
  %b = call ptr @helper_12(ptr inttoptr (i64 4711 to ptr))
  ret i32 0
}
!5 = !{i64 3}
"""


def test_a_hash_ignores_names_addresses_texts_and_metadata():
    renamed = MODULE.replace("helper_12", "helper_7").replace("B3v11", "B2v2").replace("4711", "99")
    renamed = renamed.replace("'dot'", "'other'").replace("/home/a", "/opt/bb").replace("!5", "!17")
    assert numba_code.normalised_hash(renamed) == numba_code.normalised_hash(MODULE)


@pytest.mark.parametrize(("old", "new"), [("fma", "fmuladd"), ("%y, double %y)", "%y, double %z)"), ("i32 0", "i32 1")])
def test_a_hash_sees_what_is_computed(old, new):
    assert numba_code.normalised_hash(MODULE.replace(old, new)) != numba_code.normalised_hash(MODULE)
