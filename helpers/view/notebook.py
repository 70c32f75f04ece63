"""Has results drawn: as text wherever one is printed, in a notebook as HTML and as widgets too."""

from __future__ import annotations

from typing import Any

from helpers.core.value import Value, write_with
from helpers.image.difference import Difference
from helpers.image.explorer import Explorer
from helpers.learning.prediction import Prediction
from helpers.learning.quiz import Quiz
from helpers.learning.workbench import Workbench
from helpers.view import asking, bench, html, opening, text
from helpers.view.frontend import place, shell
from helpers.view.parts import parts

WIDGETS = {
    Difference: opening.difference,
    Explorer: opening.image,
    Prediction: asking.prediction,
    Quiz: asking.quiz,
    Workbench: bench.widget,
}
"""What makes the widget of a value that somebody can handle in a front end."""


def install() -> None:
    """Tells Python's `repr`, and IPython where this is one, how results are drawn: every `Value`,
    and each type that is registered with `parts` by now."""
    write_with(text.of)
    ipython = shell()
    if ipython is None:
        return
    formatter = ipython.display_formatter
    for kind in {Value, *parts.registry} - {object}:
        formatter.formatters["text/plain"].for_type(kind, _print)
        formatter.formatters["text/html"].for_type(kind, html.of)
    for kind in WIDGETS:
        formatter.mimebundle_formatter.for_type(kind, bundle)


def bundle(value: Any) -> dict[str, Any]:
    """The widget of a value, for a front end alone. Its text and its HTML are there in every place:
    they are what is seen without a kernel."""
    if place() != "front end":
        return {}
    make = next(WIDGETS[kind] for kind in type(value).__mro__ if kind in WIDGETS)
    view = make(value)._repr_mimebundle_()
    data, *_ = view if isinstance(view, tuple) else (view,)  # anywidget gives metadata as well
    return {kind: data[kind] for kind in data if kind not in ("text/plain", "text/html")}


def _print(value: object, printer: Any, cycle: bool) -> None:
    printer.text(text.of(value))
