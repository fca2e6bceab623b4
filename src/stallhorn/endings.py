"""How a process ended, in words. Pure."""

from __future__ import annotations

import signal


def died(code: int) -> str:
    """What a return code of a child process says about one that did not finish its work."""
    if code >= 0:
        return f"the process ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (the kernel's out-of-memory killer sends it)" if name == "SIGKILL" else ""
    return f"the process was killed by {name}{hint}"
