"""The order of the loops is not the order of the memory."""

import functools


@functools.cache
def edges():
    import numba

    @numba.njit
    def kernel(image, out):
        for i in range(image.shape[0]):
            for j in range(1, image.shape[1] - 1):
                out[i, j] = image[i, j + 1] - image[i, j - 1]

    return kernel


@functools.cache
def energy(twin):
    import numba

    @numba.njit(fastmath=True)
    def sick(field):
        total = 0.0
        for j in range(field.shape[1]):
            for i in range(field.shape[0]):
                total += field[i, j] * field[i, j]
        return total

    @numba.njit(fastmath=True)
    def healthy(field):
        total = 0.0
        for i in range(field.shape[0]):
            for j in range(field.shape[1]):
                total += field[i, j] * field[i, j]
        return total

    return sick if twin == "sick" else healthy


class Edges:
    params = (["sick", "healthy"], [900, 2100])
    param_names = ("twin", "n")
    pitfall = "memory-layout"
    harm = "time"
    expected = "ok"
    why = "The image is in Fortran order, and the kernel goes along its rows."

    def setup(self, twin, n):
        import numpy as np

        order = "F" if twin == "sick" else "C"
        self.image = np.asarray(np.random.default_rng(71).random((n, n)), order=order)
        self.out = np.zeros((n, n), order=order)
        self.kernel = edges()
        self.kernel(self.image, self.out)

    def time_run(self, twin, n):
        self.kernel(self.image, self.out)


class Energy:
    params = (["sick", "healthy"], [900, 2100])
    param_names = ("twin", "n")
    pitfall = "memory-layout"
    harm = "time"
    expected = "ok"
    why = "The inner loop goes down the columns of an array in C order."

    def setup(self, twin, n):
        import numpy as np

        self.field = np.random.default_rng(72).random((n, n))
        self.kernel = energy(twin)
        self.kernel(self.field)

    def time_run(self, twin, n):
        return self.kernel(self.field)


class Column:
    params = (["sick", "healthy"], [200_000, 500_000])
    param_names = ("twin", "n")
    pitfall = "memory-layout"
    harm = "time"
    expected = "ok"
    why = "One column out of sixteen is used through a view that strides over the others."

    def setup(self, twin, n):
        import numpy as np

        records = np.random.default_rng(73).random((n, 16))
        self.column = records[:, 5] if twin == "sick" else np.ascontiguousarray(records[:, 5])
        self.out = np.empty(n)

    def time_run(self, twin, n):
        import numpy as np

        np.multiply(self.column, 2.0, out=self.out)


class Transposed:
    params = (["sick", "healthy"], [900, 1900])
    param_names = ("twin", "n")
    pitfall = "memory-layout"
    harm = "time"
    expected = "ok"
    why = "The second operand is a transposed view, so every addition strides through one of the two."

    def setup(self, twin, n):
        import numpy as np

        self.left, self.right = np.random.default_rng(74).random((2, n, n))
        self.right = self.right.T if twin == "sick" else np.ascontiguousarray(self.right.T)
        self.out = np.empty((n, n))

    def time_run(self, twin, n):
        import numpy as np

        np.add(self.left, self.right, out=self.out)
