"""The loops of change detection: plain Python over NumPy arrays, compiled when there is much to do.

They are written in the part of Python that Numba compiles, and run without it as well: a short series is judged before
Numba would be imported. Modules here call each other through the module (`order.median`), never by a name imported
from it, since `compiler.compiled` puts the compiled functions in their places. From then on Python may call only those
of `compiler.ENTRANCES`: the others have no way in and would crash the process. Whoever calls one while the loops are
plain does so inside `compiler.steady`.
"""
