"""Radial basis functions as scipy's RBFInterpolator evaluates them: logarithms and a matrix product."""

from . import _kernel

# One core: seconds for each pair of points, and for the call itself.
_SECONDS = {
    "numpy": (2.5e-9, 50e-6),
    "naive": (35e-9, 100e-6),
    "scipy": (7.5e-9, 40e-6),
    "numba": (0.55e-9, 10e-6),
    "guvectorize_cpu": (0.6e-9, 20e-6),
    "guvectorize_parallel": (0.6e-9, 25e-6),
    "conditional_prange": (0.6e-9, 10e-6),
    "fused_libm": (3.2e-9, 10e-6),
    "prange_outer": (90e-9, 20e-6),
    "norm_split": (100e-9, 20e-6),
    "as_ported": (90e-9, 20e-6),
    "parallel_plain_range": (90e-9, 20e-6),
    "fork_join": (95e-9, 100e-6),
    "inner_prange": (95e-9, 100e-6),
    "nested": (95e-9, 100e-6),
    "jax": (0.6e-9, 60e-6),
    "scan": (0.8e-9, 60e-6),
    "fused": (2.4e-9, 60e-6),
    "matrix": (9e-9, 60e-6),
    "eager": (17.5e-9, 50e-6),
    "grad": (4.5e-9, 60e-6),
    "vmap": (2.6e-9, 60e-6),
}
# Two parallel regions for each row, entered from within one or by one thread, once there is a second thread.
_REGIONS = {"nested": 500e-6, "fork_join": 1e-6, "inner_prange": 1e-6}
# Bytes for each pair of points: matrices of (Q, P), and the differences in two dimensions.
_BYTES = {"naive": 56, "scipy": 8, "prange_outer": 8, "norm_split": 8, "as_ported": 8, "parallel_plain_range": 8}
_BYTES |= {"nested": 8, "fork_join": 8, "inner_prange": 8, "matrix": 24, "eager": 56}
_POINTS = 100
_ALONE = "numba=1 blas=1 omp=1 jax=1"
_BATCH = 4  # problems in a call of vmap
_SPECIMENS = {
    "naive": "large-temporaries",
    "as_ported": "allocation-bound",
    "parallel_plain_range": "parallel-without-effect",
    "conditional_prange": "parallel-without-effect",
    "fork_join": "fork-join-per-iteration",
    "inner_prange": "fork-join-per-iteration",
    "nested": "nested-parallel",
    "eager": "eager-dispatch",
}


class _Rbf(_kernel.KernelBenchmark):
    """n is the side of the evaluation grid: n^2 points in [-1, 1]^2, each against 100 data points."""

    kernel_name = "rbf"

    @staticmethod
    def inputs(n, backend, variant):
        """Halton points with sum(x) exp(-6 |x|^2) as data, fitted with a polynomial of degree 1."""
        import numpy as np

        y = np.array([[_halton(i, 2), _halton(i, 3)] for i in range(1, _POINTS + 1)]) * 2.0 - 1.0
        data = y.sum(axis=1) * np.exp(-6.0 * (y * y).sum(axis=1))
        powers = np.array([[0, 0], [1, 0], [0, 1]])
        shift, scale = (y.max(axis=0) + y.min(axis=0)) / 2, (y.max(axis=0) - y.min(axis=0)) / 2
        coeffs = _fit(y, data, np.prod(((y - shift) / scale)[:, None] ** powers, axis=-1))
        axis = np.linspace(-1.0, 1.0, n)
        x = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
        if variant == "vmap":
            x, y, coeffs, shift, scale = (np.stack([part] * _BATCH) for part in (x, y, coeffs, shift, scale))
        return x, y, coeffs, powers, shift, scale

    @staticmethod
    def work(n, backend, variant, threads):
        rows = n * n * (_BATCH if variant == "vmap" else 1)
        pairs = rows * _POINTS
        # A gradient takes each pair's basis function and its derivative, and writes as much as it reads.
        flops, arrays = (16, 5) if variant == "grad" else (8, 3)
        return {"log": pairs, "flops": flops * pairs, "bytes": 8 * rows * arrays}

    @staticmethod
    def expect(n, backend, variant, threads):
        per_pair, per_call = _SECONDS.get(variant) or _SECONDS[backend]
        several = threads != 1
        rows = n * n
        seconds = rows * _POINTS * per_pair + per_call + (rows * _REGIONS.get(variant, 0) if several else 0)
        columns = {"numpy": 7, "scipy": 7, "numba": 7, "jax": 12}[backend]  # the grid while it is made
        columns *= _BATCH + 1 if variant == "vmap" else 1
        return seconds, rows * (8 * columns + _POINTS * _BYTES.get(variant, _BYTES.get(backend, 0))) + 8 * 2**20

    @staticmethod
    def specimen(n, backend, variant, threads):
        return _SPECIMENS.get(variant)


