"""Lines for a log: what is said where nobody looks and nothing is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.view import units

if TYPE_CHECKING:
    from helpers.bases.source import Base

NAME = 44
"""Columns for a base's name: the longest of the table's has one less."""


def base(found: Base, seconds: float) -> str:
    """A base that is local now, and how long that took."""
    took = units.seconds(seconds)
    return f"{found.name:<{NAME}} {units.size(found.size):>8}  {found.source}, {took}"
