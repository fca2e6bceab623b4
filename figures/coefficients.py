"""Fit the polynomials of refkernels' own cosine, logarithm and exponential: `python -m figures.coefficients`.

Prints what stands in `refkernels/_coefficients.py`. Each is the minimax polynomial of its function, found by Remez's
exchange (Remez, 1934) in 40 digits and rounded to float64; a test fits them again and compares.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import mpmath
from mpmath import mp, mpf

Function = Callable[[mpf], mpf]
DIGITS = 40
GRID = 40  # points between two extrema, to look for the next ones


def minimax(f: Function, degree: int, low: mpf, high: mpf, weight: Function) -> tuple[list[mpf], mpf]:
    """Coefficients, lowest first, of the polynomial p with the least max |weight (p - f)| on [low, high], and that."""
    count = degree + 2
    nodes = [(low + high) / 2 - (high - low) / 2 * mpmath.cos(mp.pi * i / (count - 1)) for i in range(count)]
    for _ in range(30):
        rows = [[x**j for j in range(count - 1)] + [(-1) ** i / weight(x)] for i, x in enumerate(nodes)]
        *coefficients, level = mpmath.lu_solve(mpmath.matrix(rows), mpmath.matrix([f(x) for x in nodes]))
        p = list(coefficients)

        def error(x: mpf, p: list[mpf] = p) -> mpf:
            return weight(x) * (mpmath.polyval(p, x, asc=True) - f(x))

        nodes, worst = _extrema(error, nodes, low, high)
        if worst <= abs(level) * (1 + mpf(10) ** -6):
            break
    return list(coefficients), worst


def _extrema(error: Function, nodes: list[mpf], low: mpf, high: mpf) -> tuple[list[mpf], mpf]:
    """For each node the largest error of its sign between its neighbours, and the largest of all."""
    borders = [low, *((a + b) / 2 for a, b in itertools.pairwise(nodes)), high]
    found = []
    for i, node in enumerate(nodes):
        sign = 1 if error(node) > 0 else -1
        left, right = borders[i], borders[i + 1]
        for _ in range(3):  # each turn looks closer
            points = [left + (right - left) * j / GRID for j in range(GRID + 1)]
            best = max(points, key=lambda x: sign * error(x))
            step = (right - left) / GRID
            left, right = max(borders[i], best - step), min(borders[i + 1], best + step)
        found.append(best)
    return found, max(abs(error(x)) for x in found)


def sine() -> tuple[list[mpf], mpf]:
    """sin(2 pi h) / h as a polynomial in h^2, |h| <= 1/4: the least absolute error of the sine."""

    def f(z: mpf) -> mpf:
        h = mpmath.sqrt(z)
        return mpmath.sin(2 * mp.pi * h) / h if h else 2 * mp.pi

    tiny = mpf(2) ** -60  # the weight must not vanish at 0
    return minimax(f, 8, mpf(0), mpf(1) / 16, lambda z: mpmath.sqrt(z) + tiny)


def logarithm() -> tuple[list[mpf], mpf]:
    """(2 atanh(s) - 2 s) / s^3 as a polynomial in s^2, s = f / (2 + f), 1 + f in [sqrt(1/2), sqrt(2)]."""
    largest = ((mpmath.sqrt(2) - 1) / (mpmath.sqrt(2) + 1)) ** 2

    def f(z: mpf) -> mpf:
        if z < mpf(10) ** -12:
            return mpf(2) / 3 + z * 2 / 5
        s = mpmath.sqrt(z)
        return (2 * mpmath.atanh(s) - 2 * s) / s**3

    return minimax(f, 6, mpf(0), largest, lambda z: z + mpf(2) ** -60)


def exponential() -> tuple[list[mpf], mpf]:
    """exp(r) for |r| <= log(2) / 2, the least relative error."""
    half = mpmath.log(2) / 2
    return minimax(mpmath.exp, 11, -half, half, lambda r: mpmath.exp(-r))


def fitted() -> dict[str, tuple[float, ...]]:
    """The name of each tuple in `_coefficients.py` -> its values, lowest order first."""
    with mp.workdps(DIGITS):
        found = {"SINE": sine, "LOGARITHM": logarithm, "EXPONENTIAL": exponential}
        return {name: tuple(float(value) for value in fit()[0]) for name, fit in found.items()}


def main() -> None:
    with mp.workdps(DIGITS):
        for name, fit in (("SINE", sine), ("LOGARITHM", logarithm), ("EXPONENTIAL", exponential)):
            values, worst = fit()
            print(f"# largest weighted error before rounding: {mpmath.nstr(worst, 3)}")
            print(f"{name} = (")
            for value in values:
                print(f"    {float(value)!r},")
            print(")")


if __name__ == "__main__":
    main()
