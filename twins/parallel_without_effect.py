"""The author asked for threads and did not get them: `range` under parallel=True, `prange` without it."""

import functools


@functools.cache
def horner(twin):
    import numba

    @numba.njit(parallel=True)
    def sick(x, coefficients, out):
        for i in range(len(x)):
            value = 0.0
            for k in range(len(coefficients)):
                value = value * x[i] + coefficients[k]
            out[i] = value

    @numba.njit(parallel=True)
    def healthy(x, coefficients, out):
        for i in numba.prange(len(x)):
            value = 0.0
            for k in range(len(coefficients)):
                value = value * x[i] + coefficients[k]
            out[i] = value

    return sick if twin == "sick" else healthy


@functools.cache
def escape(twin):
    """How many steps of the logistic map until a value leaves an interval."""
    import numba

    def steps(r, out):
        for i in numba.prange(len(r)):
            x = 0.31
            count = 0
            while count < 400 and x > 1e-3:
                x = r[i] * x * (1.0 - x)
                count += 1
            out[i] = x

    return numba.njit(parallel=twin == "healthy")(steps)


class Horner:
    params = (["sick", "healthy"], [20000, 120000], ["numba=2 layer=omp", "numba=2 layer=tbb"])
    param_names = ("twin", "n", "threads")
    pitfall = "parallel-without-effect"
    harm = "time"
    expected = "ok"
    why = "parallel=True finds nothing to make parallel in a loop over range."

    def setup(self, twin, n, threads):
        import numpy as np

        generator = np.random.default_rng(7)
        self.x, self.coefficients, self.out = generator.random(n), generator.random(33), np.zeros(n)
        self.kernel = horner(twin)
        self.kernel(self.x, self.coefficients, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.x, self.coefficients, self.out)


class Escape:
    params = (["sick", "healthy"], [3000, 11000], ["numba=2 layer=omp", "numba=2 layer=workqueue"])
    param_names = ("twin", "n", "threads")
    pitfall = "parallel-without-effect"
    harm = "time"
    expected = "ok"
    why = "prange is an ordinary range as long as parallel=True is not given."

    def setup(self, twin, n, threads):
        import numpy as np

        self.r, self.out = np.linspace(3.0, 3.9, n), np.zeros(n)
        self.kernel = escape(twin)
        self.kernel(self.r, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.r, self.out)
