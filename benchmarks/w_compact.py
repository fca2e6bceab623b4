"""w_tilde on a regular grid: a table of distances, small and made of many cosines or of a matrix product."""

from . import _kernel

_VISIBILITIES = 1024
# One core: seconds for each visibility on each entry of the table, for each on each row of the grid, and for the call.
_SECONDS = {
    ("numpy", "default"): (0.04e-9, 9e-9, 120e-6),
    ("numpy", "direct"): (4e-9, 0, 20e-6),
    ("numpy", "iterative"): (12e-9, 0, 15e-3),
    ("numba", "default"): (0.035e-9, 2e-9, 12e-6),
    ("numba", "direct"): (0.25e-9, 0, 6e-6),
    ("numba", "seed"): (17e-9, 0, 6e-6),
    ("jax", "default"): (0.025e-9, 3e-9, 20e-6),
    ("jax", "direct"): (0.45e-9, 0, 30e-6),
    ("jax", "seed"): (12e-9, 0, 1e-3),
    ("jax", "vmap"): (0.12e-9, 14e-9, 60e-6),
    ("jax", "grad"): (0.28e-9, 16e-9, 40e-6),
}
# The expanded matrix: seconds for each entry, by far the most of it for new memory.
_PER_ENTRY = {"numpy": 0.9e-9, "numba": 0.85e-9, "jax": 4.5e-9}
_BATCH = 4


class _WCompact(_kernel.KernelBenchmark):
    """n is the number of points along each side of the grid; there are 1024 visibilities."""

    kernel_name = "w_compact"

    @staticmethod
    def inputs(n, backend, variant):
        """Noise in [0.5, 2), a grid on the square [-1, 1)^2, baselines below 5 turns along each axis."""
        import numpy as np

        random = np.random.default_rng(6)
        batch = (_BATCH,) if variant == "vmap" else ()
        noise = random.uniform(0.5, 2, (*batch, _VISIBILITIES))
        return noise, random.uniform(-5, 5, (*batch, _VISIBILITIES, 2)), n, 2 / n

    @staticmethod
    def work(n, backend, variant, threads):
        count = _VISIBILITIES
        entries = n * (2 * n - 1)
        if variant in ("direct", "iterative", "seed"):
            return {"cos": entries * count, "flops": 4 * entries * count, "bytes": 8 * entries}
        # Two products of (n, K) and (K, n), and sines of which all but 2 K can be had by multiplication, 6 flops each.
        flops = 4 * n * n * count + 2 * 6 * n * count
        times = {"vmap": _BATCH, "grad": 3}.get(variant, 1)
        written = n**4 if variant == "expanded" else times * entries
        return {"cos": 2 * count, "flops": times * flops, "bytes": 8 * written}

    @staticmethod
    def expect(n, backend, variant, threads):
        entries, factor = n * (2 * n - 1), 8 * n * _VISIBILITIES
        if variant == "expanded":
            return n**4 * _PER_ENTRY[backend], 8 * n**4 * (2 if backend == "jax" else 1) + 8 * factor + 8 * 2**20
        per_entry, per_row, per_call = _SECONDS[backend, variant]
        seconds = _VISIBILITIES * (entries * per_entry + n * per_row) + per_call
        copies = {"vmap": 8 * _BATCH, "grad": 24}.get(variant, 8)
        return seconds, 8 * entries * 8 + factor * copies + 8 * 2**20

    @classmethod
    def quick(cls, n, backend, variant, threads):
        return super().quick(n, backend, variant, threads) or (n, variant) == (30, "iterative")


class WCompact(_WCompact):
    params = ([10, 30, 100], _kernel.BACKENDS, ["default"], _kernel.THREADS)
    quick_sizes = (30,)
    quick_threads = (2,)


class WCompactNumpy(_WCompact):
    params = ([10, 30, 100], ["numpy"], ["direct", "iterative"], [1])


class WCompactNumba(_WCompact):
    params = ([10, 30, 100], ["numba"], ["direct", "seed"], [1, 2])


class WCompactJax(_WCompact):
    params = ([10, 30, 100], ["jax"], ["direct", "seed", "vmap"], [1, 2])


class WCompactJaxGrad(_WCompact):
    params = ([200], ["jax"], ["grad"], [1, 2])


class WCompactExpanded(_WCompact):
    """The matrix for all pairs of the n^2 points, 328 MB, for a comparison with the same size in w_tilde."""

    params = ([80], _kernel.BACKENDS, ["expanded"], [1, 2])
