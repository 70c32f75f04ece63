"""Builds a lab's images: makes the bases local, has the engine build, and records how."""

from __future__ import annotations

import shlex
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from helpers import samples
from helpers.bases.source import Base, Bases
from helpers.build.builder import build
from helpers.build.options import PLAIN, BuildOptions
from helpers.core import names
from helpers.core.errors import LabError
from helpers.core.events import CancellationToken
from helpers.dockerfile import instructions as dockerfiles
from helpers.engine.client import Engine
from helpers.engine.needs import Needs, described
from helpers.lab.handles import Image, counted, image_of
from helpers.run.container_run import Run
from helpers.samples import Variant
from helpers.view import live_progress


class ImageBuilds:
    """Builds on one engine, with live progress.

    engine  the engine
    bases   where its base images come from

    Every method that builds raises BuildFailed and BaseUnavailable.
    """

    def __init__(self, engine: Engine, bases: Bases) -> None:
        self._engine = engine
        self._bases = bases

    def base(self, name: str) -> Base:
        """Makes a base image local and says where it came from. Raises BaseUnavailable."""
        with live_progress.listener(f"base {name}") as listen:
            return self._bases.ensure(name, listen)

    def build_variant(
        self,
        variant: Variant,
        options: BuildOptions = PLAIN,
        *,
        token: CancellationToken | None = None,
    ) -> Image:
        """Builds a variant, with its own target and arguments where the options name none.

        Raises LabError where the engine's builder is too old for it.
        """
        if not Needs(variant.builder).met_by(self._engine):
            raise LabError(
                f"{variant.key} needs BuildKit {variant.builder}, and {described(self._engine)}: "
                f"build it in a `Lab(builder={variant.builder!r})`."
            )
        dockerfile = variant.dockerfile.relative_to(names.ROOT)
        context = variant.context.relative_to(names.ROOT)
        stage = options.target
        # another stage is another image, which must not pass for the variant
        return self.build_text(
            variant.context,
            variant.text,
            tag=f"{variant.tag}-{stage}" if stage else variant.tag,
            key=None if stage else variant.key,
            before=samples.variant(variant.after).text if variant.after else None,
            shown=["-f", dockerfile.as_posix(), context.as_posix()],
            options=replace(
                options,
                target=stage or variant.target,
                args={**variant.args, **options.args},
            ),
            path=variant.dockerfile,
            token=token,
        )

    def build_folder(
        self, what: str | Path, dockerfile: str | Path | None, options: BuildOptions
    ) -> Image:
        """Builds a learner's folder.

        what        the context, as the learner wrote it
        dockerfile  as for `Lab.build`

        Raises LabError where either can't be read.
        """
        context = Path(what).expanduser()
        text, path = _dockerfile(context, dockerfile)
        named = ["-f", "-"] if path is None else ["-f", str(path)] if dockerfile else []
        folder = context.resolve()
        return self.build_text(
            folder,
            text,
            tag=f"{names.TAG_PREFIX}{_tag_part(folder.name)}:yours",
            shown=[*named, str(what)],
            options=options,
            path=path,
        )

    def try_choice(self, context: Path, text: str) -> tuple[Image, Run]:
        """Builds and runs what was chosen in the variant lab. The tag depends on the text alone."""
        tag = f"{names.TAG_PREFIX}workbench:{zlib.crc32(text.encode()):08x}"
        shown, title = ["-f", "-", str(context)], f"build {context.name}"
        image = self.build_text(context, text, tag=tag, shown=shown, title=title)
        return image, image.run()

    def build_text(
        self,
        context: Path,
        text: str,
        *,
        tag: str,
        shown: list[str],
        options: BuildOptions = PLAIN,
        key: str | None = None,
        before: str | None = None,
        path: Path | None = None,
        title: str | None = None,
        token: CancellationToken | None = None,
    ) -> Image:
        """Builds a Dockerfile's text in a context.

        tag     the image's name
        shown   what the `docker build` line says of the Dockerfile and the context
        key     the variant's, if it is one
        before  the Dockerfile that this one is marked against
        path    the file that the text is from
        title   the progress's; without it, made from the tag
        token   stops the build
        """
        title = title or f"build {tag.removeprefix(names.TAG_PREFIX)}"
        bases = [self.base(name) for name in dockerfiles.references(text, options.args)]
        with live_progress.listener(title) as listen:
            built = build(
                self._engine,
                context,
                text,
                tag=tag,
                bases={base.name: base.reference for base in bases},
                options=options,
                labels={names.OWNER_LABEL: names.owner()},
                listener=listen,
                dockerfile_path=path,
                token=token,
            )
        image = image_of(
            self._engine,
            tag,
            key=key,
            before=before,
            dockerfile=text,
            command=shlex.join(["docker", "build", "-t", tag, *options.flags, *shown]),
            bases=tuple(bases),
            target=options.target,
            context_size=built.context_size,
            context=str(context),
            file=str(path) if path else None,
            args=dict(options.args),
            secrets=bool(options.secrets),
        )
        return counted(image)


def as_bytes(secrets: Mapping[str, str | bytes]) -> dict[str, bytes]:
    """A build's secrets, with those that are text encoded."""
    return {
        name: value.encode() if isinstance(value, str) else value for name, value in secrets.items()
    }


def _dockerfile(context: Path, dockerfile: str | Path | None) -> tuple[str, Path | None]:
    """A Dockerfile's text, and its file, if it has one."""
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


def _tag_part(name: str) -> str:
    """A folder's name made fit for a tag: lower case, without odd characters."""
    kept = "".join(c if c.isalnum() and c.isascii() else "-" for c in name.lower())
    return kept.strip("-") or "context"
