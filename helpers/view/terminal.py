"""Prints to the terminal: blocks with their signs in colour, and lines for a log."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from helpers.bases.source import Base
from helpers.view import text, units
from helpers.view.blocks import SIGNS, Block

COLOURS = {SIGNS["good"]: "bold green", SIGNS["bad"]: "bold red"}

_SIGN = re.compile(rf"(?:[│ ]*[├└] )?([{''.join(COLOURS)}])(?= )")
"""The sign at the beginning of a line, or of a tree's branch."""


def show(blocks: Iterable[Block], console: Console | None = None) -> None:
    """Prints blocks, one under the other: in a pipe as plain text."""
    console = console or Console()
    for line in text.render(blocks).splitlines():
        shown = Text(line)  # not markup, which a name may look like
        if found := _SIGN.match(line):
            shown.stylize(COLOURS[found[1]], *found.span(1))
        console.print(shown, soft_wrap=True)


NAME = 44
"""Columns for a base's name, one more than the longest in the table has."""


def base_line(found: Base, seconds: float) -> str:
    """A line for a base that is local now: its size, its source, and the seconds it took."""
    took = units.seconds(seconds)
    return f"{found.name:<{NAME}} {units.size(found.size):>8}  {found.source}, {took}"
