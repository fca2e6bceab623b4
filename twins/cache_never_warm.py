"""cache=True, and yet every load compiles: what the cache compares is different each time."""

import functools
import time

LAPLACIAN = """
import numba

@numba.njit(cache=True)
def kernel(x, out):
    for i in range(1, len(x) - 1):
        out[i] = x[i - 1] - 2.0 * x[i] + x[i + 1]
"""
SCALED = """
import numba

def make(scale):
    @numba.njit(cache=True)
    def kernel(x, out):
        for i in range(len(x)):
            out[i] = scale * x[i] / (1.0 + x[i])
    return kernel

@numba.njit(cache=True)
def scaled(x, out, scale):
    for i in range(len(x)):
        out[i] = scale * x[i] / (1.0 + x[i])
"""


@functools.cache
def folder():
    """A place for generated modules and their caches; it goes when the process does."""
    import tempfile

    return tempfile.TemporaryDirectory(prefix="twins")


def load(path):
    """The module of a file, executed anew."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Generated:
    params = (["sick", "healthy"], [30_000, 250_000])
    param_names = ("twin", "n")
    pitfall = ("cache-never-warm", "compile-in-timing", "recompilation")
    harm = "time"
    expected = "ok"
    why = "The module is generated before each load, with the time in its first line: it never is the cached one."

    def setup(self, twin, n):
        import pathlib

        import numpy as np

        self.path = pathlib.Path(folder().name) / f"laplacian_{twin}.py"
        self.x, self.out = np.random.default_rng(32).random(n), np.zeros(n)
        self.time_run(twin, n)

    def time_run(self, twin, n):
        if twin == "sick" or not self.path.exists():
            self.path.write_text(f"# made at {time.time_ns()}\n{LAPLACIAN}", encoding="utf-8")
        load(self.path).kernel(self.x, self.out)


class Closure:
    params = (["sick", "healthy"], [30_000, 250_000])
    param_names = ("twin", "n")
    pitfall = ("cache-never-warm", "compile-in-timing", "recompilation")
    harm = "time"
    expected = "ok"
    why = "The kernel closes over a number that is new in each call, and the cache keeps kernels apart by it."

    def setup(self, twin, n):
        import pathlib

        import numpy as np

        path = pathlib.Path(folder().name) / "scaled.py"
        if not path.exists():
            path.write_text(SCALED, encoding="utf-8")
        self.module = load(path)
        self.x, self.out = np.random.default_rng(33).random(n), np.zeros(n)
        self.scale = getattr(self, "scale", 1.0)
        self.time_run(twin, n)

    def time_run(self, twin, n):
        self.scale += 0.001
        if twin == "sick":
            self.module.make(self.scale)(self.x, self.out)
        else:
            self.module.scaled(self.x, self.out, self.scale)
