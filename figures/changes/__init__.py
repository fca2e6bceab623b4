"""How well changes are found: noise that is drawn from a seed, changes planted in it, and detectors side by side.

`noise` draws, `planted` plants, `detectors` holds who competes, `scores` counts what they found, `speed` what it
cost, `calibration` whether a stated confidence is what happens. `python -m figures.changes` prints the table.
"""
