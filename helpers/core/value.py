"""The base of results. How one is written as text is set from outside, by `helpers.view`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable


def plain(value: object) -> str:
    """The class and its fields: how a result is written where nothing that draws is loaded."""
    if not dataclasses.is_dataclass(value):
        return object.__repr__(value)
    shown = (f"{f.name}={getattr(value, f.name)!r}" for f in dataclasses.fields(value) if f.repr)
    return f"{type(value).__name__}({', '.join(shown)})"


_write: Callable[[object], str] = plain


def write_with(write: Callable[[object], str]) -> None:
    """Has every `repr` of a result from here on written by `write`."""
    global _write
    _write = write


class Value:
    """A result: it holds what was found, and asks nobody to say it."""

    def __repr__(self) -> str:
        return _write(self)
