"""A cell: what cannot run is skipped with its reason, what fails is said, and what runs is described."""

import gc

import pytest
from asv_bench_stallhorn import cell, process
from asv_bench_stallhorn.backends import jax_, numba_
from asv_bench_stallhorn.backends.numba_regions import Regions
from asv_bench_stallhorn.clock import Plan
from asv_bench_stallhorn.imports import Watch

QUICK = Plan(samples=2, sample_time=1e-7, warmup_time=0.0)
GIGABYTE = 10**9


class Benchmark:
    """What a cell asks of a benchmark, without asv."""

    skipped_by_suite = False
    oversubscribe = False
    waits = True
    renew = None
    first_call_timed = False
    arguments = ()
    holder = None

    def __init__(self, values=None, needs=None, call=lambda: 3.0, setup=None, choices=()):
        self.values = values or {}
        self.needs, self.call, self.setup, self.list = needs, call, setup, list(choices)
        self.finished = 0

    def choices(self, name):
        assert name == "threads"
        return self.list

    def plan(self, wanted):
        return wanted

    def predicted_bytes(self):
        return self.needs

    def prepare(self):
        if self.setup is not None:
            self.setup()

    def bound(self):
        return self.call

    def finish(self):
        self.finished += 1


@pytest.fixture(autouse=True)
def machine(monkeypatch):
    """Two cores and ten gigabytes, whatever the machine has."""
    monkeypatch.setattr(process, "memory_free", lambda: 10 * GIGABYTE)
    monkeypatch.setattr(cell.threads, "cores_available", lambda: 2)
    monkeypatch.setattr(cell.gc, "freeze", lambda: None)
    yield
    gc.unfreeze()


def measured(benchmark):
    return cell.measure(benchmark, QUICK, cell.Instruments(Watch(), numba_.Compiles(), jax_.Compiles(), Regions()))


def raises(error):
    def function():
        raise error

    return function


def test_a_benchmark_without_parameters_is_fit():
    assert cell.unfit(Benchmark(), cores=2) is None


def test_what_the_suite_skips_is_skipped_first():
    benchmark = Benchmark({"backend": "no such library"})
    benchmark.skipped_by_suite = True
    assert cell.unfit(benchmark, cores=2) == "the suite's skip_params leaves it out"


def test_a_backend_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(cell.LIBRARIES, "numba", "no_such_module")
    assert cell.unfit(Benchmark({"backend": "numba"}), 2) == "numba is not installed in this environment"
    assert cell.unfit(Benchmark({"backend": "numpy"}), 2) is None
    assert cell.unfit(Benchmark({"backend": "of the suite's own"}), 2) is None


def test_more_threads_than_cores_are_skipped_unless_they_are_meant():
    benchmark = Benchmark({"threads": "numba=4 blas=1"})
    assert cell.unfit(benchmark, cores=2) == "asks for 4 threads, this machine has 2 cores for it"
    assert cell.unfit(benchmark, cores=4) is None
    benchmark.oversubscribe = True
    assert cell.unfit(benchmark, cores=2) is None


def test_all_cores_are_skipped_where_their_number_is_measured():
    assert "measured as threads=2" in cell.unfit(Benchmark({"threads": "all"}, choices=[1, 2, "all"]), cores=2)
    assert cell.unfit(Benchmark({"threads": "all"}, choices=[1, 2, "all"]), cores=8) is None


def test_memory_beyond_what_is_free_is_skipped_with_both_figures():
    assert cell.unfit(Benchmark(needs=int(9.5 * GIGABYTE)), 2) == "needs about 9.5 GB of memory, 10.0 GB are free"
    assert cell.unfit(Benchmark(needs=8 * GIGABYTE), 2) is None


def test_memory_that_cannot_be_known_skips_nothing(monkeypatch):
    monkeypatch.setattr(process, "memory_free", lambda: None)
    assert cell.unfit(Benchmark(needs=10**15), 2) is None


def test_a_skipped_cell_runs_nothing_of_the_suite():
    benchmark = Benchmark({"threads": 64}, setup=raises(AssertionError()), call=raises(AssertionError()))
    parts = measured(benchmark)
    assert (parts["status"], parts["reason"]) == ("skipped", "asks for 64 threads, this machine has 2 cores for it")
    assert benchmark.finished == 0


