"""The loops of change detection: plain Python over NumPy arrays, compiled when there is much to do.

They are written in the part of Python that Numba compiles, and run without it as well: a short series is judged before
Numba would be imported. Modules here call each other through the module (`order.median`), never by a name imported
from it, since `compiler.compiled` puts the compiled functions in their places.
"""
