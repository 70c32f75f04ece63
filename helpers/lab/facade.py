"""`Lab`: everything that a notebook can do, as a table of contents."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from helpers import samples
from helpers.advice.advise import Advice, advise
from helpers.advice.proof import Proof
from helpers.build.options import BuildOptions
from helpers.core.value import Value
from helpers.engine.client import Engine
from helpers.engine.container import RunningContainer
from helpers.engine.needs import Needs
from helpers.image.difference import Difference, difference
from helpers.image.explorer import Explorer
from helpers.image.packages import Packages, packages
from helpers.image.shared import Shared, shared
from helpers.image.stored import Base
from helpers.lab import advising, imports
from helpers.lab.checking import Checks
from helpers.lab.cleaning import clean
from helpers.lab.comparing import compared
from helpers.lab.equipment import Equipment
from helpers.lab.handles import Comparison, Image, counted, image_of, reading
from helpers.lab.image_builds import ImageBuilds, as_bytes
from helpers.learning import exercise, progress, quiz
from helpers.learning.choice import Choice
from helpers.learning.exercise import Check, Exercise, Hint
from helpers.learning.prediction import Prediction
from helpers.learning.progress import Progress
from helpers.learning.quiz import Quiz
from helpers.learning.workbench import Workbench
from helpers.registry.server import Registry
from helpers.run import debug
from helpers.run.container_run import Run
from helpers.view import facts
from helpers.view.blocks import Block
from helpers.view.frontend import place
from helpers.view.notebook import install
from helpers.view.parts import parts

TOOLS = "busybox:1.37"
"""The base whose tools a sidecar has."""


class Lab(Value):
    """One engine and what is done with it.

    engine   an `Engine`; without it, the first that answers, or a private one
    bases    where base images come from (`hub`, `stand-ins`, an archive's path); without it,
             `LAB_BASES`, or the first source that works
    builder  the lowest version of BuildKit that will do, as `"0.13"`
    store    the image store that it must have: `containerd` or `graph`

    Where the engine lacks what is asked for, the lab starts a newer one of its own, which is made
    the first time (about a minute) and gets its bases from the first.

    Raises EngineError where there is no engine and none can be started.
    """

    def __init__(
        self,
        *,
        engine: Engine | None = None,
        bases: str | None = None,
        builder: str = "",
        store: str = "",
    ) -> None:
        install()
        self._equipment = Equipment(engine, bases, Needs(builder, store))
        self.engine, self.bases = self._equipment.engine, self._equipment.bases
        self._builds = ImageBuilds(self.engine, self.bases)
        self._checks = Checks(self._builds)
        atexit.register(self.close)

    def build(
        self,
        what: str | Path,
        *,
        dockerfile: str | Path | None = None,
        target: str | None = None,
        args: Mapping[str, str] | None = None,
        secrets: Mapping[str, str | bytes] | None = None,
        no_cache: bool = False,
        rewrite_timestamp: bool = False,
    ) -> Image:
        """Builds an image, with live progress, and returns it.

        what        a variant's key (`c-hello/gcc`), or a context: a Path, or a str that begins
                    with ., / or ~
        dockerfile  text if it has a newline, else a path relative to the context; without it,
                    the context's `Dockerfile`
        target      the stage to stop at
        args        build arguments
        secrets     by id, what `RUN --mount=type=secret` shows to a step
        no_cache    whether every step is done again
        rewrite_timestamp  whether files of new layers that are younger than the build argument
                    SOURCE_DATE_EPOCH get that time

        Raises BuildFailed; BaseUnavailable; LabError for a variant or context that isn't there.
        """
        options = BuildOptions(
            target=target,
            args=args or {},
            secrets=as_bytes(secrets or {}),
            no_cache=no_cache,
            rewrite_timestamp=rewrite_timestamp,
        )
        if isinstance(what, str) and not what.startswith((".", "/", "~")):
            return self._builds.build_variant(samples.variant(what), options)
        return self._builds.build_folder(what, dockerfile, options)

    def import_tar(self, tar: str | Path, name: str, *, command: Sequence[str]) -> Image:
        """Makes an image without a Dockerfile, with a tar as its only layer.

        tar      a file, compressed or not
        name     of the image, as `page:imported`
        command  what its containers start, word by word

        Raises LabError for a file that is no tar, or a name that is none.
        """
        return imports.import_tar(self.engine, tar, name, command)

    def load(self, tar: str | Path, name: str) -> Image:
        """Loads an image that another tool made, and names it.

        tar   what `docker save` writes, or an OCI layout; compressed or not
        name  of the image, as `page:bazel`

        Raises LabError for a file that is neither, or a name that is none.
        """
        return imports.load(self.engine, tar, name)

    def image(self, reference: str) -> Image:
        """An image that the engine has, by the engine's own name for it; never a stand-in's.

        Raises LabError where the engine has no such image.
        """
        return counted(self._open(reference))

    def compare(self, *what: str | Image) -> Comparison:
        """Builds and runs images, and puts them side by side.

        what  patterns of variants' keys (`c-hello/*`) and Images, in the order of the rows.
              A variant whose build is meant to fail is left out.
        """
        return compared(self._builds, what)

    def packages(self, image: Image | str) -> Packages:
        """The packages that an image has a record of, where scanners look: Debian's, Alpine's,
        and the modules in Go programs. Reads the layers.

        Raises LabError where the engine has no image of that name.
        """
        found = self._open(image)
        with found.rootfs as fs:
            return packages(fs, found.files)

    def explore(self, image: Image | str) -> Explorer:
        """Opens an Image, or any image of the engine by its name, layer by layer and file by file.
        Raises LabError where the engine has no such image."""
        found = self._open(image)
        if place() != "front end":  # there the page opens at once, and is filled while it reads
            found.read()
        return Explorer(found)

    def workbench(self, program: str = "c-hello") -> Workbench:
        """The variant lab: choose a program's bases and linking, build, and compare. Raises
        LabError for an unknown program."""
        return Workbench(Choice(program=program).fitting(), self._builds.try_choice)

    def difference(self, first: str | Image, second: str | Image) -> Difference:
        """What two images differ in, file by file: what only one has, and what changed.

        first, second  Images, or names of images as `image` takes them

        Raises LabError where the engine has no such image, or doesn't send a layer.
        """
        before, after = self._open(first), self._open(second)
        with reading(f"{before.name} and {after.name}") as on_bytes:
            return difference(before, after, on_bytes)

    def shared(self, *images: Image | str) -> Shared:
        """What several images need together: their layers, each counted once.

        images  Images, or names of images as `image` takes them

        Raises LabError where the engine has no such image, or none is named.
        """
        return shared([self._open(image) for image in images])

    def registry(self) -> Registry:
        """Starts a registry of the lab's own: Debian's docker-registry in a container, whose image
        is built the first time. It ends when it is closed, or the lab is.

        Raises BuildFailed; BaseUnavailable; LabError where it does not start.
        """
        return self._equipment.registry()

    def advise(self, what: Image | str | Path) -> Advice:
        """Where the bytes of an image are, and what each remedy would save, ranked.

        what  an Image, or the name of one; or something to build first: a variant's key, or the
              path of a folder or of a Dockerfile in its folder, beginning with `.`, `/` or `~`

        Raises as `build` and `image` do.
        """
        return advise(advising.subject_of(self.engine, self._builds, what))

    def prove(self, advice: Advice) -> Proof:
        """Builds an advice's rewritten Dockerfile, measures the image, and runs both images.

        Where the new one fails, is no smaller or prints something else, the proof says so and
        proposes nothing. Raises EngineError.
        """
        return advising.prove(self._builds, advice)

    def exercise(self, number: str) -> Exercise:
        """The exercise of a notebook, by the notebook's number (`"03"`)."""
        return exercise.exercise(number)

    def check(self, number: str, dockerfile: str) -> Check:
        """Builds a learner's Dockerfile for an exercise and says which conditions are not met.

        A Dockerfile that can't be built raises nothing: the check says so. An exercise whose
        conditions are met is kept in the learner's progress.
        """
        return self._checks.check(number, dockerfile)

    def hint(self, number: str) -> Hint:
        """The next hint for the first condition that the exercise's last check found unmet.

        Raises LabError where nothing was checked yet, or nothing is left to do.
        """
        return self._checks.hint(number)

    def predict(self, *choices: str) -> Prediction:
        """Asks for a prediction: a size, or one of the choices. Its `measured` then shows the
        result beside the guess."""
        return Prediction(*choices)

    def quiz(self, number: str) -> Quiz:
        """The questions of a notebook, by its number. Raises LabError for one that has none."""
        return quiz.quiz(number)

    def progress(self) -> Progress:
        """How far the learner is in every notebook, as the file of their progress has it."""
        return progress.read()

    def sidecar(self, container: RunningContainer, command: str) -> Run:
        """Runs a shell command with BusyBox's tools beside a running container, in its process and
        network namespaces; see `helpers.run.debug.sidecar`."""
        return debug.sidecar(container, command, self.base(TOOLS).reference)

    def base(self, name: str) -> Base:
        """Makes a base image local and says where it came from. Raises BaseUnavailable."""
        return self._builds.base(name)

    def prefetch(self) -> None:
        """Fetches the bases of part one in the background, in the notebooks' order. A language's
        bases come with its notebook. It stops at the first base that isn't available."""
        threading.Thread(target=self._equipment.prefetch, daemon=True, name="prefetch").start()

    def clean(self, *, bases: bool = False) -> None:
        """Removes the containers, networks and images that this lab made, and nothing else. The
        build cache is removed only from the lab's own engine.

        bases  whether stand-in bases go too, which take minutes to make again
        """
        clean(self.engine)
        if bases:
            self.bases.clean()

    def close(self) -> None:
        """Leaves the engine; the last to leave a private one stops it."""
        atexit.unregister(self.close)
        self._equipment.close()

    def _open(self, image: Image | str) -> Image:
        """An Image, or the engine's of that name."""
        return image_of(self.engine, image) if isinstance(image, str) else image


@parts.register
def _parts(lab: Lab) -> Iterator[Block]:
    yield from facts.lab(lab.engine, lab.bases.source_line)
