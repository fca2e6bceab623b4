"""List a suite's benchmarks: `python -m asv_bench_stallhorn.listing SUITE FILE` writes them to FILE as JSON.

asv discovers a suite in an environment that it has built; this does it in any interpreter that has the suite's imports.
A module of the suite that cannot be imported is left out, and what it said is told.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any, Dict, List


def main(suite: str, target: str) -> int:
    from asv_runner._aux import update_sys_path
    from asv_runner.discovery import disc_benchmarks

    update_sys_path(suite)
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        found: List[Dict[str, Any]] = [_described(one) for one in disc_benchmarks(suite, ignore_import_errors=True)]
    with open(target, "w", encoding="utf-8") as file:
        json.dump({"benchmarks": found, "said": said.getvalue()[-20_000:]}, file, skipkeys=True, default=str)
    return 0


def _described(benchmark: Any) -> Dict[str, Any]:
    return {
        name: value
        for name, value in vars(benchmark).items()
        if isinstance(value, (str, int, float, list, dict, bool)) and not name.startswith("_")
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
