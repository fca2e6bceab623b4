"""What the compilers made of a benchmark, as text: Numba's LLVM and machine code, JAX's jaxpr and optimised HLO.

For people who look for the reason themselves. Nothing is timed: the benchmark is called once so that everything is
compiled, and once more to see what it runs.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Callable, Dict, Iterator, List, Tuple

from . import calls, reach

KINDS = ("jaxpr", "hlo", "llvm", "asm")
Piece = Tuple[str, str]  # a heading, and the text


def pieces(what: str, call: Callable[[], Any], wait: Callable[[Any], Any], instruments: Any) -> List[Dict[str, str]]:
    """`{"name", "text"}` of every function or computation that has such code; `what` is one of KINDS."""
    if what not in KINDS:
        raise ValueError("show=%r is not understood. Expected one of: %s." % (what, ", ".join(KINDS)))
    wait(call())
    found = {"jaxpr": _jaxpr, "hlo": _hlo, "llvm": _numba, "asm": _numba}[what]
    return [{"name": name, "text": text} for name, text in found(what, call, wait, instruments)]


def _numba(what: str, call: Callable[[], Any], wait: Callable[[Any], Any], instruments: Any) -> Iterator[Piece]:
    """Every signature of each function that the call reaches or runs; a parallel function's kernels are in its text."""
    functions = instruments.numba.functions
    with functions, calls.Lines() as lines:
        wait(call())
    for dispatcher in functions.compiled(reach.reached([call, *lines.functions])):
        code = dispatcher.py_func.__code__
        place = "%s (%s:%d)" % (code.co_name, code.co_filename.rpartition("/")[2], code.co_firstlineno)
        for overload in list(dispatcher.overloads.values()):
            library = overload.library
            try:
                text = str(library.get_llvm_str() if what == "llvm" else library.get_asm_str())
            except Exception as error:  # code whose module was not kept
                text = "Numba does not tell: %s: %s" % (type(error).__name__, error)
            yield "%s %s" % (place, overload.signature), text


def _hlo(_what: str, call: Callable[[], Any], wait: Callable[[Any], Any], instruments: Any) -> Iterator[Piece]:
    """Each computation that the call starts, in the order in which they start."""
    with instruments.jax.calls.counting() as counting:
        wait(call())
    for name, executable, runs in counting.started():
        try:
            text = "\n".join(_without_tables(module.to_string()) for module in executable.hlo_modules())
        except Exception as error:  # a back end without HLO
            text = "JAX does not tell: %s: %s" % (type(error).__name__, error)
        yield "%s, started %d %s a call" % (name, runs, "time" if runs == 1 else "times"), text


def _without_tables(text: str) -> str:
    """The code without the lists of files and stack frames before it: the probe's own are among them."""
    head, _, rest = text.partition("\n")
    lines = rest.split("\n")
    first = next((at for at, line in enumerate(lines) if line.startswith(("%", "ENTRY"))), 0)
    return "\n".join([head, "", *lines[first:]])


def _jaxpr(_what: str, call: Callable[[], Any], _wait: Callable[[Any], Any], _instruments: Any) -> Iterator[Piece]:
    """The call itself, traced with the arrays that it holds as constants; nothing where it runs no JAX."""
    jax = sys.modules.get("jax")
    if jax is None:
        return

    def traced() -> List[Any]:
        return [leaf for leaf in jax.tree_util.tree_leaves(call()) if isinstance(leaf, jax.core.Tracer)]

    try:
        with _nothing_to_wait_for(jax.core.Tracer):
            found = jax.make_jaxpr(traced)()
    except Exception as error:
        first = (str(error).strip().splitlines() or [""])[0]
        reason = "It cannot be traced as a whole: %s: %s" % (type(error).__name__, first)
        yield "the call", reason + "\nWhat of it is compiled is shown by --show hlo."
        return
    if found.eqns:
        yield "the call", str(found)


@contextlib.contextmanager
def _nothing_to_wait_for(tracer: Any) -> Iterator[None]:
    """A benchmark waits for its result; where it is only traced, nothing is under way."""
    own = vars(tracer).get("block_until_ready")
    tracer.block_until_ready = lambda array: array
    try:
        yield
    finally:
        if own is None:
            del tracer.block_until_ready
        else:
            tracer.block_until_ready = own
