"""Builds and checks what a learner wrote for an exercise, and remembers the hints given."""

from __future__ import annotations

from dataclasses import replace

from helpers.build.options import BuildOptions
from helpers.core import names
from helpers.core.errors import LabError
from helpers.dockerfile.instructions import instructions
from helpers.lab.handles import Image
from helpers.lab.image_builds import ImageBuilds
from helpers.learning import exercise as exercises
from helpers.learning import progress
from helpers.learning.exercise import Check, Exercise, Hint


class Checks:
    """The exercises of one lab."""

    def __init__(self, builds: ImageBuilds) -> None:
        self._builds = builds
        self._hints = exercises.Hints()

    def check(self, number: str, dockerfile: str) -> Check:
        """Builds and checks a Dockerfile; see `Lab.check`."""
        found = self._hints.remember(self._checked(exercises.exercise(number), dockerfile))
        if found.ok:
            try:
                progress.keep_exercise(number)
            except LabError as error:
                return replace(found, note=str(error))
        return found

    def hint(self, number: str) -> Hint:
        """The next hint; see `Lab.hint`."""
        return self._hints.next(number)

    def _checked(self, task: Exercise, dockerfile: str) -> Check:
        if not instructions(dockerfile):
            return exercises.not_begun(task)

        def stage(target: str | None, *, again: bool = False) -> Image:
            name = "-".join([task.number, *([target] if target else []), *(["again"] * again)])
            return self._builds.build_text(
                task.context,
                dockerfile.lstrip("\n"),
                tag=f"{names.TAG_PREFIX}exercise:{name}",
                shown=["-f", "Dockerfile", "."],
                options=BuildOptions(target=target, no_cache=again),
            )

        try:
            image = stage(None)
        except LabError as failure:
            return exercises.not_built(task, str(failure))
        return exercises.check(task, image, stage, lambda: stage(None, again=True))
