"""One file for each pitfall: what it is, how it shows in the evidence, what to do about it. `base.py` says how."""
