"""What `make peers` puts side by side: kernels that exist, measured as the suite measures them."""

import itertools

import numpy as np
import pytest
import refkernels

from figures import contestants, peers

CONTESTS = peers.contests()
NAMES = [
    (contest.kernel, *name, contest.n)
    for contest in CONTESTS
    for name in (contest.peer, *(name for name, _ in contest.contestants))
]
NAMES += [(kernel, *name, n) for kernel, n, name, _ in peers.SCALING]


@pytest.mark.parametrize(("kernel", "backend", "variant"), sorted({name[:3] for name in NAMES}))
def test_who_competes_exists_and_is_measured_by_the_suite(kernel, backend, variant):
    assert (backend, variant) in refkernels.variants(kernel)
    benchmark = contestants._benchmark(kernel, backend, variant)
    assert benchmark.kernel_name == kernel
    assert (backend, variant) in itertools.product(*benchmark.params[1:3])


def test_a_variant_that_nothing_measures_is_named():
    with pytest.raises(LookupError, match="matmul numpy heroic"):
        contestants._benchmark("matmul", "numpy", "heroic")


def test_no_specimen_competes():
    assert not {(kernel, (backend, variant)) for kernel, backend, variant, _ in NAMES} & {
        (kernel, pair) for kernel in refkernels.kernels() for pair in refkernels.specimens(kernel)
    }


def test_a_contest_is_decided_by_the_least_of_windows_taken_in_turns():
    one, other = (contestants.Contestant("quadratic", "numpy", variant, 1000) for variant in ("default", "expression"))
    least = contestants.side_by_side([one, other], seconds=0.0)
    assert all(0 < seconds < 0.1 for seconds in least)
    assert one.number > 1


def test_the_memory_of_a_call_is_that_of_its_result_and_temporaries():
    peak = contestants.Contestant("quadratic", "numpy", "expression", 4_000_000).peak()
    if peak is None:
        pytest.skip("this system does not tell")
    assert peak >= 0.9 * 8 * 4_000_000


@pytest.mark.parametrize(
    ("value", "goal", "judged"),
    [(0.4, 0.5, "met"), (0.5, 0.5, "met"), (0.52, 0.5, "within 5 %"), (0.53, 0.5, "missed"), (9.0, None, "")],
)
def test_a_figure_counts_up_to_five_percent_beside_its_goal(value, goal, judged):
    assert peers._judged(value, goal) == judged


def test_a_process_that_cannot_measure_says_why():
    with peers.measurer(1) as one:
        with pytest.raises(peers.Failed, match="matmul numpy heroic"):
            one.ask(do="ready", contestants=[("matmul", "numpy", "heroic", 10)])
        one.ask(do="ready", contestants=[("matmul", "numpy", "default", 10)])
        assert np.isfinite(one.ask(do="alone", seconds=0.01)["seconds"])
