"""A value that is a widget where there is a front end, and its text and HTML everywhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.show import html, text
from helpers.show.blocks import Title
from helpers.show.place import place


def bundle(value: object, widget: Callable[[], Any]) -> dict[str, Any]:
    """What a value's `_repr_mimebundle_` gives: nothing where no front end is, so that its text and
    HTML are taken, else a view of the widget, which is made for it.

    The view comes with a line instead of the value's whole text, which may take seconds to know.
    """
    if place() != "front end":
        return {}
    line = [Title(f"{type(value).__name__}: run the cell again to use it")]
    shown = {"text/plain": text.render(line), "text/html": html.render(line)}
    view = widget()._repr_mimebundle_()
    data, *_ = view if isinstance(view, tuple) else (view,)  # anywidget gives metadata as well
    return data | shown
