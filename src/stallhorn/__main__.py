"""Parse the command line, dispatch, print one error, return the exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from stallhorn import __version__, commands
from stallhorn.console import safe_lines, write
from stallhorn.discovery import modules
from stallhorn.errors import ExitCode, StallhornError


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stallhorn",
        description="Measure array code across commits, find what became slower, and say why.",
    )
    parser.add_argument("--version", action="version", version=f"stallhorn {__version__}")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="the asv.conf.json to use (default: the one in this folder)"
    )
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in modules(commands).items():
        text = (module.__doc__ or "").strip()
        sub = subparsers.add_parser(
            name.replace("_", "-"),
            help=text.split("\n", 1)[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (see `ExitCode`)."""
    if sys.platform == "win32":
        print("stallhorn does not run on Windows: use Linux, macOS, or WSL 2.", file=sys.stderr)
        return ExitCode.USAGE
    args = build_parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except StallhornError as error:
        write(safe_lines(f"stallhorn: {error}"), sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("\nstallhorn: interrupted; what was measured is saved.", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # the reader (head, less) went away: not an error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FINE
    except OSError as error:
        write(safe_lines(f"stallhorn: {_explain(error)}"), sys.stderr)
        return ExitCode.USAGE
    except Exception:
        _report_bug()
        return ExitCode.BUG


def _explain(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    remedy = "Check that the disk has room and that the folder can be written, then run it again."
    return f"{place}{error.strerror or error}\n  {remedy}"


def _report_bug() -> None:
    import traceback

    traceback.print_exc()
    print("stallhorn: this is a bug in stallhorn; please report the text above.", file=sys.stderr)


def process() -> NoReturn:
    """Run the command line as this process, and end it at once.

    A large history would otherwise be given back to the system object by object, which takes most of a second.
    """
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # the reader went away
        pass
    except OSError as error:  # a full disk behind `>`
        code = code or ExitCode.USAGE
        os.write(2, f"stallhorn: what was printed could not be written: {error.strerror}\n".encode())
    os._exit(code)


if __name__ == "__main__":
    process()
