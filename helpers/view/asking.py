"""Widgets that ask: a quiz and a prediction. The answer is stored in the value they show.

A handler runs in a thread beside the cells (`helpers.view.alive`). So it does
little: it sets one attribute, or writes one small file.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from helpers.core.errors import LabError
from helpers.learning import prediction as predictions
from helpers.learning import progress
from helpers.learning.prediction import Prediction
from helpers.learning.quiz import Question, Quiz
from helpers.view import html, learned, safe, units

if TYPE_CHECKING:
    from ipywidgets import DOMWidget, VBox

START = 5
"""The power of ten at which the slider starts: the middle, so that it gives nothing away."""

STEP = 0.05
"""The slider's step, in powers of ten: a twentieth is about 12 %."""


def quiz(value: Quiz) -> VBox:
    """Each question with its options; the reason for an option appears once it is chosen."""
    import ipywidgets

    score = ipywidgets.HTML()

    def update() -> None:
        score.value = _score(value)

    update()
    asked = [_question(value, i, q, update) for i, q in enumerate(value.questions, 1)]
    return ipywidgets.VBox([score, *asked])


def _score(value: Quiz) -> str:
    lessons = {lesson.number: lesson for lesson in progress.read().lessons}
    lesson = lessons.get(value.number)
    title = f"<strong>quiz {html.prose(value.number)}</strong>"
    if lesson is None or not lesson.answered:
        return title
    return f"{title} · {len(lesson.answered)} of {lesson.questions} answered"


def _question(value: Quiz, position: int, question: Question, on_right: Callable[[], None]) -> VBox:
    import ipywidgets

    asked = learned.quiz_question(position, question)
    said = ipywidgets.HTML(layout={"margin": "0 0 0 24px"})
    options = ipywidgets.RadioButtons(
        options=[(_plain(choice.text), i) for i, choice in enumerate(asked.choices)],
        value=None,
        layout={"width": "auto"},
    )

    def chosen(change) -> None:
        choice = asked.choices[change["new"]]
        shown = html.verdict(choice)
        if choice.sign == "good":
            try:
                progress.keep_answer(value.number, position)
            except LabError as error:
                shown += f"<br>{html.prose(str(error))}"
            on_right()
        said.value = f'<div role="status">{shown}</div>'

    options.observe(chosen, "value")
    text = ipywidgets.HTML(f"<div>{position}. {html.prose(asked.text)}</div>")
    return ipywidgets.VBox([text, options, said])


def prediction(value: Prediction) -> DOMWidget:
    """A slider for a size, or the choices. There is no guess until the learner makes one."""
    return _choices(value) if value.choices else _slider(value)


def _choices(value: Prediction) -> DOMWidget:
    import ipywidgets

    labels = [_plain(choice) for choice in value.choices]
    options = ipywidgets.RadioButtons(
        options=list(zip(labels, value.choices, strict=True)),
        value=value.guess,
        description="your guess",
        layout={"width": "auto"},
    )
    options.observe(lambda change: setattr(value, "guess", change["new"]), "value")
    return options


def _slider(value: Prediction) -> DOMWidget:
    import ipywidgets

    low, high = math.log10(predictions.LEAST), math.log10(predictions.MOST)
    slider = ipywidgets.FloatLogSlider(
        value=value.guess or 10**START,
        min=low,
        max=high,
        step=STEP,
        readout=False,
        description="your guess",
        layout={"width": "420px"},
    )
    readout = ipywidgets.Label(_readout(value))

    def moved(change) -> None:
        value.guess = round(change["new"])
        readout.value = _readout(value)

    slider.observe(moved, "value")
    slider.tooltip = f"your guess, on a log scale {_ends()}"
    return ipywidgets.HBox([slider, readout], layout={"flex_flow": "row wrap"})


def _readout(value: Prediction) -> str:
    if isinstance(value.guess, int):
        return units.size(value.guess)
    return f"move it: {_ends()}"


def _ends() -> str:
    return f"from {units.size(predictions.LEAST)} to {learned.scale_end(predictions.MOST)}"


def _plain(text: str) -> str:
    """A label can't show code: it loses its backticks."""
    return safe.prose(text).replace("`", "")
