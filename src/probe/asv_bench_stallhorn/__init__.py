"""stallhorn's probe: it measures honestly inside an asv benchmark environment and writes down what it saw.

asv_runner finds this package by its name and loads the benchmark types in `benchmarks/`. Everything here is standard
library only (threadpoolctl if present) and runs on Python 3.8; NumPy, Numba and JAX are looked at when the measured
code has loaded them, never imported. It writes the probe record, whose reader is the host's `store.records`.
"""

__version__ = "0.1.0"

# How samples are taken. Part of the version of every `measure` benchmark, so that two ways of measuring never share a
# series. Raise it when first call, calibration, waiting or the process settings change.
METHOD = 1
