"""Why JAX compiled something: its own explanations of cache misses, matched with what was compiled."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, NamedTuple, Set

from .jax_computations import plain_name

LISTED = 10
NEW_FUNCTION, NEW_SIGNATURE = "new function", "new signature"

_OPENING = "TRACING CACHE MISS"
_DETAIL_LENGTH = 200


class Miss(NamedTuple):
    """A function that JAX had to trace, and why."""

    name: str
    reason: str
    detail: str


def understand(message: str) -> Miss:
    """Read one explanation. It names the function, then says that it is new or how the nearest known case differs."""
    lines = [line.strip(" *") for line in message.splitlines()]
    unseen = [at for at, line in enumerate(lines) if line.startswith("never seen function")]
    if unseen:
        named = lines[unseen[0] + 1] if len(lines) > unseen[0] + 1 else ""
        name, _, place = re.sub(r" id=\d+", "", named).partition(" defined at ")
        detail = "defined at " + place if place else ""
        if any("another function defined on the same line" in line for line in lines):
            detail += ", as was another function before it"
        return Miss(name, NEW_FUNCTION, _presentable(detail))
    named = next((line[len("for ") :] for line in lines if line.startswith("for ")), "")
    return Miss(named.partition(" defined at ")[0], NEW_SIGNATURE, _presentable("; ".join(_difference(lines))))


def _difference(lines: List[str]) -> List[str]:
    """The lines about the nearest known case; older versions of JAX list several that are equally near."""
    start = next((at for at, line in enumerate(lines) if line.startswith("all previously seen")), 1) + 1
    told: List[str] = []
    for line in lines[start:]:
        if line.startswith("key with ") and told:
            break
        if line.startswith("where weak_type"):
            break  # what follows teaches
        if line and not line.startswith("types now"):
            told.append(line[len("key with ") :] if line.startswith("key with ") else line)
    return [": ".join([told[0].rstrip(":"), told[1]]), *told[2:]] if len(told) > 1 else told


def _presentable(text: str) -> str:
    """Without addresses in memory and folders: they differ from run to run and from machine to machine."""
    text = re.sub(r"\s*(?:at )?0x[0-9a-fA-F]+", "", text)
    text = re.sub(r"[^\s'\"(]*[/\\][^\s:'\")]+", lambda path: os.path.basename(path.group()), text)
    return text if len(text) <= _DETAIL_LENGTH else text[: _DETAIL_LENGTH - 3] + "..."


class Explained:
    """Stands in for a logger of JAX: keeps explanations, and passes everything else on."""

    def __init__(self, logger: Any, misses: List[Miss]) -> None:
        self._logger = logger
        self._misses = misses

    def __getattr__(self, name: str) -> Any:
        return getattr(self._logger, name)

    def log(self, level: int, message: Any, *arguments: Any, **options: Any) -> None:
        if isinstance(message, str) and message.startswith(_OPENING):
            self._misses.append(understand(message))
        else:
            self._logger.log(level, message, *arguments, **options)


class Reasons:
    """Names every compilation with its reason, as they come.

    JAX explains the functions of its users, not its own (`jnp.where`, the operations outside jit). For those, and for
    a function that is compiled again without being traced again, the name decides: compiled before or not.
    """

    def __init__(self) -> None:
        self._known: Set[str] = set()
        self.misses: List[Miss] = []
        self.compiled: List[Dict[str, str]] = []

    def forget(self) -> None:
        """Start a new list; what has been compiled before stays known."""
        self.misses, self.compiled = [], []

    def note(self, computation: str) -> None:
        name = plain_name(computation)
        at = next((at for at, miss in enumerate(self.misses) if miss.name == name), None)
        if at is not None:
            miss = self.misses[at]
            del self.misses[at:]  # what was traced since then is inside it, perhaps under the same name: `<lambda>`
        else:
            miss = Miss(name, NEW_SIGNATURE if name in self._known else NEW_FUNCTION, "")
        self._known.add(name)
        if len(self.compiled) < LISTED:
            self.compiled.append(miss._asdict())
