"""A change took the packed instructions away: `version` "after" is to be compared with its own "before"."""

import functools


@functools.cache
def correlation(strict):
    import numba

    def kernel(x, y, out):
        for lag in range(len(out)):
            total = 0.0
            for i in range(len(x) - lag):
                total += x[i] * y[i + lag]
            out[lag] = total

    return numba.njit(fastmath=not strict)(kernel)


@functools.cache
def ratio(strict):
    import numba

    def kernel(x, y, out):
        for k in range(40):
            for i in range(len(x)):
                out[i] += (x[i] - k * y[i]) / (x[i] + k * y[i])

    return numba.njit(error_model="python" if strict else "numpy")(kernel)


@functools.cache
def rectify(strict):
    import numba

    @numba.njit
    def before(x, out):
        for _ in range(40):
            for i in range(len(x)):
                out[i] = max(0.0, 0.9 * out[i]) + 0.1 * x[i] * x[i]

    @numba.njit
    def after(x, out):
        for _ in range(40):
            for i in range(len(x)):
                if x[i] > 1e9:
                    break
                out[i] = max(0.0, 0.9 * out[i]) + 0.1 * x[i] * x[i]

    return after if strict else before


class Correlation:
    params = (["sick", "healthy"], ["before", "after"], [8000, 20_000])
    param_names = ("twin", "version", "n")
    pitfall = "not-vectorised"
    harm = "time"
    expected = "ok"
    why = "Without fastmath the additions of a sum must stay in their order."
    unscored = ({"twin": "sick", "version": "before"},)

    def setup(self, twin, version, n):
        import numpy as np

        self.x, self.y = np.random.default_rng(75).random((2, n))
        self.out = np.zeros(64)
        self.kernel = correlation((twin, version) == ("sick", "after"))
        self.kernel(self.x, self.y, self.out)

    def time_run(self, twin, version, n):
        self.kernel(self.x, self.y, self.out)


class Ratio:
    params = (["sick", "healthy"], ["before", "after"], [4000, 15_000])
    param_names = ("twin", "version", "n")
    pitfall = "not-vectorised"
    harm = "time"
    expected = "ok"
    why = "Python's error model tests each divisor for zero."
    unscored = ({"twin": "sick", "version": "before"},)

    def setup(self, twin, version, n):
        import numpy as np

        self.x, self.y = 1.0 + np.random.default_rng(76).random((2, n))
        self.out = np.zeros(n)
        self.kernel = ratio((twin, version) == ("sick", "after"))
        self.kernel(self.x, self.y, self.out)

    def time_run(self, twin, version, n):
        self.kernel(self.x, self.y, self.out)


class Rectify:
    params = (["sick", "healthy"], ["before", "after"], [9000, 20_000])
    param_names = ("twin", "version", "n")
    pitfall = "not-vectorised"
    harm = "time"
    expected = "ok"
    why = "A break in the loop forbids the compiler to do several elements at once."
    unscored = ({"twin": "sick", "version": "before"},)

    def setup(self, twin, version, n):
        import numpy as np

        self.x, self.out = np.random.default_rng(77).standard_normal(n), np.zeros(n)
        self.kernel = rectify((twin, version) == ("sick", "after"))
        self.kernel(self.x, self.out)

    def time_run(self, twin, version, n):
        self.kernel(self.x, self.out)
