"""Examples of what Numba does not do, or does otherwise than one expects.

Each imports what it needs itself, so that it can be read, and tried, alone.
"""

from __future__ import annotations

from .declare import Outcome, compiles, outcome

# --- what does not compile


@outcome(Outcome.REFUSED, "does-not-compile", says="No implementation of function Function(<function prod", quick=True)
def prod_axis():
    """np.prod along an axis."""
    import numpy as np
    from numba import njit

    @njit
    def product(x):
        return np.prod(x, axis=-1)

    return product(np.ones((3, 4))), np.ones(3)


@outcome(Outcome.REFUSED, "does-not-compile", says="No implementation of function Function(<function norm")
def norm_axis():
    """np.linalg.norm along an axis."""
    import numpy as np
    from numba import njit

    @njit
    def lengths(x):
        return np.linalg.norm(x, axis=-1)

    return lengths(np.ones((3, 4))), np.full(3, 2.0)


@outcome(Outcome.REFUSED, "does-not-compile", says="Unknown attribute 'vector_norm'")
def vector_norm():
    """np.linalg.vector_norm, the array API's norm."""
    import numpy as np
    from numba import njit

    @njit
    def length(x):
        return np.linalg.vector_norm(x)

    return length(np.ones(4)), 2.0


@outcome(Outcome.REFUSED, "does-not-compile", says="No implementation of function Function(<function max")
def max_axis():
    """np.max along an axis; np.sum and np.argmax take one, np.mean, np.any and np.sort do not."""
    import numpy as np
    from numba import njit

    @njit
    def largest(x):
        return np.max(x, axis=-1)

    return largest(np.ones((3, 4))), np.ones(3)


@outcome({"": Outcome.REFUSED, "0.67": Outcome.WORKS}, "does-not-compile")
def cumsum_axis():
    """np.cumsum along an axis."""
    import numpy as np
    from numba import njit

    @njit
    def running(x):
        return np.cumsum(x, axis=-1)

    return running(np.ones((2, 3))), [[1, 2, 3], [1, 2, 3]]


@outcome({"": Outcome.REFUSED, "0.66": Outcome.WORKS}, "does-not-compile")
def two_index_arrays():
    """An array indexed with one array for each axis."""
    import numpy as np
    from numba import njit

    @njit
    def pick(x, rows, columns):
        return x[rows, columns]

    return pick(np.eye(3), np.array([0, 1]), np.array([0, 2])), [1, 0]


@outcome(Outcome.REFUSED, "does-not-compile", says="non-precise type pyobject")
def dict_argument():
    """A dict as an argument."""
    from numba import njit

    @njit
    def total(values):
        result = 0.0
        for value in values.values():
            result += value
        return result

    return total({"a": 1.0, "b": 2.0}), 3.0


@outcome(Outcome.REFUSED, "does-not-compile", says="non-precise type pyobject", needs="pandas")
def pandas_series():
    """A pandas Series as an argument."""
    import pandas
    from numba import njit

    @njit
    def total(values):
        return values.sum()

    return total(pandas.Series([1.0, 2.0])), 3.0


@outcome(Outcome.REFUSED, "does-not-compile", says="non-precise type pyobject", needs="pandas")
def pandas_frame():
    """A pandas DataFrame as an argument."""
    import pandas
    from numba import njit

    @njit
    def column(frame):
        return frame["a"]

    return column(pandas.DataFrame({"a": [1.0]})), [1.0]


@outcome(Outcome.REFUSED, "does-not-compile", says="non-precise type pyobject")
def object_argument():
    """An object of an ordinary class as an argument: to Numba, a pandas object is no more than that."""
    import numpy as np
    from numba import njit

    class Table:
        def __init__(self):
            self.values = np.ones(3)

    @njit
    def total(table):
        return table.values.sum()

    return total(Table()), 3.0


