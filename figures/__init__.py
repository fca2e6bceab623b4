"""Measurements of stallhorn itself: what its probe adds to a timing, and how long its runs take beside plain asv's.

Not part of the tests: they take minutes and want a machine that does nothing else. `make figures` runs them.
"""
