"""So little work that a second thread costs more than it brings; `threads` has the setting with one thread as well.

The healthy twins are calls of a microsecond, healthy in this respect alone: they are partners, and are not scored.
"""

import functools


@functools.cache
def gradient(twin):
    """The length of an image's gradient."""
    import numba

    def lengths(image, out):
        for i in range(1, image.shape[0] - 1):
            for j in range(1, image.shape[1] - 1):
                dx = image[i, j + 1] - image[i, j - 1]
                dy = image[i + 1, j] - image[i - 1, j]
                out[i, j] = dx * dx + dy * dy

    def lengths_in_parallel(image, out):
        for i in numba.prange(1, image.shape[0] - 1):
            for j in range(1, image.shape[1] - 1):
                dx = image[i, j + 1] - image[i, j - 1]
                dy = image[i + 1, j] - image[i - 1, j]
                out[i, j] = dx * dx + dy * dy

    return numba.njit(parallel=True)(lengths_in_parallel) if twin == "sick" else numba.njit(lengths)


def image(n):
    import numpy as np

    return np.random.default_rng(47).random((n, n))


class GradientInWorkqueue:
    params = (["sick", "healthy"], [24, 72], ["numba=1 layer=workqueue", "numba=2 layer=workqueue"])
    param_names = ("twin", "n", "threads")
    pitfall = "too-little-work"
    harm = "time"
    expected = "ok"
    why = "A few microseconds of work are given to a pool that polls."
    unscored = ({"twin": "sick", "threads": "numba=1 layer=workqueue"}, {"twin": "healthy"})

    def setup(self, twin, n, threads):
        self.image = image(n)
        self.out, self.kernel = self.image.copy(), gradient(twin)
        self.kernel(self.image, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.image, self.out)


class Gradient:
    params = (["sick", "healthy"], [24, 72], ["numba=1 layer=omp wait=passive", "numba=2 layer=omp wait=passive"])
    param_names = ("twin", "n", "threads")
    pitfall = "too-little-work"
    harm = "time"
    expected = "ok"
    why = "A few microseconds of work are given to a thread that has to be woken."
    unscored = ({"twin": "sick", "threads": "numba=1 layer=omp wait=passive"}, {"twin": "healthy"})

    def setup(self, twin, n, threads):
        self.image = image(n)
        self.out, self.kernel = self.image.copy(), gradient(twin)
        self.kernel(self.image, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.image, self.out)
