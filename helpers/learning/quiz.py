"""Quizzes (`samples/quizzes.toml`): the questions of each notebook, with every option explained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from helpers.core import names, tables
from helpers.core.errors import LabError
from helpers.core.tables import TomlTable
from helpers.core.value import Value


class Option(TomlTable, frozen=True):
    """One of the answers to choose from.

    says     the answer
    because  why it is right, or why it is wrong: a sentence or two
    right    whether it is the right one
    """

    says: str
    because: str
    right: bool = False


class Question(TomlTable, frozen=True):
    """A question and its options, of which one is right."""

    asks: str
    options: tuple[Option, ...]

    def __post_init__(self) -> None:
        if sum(option.right for option in self.options) != 1:
            raise ValueError(f"A question has one right option: {self.asks!r} has another number")


@dataclass(frozen=True, repr=False)
class Quiz(Value):
    """The questions of a notebook. Where a front end shows widgets, they can be answered."""

    number: str
    questions: tuple[Question, ...]


def quiz(number: str, *, samples: Path = names.SAMPLES) -> Quiz:
    """The quiz of a notebook. Raises LabError, which lists the numbers, where there is none."""
    rows = _rows(samples)
    if number not in rows:
        raise LabError(f"No quiz is called {number!r}: there are {', '.join(rows)}.")
    return Quiz(number, rows[number])


def lengths(*, samples: Path = names.SAMPLES) -> dict[str, int]:
    """How many questions each notebook has, in reading order."""
    return {number: len(questions) for number, questions in _rows(samples).items()}


def _rows(samples: Path) -> dict[str, tuple[Question, ...]]:
    return tables.rows(samples / "quizzes.toml", tuple[Question, ...])
