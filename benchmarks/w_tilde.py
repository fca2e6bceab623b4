"""An interferometer's response on all pairs of image points: cosines, and nothing but."""

from . import _kernel

# The number of visibilities for each number of image points: few and many of both, and a call is below two seconds.
_VISIBILITIES = {30: 50, 100: 200, 200: 500, 300: 1000, 1000: 200}
# One core, for each visibility on each pair of points: seconds.
_PER_COSINE = {
    ("numpy", "default"): 1.6e-9,
    ("numpy", "iterative"): 15e-9,
    ("numpy", "naive"): 18e-9,
    ("numba", "default"): 0.12e-9,
    ("numba", "serial"): 0.12e-9,
    ("numba", "full"): 0.23e-9,
    ("numba", "libm"): 8e-9,
    ("numba", "naive"): 18e-9,
    ("numba", "iterative"): 15e-9,
    ("numba", "race"): 15e-9,
    ("jax", "default"): 0.28e-9,
    ("jax", "full"): 1.9e-9,
    ("jax", "symmetric"): 0.3e-9,
    ("jax", "iterative"): 14e-9,
    ("jax", "naive"): 16e-9,
    ("jax", "last_axis"): 1.8e-9,
    ("jax", "eager"): 20e-9,
    ("jax", "vmap"): 4 * 0.33e-9,
}
# The product of the factors for each visibility on each pair of points, and their sines for each on each point.
_FACTORED = {
    ("numpy", "factored"): (0.045e-9, 9e-9),
    ("numba", "factored"): (0.042e-9, 0.8e-9),
    ("jax", "factored"): (0.042e-9, 2e-9),
    ("jax", "grad"): (0.3e-9, 20e-9),
}
_PER_CALL = {"numpy": 20e-6, "numba": 8e-6, "jax": 20e-6}
_BATCH = 4


class _WTilde(_kernel.KernelBenchmark):
    """n is the number of image points; there are 50, 200, 500, 1000, 200 visibilities for 30, 100, 200, 300, 1000."""

    kernel_name = "w_tilde"

    @staticmethod
    def inputs(n, backend, variant):
        """Noise in [0.5, 2), points in the square [-1, 1)^2, baselines below 5 turns along each axis."""
        import numpy as np

        random = np.random.default_rng(3)
        count = _VISIBILITIES[n]
        batch = (_BATCH,) if variant == "vmap" else ()
        return (
            random.uniform(0.5, 2, (*batch, count)),
            random.uniform(-5, 5, (*batch, count, 2)),
            random.uniform(-1, 1, (*batch, n, 2)),
        )

    @staticmethod
    def work(n, backend, variant, threads):
        count = _VISIBILITIES[n]
        if (backend, variant) in _FACTORED:
            passes = 3 if variant == "grad" else 1
            # One half of the product, for it is symmetric; a gradient takes two products more, of the whole.
            return {"cos": n * count, "flops": passes * 2 * n * (n + 1) * count, "bytes": 8 * n * n}
        problems = _BATCH if variant == "vmap" else 1
        cosines = problems * n * (n + 1) // 2 * count
        return {"cos": cosines, "flops": 3 * cosines, "bytes": 8 * problems * n * n}

    @staticmethod
    def expect(n, backend, variant, threads):
        count, pair = _VISIBILITIES[n], (backend, variant)
        matrix, factor, call = 8 * n * n, 8 * n * count, _PER_CALL[backend]
        if pair in _FACTORED:
            product, sines = _FACTORED[pair]
            copies = 12 if variant == "grad" else 4
            return n * n * count * product + n * count * sines + call, matrix * 3 + factor * copies + 8 * 2**20
        if variant == "eager":
            call = count * 90e-6
        matrices = {"numpy": 6, "numba": 10, "jax": 8}[backend]
        if variant == "naive":
            matrices += {"numpy": 3, "numba": 3, "jax": 1}[backend] * count
        if variant == "vmap":
            matrices *= _BATCH
        return n * n * count * _PER_COSINE[pair] + call, matrix * matrices + factor * 3 + 8 * 2**20

    @classmethod
    def quick(cls, n, backend, variant, threads):
        return super().quick(n, backend, variant, threads) or (n, variant, threads) == (100, "factored", 1)


class WTilde(_WTilde):
    params = ([30, 100, 300, 1000], _kernel.BACKENDS, ["default"], _kernel.THREADS)
    quick_sizes = (30, 100, 300)


class WTildeNumpy(_WTilde):
    params = ([30, 100, 300], ["numpy"], ["iterative", "factored"], [1])

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 100


class WTildeNumba(_WTilde):
    params = ([30, 100, 300], ["numba"], ["serial", "full", "libm", "factored"], [1, 2])


class WTildeJax(_WTilde):
    params = ([30, 100, 300], ["jax"], ["full", "symmetric", "iterative", "factored", "vmap"], [1, 2])


class WTildeJaxGrad(_WTilde):
    params = ([300], ["jax"], ["grad"], [1, 2])


class _WTildeSpecimens(_WTilde):
    @staticmethod
    def specimen(n, backend, variant, threads):
        return {
            "naive": "large-temporaries",
            "iterative": "allocation-bound",
            "race": "race",
            "last_axis": "not-vectorised",
            "eager": "eager-dispatch",
        }[variant]


class WTildeNumpySpecimens(_WTildeSpecimens):
    params = ([100, 200], ["numpy"], ["naive"], [1])


class WTildeNumbaSpecimens(_WTildeSpecimens):
    """`naive` and `iterative` are compiled when they are loaded, for 3 and 8 seconds, before any call."""

    params = ([100, 200], ["numba"], ["naive", "iterative", "race"], [1, 2])


class WTildeJaxSpecimens(_WTildeSpecimens):
    params = ([100, 200], ["jax"], ["naive", "last_axis", "eager"], [1])
