"""The product of two square matrices: the library's case, and how far loops get."""

from . import _kernel

# One core: operations in a second, and seconds for the call itself.
_SPEED = {
    "default": 60e9,
    "operator": 60e9,
    "tiled": 55e9,
    "loops_ikj": 25e9,
    "naive": 5.5e9,
    "grad": 80e9,
    "vmap": 80e9,
    "cuda": 500e9,
    "gpu": 1000e9,
}
_CALL = {"numpy": 2e-6, "numba": 3e-6, "jax": 20e-6}
_BATCH = 4


class _Matmul(_kernel.KernelBenchmark):
    kernel_name = "matmul"

    @staticmethod
    def inputs(n, backend, variant):
        """Two (n, n) matrices of normal numbers; for "vmap" four of each."""
        import numpy as np

        shape = (2, _BATCH, n, n) if variant == "vmap" else (2, n, n)
        return tuple(np.random.default_rng(4).normal(size=shape))

    @staticmethod
    def work(n, backend, variant, threads):
        # The gradients are two products of matrices of which one is all ones: sums of rows and of columns.
        if variant == "grad":
            return {"flops": 2 * n * n, "bytes": 8 * n * n * 4}
        products = _BATCH if variant == "vmap" else 1
        return {"flops": 2 * n**3 * products, "bytes": 8 * n * n * 3 * products}

    @staticmethod
    def expect(n, backend, variant, threads):
        products = {"vmap": _BATCH, "grad": 2}.get(variant, 1)
        speed = 2 * _SPEED[variant] if (backend, variant) == ("jax", "default") else _SPEED[variant]
        copies = 2 if backend == "jax" else 1  # on the host and on the device, and two results at a time
        return (
            2 * n**3 * products / speed + _CALL[backend],
            8 * n * n * 4 * products * copies + 4 * 2**20,
        )


class Matmul(_Matmul):
    """n is the side of the matrices."""

    params = ([10, 100, 500, 1000], _kernel.BACKENDS, ["default"], _kernel.THREADS)
    quick_sizes = (100, 500)
    quick_threads = (2,)


class MatmulNumba(_Matmul):
    params = ([10, 100, 500, 1000], ["numba"], ["operator", "loops_ikj", "tiled"], [1, 2])


class MatmulNumpySpecimens(_Matmul):
    """Four BLAS threads for each core. In a process of its own: the pool has that size for all that is in it."""

    params = ([100, 200, 500], ["numpy"], ["oversubscribed"], [2])
    group_by = ("backend", "variant", "threads")

    def teardown(self, n, backend, variant, threads):
        from refkernels.matmul import numpy_specimens

        numpy_specimens.release()

    @staticmethod
    def expect(n, backend, variant, threads):
        # A scheduler's slices, not arithmetic.
        return 0.03 + 2 * n**3 / 1e9, 8 * n * n * 4 + 4 * 2**20

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "oversubscription"

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 200


class MatmulNumbaSpecimens(_Matmul):
    params = ([10, 100, 500], ["numba"], ["naive"], [1])

    @staticmethod
    def specimen(n, backend, variant, threads):
        return "not-vectorised"

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 100


class MatmulJax(_Matmul):
    params = ([10, 100, 500], ["jax"], ["grad", "vmap"], [1, 2])


class _OnDevice(_Matmul):
    """The matrices are on the device before the timing, and the product stays there."""

    group_by = ("backend", "variant", "threads")

    @staticmethod
    def work(n, backend, variant, threads):
        return {}  # the roofs are those of the processor


class MatmulCuda(_OnDevice):
    params = ([10, 100, 500, 1000], ["numba"], ["cuda"], [1])

    def setup(self, n, backend, variant, threads):
        super().setup(n, backend, variant, threads)
        from numba import cuda

        self.arguments = tuple(cuda.to_device(values) for values in self.arguments)


class MatmulGpu(_OnDevice):
    params = ([10, 100, 500, 1000], ["jax"], ["gpu"], [1])

    def setup(self, n, backend, variant, threads):
        super().setup(n, backend, variant, threads)
        import jax

        try:
            device = jax.devices("gpu")[0]
        except RuntimeError as error:
            raise NotImplementedError(f"JAX has no GPU: {error}") from error
        self.arguments = jax.block_until_ready(jax.device_put(self.arguments, device))
