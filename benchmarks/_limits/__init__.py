"""The limits of Numba and JAX that array code meets, each as a program of some ten lines that is kept and run.

`declare` holds the words, `numba_` and `jax_` the examples, `trial` runs one in a process of its own, where `__main__`
looks what comes of it. asv imports all of these modules to discover the suite, so that every example imports its
library itself.
"""

from . import jax_, numba_
from .declare import Example

EXAMPLES = {
    example.name: example
    for module in (numba_, jax_)
    for example in vars(module).values()
    if isinstance(example, Example)
}
