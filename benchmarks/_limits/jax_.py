"""Examples of what JAX does not do, or does otherwise than one expects.

Each imports what it needs itself, so that it can be read, and tried, alone.
"""

from __future__ import annotations

from .declare import Outcome, compiles, outcome, transfers

# --- what cannot be traced


@outcome(Outcome.REFUSED, "does-not-compile", says="TracerBoolConversionError", quick=True)
def if_of_data():
    """An if that depends on the data: a traced array has none."""
    import jax
    import numpy as np
    from jax import numpy as jnp

    @jax.jit
    def accumulate_if(x):
        if jnp.any(x > 3):
            return jnp.sum(x)
        return jnp.prod(x)

    return accumulate_if(np.arange(1.0, 6.0)), 15.0


@outcome(Outcome.REFUSED, "does-not-compile", says="NonConcreteBooleanIndexError")
def shape_of_data():
    """A boolean mask: how many elements it leaves depends on the data."""
    import jax
    import numpy as np
    from jax import numpy as jnp

    @jax.jit
    def sum_greater_than_three(x):
        return jnp.sum(x[x > 3])

    return sum_greater_than_three(np.arange(1.0, 6.0)), 9.0


@outcome(Outcome.REFUSED, "does-not-compile", says="TracerIntegerConversionError")
def range_of_argument():
    """A Python loop over a range that is an argument."""
    import jax

    @jax.jit
    def gauss(n):
        total = 0
        for i in range(n):
            total += i
        return total

    return gauss(4), 6


@outcome(Outcome.REFUSED, "does-not-compile", says="Shapes must be 1D sequences of concrete values")
def shape_of_argument():
    """An array whose size is an argument."""
    import jax
    from jax import numpy as jnp

    @jax.jit
    def zeros(n):
        return jnp.zeros(n)

    return zeros(3), [0, 0, 0]


@outcome(Outcome.REFUSED, "does-not-compile", says="TracerArrayConversionError")
def numpy_function():
    """A function of NumPy, not of jax.numpy, in a jitted function."""
    import jax
    import numpy as np

    @jax.jit
    def sine(x):
        return np.sin(x)

    return sine(np.zeros(3)), [0, 0, 0]


@outcome(Outcome.REFUSED, "does-not-compile", says="JAX arrays are immutable")
def write_in_place():
    """Assignment to an element of a JAX array."""
    from jax import numpy as jnp

    x = jnp.zeros(3)
    x[0] = 1
    return x, [1, 0, 0]


# --- what is wrong, and nothing says so

do_sum = False


@outcome(Outcome.WRONG, "stale-capture")
def stale_global():
    """A global is traced in: what it is set to later is never seen."""
    global do_sum
    import jax
    import numpy as np
    from jax import numpy as jnp

    @jax.jit
    def accumulate(x):
        return jnp.sum(x) if do_sum else jnp.prod(x)

    do_sum = False
    accumulate(np.arange(1.0, 6.0))
    do_sum = True
    return accumulate(np.arange(1.0, 6.0)), 15.0


@outcome(Outcome.WRONG, "precision-mismatch", quick=True)
def float32_default():
    """float64 in, float32 out, while 64-bit types are off, as they are by default."""
    import numpy as np
    from jax import numpy as jnp

    return jnp.sqrt(np.full(3, 2.0)), np.sqrt(np.full(3, 2.0))


@outcome(Outcome.WRONG, "stale-capture")
def index_beyond_end():
    """An index beyond the end of an array: the last element comes back, where NumPy raises IndexError."""
    import jax
    import numpy as np

    @jax.jit
    def pick(x, i):
        return x[i]

    try:
        right = np.arange(5.0)[10]
    except IndexError:
        right = "IndexError"
    return pick(np.arange(5.0), 10), right


# --- what compiles more often than one expects


@compiles(3, "recompilation", quick=True)
def per_shape():
    """One function, called with arrays of three shapes."""
    import jax
    import numpy as np

    @jax.jit
    def twice(x):
        return x + x

    for n in (3, 4, 5, 3):
        twice(np.ones(n))


@compiles(3, "recompilation")
def per_dtype():
    """One function, called with arrays of three types."""
    import jax
    import numpy as np

    @jax.jit
    def twice(x):
        return x + x

    for dtype in ("float32", "int32", "complex64", "float32"):
        twice(np.ones(3, dtype))


@compiles(3, "recompilation")
def per_static_argument():
    """One function, called with three values of an argument that is declared static."""
    import jax
    import numpy as np

    power = jax.jit(lambda x, k: x**k, static_argnums=1)
    for k in (1, 2, 3, 1):
        power(np.ones(3), k)


@compiles(1, "recompilation", healthy=True)
def per_traced_argument():
    """One function, called with three values of a scalar that is not static."""
    import jax
    import numpy as np

    scaled = jax.jit(lambda x, k: x * k)
    for k in (1, 2, 3):
        scaled(np.ones(3), k)


@compiles(2, "recompilation")
def per_weak_type():
    """A Python number and a NumPy number of the same type: one is "weakly typed", and both compile."""
    import jax
    import numpy as np

    @jax.jit
    def twice(x):
        return x + x

    twice(1.0)
    twice(np.float32(1))


@compiles(3, "recompilation")
def jit_of_lambda():
    """jax.jit of a new lambda at each of three calls; of the same function it would compile once."""
    import jax
    import numpy as np

    for _ in range(3):
        jax.jit(lambda x: x + x)(np.ones(3))


# --- what moves more often than one expects


@transfers(6, "host-transfer")
def numpy_inputs():
    """A function of two arrays, called three times with NumPy arrays: each is moved at each call."""
    import jax
    import numpy as np

    add = jax.jit(lambda x, y: x + y)
    x, y = np.ones(3, "float32"), np.ones(3, "float32")
    for _ in range(3):
        add(x, y)


@transfers(2, "host-transfer", healthy=True)
def device_inputs():
    """The same with arrays that were put on the device before: each is moved once."""
    import jax
    import numpy as np

    add = jax.jit(lambda x, y: x + y)
    x, y = jax.device_put(np.ones(3, "float32")), jax.device_put(np.ones(3, "float32"))
    for _ in range(3):
        add(x, y)
