"""The pages about the pitfalls: one for each detector, found in a checkout and put beside the code when installed."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from stallhorn.pitfalls.base import detectors
from stallhorn.report.handbook import chapters

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs/pitfalls"
SECTIONS = ["The trap", "Sick", "Healthy", "How it is found", "When it cannot be", "Remedy", "Source"]


def test_every_detector_has_a_page_and_every_page_a_detector() -> None:
    assert list(chapters()) == list(detectors())


@pytest.mark.parametrize("pitfall", chapters())
def test_a_page_has_the_sections_and_the_title_of_its_detector(pitfall: str) -> None:
    chapter = chapters()[pitfall]
    heads = [line[3:] for line in chapter.text.splitlines() if line.startswith("## ")]
    assert heads == SECTIONS
    assert chapter.title.lower() == detectors()[pitfall].TITLE.lower()


def test_the_index_names_every_page_once_with_its_title() -> None:
    lines = (PAGES / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if line.startswith("| [")]
    assert [(row[1], row[2]) for row in rows] == [
        (f"[{name}]({name}.md)", chapter.title) for name, chapter in chapters().items()
    ]


def test_building_puts_the_pages_beside_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setuptools = pytest.importorskip("setuptools")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(setuptools, "setup", lambda **_: None)
    build = runpy.run_path("setup.py")["WithHandbook"](setuptools.Distribution({"packages": []}))
    build.build_lib = str(tmp_path)
    build.ensure_finalized()
    build.run()
    built = sorted(path.stem for path in (tmp_path / "stallhorn/handbook").glob("*.md"))
    assert built == list(chapters())
    assert all(Path(path).is_file() for path in build.get_outputs(include_bytecode=False))
