"""What a compiler refuses. The messages are Numba's (0.68) and JAX's (0.10), shortened."""

from __future__ import annotations

import pytest
from cases import case, run

from stallhorn.model import Finding, Status
from stallhorn.pitfalls import does_not_compile

PROD = """numba.core.errors.TypingError: Failed in nopython mode pipeline (step: nopython frontend)
No implementation of function Function(<function prod at 0x7fc897d24680>) found for signature:

 >>> prod(array(float64, 2d, C), axis=Literal[int](-1))

There are 2 candidate implementations:
 - Of which 2 did not match due to:
  Rejected as the implementation raised a specific error:
    TypingError: got an unexpected keyword argument 'axis'
  raised from /somewhere/site-packages/numba/core/typing/templates.py:791

During: resolving callee type: Function(<function prod at 0x7fc897d24680>)
During: typing of call at /home/ada/kernels.py (13)

File "kernels.py", line 13:
def volumes(x):
    return np.prod(x, axis=-1)
    ^

During: Pass nopython_type_inference"""


def numba(body: str) -> str:
    return f"numba.core.errors.TypingError: Failed in nopython mode pipeline (step: nopython frontend)\n{body}"


def traceback(ending: str, line: str = "    if x > 0:") -> str:
    return (
        'Traceback (most recent call last):\n  File "/home/ada/suite.py", line 5, in measure\n    step(1.0)\n'
        f'  File "/home/ada/kernels.py", line 57, in step\n{line}\n       ^^^^^\n{ending}\n'
    )


# JAX adds a note to its exceptions, and Python writes it last: that is all the reason says.
NOTE = "For simplicity, JAX has removed its internal frames from the traceback of the following exception."
TRACER_BOOL = (
    "jax.errors.TracerBoolConversionError: Attempted boolean conversion of traced array with shape bool[].\n"
    "The error occurred while tracing the function step at /home/ada/kernels.py:55 for jit. This concrete value was "
    f"not available in Python because it depends on the value of the argument x.\n--------------------\n{NOTE}"
)


def ask(reason: str, stderr: str = "", status: Status = Status.FAILED) -> Finding | None:
    return does_not_compile.detect(case(run(seconds=None, status=status, reason=reason, stderr=stderr)))


def test_an_error_of_pythons_own_name_that_speaks_of_a_traced_value_is_jaxs() -> None:
    message = "IndexError: Slice entries must be static integers. Got slice(None, JitTracer(~int64[]), None)."
    finding = does_not_compile.detect(case(run(status=Status.FAILED, seconds=None, reason=message, stderr=message)))
    assert finding is not None
    assert "static integers" in finding.claim
    plain = "IndexError: index 7 is out of bounds for axis 0 with size 3"
    assert does_not_compile.detect(case(run(status=Status.FAILED, seconds=None, reason=plain, stderr=plain))) is None


def test_numbas_missing_argument_is_named_with_its_line() -> None:
    found = ask(PROD)
    assert found is not None
    assert (found.pitfall, found.severity) == ("does-not-compile", "cause")
    assert "prod(array(float64, 2d, C), axis=Literal[int](-1))" in found.claim
    assert "kernels.py:13" in found.claim and "return np.prod(x, axis=-1)" in found.claim
    assert "write the loop" in found.remedy and "np.prod(x[i])" in found.remedy
    assert (found.evidence[0].value, found.evidence[0].kind) == ("TypingError", "counted")


def test_jaxs_message_is_found_where_the_reason_has_only_its_note() -> None:
    found = ask(NOTE, traceback(TRACER_BOOL))
    assert found is not None
    assert "JAX" in found.claim and "boolean conversion" in found.claim
    assert "kernels.py:57, `if x > 0:`" in found.claim
    assert "jnp.where" in found.remedy and "jax.lax.cond" in found.remedy


def test_without_a_traceback_jax_still_tells_the_function() -> None:
    found = ask(TRACER_BOOL)
    assert found is not None and "in step, kernels.py:55" in found.claim


@pytest.mark.parametrize(
    ("body", "what", "remedy"),
    [
        (
            "Unknown attribute 'vector_norm' of type Module(<module 'numpy.linalg' from '/x'>)",
            "vector_norm",
            "write it",
        ),
        (
            "Cannot unify Literal[str](a) and float64 for 'r.2', defined at /home/ada/k.py (27)",
            "Cannot unify",
            "one type",
        ),
        ("Untyped global name 'pyf': Cannot determine Numba type of <class 'function'>", "pyf", "Compile pyf"),
        (
            "non-precise type pyobject\n- argument 0: Cannot determine Numba type of <class 'A'>",
            "argument 0",
            "Python objects",
        ),
        ("NameError: name 'nothere' is not defined", "nothere", "define it"),
        ("Something that nobody has seen yet", "nobody has seen", "loop over numbers"),
    ],
)
def test_numbas_other_messages(body: str, what: str, remedy: str) -> None:
    found = ask(numba(body))
    assert found is not None
    assert what in found.claim and remedy in found.remedy
    assert "/home/ada" not in found.claim


def test_a_construct_that_numba_does_not_support() -> None:
    found = ask(
        "numba.core.errors.UnsupportedBytecodeError: The 'with (context manager) as (variable):' construct is not "
        "supported.. Raised from None"
    )
    assert found is not None
    assert "is not supported." in found.claim and "Raised" not in found.claim
    assert "Python" in found.remedy


@pytest.mark.parametrize(
    ("ending", "remedy"),
    [
        (
            "jax.errors.NonConcreteBooleanIndexError: Array boolean indices must be concrete; got bool[3]",
            "jnp.where(mask",
        ),
        (
            "jax.errors.TracerArrayConversionError: The numpy.ndarray conversion method __array__() was called",
            "jax.numpy",
        ),
        ("jax.errors.TracerIntegerConversionError: The __index__() method was called", "jnp.array(values)[i]"),
        ("jax.errors.ConcretizationTypeError: Abstract tracer value encountered", "static_argnames"),
        (
            "TypeError: Shapes must be 1D sequences of concrete values of integer type, got (JitTracer,)",
            "static_argnames",
        ),
    ],
)
def test_jaxs_other_messages(ending: str, remedy: str) -> None:
    found = ask(NOTE, traceback(ending))
    assert found is not None and remedy in found.remedy


@pytest.mark.parametrize(
    ("reason", "stderr"),
    [
        pytest.param("ValueError: operands could not be broadcast", PROD, id="quoted before another failure"),
        pytest.param("ValueError: got TypingError: in a text", "", id="the name in a message"),
        pytest.param("", traceback(TRACER_BOOL) + traceback("MemoryError"), id="caught; something else ended it"),
        pytest.param(
            "MemoryError",
            "NumbaWarning: \nCompilation is falling back to object mode because of: Failed in nopython mode pipeline",
            id="a warning",
        ),
        pytest.param("TypeError: unsupported operand type(s) for +", "", id="an ordinary TypeError"),
        pytest.param("RuntimeError: jax.errors changed", "", id="JAX in a text"),
        pytest.param("", "", id="nothing known"),
    ],
)
def test_other_failures_are_innocent(reason: str, stderr: str) -> None:
    assert ask(reason, stderr) is None


@pytest.mark.parametrize("status", [Status.OK, Status.SKIPPED, Status.ABORTED, Status.TIMEOUT])
def test_only_what_failed_is_asked(status: Status) -> None:
    assert ask(PROD, traceback(PROD), status) is None


def test_long_messages_are_cut() -> None:
    found = ask(numba("Cannot unify " + "x" * 5000))
    assert found is not None and len(found.claim) < 300
