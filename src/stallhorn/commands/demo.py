"""Show on a made-up project what stallhorn finds: a history with planted pitfalls, measured and published.

Makes a small package with ten commits in FOLDER (default: stallhorn-demo): a healthy start, six pitfalls and their
repairs, and a slow-down without a pitfall. Measures all of them, the newest in a second environment with a newer
NumPy, publishes the site, and says what became slower at each commit, and why. Takes 3 to 6 minutes on two cores, and
1.7 GB on disk; pip needs a package index.

Nothing outside FOLDER is touched, and no folder that is not a demo. What was measured is kept: --keep-going goes on
with a demo that was interrupted, and measures once more where something is not told and other programs were busy.

Exit codes: 0 every planted cause is named, and no other; 5 something is missing (it is listed: mostly the machine was
too busy to say); 2 the folder is in use or no environment can be made; 4 a benchmark or a build failed.
"""

from __future__ import annotations

import argparse
import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from stallhorn.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from stallhorn.campaign import Tally
    from stallhorn.commands.publish import Published
    from stallhorn.demo.verdict import Verdict
    from stallhorn.progress import Progress

FOLDER = Path("stallhorn-demo")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER", help="default: %(default)s")
    parser.add_argument("--keep-going", action="store_true", help="go on with the demo that is in FOLDER")


def run(args: argparse.Namespace) -> ExitCode:
    from stallhorn.commands._preparing import summarize
    from stallhorn.commands.publish import announce
    from stallhorn.demo import history, verdict
    from stallhorn.progress import Progress

    folder: Path = args.folder
    commits = _prepare(folder, args.keep_going)
    progress = Progress()
    with contextlib.chdir(folder):
        if args.keep_going:
            _forget_disturbed(commits, progress)
        tally = _measure(len(commits), progress)
        summarize(tally, progress)
        progress.working("publishing")
        published = _publish()
    found = verdict.judge(published.report, commits, history.STEPS)
    announce(published)
    _tell(found, verdict.environments_differ(published.report, commits[-1]))
    if not found.complete and verdict.disturbed_commits(published.report):
        print(f"\nOther programs were busy meanwhile. On a quiet machine: stallhorn demo {folder} --keep-going")
    return ExitCode.worst((tally.exit_code, ExitCode.FINE if found.complete else ExitCode.INCONCLUSIVE))


def _prepare(folder: Path, keep_going: bool) -> tuple[str, ...]:
    """The commits of the demo in this folder, oldest first, which is made unless it is there."""
    from stallhorn.demo import history

    if (folder / history.MARK).is_file():
        if not keep_going:
            raise UsageError(
                f"There is a demo in {folder} already.",
                "Go on with it: --keep-going. Or name another folder, or delete this one.",
            )
        return history.commits(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there and is not a demo.", "Name a folder that does not exist, or is empty.")
    return history.write(folder, _probe())


def _probe() -> Path:
    """The sources of the probe, which goes into the demo's environments."""
    probe = Path(__file__).resolve().parents[2] / "probe"
    if not (probe / "pyproject.toml").is_file():
        raise UsageError(
            "The demo needs the sources of stallhorn's probe, and they are not beside this installation.",
            "Install stallhorn from a checkout of its repository: pip install -e /path/to/stallhorn",
        )
    return probe


def _measure(count: int, progress: Progress) -> Tally:
    """Measure all commits; where Numba or JAX cannot be installed, without it."""
    from stallhorn.asv.environments import CreationFailed
    from stallhorn.commands._preparing import Request
    from stallhorn.commands.run import measure
    from stallhorn.demo import history

    without: frozenset[str] = frozenset()
    while True:
        try:
            return measure(Path("asv.conf.json").absolute(), Request(newest=count), progress)
        except CreationFailed as error:
            library = _not_installable(error.what + error.log)
            if library is None or library in without:
                raise UsageError(
                    f"The demo's environments cannot be made. {error.what}",
                    "pip needs a package index, from which it takes NumPy, Numba, JAX and asv_runner: check the "
                    "network, or pip's settings for a mirror. Then go on: --keep-going.",
                ) from error
            without |= {library}
            progress.say(f"{library} cannot be installed here: the commits that need it are left out")
            history.configure(Path(), _probe(), without)


def _not_installable(log: str) -> str | None:
    """The library that pip could not install although there is an index: NumPy had come from it before."""
    from stallhorn.demo import history

    failed = re.search(r"pip install (?:-\S+ )*([A-Za-z0-9_]+)", log)
    return failed.group(1) if failed and failed.group(1) in history.LIBRARIES else None


def _publish() -> Published:
    from stallhorn.asv.project import load_project
    from stallhorn.commands.publish import publish_site

    return publish_site(load_project(Path("asv.conf.json")))


def _forget_disturbed(commits: tuple[str, ...], progress: Progress) -> None:
    """Drop what was measured beside other programs, if something that was planted is not told for it."""
    from stallhorn import store
    from stallhorn.asv.project import load_project
    from stallhorn.demo import history, verdict
    from stallhorn.diagnose import diagnose

    project = load_project(Path("asv.conf.json"))
    report = diagnose(store.load(project))
    found = verdict.judge(report, commits, history.STEPS)
    loud = sorted(verdict.disturbed_commits(report))
    if found.complete or not loud:
        return
    progress.say(f"once more, other programs were busy meanwhile: {', '.join(commit[:8] for commit in loud)}")
    for commit in loud:
        for path in project.results.glob(f"*/{commit[:8]}-*"):
            path.unlink()


def _tell(found: Verdict, differences: str) -> None:
    """The table of commits, and what is missing."""
    from stallhorn.report.terminal import table

    rows = []
    for line in found.lines:
        first, *more = line.moved or ("",)
        rows.append((line.commit[:8], line.subject, first))
        rows += [("", "", text) for text in more]
    print()
    print("\n".join(table(rows)))
    print(f"\nThe newest commit with the newest NumPy: {differences}")
    for title, texts in (("Left out", found.left_out), ("Missing", found.missing), ("Wrong", found.wrong)):
        for text in texts:
            print(f"{title}: {text}")
