"""A change took the packed instructions away: `version` "after" is to be compared with its own "before"."""

import functools


@functools.cache
def correlation(strict):
    import numba

    def kernel(x, y):
        total = 0.0
        for i in range(len(x)):
            total += x[i] * y[i]
        return total

    return numba.njit(fastmath=not strict)(kernel)


@functools.cache
def ratio(strict):
    import numba

    def kernel(x, y, out):
        for i in range(len(x)):
            out[i] = (x[i] - y[i]) / (x[i] + y[i])

    return numba.njit(error_model="python" if strict else "numpy")(kernel)


@functools.cache
def relu(strict):
    import numba

    @numba.njit
    def before(x, out):
        for i in range(len(x)):
            out[i] = max(0.0, x[i]) + 0.1 * x[i] * x[i]

    @numba.njit
    def after(x, out):
        for i in range(len(x)):
            if x[i] > 1e9:
                break
            out[i] = max(0.0, x[i]) + 0.1 * x[i] * x[i]

    return after if strict else before


class Correlation:
    params = (["sick", "healthy"], ["before", "after"], [3000, 20_000])
    param_names = ("twin", "version", "n")
    pitfall = "not-vectorised"
    harm = "time"
    expected = "ok"
    why = "Without fastmath the additions of a sum must stay in their order."
    unscored = ({"twin": "sick", "version": "before"},)

    def setup(self, twin, version, n):
        import numpy as np

        self.x, self.y = np.random.default_rng(75).random((2, n))
        self.kernel = correlation((twin, version) == ("sick", "after"))
        self.kernel(self.x, self.y)

    def time_run(self, twin, version, n):
        for _ in range(20):
            result = self.kernel(self.x, self.y)
        return result


class Ratio:
    params = (["sick", "healthy"], ["before", "after"], [20_000, 60_000])
    param_names = ("twin", "version", "n")
    pitfall = "not-vectorised"
    harm = "time"
    expected = "ok"
    why = "Python's error model tests each divisor for zero."
    unscored = ({"twin": "sick", "version": "before"},)

    def setup(self, twin, version, n):
        import numpy as np

        self.x, self.y = 1.0 + np.random.default_rng(76).random((2, n))
        self.out = np.empty(n)
        self.kernel = ratio((twin, version) == ("sick", "after"))
        self.kernel(self.x, self.y, self.out)

    def time_run(self, twin, version, n):
        self.kernel(self.x, self.y, self.out)


class Relu:
    params = (["sick", "healthy"], ["before", "after"], [25_000, 50_000])
    param_names = ("twin", "version", "n")
    pitfall = "not-vectorised"
    harm = "time"
    expected = "ok"
    why = "A break in the loop forbids the compiler to do several elements at once."
    unscored = ({"twin": "sick", "version": "before"},)

    def setup(self, twin, version, n):
        import numpy as np

        self.x, self.out = np.random.default_rng(77).standard_normal(n), np.empty(n)
        self.kernel = relu((twin, version) == ("sick", "after"))
        self.kernel(self.x, self.out)

    def time_run(self, twin, version, n):
        self.kernel(self.x, self.out)
