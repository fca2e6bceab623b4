"""Elementary functions for JAX on processors: as arithmetic that XLA fuses and vectorises.

XLA's own cosine is the C library's, one number at a time, and its logarithm takes three times as long as this one. On
a GPU `jnp.cos` and `jnp.log` are the better choice. All are accurate to about one unit in the last place, and can be
differentiated.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from refkernels._coefficients import LOG2_HIGH, LOG2_LOW, LOGARITHM, SINE

MANTISSA = 0x000FFFFFFFFFFFFF
HALF_ROOT = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)


def _polynomial(coefficients, x):
    value = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        value = value * x + coefficient
    return value


def _sine(h):
    """sin(2 pi h) for |h| <= 1/4."""
    return h * _polynomial(SINE, h * h)


@jax.custom_jvp
def cos2pi(t):
    """cos(2 pi t), the angle in turns. Whole turns are taken off without error, so large t are as exact as small ones.

    NaN for NaN and infinity.
    """
    return _sine(0.25 - jnp.abs(t - jnp.rint(t)))


@cos2pi.defjvp
def _(primals, tangents):
    (t,) = primals
    return cos2pi(t), -2.0 * jnp.pi * cos2pi(t - 0.25) * tangents[0]


def sincos2pi(t):
    """(sin(2 pi t), cos(2 pi t)), as `cos2pi`. To differentiate use `cos2pi(t - 0.25)` and `cos2pi(t)`."""
    part = t - jnp.rint(t)
    size = jnp.abs(part)
    return jnp.copysign(_sine(jnp.minimum(size, 0.5 - size)), part), _sine(0.25 - size)


@jax.custom_jvp
def log(x):
    """log(x) for positive normal numbers. 0, negative, subnormal, infinite x and NaN give a finite wrong value."""
    moved = lax.bitcast_convert_type(x, jnp.int64) - HALF_ROOT
    exponent = lax.shift_right_arithmetic(moved, jnp.int64(52)).astype(jnp.float64)
    f = lax.bitcast_convert_type((moved & MANTISSA) + HALF_ROOT, jnp.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    # 2 atanh(s) as f - s (f - series): f is exact, and only the small rest is rounded.
    rest = s * (f - z * _polynomial(LOGARITHM, z)) - exponent * LOG2_LOW
    return exponent * LOG2_HIGH + (f - rest)


@log.defjvp
def _(primals, tangents):
    (x,) = primals
    return log(x), tangents[0] / x
