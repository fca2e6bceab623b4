"""Long arrays go past the processor once for each small step; the remedy takes all steps while a block is near."""

import functools

SETTINGS = ["numba=1 layer=omp", "numba=2 layer=omp"]


@functools.cache
def steps(twin):
    """Eight steps on each element: a pass over everything for each step, or all steps for each element."""
    import numba

    @numba.njit(parallel=True)
    def sick(x, y):
        for _ in range(8):
            for i in numba.prange(len(x)):
                x[i] = 0.9 * x[i] + 0.1 * y[i]

    @numba.njit(parallel=True)
    def healthy(x, y):
        for i in numba.prange(len(x)):
            value = x[i]
            for _ in range(8):
                value = 0.9 * value + 0.1 * y[i]
            x[i] = value

    return sick if twin == "sick" else healthy


def in_passes(x, out, block):
    """Six in-place operations on blocks of that length."""
    import numpy as np

    for start in range(0, len(x), block):
        one, result = x[start : start + block], out[start : start + block]
        np.multiply(one, 0.5, out=result)
        for k in range(5):
            np.add(result, 0.1 * k, out=result)


class Steps:
    params = (["sick", "healthy"], [4_000_000, 9_000_000], SETTINGS)
    param_names = ("twin", "n", "threads")
    pitfall = ("memory-bound", "fork-join-per-iteration")
    harm = "time"
    expected = "ok"
    why = "Eight passes over arrays that do not fit the cache, with two operations an element."

    def setup(self, twin, n, threads):
        import numpy as np

        self.x, self.y = np.random.default_rng(68).random((2, n))
        self.kernel = steps(twin)
        self.kernel(self.x, self.y)

    def time_run(self, twin, n, threads):
        self.kernel(self.x, self.y)


class Passes:
    params = (["sick", "healthy"], [6_000_000, 12_000_000])
    param_names = ("twin", "n")
    pitfall = "memory-bound"
    harm = "time"
    expected = "ok"
    why = "Six in-place operations, each of which reads and writes everything."

    def setup(self, twin, n):
        import numpy as np

        self.x, self.out = np.random.default_rng(69).random(n), np.zeros(n)
        self.block = n if twin == "sick" else 8192

    def time_run(self, twin, n):
        in_passes(self.x, self.out, self.block)
