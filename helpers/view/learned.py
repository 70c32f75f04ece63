"""The blocks that show what a learner does: hints, quizzes, predictions, progress."""

from __future__ import annotations

from collections.abc import Iterator

from helpers.learning.exercise import Check, Hint
from helpers.learning.prediction import LEAST, MOST, Answer, Prediction
from helpers.learning.progress import Lesson, Progress
from helpers.learning.quiz import Question, Quiz
from helpers.view import units
from helpers.view.blocks import (
    AnswerChoice,
    Block,
    Column,
    Fold,
    Prose,
    QuizQuestion,
    Scale,
    Table,
    TableCell,
    Title,
)
from helpers.view.parts import parts

NEAR = 1.1
"""A guess is right that is less than this many times too high or too low."""


def hints(value: Check) -> Iterator[Block]:
    """The hints of a check, each folded into the one before; innermost is where a solution is."""
    inner: tuple[Block, ...] = (Prose(_solution(value.solution)),)
    for position in range(len(value.hints), 0, -1):
        summary = "A hint" if position == 1 else "Another hint"
        about = (Prose(f"For: {value.unmet[0]}"),) if position == 1 else ()
        instead = f'hints: lab.hint("{value.number}")' if position == 1 else ""
        inner = (Fold(summary, (*about, Prose(value.hints[position - 1]), *inner), instead),)
    if value.hints:
        yield from inner


@parts.register
def hint(value: Hint) -> Iterator[Block]:
    yield Title(f"hint {value.position} of {value.total}")
    yield Prose(f"For: {value.about}")
    yield Prose(value.says)
    if value.solution:
        yield Prose(_solution(value.solution))


def _solution(path: str) -> str:
    return f"A solution is in `{path}`."


@parts.register
def quiz(value: Quiz) -> Iterator[Block]:
    yield Title(f"quiz {value.number}")
    for position, question in enumerate(value.questions, 1):
        yield quiz_question(position, question)


def quiz_question(position: int, question: Question) -> QuizQuestion:
    """A question under its number."""
    return QuizQuestion(
        position,
        question.asks,
        tuple(
            AnswerChoice(o.says, o.because, "good" if o.right else "bad") for o in question.options
        ),
    )


@parts.register
def prediction(value: Prediction) -> Iterator[Block]:
    if value.choices:
        yield Prose(f"predict: {' | '.join(value.choices)}")
    else:
        yield Prose(f"predict a size, from {units.size(LEAST)} to {scale_end(MOST)}")


def scale_end(count: int) -> str:
    """The end of a scale in a round figure: `10 GB`."""
    figure, unit = units.size(count).split()
    return f"{float(figure):.0f} {unit}"


@parts.register
def answer(value: Answer) -> Iterator[Block]:
    if isinstance(value.measured, str):
        yield Title(f"answer: {value.measured}")
        if value.guess == value.measured:
            yield Prose("as you predicted")
        elif value.guess is not None:
            yield Prose(f"your guess: {value.guess}")
        return
    yield Title(f"measured: {units.size(value.measured)}")
    if isinstance(value.guess, int):
        yield Prose(_off(value.guess, value.measured))
        yield Scale(LEAST, MOST, value.guess, value.measured)


def _off(guess: int, measured: int) -> str:
    said = f"your guess of {units.size(guess)} was"
    high = guess > measured
    factor = max(guess, measured) / max(min(guess, measured), 1)
    if factor < NEAR:
        return f"{said} right, to a tenth"
    times = f"{factor:.1f}".removesuffix(".0") if factor < 9.95 else f"{factor:,.0f}"
    return f"{said} {times} times too {'high' if high else 'low'}"


@parts.register
def progress(value: Progress) -> Iterator[Block]:
    right = sum(len(lesson.answered) for lesson in value.lessons)
    questions = sum(lesson.questions for lesson in value.lessons)
    met = sum(lesson.met for lesson in value.lessons)
    yield Table(
        f"{right} of {questions} questions answered, {met} of {len(value.lessons)} exercises met",
        (Column("notebook"), Column("quiz", words=True), Column("exercise", words=True)),
        tuple(_lesson(lesson) for lesson in value.lessons),
    )


def _lesson(lesson: Lesson) -> tuple[str | TableCell, ...]:
    whole = lesson.questions and len(lesson.answered) == lesson.questions
    return (
        lesson.name,
        TableCell(f"{len(lesson.answered)} of {lesson.questions}", "good" if whole else ""),
        TableCell("met", "good") if lesson.met else TableCell("not yet"),
    )
