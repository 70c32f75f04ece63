"""The lab: one engine, its bases, and everything that a notebook does with them."""

from __future__ import annotations

import atexit
import json
import shlex
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from helpers import debug, names, newer, registries, samples
from helpers.advice import proof as proofs
from helpers.advice.advice import Advice, advise
from helpers.advice.proof import Proof
from helpers.bases.source import PART_ONE, Base, Bases
from helpers.building import dockerfile as dockerfiles
from helpers.building.build import build
from helpers.building.imported import import_tar
from helpers.building.loaded import load as loaded
from helpers.compare import Comparison, compare
from helpers.debug import Running
from helpers.engines import transfer
from helpers.engines.engine import Engine
from helpers.engines.needs import Needs, described
from helpers.errors import LabError
from helpers.images import records
from helpers.images.difference import Difference, difference
from helpers.images.explorer import Explorer
from helpers.images.image import Image, image_of
from helpers.images.packages import Packages, packages
from helpers.images.shared import Shared, shared
from helpers.learning import exercise as exercises
from helpers.learning import progress as kept
from helpers.learning import quiz as quizzes
from helpers.learning.exercise import Check, Hint
from helpers.learning.prediction import Prediction
from helpers.learning.recipe import Choice
from helpers.learning.workbench import Workbench
from helpers.registries import Registry
from helpers.running.run import Run, run
from helpers.samples import Expected, Variant
from helpers.show import alive, progress
from helpers.show.place import place
from helpers.stops import Stops
from helpers.value import Value

