"""A serial loop calls a small parallel kernel again and again; each call starts and ends a parallel region."""

import functools

LAYERS = ["numba=2 layer=omp", "numba=2 layer=tbb", "numba=2 layer=workqueue"]


@functools.cache
def wave(twin):
    """Time steps of the one-dimensional wave equation; the steps depend on each other."""
    import numba

    @numba.njit(parallel=True)
    def step_in_parallel(old, now, new):
        for i in numba.prange(1, len(now) - 1):
            new[i] = 2.0 * now[i] - old[i] + 0.2 * (now[i - 1] - 2.0 * now[i] + now[i + 1])

    @numba.njit
    def step_serially(old, now, new):
        for i in range(1, len(now) - 1):
            new[i] = 2.0 * now[i] - old[i] + 0.2 * (now[i - 1] - 2.0 * now[i] + now[i + 1])

    step = step_in_parallel if twin == "sick" else step_serially

    @numba.njit
    def run(old, now, new, steps):
        for _ in range(steps):
            step(old, now, new)
            old, now, new = now, new, old

    return run


@functools.cache
def softmax(twin):
    """Softmax of every row."""
    return softmax_of_short_loops() if twin == "sick" else softmax_of_rows()


def softmax_of_short_loops():
    import math

    import numba

    @numba.njit(parallel=True)
    def row(values, out):
        total = 0.0
        for j in numba.prange(len(values)):
            out[j] = math.exp(values[j])
            total += out[j]
        for j in numba.prange(len(values)):
            out[j] /= total

    @numba.njit
    def rows(values, out):
        for i in range(len(values)):
            row(values[i], out[i])

    return rows


def softmax_of_rows():
    import math

    import numba

    @numba.njit
    def row(values, out):
        total = 0.0
        for j in range(len(values)):
            out[j] = math.exp(values[j])
            total += out[j]
        for j in range(len(values)):
            out[j] /= total

    @numba.njit(parallel=True)
    def rows(values, out):
        for i in numba.prange(len(values)):
            row(values[i], out[i])

    return rows


class Wave:
    params = (["sick", "healthy"], [130, 900], LAYERS)
    param_names = ("twin", "n", "threads")
    pitfall = "fork-join-per-iteration"
    harm = "time"
    expected = "ok"
    why = "Each of 800 time steps is a parallel region of less than a microsecond of work."

    def setup(self, twin, n, threads):
        import numpy as np

        self.fields = [np.random.default_rng(seed).random(n) for seed in range(3)]
        self.kernel = wave(twin)
        self.kernel(*self.fields, 2)

    def time_run(self, twin, n, threads):
        self.kernel(*self.fields, 800)


class Softmax:
    params = (["sick", "healthy"], [250, 700], LAYERS)
    param_names = ("twin", "n", "threads")
    pitfall = "fork-join-per-iteration"
    harm = "time"
    expected = "ok"
    why = "The loop over the rows is serial and the short loops inside it are parallel, instead of the other way round."

    def setup(self, twin, n, threads):
        import numpy as np

        self.rows = np.random.default_rng(4).random((n, 48))
        self.out = np.empty_like(self.rows)
        self.kernel = softmax(twin)
        self.kernel(self.rows, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.rows, self.out)
