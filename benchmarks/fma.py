"""A weighted sum of eight arrays, added to one that exists: memory-bound, and easily read twice."""

from . import _kernel

_ARRAYS = 8
_BATCH = 10  # what vmap works on: so many sums, n elements together
# One core: seconds for each element of an array, and for the call itself.
_SECONDS = {
    ("numpy", "default"): (0.4e-9, 15e-6),
    ("numpy", "expression"): (0.7e-9, 10e-6),
    ("numba", "default"): (0.2e-9, 8e-6),
    ("numba", "serial"): (0.2e-9, 8e-6),
    ("numba", "fused"): (0.22e-9, 8e-6),
    ("numba", "as_noted"): (0.3e-9, 8e-6),
    ("jax", "default"): (0.4e-9, 20e-6),
    ("jax", "grad"): (2.5e-9, 60e-6),
    ("jax", "vmap"): (0.5e-9, 20e-6),
    ("jax", "eager"): (5e-9, 400e-6),
    ("cpp", "default"): (0.2e-9, 16e-6),
    ("cpp", "serial"): (0.2e-9, 16e-6),
}
_SIZES = [10_000, 100_000, 1_000_000, 5_000_000]


class Fma(_kernel.KernelBenchmark):
    """n is the length of the arrays; what is written in place starts from zeros at every call, and that is timed."""

    kernel_name = "fma"
    params = (_SIZES, _kernel.BACKENDS, ["default"], _kernel.THREADS)

    @staticmethod
    def inputs(n, backend, variant):
        """Zeros, eight weights and eight arrays, normally distributed."""
        import numpy as np

        random = np.random.default_rng(5)
        weights, arrays = random.normal(size=_ARRAYS), random.normal(size=(_ARRAYS, n))
        # Each on its own: rows of one table lie a fixed distance apart, and would meet in the same lines of a cache.
        arguments = np.full(n, 0.0), weights, *(array.copy() for array in arrays)
        if variant != "vmap":
            return arguments
        batch = [values.reshape(_BATCH, n // _BATCH) for values in (arguments[0], *arguments[2:])]
        return batch[0], np.tile(weights, (_BATCH, 1)), *batch[1:]

    def measure(self, n, backend, variant, threads):
        if backend != "jax":
            self.arguments[0].fill(0.0)
        return self.kernel(*self.arguments)

    @staticmethod
    def work(n, backend, variant, threads):
        return {"flops": 2 * n * _ARRAYS, "bytes": 8 * n * (_ARRAYS + 2)}

    @staticmethod
    def expect(n, backend, variant, threads):
        per_element, per_call = _SECONDS[backend, variant]
        # While they are made there are two of each; JAX: on the host and on the device, and two results.
        arrays = {"jax": 2 * _ARRAYS + 4}.get(backend, 2 * _ARRAYS + 2)
        if variant in ("grad", "eager"):
            arrays += 2 * _ARRAYS
        return n * _ARRAYS * per_element + per_call, 8 * n * arrays + 2**20


class FmaNumpy(Fma):
    """As it is written: what the others are compared with."""

    params = (_SIZES, ["numpy"], ["expression"], [1])

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 100_000


class FmaNumba(Fma):
    """`serial` does not listen to the number of threads, and shows it."""

    params = (_SIZES, ["numba"], ["serial", "fused"], [1, 2])

    @staticmethod
    def quick(n, backend, variant, threads):
        return False


class FmaJax(Fma):
    """The gradient with respect to all arguments, and the kernel over a batch of ten."""

    params = (_SIZES, ["jax"], ["grad", "vmap"], [1, 2])

    @staticmethod
    def work(n, backend, variant, threads):
        if variant == "grad":  # read: the arrays; written: a constant for each of them and for `out`
            return {"flops": n * _ARRAYS, "bytes": 8 * n * (2 * _ARRAYS + 1)}
        return Fma.work(n, backend, variant, threads)

    @staticmethod
    def quick(n, backend, variant, threads):
        return False


class FmaCpp(Fma):
    """The loop compiled ahead of time; `serial` does not listen to the number of threads, and shows it."""

    params = (_SIZES, ["cpp"], ["default", "serial"], [1, 2])

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, variant, threads) == (100_000, "default", 1)


class FmaNumbaSpecimens(Fma):
    """Each call goes through one, two ... eight arrays; the first call compiles for each of these numbers."""

    params = ([10_000, 1_000_000], ["numba"], ["as_noted"], [1, 2])

    def measure(self, n, backend, variant, threads):
        out, weights, *arrays = self.arguments
        for count in range(1, _ARRAYS + 1):
            out.fill(0.0)
            self.kernel(out, weights[:count], *arrays[:count])
        return out

    @staticmethod
    def work(n, backend, variant, threads):
        reads = _ARRAYS * (_ARRAYS + 1) // 2
        return {"flops": 2 * n * reads, "bytes": 8 * n * (reads + 2 * _ARRAYS)}

    @staticmethod
    def expect(n, backend, variant, threads):
        per_element, per_call = _SECONDS[backend, variant]
        reads = _ARRAYS * (_ARRAYS + 1) // 2
        return n * reads * per_element + _ARRAYS * per_call, 8 * n * (2 * _ARRAYS + 2) + 2**20

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "recompilation"

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, threads) == (10_000, 1)


class FmaJaxSpecimens(Fma):
    params = ([100_000, 1_000_000], ["jax"], ["eager"], [1, 2])

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "eager-dispatch"

    @staticmethod
    def quick(n, backend, variant, threads):
        return False
