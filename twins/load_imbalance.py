"""The iterations of a prange cost very different amounts, and the costly ones stand side by side."""

import functools

LAYERS = ["numba=2 layer=omp", "numba=2 layer=tbb", "numba=2 layer=workqueue"]


@functools.cache
def mandelbrot():
    import numba

    @numba.njit(parallel=True)
    def image(order, size, out):
        for one in numba.prange(len(order)):
            i = order[one]
            for j in range(size):
                c = complex(-0.55 + 0.4 * j / size, 3.0 * i / size)
                z = 0j
                count = 0
                while count < 300 and z.real * z.real + z.imag * z.imag < 4.0:
                    z = z * z + c
                    count += 1
                out[i, j] = count

    return image


@functools.cache
def segments():
    import math

    import numba

    @numba.njit(parallel=True)
    def reduce(order, starts, values, out):
        for one in numba.prange(len(order)):
            s = order[one]
            total = 0.0
            for k in range(starts[s], starts[s + 1]):
                total += math.sqrt(1.0 + values[k] * values[k])
            out[s] = total

    return reduce


@functools.cache
def triangle(twin):
    import numba

    @numba.njit
    def row(points, i):
        total = 0.0
        for j in range(i + 1, len(points)):
            total += 1.0 / (1.0 + (points[i] - points[j]) ** 2)
        return total

    @numba.njit(parallel=True)
    def sick(points, out):
        for i in numba.prange(len(points)):
            out[i] = row(points, i)

    @numba.njit(parallel=True)
    def healthy(points, out):
        count = len(points)
        for i in numba.prange(count // 2):
            out[i] = row(points, i)
            out[count - 1 - i] = row(points, count - 1 - i)

    return sick if twin == "sick" else healthy


def order(twin, count):
    """The iterations as they come, or every second one first, so that both halves cost the same."""
    import numpy as np

    return np.arange(count) if twin == "sick" else np.concatenate([np.arange(0, count, 2), np.arange(1, count, 2)])


class Mandelbrot:
    params = (["sick", "healthy"], [80, 240], LAYERS)
    param_names = ("twin", "n", "threads")
    pitfall = "load-imbalance"
    harm = "time"
    expected = "ok"
    why = "The rows that lie in the set are neighbours, so one thread gets nearly all of the work."

    def setup(self, twin, n, threads):
        import numpy as np

        self.order, self.out = order(twin, n), np.zeros((n, n), dtype=np.int64)
        self.kernel = mandelbrot()
        self.kernel(self.order, n, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.order, n, self.out)


class Segments:
    params = (["sick", "healthy"], [400, 3000], ["numba=2 layer=omp", "numba=2 layer=tbb"])
    param_names = ("twin", "n", "threads")
    pitfall = "load-imbalance"
    harm = "time"
    expected = "ok"
    why = "The segments are sorted by length; the long ones all belong to one thread."

    def setup(self, twin, n, threads):
        import numpy as np

        lengths = np.where(np.arange(n) >= n // 2, 1200, 4)
        self.starts = np.concatenate([[0], np.cumsum(lengths)])
        self.values = np.random.default_rng(5).random(self.starts[-1])
        self.order, self.out = order(twin, n), np.zeros(n)
        self.kernel = segments()
        self.kernel(self.order, self.starts, self.values, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.order, self.starts, self.values, self.out)


class Triangle:
    params = (["sick", "healthy"], [1500, 4000], ["numba=2 layer=omp"])
    param_names = ("twin", "n", "threads")
    pitfall = "load-imbalance"
    harm = "time"
    expected = "ok"
    why = "The upper triangle gives three quarters of the pairs to the first of two threads."

    def setup(self, twin, n, threads):
        import numpy as np

        self.points, self.out = np.random.default_rng(6).random(n), np.zeros(n)
        self.kernel = triangle(twin)
        self.kernel(self.points, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.points, self.out)
