"""The kernels' suite: what asv and the probe see of it, and that its cells run."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import refkernels
from asv_runner import discovery
from asv_runner.benchmarks._base import Benchmark
from numba.core.dispatcher import Dispatcher

SUITE = Path(__file__).parents[2] / "benchmarks"

# Run in a new process: imports the suite on a machine said to have 64 cores, and asks for every expectation. Without
# asv_runner, because pympler, which that imports, imports NumPy.
LOOK = """
import importlib, inspect, itertools, json, os, pkgutil, sys
os.cpu_count = lambda: 64
sys.path.insert(0, sys.argv[1])
import benchmarks
params = {}
for info in pkgutil.iter_modules(benchmarks.__path__):
    module = importlib.import_module("benchmarks." + info.name)
    for cls in filter(inspect.isclass, vars(module).values()):
        if hasattr(cls, "params"):
            params[cls.__name__] = cls.params
            for cell in itertools.product(*cls.params):
                cls.expect(*cell), cls.work(*cell), cls.specimen(*cell), cls.quick(*cell)
arrays = {"numpy", "numba", "llvmlite", "jax", "jaxlib", "scipy", "refkernels"}
print(json.dumps([sorted(arrays & set(sys.modules)), params]))
"""


class Measure(Benchmark):
    """The probe's benchmark type, as far as discovery goes."""

    name_regex = re.compile("^measure(_.*)?$")


def discovered():
    types, discovery.benchmark_types = discovery.benchmark_types, [Measure]
    try:
        return {benchmark.name: benchmark for benchmark in discovery.disc_benchmarks(str(SUITE))}
    finally:
        discovery.benchmark_types = types


THREADS = [1, 2, "all", "numba=2 blas=1", "numba=2 blas=2"]
COUNTS = {"flops", "bytes", "cos", "log", "exp", "div", "sqrt"}
TRANSFORMED = {"grad", "vmap", "expanded"}  # their result is not the kernel's

FOUND = {name: benchmark for name, benchmark in discovered().items() if name.endswith(".measure")}
CLASSES = {name: type(benchmark.func.__self__) for name, benchmark in FOUND.items()}
COPIES = {name for name, cls in CLASSES.items() if all("copies=" in str(setting) for setting in cls.params[3])}
DEFAULTS = {
    name: cls
    for name, cls in CLASSES.items()
    if cls.params[2] == ["default"] and len(cls.params[1]) == 3 and name not in COPIES
}
every_class = pytest.mark.parametrize("cls", CLASSES.values(), ids=CLASSES)
every_kernel = pytest.mark.parametrize("cls", DEFAULTS.values(), ids=DEFAULTS)


def cells(limit):
    """(class, n, backend, variant) of every cell expected to take less than `limit` seconds a call."""
    return [
        pytest.param(cls, *cell, id="-".join(map(str, (cls.__name__, *cell))))
        for cls in CLASSES.values()
        for cell in itertools.product(*cls.params[:3])
        if cls.expect(*cell, cls.params[3][0])[0] < limit
    ]


def normwise(result, expected):
    return np.max(np.abs(np.asarray(result) - expected)) / np.max(np.abs(expected))


def test_asv_finds_the_defaults_of_each_kernel_in_one_class_and_not_the_base_class():
    assert sorted(name.split(".")[0] for name in DEFAULTS) == refkernels.kernels()
    assert "quadratic.Quadratic.measure" in FOUND
    assert not any(name.startswith("_kernel") for name in FOUND)


@every_class
def test_what_asv_and_the_probe_read_of_a_class(cls):
    assert cls.param_names == ("n", "backend", "variant", "threads")
    assert {"backend", "threads"} <= set(cls.group_by) <= set(cls.param_names)
    assert cls.version == "1"
    assert cls.timeout >= 60


@every_kernel
def test_defaults_are_measured_in_every_thread_setting(cls):
    assert cls.params[3] == THREADS


