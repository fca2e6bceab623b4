"""The matrix `w_tilde` on a regular grid, where only the distance of two points matters, as a table of distances.

    W[m, n + N - 1] = sum_k cos(2 pi D (n u_k0 - m u_k1)) / n_k^2,  m = 0 .. N - 1,  n = -(N - 1) .. N - 1

`w_compact(n_k (K,), u_k (K,2), side, pixel) -> W (N, 2 N - 1)`, float64: noise, baselines (u, v) in turns per unit of
the grid, the number N of points along each side of the grid and D, the distance of two neighbours. Rows of the grid run
downwards: point (r, c) of the grid is at (y, x) = D (-r, c), and for the points i and j

    w_tilde[i, j] = W[m, n + N - 1],  m = r_i - r_j,  n = c_i - c_j, the signs of both turned where m < 0

"default" is factored: with a = n u_k0 and b = m u_k1, cos(a - b) = cos a cos b + sin a sin b and
cos(a + b) = cos a cos b - sin a sin b, so both halves of the table are the sum and the difference of two products of
(N, K) matrices. "direct" computes the N (2 N - 1) K cosines. "expanded" returns the matrix (N^2, N^2) that `w_tilde`
returns, points row by row, looked up in the table.

JAX also has "grad", the gradient of sum(W): a tuple of the shapes of (n_k, u_k); and "vmap", a batch of problems with
one `side` and one `pixel`: n_k and u_k have a leading axis, and so has the result. `side` is static there: every value
compiles anew.

Whole turns are taken off without an error; the error of W is that of D u N: about eps |2 pi D u N| sum(1/n^2). A
baseline or D that is NaN or infinite makes NaN of the whole table, a noise that is NaN too. An infinite noise weighs
nothing, a noise of 0 makes infinities or NaN. Other numeric types are converted to float64; shapes that do not fit and
a side below 0 raise ValueError, a side that is no whole number raises TypeError.
"""

from __future__ import annotations

import operator

VARIANTS = {
    "numpy": ("default", "direct", "iterative", "expanded"),
    "numba": ("default", "direct", "seed", "expanded"),
    "jax": ("default", "direct", "seed", "expanded", "grad", "vmap"),
}


# Sines and cosines of multiples of an angle are made by multiplication: row m + r from m and r, where m is 1, 2, 4, ...
# up to this number and then a multiple of it. So no row is a product of more than six, and errors stay that small.
LARGEST_STEP = 32


def check(n_k, u_k, side) -> None:
    """Raise ValueError unless the shapes fit together and `side` is a size, TypeError if it is no whole number."""
    if len(n_k.shape) != 1 or u_k.shape != (n_k.shape[0], 2):
        raise ValueError(f"w_compact: expected shapes (K,) and (K,2), got {n_k.shape} and {u_k.shape}")
    if operator.index(side) < 0:
        raise ValueError(f"w_compact: side must be 0 or more, got {side}")
