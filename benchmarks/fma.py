"""A weighted sum of eight arrays, added to one that exists: memory-bound, and easily read twice."""

from . import _kernel

_ARRAYS = 8
_BATCH = 10  # what vmap works on: so many sums, n elements together
_VANISHING = 1e-300  # neither zero nor subnormal, which processors and libraries may treat in their own way
# One core: seconds of the call itself, and for each element of an array: in cache, from memory, and where the result is
# so large that it is mapped anew for every call that allocates it.
_SECONDS = {
    ("numpy", "default"): (10e-6, 0.3e-9, 0.46e-9, 0.5e-9),
    ("numpy", "expression"): (8e-6, 0.28e-9, 0.5e-9, 1e-9),
    ("numba", "default"): (7e-6, 0.08e-9, 0.18e-9, 0.23e-9),
    ("numba", "serial"): (7e-6, 0.08e-9, 0.18e-9, 0.23e-9),
    ("numba", "fused"): (7e-6, 0.08e-9, 0.18e-9, 0.26e-9),
    ("numba", "as_noted"): (5e-6, 0.2e-9, 0.32e-9, 0.35e-9),
    ("jax", "default"): (15e-6, 0.09e-9, 0.21e-9, 0.45e-9),
    ("jax", "grad"): (40e-6, 0.2e-9, 1.7e-9, 3.9e-9),
    ("jax", "vmap"): (15e-6, 0.09e-9, 0.21e-9, 0.5e-9),
    ("jax", "eager"): (350e-6, 0.7e-9, 1.2e-9, 5e-9),
    ("cpp", "default"): (14e-6, 0.08e-9, 0.17e-9, 0.23e-9),
    ("cpp", "serial"): (14e-6, 0.08e-9, 0.17e-9, 0.23e-9),
}
_CACHED, _MAPPED = 2**18, 2**22  # elements of `out`, above which a case ends and begins
_SIZES = [10_000, 100_000, 1_000_000, 5_000_000]


class Fma(_kernel.KernelBenchmark):
    """n is the length of the arrays.

    What is written in place would grow from call to call, and zeroing it would be timed. So the first call makes the
    sum of zeros and the weighted arrays, and all later ones add the same arrays with weights so small that the sum
    stays as it is: the work is the same.
    """

    kernel_name = "fma"
    params = (_SIZES, _kernel.BACKENDS, ["default"], _kernel.THREADS)
    quick_sizes = (100_000, 1_000_000)
    quick_threads = (2,)

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

    def setup(self, n, backend, variant, threads):
        super().setup(n, backend, variant, threads)
        out, weights, *arrays = self.arguments
        self.later = self.arguments if backend == "jax" else (out, weights * _VANISHING, *arrays)

    def measure(self, n, backend, variant, threads):
        result = self.kernel(*self.arguments)
        self.arguments = self.later
        return result

    @staticmethod
    def work(n, backend, variant, threads):
        return {"flops": 2 * n * _ARRAYS, "bytes": 8 * n * (_ARRAYS + 2)}

    @staticmethod
    def expect(n, backend, variant, threads):
        arrays = 2 * _ARRAYS + 2  # while they are made there are two of each
        if backend == "jax":
            arrays += 2  # on the host and on the device, and two results
        if variant in ("grad", "eager"):
            arrays += 2 * _ARRAYS
        return _seconds(n, backend, variant, _ARRAYS), 8 * n * arrays + 2**20


def _seconds(n, backend, variant, arrays):
    """What a call takes that reads so many arrays."""
    per_call, *per_element = _SECONDS[backend, variant]
    return n * arrays * per_element[(n > _CACHED) + (n > _MAPPED)] + per_call


class FmaNumpy(Fma):
    """As it is written: what the others are compared with."""

    params = (_SIZES, ["numpy"], ["expression"], [1])

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 100_000


class FmaNumba(Fma):
    """`serial` does not listen to the number of threads, and shows it."""

    params = (_SIZES, ["numba"], ["serial", "fused"], [1, 2])


class FmaJax(Fma):
    """The gradient with respect to all arguments, and the kernel over a batch of ten."""

    params = (_SIZES, ["jax"], ["grad", "vmap"], [1, 2])

    @staticmethod
    def work(n, backend, variant, threads):
        if variant == "grad":  # read: the arrays; written: a constant for each of them and for `out`
            return {"flops": n * _ARRAYS, "bytes": 8 * n * (2 * _ARRAYS + 1)}
        return Fma.work(n, backend, variant, threads)


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
        out, weights, *arrays = self.arguments  # never the later ones: zeroing eight times does not matter here
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
        seconds = sum(_seconds(n, backend, variant, count) for count in range(1, _ARRAYS + 1))
        return seconds, 8 * n * (2 * _ARRAYS + 2) + 2**20

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "recompilation"


class FmaJaxSpecimens(Fma):
    params = ([100_000, 1_000_000], ["jax"], ["eager"], [1, 2])

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "eager-dispatch"
