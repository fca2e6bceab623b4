"""The loops as plain Python, whatever another test of the same process had compiled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stallhorn.changes import steps
from stallhorn.changes.loops import compiler


@pytest.fixture(scope="module")
def plain() -> Iterator[None]:
    """Compiled functions are not all callable from Python, and take seconds to make."""
    with pytest.MonkeyPatch.context() as patch:
        for module in compiler.MODULES:
            for name, function in list(vars(module).items()):
                if hasattr(function, "py_func"):
                    patch.setattr(module, name, function.py_func)
        patch.setattr(compiler, "_done", False)
        patch.setattr(steps, "_compile_if_worth", lambda points: None)
        yield
