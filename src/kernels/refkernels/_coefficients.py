"""Polynomials of the elementary functions in `_numba_functions.py` and `_jax_functions.py`, lowest order first.

Minimax fits, made by `python -m figures.coefficients` and rounded to float64; a test fits them again. The errors are
those of the exact polynomial; rounding while it is evaluated adds about one unit in the last place.
"""

from __future__ import annotations

# sin(2 pi h) / h in powers of h^2, |h| <= 1/4. Largest error of the sine: 2e-19.
SINE = (
    6.283185307179586,
    -41.34170224039975,
    81.60524927607172,
    -76.70585975263461,
    42.05869391528073,
    -15.094641369137236,
    3.8199228053195307,
    -0.7176854412103779,
    0.1007149437783032,
)
# (2 atanh(s) - 2 s) / s^3 in powers of s^2, (1+s)/(1-s) in [sqrt(1/2), sqrt(2)]. Relative error of 2 atanh(s): 2e-18.
LOGARITHM = (
    0.6666666666666734,
    0.3999999999941468,
    0.28571428742387506,
    0.2222219857319462,
    0.18183564325667492,
    0.15314050562244386,
    0.14795949610658124,
)
# exp(r) in powers of r, |r| <= log(2) / 2. Relative error: 3e-18.
EXPONENTIAL = (
    1.0,
    1.0,
    0.5000000000000018,
    0.1666666666666617,
    0.04166666666649277,
    0.008333333333559272,
    0.0013888888951224037,
    0.0001984126943267626,
    2.4801486521375933e-05,
    2.755762253355949e-06,
    2.7632293297508334e-07,
    2.4994304016069323e-08,
)

# log(2) in two parts: the first has 21 trailing zero bits, so that its product with an exponent is exact.
LOG2_HIGH = 0.6931471803691238
LOG2_LOW = 1.9082149292705877e-10
