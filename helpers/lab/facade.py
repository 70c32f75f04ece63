"""The lab: one engine, its bases, and everything that a notebook does with them."""

from __future__ import annotations

import atexit
import json
import shlex
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from helpers import newer, samples
from helpers import registry as registries
from helpers.advice import proof as proofs
from helpers.advice.advise import Advice, advise
from helpers.advice.proof import Proof
from helpers.bases.source import PART_ONE, Base, Bases
from helpers.build.options import BuildOptions
from helpers.compare import compare
from helpers.core import names
from helpers.core.errors import LabError
from helpers.core.events import CancellationToken, Event
from helpers.core.value import Value
from helpers.dockerfile import instructions as dockerfiles
from helpers.engine import transfer
from helpers.engine.client import Engine
from helpers.engine.find import find_engine
from helpers.engine.needs import Needs
from helpers.image.difference import Difference, difference
from helpers.image.explorer import Explorer
from helpers.image.from_tar import import_tar
from helpers.image.from_tar import load as loaded
from helpers.image.layers import Heard
from helpers.image.packages import Packages, packages
from helpers.image.shared import Shared, shared
from helpers.lab.cleaning import clean
from helpers.lab.handles import Comparison, Image, image_of
from helpers.lab.image_builds import ImageBuilds
from helpers.learning import exercise as exercises
from helpers.learning import progress as kept
from helpers.learning import quiz as quizzes
from helpers.learning.exercise import Check, Hint
from helpers.learning.prediction import Prediction
from helpers.learning.recipe import Choice
from helpers.learning.workbench import Workbench
from helpers.registry import Registry
from helpers.run import debug
from helpers.run.container_run import Run, run
from helpers.run.debug import RunningContainer
from helpers.samples import Expected, Variant
from helpers.view import alive, facts
from helpers.view import live_progress as progress
from helpers.view.blocks import Block
from helpers.view.frontend import place
from helpers.view.notebook import install
from helpers.view.parts import parts

SERVES = 3
"""Seconds after which a program that is to wait for ever is taken to do so."""

SIDE_BY_SIDE = 2
"""Builds at once: most of them wait for a compiler on one core or for a download."""

TOOLS = "busybox:1.37"
"""The base whose tools a sidecar has."""


