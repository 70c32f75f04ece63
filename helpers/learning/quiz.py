"""Quizzes (`samples/quizzes.toml`): the questions of each notebook, with every option explained."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.core import names
from helpers.core.errors import LabError
from helpers.core.value import Value


@dataclass(frozen=True)
class Option:
    """One of the answers to choose from.

    says     the answer
    because  why it is right, or why it is wrong: a sentence or two
    right    whether it is the right one
    """

    says: str
    because: str
    right: bool


@dataclass(frozen=True)
class Question:
    """A question and its options, of which one is right."""

    asks: str
    options: tuple[Option, ...]


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
    return Quiz(number, tuple(_question(row) for row in rows[number]))


def lengths(*, samples: Path = names.SAMPLES) -> dict[str, int]:
    """How many questions each notebook has, in reading order."""
    return {number: len(questions) for number, questions in _rows(samples).items()}


def _rows(samples: Path) -> dict[str, Any]:
    return tomllib.loads((samples / "quizzes.toml").read_text(encoding="utf-8"))


def _question(row: Mapping[str, Any]) -> Question:
    options = tuple(Option(o["says"], o["because"], o.get("right", False)) for o in row["options"])
    if sum(option.right for option in options) != 1:
        raise LabError(f"A question has one right option: {row['asks']!r} has another number.")
    return Question(row["asks"], options)
