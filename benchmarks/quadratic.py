"""Roots of a x^2 + b x + c: memory-bound, elementwise."""

from . import _kernel

# One core: seconds for each element, and for the call itself.
_SECONDS = {"numpy": (2.5e-9, 8e-6), "numba": (0.6e-9, 3e-6), "jax": (1.5e-9, 8e-6)}


class Quadratic(_kernel.KernelBenchmark):
    kernel_name = "quadratic"
    params = ([10_000, 100_000, 1_000_000, 5_000_000], _kernel.BACKENDS, ["default"], _kernel.THREADS)

    @staticmethod
    def inputs(n, backend, variant):
        """a in [5, 10), b in [10, 20), c in [-0.1, 0.1), n each; where the backend can write in place, `out` too."""
        import numpy as np

        random = np.random.default_rng(1)
        coefficients = random.uniform(5, 10, n), random.uniform(10, 20, n), random.uniform(-0.1, 0.1, n)
        # Zeros, not empty: touched, so that no first call pays for its pages.
        return coefficients if backend == "jax" else (*coefficients, np.full(n, 0.0))

    @staticmethod
    def work(n, backend, variant, threads):
        return {"flops": 8 * n, "bytes": 8 * n * 4}

    @staticmethod
    def expect(n, backend, variant, threads):
        per_element, per_call = _SECONDS[backend]
        arrays = 8 if backend == "jax" else 4  # JAX: on the host and on the device, and two results at a time
        return n * per_element + per_call, 8 * n * arrays + 2**20
