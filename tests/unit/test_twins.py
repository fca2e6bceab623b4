"""The twin suite is complete and says what it is; nothing of it is run here."""

from __future__ import annotations

import ast
import collections
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "twins"
sys.path.insert(0, str(ROOT))

from twins.cells import Cell, cells, classes, partner  # noqa: E402

LIST = """
    nested-parallel fork-join-per-iteration blas-in-parallel-region oversubscription cpu-quota
    fewer-threads-than-asked load-imbalance unsynchronised compile-in-timing recompilation cache-never-warm
    parallel-without-effect jit-without-benefit eager-dispatch call-overhead host-transfer too-little-work
    utilisation-drop large-temporaries does-not-compile object-mode stale-capture precision-mismatch wrong-device race
    memory-bound smt-threads gil-held memory-layout not-vectorised allocation-bound foreign-load
"""
IDS = frozenset(LIST.split())
# What cannot be made on any machine without privileges, special hardware or a neighbour.
NOT_EXERCISED = {"cpu-quota", "smt-threads", "foreign-load"}
CLASSES = classes()
SICK = [(module, name, one) for module, name, one in CLASSES if "sick" in one.params[0]]
LAYERS = {"layer=omp", "layer=tbb", "layer=workqueue"}
KINDS = ("time_", "track_", "peakmem_", "mem_")


def answers(one: type) -> tuple[str, ...]:
    return (one.pitfall,) if isinstance(one.pitfall, str) else tuple(one.pitfall)


def scored(twin: str) -> list[Cell]:
    return [cell for _, _, one in CLASSES for cell in cells(one) if cell.scored and cell.twin == twin]


def named(found: list[tuple[str, str, type]]) -> list[str]:
    return [f"{module}.{name}" for module, name, _ in found]


@pytest.mark.parametrize(("module", "name", "one"), CLASSES, ids=named(CLASSES))
def test_a_class_says_what_it_is(module: str, name: str, one: type):
    assert set(answers(one)) <= IDS
    assert one.harm in ("time", "memory", "result", "none")
    assert one.expected in ("ok", "failed", "aborted")
    assert one.why.endswith(".")
    assert len(one.params) == len(one.param_names)
    assert one.param_names[0] == "twin"
    assert one.params[0] in (["sick", "healthy"], ["healthy"])
    assert len([attribute for attribute in vars(one) if attribute.startswith(KINDS)]) == 1


@pytest.mark.parametrize(("module", "name", "one"), SICK, ids=named(SICK))
def test_a_sick_class_stands_in_the_module_of_its_pitfall(module: str, name: str, one: type):
    assert answers(one)[0] == module.replace("_", "-")


@pytest.mark.parametrize(("module", "name", "one"), SICK, ids=named(SICK))
def test_every_scored_sick_cell_has_a_healthy_partner(module: str, name: str, one: type):
    mine = [cell for cell in cells(one) if cell.scored and cell.twin == "sick"]
    assert mine
    assert all((other := partner(one, cell)) is not None and other.twin == "healthy" for cell in mine)


def test_healthy_modules_have_no_sick_twin_and_no_pitfall():
    found = [one for module, _, one in CLASSES if module.startswith("healthy")]
    assert found
    assert all(one.params[0] == ["healthy"] and answers(one) == () for one in found)


def test_every_pitfall_is_exercised_that_can_be():
    assert {answers(one)[0] for _, _, one in SICK} == IDS - NOT_EXERCISED


def test_there_are_enough_cells():
    assert len(scored("sick")) >= 70
    assert len(scored("healthy")) >= 110


def test_every_threading_layer_has_sick_and_healthy_cells():
    for twin in ("sick", "healthy"):
        words = collections.Counter(word for cell in scored(twin) for word in str(cell.params.get("threads")).split())
        assert set(words) >= LAYERS


def test_only_the_standard_library_is_imported_with_a_module():
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            found += [(path.name, name) for name in names if name.partition(".")[0] not in sys.stdlib_module_names]
    assert found == []


def test_what_only_one_twin_has_is_not_a_cell_of_the_other():
    class Planted:
        params = (["sick", "healthy"], [1, 2], ["blas=8", "blas=2"])
        param_names = ("twin", "n", "threads")
        only = {"sick": {"threads": "blas=8"}, "healthy": {"threads": "blas=2"}}  # noqa: RUF012
        unscored = ({"twin": "sick", "n": 1},)

    found = cells(Planted)
    assert sorted(cell.values for cell in found) == [
        ["healthy", 1, "blas=2"],
        ["healthy", 2, "blas=2"],
        ["sick", 1, "blas=8"],
        ["sick", 2, "blas=8"],
    ]
    sick = next(cell for cell in found if cell.values == ["sick", 2, "blas=8"])
    assert sick.scored
    assert partner(Planted, sick).values == ["healthy", 2, "blas=2"]
    assert [cell.values for cell in found if not cell.scored] == [["sick", 1, "blas=8"]]
