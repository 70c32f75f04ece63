"""The base class of all results. `helpers.view` decides from outside how they print."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable


def plain(value: object) -> str:
    """The class and its fields: the repr of a result as long as no view is loaded."""
    if not dataclasses.is_dataclass(value):
        return object.__repr__(value)
    shown = (f"{f.name}={getattr(value, f.name)!r}" for f in dataclasses.fields(value) if f.repr)
    return f"{type(value).__name__}({', '.join(shown)})"


_write: Callable[[object], str] = plain


def write_with(write: Callable[[object], str]) -> None:
    """From now on `write` makes the `repr` of every result."""
    global _write
    _write = write


class Value:
    """A result. Its `repr` says what was found, and asks nobody."""

    def __repr__(self) -> str:
        return _write(self)
