"""Python threads call a compiled function that keeps the interpreter's lock."""

import functools


@functools.cache
def pi(twin):
    """Points of a simple generator that fall into the circle."""
    import numba

    def inside(count, seed):
        state = seed
        hits = 0
        for _ in range(count):
            state = (1103515245 * state + 12345) % 2147483648
            x = state / 2147483648.0
            state = (1103515245 * state + 12345) % 2147483648
            y = state / 2147483648.0
            if x * x + y * y < 1.0:
                hits += 1
        return hits

    return numba.njit(nogil=twin == "healthy")(inside)


@functools.cache
def smallest(twin):
    import numba

    def kernel(points, centres):
        total = 0.0
        for i in range(len(points)):
            best = 1e300
            for c in range(len(centres)):
                best = min(best, (points[i] - centres[c]) ** 2)
            total += best
        return total

    return numba.njit(nogil=twin == "healthy")(kernel)


class Pi:
    params = (["sick", "healthy"], [150_000, 700_000])
    param_names = ("twin", "n")
    pitfall = "gil-held"
    harm = "time"
    expected = "ok"
    why = "Two threads take turns, because the compiled function does not release the lock."

    def setup(self, twin, n):
        from concurrent.futures import ThreadPoolExecutor

        self.pool, self.kernel = ThreadPoolExecutor(2), pi(twin)
        self.time_run(twin, n)

    def teardown(self, twin, n):
        self.pool.shutdown()

    def time_run(self, twin, n):
        return sum(self.pool.map(self.kernel, [n] * 4, range(4)))


class Smallest:
    params = (["sick", "healthy"], [30_000, 120_000])
    param_names = ("twin", "n")
    pitfall = "gil-held"
    harm = "time"
    expected = "ok"
    why = "The chunks are given to two threads, and the lock lets one compute."

    def setup(self, twin, n):
        from concurrent.futures import ThreadPoolExecutor

        import numpy as np

        generator = np.random.default_rng(70)
        self.chunks, self.centres = generator.random((4, n)), generator.random(40)
        self.pool, self.kernel = ThreadPoolExecutor(2), smallest(twin)
        self.time_run(twin, n)

    def teardown(self, twin, n):
        self.pool.shutdown()

    def time_run(self, twin, n):
        futures = [self.pool.submit(self.kernel, chunk, self.centres) for chunk in self.chunks]
        return sum(future.result() for future in futures)
