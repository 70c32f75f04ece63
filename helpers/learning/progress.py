"""A learner's progress: the file that keeps it across kernels, and what it says of each lesson."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.core import names
from helpers.core.atomic import write
from helpers.core.errors import LabError
from helpers.core.value import Value
from helpers.learning import exercise, quiz

PATIENCE = 5
"""Seconds to wait while another kernel writes."""


@dataclass(frozen=True)
class Lesson:
    """How far a learner is in one notebook.

    name       the file name of the notebook, without `.ipynb`
    number     as `"02"`
    answered   the questions of its quiz that were answered correctly, by number from 1
    questions  how many questions its quiz has
    met        whether its exercise was met
    """

    name: str
    number: str
    answered: frozenset[int]
    questions: int
    met: bool


@dataclass(frozen=True, repr=False)
class Progress(Value):
    """All lessons, in reading order."""

    lessons: tuple[Lesson, ...]


def read() -> Progress:
    """The progress that the file has now: none where it is missing or can't be read."""
    try:
        kept = _Kept.of(names.progress())
    except OSError:
        kept = _Kept({}, set(), {})
    stems = {path.stem[:2]: path.stem for path in (names.ROOT / "notebooks").glob("[0-9][0-9]-*")}
    questions = quiz.lengths()
    return Progress(
        tuple(
            Lesson(
                name=stems.get(number, number),
                number=number,
                answered=kept.answered(number) & set(range(1, questions.get(number, 0) + 1)),
                questions=questions.get(number, 0),
                met=number in kept.exercises,
            )
            for number in exercise.numbers()
        )
    )


def keep_answer(number: str, question: int) -> None:
    """Records that a question (from 1) of a lesson's quiz was answered correctly. A question that
    doesn't exist is ignored. Raises LabError where the file can't be written."""
    if 1 <= question <= quiz.lengths().get(number, 0):
        _keep(lambda kept: kept.quizzes.setdefault(number, set()).add(question))


def keep_exercise(number: str) -> None:
    """Records that a lesson's exercise was met; raises as `keep_answer` does."""
    if number in exercise.numbers():
        _keep(lambda kept: kept.exercises.add(number))


@dataclass
class _Kept:
    """The content of the file.

    others   keys that another version of the lab wrote
    damaged  whether the file can't be read
    """

    quizzes: dict[str, set[int]]
    exercises: set[str]
    others: Mapping[str, Any]
    damaged: bool = False

    @classmethod
    def of(cls, path: Path) -> _Kept:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            quizzes, exercises = data.pop("quizzes", {}), data.pop("exercises", [])
            if not all(isinstance(each, list) for each in [*quizzes.values(), exercises]):
                raise TypeError
            return cls({n: set(qs) for n, qs in quizzes.items()}, set(exercises), data)
        except FileNotFoundError:
            return cls({}, set(), {})
        except (ValueError, TypeError, AttributeError, RecursionError):
            return cls({}, set(), {}, damaged=True)

    def answered(self, number: str) -> frozenset[int]:
        return frozenset(self.quizzes.get(number, ()))

    def text(self) -> str:
        quizzes = {number: sorted(self.quizzes[number], key=str) for number in sorted(self.quizzes)}
        exercises = sorted(self.exercises, key=str)
        return json.dumps({**self.others, "quizzes": quizzes, "exercises": exercises}, indent=1)


def _keep(change: Callable[[_Kept], None]) -> None:
    import filelock

    path = names.progress()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=PATIENCE):
            kept = _Kept.of(path)
            before = kept.text()
            change(kept)
            if kept.damaged:
                path.rename(_beside(path))
            if kept.damaged or kept.text() != before:
                write(path, f"{kept.text()}\n".encode())
    except (OSError, filelock.Timeout) as error:
        why = getattr(error, "strerror", None) or "another process holds it"
        raise LabError(
            f"Your progress can't be kept in {str(path)!r} ({why}): "
            f"name another file with {names.PROGRESS_VARIABLE}."
        ) from None


def _beside(path: Path) -> Path:
    """A new name for a damaged file, which no other file has."""
    aside, count = path.with_name(f"{path.name}.bak"), 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.bak-{count}")
    return aside
