"""The setting asks for two threads; something in the program takes one of them away."""

import functools


@functools.cache
def bodies():
    import numba

    @numba.njit(parallel=True)
    def accelerations(positions, out):
        for i in numba.prange(len(positions)):
            x = y = z = 0.0
            for j in range(len(positions)):
                dx = positions[j, 0] - positions[i, 0]
                dy = positions[j, 1] - positions[i, 1]
                dz = positions[j, 2] - positions[i, 2]
                weight = (dx * dx + dy * dy + dz * dz + 1e-3) ** -1.5
                x += weight * dx
                y += weight * dy
                z += weight * dz
            out[i, 0], out[i, 1], out[i, 2] = x, y, z

    return accelerations


class Bodies:
    params = (["sick", "healthy"], [220, 900], ["numba=2 layer=omp", "numba=2 layer=tbb", "numba=2 layer=workqueue"])
    param_names = ("twin", "n", "threads")
    pitfall = "fewer-threads-than-asked"
    harm = "time"
    expected = "ok"
    why = "A call of set_num_threads(1) was left in the program."

    def setup(self, twin, n, threads):
        import numba
        import numpy as np

        self.positions = np.random.default_rng(16).random((n, 3))
        self.out = np.empty_like(self.positions)
        self.before = numba.get_num_threads()
        if twin == "sick":
            numba.set_num_threads(1)
        bodies()(self.positions, self.out)

    def teardown(self, twin, n, threads):
        import numba

        numba.set_num_threads(self.before)

    def time_run(self, twin, n, threads):
        bodies()(self.positions, self.out)


class Affinity:
    params = (["sick", "healthy"], [220, 900], ["numba=2 layer=tbb", "numba=2 layer=workqueue"])
    param_names = ("twin", "n", "threads")
    pitfall = ("fewer-threads-than-asked", "oversubscription")
    harm = "time"
    expected = "ok"
    why = "The process was pinned to one core before the two threads were started."

    def setup(self, twin, n, threads):
        import os

        self.before = os.sched_getaffinity(0)
        if twin == "sick":
            os.sched_setaffinity(0, {min(self.before)})
        import numpy as np

        self.positions = np.random.default_rng(17).random((n, 3))
        self.out = np.empty_like(self.positions)
        bodies()(self.positions, self.out)

    def teardown(self, twin, n, threads):
        import os

        os.sched_setaffinity(0, self.before)

    def time_run(self, twin, n, threads):
        bodies()(self.positions, self.out)


class Blas:
    params = (["sick", "healthy"], [350, 700], ["blas=2"])
    param_names = ("twin", "n", "threads")
    pitfall = "fewer-threads-than-asked"
    harm = "time"
    expected = "ok"
    why = "A limit of one BLAS thread was left in the program."

    def setup(self, twin, n, threads):
        import numpy as np
        import threadpoolctl

        self.matrix = np.random.default_rng(18).random((n, n))
        self.limit = threadpoolctl.threadpool_limits(1 if twin == "sick" else 2, user_api="blas")

    def teardown(self, twin, n, threads):
        self.limit.restore_original_limits()

    def time_run(self, twin, n, threads):
        self.matrix @ self.matrix
