"""Writes for the terminal: parts in colour, and lines for a log where nothing is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from helpers.view import text
from helpers.view.blocks import SIGNS, Block

if TYPE_CHECKING:
    from rich.console import Console


from typing import TYPE_CHECKING

from helpers.view import units

if TYPE_CHECKING:
    from helpers.bases.source import Base


COLOURS = {SIGNS["good"]: "bold green", SIGNS["bad"]: "bold red"}

_SIGN = re.compile(rf"(?:[│ ]*[├└] )?([{''.join(COLOURS)}])(?= )")
"""The sign at a line's beginning, or at that of a tree's branch."""


def show(blocks: Iterable[Block], console: Console | None = None) -> None:
    """Prints parts, one under the other. Where nobody looks, as in a pipe, it is plain text."""
    from rich.console import Console
    from rich.text import Text

    console = console or Console()
    for line in text.render(blocks).splitlines():
        shown = Text(line)  # never markup: a name may look like it
        if found := _SIGN.match(line):
            shown.stylize(COLOURS[found[1]], *found.span(1))
        console.print(shown, soft_wrap=True)


NAME = 44
"""Columns for a base's name: the longest of the table's has one less."""


def base_line(found: Base, seconds: float) -> str:
    """A base that is local now, and how long that took."""
    took = units.seconds(seconds)
    return f"{found.name:<{NAME}} {units.size(found.size):>8}  {found.source}, {took}"
