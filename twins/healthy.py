"""Healthy code that looks sick: Numba, threads and BLAS. Nothing above context may be said about it."""

import functools

LAYERS = ["numba=2 layer=omp", "numba=2 layer=tbb", "numba=2 layer=workqueue"]


@functools.cache
def threaded():
    """Parallel kernels, each with something that looks like a pitfall and is none."""
    import math

    import numba

    @numba.njit(parallel=True)
    def nested_in_one(x, y, out):
        for i in numba.prange(len(x)):
            for j in numba.prange(len(y)):
                out[i, j] = math.exp(-abs(x[i] - y[j]))

    @numba.njit(parallel=True)
    def row(x, y, i, out):
        for j in numba.prange(len(y)):
            out[i, j] = math.exp(-abs(x[i] - y[j]))

    @numba.njit(parallel=True)
    def index_to_inner(x, y, out):
        for i in numba.prange(len(x)):
            row(x, y, i, out)

    return {"nested in one": nested_in_one, "index to inner": index_to_inner}


@functools.cache
def expressions():
    """Parallel kernels made of reductions and of array expressions."""
    import math

    import numba
    import numpy as np

    @numba.njit(parallel=True)
    def once(x, y, out):
        out[:] = np.sqrt(x.reshape(-1, 1) ** 2 + y.reshape(1, -1) ** 2)

    @numba.njit(parallel=True)
    def array_reduction(x, y, out):
        total = np.zeros(len(y))
        for i in numba.prange(len(x)):
            total += np.exp(-np.abs(x[i] - y))
        out[0] = total

    @numba.njit(parallel=True)
    def scalar_reduction(x, y, out):
        total = 0.0
        for i in numba.prange(len(x)):
            for j in range(len(y)):
                total += math.cos(x[i] * y[j])
        out[0, 0] = total

    return {"array reduction": array_reduction, "scalar reduction": scalar_reduction, "once": once}


@functools.cache
def serial():
    """Serial kernels that are as fast as they can be."""
    import numba

    @numba.njit
    def recurrence(x, out):
        value = 0.0
        for i in range(len(x)):
            value = 0.99 * value + x[i]
            out[i] = value

    @numba.njit
    def gather(x, out):
        for i in range(len(x)):
            out[i] = x[(i * 7919) % len(x)]

    @numba.njit
    def collatz(x, out):
        for i in range(len(x)):
            value = 1 + int(x[i] * 1000)
            steps = 0
            while value != 1:
                value = value // 2 if value % 2 == 0 else 3 * value + 1
                steps += 1
            out[i] = steps

    return {"recurrence": recurrence, "gather": gather, "collatz": collatz, "insertion": insertion()}


def insertion():
    import numba

    @numba.njit
    def in_runs(x, out):
        out[:] = x
        for start in range(0, len(out) - 32, 32):
            for i in range(start + 1, start + 32):
                value = out[i]
                j = i
                while j > start and out[j - 1] > value:
                    out[j] = out[j - 1]
                    j -= 1
                out[j] = value

    return in_runs


@functools.cache
def fortran():
    import numba

    @numba.njit
    def columns(field, out):
        for j in range(field.shape[1]):
            for i in range(field.shape[0]):
                out[i, j] = 0.5 * field[i, j] + 1.0

    return columns


SCALE = 2.5


@functools.cache
def constant():
    import numba

    @numba.njit
    def scaled(x, out):
        for i in range(len(x)):
            out[i] = SCALE * x[i] / (1.0 + x[i])

    return scaled


@functools.cache
def coarse():
    import math

    import numba

    @numba.njit(parallel=True)
    def rows(x, out):
        for i in numba.prange(len(x)):
            value = x[i]
            for _ in range(400):
                value = math.sin(value) + 0.7
            out[i] = value

    return rows


@functools.cache
def pooled():
    import numba

    @numba.njit(nogil=True)
    def polynomial(x):
        total = 0.0
        for i in range(len(x)):
            value = 0.0
            for k in range(30):
                value = value * x[i] + k
            total += value
        return total

    return polynomial


class Threaded:
    params = (
        ["healthy"],
        ["nested in one", "index to inner", "array reduction", "scalar reduction"],
        [180, 420],
        LAYERS,
    )
    param_names = ("twin", "kernel", "n", "threads")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "A prange in a prange of the same function, an inner kernel that gets the index, and reductions are harmless."

    def setup(self, twin, kernel, n, threads):
        import numpy as np

        self.x, self.y = np.random.default_rng(90).random((2, n))
        self.out = np.zeros((n, n))
        self.run = {**threaded(), **expressions()}[kernel]
        self.run(self.x, self.y, self.out)

    def time_run(self, twin, kernel, n, threads):
        self.run(self.x, self.y, self.out)


