from __future__ import annotations

import jax.numpy as jnp

from refkernels.fma.jax_ import formula, prepare


def eager(out, weights, *arrays):
    """Without jit: two dispatches, two passes and a temporary for each array."""
    prepare(out, weights, arrays)
    out = jnp.asarray(out)
    return formula(out, *(jnp.asarray(values, out.dtype) for values in (weights, *arrays)))
