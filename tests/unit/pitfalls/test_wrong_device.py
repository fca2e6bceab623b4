"""JAX on another device than the installation or the settings promise: recorded facts, no machine here has a GPU."""

from __future__ import annotations

from typing import Any

import pytest
from cases import case, run

from stallhorn.model import Finding
from stallhorn.pitfalls import wrong_device
from stallhorn.pitfalls.base import CAUSE, CONTEXT, judge

CPU = {"jax.backend": "cpu", "jax.devices": ["TFRT_CPU_0"], "jax.plugins": [], "jax.asked_device": None}
GPU = {"jax.backend": "gpu", "jax.devices": ["cuda:0"], "jax.plugins": ["cuda12"], "jax.asked_device": None}
WHEELS = {"jax": "0.10.2", "jaxlib": "0.10.2", "jax-cuda12-plugin": "0.6.2", "nvidia-cublas-cu12": "12.9.1"}
FITTING = {**WHEELS, "jax-cuda12-plugin": "0.10.2"}


def found(facts: dict[str, Any], **params: str) -> Finding | None:
    return wrong_device.detect(case(run(facts, **params)))


def test_a_plugin_that_is_not_used_is_named_with_the_versions_that_do_not_fit() -> None:
    finding = found({**CPU, "jax.plugins": ["cuda12"], "installation.jax_wheels": WHEELS})
    assert finding is not None
    assert finding.severity == CAUSE
    assert "on the CPU, though one plug-in for another device (cuda12) is installed" in finding.claim
    assert "its version is 0.6.2, jaxlib's 0.10.2" in finding.claim
    assert finding.switch is not None
    assert finding.switch.variables == {"JAX_PLATFORMS": "cpu"}


def test_where_no_gpu_is_there_nothing_is_lost() -> None:
    facts = {**CPU, "jax.plugins": ["cuda12"], "installation.jax_wheels": FITTING, "installation.gpus": []}
    finding = found(facts)
    assert finding is not None
    assert finding.severity == CONTEXT
    assert "no GPU is there" in finding.claim


def test_a_gpu_that_was_asked_for_and_did_not_come() -> None:
    finding = found({**CPU, "jax.asked_device": "cuda,cpu"})
    assert finding is not None
    assert finding.severity == CAUSE
    assert "asked for cuda (JAX_PLATFORMS=cuda,cpu), but computes on the CPU" in finding.claim


def test_left_over_distributions_are_context() -> None:
    finding = found({**CPU, "installation.jax_wheels": WHEELS})
    assert finding is not None
    assert finding.severity == CONTEXT
    assert "2 distributions for GPUs (jax-cuda12-plugin, nvidia-cublas-cu12)" in finding.claim
    assert "pip uninstall jax-cuda12-plugin nvidia-cublas-cu12" in finding.remedy


def test_a_result_on_the_cpu_though_the_gpu_runs() -> None:
    finding = found({**GPU, "jax.devices": ["TFRT_CPU_0"]})
    assert finding is not None
    assert finding.severity == CAUSE
    assert "back end is gpu, but the result was computed on tfrt_cpu_0" in finding.claim


def test_a_gpu_beside_numpy_on_the_cpu_is_context() -> None:
    this, other = run(GPU, backend="'jax'"), run({}, backend="'numpy'")
    finding = wrong_device.detect(case(this, siblings=(other,)))
    assert finding is not None
    assert finding.severity == CONTEXT
    assert "numpy beside it on the CPU" in finding.claim


@pytest.mark.parametrize(
    ("facts", "params"),
    [
        (CPU, {}),
        ({**CPU, "installation.jax_wheels": {"jax": "0.10.2", "jaxlib": "0.10.2"}}, {}),
        ({**CPU, "installation.jax_wheels": {"jaxlib": "0.10.2", "nvidia-ml-py": "12"}}, {}),
        ({**CPU, "jax.plugins": ["cuda12"], "jax.asked_device": "cpu", "installation.jax_wheels": WHEELS}, {}),
        ({**CPU, "jax.plugins": ["mine"]}, {}),
        (GPU, {"backend": "'jax'"}),
        ({**GPU, "jax.devices": ["TFRT_CPU_0"]}, {"device": "'cpu'"}),
        ({**GPU, "jax.devices": None}, {}),
        ({"jax.backend": "cpu"}, {}),
    ],
    ids=[
        "CPU",
        "CPU wheels",
        "somebody else's wheels",
        "CPU asked for",
        "a plug-in that is no device",
        "GPU",
        "a parameter says so",
        "device not known",
        "nothing else known",
    ],
)
def test_innocent(facts: dict[str, Any], params: dict[str, str]) -> None:
    assert found(facts, **params) is None


def test_without_jax_it_is_not_asked() -> None:
    judgement = judge(case(run({})), {"wrong-device": wrong_device})
    assert judgement.silences[0].why == "not known: jax.backend"
