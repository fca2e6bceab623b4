"""An interferometer's response on all pairs of image points: cosines, and nothing but."""

from . import _kernel

# The number of visibilities for each number of image points: few and many of both, and a call is below two seconds.
_VISIBILITIES = {30: 50, 100: 200, 300: 1000, 1000: 200}
# One core: seconds for each cosine, and for the call itself.
_SECONDS = {"numpy": (17e-9, 150e-6), "numba": (16e-9, 15e-6), "jax": (16e-9, 30e-6)}


class WTilde(_kernel.KernelBenchmark):
    """n is the number of image points; there are 50, 200, 1000 and 200 visibilities for 30, 100, 300 and 1000."""

    kernel_name = "w_tilde"
    params = ([30, 100, 300, 1000], _kernel.BACKENDS, ["default"], _kernel.THREADS)

    @staticmethod
    def inputs(n, backend, variant):
        """Noise in [0.5, 2), points in the square [-1, 1)^2, baselines below 5 turns along each axis."""
        import numpy as np

        random = np.random.default_rng(3)
        count = _VISIBILITIES[n]
        return random.uniform(0.5, 2, count), random.uniform(-5, 5, (count, 2)), random.uniform(-1, 1, (n, 2))

    @staticmethod
    def work(n, backend, variant, threads):
        count = _VISIBILITIES[n]
        cosines = n * (n + 1) // 2 * count
        return {"cos": cosines, "flops": 3 * cosines, "bytes": 8 * n * n}

    @staticmethod
    def expect(n, backend, variant, threads):
        per_cosine, per_call = _SECONDS[backend]
        count = _VISIBILITIES[n]
        matrices = 6 if backend == "jax" else 1  # JAX gathers the halves through index arrays
        phases = 3 * n * count
        return n * (n + 1) / 2 * count * per_cosine + per_call, 8 * (n * n * matrices + phases) + 8 * 2**20
