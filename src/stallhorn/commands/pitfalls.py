"""List the known pitfalls, or explain one of them.

Without an ID: each pitfall with its title and the gravest that it can be: "blocking" (the timing itself is wrong),
"cause" (the code or a setting should be changed) or "context" (true, but harmless). With one: the trap, a sick and a
healthy example, how it is found, when it cannot be, the remedy and the source.
"""

from __future__ import annotations

import argparse
from types import ModuleType
from typing import Any

from stallhorn.errors import ExitCode, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pitfall", nargs="?", metavar="ID", help="the pitfall to explain, such as nested-parallel")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> ExitCode:
    import json

    from stallhorn.console import write
    from stallhorn.pitfalls.base import detectors

    known = detectors()
    if args.pitfall is None:
        every = [_about(name, detector) for name, detector in known.items()]
        write(json.dumps(every, indent=1) if args.json else _listed(every))
        return ExitCode.FINE
    name = _named(args.pitfall, list(known))
    write(json.dumps(_explained(name, known[name]), indent=1) if args.json else _text(name, known[name]).rstrip())
    return ExitCode.FINE


def _named(given: str, known: list[str]) -> str:
    """The id that was meant; capitals, spaces and underscores are no mistake."""
    from difflib import get_close_matches

    name = "-".join(given.lower().replace("_", " ").split())
    if name in known:
        return name
    inside = [each for each in known if name and name in each]
    close = list(dict.fromkeys([*get_close_matches(name, known, 3, 0.5), *inside]))[:4]
    meant = f"Did you mean {' or '.join(close)}? " if close else ""
    raise UsageError(f'no pitfall is called "{given}"', f"{meant}`stallhorn pitfalls` lists all {len(known)}.")


def _about(name: str, detector: ModuleType) -> dict[str, str]:
    title = str(detector.TITLE)
    return {"id": name, "title": title[0].upper() + title[1:], "severity": _gravest(detector)}


def _gravest(detector: ModuleType) -> str:
    """The gravest severity that it can find: those that its module takes from `base` to use them."""
    return next((str(getattr(detector, word)) for word in ("BLOCKING", "CAUSE") if hasattr(detector, word)), "context")


def _explained(name: str, detector: ModuleType) -> dict[str, Any]:
    return {**_about(name, detector), "text": _text(name, detector)}


def _text(name: str, detector: ModuleType) -> str:
    """Its page as it stands; of a detector that has none, what its file says."""
    from stallhorn.report.handbook import chapters

    if name in chapters():
        return chapters()[name].text
    return f"# {name}: {detector.TITLE}\n\n{(detector.__doc__ or '').strip()}\n"


def _listed(every: list[dict[str, str]]) -> str:
    wide = max(len(each["id"]) for each in every)
    lines = [f"{each['id']:<{wide}}  {each['severity']:<8}  {each['title']}" for each in every]
    return "\n".join([*lines, "", "`stallhorn pitfalls ID` explains one."])
