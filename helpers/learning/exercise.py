"""Exercises: what the learner's image must do (`samples/exercises.toml`), the check, the hints."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from helpers.advice.advise import advise
from helpers.core import names
from helpers.core.errors import EngineError, LabError
from helpers.core.value import Value
from helpers.elf.linking import linkage
from helpers.image.packages import packages
from helpers.image.stored import OpenImage
from helpers.run.container_run import Run, run

SECOND = 1.1
"""Seconds after which files have another time: a layer has whole seconds."""


@dataclass(frozen=True)
class Condition:
    """One thing that must hold.

    says   it as a sentence, for the learner
    kind   a key of `TESTS`
    wants  what the test compares with
    hints  what leads to it, one after the other, and is never the answer
    """

    says: str
    kind: str
    wants: Any
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Exercise:
    """A task: its number is the notebook's, `context` the folder that is sent to the engine."""

    number: str
    task: str
    context: Path
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, repr=False)
class Check(Value):
    """What an exercise's check found.

    met, unmet  the conditions as sentences, in their order
    note        why nothing could be inspected (a build that failed), or ""
    image       what was inspected, or None
    number      the exercise's, or ""
    hints       those of the first condition that is not met
    begun       whether there was anything to check
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

    about     the condition that it leads to
    says      the hint
    position  which of `total` hints of that condition it is, from 1
    solution  the path of a solution, where this is the last hint; else ""
    """

    about: str
    says: str
    position: int
    total: int
    solution: str = ""


class Hints:
    """Remembers the last check of each exercise, and which hints of it were given."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._given: dict[str, int] = {}

    def hear(self, found: Check) -> Check:
        """Takes a check and returns it. Hints begin anew where it stops at another condition."""
        before = self._checks.get(found.number)
        if before is None or before.unmet[:1] != found.unmet[:1]:
            self._given[found.number] = 0
        self._checks[found.number] = found
        return found

    def next(self, number: str) -> Hint:
        """The next hint of that exercise; after the last one that one again.

        Raises LabError where nothing was checked, or nothing is left to do.
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
    """The exercise of that notebook. Raises LabError, which names those there are."""
    rows = _rows(samples)
    if number not in rows:
        raise LabError(f"No exercise is called {number!r}: there are {', '.join(rows)}.")
    row = rows[number]
    return Exercise(
        number=number,
        task=row["task"],
        context=samples / row["context"],
        conditions=tuple(_condition(c) for c in row["conditions"]),
    )


def check(
    task: Exercise,
    image: OpenImage,
    stage: Callable[[str], OpenImage],
    again: Callable[[], OpenImage],
) -> Check:
    """Inspects what the learner built. The image's program is run, for a minute at most.

    stage  builds a stage of the same Dockerfile by its name; raises LabError where there is none
    again  builds the Dockerfile once more, with nothing from the cache; raises LabError too
    """
    result = _Inspected(image, stage, again)
    met = [TESTS[c.kind](result, c.wants) for c in task.conditions]
    return _found(task, met, image=image)


def not_begun(task: Exercise) -> Check:
    """The check of an empty Dockerfile."""
    why = "The Dockerfile is empty: begin with a FROM line."
    return replace(not_built(task, why), begun=False)


def not_built(task: Exercise, why: str) -> Check:
    """The check of a Dockerfile that gave no image: nothing is met, `why` says what is wrong."""
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


def _rows(samples: Path) -> dict[str, Any]:
    return tomllib.loads((samples / "exercises.toml").read_text(encoding="utf-8"))


class _Inspected:
    """An image, its stages, and the run of its command, which waits for a test that asks for it."""

    def __init__(
        self, image: OpenImage, stage: Callable[[str], OpenImage], again: Callable[[], OpenImage]
    ) -> None:
        self.image = image
        self.stage = stage
        self.again = again
        self._run: Run | None = None

    @property
    def run(self) -> Run:
        if self._run is None:
            self._run = run(self.image)
        return self._run