def test_one_kernel_is_measured_in_one_copy_and_in_several():
    assert sorted(COPIES) == ["rbf.RbfCopies.measure"]
    settings = CLASSES["rbf.RbfCopies.measure"].params[3]
    assert [setting.split()[0] for setting in settings] == ["copies=1", "copies=2"]


@pytest.mark.parametrize("kernel", refkernels.kernels())
def test_every_variant_is_measured_in_exactly_one_class(kernel):
    pairs = [
        pair
        for name, cls in CLASSES.items()
        if cls.kernel_name == kernel and name not in COPIES
        for pair in itertools.product(cls.params[1], cls.params[2])
    ]
    assert sorted(pairs) == sorted(refkernels.variants(kernel))


@every_class
def test_specimens_are_marked_as_such(cls):
    """A specimen is a sick variant, or a sick thread setting of a healthy one."""
    sick = refkernels.specimens(cls.kernel_name)
    for n, backend, variant, threads in itertools.product(*cls.params):
        marked = cls.specimen(n, backend, variant, threads)
        if (backend, variant) in sick:
            assert marked == sick[backend, variant]
        elif threads == 1:
            assert marked is None
        else:
            assert marked is None or re.fullmatch("[a-z]+(-[a-z]+)*", marked)


@every_class
def test_the_work_of_a_call_is_declared_and_grows_with_n(cls):
    for rest in itertools.product(*cls.params[1:]):
        counts = [cls.work(n, *rest) for n in cls.params[0]]
        assert all(set(count) <= COUNTS for count in counts)
        assert all(value >= 0 for count in counts for value in count.values())
        totals = [sum(count.values()) for count in counts]
        assert totals == sorted(totals)


