"""Numba or JAX refuses the function: it uses what the compiler does not know, or needs a value that is not there yet.

How it is detected: the benchmark failed, and the exception that ended it is one of Numba's (`numba.core.errors`) or one
of JAX's about tracers. Its message names the construct and the line, and says which remedy fits. Exceptions that were
caught, warnings that quote such a message, and all other failures are not this.

When it cannot be: where the suite catches the exception and goes on, or raises another in its place.

Source: https://docs.jax.dev/en/latest/errors.html, https://numba.readthedocs.io/en/stable/user/troubleshoot.html
"""

from __future__ import annotations

import re

from stallhorn.model import Finding, Status
from stallhorn.pitfalls.base import CAUSE, Case, counted

TITLE = "The compiler refuses it"
NEEDS = ()

LENGTH = 160  # characters of a message or a line of code that a claim repeats

_RAISED = re.compile(r"^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:Error|Exception|Interrupt|Exit))(?::[ \t]*(.*))?$", re.M)
_NUMBAS = re.compile(r"(?:numba\.(?:core\.)?errors\.\w+|TypingError|UnsupportedError|LoweringError)")
_JAXS = re.compile(
    r"(?:jax\.(?:_src\.)?errors\.)?(?:TracerBoolConversionError|ConcretizationTypeError|NonConcreteBooleanIndexError"
    r"|TracerArrayConversionError|TracerIntegerConversionError)"
)
# Errors of Python's own names that JAX raises while it traces: they speak of a traced value.
_TRACING = re.compile(r"Shapes must be 1D sequences of concrete values|\b(?:Jit|Jaxpr|Dynamic\w*)?Tracer\b|Traced<")

# What Numba says, and what to do about it; the first that fits.
_NUMBA_REMEDIES = (
    (
        r">>> (\w+)\(.*\b(?:axis|keepdims|out|dtype|where)=",
        "Numba's {0} lacks this argument: write the loop (`for i in range(x.shape[0]): out[i] = np.{0}(x[i])`).",
    ),
    (
        r"Unknown attribute '(\w+)' of type Module",
        "Numba does not know {0}: write it out with loops and functions that it knows, or call it outside.",
    ),
    (
        r"Untyped global name '(\w+)'",
        "Compile {0} with `@njit` too if it is a function of yours; else pass it as an argument.",
    ),
    (r"NameError: name '(\w+)' is not defined", "{0} is not defined where the function is: import or define it."),
    (
        r"Cannot unify",
        "Give the variable one type on all paths: `0.0` in place of `0`, no None, no text beside numbers.",
    ),
    (
        r"non-precise type pyobject|[Cc]annot determine Numba type of",
        "Pass arrays and numbers in place of Python objects; what cannot be one stays outside the compiled function.",
    ),
    (
        r"Unsupported|not supported|unsupported|Exception matching",
        "Take this construct out of the compiled function: prepare and finish in Python, and compile the loops only.",
    ),
    (
        r"No implementation of function",
        "Numba has none for these types: convert the arguments (`np.asarray(x, dtype=np.float64)`) or write the loop.",
    ),
)
_OTHERWISE = "Take what the message names out of the compiled function, or write it out as a loop over numbers."

_STATIC = (
    "Shapes, lengths and Python numbers must be known when it compiles: make the argument static "
    '(`jax.jit(f, static_argnames="n")`), or use functions of `jax.numpy` in place of `int()` and `float()`.'
)
_JAX_REMEDIES = {
    "TracerBoolConversionError": (
        "Write `jnp.where(condition, a, b)` or `jax.lax.cond(condition, f, g, x)` in place of `if`, and "
        "`jax.lax.while_loop` in place of `while`; an argument that is a setting belongs into `static_argnames`."
    ),
    "NonConcreteBooleanIndexError": (
        "Keep the shape: `jnp.where(mask, x, 0)` in place of `x[mask]`, or `jnp.nonzero(mask, size=n)`."
    ),
    "TracerArrayConversionError": (
        "Call the function of `jax.numpy` in place of NumPy's; what has none goes through `jax.pure_callback` or stays "
        "outside."
    ),
    "TracerIntegerConversionError": (
        "Make the indexed list an array (`jnp.array(values)[i]`), or the index static: "
        '`jax.jit(f, static_argnames="i")`.'
    ),
    "ConcretizationTypeError": _STATIC,
}


