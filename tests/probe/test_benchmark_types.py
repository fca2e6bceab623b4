"""The benchmark types under asv's own runner, with real Numba and JAX: what asv discovers, what it gets as a result,
and what the probe writes beside it.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.integration
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc, or from a BLAS that macOS does not use")

SUITE = '''
class Both:
    """Numba and JAX in one process, each with the threads of the setting."""

    params = [[1, 2]]
    param_names = ["threads"]
    oversubscribe = True

    @staticmethod
    def expect(threads):
        return 0.1 * threads, 1000

    @staticmethod
    def work(threads):
        return {"flops": 10 * threads}

    @staticmethod
    def specimen(threads):
        return "oversubscription" if threads == 2 else None

    @staticmethod
    def quick(threads):
        return threads == 1

    def setup(self, threads):
        import time

        import jax
        import numba
        import numpy

        @numba.njit(parallel=True)
        def parallel(array):
            total = 0.0
            for i in numba.prange(array.size):
                total += array[i]
            return total

        @jax.jit
        def work(x):
            return jax.lax.fori_loop(0, 40, lambda i, y: y @ x * 1e-3, x)

        self.parallel, self.work = parallel, work
        self.array = numpy.ones(10)
        self.matrix = jax.numpy.ones((300, 300))
        work(self.matrix).block_until_ready()
        returned, waited = [], []
        for _ in range(8):
            begun = time.perf_counter()
            result = work(self.matrix)
            returned.append(time.perf_counter() - begun)
            result.block_until_ready()
            waited.append(time.perf_counter() - begun)
        print("returned", min(returned), "waited", min(waited))

    def measure(self, threads):
        self.parallel(self.array)
        return {"answer": self.work(self.matrix)}


class Dies:
    def measure(self):
        import os

        print("last words", flush=True)
        os.abort()


class Texts:
    params = [["a", "b"], [1, 1.5]]
    param_names = ["word", "value"]

    def setup(self, word, value):
        if word == "b":
            raise NotImplementedError("b is not for us")

    def measure_it(self, word, value):
        return value

    def time_it(self, word, value):
        return value


def time_unwaited():
    return STATE["work"](STATE["matrix"])


def setup_state():
    import jax

    work = jax.jit(lambda x: jax.lax.fori_loop(0, 40, lambda i, y: y @ x * 1e-3, x))
    STATE.update(work=work, matrix=jax.numpy.ones((300, 300)))
    work(STATE["matrix"]).block_until_ready()


STATE = {}
time_unwaited.setup = setup_state
time_unwaited.number = 1
time_unwaited.repeat = 2
'''


@dataclass
class Asv:
    """asv's runner on the suite, started as asv starts it."""

    folder: Path

    def start(self, *arguments):
        spec = importlib.util.find_spec("asv")
        return subprocess.run(
            [sys.executable, str(Path(spec.origin).with_name("benchmark.py")), *arguments],
            env={
                **{key: value for key, value in os.environ.items() if key != "STALLHORN_RECORDS"},
                "ASV_CONF_DIR": str(self.folder),
                "ASV_ENV_NAME": "env",
                "ASV_COMMIT": "c" * 40,
            },
            cwd=self.folder,
            capture_output=True,
            text=True,
        )

    def discover(self):
        done = self.start("discover", str(self.folder / "suite"), str(self.folder / "found.json"))
        assert done.returncode == 0, done.stderr
        return {one["name"]: one for one in json.loads((self.folder / "found.json").read_text())}

    def run(self, benchmark):
        """The process, asv's result (None without one) and the probe's record (None without one)."""
        path, result = self.folder / ".stallhorn/records/cccccccc-env.probe.jsonl", self.folder / "result.json"
        result.unlink(missing_ok=True)
        before = len(path.read_text().splitlines()) if path.exists() else 0
        done = self.start("run", str(self.folder / "suite"), benchmark, "{}", "None", str(result))
        written = path.read_text().splitlines()[before:] if path.exists() else []
        assert len(written) <= 1
        return (
            done,
            json.loads(result.read_text()) if result.exists() else None,
            json.loads(written[0]) if written else None,
        )


@pytest.fixture(scope="module")
def asv(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "suite").mkdir()
    (folder / "suite" / "__init__.py").touch()
    (folder / "suite" / "it.py").write_text(SUITE)
    return Asv(folder)


@pytest.fixture(scope="module")
def found(asv):
    return asv.discover()


@pytest.fixture(scope="module", params=[1, 2])
def both(request, asv):
    done, result, record = asv.run(f"it.Both.measure-{request.param - 1}")
    assert done.returncode == 0, done.stderr
    return request.param, result, record


def test_measure_is_discovered_as_a_time_with_what_the_host_wants_to_know(found):
    measure = found["it.Both.measure"]
    assert (measure["type"], measure["unit"], measure["probe"]) == ("time", "seconds", "measure")
    assert measure["version"].endswith("-m1")
    assert measure["rounds"] == 2
    assert measure["group_by"] == ["threads"]
    assert measure["expected_seconds"] == [0.1, 0.2]
    assert measure["expected_bytes"] == [1000, 1000]
    assert measure["work"] == [{"flops": 10}, {"flops": 20}]
    assert measure["specimens"] == [None, "oversubscription"]
    assert measure["quick"] == [True, False]


def test_a_suite_that_predicts_nothing_has_no_predictions(found):
    for said in ("expected_seconds", "expected_bytes", "work", "specimens", "quick"):
        assert found["it.Texts.measure_it"][said] == []
    assert found["it.Texts.measure_it"]["group_by"] == ["word", "value"]


