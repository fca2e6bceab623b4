"""The curvature matrix of an inversion: two products with a sparse matrix of three entries in a row."""

from . import _kernel

_ENTRIES = 3  # source pixels of an image point
_BASELINES = 256
# The side of the grid and the number of image points within its circle, for each number of source pixels.
_GRIDS = {256: (30, 716), 716: (30, 716), 1600: (60, 2828)}
_BATCH = 4

_TABLE = {
    "numba_compact_sparse",
    "numba_compact_sparse_direct",
    "original_preload_direct",
    "jax_compact_sparse",
    "jax_compact_sparse_BCOO",
}
_MILLISECONDS = {
    ("numpy", "default"): {256: 1.2, 716: 2.5, 1600: 40},
    ("numba", "default"): {256: 0.25, 716: 0.42, 1600: 11},
    ("jax", "default"): {256: 0.6, 716: 1, 1600: 45},
    ("scipy", "default"): {256: 0.6, 716: 0.95, 1600: 24},
    ("scipy", "as_written"): {256: 0.8, 716: 1.2, 1600: 42},
    ("numpy", "original"): {256: 6, 716: 24},
    ("numba", "numba"): {256: 6, 716: 24},
    ("numba", "numba_sparse"): {256: 1, 716: 1},
    ("numba", "numba_compact_sparse"): {256: 1.6, 716: 1.6},
    ("numba", "numba_compact_sparse_direct"): {256: 4, 716: 4.5},
    ("numba", "original_preload_direct"): {256: 7.5, 716: 8},
    ("jax", "jax"): {256: 6, 716: 20},
    ("jax", "jax_sparse"): {256: 0.7, 716: 1.4},
    ("jax", "jax_BCOO"): {256: 1.3, 716: 2.5},
    ("jax", "jax_compact_sparse"): {256: 6, 716: 6},
    ("jax", "jax_compact_sparse_BCOO"): {256: 6, 716: 6},
    ("jax", "grad"): {256: 2.5, 716: 5},
    ("jax", "vmap"): {256: 5, 716: 12},
}


class Curvature(_kernel.KernelBenchmark):
    """n is the number of source pixels; there are 716 image points for 256 and 716, and 2828 for 1600."""

    kernel_name = "curvature"
    params = ([256, 716, 1600], _kernel.BACKENDS, ["default"], _kernel.THREADS)
    quick_sizes = (256, 716)
    quick_threads = (2,)

    @staticmethod
    def inputs(n, backend, variant):
        """Points of a grid within a circle, each of three source pixels, one of ten of two; w is dense.

        The compact variants take the table instead of w. The batch of vmap is multiples of one problem.
        """
        import numpy as np

        random = np.random.default_rng(7)
        side, points = _GRIDS[n]
        table = _table(side, random)
        place = np.argwhere(np.hypot(*(np.indices((side, side)) - (side - 1) / 2)) <= side / 2)
        indices = np.argsort(random.random((points, n)), axis=1)[:, :_ENTRIES].copy()
        weights = random.uniform(0.1, 1, (points, _ENTRIES))
        indices[random.random(points) < 0.1, -1] = -1
        weights[indices < 0] = 0
        weights /= weights.sum(axis=1, keepdims=True)
        if variant in _TABLE:
            return table, indices, weights, n, place
        w = _dense(table, place)
        if variant == "vmap":
            scale = np.arange(1.0, 1 + _BATCH)[:, None, None]
            return scale * w, np.repeat(indices[None], _BATCH, axis=0), np.repeat(weights[None], _BATCH, axis=0), n
        return w, indices, weights, n

    @staticmethod
    def work(n, backend, variant, threads):
        side, points = _GRIDS[n]
        read = side * (2 * side - 1) + 2 * points if variant in _TABLE else points * points
        times = _BATCH if variant == "vmap" else 1
        return {
            "flops": times * 2 * _ENTRIES * points * (points + n),
            "bytes": times * 8 * (read + 2 * _ENTRIES * points + n * n),
        }

    @staticmethod
    def expect(n, backend, variant, threads):
        seconds = _MILLISECONDS[backend, variant][n] / 1e3
        points = _GRIDS[n][1]
        w, half, out = points * points, points * n, n * n
        numbers = {
            "default": w + out + (0 if backend == "numba" else 2 * half + out),
            "numba_compact_sparse": out + 2 * half,
            "numba_compact_sparse_direct": out,
            "original_preload_direct": out,
            "jax_compact_sparse": out + 2 * half,
            "jax_compact_sparse_BCOO": out + 4 * half,
            "grad": 4 * w + 4 * half,
            "vmap": _BATCH * (w + 2 * half + 2 * out) + w,
        }.get(variant, w + 2 * half + 2 * out)
        return seconds, 8 * numbers + 8 * 2**20


class CurvatureNumpy(Curvature):
    """The formula with a dense T. Sizes as for the defaults."""

    params = ([256, 716], ["numpy"], ["original"], [1, 2])

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, threads) == (256, 1)


class CurvatureScipy(Curvature):
    """The peer: T in compressed sparse rows. Sizes as for the defaults."""

    params = ([256, 716, 1600], ["scipy"], ["default", "as_written"], [1])

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, variant) == (716, "default")


class CurvatureNumba(Curvature):
    """Loops in the orders that have names, on one thread. Sizes as for the defaults."""

    params = (
        [256, 716],
        ["numba"],
        ["numba_sparse", "numba_compact_sparse", "numba_compact_sparse_direct", "original_preload_direct"],
        [1],
    )

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, variant) == (716, "numba_sparse")


class CurvatureNumbaSpecimens(Curvature):
    """The dense product within a compiled function. Sizes as for the defaults."""

    params = ([256, 716], ["numba"], ["numba"], [1, 2])

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "jit-without-benefit"

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, threads) == (256, 1)


class CurvatureJax(Curvature):
    """JAX's ways to a sparse product, and the transformed kernel. Sizes as for the defaults."""

    params = (
        [256, 716],
        ["jax"],
        ["jax", "jax_sparse", "jax_BCOO", "jax_compact_sparse", "jax_compact_sparse_BCOO", "grad", "vmap"],
        [1, 2],
    )


def _table(side, random):
    """The response of baselines below half a turn a pixel, weighted by random noise, on pairs of points of a grid."""
    import numpy as np

    u, weights = random.uniform(-0.25, 0.25, (_BASELINES, 2)), 1 / random.uniform(0.5, 2, _BASELINES) ** 2
    m, n = np.arange(side), np.arange(1 - side, side)
    # The cosine of a difference of angles, so that the sum over the baselines is two matrix products.
    down, right = 2 * np.pi * m[:, None] * u[:, 1], 2 * np.pi * n[:, None] * u[:, 0]
    return (np.cos(down) * weights) @ np.cos(right).T + (np.sin(down) * weights) @ np.sin(right).T


def _dense(table, place):
    """w of these points, row by row: index arrays of all of it would be several times its size."""
    import numpy as np

    side = len(table)
    w = np.empty((len(place), len(place)))
    for i, (down, right) in enumerate(place):
        m, n = down - place[:, 0], right - place[:, 1]
        w[i] = table[np.abs(m), np.where(m < 0, -n, n) + side - 1]
    return w
