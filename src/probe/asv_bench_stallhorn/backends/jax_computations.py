"""What a compiled JAX computation is: its optimised code as a hash, its size, the memory that XLA planned for it."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Dict, List, Optional

LISTED = 50  # computations that are described; reading the code of one takes milliseconds

# Data that is passed on, and calls whose bodies are counted themselves.
_NO_WORK = frozenset({"parameter", "constant", "tuple", "get-tuple-element", "bitcast", "fusion", "call"})
_METADATA = re.compile(r', metadata=\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
_FINGERPRINT = re.compile(r'fingerprint_before_lhs="[^"]*"')
_ARGUMENT_NAME = re.compile(r"[\w.\-]+: ")
_NAME = re.compile(r"%[\w.\-]+")
_OPERATION = re.compile(r"^\s+(?:ROOT )?%\S+ = .*?(?<=\s)([a-z][\w\-]*)\(")
_TYPE = re.compile(r"\b(pred|bf16|[fsuc]\d+(?:e\d+m\d+\w*)?)\[")
_KINDS = {"f": "float", "s": "int", "u": "uint", "c": "complex"}


def describe(executable: Any, name: str, runs: int) -> Dict[str, Any]:
    """One entry of `computations`; what this JAX does not tell is None.

    `operations` counts the instructions of the optimised code, those inside fusions and loops once each; parameters,
    constants, tuples and the calls of fusions themselves are not work and do not count.
    """
    text = _text(executable)
    memory = memory_plan(executable)
    return {
        "name": plain_name(name),
        "hlo": None if text is None else digest(text),
        "temporary_bytes": memory.get("temp"),
        "argument_bytes": memory.get("argument"),
        "output_bytes": memory.get("output"),
        "operations": None if text is None else operations(text),
        "dtypes": None if text is None else dtypes(text),
        "runs": runs,
    }


def plain_name(name: str) -> str:
    """`f` of "jit(f)" and "jit_f": how JAX calls the computation that it compiled of `f`."""
    wrapped = re.match(r"^(?:jit|pmap|pjit)(?:\((.*)\)|_(.*))$", name)
    return (wrapped.group(1) or wrapped.group(2) or name) if wrapped else name


def memory_plan(executable: Any) -> Dict[str, int]:
    """Bytes by kind ("temp", "argument", "output"); empty where this back end does not tell."""
    try:
        plan = executable.get_compiled_memory_stats()
        return {kind: int(getattr(plan, kind + "_size_in_bytes")) for kind in ("temp", "argument", "output")}
    except Exception:  # XLA's own error where a back end lacks it
        return {}


def _text(executable: Any) -> Optional[str]:
    try:
        return normal("\n".join(module.to_string() for module in executable.hlo_modules()))
    except Exception:  # a back end without HLO
        return None


def normal(text: str) -> str:
    """The code without what says where it came from: names, numbers of instructions, source lines.

    Names become their order of first appearance, so which instruction uses which remains. Large constants are not
    in the text in the first place: their values are data.
    """
    order: Dict[str, str] = {}
    lines = []
    inside = False  # of a computation; between the header and the first one stand tables of source lines
    for line in text.splitlines():
        if line.startswith("HloModule"):
            lines.append(re.sub(r"^HloModule [^,\s]*", "HloModule", _FINGERPRINT.sub("", line)))
        elif line.startswith(("%", "ENTRY")):
            inside = True
            line = _ARGUMENT_NAME.sub("", line)
        if inside:
            line = _METADATA.sub("", line)
            lines.append(_NAME.sub(lambda name: order.setdefault(name.group(), "%%%d" % len(order)), line))
        if line == "}":
            inside = False
    return "\n".join(lines)


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def operations(text: str) -> int:
    found = (_OPERATION.match(line) for line in text.splitlines())
    return sum(1 for operation in found if operation and operation.group(1) not in _NO_WORK)


def dtypes(text: str) -> List[str]:
    """Names as NumPy has them, of everything that the code computes or holds."""
    return sorted({_numpy_name(found) for found in _TYPE.findall(text)})


def _numpy_name(name: str) -> str:
    if name == "pred":
        return "bool"
    if name == "bf16":
        return "bfloat16"
    number = re.sub(r"^(\d+)e", r"\1_e", name[1:])  # float8_e4m3fn
    return _KINDS[name[0]] + number
