from __future__ import annotations

import jax
import jax.numpy as jnp

from refkernels._float64 import require_x64
from refkernels.call_overhead import check


def eager(values):
    """Without `jax.jit`: each of the five operations is dispatched on its own, and all but one only move numbers."""
    require_x64(jax.config)
    check(values)
    if values.size == 0:
        return jnp.zeros(())
    values = jnp.asarray(values)
    return values[0].astype(jnp.float64) + values[-1].astype(jnp.float64)
