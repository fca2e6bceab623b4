"""Products of many small matrices: parallel over the batch, or within each product, or, to nobody's gain, both."""

from . import _kernel

_BATCH = 100
# One core: operations in a second by size, and seconds for the call itself.
_SPEED = {8: 12e9, 16: 27e9, 48: 52e9, 100: 55e9, 160: 50e9}
_CALL = {"numpy": 3e-6, "numba": 5e-6, "jax": 20e-6}


class _BatchedMatmul(_kernel.KernelBenchmark):
    kernel_name = "batched_matmul"

    @staticmethod
    def inputs(n, backend, variant):
        """Two stacks of 100 matrices (n, n) of normal numbers; for "vmap" two of each."""
        import numpy as np

        shape = (2, 2, _BATCH, n, n) if variant == "vmap" else (2, _BATCH, n, n)
        return tuple(np.random.default_rng(5).normal(size=shape))

    @staticmethod
    def work(n, backend, variant, threads):
        # The gradients are products with matrices of ones: sums of rows and of columns.
        if variant == "grad":
            return {"flops": 2 * n * n * _BATCH, "bytes": 8 * n * n * _BATCH * 4}
        products = _BATCH * (2 if variant == "vmap" else 1)
        return {"flops": 2 * n**3 * products, "bytes": 8 * n * n * 3 * products}

    @staticmethod
    def expect(n, backend, variant, threads):
        speed = _SPEED[n] * (1.6 if backend == "jax" else 1)
        times = {"grad": 4, "vmap": 2}.get(variant, 1)
        copies = 2 if backend == "jax" else 1  # on the host and on the device, and two results at a time
        return (
            2 * n**3 * _BATCH * times / speed + _CALL[backend],
            8 * n * n * _BATCH * 4 * min(times, 2) * copies + 4 * 2**20,
        )


class BatchedMatmul(_BatchedMatmul):
    """n is the side of the matrices; there are 100 of them."""

    params = ([8, 16, 48, 100, 160], _kernel.BACKENDS, ["default"], _kernel.THREADS)
    quick_sizes = (48, 100)
    quick_threads = (2,)


class BatchedMatmulNumba(_BatchedMatmul):
    """OpenBLAS in a parallel loop: well while it has one thread, as it has for small products whatever it may."""

    params = ([8, 16, 48, 100, 160], ["numba"], ["blas"], [1, "numba=2 blas=1", "numba=2 blas=2"])

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "blas-in-parallel-region" if n >= 100 and threads == "numba=2 blas=2" else None


class BatchedMatmulMkl(_BatchedMatmul):
    """MKL in a parallel loop. Both use OpenMP: the thread of Numba's team starts a team of MKL's for each product.

    With two threads of Numba's, two cores are taken, and MKL leaves it at one thread each.
    """

    params = ([48, 100], ["numba"], ["mkl"], [1, "numba=2 blas=1 layer=omp", "numba=1 blas=2 layer=omp"])
    group_by = ("backend", "variant", "threads")

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "blas-in-parallel-region" if "blas=2" in str(threads) else None


class BatchedMatmulJax(_BatchedMatmul):
    params = ([8, 48, 100], ["jax"], ["grad", "vmap"], [1, 2])