class Once:
    params = (["healthy"], [500, 1100], ["numba=2 layer=tbb"])
    param_names = ("twin", "n", "threads")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "An array expression under parallel=True without any prange is one parallel region."

    def setup(self, twin, n, threads):
        import numpy as np

        self.x, self.y = np.random.default_rng(91).random((2, n))
        self.out = np.zeros((n, n))
        self.run = expressions()["once"]
        self.run(self.x, self.y, self.out)

    def time_run(self, twin, n, threads):
        self.run(self.x, self.y, self.out)


class Serial:
    params = (["healthy"], ["recurrence", "gather", "collatz", "insertion"], [12_000, 40_000])
    param_names = ("twin", "kernel", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "What depends on the step before cannot be packed, and does not need to be."

    def setup(self, twin, kernel, n):
        import numpy as np

        self.x, self.out = np.random.default_rng(92).random(n), np.zeros(n)
        self.run = serial()[kernel]
        self.run(self.x, self.out)

    def time_run(self, twin, kernel, n):
        self.run(self.x, self.out)


class Fortran:
    params = (["healthy"], [500, 900])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "An array in Fortran order is gone through in Fortran order."

    def setup(self, twin, n):
        import numpy as np

        self.field = np.asfortranarray(np.random.default_rng(93).random((n, n)))
        self.out = np.zeros_like(self.field)
        fortran()(self.field, self.out)

    def time_run(self, twin, n):
        fortran()(self.field, self.out)


class Constant:
    params = (["healthy"], [60_000, 200_000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "A kernel captures a number of its module that never changes."

    def setup(self, twin, n):
        import numpy as np

        self.x, self.out = np.random.default_rng(94).random(n), np.zeros(n)
        constant()(self.x, self.out)

    def time_run(self, twin, n):
        constant()(self.x, self.out)


class Coarse:
    params = (
        ["healthy"],
        [600, 2400],
        ["numba=8 layer=omp wait=passive", "numba=8 layer=tbb", "numba=4 layer=workqueue"],
    )
    param_names = ("twin", "n", "threads")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "More threads than cores on long independent work that waits passively: true, harmless, context at most."

    def setup(self, twin, n, threads):
        import numpy as np

        self.x, self.out = np.random.default_rng(95).random(n), np.zeros(n)
        coarse()(self.x, self.out)

    def time_run(self, twin, n, threads):
        coarse()(self.x, self.out)


class Settings:
    params = (["healthy"], [900, 3600], [1, 2, "numba=2 layer=omp wait=passive"])
    param_names = ("twin", "n", "threads")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "Independent work that is twice as fast with two threads."

    def setup(self, twin, n, threads):
        import numpy as np

        self.x, self.out = np.random.default_rng(96).random(n), np.zeros(n)
        coarse()(self.x, self.out)

    def time_run(self, twin, n, threads):
        coarse()(self.x, self.out)


class Blas:
    params = (["healthy"], ["product", "solve", "small solves"], [400, 700], [1, "blas=2"])
    param_names = ("twin", "kernel", "n", "threads")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "BLAS has as many threads as there are cores, or one; many small systems are solved in one call."

    def setup(self, twin, kernel, n, threads):
        import numpy as np

        matrix = np.random.default_rng(97).random((n, n))
        self.matrix = matrix @ matrix.T + n * np.eye(n)
        self.vector = np.ones(n)
        self.small = np.random.default_rng(98).random((n, 8, 8)) + 8.0 * np.eye(8)
        self.sides = np.ones((n, 8, 1))

    def time_run(self, twin, kernel, n, threads):
        import numpy as np

        if kernel == "product":
            return self.matrix @ self.matrix
        if kernel == "solve":
            return np.linalg.solve(self.matrix, self.vector)
        return np.linalg.solve(self.small, self.sides)


class Pooled:
    params = (["healthy"], [40_000, 160_000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "Two Python threads run compiled code that releases the interpreter's lock."

    def setup(self, twin, n):
        from concurrent.futures import ThreadPoolExecutor

        import numpy as np

        self.parts = np.random.default_rng(99).random((4, n))
        self.pool = ThreadPoolExecutor(2)
        self.time_run(twin, n)

    def teardown(self, twin, n):
        self.pool.shutdown()

    def time_run(self, twin, n):
        return sum(self.pool.map(pooled(), self.parts))
