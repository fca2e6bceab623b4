"""More threads that want to run than cores: from a BLAS, from Numba's OpenMP layer, from Python's threads."""

import functools

ACTIVE = {
    "sick": {"threads": "numba=8 layer=omp wait=active"},
    "healthy": {"threads": "numba=2 layer=omp wait=active"},
}
POLLING = {"sick": {"threads": "numba=24 layer=workqueue"}, "healthy": {"threads": "numba=2 layer=workqueue"}}


@functools.cache
def smoothing():
    """Many short parallel passes, so that the threads meet at a barrier often."""
    import numba

    @numba.njit(parallel=True)
    def one_pass(x, out):
        for i in numba.prange(1, len(x) - 1):
            out[i] = 0.25 * x[i - 1] + 0.5 * x[i] + 0.25 * x[i + 1]

    return one_pass


def use(count):
    """Set the threads of every BLAS that is loaded; the environment's value would be cut to the number of cores."""
    import threadpoolctl

    return threadpoolctl.threadpool_limits(count, user_api="blas")


class Covariance:
    params = (["sick", "healthy"], [150, 500], ["blas=2"])
    param_names = ("twin", "n", "threads")
    pitfall = "oversubscription"
    harm = "time"
    expected = "ok"
    why = "The program gives BLAS eight threads on two cores."

    def setup(self, twin, n, threads):
        import numpy as np

        self.limit = use(8 if twin == "sick" else 2)
        self.samples = np.random.default_rng(11).standard_normal((n, 2 * n))

    def teardown(self, twin, n, threads):
        self.limit.restore_original_limits()

    def time_run(self, twin, n, threads):
        (self.samples @ self.samples.T) / self.samples.shape[1]


class Solve:
    params = (["sick", "healthy"], [110, 170], ["blas=2"])
    param_names = ("twin", "n", "threads")
    pitfall = "oversubscription"
    harm = "time"
    expected = "ok"
    why = "LAPACK's many small products each wait for three threads on two cores."

    def setup(self, twin, n, threads):
        import numpy as np

        self.limit = use(3 if twin == "sick" else 2)
        generator = np.random.default_rng(12)
        self.matrix, self.vector = generator.random((n, n)) + n * np.eye(n), generator.random(n)

    def teardown(self, twin, n, threads):
        self.limit.restore_original_limits()

    def time_run(self, twin, n, threads):
        import numpy as np

        np.linalg.solve(self.matrix, self.vector)


class Smoothing:
    params = (
        ["sick", "healthy"],
        [30000, 200000],
        ["numba=8 layer=omp wait=active", "numba=2 layer=omp wait=active"],
    )
    param_names = ("twin", "n", "threads")
    pitfall = "oversubscription"
    harm = "time"
    expected = "ok"
    why = "Eight threads that wait actively at the barrier keep each other from the two cores."
    only = ACTIVE

    def setup(self, twin, n, threads):
        if self.only[twin]["threads"] != threads:
            raise NotImplementedError
        import numpy as np

        self.x = np.random.default_rng(13).random(n)
        self.out = self.x.copy()
        self.kernel = smoothing()
        self.kernel(self.x, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.x, self.out)


class SmoothingInWorkqueue:
    params = (["sick", "healthy"], [30000, 200000], ["numba=24 layer=workqueue", "numba=2 layer=workqueue"])
    param_names = ("twin", "n", "threads")
    pitfall = "oversubscription"
    harm = "time"
    expected = "ok"
    why = "Twenty-four threads poll for their share of a short loop on two cores."
    only = POLLING

    def setup(self, twin, n, threads):
        if self.only[twin]["threads"] != threads:
            raise NotImplementedError
        import numpy as np

        self.x = np.random.default_rng(13).random(n)
        self.out = self.x.copy()
        self.kernel = smoothing()
        self.kernel(self.x, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.x, self.out)


class Callers:
    """Python threads that call a BLAS with threads of its own."""

    params = (["sick", "healthy"], [160, 320], ["blas=2"])
    param_names = ("twin", "n", "threads")
    pitfall = "oversubscription"
    harm = "time"
    expected = "ok"
    why = "Four Python threads call a BLAS that has four threads."

    def setup(self, twin, n, threads):
        from concurrent.futures import ThreadPoolExecutor

        import numpy as np

        self.limit = use(4 if twin == "sick" else 1)
        self.matrices = np.random.default_rng(15).random((4, n, n))
        self.pool = ThreadPoolExecutor(4 if twin == "sick" else 2)

    def teardown(self, twin, n, threads):
        self.limit.restore_original_limits()
        if hasattr(self, "pool"):
            self.pool.shutdown()

    def time_run(self, twin, n, threads):
        import numpy as np

        list(self.pool.map(np.matmul, self.matrices, self.matrices))