if TYPE_CHECKING:
    from docker import DockerClient

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
        needs = Needs(builder, store)
        self.engine = engine or Engine.find()
        self.bases = Bases(self.engine, source=bases)
        self._first: Engine | None = None
        self._first_bases: Bases | None = None
        self._registries: list[Registry] = []
        if not needs.met_by(self.engine):
            self._first, self._first_bases = self.engine, self.bases
            with alive.page(), progress.listener("a newer engine") as listen:
                self.engine = newer.engine(self._first, self.bases, needs, listen)
            self.bases = Bases(self.engine, beside=self.bases)
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
        if isinstance(what, str) and not what.startswith((".", "/", "~")):
            return self._build_variant(
                samples.variant(what),
                target=target,
                args=args,
                secrets=secrets,
                no_cache=no_cache,
                rewrite_timestamp=rewrite_timestamp,
            )
        context = Path(what).expanduser()
        text, path = _dockerfile(context, dockerfile)
        named = ["-f", "-"] if path is None else ["-f", str(path)] if dockerfile else []
        folder = context.resolve()
        return self._build(
            folder,
            text,
            tag=f"{names.TAG_PREFIX}{_tag_part(folder.name)}:yours",
            shown=[*named, str(what)],
            target=target,
            args=args,
            secrets=secrets,
            no_cache=no_cache,
            rewrite_timestamp=rewrite_timestamp,
            path=path,
        )

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
        return image_of(self.engine, tag, command=shown)

    def load(self, tar: str | Path, name: str) -> Image:
        """Gives the engine an image that another tool made, and names it.

        tar   what `docker save` writes, or an OCI layout; compressed or not
        name  of the image, as `page:bazel`

        Raises LabError for what is neither, or no name of an image.
        """
        tag = _named(name)
        path = Path(tar).expanduser()
        loaded(self.engine, path, tag)
        return image_of(self.engine, tag, command=shlex.join(["docker", "load", "-i", str(tar)]))

    def image(self, reference: str) -> Image:
        """An image that the engine has, by the engine's own name for it; never a stand-in's.

        Raises LabError where the engine has no such image.
        """
        return image_of(self.engine, reference)

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
        for name in {n for v in wanted if isinstance(v, Variant) for n in self._references(v)}:
            self.base(name)
        stops = Stops()
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            try:
                return compare(list(pool.map(lambda i: self._measure(i, stops), wanted)))
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
        image = self.image(image) if isinstance(image, str) else image
        with image.rootfs as fs:
            return packages(fs, image.files)

    def explore(self, image: Image | str) -> Explorer:
        """An image to look into, layer by layer and file by file: one of the lab's, or any that the
        engine has, by name. Raises LabError where it has none of that name."""
        return Explorer(self.image(image) if isinstance(image, str) else image)

    def workbench(self, program: str = "c-hello") -> Workbench:
        """The variant lab: choose a program's bases and linking, build, and compare.

        Raises LabError for a program that can't be chosen.
        """

        def build_choice(context: Path, text: str) -> Image:
            name = f"workbench:{zlib.crc32(text.encode()):08x}"
            tag = names.TAG_PREFIX + name
            shown = ["-f", "-", str(context)]
            return self._build(context, text, tag=tag, shown=shown, title=f"build {context.name}")

        return Workbench(Choice(program=program).fitting(), build_choice)

    @alive.page()
    def difference(self, first: str | Image, second: str | Image) -> Difference:
        """What two images differ in, file by file: what only one has, and what changed.

        first, second  Images, or the engine's names of images, as `image` takes them

        Raises LabError where the engine has no such image, or doesn't send a layer.
        """
        before, after = (self.image(i) if isinstance(i, str) else i for i in (first, second))
        found = difference(before, after)
        return found if place() == "front end" else found.read()  # a page shows it while it reads

    def shared(self, *images: Image | str) -> Shared:
        """What several images need together: their layers, each counted once.

        images  Images, or the engine's names of images, as `image` takes them

        Raises LabError where the engine has no such image, or none is named.
        """
        return shared([self.image(i) if isinstance(i, str) else i for i in images])

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
            return self._build(
                context,
                text,
                tag=names.TAG_PREFIX + proofs.tag_of(advice.image),
                shown=["-f", "-", str(context)],
                args=proofs.args_of(advice.image),
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
            return self._build(
                task.context,
                dockerfile.lstrip("\n"),
                tag=f"{names.TAG_PREFIX}exercise:{name}",
                shown=["-f", "Dockerfile", "."],
                target=target,
                no_cache=again,
            )

        try:
            image = stage(None)
        except LabError as failure:
            return exercises.not_built(task, str(failure))
        return exercises.check(task, image, stage, lambda: stage(None, again=True))

    @alive.page()
    def sidecar(self, container: Running, command: str) -> Run:
        """Runs a shell command with BusyBox's tools beside a running container, in its process and
        network namespaces; see `helpers.debug.sidecar`."""
        return debug.sidecar(container, command, self.base(TOOLS).reference)

    @alive.page()
    def base(self, name: str) -> Base:
        """Makes a base image local and says where it came from. Raises BaseUnavailable."""
        with progress.listener(f"base {name}") as listen:
            return self.bases.ensure(name, listen)

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

        What you build on one of its images, or start from one, inherits its label: so a container
        has to have the lab's name too, and an image the lab's tag or its record. The build cache
        goes only where the engine is the lab's own.

        bases  the stand-in bases too, which take minutes to make again
        """
        client = self.engine.client
        label = {"label": f"{names.OWNER_LABEL}={names.owner()}"}
        for container in client.containers.list(all=True, filters=label):
            if container.name.startswith(names.CONTAINER_PREFIX):
                container.remove(force=True, v=True)
        for network in client.networks.list(filters=label):
            network.remove()
        # The engine's list says enough; the SDK would ask for each image again.
        named = client.api.images(filters={"reference": f"{names.TAG_PREFIX}*"})
        # what was loaded carries nobody's label
        loads = [i for i in named if names.OWNER_LABEL not in (i["Labels"] or {})]
        loads = [i for i in loads if records.known(i["Id"])]
        for image in [*client.api.images(filters=label), *loads]:
            tags = [tag for tag in image["RepoTags"] or () if tag != "<none>:<none>"]
            ours = [tag for tag in tags if _is_ours(tag)]
            if not tags and records.known(image["Id"]):
                ours = [image["Id"]]
            for name in ours:
                _remove_image(client, name)
        if self.engine.private:
            client.api.prune_builds()
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

    def _build_variant(
        self,
        variant: Variant,
        *,
        target: str | None = None,
        args: Mapping[str, str] | None = None,
        secrets: Mapping[str, str | bytes] | None = None,
        no_cache: bool = False,
        rewrite_timestamp: bool = False,
        stops: Stops | None = None,
    ) -> Image:
        if not Needs(variant.builder).met_by(self.engine):
            raise LabError(
                f"{variant.key} needs BuildKit {variant.builder}, and {described(self.engine)}: "
                f"build it in a `Lab(builder={variant.builder!r})`."
            )
        dockerfile = variant.dockerfile.relative_to(names.ROOT)
        context = variant.context.relative_to(names.ROOT)
        # Another stage is another image: it must not take the variant's name or its figures.
        whole = target is None
        return self._build(
            variant.context,
            variant.text,
            tag=variant.tag if whole else f"{variant.tag}-{target}",
            key=variant.key if whole else None,
            before=samples.variant(variant.after).text if variant.after else None,
            shown=["-f", dockerfile.as_posix(), context.as_posix()],
            target=target or variant.target,
            args={**variant.args, **(args or {})},
            secrets=secrets,
            no_cache=no_cache,
            rewrite_timestamp=rewrite_timestamp,
            path=variant.dockerfile,
            stops=stops,
        )

    def _build(
        self,
        context: Path,
        text: str,
        *,
        tag: str,
        shown: list[str],
        key: str | None = None,
        before: str | None = None,
        target: str | None = None,
        args: Mapping[str, str] | None = None,
        secrets: Mapping[str, str | bytes] | None = None,
        no_cache: bool = False,
        rewrite_timestamp: bool = False,
        path: Path | None = None,
        title: str | None = None,
        stops: Stops | None = None,
    ) -> Image:
        args = args or {}
        hidden = {
            name: value.encode() if isinstance(value, str) else value
            for name, value in (secrets or {}).items()
        }
        title = title or f"build {tag.removeprefix(names.TAG_PREFIX)}"
        bases = [self.base(name) for name in dockerfiles.references(text, args)]
        with progress.listener(title) as listen:
            built = build(
                self.engine,
                context,
                text,
                tag=tag,
                bases={base.name: base.reference for base in bases},
                target=target,
                args=args,
                labels={names.OWNER_LABEL: names.owner()},
                secrets=hidden,
                no_cache=no_cache,
                rewrite_timestamp=rewrite_timestamp,
                listener=listen,
                dockerfile_path=path,
                stops=stops,
            )
        return image_of(
            self.engine,
            tag,
            key=key,
            before=before,
            dockerfile=text,
            command=_command(
                tag, shown, target, args, hidden, no_cache=no_cache, rewrites=rewrite_timestamp
            ),
            bases=tuple(bases),
            target=target,
            context_size=built.context_size,
            context=str(context),
            file=str(path) if path else None,
            args=dict(args),
            secrets=bool(hidden),
        )

    def _references(self, variant: Variant) -> list[str]:
        return dockerfiles.references(variant.text, variant.args)

    def _measure(self, item: Variant | Image, stops: Stops) -> tuple[Variant | None, Image, Run]:
        if isinstance(item, Variant):
            variant, image = item, self._build_variant(item, stops=stops)
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


def _is_ours(tag: str) -> bool:
    """Whether an image has that name from the lab, or from a registry of the lab."""
    host, _, path = tag.partition("/")
    pulled = host.startswith("127.0.0.1:") and path.startswith(names.REGISTRY_FOLDER)
    return pulled or tag.startswith(names.TAG_PREFIX)


def _dockerfile(context: Path, dockerfile: str | Path | None) -> tuple[str, Path | None]:
    """The text, and the file that it is from, if it is from one."""
    if isinstance(dockerfile, str) and "\n" in dockerfile:
        return dockerfile.lstrip("\n"), None
    path = context / (dockerfile or "Dockerfile")
    if not context.is_dir():
        raise LabError(f"There is no folder {str(context)!r} to build in: check the path.")
    try:
        return path.read_text(encoding="utf-8"), path
    except OSError as error:
        raise LabError(
            f"The Dockerfile {str(path)!r} can't be read ({error.strerror}): "
            "name the right one with dockerfile=."
        ) from None
    except UnicodeDecodeError:
        raise LabError(
            f"The Dockerfile {str(path)!r} is not in UTF-8, which builders expect: save it so."
        ) from None


def _command(
    tag: str,
    shown: list[str],
    target: str | None,
    args: Mapping[str, str],
    secrets: Iterable[str] = (),
    *,
    no_cache: bool = False,
    rewrites: bool = False,
) -> str:
    options = ["--target", target] if target else []
    options += ["--no-cache"] if no_cache else []
    options += ["--output", "type=image,unpack=false,rewrite-timestamp=true"] if rewrites else []
    for name, value in args.items():
        options += ["--build-arg", f"{name}={value}"]
    for name in secrets:
        options += ["--secret", f"id={name}"]
    return shlex.join(["docker", "build", "-t", tag, *options, *shown])


def _tag_part(name: str) -> str:
    """A folder's name as an image's name may be: lower case, no odd characters."""
    kept = "".join(c if c.isalnum() and c.isascii() else "-" for c in name.lower())
    return kept.strip("-") or "context"


def _remove_image(client: DockerClient, name: str) -> None:
    import docker.errors

    try:
        client.images.remove(name)
    except docker.errors.ImageNotFound:
        pass  # it went with another that shared its layers
    except docker.errors.APIError as error:
        if error.status_code != 409:  # in use by somebody's container: it stays
            raise