def _condition(row: Mapping[str, Any]) -> Condition:
    kinds = [kind for kind in row if kind not in ("says", "hints")]
    if len(kinds) != 1 or kinds[0] not in TESTS:
        raise LabError(f"A condition has one kind, of {', '.join(TESTS)}; this row has {kinds}.")
    return Condition(row["says"], kinds[0], row[kinds[0]], tuple(row["hints"]))


def _linked(result: _Inspected, path: str, *, static: bool) -> bool:
    try:
        with result.image.rootfs as fs:
            return linkage(fs, path, *result.image.process).static == static
    except EngineError:
        raise
    except LabError:  # there is no such file, or it is no ELF file
        return False


def _without(result: _Inspected, paths: list[str]) -> bool:
    return not any(result.image.rootfs.exists(path) for path in paths)


def _empty(result: _Inspected, folders: list[str]) -> bool:
    """No bytes below the folders in any layer: what a later layer hides is still kept. Bases have
    empty lock files there."""
    below = tuple(folder.rstrip("/") + "/" for folder in folders)
    return not any(
        file.size and file.path.startswith(below)
        for layer in result.image.layers
        for file in layer.files
    )


def _recorded(result: _Inspected, wants: list[str]) -> bool:
    """Whether a scanner finds packages of these names, and maybe others."""
    with result.image.rootfs as fs:
        return {package.name for package in packages(fs, result.image.files)}.issuperset(wants)


def _stage_has(result: _Inspected, wants: Mapping[str, list[str]]) -> bool:
    try:
        return all(
            result.stage(stage).rootfs.exists(path)
            for stage, paths in wants.items()
            for path in paths
        )
    except LabError:
        return False


def _last_layer_at_most(result: _Inspected, most: int) -> bool:
    """What whoever has the layers below still needs."""
    layers = result.image.layers
    return bool(layers) and layers[-1].size <= most


def _share_all_but_last(result: _Inspected, stages: list[str]) -> bool:
    """Whether these stages differ, and have everything below their last layer in common."""
    try:
        found = [[layer.diff_id for layer in result.stage(stage).layers] for stage in stages]
    except LabError:
        return False
    below = {tuple(diff_ids[:-1]) for diff_ids in found}
    tops = {diff_ids[-1] for diff_ids in found if diff_ids}
    return len(below) == 1 and () not in below and len(tops) == len(stages)


def _same_layers(result: _Inspected, wanted: bool) -> bool:
    """Whether another build makes the very layers again. Not whether it makes the image again: that
    says when it was made, which older builders can't be told.

    Both are built for it: a copy that the cache has may be of a file of the same contents that was
    made at another time.
    """
    try:
        first = [layer.diff_id for layer in result.again().layers]
        time.sleep(SECOND)
        second = [layer.diff_id for layer in result.again().layers]
    except LabError:
        return False
    return (first == second) == wanted


def _nothing_to_advise(result: _Inspected, wants: bool) -> bool:
    """Whether no remedy is worth it any more."""
    return (not advise(result.image).findings) == wants


TESTS: Mapping[str, Callable[[_Inspected, Any], bool]] = {
    "prints": lambda r, text: r.run.ok and r.run.output == text,
    "runs": lambda r, commands: all(run(r.image, command).ok for command in commands),
    "keeps_running": lambda r, seconds: run(r.image, timeout=seconds).timed_out,
    "at_most": lambda r, size: r.image.size <= size,
    "download_at_most": lambda r, size: r.image.download_size <= size,
    "has": lambda r, paths: all(r.image.rootfs.exists(path) for path in paths),
    "without": _without,
    "empty": _empty,
    "static": lambda r, path: _linked(r, path, static=True),
    "dynamic": lambda r, path: _linked(r, path, static=False),
    "user": lambda r, user: r.image.config.user == user,
    "entrypoint": lambda r, words: list(r.image.config.entrypoint or ()) == words,
    "layers_at_most": lambda r, most: len(r.image.layers) <= most,
    "last_layer_at_most": _last_layer_at_most,
    "share_all_but_last": _share_all_but_last,
    "stage_has": _stage_has,
    "recorded": _recorded,
    "same_layers": _same_layers,
    "nothing_to_advise": _nothing_to_advise,
}
