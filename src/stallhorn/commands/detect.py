"""Find the changes in any series of numbers: JSON on stdin, JSON on stdout.

The input is {"series": [...]}, each series an object:
  values    numbers, oldest first; null (or NaN, Infinity) where nothing was measured
  weights   how sure each value is, such as 1 / its spread: one for each value, or null
  group     a name or null: the benchmark whose parameters the series are
  project   a name or null: series of one project have the same commits, and are judged together
Only values must be there; other keys are ignored.

The output is {"changes": [[index, ...], ...]}: for each series, in the same order, where its new levels begin. An index
is the position of the first value of a level, counted from 0.

Example:
  $ echo '{"series": [{"values": [10, 11, 10, 9, 10, 11, 10, 10, 9, 20, 21, 20, 19, 20, 20, 21, 20, 19]}]}' |
      stallhorn detect
  {"changes": [[9]]}

Exit codes: 0; 2 the input is not as described.
"""

from __future__ import annotations

import argparse

from stallhorn.errors import ExitCode, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Everything comes from stdin."""


def run(args: argparse.Namespace) -> ExitCode:
    import json

    from stallhorn.changes import detect
    from stallhorn.commands._series import checked, decoded, parsed
    from stallhorn.console import write

    # Nested, so that the bytes are gone when the text is parsed, and the text when the changes are looked for.
    series = checked(parsed(decoded(_stdin())))
    write(json.dumps({"changes": detect(series)}))
    return ExitCode.FINE


def _stdin() -> bytes:
    import sys

    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(
            "`stallhorn detect` reads series from stdin, and stdin is a terminal or closed.",
            "Give it a file or a pipe: `stallhorn detect < series.json`. `stallhorn detect --help` shows an example.",
        )
    try:
        return sys.stdin.buffer.read()
    except OSError as error:
        raise UsageError(
            f"stdin cannot be read: {error.strerror or error}.", "Give it a file: `stallhorn detect < series.json`."
        ) from error
