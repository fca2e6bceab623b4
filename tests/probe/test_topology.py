"""Which logical processors share a core, from lists as the kernel writes them."""

import sys

import pytest
from asv_bench_stallhorn.topology import topology


@pytest.fixture
def machine(tmp_path):
    def write(siblings):
        for cpu, text in siblings.items():
            folder = tmp_path / f"cpu{cpu}" / "topology"
            folder.mkdir(parents=True)
            (folder / "thread_siblings_list").write_text(text)
        return str(tmp_path)

    return write


PAIRS = {0: "0,2\n", 1: "1,3\n", 2: "0,2\n", 3: "1,3\n"}
FOURS = {cpu: "0-3\n" for cpu in range(4)}


@pytest.mark.parametrize(
    ("siblings", "allowed", "cores", "smt"),
    [
        ({0: "0\n", 1: "1\n"}, {0, 1}, 2, 1),
        (PAIRS, {0, 1, 2, 3}, 2, 2),
        (PAIRS, {0, 1}, 2, 1),  # one of each pair: what shares a core with them is not ours
        (PAIRS, {0, 2}, 1, 2),
        (PAIRS, {0, 1, 3}, 2, 2),
        (FOURS, {0, 1, 2, 3}, 1, 4),
        ({0: "0-1,8\n", 8: "0-1,8\n", 2: "2\n"}, {0, 8, 2}, 2, 2),
    ],
)
def test_cores_and_their_threads_among_the_processors_that_may_be_used(machine, siblings, allowed, cores, smt):
    assert topology(machine(siblings), allowed) == {"physical_cores": cores, "smt": smt}


@pytest.mark.parametrize("siblings", [{}, {0: "0\n"}, {0: "0\n", 1: ""}, {0: "0\n", 1: "what"}])
def test_a_system_that_does_not_tell_of_all_tells_of_none(machine, siblings):
    assert topology(machine(siblings), {0, 1}) == {"physical_cores": None, "smt": None}


def test_without_an_affinity_nothing_is_known(machine):
    assert topology(machine(PAIRS), ()) == {"physical_cores": None, "smt": None}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /sys")
def test_this_machine_tells():
    seen = topology()
    assert seen["physical_cores"] is None or (seen["physical_cores"] >= 1 and seen["smt"] >= 1)
