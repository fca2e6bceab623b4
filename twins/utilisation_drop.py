"""A share of the work that grows faster than the rest stays serial: the cores used fall from one n to the next."""

import functools

SETTINGS = ["numba=1 layer=omp", "numba=2 layer=omp", "numba=1 layer=tbb", "numba=2 layer=tbb"]


@functools.cache
def kernels():
    import math

    import numba

    @numba.njit(parallel=True)
    def transform(x, out):
        for i in numba.prange(len(x)):
            value = x[i]
            for _ in range(60):
                value = math.sin(value) + 0.5
            out[i] = value

    @numba.njit
    def product(x, lag):
        total = 0.0
        for i in range(len(x) - lag):
            total += x[i] * x[i + lag]
        return total

    @numba.njit
    def correlate(x, out):
        last = len(x) - 1
        for lag in range(len(x) // 2):
            out[lag] = product(x, lag)
            out[last - lag] = product(x, last - lag)

    @numba.njit(parallel=True)
    def correlate_in_parallel(x, out):
        last = len(x) - 1
        for lag in numba.prange(len(x) // 2):
            out[lag] = product(x, lag)
            out[last - lag] = product(x, last - lag)

    return transform, correlate, correlate_in_parallel


class Correlation:
    params = (["sick", "healthy"], [300, 2000, 6000], SETTINGS)
    param_names = ("twin", "n", "threads")
    pitfall = "utilisation-drop"
    harm = "time"
    expected = "ok"
    why = "The transformation of n values is parallel, the n^2/2 products of the correlation are not."
    unscored = (
        {"twin": "sick", "threads": "numba=1 layer=omp"},
        {"twin": "sick", "threads": "numba=1 layer=tbb"},
        {"twin": "sick", "n": 300},
    )

    def setup(self, twin, n, threads):
        import numpy as np

        self.x = np.random.default_rng(48).random(n)
        self.values, self.out = np.empty(n), np.empty(n)
        self.transform, sick, healthy = kernels()
        self.correlate = sick if twin == "sick" else healthy
        self.time_run(twin, n, threads)

    def time_run(self, twin, n, threads):
        self.transform(self.x, self.values)
        self.correlate(self.values, self.out)
