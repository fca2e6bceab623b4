"""The sections of a record beside the timing: what the call returned, what it reaches, and one hash of all that."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from asv_bench_stallhorn import evidence, installation
from asv_bench_stallhorn.backends import jax_, numba_
from asv_bench_stallhorn.backends.numba_regions import Regions


class Holder:
    def __init__(self):
        self.x = np.ones((3, 4), np.float32)
        self.index = np.arange(5)

    def run(self):
        return helper(self.x)


def helper(x):
    return x * 2


def instruments():
    return SimpleNamespace(numba=numba_.Compiles(), jax=jax_.Compiles(), regions=Regions())


def gathered(call, holder=None, arguments=()):
    return evidence.gather(call, jax_.wait_for_any, instruments(), holder, arguments)


def test_all_sections_are_there_and_are_plain_json():
    holder = Holder()
    sections = gathered(holder.run, holder)
    assert set(sections) == {"calls", "code", "result", "jax", "installation", "evidence_seconds"}
    assert json.loads(json.dumps(sections, allow_nan=False)) == sections
    assert sections["calls"]["input_bytes"] == 48 + 40
    assert sections["calls"]["result_bytes"] == 48
    assert sections["jax"]["returned_seconds"] == sections["calls"]["seconds"]


def test_a_call_that_raises_the_second_time_keeps_what_is_known_of_its_code(capsys):
    def fails():
        raise ValueError("only once")

    sections = gathered(fails)
    assert sections["calls"] is None and "result" not in sections
    assert sections["code"]["python"] and sections["installation"] is not None
    assert "no facts from the extra call" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("broken", "section"), [((evidence.reach, "reached"), "code"), ((installation, "loaded"), "installation")]
)
def test_a_section_that_cannot_be_had_costs_only_itself(broken, section, monkeypatch, capsys):
    def fails(*_):
        raise OSError("no")

    monkeypatch.setattr(*broken, fails)
    sections = gathered(lambda: 1)
    assert sections[section] is None
    assert sections["calls"] is not None and sections["result"] is not None
    assert "no facts from " + section in capsys.readouterr().err


# the result


def test_a_result_is_told_by_its_first_array():
    facts = evidence.result_facts((np.ones((2, 3), np.float32), np.ones(4)))
    assert (facts["type"], facts["dtype"], facts["shape"]) == ("numpy.ndarray", "float32", [2, 3])
    assert (facts["bytes"], facts["dtypes"]) == (24 + 32, ["float32", "float64"])
    assert facts["digest"]["sum"] == 10.0
    assert facts["device"] is None


@pytest.mark.parametrize("result", [1.5, "text", [], (), {"a": 1}, object()])
def test_a_result_that_is_no_array_has_no_shape(result):
    facts = evidence.result_facts(result)
    assert (facts["dtype"], facts["shape"], facts["dtypes"]) == (None, None, [])


def test_where_nothing_is_returned_the_benchmarks_own_arrays_tell():
    holder = Holder()
    facts = evidence.result_facts(None, holder)
    assert facts["digest"]["sum"] == 12 + 10
    assert facts["input_dtypes"] == ["float32"]
    holder.x += 1
    assert evidence.result_facts(None, holder)["digest"]["sum"] == 24 + 10


# the code


def fingerprint(call, holder=None):
    return evidence.code_facts(call, instruments(), None, holder, ())


def test_the_same_code_has_the_same_fingerprint_and_data_do_not_matter():
    one, other = Holder(), Holder()
    other.x = np.zeros((300, 4))
    assert fingerprint(one.run, one) == fingerprint(other.run, other)


def test_other_python_code_has_another_fingerprint(monkeypatch):
    holder = Holder()
    before = fingerprint(holder.run, holder)
    monkeypatch.setitem(globals(), "helper", lambda x: x * 3)
    after = fingerprint(holder.run, holder)
    assert after["python"] != before["python"] and after["fingerprint"] != before["fingerprint"]


def test_another_version_of_a_library_has_another_fingerprint(monkeypatch):
    before = fingerprint(helper)
    monkeypatch.setitem(evidence._libraries, "numpy", "9.9 abc")
    after = fingerprint(helper)
    assert after["python"] == before["python"] and after["fingerprint"] != before["fingerprint"]


def test_other_compiled_code_has_another_fingerprint(monkeypatch):
    def with_code(llvm, hlo):
        seen = instruments()
        monkeypatch.setattr(seen.numba.functions, "facts", lambda things: [{"name": "f", "llvm": llvm}])
        extra = SimpleNamespace(functions=[], computations=[{"hlo": hlo}])
        return evidence.code_facts(helper, seen, extra, None, ())["fingerprint"]

    assert with_code("a", "b") == with_code("a", "b")
    assert len({with_code("a", "b"), with_code("c", "b"), with_code("a", "c"), with_code(None, None)}) == 4


def test_only_loaded_libraries_are_named_with_a_hash_of_their_files(monkeypatch):
    monkeypatch.setattr(evidence, "_libraries", {})
    monkeypatch.setattr(evidence, "_HASHED", ("numpy", "no_such_library"))
    assert list(evidence.libraries()) == ["numpy"]
    version, _, files = evidence.libraries()["numpy"].partition(" ")
    assert version == np.__version__ and len(files) == 12


def test_a_library_that_pip_did_not_install_has_its_own_version(monkeypatch):
    monkeypatch.setattr(evidence, "_libraries", {})
    monkeypatch.setattr(evidence, "_HASHED", ("homemade", "nameless"))
    monkeypatch.setitem(sys.modules, "homemade", SimpleNamespace(__version__="0.1"))
    monkeypatch.setitem(sys.modules, "nameless", SimpleNamespace())
    assert evidence.libraries() == {"homemade": "0.1", "nameless": "?"}
