"""The blocks that a value's text and its HTML are made of: titles, facts, tables, trees.

Their strings are as they came from the engine or the image; whoever draws a block makes it safe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

T = TypeVar("T")

Sign = Literal["good", "bad", ""]

SIGNS: dict[Sign, str] = {"good": "✓", "bad": "✗", "": ""}
"""Drawn beside every colour, so that nothing is said by colour alone."""


@dataclass(frozen=True)
class Title:
    """What the value is, on one line, with a `figure` such as its size."""

    text: str
    figure: str = ""
    sign: Sign = ""


@dataclass(frozen=True)
class Fact:
    """A label with its values: names and paths, set as code, unless they are `words`."""

    label: str
    values: tuple[str, ...]
    sign: Sign = ""
    words: bool = False


@dataclass(frozen=True)
class Prose:
    """Sentences, which are wrapped; code in them stands between backticks."""

    text: str


@dataclass(frozen=True)
class Column:
    """A column of a table. `figures` are set to the right; `words` are not set as code."""

    name: str
    figures: bool = False
    words: bool = False


@dataclass(frozen=True)
class TableCell:
    """A table's cell with a sign."""

    text: str
    sign: Sign = ""


@dataclass(frozen=True)
class Bar:
    """A table's cell that draws a share from 0 to 1; another cell has its figure."""

    share: float


TableRow = tuple[str | TableCell | Bar, ...]


@dataclass(frozen=True)
class Table:
    """Rows under columns. `more` rows were left out."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    more: int = 0

    @classmethod
    def of_first(
        cls,
        most: int,
        caption: str,
        columns: Sequence[Column],
        values: Sequence[T],
        row: Callable[[T], TableRow],
    ) -> Table:
        """A table with a row for each of the first `most` values; the others are counted."""
        rows = tuple(map(row, values[:most]))
        return cls(caption, tuple(columns), rows, more=len(values) - len(rows))


@dataclass(frozen=True)
class Branch:
    """A line of a tree: a name or a path, and a note in words.

    depth  0 at the root, 1 below it, and so on
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
    """What is done (True) and what isn't (False); None for what nobody has tried yet."""

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
    """Lines of a file, each with `+` (new), `-` (gone) or no mark. `marked`: marks are shown."""

    rows: tuple[tuple[Literal["+", "-", ""], str], ...]
    marked: bool


@dataclass(frozen=True)
class EngineLine:
    """What belongs to the engine and not to the lesson; one line for each line of `text`."""

    text: str


@dataclass(frozen=True)
class Fold:
    """Blocks that HTML folds away under `summary`. Text leaves them out and shows the line
    `instead`, which may name the call that shows them."""

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
class QuizQuestion:
    """A numbered question. HTML folds the reason under each choice; text leaves it out."""

    number: int
    text: str
    choices: tuple[AnswerChoice, ...]


@dataclass(frozen=True)
class Scale:
    """A guess and what was measured, in bytes, on a log scale from `least` to `most`: a picture
    in HTML. Text leaves it out."""

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
    | QuizQuestion
    | Scale
)
