"""Asking for memory costs more than what is computed in it."""

import functools


@functools.cache
def rotate(twin):
    """Rotates every vector; the sick twin makes three small arrays for each."""
    import numba
    import numpy as np

    @numba.njit
    def sick(vectors, angle, out):
        for i in range(len(vectors)):
            along = np.empty(2)
            along[0], along[1] = vectors[i, 0], vectors[i, 1]
            across = np.empty(2)
            across[0], across[1] = -vectors[i, 1], vectors[i, 0]
            turned = angle * along + (1.0 - angle) * across
            out[i, 0], out[i, 1] = turned[0], turned[1]

    @numba.njit
    def healthy(vectors, angle, out):
        for i in range(len(vectors)):
            out[i, 0] = angle * vectors[i, 0] - (1.0 - angle) * vectors[i, 1]
            out[i, 1] = angle * vectors[i, 1] + (1.0 - angle) * vectors[i, 0]

    return sick if twin == "sick" else healthy


class Rotate:
    params = (["sick", "healthy"], [45_000, 120_000])
    param_names = ("twin", "n")
    pitfall = "allocation-bound"
    harm = "time"
    expected = "ok"
    why = "A compiled loop makes arrays of two numbers in each iteration."

    def setup(self, twin, n):
        import numpy as np

        self.vectors = np.random.default_rng(78).random((n, 2))
        self.out, self.kernel = np.empty((n, 2)), rotate(twin)
        self.kernel(self.vectors, 0.3, self.out)

    def time_run(self, twin, n):
        self.kernel(self.vectors, 0.3, self.out)


class Append:
    params = (["sick", "healthy"], [3000, 9000])
    param_names = ("twin", "n")
    pitfall = ("allocation-bound", "call-overhead")
    harm = "time"
    expected = "ok"
    why = "np.append makes a new array for each value."

    def setup(self, twin, n):
        import random

        generator = random.Random(79)
        self.values = [generator.random() for _ in range(n)]

    def time_run(self, twin, n):
        import numpy as np

        if twin == "healthy":
            return np.array(self.values)
        result = np.empty(0)
        for value in self.values:
            result = np.append(result, value)
        return result


class Fresh:
    params = (["sick", "healthy"], [6_000_000, 10_000_000])
    param_names = ("twin", "n")
    pitfall = ("allocation-bound", "large-temporaries")
    harm = "time"
    expected = "ok"
    why = "Each call asks the system for fresh pages and gives them back."

    def setup(self, twin, n):
        import numpy as np

        self.x, self.out = np.random.default_rng(80).random(n), np.zeros(n)

    def time_run(self, twin, n):
        import numpy as np

        if twin == "sick":
            np.negative(self.x)
        else:
            np.negative(self.x, out=self.out)
