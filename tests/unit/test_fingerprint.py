"""What differs between the code of two runs, in a line."""

from __future__ import annotations

from typing import Any

import pytest
from records import tree

from stallhorn.fingerprint import difference, installed
from stallhorn.pitfalls.base import Facts

LIBRARIES = {"numpy": "2.4.6 aaa", "numba": "0.68.1 bbb"}


def function(name: str = "_sum", llvm: str | None = "1", **changes: Any) -> dict[str, Any]:
    return {"name": name, "llvm": llvm, "packed_by": {"fmul": 16, "fadd": 16}, "signatures": ["(f8)"]} | changes


def code(**changes: Any) -> Facts:
    given = {"python": "p", "libraries": LIBRARIES, "dispatchers": [function()], "computations": None} | changes
    return Facts(tree({"code": given, "versions.python": "3.11.7"}))


def test_the_same_code_and_libraries_differ_in_nothing():
    assert difference(code(), code()) == ""


def test_lost_vector_operations_are_counted_by_kind():
    now = function(llvm="2", packed_by={"fmul": 4, "fadd": 15})
    assert difference(code(), code(dispatchers=[now])) == "`_sum` lost 12 packed multiplications and 1 packed addition"


def test_what_is_lost_and_gained_is_both_told():
    now = function(llvm="2", packed_by={"fma": 16})
    lost = "16 packed multiplications and 16 packed additions"
    told = f"`_sum` lost {lost} and gained 16 packed fused multiply-adds"
    assert difference(code(), code(dispatchers=[now])) == told


def test_a_second_signature_doubles_the_code_and_gains_nothing():
    twice = function(llvm="2", packed_by={"fmul": 32, "fadd": 32}, signatures=["(f8)", "(f4)"])
    assert difference(code(), code(dispatchers=[twice])) == "`_sum` was compiled to other code"


def test_functions_come_and_go():
    assert difference(code(), code(dispatchers=[function("_new")])) == "`_new` is new; `_sum` is not reached any more"


def test_many_functions_are_counted():
    before = code(dispatchers=[function(f"f{index}") for index in range(9)])
    after = code(dispatchers=[function(f"f{index}", "2") for index in range(9)])
    assert (difference(before, after) or "").endswith("; and 6 more Numba functions")


def test_a_captured_value_is_code_that_changed():
    before, after = (code(dispatchers=[function(captured={"N": value})]) for value in ("x", "y"))
    assert difference(before, after) == "`_sum` captured another value of N"


def test_libraries_have_versions_and_builds():
    newer = {"numpy": "2.4.7 ccc", "numba": "0.68.1 ddd"}
    assert difference(code(), code(libraries=newer)) == "another build of numba 0.68.1; numpy 2.4.6 -> 2.4.7"


def test_python_code_is_told_where_nothing_compiled_differs():
    assert difference(code(), code(python="q")) == "its Python code changed"
    assert difference(code(), code(python="q", dispatchers=[function("_sum", "2")])) == (
        "`_sum` was compiled to other code"
    )


def test_another_python_writes_all_bytecode_anew():
    after = Facts({**code(python="q").values, "versions": {"python": "3.12.1"}})
    assert difference(code(), after) == "Python 3.11.7 -> 3.12.1"


def test_jax_computations_are_known_by_their_hlo():
    def jax(*pairs: tuple[str, str]) -> Facts:
        return code(computations=[{"name": name, "hlo": hlo} for name, hlo in pairs])

    assert difference(jax(("jit_f", "1")), jax(("jit_f", "1"))) == ""
    assert difference(jax(("jit_f", "1")), jax(("jit_f", "2"))) == "the JAX computation `jit_f` became another one"
    assert difference(jax(("jit_f", "1")), jax(("jit_g", "1"))) == (
        "the JAX computation `jit_g` is new; the JAX computation `jit_f` is gone"
    )
    assert difference(jax(("jit_f", "")), jax(("jit_f", "2"))) == ""  # not known on one side


@pytest.mark.parametrize("missing", ["python", "libraries", "dispatchers"])
def test_without_a_whole_fingerprint_nothing_is_said(missing: str):
    assert difference(code(**{missing: None}), code()) is None
    assert difference(code(), code(**{missing: None})) is None
    assert difference(Facts(), code()) is None


def test_code_that_is_not_kept_is_not_called_different():
    assert difference(code(dispatchers=[function(llvm=None)]), code()) == ""


# --- what is installed


def test_other_versions_of_what_both_loaded_are_told() -> None:
    old = Facts({"versions": {"python": "3.11.1", "numpy": "2.0", "numba": "0.61", "jax": None, "scipy": "1.15"}})
    new = Facts({"versions": {"python": "3.11.2", "numpy": "2.1", "numba": "0.61", "jax": "0.6"}})
    assert installed(old, new) == "other versions are installed: numpy 2.0 -> 2.1, Python 3.11.1 -> 3.11.2"
    assert installed(old, old) == installed(old, Facts({})) == ""
