"""The page about the quality of the measurements."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_builder import NOW, demo, one_series, report
from test_html_site import hostile_report

from stallhorn.model import Report
from stallhorn.report.html import publish
from stallhorn.report.html.words import share


def page(made: Report, folder: Path) -> str:
    return (publish(made, folder / "html", generated=NOW).parent / "health.html").read_text(encoding="utf-8")


def test_without_results_it_says_what_to_do(tmp_path: Path):
    shown = page(report(), tmp_path)
    assert "Nothing is measured yet" in shown
    assert "stallhorn run" in shown
    assert "<table" not in shown


def test_one_night_makes_no_noise_estimate_and_says_so(tmp_path: Path):
    revisions, series = one_series([1e-3])
    shown = page(report([series], revisions=revisions), tmp_path)
    assert "1 series have too few measurements" in shown
    assert "unknown" in shown


def test_noise_nights_and_failures_are_listed(tmp_path: Path):
    shown = page(demo(tmp_path), tmp_path)
    for heading in ("The smallest change that can be seen", "Nights", "What fails", "What is known beside the times"):
        assert heading in shown
    assert "rbf.<wbr>Rbf" in shown


def test_hostile_names_and_reasons_are_text(tmp_path: Path):
    shown = page(hostile_report(), tmp_path)
    assert "<script>alert" not in shown
    assert "onerror=" not in shown.replace("&lt;img src=x onerror=", "")


@pytest.mark.parametrize(
    ("value", "text"), [(None, "unknown"), (0.0, "0 %"), (0.034, "3.4 %"), (0.18, "18 %"), (1.5, "150 %")]
)
def test_shares_are_percent(value: float | None, text: str):
    assert share(value).replace("\N{NO-BREAK SPACE}", " ") == text
