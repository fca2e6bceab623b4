"""The README's picture, from the site of the demo: `python -m figures.picture [--demo FOLDER] [FILE]`.

It shows the first page in light mode: the verdict, the changes with their causes, and the first rows of the table.
Without --demo it runs the demo first, which takes some minutes and wants a quiet machine. Needs Chromium, and Pillow
besides what the tests need, which brings the file down to a third: `pip install pillow`.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDTH, HEIGHT = 1280, 1290
_COLOURS = 128


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m figures.picture", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "docs" / "dashboard.png")
    parser.add_argument("--demo", type=Path, metavar="FOLDER", help="a demo that was run and found everything")
    args = parser.parse_args()
    target: Path = args.file
    with contextlib.ExitStack() as stack:
        demo = args.demo or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stallhorn-picture-"))) / "demo"
        again = ["--keep-going"] if args.demo else []
        # What is measured is kept; this also publishes, so that the picture shows the pages of this checkout.
        done = subprocess.run([sys.executable, "-m", "stallhorn", "demo", str(demo), *again], check=False)
        if done.returncode:
            sys.exit("The demo did not name everything that was planted: no picture was made.")
        _photograph(demo / "html" / "index.html", target)
    print(f"{target}: {target.stat().st_size / 1024:.0f} KiB")


def _photograph(page: Path, target: Path) -> None:
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-lcd-text"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto(page.resolve().as_uri())
        picture = Image.open(BytesIO(tab.screenshot()))
        browser.close()
    picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    main()
