"""What it costs to get n numbers into compiled code, whatever happens there."""

from . import _kernel

# One core: seconds for the call, and for each number that is handed over by itself.
_SECONDS = {
    ("numpy", "default"): (0.25e-6, 0),
    ("numba", "default"): (0.14e-6, 0),
    ("numba", "kwargs"): (0.2e-6, 0),
    ("numba", "many_arguments"): (0.75e-6, 0),
    ("numba", "typed_list"): (0.8e-6, 0),
    ("numba", "tuple"): (0.14e-6, 9e-9),
    ("numba", "reflected_list"): (1.8e-6, 0.46e-6),
    ("jax", "default"): (3.3e-6, 0),
    ("jax", "pytree"): (3.3e-6, 0.13e-6),
    ("jax", "eager"): (85e-6, 0),
}
_SPECIMENS = {("numba", "reflected_list"): "call-overhead", ("jax", "eager"): "eager-dispatch"}
_ARGUMENTS = 16


class _CallOverhead(_kernel.KernelBenchmark):
    kernel_name = "call_overhead"

    @staticmethod
    def inputs(n, backend, variant):
        """n normal numbers, in the form that the variant is about."""
        import numpy as np

        values = np.random.default_rng(6).normal(size=n)
        if variant in ("reflected_list", "pytree"):
            return (values.tolist(),)
        if variant == "tuple":
            return (tuple(values.tolist()),)
        if variant == "typed_list":
            from numba.typed import List

            return (List(values.tolist()),)
        return (values,) * (_ARGUMENTS if variant == "many_arguments" else 1)

    @staticmethod
    def work(n, backend, variant, threads):
        return {"flops": 1, "bytes": 24}  # two numbers and their sum

    @staticmethod
    def expect(n, backend, variant, threads):
        per_call, per_number = _SECONDS[backend, variant]
        each = 1024 if variant == "pytree" else 128  # an array without dimensions; a number, boxed and unboxed
        return per_call + n * per_number, n * each + 2**20

    @staticmethod
    def specimen(n, backend, variant, threads):
        return _SPECIMENS.get((backend, variant))


class CallOverhead(_CallOverhead):
    """n is the number of values."""

    params = ([1, 100, 10_000], _kernel.BACKENDS, ["default"], _kernel.THREADS)
    quick_sizes = (100,)
    quick_threads = (1,)


class CallOverheadNumba(_CallOverhead):
    params = ([1, 10, 100], ["numba"], ["kwargs", "many_arguments", "typed_list", "tuple"], [1])

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 100 and variant == "typed_list"


class CallOverheadNumbaSpecimens(_CallOverhead):
    params = ([1, 10, 100, 1000, 10_000], ["numba"], ["reflected_list"], [1])

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 1000


class CallOverheadJax(_CallOverhead):
    params = ([1, 10, 100], ["jax"], ["pytree"], [1])


class CallOverheadJaxSpecimens(_CallOverhead):
    params = ([1, 100, 10_000], ["jax"], ["eager"], [1])

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 100
