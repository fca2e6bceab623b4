from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from refkernels.quadratic.jax_ import doubles, formula, fused, prepare


def eager(a, b, c, out=None):
    """Without jit: every operation is a dispatch, a pass over memory and a temporary of its own."""
    prepare(a, b, c, out)
    return formula(*doubles(*map(jnp.asarray, (a, b, c))))


def host_inputs(a, b, c, out=None):
    """The jitted kernel fed from NumPy: every call pays for moving the inputs to the device, here a copy."""
    prepare(a, b, c, out)
    return fused(*map(np.asarray, (a, b, c)))