def test_every_time_benchmark_is_taken_over_and_keeps_its_version(found):
    assert found["it.Texts.time_it"]["probe"] == "facts"
    assert re.fullmatch("[0-9a-f]{64}", found["it.Texts.time_it"]["version"])


def test_threads_asked_for_are_the_threads_in_use(both):
    count, _, record = both
    threads = record["facts"]["threads"]
    assert threads["setting"] == str(count)
    assert threads["asked"] == {"numba": count, "blas": count, "omp": count, "jax": count}
    assert threads["used"]["numba"] == count
    assert threads["layer"] in ("omp", "tbb", "workqueue")


@ON_LINUX
def test_blas_and_jax_use_the_threads_asked_for_too(both):
    count, _, record = both
    assert record["facts"]["threads"]["used"]["blas"] == count
    assert record["facts"]["threads"]["used"]["jax"] == count  # its pool obeys NPROC


def test_asv_gets_the_samples_of_the_record(both):
    _, result, record = both
    assert record["status"] == "ok"
    assert result == {"samples": record["samples"], "number": record["number"]}
    assert (record["benchmark"], record["params"]) == ("it.Both.measure", {"threads": str(both[0])})
    assert (record["commit"], record["environment"]) == ("c" * 40, "env")
    assert record["version"].endswith("-m1")


def test_a_jax_result_is_waited_for_wherever_it_is_in_what_is_returned(both):
    _, _, record = both
    _, returned, _, waited = record["stderr"].split()[-4:]
    assert float(returned) < 0.25 * float(waited)  # the call itself is back long before its result
    assert min(record["samples"]) > 0.5 * float(waited)


def test_imports_and_compiles_are_counted_in_the_first_call(both):
    first = both[2]["facts"]["first_call"]
    assert first["import_seconds"] > 0
    assert first["compiles"] >= 1  # the parallel function; JAX compiled in setup
    assert 0 < first["compile_seconds"] <= first["seconds"]
    assert first["compiles_in_setup"] >= 1
    assert first["run_seconds"] == pytest.approx(first["seconds"] - first["compile_seconds"])


def test_facts_name_versions_result_and_device(both):
    facts = both[2]["facts"]
    assert all(facts["versions"][name] for name in ("python", "numpy", "numba", "llvmlite", "jax", "jaxlib"))
    assert facts["result"]["device"] is not None
    assert facts["jax"]["backend"] == "cpu"
    assert facts["memory"]["predicted_bytes"] == 1000


@ON_LINUX
def test_memory_is_read_before_and_at_its_peak(both):
    memory = both[2]["facts"]["memory"]
    assert memory["peak_bytes"] > memory["before_bytes"] > 0


def test_a_process_that_dies_is_a_failure_for_asv_and_an_aborted_record(asv):
    done, result, record = asv.run("it.Dies.measure")
    assert done.returncode == 1
    assert result is None
    assert (record["status"], record["reason"]) == ("aborted", "the process was killed by SIGABRT")
    assert "last words" in record["stderr"]
    assert "last words" in done.stderr and "stallhorn: aborted" in done.stderr


def test_parameters_are_written_as_asv_writes_them(asv, found):
    _, result, record = asv.run("it.Texts.measure_it-1")
    assert result["number"] >= 1
    assert record["params"] == {"word": "'a'", "value": "1.5"}
    assert found["it.Texts.measure_it"]["params"] == [["'a'", "'b'"], ["1", "1.5"]]


def test_a_skip_of_the_suite_is_a_skip_for_asv(asv):
    done, result, record = asv.run("it.Texts.measure_it-2")
    assert done.returncode == 0
    assert result != result  # asv's way to write that it does not apply
    assert "asv: skipped: b is not for us" in done.stdout
    assert (record["status"], record["reason"]) == ("skipped", "b is not for us")


def test_a_time_benchmark_keeps_asvs_samples_and_gets_facts(asv):
    done, result, record = asv.run("it.Texts.time_it-1")
    assert done.returncode == 0, done.stderr
    assert (record["samples"], record["number"]) == (result["samples"], result["number"])
    assert record["params"] == {"word": "'a'", "value": "1.5"}
    assert record["facts"]["first_call"] is None
    assert record["facts"]["sampling"]["wall_seconds"] > 0
    assert record["facts"]["jax"] is None


def test_work_that_a_time_benchmark_did_not_wait_for_is_seen(asv):
    done, _, record = asv.run("it.time_unwaited")
    assert done.returncode == 0, done.stderr
    jax = record["facts"]["jax"]
    assert jax["unfinished_seconds"] > jax["returned_seconds"] > 0


def test_the_host_reads_what_the_probe_writes(asv, both):
    from stallhorn.asv.suite import describe
    from stallhorn.model import Parameters, Project, SeriesKey, Status
    from stallhorn.store.records import read_records

    count, _, written = both
    nowhere = asv.folder / "nowhere"
    project = Project("p", asv.folder, None, "", "HEAD", nowhere, nowhere, nowhere, None)
    benchmark = describe(asv.discover()["it.Both.measure"], 60)
    key = SeriesKey(benchmark.name, Parameters((("threads", str(count)),)), "env", "here")
    records = read_records(project, ["here"], {benchmark.name: benchmark}, [key])
    assert records.problems == []
    (record,) = records.by_cell[key, "c" * 40].values()
    assert record.status is Status.OK
    assert list(record.samples) == written["samples"]
    assert record.observation().facts == written["facts"]
    assert record.version == benchmark.version
