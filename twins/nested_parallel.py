"""A parallel kernel calls another parallel kernel from inside its prange; the remedy is a serial inner kernel."""

import functools


@functools.cache
def distances(twin):
    """All distances between points: the inner kernel gets a row view, so its parallel version is really used."""
    import numba

    @numba.njit(parallel=True)
    def from_one_in_parallel(points, point, out):
        for j in numba.prange(len(points)):
            square = 0.0
            for k in range(points.shape[1]):
                square += (points[j, k] - point[k]) ** 2
            out[j] = square**0.5

    @numba.njit
    def from_one(points, point, out):
        for j in range(len(points)):
            square = 0.0
            for k in range(points.shape[1]):
                square += (points[j, k] - point[k]) ** 2
            out[j] = square**0.5

    inner = from_one_in_parallel if twin == "sick" else from_one

    @numba.njit(parallel=True)
    def from_all(points, out):
        for i in numba.prange(len(points)):
            inner(points, points[i], out[i])

    return from_all


@functools.cache
def jacobi(twin):
    """One Jacobi sweep over each grid of a stack."""
    import numba

    @numba.njit(parallel=True)
    def sweep_in_parallel(grid, out):
        for i in numba.prange(1, grid.shape[0] - 1):
            for j in range(1, grid.shape[1] - 1):
                out[i, j] = 0.25 * (grid[i - 1, j] + grid[i + 1, j] + grid[i, j - 1] + grid[i, j + 1])

    @numba.njit
    def sweep(grid, out):
        for i in range(1, grid.shape[0] - 1):
            for j in range(1, grid.shape[1] - 1):
                out[i, j] = 0.25 * (grid[i - 1, j] + grid[i + 1, j] + grid[i, j - 1] + grid[i, j + 1])

    inner = sweep_in_parallel if twin == "sick" else sweep

    @numba.njit(parallel=True)
    def sweep_all(grids, out):
        for b in numba.prange(len(grids)):
            inner(grids[b], out[b])

    return sweep_all


@functools.cache
def assignment(twin):
    """Nearest centre of every point of every group (k-means), one group after the other in the inner kernel."""
    import numba

    @numba.njit
    def nearest(point, centres):
        index, best = 0, 1e300
        for c in range(len(centres)):
            distance = (point[0] - centres[c, 0]) ** 2 + (point[1] - centres[c, 1]) ** 2
            if distance < best:
                index, best = c, distance
        return index

    @numba.njit(parallel=True)
    def assign_in_parallel(group, centres, out):
        for i in numba.prange(len(group)):
            out[i] = nearest(group[i], centres)

    @numba.njit
    def assign(group, centres, out):
        for i in range(len(group)):
            out[i] = nearest(group[i], centres)

    inner = assign_in_parallel if twin == "sick" else assign

    @numba.njit(parallel=True)
    def assign_all(groups, centres, out):
        for g in numba.prange(len(groups)):
            inner(groups[g], centres, out[g])

    return assign_all


class Distances:
    params = (["sick", "healthy"], [130, 310], ["numba=2 layer=omp", "numba=2 layer=tbb"])
    param_names = ("twin", "n", "threads")
    pitfall = "nested-parallel"
    harm = "time"
    expected = "ok"
    why = "Every iteration of the outer prange opens a parallel region of its own."

    def setup(self, twin, n, threads):
        import numpy as np

        self.points = np.random.default_rng(1).standard_normal((n, 6))
        self.out = np.empty((n, n))
        self.kernel = distances(twin)
        self.kernel(self.points, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.points, self.out)


class Jacobi:
    params = (["sick", "healthy"], [66, 98], ["numba=2 layer=omp", "numba=2 layer=tbb"])
    param_names = ("twin", "n", "threads")
    pitfall = "nested-parallel"
    harm = "time"
    expected = "ok"
    why = "The sweep over one small grid is parallel, and is called from the prange over all grids."

    def setup(self, twin, n, threads):
        import numpy as np

        self.grids = np.random.default_rng(2).random((48, n, n))
        self.out = self.grids.copy()
        self.kernel = jacobi(twin)
        self.kernel(self.grids, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.grids, self.out)


class Assignment:
    params = (["sick", "healthy"], [24, 400], ["numba=2 layer=workqueue"])
    param_names = ("twin", "n", "threads")
    pitfall = "nested-parallel"
    harm = "none"
    expected = "aborted"
    why = "The workqueue layer cannot nest: it ends the process."

    def setup(self, twin, n, threads):
        import numpy as np

        generator = np.random.default_rng(3)
        self.groups = generator.standard_normal((40, n, 2))
        self.centres = generator.standard_normal((9, 2))
        self.out = np.zeros((40, n), dtype=np.int64)
        self.kernel = assignment(twin)
        self.kernel(self.groups, self.centres, self.out)

    def time_run(self, twin, n, threads):
        self.kernel(self.groups, self.centres, self.out)
