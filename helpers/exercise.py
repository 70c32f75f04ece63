"""Exercises: what the learner's image must do (`samples/exercises.toml`), and the check of it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers import names
from helpers.errors import LabError
from helpers.value import Value

if TYPE_CHECKING:
    from helpers.images.image import Image


@dataclass(frozen=True)
class Condition:
    """One thing that must hold.

    says   it as a sentence, for the learner
    kind   a key of `TESTS`
    wants  what the test compares with
    """

    says: str
    kind: str
    wants: Any


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
    """

    met: tuple[str, ...]
    unmet: tuple[str, ...]
    note: str = ""
    image: Image | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is left to do."""
        return not self.unmet


def exercise(number: str, *, samples: Path = names.SAMPLES) -> Exercise:
    """The exercise of that notebook. Raises LabError, which names those there are."""
    rows = tomllib.loads((samples / "exercises.toml").read_text())
    if number not in rows:
        raise LabError(f"No exercise is called {number!r}: there are {', '.join(rows)}.")
    row = rows[number]
    return Exercise(
        number=number,
        task=row["task"],
        context=samples / row["context"],
        conditions=tuple(_condition(c) for c in row["conditions"]),
    )


def check(task: Exercise, image: Image, stage: Callable[[str], Image]) -> Check:
    """Inspects what the learner built. The image's program is run, for a minute at most.

    stage  builds a stage of the same Dockerfile by its name; raises LabError where there is none
    """
    result = _Inspected(image, stage)
    met = [TESTS[c.kind](result, c.wants) for c in task.conditions]
    return Check(
        met=tuple(c.says for c, ok in zip(task.conditions, met, strict=True) if ok),
        unmet=tuple(c.says for c, ok in zip(task.conditions, met, strict=True) if not ok),
        image=image,
    )


def not_built(task: Exercise, why: str) -> Check:
    """The check of a Dockerfile that gave no image: nothing is met, `why` says what is wrong."""
    return Check(met=(), unmet=tuple(c.says for c in task.conditions), note=why)


class _Inspected:
    """An image, its stages, and the run of its command, which waits for a test that asks for it."""

    def __init__(self, image: Image, stage: Callable[[str], Image]) -> None:
        self.image = image
        self.stage = stage
        self._run = None

    @property
    def run(self):
        if self._run is None:
            self._run = self.image.run()
        return self._run


def _condition(row: Mapping[str, Any]) -> Condition:
    kinds = [kind for kind in row if kind != "says"]
    if len(kinds) != 1 or kinds[0] not in TESTS:
        raise LabError(f"A condition has one kind, of {', '.join(TESTS)}; this row has {kinds}.")
    return Condition(says=row["says"], kind=kinds[0], wants=row[kinds[0]])


def _linked(result: _Inspected, path: str, *, static: bool) -> bool:
    return result.image.rootfs.exists(path) and result.image.linkage(path).static == static


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


def _stage_has(result: _Inspected, wants: Mapping[str, list[str]]) -> bool:
    try:
        return all(
            result.stage(stage).rootfs.exists(path)
            for stage, paths in wants.items()
            for path in paths
        )
    except LabError:
        return False


TESTS: Mapping[str, Callable[[_Inspected, Any], bool]] = {
    "prints": lambda r, text: r.run.ok and r.run.output == text,
    "runs": lambda r, commands: all(r.image.run(*command).ok for command in commands),
    "keeps_running": lambda r, seconds: r.image.run(timeout=seconds).timed_out,
    "at_most": lambda r, size: r.image.size <= size,
    "has": lambda r, paths: all(r.image.rootfs.exists(path) for path in paths),
    "without": _without,
    "empty": _empty,
    "static": lambda r, path: _linked(r, path, static=True),
    "dynamic": lambda r, path: _linked(r, path, static=False),
    "user": lambda r, user: r.image.config.user == user,
    "entrypoint": lambda r, words: list(r.image.config.entrypoint or ()) == words,
    "layers_at_most": lambda r, most: len(r.image.layers) <= most,
    "stage_has": _stage_has,
}
