"""The small texts of the pages: values with their intervals, times, names. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from markupsafe import Markup, escape

from stallhorn import units
from stallhorn.model import Direction, Environment, Kind, Measurement, Parameters, Status, plain
from stallhorn.report.sentence import Standing

SIGNS = {
    Standing.SLOWER: "▲",
    Standing.FAILED: "✕",
    Standing.UNCLEAR: "~",
    Standing.MACHINE: "◆",
    Standing.MEASURED: "◇",
    Standing.FASTER: "▼",
    Standing.SAME: "=",
    Standing.NEW: "?",
    Standing.OLD: "…",
    Standing.SKIPPED: "–",
}

# What stands before a change that is not one of the code, or in a chart above it.
KIND_SIGNS = {Kind.MACHINE: SIGNS[Standing.MACHINE], Kind.MEASUREMENT: SIGNS[Standing.MEASURED]}

# What stands beside a finding: a sign, and the severity in words. A detector may have no other.
SEVERITIES = {
    "blocking": ("✕", "the timing is wrong"),
    "cause": ("!", "should be changed"),
    "context": ("i", "worth knowing, nothing to mend in the code"),
}


def change_sign(kind: Kind, direction: Direction) -> str:
    """What stands before a change."""
    return KIND_SIGNS.get(kind) or ("▲" if direction is Direction.SLOWER else "▼")


def change_tone(kind: Kind, direction: Direction) -> str:
    """The name of its colour: what the machine or the measurement did is neither good nor bad."""
    return direction.value if kind is Kind.CODE else "machine" if kind is Kind.MACHINE else "measured"


# Characters that would hide or reorder the text around them, and halves of surrogate pairs, which no file can hold.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Untrusted text with its control and direction characters made visible; line breaks and tabs stay."""
    if text.isprintable():  # as almost all texts are, hundreds of thousands in a site: nothing of it is unsafe
        return text
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def escaped(text: str) -> str:
    """Untrusted text as it may stand in HTML that is written here."""
    text = clean(text)
    return str(escape(text)) if _SPECIAL.search(text) else text


_SPECIAL = re.compile("[&<>\"']")
_BREAKS = re.compile(r"([._\-/])(?=[^\W\d])")


@lru_cache(maxsize=4096)  # the same parameters stand in the tables of many benchmarks
def breakable(text: str) -> Markup:
    """A name that may break after its dots, underscores, dashes and slashes."""
    return Markup(_BREAKS.sub(r"\1<wbr>", escaped(text)))


def value(measurement: Measurement, unit: str) -> str:
    """The measured value with its unit, or how the measurement ended."""
    if measurement.status is Status.OK:
        return units.quantity(measurement.value, unit)
    return measurement.status.value


def interval(measurement: Measurement, unit: str) -> str:
    """Both bounds of a measurement, "" when there is no value to bound."""
    if measurement.value is None:
        return ""
    return units.interval(measurement.low, measurement.high, unit)


def rounds(measurement: Measurement) -> int | None:
    """How many processes measured it; None when the results do not say."""
    return len({sample.round for sample in measurement.samples}) or None


def percent(ratio: float | None) -> str:
    """A small difference: 1.012 -> "+1.2 %". A large one: 42.3 -> "42.3x"."""
    if ratio is not None and (ratio >= 2 or ratio < 0.5):
        return f"{ratio:.0f}x" if ratio >= 100 else f"{ratio:.3g}x"
    return "" if ratio is None else f"{(ratio - 1) * 100:+.1f}\N{NO-BREAK SPACE}%".replace("-", "−")


def share(value: float | None) -> str:
    """A share in percent: 0.034 -> "3.4 %"."""
    if value is None:
        return "unknown"
    percent = 100 * value
    if percent >= 1000:
        return "over 1,000\N{NO-BREAK SPACE}%"
    return f"{percent:.0f}\N{NO-BREAK SPACE}%" if percent >= 9.95 else f"{percent:.2g}\N{NO-BREAK SPACE}%"


def moment(when: datetime | None) -> str:
    """A time stamp in UTC to the minute."""
    if when is None:
        return "unknown"
    return utc(when).strftime("%Y-%m-%d %H:%M UTC")


def day(when: datetime | None) -> str:
    return "" if when is None else utc(when).strftime("%Y-%m-%d")


def utc(when: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is taken as UTC."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


_CODE = re.compile(r"`([^`\n]+)`")


def ticked(text: str) -> Markup:
    """Untrusted text whose `words in backticks` are code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(clean(text)))))


def severity(name: str) -> tuple[str, str]:
    """The sign and the words of a severity."""
    return SEVERITIES.get(name, ("?", name))


def identifier(name: str) -> str:
    """A file name for a benchmark, safe on every disk: ten hexadecimal digits of a hash of its name."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def parameters(given: Parameters, names: tuple[str, ...]) -> str:
    """Only the named parameters: `n = 500, backend = numba`."""
    return ", ".join(f"{name} = {plain(text)}" for name, text in given.values if name in names)


def environment_labels(environments: Mapping[str, Environment], used: set[str]) -> dict[str, str]:
    """A short name for each used environment, made of what tells it from the others; the full name where none does."""
    known = [environments[name] for name in sorted(used) if name in environments]
    facts = [_facts(environment) for environment in known]
    telling = {key for each in facts for key in each if len({other.get(key) for other in facts}) > 1}
    labels = {name: name for name in used}
    for environment, each in zip(known, facts, strict=True):
        shown = [text for key, text in each.items() if key in telling] or [f"Python {environment.python}"]
        labels[environment.name] = ", ".join(shown)
    unique = len(set(labels.values())) == len(labels) and all(len(label) <= 60 for label in labels.values())
    return labels if unique else {name: name for name in used}


def _facts(environment: Environment) -> dict[str, str]:
    facts = {"python": f"Python {environment.python}"}
    for name, version in environment.requirements:
        facts[f"requirement {name}"] = f"{name} {version or '(newest)'}"
    for name, setting in environment.variables:
        facts[f"variable {name}"] = f"{name}={setting}"
    return facts
