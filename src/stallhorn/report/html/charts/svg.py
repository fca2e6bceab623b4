"""Write SVG elements: every text and attribute is escaped. Pure."""

from __future__ import annotations

from markupsafe import Markup, escape

from stallhorn.report.html.words import clean


def element(name: str, *children: Markup | str, **attributes: str | float | None) -> Markup:
    """One element. `class_` is the class; underscores become dashes; None leaves an attribute out."""
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is not None:
            text = number(value) if isinstance(value, (int, float)) else escape(clean(value))
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{text}"')
    inside = "".join(child if isinstance(child, Markup) else str(escape(clean(child))) for child in children)
    parts.append(f">{inside}</{name}>" if inside else "/>")
    return Markup("".join(parts))


def number(value: float) -> str:
    """A coordinate to a tenth of a unit, without trailing zeros."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def path(points: list[tuple[float, float]], *, closed: bool = False) -> str:
    """The `d` of a path through these points."""
    steps = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f"M{steps}Z" if closed else f"M{steps}"
