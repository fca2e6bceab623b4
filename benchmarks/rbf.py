"""Thin-plate splines as scipy's RBFInterpolator evaluates them: logarithms and a matrix product."""

from . import _kernel

# One core: seconds for each pair of points, and for the call itself.
_SECONDS = {"numpy": (3e-9, 50e-6), "numba": (3.5e-9, 10e-6), "jax": (2.5e-9, 50e-6)}
_POINTS = 100


class Rbf(_kernel.KernelBenchmark):
    """n is the side of the evaluation grid: n^2 points in [-1, 1]^2, each against 100 data points."""

    kernel_name = "rbf"
    params = ([50, 100, 500, 1000, 2000], _kernel.BACKENDS, ["default"], _kernel.THREADS)

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
        return x, y, coeffs, powers, shift, scale

    @staticmethod
    def work(n, backend, variant, threads):
        pairs = n * n * _POINTS
        return {"log": pairs, "flops": 8 * pairs, "bytes": 8 * n * n * 3}

    @staticmethod
    def expect(n, backend, variant, threads):
        per_pair, per_call = _SECONDS[backend]
        columns = {"numpy": 7, "numba": 7, "jax": 12}[backend]  # the grid while it is made; JAX reshapes it to blocks
        return n * n * _POINTS * per_pair + per_call, 8 * n * n * columns + 8 * 2**20


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
