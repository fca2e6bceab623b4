"""Compiled code that goes through Python objects."""

import functools


@functools.cache
def smooth(twin):
    import numba

    def kernel(x, out):
        for i in range(1, len(x) - 1):
            out[i] = (x[i - 1] + x[i] + x[i + 1]) / 3.0

    return numba.jit(forceobj=True, looplift=False)(kernel) if twin == "sick" else numba.njit(kernel)


@functools.cache
def errors(twin):
    import math

    import numba

    def by_python(value):
        return math.erf(value)

    @numba.njit
    def sick(x, out):
        for i in range(len(x)):
            with numba.objmode(y="float64"):
                y = by_python(x[i])
            out[i] = y

    @numba.njit
    def healthy(x, out):
        for i in range(len(x)):
            out[i] = math.erf(x[i])

    return sick if twin == "sick" else healthy


class Smooth:
    params = (["sick", "healthy"], [130_000, 300_000])
    param_names = ("twin", "n")
    pitfall = "object-mode"
    harm = "time"
    expected = "ok"
    why = "forceobj=True compiles the loop into calls of the interpreter."

    def setup(self, twin, n):
        import numpy as np

        self.x = np.random.default_rng(57).random(n)
        self.out, self.kernel = self.x.copy(), smooth(twin)
        self.kernel(self.x, self.out)

    def time_run(self, twin, n):
        self.kernel(self.x, self.out)


class Errors:
    params = (["sick", "healthy"], [9000, 30_000])
    param_names = ("twin", "n")
    pitfall = "object-mode"
    harm = "time"
    expected = "ok"
    why = "Each iteration enters the interpreter for one value."

    def setup(self, twin, n):
        import numpy as np

        self.x = np.random.default_rng(58).random(n)
        self.out, self.kernel = np.empty(n), errors(twin)
        self.kernel(self.x, self.out)

    def time_run(self, twin, n):
        self.kernel(self.x, self.out)