@outcome(Outcome.REFUSED, "does-not-compile", says="getitem(array(float64, 1d, C), float64)")
def prange_index_minus_int():
    """A prange index is a uint64: where it meets an int64, as in the mirrored row of a symmetric matrix, both become
    a float64, which is no index."""
    import numpy as np
    from numba import njit, prange

    @njit(parallel=True)
    def visits(n):
        seen = np.zeros(n)
        for i in prange(n // 2):
            for side in range(2):
                row = i if side == 0 else n - 1 - i
                seen[row] += 1
        return seen

    return visits(4), np.ones(4)


@outcome(Outcome.REFUSED, "does-not-compile", says="No matching definition for argument type(s)")
def eager_signature():
    """A function with an explicit signature takes nothing else: not even a view of an array of its own type."""
    import numpy as np
    from numba import njit

    @njit("f8(f8[::1])")
    def total(x):
        return x.sum()

    return total(np.ones(6)[::2]), 3.0


# --- what compiles and does not do what was asked for


@outcome(Outcome.REFUSED, "object-mode", says="non-precise type pyobject")
def object_mode_fallback():
    """@jit of something that Numba does not know: until 0.58 it fell back to object mode, with a warning."""
    from numba import jit

    @jit
    def first(values):
        return values["a"] + 1

    return first({"a": 1}), 2, not first.overloads[first.signatures[0]].objectmode


@outcome(Outcome.NO_EFFECT, "object-mode")
def object_mode():
    """@jit(forceobj=True) runs whatever Python runs, and as slowly: nothing is compiled, and nothing says so."""
    from numba import jit

    @jit(forceobj=True)
    def first(values):
        return values["a"] + 1

    return first({"a": 1}), 2, not first.overloads[first.signatures[0]].objectmode


@outcome(Outcome.NO_EFFECT, "parallel-without-effect", says="no transformation for parallel execution was possible")
def parallel_scalar():
    """parallel=True on a function of scalars."""
    from numba import njit

    @njit(parallel=True)
    def shifted(x):
        return 2.0 * x + 1.0

    return shifted(1.0), 3.0, _parallel_regions(shifted)


@outcome(
    Outcome.NO_EFFECT,
    "parallel-without-effect",
    says="no transformation for parallel execution was possible",
)
def parallel_range():
    """parallel=True on a loop over range: only prange runs in parallel."""
    import numpy as np
    from numba import njit

    @njit(parallel=True)
    def doubled(x):
        out = np.empty_like(x)
        for i in range(x.size):
            out[i] = 2 * x[i]
        return out

    return doubled(np.ones(4)), np.full(4, 2.0), _parallel_regions(doubled)


@outcome(Outcome.NO_EFFECT, "parallel-without-effect")
def prange_without_parallel():
    """prange without parallel=True is range, and nothing says so."""
    import numpy as np
    from numba import njit, prange

    @njit
    def doubled(x):
        out = np.empty_like(x)
        for i in prange(x.size):
            out[i] = 2 * x[i]
        return out

    return doubled(np.ones(4)), np.full(4, 2.0), _parallel_regions(doubled)


@outcome(Outcome.NO_EFFECT, "parallel-without-effect", quick=True)
def prange_of_condition():
    """A prange over a conditional expression is a serial loop; beside another parallel loop nothing says so."""
    import numpy as np
    from numba import njit, prange

    @njit(parallel=True)
    def doubled(x, half):
        out = np.zeros(x.size)
        for i in prange(x.size // 2 if half else x.size):
            out[i] = 2 * x[i]
        return out

    return doubled(np.ones(4), False), np.full(4, 2.0), _parallel_regions(doubled) == 2  # zeros() is the other one


@outcome(
    Outcome.ABORTS,
    "nested-parallel",
    says="Concurrent access has been detected",
    variables={"NUMBA_THREADING_LAYER": "workqueue"},
    quick=True,
)
def nested_workqueue():
    """A parallel function called in a prange, under the workqueue threading layer."""
    import numpy as np
    from numba import njit, prange

    @njit(parallel=True)
    def increase(row):
        for j in prange(row.size):
            row[j] += 1

    @njit(parallel=True)
    def increase_all(matrix):
        for i in prange(matrix.shape[0]):
            increase(matrix[i])
        return matrix

    return increase_all(np.zeros((8, 8))), np.ones((8, 8))


# --- what is wrong, and nothing says so

do_sum = False


@outcome(Outcome.WRONG, "stale-capture", quick=True)
def stale_global():
    """A global is compiled in: what it is set to later is never seen."""
    global do_sum
    import numpy as np
    from numba import njit

    @njit
    def accumulate(x):
        if do_sum:
            return np.sum(x)
        return np.prod(x)

    do_sum = False
    accumulate(np.arange(1.0, 6.0))
    do_sum = True
    return accumulate(np.arange(1.0, 6.0)), 15.0


@outcome(Outcome.WRONG, "race")
def prange_race():
    """Iterations of a prange that add to one element: they lose what others add between their reading and writing.

    Whether they do is a matter of time. So that the outcome is steady nevertheless, two threads add for some 10 ms
    each, and it is tried until a sum is wrong, 20 times at the most: "works" would only mean that it was not seen.
    """
    import numpy as np
    from numba import njit, prange

    @njit(parallel=True)
    def count(total, times):
        for _i in prange(2):
            for _k in range(times):
                total[0] += 1.0
        return total[0]

    right = 2 * 10_000_000
    sums = (count(np.zeros(1), right // 2) for _ in range(20))
    return next((one for one in sums if one != right), right), right


# --- what compiles more often than one expects


@compiles(4, "recompilation")
def per_type():
    """One function, called with an int, a float, a float32 and a complex number."""
    import numpy as np
    from numba import njit

    @njit
    def twice(x):
        return x + x

    for value in (1, 1.0, np.float32(1), 1j, 2, 2.0):
        twice(value)


@compiles(4, "recompilation")
def per_layout():
    """One function, called with an array in C order, in Fortran order, a view with gaps, and a read-only one."""
    import numpy as np
    from numba import njit

    @njit
    def total(x):
        return x.sum()

    matrix, fixed = np.ones((4, 4)), np.ones((4, 4))
    fixed.flags.writeable = False
    for x in (matrix, np.asfortranarray(matrix), matrix[::2, ::2], fixed):
        total(x)


@compiles(1, "recompilation", healthy=True)
def per_shape():
    """One function, called with arrays of three shapes: unlike JAX, Numba compiles for the number of axes alone."""
    import numpy as np
    from numba import njit

    @njit
    def total(x):
        return x.sum()

    for n in (3, 4, 5):
        total(np.ones(n))


@compiles(3, "recompilation", quick=True)
def per_arity():
    """One function of *arrays, called with one, two and three arrays."""
    import numpy as np
    from numba import njit

    @njit
    def count(*arrays):
        return len(arrays)

    for n in (1, 2, 3):
        count(*(np.ones(2) for _ in range(n)))


@compiles(3, "recompilation")
def njit_in_function():
    """@njit inside a function: compiled at each of its three calls."""
    from numba import njit

    def shifted(x):
        @njit
        def shift(value):
            return value + 1.0

        return shift(x)

    for x in (1.0, 2.0, 3.0):
        shifted(x)


@compiles(2, "compile-in-timing")
def eager_signatures():
    """Two explicit signatures, of which one is called: both compile when the module is imported."""
    from numba import njit

    @njit(["f8(f8)", "f8(i8)"])
    def shifted(x):
        return x + 1.0

    shifted(1.0)


@compiles(1, "compile-in-timing", healthy=True)
def lazy_signature():
    """The same function without signatures: it compiles at the first call, for what it is called with."""
    from numba import njit

    @njit
    def shifted(x):
        return x + 1.0

    shifted(1.0)


@compiles(1, "cache-never-warm", processes=2, healthy=True)
def cold_and_warm_cache():
    """cache=True: the first process compiles, the second one loads."""
    from numba import njit

    @njit(cache=True)
    def shifted(x):
        return x + 1.0

    shifted(1.0)


@compiles(2, "cache-never-warm", processes=2, says="Cannot cache compiled function")
def cache_of_large_global():
    """cache=True on a function that captures a large array: it is never stored, and each process compiles."""
    import numpy as np
    from numba import njit

    table = np.zeros(1_000_000)

    @njit(cache=True)
    def look_up(i):
        return table[i]

    look_up(1)


def _parallel_regions(function) -> int:
    """How often the compiled function hands work to Numba's threads."""
    (code,) = function.inspect_llvm().values()
    return sum("call" in line and "@numba_parallel_for" in line for line in code.splitlines())
