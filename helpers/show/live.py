"""What a value is in a notebook: a widget where somebody can handle it, and always a still form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from helpers.show import html, text
from helpers.show.place import place

if TYPE_CHECKING:
    from ipywidgets import DOMWidget

V = TypeVar("V")


def bundle(value: V, make_widget: Callable[[V], DOMWidget]) -> dict[str, Any]:
    """What `_repr_mimebundle_` of a value gives.

    make_widget  makes the value's widget; it is called in a front end alone

    The text and the HTML are there in every place: they are what is seen without a kernel.
    """
    still = {"text/plain": text.of(value), "text/html": html.of(value)}
    if place() != "front end":
        return still
    return make_widget(value)._repr_mimebundle_() | still
