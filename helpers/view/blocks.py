"""What can stand in a value's text and in its HTML: the parts that `facts` gives and both draw.

Their strings are as they came from the engine or the image; whoever draws a part makes it safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ENGINE = "engine | "
"""Begins each line that is the engine's own. Output is indented: none can pretend to be one."""

Sign = Literal["good", "bad", ""]

SIGNS: dict[Sign, str] = {"good": "✓", "bad": "✗", "": ""}
"""Stand beside every colour, so that nothing is said by colour alone."""


@dataclass(frozen=True)
class Title:
    """What the value is, on one line. `figure` stands out at its end."""

    text: str
    figure: str = ""
    sign: Sign = ""


@dataclass(frozen=True)
class Fact:
    """A label and what it is: names and paths, one or more, or words."""

    label: str
    values: tuple[str, ...]
    sign: Sign = ""
    words: bool = False


@dataclass(frozen=True)
class Prose:
    """Sentences, which are wrapped; what is code in them stands between backticks."""

    text: str


@dataclass(frozen=True)
class Column:
    """A column of a table. `figures` are set to the right; `words` are no code."""

    name: str
    figures: bool = False
    words: bool = False


@dataclass(frozen=True)
class TableCell:
    """A cell of a table that has a sign."""

    text: str
    sign: Sign = ""


@dataclass(frozen=True)
class Bar:
    """A cell of a table that shows a share from 0 to 1; its figure stands in another cell."""

    share: float


@dataclass(frozen=True)
class Table:
    """Rows under columns. `more` rows were left out."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str | TableCell | Bar, ...], ...]
    more: int = 0


@dataclass(frozen=True)
class Branch:
    """A line of a tree: a name or a path, and what is said of it in words.

    depth  0 for what is at the root, 1 for what is below that, and so on
    """

    depth: int
    text: str
    note: str = ""
    sign: Sign = ""


@dataclass(frozen=True)
class Branches:
    """A tree, in the order of its lines. `more` lines were left out."""

    caption: str
    rows: tuple[Branch, ...]
    more: int = 0


@dataclass(frozen=True)
class Tasks:
    """What is done and what isn't; None for what nobody has tried yet."""

    items: tuple[tuple[bool | None, str], ...]


@dataclass(frozen=True)
class Items:
    """Lines of code under a label: never wrapped, so that they can be copied."""

    label: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class OutputLines:
    """What a program printed."""

    text: str


@dataclass(frozen=True)
class Source:
    """Lines of a file, each with `+` (new), `-` (gone) or nothing. `marked`: with room for them."""

    rows: tuple[tuple[Literal["+", "-", ""], str], ...]
    marked: bool


@dataclass(frozen=True)
class EngineLine:
    """What belongs to the engine and not to the lesson; one line for each line of `text`."""

    text: str


@dataclass(frozen=True)
class Fold:
    """What HTML folds away under `summary`. Text leaves it out: another call shows it, which
    `instead`, a line, may name."""

    summary: str
    blocks: tuple[Block, ...]
    instead: str = ""


@dataclass(frozen=True)
class AnswerChoice:
    """An answer to choose from, and why it is right or wrong."""

    text: str
    because: str
    sign: Sign


@dataclass(frozen=True)
class Asked:
    """A question under its number. HTML folds what is said of each choice under it; text doesn't
    say it."""

    number: int
    text: str
    choices: tuple[AnswerChoice, ...]


@dataclass(frozen=True)
class Scale:
    """Two amounts of bytes on a log scale from `least` to `most`: a picture for HTML, with words.
    Text leaves it out."""

    least: int
    most: int
    guess: int
    measured: int


Block = (
    Title
    | Fact
    | Prose
    | Table
    | Branches
    | Tasks
    | Items
    | OutputLines
    | Source
    | EngineLine
    | Fold
    | Asked
    | Scale
)
