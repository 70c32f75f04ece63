"""What a notebook is given: an image that can be run, and a comparison with its chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from helpers.compare import ComparisonTable
from helpers.core.errors import LabError
from helpers.core.events import Event
from helpers.dockerfile.marks import DockerfileView
from helpers.elf.anatomy import Anatomy, anatomy
from helpers.elf.linking import Linkage, linkage
from helpers.engine.client import Engine
from helpers.image.layers import Heard
from helpers.image.stored import OpenImage, open_image
from helpers.run.container_run import Run, run
from helpers.view import live_progress, plot


class Image(OpenImage):
    """An image that an engine has."""

    @property
    def changes(self) -> DockerfileView:
        """Its Dockerfile, with what differs from the variant before marked, and the terminal's
        line. Raises LabError for an image that the lab did not build."""
        if self.dockerfile is None:
            raise LabError(
                f"The lab did not build {self.tag}, so it has no Dockerfile to show: "
                "see its `layers`."
            )
        return DockerfileView(self.dockerfile, self.before, self.command or "")

    def linkage(self, path: str) -> Linkage:
        """What the binary at a path needs, read from its header.

        Raises LabError where there is no such file, or it is no ELF file.
        """
        with self.rootfs as fs:
            return linkage(fs, path, *self.process)

    def anatomy(self, path: str) -> Anatomy:
        """What the binary at a path is made of, and the libraries that it needs as a tree. Nothing
        is run; all of the binary is read.

        Raises LabError where there is no such file, or it is no ELF file.
        """
        with self.rootfs as fs:
            return anatomy(fs, path, *self.process)

    def run(
        self,
        *command: str,
        entrypoint: str | Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        user: str | int | None = None,
        memory: str | int | None = None,
        network: str | None = None,
        timeout: float = 60,
    ) -> Run:
        """Runs a container and removes it; see `helpers.run.container_run.run`. A failure is a
        result."""
        return run(
            self,
            command,
            entrypoint=entrypoint,
            env=env,
            user=user,
            memory=memory,
            network=network,
            timeout=timeout,
        )


def image_of(engine: Engine, reference: str, **built: Any) -> Image:
    """The image that an engine has by that name or id; see `open_image`."""
    return open_image(engine, reference, Image, **built)


def counted(image: Image) -> Image:
    """The image, once its size is known, so that whoever shows it later asks nobody. On the
    containerd store its layers are read for that, with live progress."""
    with reading(image.name) as heard:
        image.count(heard)
    return image


@contextmanager
def reading(what: str) -> Iterator[Heard]:
    """Draws how far layers are read. Gives what `OpenImage.read` tells of it."""
    with live_progress.listener(f"read {what}") as listen:
        step = f"the layers of {what}"

        def heard(read: int, total: int) -> None:
            listen(Event("read", step, "done" if read >= total else "running", read, total))

        yield heard


class Comparison(ComparisonTable):
    """Images in the order in which they were given, and their sizes as bars."""

    def bars(self) -> plot.Bars:
        """Horizontal bars on a log scale, each beside the article's figure."""
        return plot.bars(self)

    def save(self, path: str | Path) -> None:
        """Writes the bars to a file, PNG or SVG by its name. Raises LabError for another end."""
        plot.save(self, Path(path))