def test_listing_the_suite_imports_no_arrays_and_does_not_depend_on_the_machine():
    done = subprocess.run([sys.executable, "-c", LOOK, str(SUITE.parent)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    arrays, params = json.loads(done.stdout)
    assert arrays == []
    assert params == {cls.__name__: list(cls.params) for cls in CLASSES.values()}


@every_class
def test_expectations_are_positive_and_grow_with_n(cls):
    for rest in itertools.product(*cls.params[1:]):
        seconds, memory = zip(*(cls.expect(n, *rest) for n in cls.params[0]), strict=True)
        assert 0 < seconds[0] < 1
        assert list(seconds) == sorted(seconds)
        assert all(isinstance(value, int) for value in memory)
        assert memory[0] > 0
        assert list(memory) == sorted(memory)


@pytest.mark.parametrize(("cls", "n", "backend", "variant"), cells(limit=0.02))
def test_a_small_cell_runs_and_agrees_with_numpy(cls, n, backend, variant, request):
    cell = cls()
    try:
        cell.setup(n, backend, variant, 1)
    except NotImplementedError as skip:
        pytest.skip(str(skip))
    request.addfinalizer(lambda: hasattr(cell, "teardown") and cell.teardown(n, backend, variant, 1))
    result = cell.measure(n, backend, variant, 1)
    if variant in TRANSFORMED:
        parts = result if isinstance(result, tuple) else (result,)
        assert all(np.all(np.isfinite(part)) for part in parts)
        return
    expected = refkernels.load(cls.kernel_name, "numpy")(*cls.inputs(n, "numpy", "default"))
    assert normwise(result, expected) < 1e-12
    # A second call must not find what the first has left behind.
    assert normwise(cell.measure(n, backend, variant, 1), expected) < 1e-12


@every_class
def test_inputs_are_the_same_in_every_process_and_fit_the_expected_memory(cls):
    n = cls.params[0][0]
    backend, variant, threads = (values[0] for values in cls.params[1:])
    first, second = cls.inputs(n, backend, variant), cls.inputs(n, backend, variant)
    assert all(np.array_equal(*pair) for pair in zip(first, second, strict=True))
    held = sum(array.nbytes for array in first if isinstance(array, np.ndarray))
    assert held < cls.expect(n, backend, variant, threads)[1]


@every_kernel
def test_jax_inputs_are_on_the_device_before_the_timing(cls):
    import jax

    cell = cls()
    cell.setup(cls.params[0][0], "jax", "default", 2)
    assert all(isinstance(argument, jax.Array) for argument in cell.arguments)
    assert cell.arguments[0].dtype == np.float64


# The first is BLAS's work, the second is no work: no loop of theirs is parallel.
WITHOUT_A_LOOP = {"matmul", "call_overhead"}


@pytest.mark.parametrize("cls", [cls for cls in DEFAULTS.values() if cls.kernel_name not in WITHOUT_A_LOOP])
def test_numba_kernels_have_a_region_that_really_runs_in_parallel(cls):
    """A loop over prange can be compiled to a serial one without any warning."""
    cell = cls()
    cell.setup(cls.params[0][0], "numba", "default", 2)
    cell.measure(cls.params[0][0], "numba", "default", 2)
    module = sys.modules[cell.kernel.__module__]
    parallel = [
        value
        for value in vars(module).values()
        if isinstance(value, Dispatcher) and value.targetoptions.get("parallel") and value.signatures
    ]
    assert parallel
    for dispatcher in parallel:
        assert "@numba_parallel_for(" in dispatcher.inspect_llvm(dispatcher.signatures[0])


@pytest.mark.parametrize(
    ("backend", "threads", "reason"),
    [
        ("numpy", "numba=2 blas=1", "this setting is about Numba; numpy kernels are measured with a number of threads"),
        ("jax", "numba=2 blas=2", "this setting is about Numba; jax kernels are measured with a number of threads"),
        ("numba", "jax=2", "this setting is about JAX; numba kernels are measured with a number of threads"),
        ("numba", "numba=2 blas=1", None),
        ("jax", "jax=2 blas=1", None),
        ("numpy", "blas=2", None),
        ("numpy", "all", None),
        ("jax", 2, None),
    ],
)
@every_kernel
def test_a_setting_that_names_another_library_is_skipped_with_its_reason(cls, backend, threads, reason):
    n = cls.params[0][0]
    if reason is None:
        cls().setup(n, backend, "default", threads)
        return
    with pytest.raises(NotImplementedError) as caught:
        cls().setup(n, backend, "default", threads)
    assert str(caught.value) == reason


def setup_numpy():
    cls = CLASSES["quadratic.Quadratic.measure"]
    cls().setup(cls.params[0][0], "numpy", "default", 1)


def raising(error):
    def load(*_):
        raise error

    return load


@pytest.mark.parametrize(
    "error", [LookupError("no kernel"), ModuleNotFoundError("gone", name="refkernels.old")], ids=repr
)
def test_a_kernel_that_the_commit_lacks_is_skipped(monkeypatch, error):
    monkeypatch.setattr(refkernels, "load", raising(error))
    with pytest.raises(NotImplementedError, match=r"^not in this commit$"):
        setup_numpy()


def test_a_variant_that_cannot_run_on_this_machine_is_skipped_with_its_reason(monkeypatch):
    monkeypatch.setattr(refkernels, "load", raising(refkernels.Unavailable("there is no C++ compiler")))
    with pytest.raises(NotImplementedError, match="there is no C"):
        setup_numpy()


def test_a_commit_before_the_kernels_is_skipped(monkeypatch):
    monkeypatch.delattr(refkernels, "load")
    with pytest.raises(NotImplementedError, match=r"^not in this commit$"):
        setup_numpy()
    monkeypatch.setitem(sys.modules, "refkernels", None)
    with pytest.raises(NotImplementedError, match=r"^not in this commit$"):
        setup_numpy()


@pytest.mark.parametrize(
    "error",
    [ModuleNotFoundError("gone", name="numba"), ImportError("broken"), KeyError("fault"), IndexError("fault")],
    ids=repr,
)
def test_a_fault_of_the_commit_is_a_failure_not_a_skip(monkeypatch, error):
    monkeypatch.setattr(refkernels, "load", raising(error))
    with pytest.raises(type(error)):
        setup_numpy()
