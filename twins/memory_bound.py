"""Long arrays go past the processor once for each small step; the remedy takes all steps while a piece is near."""

import functools

SETTINGS = ["numba=1 layer=omp", "numba=2 layer=omp"]


@functools.cache
def relaxation(twin):
    """Steps towards y: a pass over everything for each step, or all steps for each piece of 2000."""
    import numba

    @numba.njit(parallel=True)
    def sick(x, y, steps):
        for _ in range(steps):
            for i in numba.prange(len(x)):
                x[i] = 0.9 * x[i] + 0.1 * y[i]

    @numba.njit(parallel=True)
    def healthy(x, y, steps):
        for piece in numba.prange(len(x) // 2000):
            for _ in range(steps):
                for i in range(piece * 2000, piece * 2000 + 2000):
                    x[i] = 0.9 * x[i] + 0.1 * y[i]

    return sick if twin == "sick" else healthy


@functools.cache
def images(twin):
    """A matrix times several vectors: the matrix is read once for each vector, or each of its rows once for all."""
    import numba

    @numba.njit(fastmath=True)
    def product(row, vector):
        total = 0.0
        for j in range(len(row)):
            total += row[j] * vector[j]
        return total

    @numba.njit(parallel=True)
    def sick(matrix, vectors, out):
        for k in range(len(vectors)):
            for i in numba.prange(len(matrix)):
                out[k, i] = product(matrix[i], vectors[k])

    @numba.njit(parallel=True)
    def healthy(matrix, vectors, out):
        for i in numba.prange(len(matrix)):
            for k in range(len(vectors)):
                out[k, i] = product(matrix[i], vectors[k])

    return sick if twin == "sick" else healthy


class Relaxation:
    params = (["sick", "healthy"], [9_000_000, 14_000_000], SETTINGS)
    param_names = ("twin", "n", "threads")
    pitfall = "memory-bound"
    harm = "time"
    expected = "ok"
    why = "Twelve passes over arrays that do not fit the cache, with three operations an element."
    unscored = ({"twin": "sick", "threads": "numba=1 layer=omp"},)

    def setup(self, twin, n, threads):
        import numpy as np

        self.x, self.y = np.random.default_rng(68).random((2, n))
        self.kernel = relaxation(twin)
        self.kernel(self.x, self.y, 1)

    def time_run(self, twin, n, threads):
        self.kernel(self.x, self.y, 12)


class Images:
    params = (["sick", "healthy"], [3300, 4500], SETTINGS)
    param_names = ("twin", "n", "threads")
    pitfall = "memory-bound"
    harm = "time"
    expected = "ok"
    why = "A matrix that does not fit the cache is read sixteen times, for one vector at a time."
    unscored = ({"twin": "sick", "threads": "numba=1 layer=omp"},)

    def setup(self, twin, n, threads):
        import numpy as np

        generator = np.random.default_rng(69)
        self.matrix, self.vectors = generator.random((n, n)), generator.random((16, n))
        self.out = np.zeros((16, n))
        self.kernel = images(twin)
        self.kernel(self.matrix, self.vectors, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.matrix, self.vectors, self.out)
