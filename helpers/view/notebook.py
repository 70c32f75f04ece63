"""Tells Python and IPython how to draw values: as text everywhere, in notebooks as HTML too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.core.value import Value, write_with
from helpers.image.difference import Difference
from helpers.image.explorer import Explorer
from helpers.learning.prediction import Prediction
from helpers.learning.quiz import Quiz
from helpers.learning.workbench import Workbench
from helpers.view import alive, asking, bench, html, opening, text
from helpers.view.frontend import place, shell
from helpers.view.parts import parts

WIDGETS: dict[type, Callable[[Any], Any]] = {
    Difference: opening.difference,
    Explorer: opening.image,
    Prediction: asking.prediction,
    Quiz: asking.quiz,
    Workbench: bench.widget,
}
"""For values that a front end shows as a widget: what makes it."""


def install() -> None:
    """Registers with Python's `repr` and with IPython, where it runs, how to draw every `Value`
    and every type that is registered with `parts` by now."""
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
    alive.keep_page()


def bundle(value: Any) -> dict[str, Any]:
    """The widget of a value, in a front end alone. Text and HTML are left to their own formatters:
    they are shown everywhere, and are what is left without a kernel."""
    if place() != "front end":
        return {}
    make = next(WIDGETS[kind] for kind in type(value).__mro__ if kind in WIDGETS)
    view = make(value)._repr_mimebundle_()
    data, *_ = view if isinstance(view, tuple) else (view,)  # anywidget gives metadata as well
    return {kind: data[kind] for kind in data if kind not in ("text/plain", "text/html")}


def _print(value: object, printer: Any, cycle: bool) -> None:
    """Prints a value line by line, as IPython prints any `repr`: within a tuple too."""
    with printer.group():
        for at, line in enumerate(text.of(value).splitlines()):
            if at:
                printer.break_()
            printer.text(line)
