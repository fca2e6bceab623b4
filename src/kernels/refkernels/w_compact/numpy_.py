from __future__ import annotations

import numpy as np

from refkernels._numpy_functions import BLOCK, cos2pi
from refkernels.w_compact import LARGEST_STEP, check


def default(n_k, u_k, side, pixel):
    """Factored: sines and cosines by multiplication, then two matrix products."""
    n_k, u_k = arguments(n_k, u_k, side)
    # One array for both axes: the C library gives memory back, and has to fault it in again, when more than twice the
    # largest array so far is free.
    down, across = np.empty((2, 2, side, n_k.size))
    _fill_multiples(pixel * u_k[:, 1], down)
    _fill_multiples(pixel * u_k[:, 0], across)
    down /= n_k * n_k
    cosines, sines = down @ across.transpose(0, 2, 1)
    out = np.empty(_shape(side))
    np.add(cosines, sines, out=out[:, side - 1 :])
    np.subtract(cosines[:, 1:], sines[:, 1:], out=out[:, : side - 1][:, ::-1])
    return out


def direct(n_k, u_k, side, pixel):
    """The sum as it stands, some entries of the table at a time, with the polynomial cosine."""
    n_k, u_k = arguments(n_k, u_k, side)
    u, v, weights = pixel * u_k[:, 0], pixel * u_k[:, 1], 1.0 / (n_k * n_k)
    out = np.empty(_shape(side))
    entries = out.reshape(-1)
    m, n = (index.reshape(-1, 1) for index in np.indices(out.shape))
    many = max(1, BLOCK // max(1, n_k.size))
    spaces = np.empty((3, min(many, out.size), n_k.size))
    for start in range(0, out.size, many):
        part = slice(start, start + many)
        phase, *work = spaces[:, : len(m[part])]
        np.multiply(n[part] - (side - 1), u, out=phase)
        phase -= np.multiply(m[part], v, out=work[0])
        np.matmul(cos2pi(phase, *work), weights, out=entries[part])
    return out


def iterative(n_k, u_k, side, pixel):
    """One visibility after the other, added to the whole table: what most people write, and the peer of all others."""
    n_k, u_k = arguments(n_k, u_k, side)
    m, n = np.arange(side)[:, None], np.arange(1 - side, side)
    out = np.zeros(_shape(side))
    for noise, (u, v) in zip(n_k, u_k, strict=True):
        out += np.cos((2.0 * np.pi * float(pixel)) * (n * u - m * v)) / (noise * noise)
    return out


def expanded(n_k, u_k, side, pixel):
    """The matrix for all pairs of points, (N^2, N^2): a table is computed, the rest is copying."""
    table = default(n_k, u_k, side, pixel)
    if side == 0:
        return np.empty((0, 0))
    # Distances from -(N-1) to N-1 along both axes; turned by half a turn the table is the same, as the cosine is even.
    whole = np.concatenate([table[:0:-1, ::-1], table])
    windows = np.lib.stride_tricks.sliding_window_view(whole, (side, side))[::-1, ::-1]
    return windows.reshape(side * side, side * side)


def arguments(n_k, u_k, side):
    """The arrays as float64 arrays whose shapes fit."""
    n_k, u_k = (np.asarray(values, dtype=np.float64) for values in (n_k, u_k))
    check(n_k, u_k, side)
    return n_k, u_k


def _shape(side):
    return side, max(0, 2 * side - 1)


def _fill_multiples(turns, out):
    """cos(2 pi m turns) and sin(2 pi m turns) in out[0, m] and out[1, m]."""
    side = out.shape[1]
    out[:, :1] = _cosine_and_sine(0.0 * turns)[:, None]  # 1 and 0, but for NaN
    step = 1
    while step < side:
        count = min(step, LARGEST_STEP, side - step)
        (cosines, sines), (cosine, sine) = out[:, :count], _cosine_and_sine(step * turns)
        more_cosines, more_sines = out[:, step : step + count]
        np.multiply(cosines, cosine, out=more_cosines)
        more_cosines -= sines * sine
        np.multiply(sines, cosine, out=more_sines)
        more_sines += cosines * sine
        step += count


def _cosine_and_sine(turns):
    values = np.stack([turns, turns - 0.25])
    return cos2pi(values, np.empty_like(values), np.empty_like(values))
