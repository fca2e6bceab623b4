"""Healthy code that looks sick: NumPy, plain Python, and what else asv's classes can be."""

import functools
import math


@functools.cache
def compiled():
    """Numba functions in the forms in which people make them."""
    import numba

    def power(x, exponent):
        total = 0.0
        for value in x:
            total += value**exponent
        return total

    def decorated(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args)

        return wrapper

    kernel = numba.njit(power)
    return {"partial": functools.partial(kernel, exponent=1.5), "decorated": decorated(kernel)}


@functools.cache
def with_closure():
    import numba

    offset = 0.75

    @numba.njit
    def shifted(x, out):
        for i in range(len(x)):
            out[i] = x[i] * x[i] - offset

    return shifted


class Walker:
    """Something without arrays."""

    def __init__(self, seed):
        self.state = seed

    def step(self):
        self.state = (self.state * 1103515245 + 12345) % 2**31
        return self.state % 7 - 3


class PurePython:
    params = (["healthy"], ["words", "walk", "primes", "sorted"], [400, 3000])
    param_names = ("twin", "kernel", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "Dictionaries, objects, generators and lists, and no array in sight."

    def setup(self, twin, kernel, n):
        self.words = [f"w{k * k % 97}" for k in range(n)]

    def time_run(self, twin, kernel, n):
        if kernel == "words":
            counts = {}
            for word in self.words:
                counts[word] = counts.get(word, 0) + 1
            return counts
        if kernel == "walk":
            walker = Walker(n)
            return sum(walker.step() for _ in range(n))
        if kernel == "primes":
            return [k for k in range(2, n // 4) if all(k % d for d in range(2, math.isqrt(k) + 1))]
        return sorted(self.words, key=lambda word: (len(word), word))


class Vectorised:
    params = (["healthy"], ["cumsum", "spectrum", "histogram", "sort", "where"], [20_000, 90_000])
    param_names = ("twin", "kernel", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "One or two NumPy calls on arrays of some length, with outputs of that length."

    def setup(self, twin, kernel, n):
        import numpy as np

        self.x = np.random.default_rng(120).random(n)

    def time_run(self, twin, kernel, n):
        import numpy as np

        if kernel == "cumsum":
            return np.cumsum(self.x)
        if kernel == "spectrum":
            return np.abs(np.fft.rfft(self.x)) ** 2
        if kernel == "histogram":
            return np.histogram(self.x, bins=40)[0]
        if kernel == "sort":
            return np.sort(self.x)
        return np.where(self.x > 0.5, np.sqrt(self.x), self.x)


class Modest:
    params = (["healthy"], [220, 300])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "The temporaries are as large as the output, which is a matrix."

    def setup(self, twin, n):
        import numpy as np

        self.x, self.y = np.random.default_rng(121).random((2, n))

    def time_run(self, twin, n):
        return (self.x[:, None] - self.y[None, :]) ** 2


class Forms:
    params = (["healthy"], ["partial", "decorated"], [2000, 20_000])
    param_names = ("twin", "kernel", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "A compiled function behind functools.partial or a decorator is still that compiled function."

    def setup(self, twin, kernel, n):
        import numpy as np

        self.x = np.random.default_rng(122).random(n)
        self.arguments = (self.x,) if kernel == "partial" else (self.x, 1.5)
        self.run = compiled()[kernel]
        self.run(*self.arguments)

    def time_run(self, twin, kernel, n):
        return self.run(*self.arguments)


class Closure:
    params = (["healthy"], [100_000, 300_000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "A kernel closes over a number that nobody changes."

    def setup(self, twin, n):
        import numpy as np

        self.x, self.out = np.random.default_rng(123).random(n), np.zeros(n)
        with_closure()(self.x, self.out)

    def time_run(self, twin, n):
        with_closure()(self.x, self.out)


class Prepared:
    params = (["healthy"], [3000, 12_000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "The inputs come from setup_cache, once for all parameters."

    def setup_cache(self):
        return [((k * 7919) % 10_007) / 10_007 for k in range(12_000)]

    def setup(self, values, twin, n):
        import numpy as np

        self.x = np.array(values[:n])

    def time_run(self, values, twin, n):
        import numpy as np

        return np.sin(self.x) + np.cos(self.x)


class Counted:
    params = (["healthy"], [500, 4000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "What is tracked is a number of iterations, not a time."
    unit = "iterations"

    def track_iterations(self, twin, n):
        low, high, count = 0.0, float(n), 0
        while high - low > 1e-9:
            middle = 0.5 * (low + high)
            low, high = (middle, high) if middle * middle < n else (low, middle)
            count += 1
        return count


class Peak:
    params = (["healthy"], [100_000, 400_000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "A benchmark of memory, not of time."

    def setup(self, twin, n):
        import numpy as np

        self.x = np.random.default_rng(124).random(n)

    def peakmem_run(self, twin, n):
        return self.x + 1.0


class Size:
    params = (["healthy"], [300, 3000])
    param_names = ("twin", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "A benchmark of an object's size."

    def mem_run(self, twin, n):
        return {k: str(k) for k in range(n)}


class Scipy:
    params = (["healthy"], ["banded", "sparse", "lu", "filter"], [3000, 9000])
    param_names = ("twin", "kernel", "n")
    pitfall = ()
    harm = "none"
    expected = "ok"
    why = "SciPy's compiled routines on arrays of some length."

    def setup(self, twin, kernel, n):
        import numpy as np
        import scipy.linalg
        import scipy.sparse
        import scipy.sparse.linalg

        self.x = np.random.default_rng(125).random(n)
        self.bands = np.vstack([np.full(n, -1.0), np.full(n, 2.5), np.full(n, -1.0)])
        self.matrix = scipy.sparse.diags_array([-1.0, 2.5, -1.0], offsets=[-1, 0, 1], shape=(n, n)).tocsc()
        self.dense = np.random.default_rng(126).random((n // 30, n // 30))

    def time_run(self, twin, kernel, n):
        import scipy.linalg
        import scipy.sparse.linalg

        if kernel == "banded":
            return scipy.linalg.solve_banded((1, 1), self.bands, self.x)
        if kernel == "sparse":
            return scipy.sparse.linalg.spsolve(self.matrix, self.x)
        if kernel == "lu":
            return scipy.linalg.lu_factor(self.dense)
        return self.matrix @ (self.matrix @ self.x)
