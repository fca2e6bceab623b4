"""Numba or JAX: the questions that decide, in their order, each with what one's own figures say about it. Pure.

The tree is that of a physicist's notes on both libraries, as data. What a project has not measured is answered by what
holds in general, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stallhorn import units
from stallhorn.model import History, Series, Status

_MOST_FIGURES = 4  # for one question


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and where it leads: another question, or a recommendation."""

    id: str
    text: str
    then: str = ""  # the id of the next question
    take: str = ""  # the backend to take; "" with `then` empty: the one that one's own figures name
    because: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    text: str
    general: str  # what holds in general
    reason: str  # why it holds
    answers: tuple[Answer, ...]
    measure: str  # how to have a figure of one's own


TREE = (
    Question(
        "gradients",
        "Do you need gradients?",
        "JAX differentiates what it compiles (jax.grad). Numba does not differentiate.",
        "JAX sees the whole computation as operations with known derivatives; Numba compiles loops.",
        (
            Answer("yes", "Yes", take="jax", because="Numba has no automatic differentiation."),
            Answer("no", "No", then="device"),
        ),
        "Add a variant named `grad` beside the plain one.",
    ),
    Question(
        "device",
        "Is there a GPU that it should run on?",
        "The same JAX code runs on CPU and GPU. Numba needs another kernel, written for numba.cuda.",
        "XLA makes code for the device that is there; numba.cuda is an interface of its own, with threads and blocks.",
        (
            Answer("yes", "Yes", take="jax", because="The same code runs there, and XLA tunes it for the device."),
            Answer("no", "No, or the data is too small to send there", then="shapes"),
        ),
        "Run the suite on the machine with the GPU: results of several machines share this page.",
    ),
    Question(
        "shapes",
        "Do the shapes of the arrays change from call to call?",
        "Numba compiles once for each combination of types. JAX compiles again for each new shape.",
        "JAX traces with the shapes as constants; a Numba function takes arrays of any length.",
        (
            Answer("yes", "Yes, often", take="numba", because="JAX would compile again for each new shape."),
            Answer("no", "No, or few shapes, or they can be padded", then="mutation"),
        ),
        "Count compilations: a `track_` benchmark that calls with three shapes, with `shape` in its parameter's value.",
    ),
    Question(
        "mutation",
        "Does it write into arrays in place, branch on data, or loop with scattered writes?",
        "Numba compiles such loops as they are written. JAX arrays cannot be written to, and branches on data need "
        "jax.lax.cond, scan or while_loop.",
        "JAX's language is smaller: no mutation, no Python control flow on values, no shapes that depend on data.",
        (
            Answer("yes", "Yes", take="numba", because="It compiles the loops as they are written."),
            Answer("no", "No, it is array code", then="figures"),
        ),
        "Add variants of such code for both, with `scatter`, `in_place` or `loop` in their names.",
    ),
    Question(
        "figures",
        "How large is N, and how often is it called?",
        "Which is faster depends on N, threads and the number of calls: measure both.",
        "JAX uses all threads it has access to and costs some microseconds for each call; Numba uses one thread unless "
        "told otherwise (parallel=True with prange), and a call costs well below a microsecond. Both compile first.",
        (Answer("own", "Take what is fastest at my N, threads and calls"),),
        "Add both backends to one benchmark, with a parameter `backend` and a size.",
    ),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a project's own results say about a question; empty where they are silent."""

    by_question: Mapping[str, tuple[str, ...]]

    def of(self, question: str) -> tuple[str, ...]:
        return self.by_question.get(question, ())


# Words in a parameter's value that make a counted example speak of a question.
_COUNTED = {
    "shapes": re.compile(r"(?:numba|jax)\W*.*shape", re.IGNORECASE),
    "mutation": re.compile(
        r"(?:numba|jax)\W*.*(?:in.?place|mutat|scatter|if.of|range.of.argument|while|prange.of.condition)",
        re.IGNORECASE,
    ),
    "gradients": re.compile(r"(?:numba|jax)\W*.*(?:grad|vjp|jvp|jacobian)", re.IGNORECASE),
    "device": re.compile(r"(?:numba|jax)\W*.*(?:gpu|cuda|device)", re.IGNORECASE),
}


_EXACT = re.compile(r" \(counted\)|, counted(?=\))")  # how a unit says that its values are exact


def counted(history: History) -> Figures:
    """The newest values of counted examples ("jax-per-shape": 3 compilations) that answer a question.

    They are of `track_` benchmarks whose parameter names the library and the matter. Specimens speak too: what they
    count is the limit itself.
    """
    tracks = {name for name, each in history.benchmarks.items() if each.kind == "track"}
    found: dict[str, dict[str, str]] = {}
    if tracks:
        for series in history.series:
            if series.key.benchmark in tracks and not series.key.fact:
                _note(series, found)
    return Figures({name: tuple(texts.values())[:_MOST_FIGURES] for name, texts in found.items()})


def _note(series: Series, found: dict[str, dict[str, str]]) -> None:
    for name, _ in series.key.parameters.values:
        value = series.key.parameters.get(name) or ""
        for question, pattern in _COUNTED.items():
            if pattern.search(value):
                newest = _newest(series)
                if newest is not None:
                    text = f"{value}: {_EXACT.sub('', units.quantity(newest, series.unit))} ({series.key.benchmark})"
                    found.setdefault(question, {}).setdefault(value, text)


def _newest(series: Series) -> float | None:
    return next(
        (
            point.value
            for point in reversed(series.points[-3:])
            if point.status is Status.OK and point.value is not None
        ),
        None,
    )


@dataclass(frozen=True, slots=True)
class Way:
    """Where answers led: the questions passed, and what is recommended."""

    passed: tuple[tuple[Question, Answer], ...]
    open: Question | None  # the first without an answer; None where a recommendation is reached
    take: str  # "numba", "jax", or "" for what is fastest
    because: str


def follow(answers: Mapping[str, str], tree: Sequence[Question] = TREE) -> Way:
    """The way through the tree; an answer that does not exist is none."""
    questions = {each.id: each for each in tree}
    question = tree[0]
    passed: list[tuple[Question, Answer]] = []
    while True:
        answer = next((each for each in question.answers if each.id == answers.get(question.id)), None)
        if answer is None and len(question.answers) == 1:
            answer = question.answers[0]
        if answer is None:
            return Way(tuple(passed), question, "", "")
        passed.append((question, answer))
        if not answer.then:
            return Way(tuple(passed), None, answer.take, answer.because)
        question = questions[answer.then]
