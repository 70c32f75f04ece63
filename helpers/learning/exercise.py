"""Exercises (`samples/exercises.toml`): their conditions, the check of a learner's image, hints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from helpers.core import names, tables
from helpers.core.errors import LabError
from helpers.core.tables import TomlTable
from helpers.core.value import Value
from helpers.image.open_image import OpenImage
from helpers.learning.conditions import KINDS, Inspected

FILE = "exercises.toml"


@dataclass(frozen=True)
class Condition:
    """One thing that must hold.

    says   the condition as a sentence for the learner
    kind   a key of `KINDS`
    wants  what the test compares with
    hints  given one after the other; none is the answer
    """

    says: str
    kind: str
    wants: Any
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Exercise:
    """A task. It has the number of its notebook; `context` is the folder to build in."""

    number: str
    task: str
    context: Path
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, repr=False)
class Check(Value):
    """What the check of an exercise found.

    met, unmet  the conditions as sentences, in order
    note        why there was no image to inspect, as a build that failed; or ""
    image       the image that was inspected, or None
    number      of the exercise, or ""
    hints       the hints of the first condition that is not met
    begun       False where the Dockerfile was still empty
    """

    met: tuple[str, ...]
    unmet: tuple[str, ...]
    note: str = ""
    image: OpenImage | None = None
    number: str = ""
    hints: tuple[str, ...] = ()
    begun: bool = True

    @property
    def ok(self) -> bool:
        """Whether nothing is left to do."""
        return not self.unmet

    @property
    def solution(self) -> str:
        """The path of the exercise's solution in the checkout."""
        return f"notebooks/solutions/{self.number}.ipynb"


@dataclass(frozen=True, repr=False)
class Hint(Value):
    """One hint.

    about     the condition that it is for
    says      the hint
    position  its place among the `total` hints of that condition, from 1
    solution  the path of the solution if this is the last hint, else ""
    """

    about: str
    says: str
    position: int
    total: int
    solution: str = ""


class Hints:
    """The last check of each exercise, and how many hints were given since."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._given: dict[str, int] = {}

    def remember(self, found: Check) -> Check:
        """Keeps a check, and returns it. Hints start over if another condition is now the first
        that is not met."""
        before = self._checks.get(found.number)
        if before is None or before.unmet[:1] != found.unmet[:1]:
            self._given[found.number] = 0
        self._checks[found.number] = found
        return found

    def next(self, number: str) -> Hint:
        """The next hint for an exercise; after the last one, the last one again.

        Raises LabError where nothing was checked yet, or nothing is left to do.
        """
        found = self._checks.get(number)
        if found is None:
            raise LabError(
                f'A hint is about what is not met yet: run `lab.check("{number}", answer)` first.'
            )
        if found.ok:
            raise LabError(f"Exercise {number} is met: there is nothing left to hint at.")
        total = len(found.hints)
        position = min(self._given[number] + 1, total)
        self._given[number] = position
        return Hint(
            about=found.unmet[0],
            says=found.hints[position - 1],
            position=position,
            total=total,
            solution=found.solution if position == total else "",
        )


def numbers(*, samples: Path = names.SAMPLES) -> tuple[str, ...]:
    """The numbers of the lessons that have an exercise, in reading order."""
    return tuple(_rows(samples))


def exercise(number: str, *, samples: Path = names.SAMPLES) -> Exercise:
    """The exercise of a notebook. Raises LabError, which lists the numbers, where there is none."""
    rows = _rows(samples)
    if number not in rows:
        raise LabError(f"No exercise is called {number!r}: there are {', '.join(rows)}.")
    row = rows[number]
    return Exercise(
        number=number,
        task=row.task,
        context=samples / row.context,
        conditions=tuple(
            _condition(condition, samples / FILE, f"{number}.conditions[{position}]")
            for position, condition in enumerate(row.conditions)
        ),
    )


def check(
    task: Exercise,
    image: OpenImage,
    stage: Callable[[str], OpenImage],
    again: Callable[[], OpenImage],
) -> Check:
    """Checks the image that a learner built. Its program may be run, for a minute at most.

    stage, again  as `Inspected` takes them
    """
    result = Inspected(image, stage, again)
    met = [KINDS[c.kind].test(result, c.wants) for c in task.conditions]
    return _found(task, met, image=image)


def not_begun(task: Exercise) -> Check:
    """The check of an empty Dockerfile."""
    why = "The Dockerfile is empty: begin with a FROM line."
    return replace(not_built(task, why), begun=False)


def not_built(task: Exercise, why: str) -> Check:
    """The check of a Dockerfile that gave no image: no condition is met. `why` is the reason."""
    return _found(task, [False] * len(task.conditions), note=why)


def _found(
    task: Exercise, met: Sequence[bool], *, note: str = "", image: OpenImage | None = None
) -> Check:
    pairs = list(zip(task.conditions, met, strict=True))
    unmet = [condition for condition, ok in pairs if not ok]
    return Check(
        met=tuple(condition.says for condition, ok in pairs if ok),
        unmet=tuple(condition.says for condition in unmet),
        note=note,
        image=image,
        number=task.number,
        hints=unmet[0].hints if unmet else (),
    )


class _ExerciseRow(TomlTable, frozen=True):
    """An exercise as the file has it; the kinds of its conditions are the keys of `KINDS`."""

    task: str
    context: str
    conditions: tuple[dict[str, Any], ...]


class _ConditionWords(TomlTable, frozen=True):
    """What every condition has, besides its kind."""

    says: str
    hints: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.hints:
            raise ValueError("A condition has at least one hint")


def _rows(samples: Path) -> dict[str, _ExerciseRow]:
    return tables.rows(samples / FILE, _ExerciseRow)


def _condition(row: Mapping[str, Any], path: Path, key: str) -> Condition:
    kinds = [kind for kind in row if kind not in _ConditionWords.__struct_fields__]
    if len(kinds) != 1 or kinds[0] not in KINDS:
        there = ", ".join(KINDS)
        says = f"A condition has one kind, of {there}; this one has {', '.join(kinds) or 'none'}."
        raise tables.wrong(path, key, says)
    kind = kinds[0]
    wants = tables.convert(row[kind], KINDS[kind].wants, path, f"{key}.{kind}")
    rest = {name: value for name, value in row.items() if name != kind}
    words = tables.convert(rest, _ConditionWords, path, key)
    return Condition(words.says, kind, wants, words.hints)