class Rbf(_Rbf):
    """The best variant of each backend."""

    params = ([50, 100, 500, 1000, 2000], _kernel.BACKENDS, ["default"], _kernel.THREADS)
    quick_sizes = (50, 100, 500)


class RbfScipy(_Rbf):
    """What people call today: scipy's RBFInterpolator, on one thread whatever it is given."""

    params = ([50, 100, 500, 1000, 2000], ["scipy"], ["default"], [1])

    @staticmethod
    def quick(n, backend, variant, threads):
        return n == 100


class RbfCopies(_Rbf):
    """Several processes at once, one thread each, as a cluster or a grid search runs them: what do all do together?"""

    params = ([100, 500], ["numpy", "numba", "jax"], ["default"], [f"copies={k} {_ALONE}" for k in (1, 2)])

    @staticmethod
    def quick(n, backend, variant, threads):
        return False


class RbfNumba(_Rbf):
    params = ([50, 100, 200], ["numba"], ["fused_libm", "prange_outer", "norm_split", "guvectorize_parallel"], [1, 2])


class RbfNumbaSerial(_Rbf):
    params = ([50, 100, 500], ["numba"], ["serial", "guvectorize_cpu"], [1])


class RbfJax(_Rbf):
    params = ([50, 100, 500], ["jax"], ["matrix", "fused", "scan", "grad", "vmap"], [1, 2])


class RbfNumpySpecimens(_Rbf):
    params = ([50, 100, 200], ["numpy"], ["naive"], [1])


class RbfNumbaPorted(_Rbf):
    params = ([20, 50, 100], ["numba"], ["as_ported"], [1])


class RbfNumbaSpecimens(_Rbf):
    params = (
        [10, 20, 50],
        ["numba"],
        ["parallel_plain_range", "conditional_prange", "fork_join", "inner_prange"],
        [1, 2],
    )


class RbfNumbaNested(_Rbf):
    """With Numba's workqueue threading layer this aborts the process, so the variant has one of its own."""

    params = ([10, 20, 30], ["numba"], ["nested"], [1, 2])
    group_by = ("backend", "variant", "threads")

    @staticmethod
    def quick(n, backend, variant, threads):
        return (n, threads) == (10, 2)


class RbfJaxSpecimens(_Rbf):
    params = ([50, 100, 200], ["jax"], ["eager"], [1, 2])


def _halton(index, base):
    """Element `index` of the van der Corput sequence: its digits in `base`, mirrored behind the point."""
    value, fraction = 0.0, 1.0
    while index:
        index, digit = divmod(index, base)
        fraction /= base
        value += digit * fraction
    return value


def _fit(y, data, monomials):
    """Coefficients (P + R, 1) of the interpolant through `data` at the points y: splines, then the polynomial."""
    import numpy as np

    squared = ((y[:, None] - y) ** 2).sum(axis=-1)
    splines = 0.5 * squared * np.log(np.where(squared > 0, squared, 1.0))
    corner = np.zeros((monomials.shape[1], monomials.shape[1]))
    system = np.block([[splines, monomials], [monomials.T, corner]])
    return np.linalg.solve(system, np.concatenate([data, np.zeros(len(corner))]))[:, None]
