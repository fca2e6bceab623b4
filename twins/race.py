"""Iterations of a prange write to the same place."""

import functools

LAYERS = ["numba=2 layer=omp", "numba=2 layer=tbb", "numba=2 layer=workqueue"]


@functools.cache
def histogram(twin):
    import numba
    import numpy as np

    @numba.njit(parallel=True)
    def sick(bins, count):
        out = np.zeros(count, dtype=np.int64)
        for i in numba.prange(len(bins)):
            out[bins[i]] += 1
        return out

    @numba.njit(parallel=True)
    def healthy(bins, count):
        parts = np.zeros((8, count), dtype=np.int64)
        for p in numba.prange(8):
            for i in range(p * len(bins) // 8, (p + 1) * len(bins) // 8):
                parts[p, bins[i]] += 1
        return parts.sum(axis=0)

    return sick if twin == "sick" else healthy


@functools.cache
def forces(twin):
    """Pair forces on a line; action and reaction are written at once in the sick twin."""
    import numba

    @numba.njit(parallel=True)
    def sick(x, out):
        out[:] = 0.0
        for i in numba.prange(len(x)):
            for distance in range(1, len(x) // 2 + 1):
                j = (i + distance) % len(x)
                force = (x[j] - x[i]) / (0.1 + abs(x[i] - x[j]))
                out[i] += force
                out[j] -= force

    @numba.njit(parallel=True)
    def healthy(x, out):
        out[:] = 0.0
        for i in numba.prange(len(x)):
            total = 0.0
            for j in range(len(x)):
                total += (x[j] - x[i]) / (0.1 + abs(x[i] - x[j]))
            out[i] = total

    return sick if twin == "sick" else healthy


class Histogram:
    params = (["sick", "healthy"], [1_500_000, 4_000_000], LAYERS)
    param_names = ("twin", "n", "threads")
    pitfall = "race"
    harm = "result"
    expected = "ok"
    why = "Two threads count in the same bins, and counts get lost."

    def setup(self, twin, n, threads):
        import numpy as np

        self.bins = np.random.default_rng(66).integers(0, 12, n)
        self.kernel = histogram(twin)
        self.kernel(self.bins, 12)

    def time_run(self, twin, n, threads):
        return self.kernel(self.bins, 12)


class Forces:
    params = (["sick", "healthy"], [2501, 5001], ["numba=2 layer=omp", "numba=2 layer=tbb"])
    param_names = ("twin", "n", "threads")
    pitfall = "race"
    harm = "result"
    expected = "ok"
    why = "The reaction is written into the row of another iteration."

    def setup(self, twin, n, threads):
        import numpy as np

        self.x, self.out = np.random.default_rng(67).random(n), np.zeros(n)
        self.kernel = forces(twin)
        self.kernel(self.x, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.x, self.out)
        return self.out