def detect(case: Case) -> Finding | None:
    raised = _raised(case) if case.run.status is Status.FAILED else None
    if raised is None:
        return None
    kind, (name, message) = raised[0].rpartition(".")[2], raised
    if _NUMBAS.fullmatch(name):
        library, what, remedy = "Numba", _what_numba_says(message), _numba_remedy(message)
        place = _place_in(message) or _place_in(case.run.stderr)
    elif _JAXS.fullmatch(name) or _TRACING.search(message):
        library, what, remedy = "JAX", _short(message.partition("\n")[0]), _JAX_REMEDIES.get(kind, _STATIC)
        place = _place_in(case.run.stderr) or _traced(message)
    else:
        return None
    claim = f"{library} does not compile this: {what or kind}{f' ({place})' if place else ''}."
    evidence = (
        counted("exception", kind, "none"),
        *((counted("where", place, "code that compiles"),) if place else ()),
    )
    return case.finding(__name__, CAUSE, claim, evidence, remedy)


def _raised(case: Case) -> tuple[str, str] | None:
    """Name and message of the exception that ended the benchmark.

    The reason may be only what a library has added to the message, as JAX does. In a traceback the exception is the
    first line at the margin after the last heading: below it messages have lines of their own.
    """
    for text in (case.run.reason, case.run.stderr.rpartition("Traceback (most recent call last):")[2]):
        found = _RAISED.match(text) if text is case.run.reason else _RAISED.search(text)
        if found:
            return found.group(1), text[found.end(1) + 1 :].strip()
    return None


def _what_numba_says(message: str) -> str:
    """The construct: the call without an implementation, or else the first line that says more than that it failed."""
    called = re.search(r"^ *>>> (.+)$", message, re.M)
    if called:
        return f"no implementation of {_short(called.group(1))}"
    argument = re.search(r"^- (argument \d+: .+)$", message, re.M)
    if argument:
        return _short(argument.group(1))
    told = next((one.strip() for one in message.splitlines() if one.strip() and not one.startswith("Failed in ")), "")
    told = re.sub(r"\(<module '([\w.]+)' from [^>]*>\)", r" \1", told)
    return _short(re.sub(r", defined at .*$|\.+ Raised from None$", "", told))


def _numba_remedy(message: str) -> str:
    for pattern, remedy in _NUMBA_REMEDIES:
        found = re.search(pattern, message)
        if found:
            return remedy.format(*found.groups())
    return _OTHERWISE


def _place_in(text: str) -> str:
    """The last line of a user's own code that a message or a traceback names, with its source: "f.py:3, return ..."."""
    places = [
        (found.group(1), found.group(2), found.end())
        for found in re.finditer(r'^ *File "([^"\n]+)", line (\d+)', text, re.M)
        if "site-packages" not in found.group(1) and not found.group(1).startswith("<frozen")
    ]
    if not places:
        return ""
    file, line, end = places[-1]
    shown = f"{_file_name(file)}:{line}"
    source = _source(text[end:])
    return f"{shown}, `{_short(source)}`" if source else shown


def _source(following: str) -> str:
    """The line of code below a place: marked by ^ in Numba's messages and most tracebacks."""
    lines = following.splitlines()[1:12]
    for index, line in enumerate(lines):
        if index and re.fullmatch(r"\s*[~^]+\s*", line):
            return lines[index - 1].strip()
    return lines[0].strip() if lines and lines[0].startswith("    ") else ""


def _traced(message: str) -> str:
    found = re.search(r"tracing the function (\w+) at (\S+?):(\d+) for", message)
    return f"in {found.group(1)}, {_file_name(found.group(2))}:{found.group(3)}" if found else ""


def _file_name(path: str) -> str:
    return re.split(r"[/\\\\]", path)[-1]


def _short(text: str) -> str:
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= LENGTH else f"{text[: LENGTH - 1]}…"
