"""How a process ended, in words; the host and the probe say it alike, and share no code."""

import signal

import pytest
from asv_bench_stallhorn.parent import died as died_for_the_probe

from stallhorn.endings import died


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "the process ended with exit code 0"),
        (1, "the process ended with exit code 1"),
        (-signal.SIGABRT, "the process was killed by SIGABRT"),
        (-signal.SIGSEGV, "the process was killed by SIGSEGV"),
        (-signal.SIGKILL, "the process was killed by SIGKILL (the kernel's out-of-memory killer sends it)"),
        (-200, "the process was killed by signal 200"),
    ],
)
def test_a_return_code_in_words(code, words):
    assert died(code) == words


@pytest.mark.parametrize("code", range(-70, 260))
def test_the_host_and_the_probe_agree(code):
    assert died(code) == died_for_the_probe(code)
