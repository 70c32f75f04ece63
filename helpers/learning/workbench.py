"""The variant lab: choose how to package a program, build it, compare it with earlier builds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpers.compare import ComparisonTable, row_of
from helpers.core.value import Value
from helpers.dockerfile.marks import DockerfileView
from helpers.image.open_image import OpenImage
from helpers.learning.choice import PROGRAMS, Choice
from helpers.run.container_run import Run

Builds = Callable[[Path, str], tuple[OpenImage, Run]]
"""Builds the text of a Dockerfile in a folder, and runs the image."""


class Workbench(Value):
    """A choice that can be changed and built.

    choice  the choice now
    built   the image and the run of each choice that was built, in order
    """

    def __init__(self, choice: Choice, build: Builds) -> None:
        self.choice = choice.checked()
        self.built: dict[Choice, tuple[OpenImage, Run]] = {}
        self._build = build
        self._before: Choice | None = None

    def choose(self, **fields: Any) -> Workbench:
        """Changes fields of the choice: `program`, `build`, `final`, `linking`, `strip`.

        Fields that don't fit a new program get its first option. Raises LabError for what is no
        option; then nothing has changed.
        """
        before = self.choice
        changed = replace(before, **fields)
        self.choice = (changed.fitting() if "program" in fields else changed).checked()
        self._before = before
        return self

    @property
    def dockerfile(self) -> DockerfileView:
        """The Dockerfile of the choice, with what changed since the choice before marked."""
        before = self._before.dockerfile if self._before else None
        return DockerfileView(self.choice.dockerfile, before)

    def build(self, choice: Choice | None = None) -> Run:
        """Builds the choice, runs the image, and adds it to the comparison. Returns the run: if it
        failed, its diagnosis says why. Raises BuildFailed, BaseUnavailable.

        choice  another choice to build instead
        """
        choice = choice or self.choice
        image, run = self._build(PROGRAMS[choice.program].context, choice.dockerfile)
        self.built = {**self.built, choice: (image, run)}
        return run

    def label(self, choice: Choice) -> str:
        """The name of a choice in the comparison: `2. gcc:14 → scratch, static`; without a number
        until it is built."""
        alike = [each for each in self.built if each.program == choice.program]
        said = choice.label.removeprefix(f"{choice.program}: ")
        return f"{alike.index(choice) + 1}. {said}" if choice in alike else said

    @property
    def comparison(self) -> ComparisonTable | None:
        """All that was built of the chosen program, side by side and in order; None where nothing
        was."""
        rows = tuple(
            row_of(self.label(choice), image, run)
            for choice, (image, run) in self.built.items()
            if choice.program == self.choice.program
        )
        return ComparisonTable(rows) if rows else None
