"""What there is to say of a value: the parts that its text and its HTML both draw.

Each type has its own function, registered from outside: `@parts.register`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import singledispatch

from helpers.view.blocks import Block, Fact, Title


@singledispatch
def parts(value: object) -> Iterable[Block]:
    """The parts of a value. One of a type that isn't registered shows its class and its fields."""
    yield Title(type(value).__name__)
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.repr:
                yield Fact(field.name, (repr(getattr(value, field.name)),))
