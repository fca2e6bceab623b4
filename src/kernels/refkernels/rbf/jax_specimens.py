from __future__ import annotations

from refkernels.rbf import jax_


def eager(x, y, coeffs, powers, shift, scale, radial="thin_plate_spline", epsilon=1.0):
    """As `matrix`, not jitted: each operation is dispatched by itself, and leaves its result in memory."""
    return jax_._run(jax_.write_out, x, y, coeffs, powers, shift, scale, radial, epsilon)
