"""What the kernels' benchmark classes have in common.

Nothing here, nor in a benchmark module, imports an array library before `setup`: asv imports the modules to learn the
parameters, and a library that is imported sizes its thread pool for good. asv skips abstract classes, so the base class
is no benchmark.
"""

from abc import ABC, abstractmethod

BACKENDS = ["numpy", "numba", "jax"]

# A number is the size of every pool, "all" is every core; a name says it for each library.
THREADS = [1, 2, "all", "numba=2 blas=1", "numba=2 blas=2"]


class KernelBenchmark(ABC):
    """One kernel over size, backend, variant and threads. A subclass gives `kernel_name`, `params` and the methods.

    A kernel has one class for the defaults of its backends over all thread settings, one for each backend's other
    variants, and one for each backend's specimens, so that no class has combinations that do not exist.
    `group_by` names the parameters that need a process of their own: pools are sized when a library starts.
    """

    param_names = ("n", "backend", "variant", "threads")
    group_by = ("backend", "threads")
    # asv keeps results apart by version: raise it when inputs or timing change, so that no step is drawn for that.
    version = "1"
    timeout = 120

    kernel_name: str
    params: tuple[list, ...]
    quick_sizes: tuple[int, ...] = ()
    quick_threads: tuple[int, ...] = (1, 2)

    @staticmethod
    @abstractmethod
    def inputs(n, backend, variant):
        """The kernel's arguments, a tuple of NumPy arrays (for JAX, `setup` moves them); the same at every call."""

    @staticmethod
    @abstractmethod
    def expect(n, backend, variant, threads):
        """(seconds of one call on one core, peak bytes of inputs, result and temporaries), within a factor of two."""

    @staticmethod
    @abstractmethod
    def work(n, backend, variant, threads):
        """What one call cannot avoid, as counts: {"flops", "bytes", "cos", "log", "exp", "div", "sqrt": ...}.

        Of the algorithm, not of this implementation: temporaries and repetitions that a better one would not have are
        left out. "bytes" go to or from memory if nothing is in cache; a sine and cosine of one angle are one "cos". A
        count that is 0 may be left out. With the machine's roofs this is the floor that a time stands beside.
        """

    @staticmethod
    def specimen(n, backend, variant, threads):
        """The id of the pitfall that this combination is a specimen of, kept sick on purpose; None if it is healthy."""
        return None

    @classmethod
    def quick(cls, n, backend, variant, threads):
        """Whether the quick preset takes this combination, if it is short enough.

        The preset is for everybody who wants an answer in minutes: the defaults at few sizes. Every process compiles
        what it measures, so the kernels that take long to compile are there with two threads only.
        """
        return variant == "default" and n in cls.quick_sizes and threads in cls.quick_threads

    def setup(self, n, backend, variant, threads):
        _require_about(backend, threads)
        self.kernel = _load(self.kernel_name, backend, variant)
        arguments = self.inputs(n, backend, variant)
        self.arguments = _on_device(arguments) if backend == "jax" else arguments

    def measure(self, n, backend, variant, threads):
        return self.kernel(*self.arguments)


def _require_about(backend, threads):
    """Skip a setting that names other just-in-time compilers than the kernel's own."""
    if not isinstance(threads, str) or "copies=" in threads:
        return
    named = {part.partition("=")[0] for part in threads.split()} & {"numba", "jax"}
    if named and backend not in named:
        about = " and ".join({"numba": "Numba", "jax": "JAX"}[name] for name in sorted(named))
        raise NotImplementedError(
            f"this setting is about {about}; {backend} kernels are measured with a number of threads"
        )


def _load(kernel, backend, variant):
    """The kernel of the commit that is installed, or a skip if that commit does not have it."""
    missing = NotImplementedError("not in this commit")
    try:
        import refkernels
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "refkernels":
            raise
        raise missing from error
    try:
        load = getattr(refkernels, "load", None)
        if load is None:
            raise missing
        return load(kernel, backend, variant)
    except getattr(refkernels, "Unavailable", ()) as error:
        raise NotImplementedError(str(error)) from error
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "refkernels":
            raise
        raise missing from error
    except LookupError as error:
        # A KeyError or IndexError is a fault of the commit, not the answer of `load`.
        if type(error) is not LookupError:
            raise
        raise missing from error


def _on_device(arguments):
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax.block_until_ready(jax.device_put(arguments))
