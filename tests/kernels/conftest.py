"""The kernels are tested in float64, and the suite is imported the way asv does it."""

from pathlib import Path

import jax
import pytest
from asv_runner._aux import update_sys_path

ROOT = Path(__file__).parents[2]

jax.config.update("jax_enable_x64", True)
update_sys_path(str(ROOT / "benchmarks"))


@pytest.fixture
def without_x64():
    jax.config.update("jax_enable_x64", False)
    yield
    jax.config.update("jax_enable_x64", True)