class Lab(Value):
    """One engine and what is done with it.

    engine  an `Engine`; without it, the first that answers, or a private one
    bases   where base images come from (`hub`, `stand-ins`, an archive's path); without it,
            `LAB_BASES`, or the first source that works
    builder the lowest version of BuildKit that will do, as `"0.13"`
    store   the image store that it must have: `containerd` or `graph`

    Where that engine has not got what is asked for, the lab is on a newer one of its own, which is
    made the first time (about a minute), and gets its bases from the other.

    Raises EngineError where no engine can be had.
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
        needs = Needs(builder, store)
        self.engine = engine or find_engine()
        self.bases = Bases(self.engine, source=bases)
        self._first: Engine | None = None
        self._first_bases: Bases | None = None
        self._registries: list[Registry] = []
        if not needs.met_by(self.engine):
            self._first, self._first_bases = self.engine, self.bases
            with alive.page(), progress.listener("a newer engine") as listen:
                self.engine = newer.engine(self._first, self.bases, needs, listen)
            self.bases = Bases(self.engine, beside=self.bases)
        self.bases.decide()
        self._builds = ImageBuilds(self.engine, self.bases)
        self._hints = exercises.Hints()
        atexit.register(self.close)

    @alive.page()
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

        Raises BuildFailed; LabError for a variant or a context that isn't there; BaseUnavailable.
        """
        options = BuildOptions(
            target=target,
            args=args or {},
            secrets=_as_bytes(secrets or {}),
            no_cache=no_cache,
            rewrite_timestamp=rewrite_timestamp,
        )
        if isinstance(what, str) and not what.startswith((".", "/", "~")):
            return self._sized(self._builds.build_variant(samples.variant(what), options))
        return self._sized(self._builds.build_folder(what, dockerfile, options))

    def import_tar(self, tar: str | Path, name: str, *, command: Sequence[str]) -> Image:
        """Makes an image without a Dockerfile: the tar is its only layer.

        tar      a file, compressed or not
        name     of the image, as `page:imported`
        command  what its containers start, word by word

        Raises LabError for what is no tar, or no name of an image.
        """
        tag = _named(name)
        path = Path(tar).expanduser()
        labels = {names.OWNER_LABEL: names.owner()}
        import_tar(self.engine, path, tag=tag, command=command, labels=labels)
        changes = ["--change", f"CMD {json.dumps(list(command))}"]
        shown = shlex.join(["docker", "import", *changes, str(tar), tag])
        return self._sized(image_of(self.engine, tag, command=shown))

    def load(self, tar: str | Path, name: str) -> Image:
        """Gives the engine an image that another tool made, and names it.

        tar   what `docker save` writes, or an OCI layout; compressed or not
        name  of the image, as `page:bazel`

        Raises LabError for what is neither, or no name of an image.
        """
        tag = _named(name)
        path = Path(tar).expanduser()
        loaded(self.engine, path, tag)
        shown = shlex.join(["docker", "load", "-i", str(tar)])
        return self._sized(image_of(self.engine, tag, command=shown))

    def image(self, reference: str) -> Image:
        """An image that the engine has, by the engine's own name for it; never a stand-in's.

        Raises LabError where the engine has no such image.
        """
        return self._sized(self._open(reference))

    @alive.page()
    def compare(self, *what: str | Image) -> Comparison:
        """Builds and runs what is named, and puts it side by side.

        what  patterns of variants' keys (`c-hello/*`) and Images, in the order of the rows.
              A variant that is made to fail its build is left out.
        """
        items: list[Variant | Image] = []
        for each in what:
            items += samples.variants(each) if isinstance(each, str) else [each]
        wanted = [i for i in items if not (isinstance(i, Variant) and i.fails)]
        rows = [i for i in wanted if isinstance(i, Variant)]
        for name in {n for v in rows for n in dockerfiles.references(v.text, v.args)}:
            self.base(name)
        stops = CancellationToken()
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            try:
                measured = list(pool.map(lambda i: self._measure(i, stops), wanted))
                return Comparison(compare(measured).rows)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                stops.stop()
                raise

    @alive.page()
    def packages(self, image: Image | str) -> Packages:
        """The packages that an image has a record of, as scanners find them: Debian's, Alpine's,
        and the modules in Go programs. Reads the layers.

        Raises LabError where the engine has no image of that name.
        """
        found = self._open(image)
        with found.rootfs as fs:
            return packages(fs, found.files)

    def explore(self, image: Image | str) -> Explorer:
        """An image to look into, layer by layer and file by file: one of the lab's, or any that the
        engine has, by name. Raises LabError where it has none of that name."""
        found = self._open(image)
        if place() != "front end":  # a page opens at once, and shows what comes
            found.read()
        return Explorer(found)

    def workbench(self, program: str = "c-hello") -> Workbench:
        """The variant lab: choose a program's bases and linking, build, and compare.

        Raises LabError for a program that can't be chosen.
        """

        @alive.page()
        def build_choice(context: Path, text: str) -> tuple[Image, Run]:
            name = f"workbench:{zlib.crc32(text.encode()):08x}"
            tag = names.TAG_PREFIX + name
            shown = ["-f", "-", str(context)]
            title = f"build {context.name}"
            image = self._builds.build_text(context, text, tag=tag, shown=shown, title=title)
            return image, image.run()

        return Workbench(Choice(program=program).fitting(), build_choice)

    @alive.page()
    def difference(self, first: str | Image, second: str | Image) -> Difference:
        """What two images differ in, file by file: what only one has, and what changed.

        first, second  Images, or the engine's names of images, as `image` takes them

        Raises LabError where the engine has no such image, or doesn't send a layer.
        """
        before, after = (self._open(i) for i in (first, second))
        with _reading(f"{before.name} and {after.name}") as heard:
            return difference(before, after, heard)

    def shared(self, *images: Image | str) -> Shared:
        """What several images need together: their layers, each counted once.

        images  Images, or the engine's names of images, as `image` takes them

        Raises LabError where the engine has no such image, or none is named.
        """
        return shared([self._open(image) for image in images])

    @alive.page()
    def registry(self) -> Registry:
        """Starts a registry of the lab's own on its engine: Debian's docker-registry in a
        container, whose image is built the first time. It ends when it is closed, or the lab.

        Raises BuildFailed, LabError where it does not start; BaseUnavailable.
        """
        # What a newer engine runs is made by the first, which has made it for itself.
        maker, bases = self._first or self.engine, self._first_bases or self.bases
        with progress.listener("a registry") as listen:
            registries.make(maker, bases.ensure(registries.BASE, listen).reference, listen)
            if maker is not self.engine:
                transfer.bring(maker, self.engine, registries.TAG, listen)
            started = Registry.start(self.engine)
        self._registries.append(started)
        return started

    @alive.page()
    def advise(self, what: Image | str | Path) -> Advice:
        """Where the bytes of an image are, and what each remedy would save, ranked.

        what  an Image; a name that the engine has; or what is built first: a variant's key, a
              folder, or the path of a Dockerfile in its folder, with a `.`, `/` or `~` before it

        Raises as `build` and `image` do.
        """
        if isinstance(what, Image):
            return advise(what)
        text = str(what)
        if isinstance(what, Path) or text.startswith((".", "/", "~")):
            path = Path(what).expanduser()
            named = {"dockerfile": path.name} if path.is_file() else {}
            return advise(self.build(path.parent if named else path, **named))
        is_key = any(variant.key == text for variant in samples.variants())
        return advise(self.build(text) if is_key else self.image(text))

    @alive.page()
    def prove(self, advice: Advice) -> Proof:
        """Builds the Dockerfile that an advice has rewritten, measures it, and runs both images.

        Where that fails, is no smaller or prints something else, the proof says so and proposes
        nothing. Raises EngineError.
        """

        def build_again(text: str) -> Image:
            context = proofs.context_of(advice.image)
            return self._builds.build_text(
                context,
                text,
                tag=names.TAG_PREFIX + proofs.tag_of(advice.image),
                shown=["-f", "-", str(context)],
                options=BuildOptions(args=proofs.args_of(advice.image)),
                before=advice.image.dockerfile,
                path=Path(advice.image.file) if advice.image.file else None,
            )

        return proofs.prove(advice, build_again)

    def exercise(self, number: str) -> exercises.Exercise:
        """The exercise of a notebook, by the notebook's number (`"03"`)."""
        return exercises.exercise(number)

    @alive.page()
    def check(self, number: str, dockerfile: str) -> Check:
        """Builds a learner's Dockerfile for an exercise and says which conditions are not met.

        Nothing is raised for a Dockerfile that can't be built: the check says so. An exercise that
        is met is kept in the learner's progress.
        """
        found = self._hints.hear(self._check(exercises.exercise(number), dockerfile))
        if found.ok:
            try:
                kept.keep_exercise(number)
            except LabError as error:
                return replace(found, note=str(error))
        return found

    def hint(self, number: str) -> Hint:
        """The next hint for what the last check of that exercise found unmet first.

        Raises LabError where nothing was checked, or nothing is left to do.
        """
        return self._hints.next(number)

    def predict(self, *choices: str) -> Prediction:
        """Asks for a prediction: of a size, or of one of the choices. Its `measured` then puts what
        came of it beside the guess."""
        return Prediction(*choices)

    def quiz(self, number: str) -> quizzes.Quiz:
        """The questions of a notebook, by its number. Raises LabError for one that has none."""
        return quizzes.quiz(number)

    def progress(self) -> kept.Progress:
        """How far the learner is in every notebook, as the file of their progress has it."""
        return kept.read()

    def _check(self, task: exercises.Exercise, dockerfile: str) -> Check:
        if not dockerfiles.instructions(dockerfile):
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

    @alive.page()
    def sidecar(self, container: RunningContainer, command: str) -> Run:
        """Runs a shell command with BusyBox's tools beside a running container, in its process and
        network namespaces; see `helpers.run.debug.sidecar`."""
        return debug.sidecar(container, command, self.base(TOOLS).reference)

    @alive.page()
    def base(self, name: str) -> Base:
        """Makes a base image local and says where it came from. Raises BaseUnavailable."""
        return self._builds.base(name)

    def prefetch(self) -> None:
        """Fetches the bases of part one in the background, in the notebooks' order; a language's
        come when its notebook asks for them.

        It ends at the first that can't be had: the build that needs that one says why.
        """

        def fetch() -> None:
            for name in self.bases.in_order(PART_ONE):
                try:
                    self.bases.ensure(name)
                except LabError:
                    return

        threading.Thread(target=fetch, daemon=True, name="prefetch").start()

    def clean(self, *, bases: bool = False) -> None:
        """Removes the containers, networks and images that this lab made, and nothing else.

        The build cache goes only where the engine is the lab's own.

        bases  the stand-in bases too, which take minutes to make again
        """
        clean(self.engine)
        if bases:
            self.bases.clean()

    def close(self) -> None:
        """Leaves the engine; the last to leave a private one stops it."""
        atexit.unregister(self.close)
        for each in self._registries:
            with suppress(LabError):
                each.close()
        self.engine.close()
        if self._first:
            self._first.close()

    def _open(self, image: Image | str) -> Image:
        """An Image, or the engine's of that name."""
        return image_of(self.engine, image) if isinstance(image, str) else image

    def _sized(self, image: Image) -> Image:
        """The image, once its size is counted: whoever shows it later asks nobody."""
        with _reading(image.name) as heard:
            image.count(heard)
        return image

    def _measure(
        self, item: Variant | Image, stops: CancellationToken
    ) -> tuple[Variant | None, Image, Run]:
        if isinstance(item, Variant):
            variant, image = item, self._builds.build_variant(item, stops=stops)
        else:
            variant, image = samples.variant(item.key) if item.key else None, item
        expected = variant.expected if variant else Expected()
        # what has not ended by then is a server that serves
        timeout = SERVES if expected.keeps_running else 60
        return variant, image, run(image, expected.command, timeout=timeout, stops=stops)


def _named(name: str) -> str:
    """The lab's tag of that name. Raises LabError for what can't be one."""
    if not names.VERSIONED.fullmatch(name):
        raise LabError(
            f"{name!r} can't be the name of an image: take small letters and digits, with a "
            "colon before its version, as in `page:imported`."
        )
    return names.TAG_PREFIX + name


@contextmanager
def _reading(what: str) -> Iterator[Heard]:
    """Draws how far layers are read."""
    with progress.listener(f"read {what}") as listen:
        step = f"the layers of {what}"

        def heard(read: int, total: int) -> None:
            listen(Event("read", step, "done" if read >= total else "running", read, total))

        yield heard


def _as_bytes(secrets: Mapping[str, str | bytes]) -> dict[str, bytes]:
    return {
        name: value.encode() if isinstance(value, str) else value for name, value in secrets.items()
    }


@parts.register
def _parts(lab: Lab) -> Iterator[Block]:
    yield from facts.lab(lab.engine, lab.bases.source_line)
