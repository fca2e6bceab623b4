"""Run one example in this process, and print what came of it: `python -m benchmarks._limits numba-prod-axis`.

The last line of standard output is JSON: `value`, a number of the example's series, and `said`, the error or warning
in one line. An example that kills its process prints nothing; that is for the one who started it to see.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from . import EXAMPLES
from .declare import Example, Outcome


def look(example: Example) -> tuple[int, str]:
    """What comes of it, as a value of its series, and what is said about it."""
    count = _compiles(example.library)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            with _logged_transfers(example.kind):
                result = example.run()
        except ImportError:
            raise  # it was not tried at all
        except Exception as error:
            if example.kind != "outcome":
                raise
            return Outcome.REFUSED, f"{type(error).__name__}: {_in_one_line(str(error))}"
    told = _in_one_line(str(warned[0].message)) if warned else ""
    if example.kind == "outcome":
        return _outcome(*result, told=told)
    return count[0], told


def _outcome(got: Any, right: Any, effect: Any = True, *, told: str) -> tuple[int, str]:
    import numpy as np

    if not np.array_equal(got, right):
        return Outcome.WRONG, f"got {got}, right is {right}"
    return (Outcome.WORKS, "") if effect else (Outcome.NO_EFFECT, told or "nothing says so")


def _compiles(library: str) -> list[int]:
    """A list of one number: how many compilations there have been since now; those within others do not count."""
    count = [0]
    if library == "numba":
        from numba.core import event

        class Listener(event.Listener):
            depth = 0

            def on_start(self, _: object) -> None:
                count[0] += self.depth == 0
                self.depth += 1

            def on_end(self, _: object) -> None:
                self.depth -= 1

        event.register("numba:compile", Listener())
    else:
        from jax import monitoring

        def heard(name: str, _: float, **more: object) -> None:
            count[0] += name == "/jax/core/compile/backend_compile_duration"

        monitoring.register_event_duration_secs_listener(heard)
    return count


def _logged_transfers(kind: str) -> AbstractContextManager:
    """Lets JAX write a line to standard error for every array that it moves to the device, asked to or not."""
    if kind != "transfers":
        return nullcontext()
    import jax

    return jax.transfer_guard_host_to_device("log_explicit")


def _in_one_line(text: str) -> str:
    """The first line that says something, with the next one where it only announces that; places left out."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    while len(lines) > 1 and lines[0].startswith("Failed in "):  # Numba's first lines name the steps that failed
        del lines[0]
    first = " ".join(lines[: 2 if lines and lines[0].endswith(":") else 1])
    return re.sub(r" at 0x[0-9a-f]+| from '[^']*'", "", first)[:300]


def main() -> None:
    value, said = look(EXAMPLES[sys.argv[1]])
    print(json.dumps({"value": int(value), "said": said}))


if __name__ == "__main__":
    main()
