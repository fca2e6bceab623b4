"""Roots of a x^2 + b x + c: memory-bound, elementwise."""

from . import _kernel

# One core: seconds of the call itself, and for each element: in cache, from memory, and where the result is so large
# that it is mapped anew for every call that allocates it.
_SECONDS = {
    ("numpy", "default"): (5e-6, 2.1e-9, 2.5e-9, 2.7e-9),
    ("numpy", "expression"): (3e-6, 2.3e-9, 3.5e-9, 6.2e-9),
    ("numba", "default"): (2.5e-6, 0.45e-9, 0.6e-9, 0.85e-9),
    ("numba", "serial_out"): (2.5e-6, 0.45e-9, 0.6e-9, 0.85e-9),
    ("numba", "vectorize"): (3e-6, 0.45e-9, 0.6e-9, 0.85e-9),
    ("numba", "as_noted"): (2e-6, 2.6e-9, 2.9e-9, 6.2e-9),
    ("numba", "parallel_as_noted"): (2e-6, 0.45e-9, 0.65e-9, 4.3e-9),
    ("numba", "vectorize_parallel"): (2e-6, 5.5e-9, 5.7e-9, 5.7e-9),
    ("jax", "default"): (12e-6, 0.8e-9, 0.9e-9, 4.3e-9),
    ("jax", "grad"): (15e-6, 2.2e-9, 3.6e-9, 16e-9),
    ("jax", "vmap"): (12e-6, 0.8e-9, 0.9e-9, 4.3e-9),
    ("jax", "eager"): (120e-6, 2.3e-9, 6e-9, 25e-9),
    ("jax", "host_inputs"): (15e-6, 1.1e-9, 1.1e-9, 6e-9),
    ("cpp", "default"): (6e-6, 0.45e-9, 0.6e-9, 0.85e-9),
    ("cpp", "serial"): (6e-6, 0.45e-9, 0.6e-9, 0.85e-9),
}
_CACHED, _MAPPED = 2**18, 2**22  # elements, above which a case ends and begins

# These make their result themselves: given one to write to, they would copy.
_ALLOCATING = {"expression", "as_noted", "parallel_as_noted"}
# Arrays of n at a time: inputs, result, temporaries; in JAX on the host and on the device, and two results.
_ARRAYS = {"default": 4, "expression": 6, "grad": 14, "eager": 11}

_BATCH = 10  # what vmap works on: so many arrays, n elements together


class Quadratic(_kernel.KernelBenchmark):
    kernel_name = "quadratic"
    params = ([10_000, 100_000, 1_000_000, 5_000_000], _kernel.BACKENDS, ["default"], _kernel.THREADS)
    quick_sizes = (10_000, 1_000_000, 5_000_000)

    @staticmethod
    def inputs(n, backend, variant):
        """a in [5, 10), b in [10, 20), c in [-0.1, 0.1), n each; where the backend can write in place, `out` too."""
        import numpy as np

        random = np.random.default_rng(1)
        coefficients = random.uniform(5, 10, n), random.uniform(10, 20, n), random.uniform(-0.1, 0.1, n)
        # Zeros, not empty: touched, so that no first call pays for its pages.
        if variant == "vmap":
            return tuple(values.reshape(_BATCH, n // _BATCH) for values in coefficients)
        if backend == "jax" or variant in _ALLOCATING:
            return coefficients
        return (*coefficients, np.full(n, 0.0))

    @staticmethod
    def work(n, backend, variant, threads):
        return {"flops": 6 * n, "div": n, "sqrt": n, "bytes": 8 * n * 4}

    @staticmethod
    def expect(n, backend, variant, threads):
        per_call, *per_element = _SECONDS[backend, variant]
        arrays = _ARRAYS.get(variant, 4)
        if backend == "jax":
            arrays = max(arrays, 8)
        seconds = n * per_element[(n > _CACHED) + (n > _MAPPED)] + per_call
        return seconds, 8 * n * arrays + 2**20


class QuadraticNumpy(Quadratic):
    """The formula as the notes have it: what the others are compared with."""

    params = ([10_000, 100_000, 1_000_000, 5_000_000], ["numpy"], ["expression"], [1])

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 1_000_000


class QuadraticNumba(Quadratic):
    params = ([10_000, 100_000, 1_000_000, 5_000_000], ["numba"], ["serial_out", "vectorize"], [1])


class QuadraticJax(Quadratic):
    """Derivatives with respect to all three coefficients, and the kernel over a batch of ten."""

    params = ([10_000, 100_000, 1_000_000, 5_000_000], ["jax"], ["grad", "vmap"], [1, 2])

    @staticmethod
    def work(n, backend, variant, threads):
        if variant == "grad":
            return {"flops": 13 * n, "div": n, "sqrt": n, "bytes": 8 * n * 6}
        return Quadratic.work(n, backend, variant, threads)


class QuadraticCpp(Quadratic):
    """The loop compiled ahead of time; `serial` does not listen to the number of threads, and shows it."""

    params = ([10_000, 100_000, 1_000_000, 5_000_000], ["cpp"], ["default", "serial"], [1, 2])

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, variant, threads) == (1_000_000, "default", 1)


class QuadraticNumbaSpecimens(Quadratic):
    params = (
        [10_000, 1_000_000, 5_000_000],
        ["numba"],
        ["as_noted", "parallel_as_noted", "vectorize_parallel"],
        [1, 2],
    )

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "allocation-bound" if variant == "parallel_as_noted" else "not-vectorised"

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, variant, threads) == (1_000_000, "as_noted", 1)


class QuadraticJaxSpecimens(Quadratic):
    params = ([100_000, 1_000_000], ["jax"], ["eager", "host_inputs"], [1, 2])

    def setup(self, n, backend, variant, threads):
        super().setup(n, backend, variant, threads)
        if variant == "host_inputs":
            self.arguments = self.inputs(n, backend, variant)

    @staticmethod
    def specimen(n, backend, variant, threads):
        return {"eager": "eager-dispatch", "host_inputs": "host-transfer"}[variant]

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, threads) == (100_000, 1)
