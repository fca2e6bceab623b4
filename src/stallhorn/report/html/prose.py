"""Markdown of our own documents to HTML. Raw HTML in it stays text, images are left out, scripts are no links. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from stallhorn.report.html import words


def prose(text: str, siblings: Collection[str] = ()) -> Markup:
    """HTML of a page. A link to `name.md` leads to `name.html` if that is among `siblings`; others within are none."""
    parser = _parser()
    tokens = parser.parse(words.clean(text))
    for token in tokens:
        if token.children:
            token.children = _linked(token.children, siblings)
    return Markup(parser.renderer.render(tokens, parser.options, {}))


def _linked(tokens: Sequence[Token], siblings: Collection[str]) -> list[Token]:
    """The tokens of a paragraph, without links that lead nowhere on the site."""
    kept, dropped = [], 0
    for token in tokens:
        if token.type == "link_open":
            target = _target(str(token.attrGet("href")), siblings)
            if not target:
                dropped += 1
                continue
            token.attrSet("href", target)
            token.attrSet("rel", "noreferrer")
        elif token.type == "link_close" and dropped:
            dropped -= 1
            continue
        kept.append(token)
    return kept


def _target(address: str, siblings: Collection[str]) -> str:
    if address.startswith(("https://", "http://")):
        return address
    name = address.partition("#")[0]
    if name.removesuffix(".md") in siblings and name.endswith(".md"):
        return name.removesuffix(".md") + ".html"
    return ""


@cache
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    made.add_render_rule("fence", _fence)
    made.add_render_rule("code_block", _fence)
    made.add_render_rule("table_open", _table_open)
    made.add_render_rule("table_close", _table_close)
    return made


def _fence(_renderer: object, tokens: Sequence[Token], place: int, *_: object) -> str:
    """A block of code that can be scrolled with the keyboard, where it is wider than the page."""
    return f'<pre class="code" tabindex="0"><code>{escape(tokens[place].content)}</code></pre>\n'


def _table_open(*_: object) -> str:
    return '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table class="plain">\n'


def _table_close(*_: object) -> str:
    return "</table></div>\n"