@pytest.mark.parametrize(("said", "reason"), [("not in this commit", "not in this commit"), ("", "the suite skips it")])
def test_not_implemented_in_setup_is_a_skip_with_the_suites_reason(said, reason):
    parts = measured(Benchmark(setup=raises(NotImplementedError(said))))
    assert (parts["status"], parts["reason"]) == ("skipped", reason)


@pytest.mark.parametrize("where", ["setup", "call"])
def test_what_raises_is_failed_with_the_error_and_prints_its_trace(where, capsys):
    parts = measured(Benchmark(**{where: raises(ValueError("no such\nplace"))}))
    assert parts["status"] == "failed"
    assert parts["reason"] == "ValueError: no such\nplace"
    assert "Traceback" in capsys.readouterr().err


def test_teardown_runs_after_a_call_that_raises():
    benchmark = Benchmark(call=raises(ValueError()))
    measured(benchmark)
    assert benchmark.finished == 1


def test_a_thread_setting_that_means_nothing_is_failed_with_its_explanation():
    parts = measured(Benchmark({"threads": "gpu=1"}, choices=["gpu=1"]))
    assert parts["status"] == "failed"
    assert "'gpu=1' is not understood. Expected" in parts["reason"]


def test_a_measured_cell_has_samples_and_facts():
    benchmark = Benchmark({"threads": 2}, needs=1000, choices=[2])
    parts = measured(benchmark)
    assert parts["status"] == "ok"
    assert len(parts["samples"]) == 2 and min(parts["samples"]) > 0
    assert parts["number"] >= 1
    assert parts["seconds"] > 0
    facts = parts["facts"]
    assert set(facts) == {
        *("versions", "threads", "first_call", "sampling", "activity", "host", "memory"),
        *("calls", "code", "result", "jax", "installation", "evidence_seconds"),
    }
    assert facts["threads"]["asked"] == {"numba": 2, "blas": 2, "omp": 2, "jax": 2}
    assert facts["threads"]["setting"] == "2"
    assert facts["memory"]["predicted_bytes"] == 1000
    told = {name: facts["result"][name] for name in ("type", "dtype", "shape", "device")}
    assert told == {"type": "builtins.float", "dtype": None, "shape": None, "device": None}
    assert facts["calls"]["compiles"] == 0 and facts["calls"]["regions"] is None
    assert facts["activity"]["calls"] == facts["sampling"]["calls"] > 0
    assert facts["first_call"]["compiles"] == 0
    assert facts["first_call"]["compile_seconds"] is None
    assert facts["first_call"]["run_seconds"] == facts["first_call"]["seconds"]
    assert benchmark.finished == 1


def test_compilation_is_told_apart_from_running():
    instruments = cell.Instruments(Watch(), numba_.Compiles(), jax_.Compiles(), Regions())

    def compiling():
        if instruments.numba.count == 0:
            instruments.numba.count, instruments.numba.seconds = 3, 1e-7

    parts = cell.measure(Benchmark(call=compiling), QUICK, instruments)
    first = parts["facts"]["first_call"]
    assert first["compiles"] == 3
    assert first["compile_seconds"] == 1e-7
    assert first["run_seconds"] == pytest.approx(first["seconds"] - 1e-7)


def test_compilation_during_setup_is_counted_apart():
    instruments = cell.Instruments(Watch(), numba_.Compiles(), jax_.Compiles(), Regions())

    def setup():
        instruments.jax.count += 2

    first = cell.measure(Benchmark(setup=setup), QUICK, instruments)["facts"]["first_call"]
    assert (first["compiles"], first["compiles_in_setup"]) == (0, 2)


def test_a_treatment_that_finds_nothing_to_change_measures_nothing():
    benchmark = Benchmark(call=raises(AssertionError()))
    instruments = cell.Instruments(Watch(), numba_.Compiles(), jax_.Compiles(), Regions())
    parts = cell.measure(benchmark, QUICK, instruments, cell.How(treatment="contiguous"))
    assert (parts["status"], parts["reason"]) == ("skipped", "it holds no array that 'contiguous' would change")
    assert benchmark.finished == 1
