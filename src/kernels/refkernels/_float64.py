"""JAX computes in float32 unless it is told otherwise, and does so without a word."""

from __future__ import annotations


def require_x64(config) -> None:
    """Raise RuntimeError unless `config` (the caller's `jax.config`) has 64-bit types turned on."""
    if not config.jax_enable_x64:
        raise RuntimeError(
            "refkernels computes in float64, but JAX's 64-bit types are off, so it would compute in float32. "
            'Call jax.config.update("jax_enable_x64", True) first, or set JAX_ENABLE_X64=1.'
        )
