"""Markdown to HTML: raw HTML stays text, and links lead to the site's pages or to the web."""

from __future__ import annotations

import pytest

from stallhorn.report.html.prose import prose
from stallhorn.report.html.words import severity, ticked


def test_headings_code_tables_and_lists_are_rendered() -> None:
    html = prose("## The trap\nUse `a < b`.\n\n```python\nx = a < b\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert "<h2>The trap</h2>" in html
    assert "<code>a &lt; b</code>" in html
    assert '<pre class="code" tabindex="0"><code>x = a &lt; b\n</code></pre>' in html
    assert "<td>2</td>" in html


@pytest.mark.parametrize(
    "text", ["<script>1</script>", "<img src=x onerror=1>", "![x](https://example.org/x.png)", "a\n\n<div>b</div>"]
)
def test_raw_html_and_images_stay_text(text: str) -> None:
    html = prose(text)
    assert not any(tag in html for tag in ("<script", "<img", "<div"))


def test_a_link_to_another_page_leads_to_its_html() -> None:
    assert '<a href="race.html"' in prose("see [race](race.md)", {"race"})
    assert '<a href="race.html"' in prose("see [race](race.md#remedy)", {"race"})


@pytest.mark.parametrize("target", ["../evidence.md", "other.md", "javascript:alert(1)", "/etc/passwd", "#here"])
def test_a_link_that_leads_nowhere_is_text(target: str) -> None:
    html = prose(f"see [the words]({target})", {"race"})
    assert "<a" not in html
    assert "the words" in html


def test_a_link_to_the_web_stays() -> None:
    assert '<a href="https://numba.pydata.org/" rel="noreferrer">x</a>' in prose("[x](https://numba.pydata.org/)")
    assert prose("<https://numba.pydata.org/>").count("</a>") == 1


def test_a_link_that_is_left_out_does_not_close_another() -> None:
    html = prose("[a](other.md) and [b](race.md)", {"race"})
    assert html.count("<a ") == html.count("</a>") == 1
    assert ">b</a>" in html


def test_words_in_backticks_are_code_and_everything_else_is_escaped() -> None:
    assert ticked("set `OMP_NUM_THREADS=<n>` & go") == "set <code>OMP_NUM_THREADS=&lt;n&gt;</code> &amp; go"
    assert ticked("one ` alone, <b>") == "one ` alone, &lt;b&gt;"


def test_a_severity_has_a_sign_and_words_and_an_unknown_one_its_name() -> None:
    assert severity("blocking") == ("✕", "the timing is wrong")
    assert severity("odd") == ("?", "odd")
