"""What a value is in a notebook: a widget where somebody can handle it, and always a still form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from helpers.view import html, text
from helpers.view.blocks import Title
from helpers.view.place import place

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

V = TypeVar("V")


def bundle(
    value: V, make_widget: Callable[[V], DOMWidget], *, slow: bool = False
) -> dict[str, Any]:
    """What `_repr_mimebundle_` of a value gives.

    make_widget  makes the value's widget; it is called in a front end alone
    slow         whether the text takes seconds to know: then a front end gets the widget at once,
                 and a line for places that show its notebook without it

    The text and the HTML are there in every place: they are what is seen without a kernel.
    """
    live = place() == "front end"
    if live and slow:
        line = [Title(f"{type(value).__name__}: run the cell again to see it")]
        still = {"text/plain": text.render(line), "text/html": html.render(line)}
    else:
        still = {"text/plain": text.of(value), "text/html": html.of(value)}
    if not live:
        return still
    view = make_widget(value)._repr_mimebundle_()
    data, *_ = view if isinstance(view, tuple) else (view,)  # anywidget gives metadata as well
    return data | still
