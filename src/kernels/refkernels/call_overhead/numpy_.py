from __future__ import annotations

import numpy as np

from refkernels.call_overhead import check


def default(values):
    """A Python function: looks up, calls, and converts two numbers."""
    values = np.asarray(values)
    check(values)
    return float(values[0]) + float(values[-1]) if values.size else 0.0
