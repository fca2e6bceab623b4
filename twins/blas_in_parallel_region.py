"""A BLAS with threads of its own is called from inside a prange; the remedy is one BLAS thread."""

import functools

IN_OMP = {"sick": {"threads": "numba=2 blas=2 layer=omp"}, "healthy": {"threads": "numba=2 blas=1 layer=omp"}}
IN_TBB = {"sick": {"threads": "numba=2 blas=2 layer=tbb"}, "healthy": {"threads": "numba=2 blas=1 layer=tbb"}}


@functools.cache
def products():
    import numba
    import numpy as np

    @numba.njit(parallel=True)
    def multiply(left, right, out):
        for b in numba.prange(len(left)):
            out[b] = np.dot(left[b], right[b])

    return multiply


def use(count):
    """Set the threads of every BLAS that is loaded, as a program does that knows better than the environment."""
    import threadpoolctl

    return threadpoolctl.threadpool_limits(count, user_api="blas")


class Products:
    params = (["sick", "healthy"], [90, 260], ["numba=2 blas=2 layer=omp", "numba=2 blas=1 layer=omp"])
    param_names = ("twin", "n", "threads")
    pitfall = ("blas-in-parallel-region", "oversubscription")
    harm = "time"
    expected = "ok"
    why = "Two Numba threads call a BLAS that wants two threads for each call."
    only = IN_OMP

    def setup(self, twin, n, threads):
        if self.only[twin]["threads"] != threads:
            raise NotImplementedError
        import numpy as np
        import scipy.linalg  # noqa: F401  (Numba calls the BLAS of SciPy)

        generator = np.random.default_rng(8)
        self.left, self.right = generator.random((8, n, n)), generator.random((8, n, n))
        self.out = np.empty_like(self.left)
        self.kernel = products()
        self.kernel(self.left, self.right, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.left, self.right, self.out)


class ProductsInTbb:
    params = (["sick", "healthy"], [300, 420], ["numba=2 blas=2 layer=tbb", "numba=2 blas=1 layer=tbb"])
    param_names = ("twin", "n", "threads")
    pitfall = ("blas-in-parallel-region", "oversubscription")
    harm = "time"
    expected = "ok"
    why = "Two Numba threads call a BLAS that wants two threads for each call."
    only = IN_TBB

    def setup(self, twin, n, threads):
        if self.only[twin]["threads"] != threads:
            raise NotImplementedError
        import numpy as np
        import scipy.linalg  # noqa: F401  (Numba calls the BLAS of SciPy)

        generator = np.random.default_rng(9)
        self.left, self.right = generator.random((8, n, n)), generator.random((8, n, n))
        self.out = np.empty_like(self.left)
        self.kernel = products()
        self.kernel(self.left, self.right, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.left, self.right, self.out)


class ProductsInWorkqueue:
    params = (["sick", "healthy"], [180, 260], ["numba=2 layer=workqueue"])
    param_names = ("twin", "n", "threads")
    pitfall = ("blas-in-parallel-region", "oversubscription")
    harm = "time"
    expected = "ok"
    why = "Each of two Numba threads calls a BLAS that was given eight threads."

    def setup(self, twin, n, threads):
        import numpy as np
        import scipy.linalg  # noqa: F401  (Numba calls the BLAS of SciPy)

        self.limit = use(8 if twin == "sick" else 1)
        generator = np.random.default_rng(10)
        self.left, self.right = generator.random((8, n, n)), generator.random((8, n, n))
        self.out = np.empty_like(self.left)
        self.kernel = products()
        self.kernel(self.left, self.right, self.out)

    def teardown(self, twin, n, threads):
        self.limit.restore_original_limits()

    def time_run(self, twin, n, threads):
        self.kernel(self.left, self.right, self.out)
