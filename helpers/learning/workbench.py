"""The variant lab: choose how a program is packaged, build it, see it beside what was before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpers.compare import ComparisonTable, row_of
from helpers.core.value import Value
from helpers.dockerfile.marks import DockerfileView
from helpers.image.stored import OpenImage
from helpers.learning.recipe import PROGRAMS, Choice
from helpers.run.container_run import Run

Builds = Callable[[Path, str], tuple[OpenImage, Run]]
"""Builds a Dockerfile's text in a context, and runs the image."""


class Workbench(Value):
    """One choice of each kind, and what was built so far.

    choice  what is chosen now
    built   what was built, in its order: of each choice its image and its run
    """

    def __init__(self, choice: Choice, build: Builds) -> None:
        self.choice = choice.checked()
        self.built: dict[Choice, tuple[OpenImage, Run]] = {}
        self._build = build
        self._before: Choice | None = None

    def choose(self, **fields: Any) -> Workbench:
        """Changes what is chosen: `program`, `build`, `final`, `linking`, `strip`.

        A program that hasn't what is chosen gets the first that it has. Raises LabError for what
        can't be chosen; then nothing has changed.
        """
        before = self.choice
        changed = replace(before, **fields)
        self.choice = (changed.fitting() if "program" in fields else changed).checked()
        self._before = before
        return self

    @property
    def dockerfile(self) -> DockerfileView:
        """The Dockerfile, marked against the choice before."""
        before = self._before.dockerfile if self._before else None
        return DockerfileView(self.choice.dockerfile, before)

    def build(self, choice: Choice | None = None) -> Run:
        """Builds what is chosen, runs it, and adds it to the comparison. Returns the run, whose
        diagnosis says why it failed, if it did. Raises BuildFailed, BaseUnavailable.

        choice  what to build in its place
        """
        choice = choice or self.choice
        image, run = self._build(PROGRAMS[choice.program].context, choice.dockerfile)
        self.built = {**self.built, choice: (image, run)}
        return run

    def label(self, choice: Choice) -> str:
        """What a choice is called among those of its program: `2. gcc:14 → scratch, static`, and
        without a number while it isn't built."""
        alike = [each for each in self.built if each.program == choice.program]
        said = choice.label.removeprefix(f"{choice.program}: ")
        return f"{alike.index(choice) + 1}. {said}" if choice in alike else said

    @property
    def comparison(self) -> ComparisonTable | None:
        """What was built of the chosen program, side by side, in its order; None while there is
        nothing."""
        rows = tuple(
            row_of(self.label(choice), image, run)
            for choice, (image, run) in self.built.items()
            if choice.program == self.choice.program
        )
        return ComparisonTable(rows) if rows else None
