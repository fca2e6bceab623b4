"""What detectors are given, and how they are asked."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Evidence, Finding, Status
from stallhorn.pitfalls import base
from stallhorn.pitfalls.base import BLOCKING, CAUSE, CONTEXT, Case, Facts, judge

# facts by path


FACTS = Facts(
    {
        "a": {"number": 2.5, "flag": True, "text": "t", "nothing": None, "zero": 0},
        "list": ["x", 1, None, {"k": 1}, True],
        "text": "word",
    }
)


def test_facts_are_read_by_their_path_and_type():
    assert FACTS.number("a.number") == 2.5 and FACTS.count("a.number") == 2
    assert FACTS.flag("a.flag") is True and FACTS.text("a.text") == "t"
    assert FACTS.texts("list") == ("x",) and FACTS.numbers("list") == (1.0,)
    assert [one.number("k") for one in FACTS.entries("list")] == [1.0]
    assert set(FACTS.within("a")) == {"number", "flag", "text", "nothing", "zero"}


@pytest.mark.parametrize("path", ["", "b", "a.b", "a.number.b", "list.0", "text.x", "a.nothing"])
def test_what_is_missing_is_none_or_empty(path: str):
    assert not FACTS.has(path)
    assert FACTS.number(path) is FACTS.count(path) is FACTS.flag(path) is FACTS.text(path) is None
    assert FACTS.texts(path) == FACTS.numbers(path) == FACTS.entries(path) == ()
    assert FACTS.within(path) == {}


def test_what_has_another_type_is_none_but_there():
    assert FACTS.number("a.flag") is None and FACTS.flag("a.zero") is None and FACTS.text("a.number") is None
    assert FACTS.has("a.flag") and FACTS.has("a.zero") and FACTS.number("a.zero") == 0.0
    assert FACTS.texts("text") == () and FACTS.entries("a") == ()


# a case


def test_a_run_is_disturbed_only_where_that_is_known():
    assert run({"sampling.foreign_load": 1.0}).disturbed
    assert not run({"sampling.foreign_load": 0.0}).disturbed
    assert not run({"sampling.foreign_load": None}).disturbed


@pytest.mark.parametrize(
    ("given", "cores"),
    [
        ({"host.affinity": 2, "host.cores": 8}, 2),
        ({"host.affinity": None, "host.cores": 8}, 8),
        ({"host.affinity": None, "host.cores": None}, None),
        ({"host.affinity": None, "host.cores": None, "host.quota": 2.0}, None),
        ({"host.affinity": 8, "host.quota": 2.0}, 2),
        ({"host.affinity": 8, "host.quota": 2.1}, 3),
        ({"host.affinity": 8, "host.quota": 0.2}, 1),
        ({"host.affinity": 2, "host.quota": 16.0}, 2),
    ],
)
def test_cores_are_those_that_may_be_used(given: dict[str, Any], cores: int | None):
    assert case(run(given)).cores == cores


def family(**more: Any) -> Case:
    """n=100 with 2 threads, and its siblings."""
    here = run(n="100", threads="2", seconds=3.0)
    siblings = (
        run(n="1000", threads="2", seconds=30.0),
        run(n="20", threads="2", seconds=1.0),
        run(n="100", threads="1", seconds=5.0),
        run(n="20", threads="1", seconds=2.0),
        run(n="5", threads="2", seconds=None, status=Status.FAILED),
    )
    return case(here, siblings=siblings, **more)


def test_runs_along_a_parameter_differ_in_it_alone_and_come_in_its_order():
    assert [one.parameters.get("n") for one in family().along("n")] == ["20", "100", "1000"]
    assert [one.parameters.get("threads") for one in family().along("threads")] == ["1", "2"]
    assert family().along("backend") == ()


def test_a_failed_run_is_not_along_its_parameters():
    assert [one.seconds for one in case(run(n="5", seconds=None, status=Status.FAILED)).along("n")] == []


def test_values_that_are_no_numbers_stay_in_the_suites_order():
    siblings = (run(backend="numpy"), run(backend="jax"))
    found = case(run(backend="numba"), siblings=siblings).along("backend")
    assert [one.parameters.get("backend") for one in found] == ["numba", "numpy", "jax"]


def test_a_sibling_is_found_by_its_value():
    found = family().at("n", "20")
    assert found is not None and found.seconds == 1.0
    assert family().at("n", "100") is not None
    assert family().at("n", "7") is None


def test_one_thread_is_the_rerun_before_the_suites_own():
    rerun = run(n="100", threads="2", seconds=9.0)
    assert family(reruns={base.ONE_THREAD: rerun}).with_one_thread is rerun
    found = family().with_one_thread
    assert found is not None and found.seconds == 5.0
    failed = run(seconds=None, status=Status.FAILED)
    found = family(reruns={base.ONE_THREAD: failed}).with_one_thread
    assert found is not None and found.seconds == 5.0
    assert case(run(n="1")).with_one_thread is None


def test_a_finding_is_about_its_case_and_named_after_its_detector():
    this = case(run(n="1"))
    found = this.finding("stallhorn.pitfalls.load_imbalance", CAUSE, "claim", (), "remedy")
    assert (found.pitfall, found.about, found.commit) == ("load-imbalance", this.key, "c" * 40)


# asking


def detector(name: str, severity: str | None = CAUSE, **more: Any) -> ModuleType:
    """A detector that always finds the same, or nothing."""
    module = ModuleType("stallhorn.pitfalls." + name.replace("-", "_"))

    def detect(this: Case) -> Finding | None:
        return None if severity is None else this.finding(module.__name__, severity, "claim", (), "remedy")

    vars(module).update({"NEEDS": (), "detect": detect, **more})
    return module


def judged(*asked: ModuleType, **given: Any) -> base.Judgement:
    return judge(case(run(given)), {base.id_of(one.__name__): one for one in asked})


def names(judgement: base.Judgement) -> list[str]:
    return [one.pitfall for one in judgement.findings]


def test_what_a_detector_lacks_is_told_in_its_place():
    def explodes(_: Case) -> None:
        raise AssertionError("asked without its facts")

    (silence,) = judged(detector("a", NEEDS=("calls.regions", "host.cores"), detect=explodes)).silences
    assert (silence.pitfall, silence.why, silence.lacking) == ("a", "not known: calls.regions", ("calls.regions",))
    assert names(judged(detector("a", NEEDS=("host.cores",)))) == ["a"]


def test_a_noisy_detector_is_silent_beside_neighbours():
    noisy, exact = detector("noisy", NOISY=True), detector("exact")
    assert names(judged(noisy, exact)) == ["noisy", "exact"]
    judgement = judged(noisy, exact, **{"sampling.foreign_load": 1.5})
    assert names(judgement) == ["exact"]
    assert [(one.pitfall, one.why) for one in judgement.silences] == [
        ("noisy", "other processes used the machine: times say too little")
    ]


def test_a_detector_that_finds_nothing_is_neither_a_finding_nor_a_silence():
    assert judged(detector("a", None)) == base.Judgement((), ())


def test_what_makes_the_timing_wrong_comes_first():
    found = judged(detector("a", CONTEXT), detector("b", CAUSE), detector("c", BLOCKING), detector("d", CAUSE))
    assert names(found) == ["c", "b", "d", "a"]


@pytest.mark.parametrize(
    ("mine", "better", "kept"),
    [
        (CAUSE, CAUSE, ["better"]),
        (CAUSE, BLOCKING, ["better"]),
        (BLOCKING, CAUSE, ["better"]),
        (CONTEXT, CONTEXT, ["better"]),
        (CONTEXT, CAUSE, ["better"]),
        (CAUSE, CONTEXT, ["mine", "better"]),
        (BLOCKING, CONTEXT, ["mine", "better"]),
        (CAUSE, None, ["mine"]),
    ],
)
def test_a_finding_yields_to_one_that_says_it_better_unless_that_is_only_context(
    mine: str, better: str | None, kept: list[str]
):
    assert names(judged(detector("mine", mine, YIELDS_TO=("better",)), detector("better", better))) == kept


def test_two_that_yield_to_each_other_do_not_both_vanish_by_a_third_that_found_nothing():
    found = judged(detector("a", YIELDS_TO=("b",)), detector("b", None, YIELDS_TO=("a",)))
    assert names(found) == ["a"]


# the detectors that there are


SECTIONS = {
    *("activity", "calls", "code", "first_call", "host", "installation", "jax"),
    *("memory", "result", "sampling", "threads", "versions"),
}


@pytest.mark.parametrize("name", sorted(base.detectors()))
def test_every_detector_says_what_it_is_and_yields_only_to_what_exists(name: str):
    module = base.detectors()[name]
    assert module.__doc__ and module.__doc__.strip().splitlines()[0].endswith(".")
    assert module.TITLE and {path.partition(".")[0] for path in module.NEEDS} <= SECTIONS
    yields = getattr(module, "YIELDS_TO", ())
    assert isinstance(yields, tuple) and set(yields) <= set(base.detectors()) - {name}


def test_no_two_detectors_yield_to_each_other():
    yields = {name: set(getattr(module, "YIELDS_TO", ())) for name, module in base.detectors().items()}
    assert [(one, other) for one in yields for other in yields[one] if one in yields[other]] == []


@pytest.mark.parametrize("status", [Status.OK, Status.FAILED, Status.ABORTED, Status.TIMEOUT])
def test_nothing_known_is_nothing_found(status: Status):
    empty = Case(case(run()).key, base.Run(run().parameters, status))
    assert judge(empty).findings == ()


def test_evidence_is_text():
    assert base.counted("f", 3, 1) == Evidence("f", "3", "1", "counted")
    assert base.observed("f", 0.5, "less").kind == "observed"
