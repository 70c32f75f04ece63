"""The blocks that show a value. Each type registers a function of its own: `@parts.register`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import singledispatch

from helpers.view.blocks import Block, Fact, Title


@singledispatch
def parts(value: object) -> Iterable[Block]:
    """The blocks of a value. A type that isn't registered is shown by its class and its fields."""
    yield Title(type(value).__name__)
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.repr:
                yield Fact(field.name, (repr(getattr(value, field.name)),))
