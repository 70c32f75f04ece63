"""What every test sees: results are written as a notebook and a terminal have them."""

from __future__ import annotations

from helpers.core.value import write_with


def _write(value: object) -> str:
    from helpers.view import text  # most tests print nothing

    return text.of(value)


write_with(_write)
