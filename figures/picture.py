"""The README's picture, from a made-up history of this repository's kernels: `python -m figures.picture [FILE]`.

It shows the first page in light mode: the verdict, the changes and the first rows of the table. Names and
numbers are those of the tests' demo, not measured, so that the picture is the same wherever it is made. Needs Pillow
besides what the tests need, which brings the file down to a third: `pip install pillow`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "unit" / "report_html"))

from report_builder import NOW, demo  # noqa: E402

from stallhorn.model import Report  # noqa: E402
from stallhorn.report.html import publish  # noqa: E402

WIDTH, HEIGHT = 1200, 1290
_FROM = 8  # the position of the first commit that is shown: later than the demo's older changes
_CHANGES = 2
_COLOURS = 128


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m figures.picture", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "docs" / "dashboard.png")
    target: Path = parser.parse_args().file
    with tempfile.TemporaryDirectory(prefix="stallhorn-picture-") as folder:
        _photograph(publish(recent(demo()), Path(folder) / "html", generated=NOW), target)
    print(f"{target}: {target.stat().st_size / 1024:.0f} KiB")


def recent(report: Report) -> Report:
    """The newest commits of the demo, with the changes that lie in them, and without what went wrong before."""
    shown = tuple(revision for revision in report.history.revisions if revision.position >= _FROM)
    commits = {revision.commit for revision in shown}
    series = tuple(
        replace(each, points=tuple(point for point in each.points if point.commit in commits))
        for each in report.history.series
    )
    history = replace(report.history, revisions=shown, series=series, build_failures=(), problems=())
    return replace(report, history=history, changes=report.changes[:_CHANGES])


def _photograph(page: Path, target: Path) -> None:
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-lcd-text"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto(page.as_uri())
        picture = Image.open(BytesIO(tab.screenshot()))
        browser.close()
    picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    main()
