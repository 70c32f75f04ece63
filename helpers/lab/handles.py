"""The values that notebooks work with: images that can be run, comparisons with a chart."""

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
from helpers.image.layers import OnBytes
from helpers.image.open_image import OpenImage
from helpers.run.container_run import Run, run
from helpers.view import live_progress, plot


class Image(OpenImage):
    """An image of an engine, with what a notebook can ask of it."""

    @property
    def changes(self) -> DockerfileView:
        """Its Dockerfile, marked against the variant before it, and its `docker build` line.
        Raises LabError for an image that the lab did not build."""
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
        """What the binary at a path is made of, and the tree of the libraries that it needs. All
        of the binary is read; nothing is run.

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
        """Runs a container and removes it. A failure is a result. The parameters are those of
        `helpers.run.container_run.run`."""
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
    """An engine's image, by its name or id; see `OpenImage.of`."""
    return Image.of(engine, reference, **built)


def counted(image: Image) -> Image:
    """The image, with its size worked out, so that it can be shown without asking the engine.
    On the containerd store its layers are read for that, with live progress."""
    with reading(image.name) as on_bytes:
        image.count(on_bytes)
    return image


@contextmanager
def reading(what: str) -> Iterator[OnBytes]:
    """Draws how far layers are read. Gives the progress callback for `OpenImage.read`."""
    with live_progress.listener(f"read {what}") as listen:
        step = f"the layers of {what}"

        def on_bytes(read: int, total: int) -> None:
            listen(Event("read", step, "done" if read >= total else "running", read, total))

        yield on_bytes


class Comparison(ComparisonTable):
    """Images side by side, with their sizes as a chart."""

    def bars(self) -> plot.Bars:
        """The chart: bars on a log scale, each beside the article's figure."""
        return plot.bars(self)

    def save(self, path: str | Path) -> None:
        """Writes the chart to a `.png` or `.svg` file. Raises LabError for another name."""
        plot.save(self, Path(path))
