"""Facts about one image; the remedies read them. Each is worked out once, when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from helpers.advice.finding import LayerPath
from helpers.core.errors import EngineError, LabError
from helpers.diagnosis.command import Process, Start, starts
from helpers.dockerfile.instructions import Instruction, instructions
from helpers.elf.header import MAGIC
from helpers.elf.linking import Linkage, examine
from helpers.files.filesystem import RootFS
from helpers.files.stack import File
from helpers.image.open_image import OpenLayer
from helpers.image.packages import Owners, Packages, recorded


@dataclass(frozen=True)
class Subject:
    """An image, as the remedies see it.

    layers      base first
    files       the files of all layers together, as a container sees them
    fs          the same file system, to read files from
    process     what a container starts
    base        how many of the layers are the base's
    base_name   the base, as the Dockerfile or the engine calls it; "" if unknown
    stand_in    whether the base is a stand-in
    dockerfile  its text, or None
    written     whether the instructions of the layers are as the Dockerfile has them; else they are
                as the builder records them, without options
    """

    layers: Sequence[OpenLayer]
    files: Sequence[File]
    fs: RootFS
    process: Process = field(default_factory=lambda: Process(()))
    base: int = 0
    base_name: str = ""
    stand_in: bool = False
    dockerfile: str | None = None
    written: bool = True

    @cached_property
    def visible(self) -> Mapping[str, tuple[int, File]]:
        """The regular files that a container sees, each with the index of its layer. Empty files
        are left out."""
        shown = {file.path: file for file in self.files if file.kind == "file" and file.size}
        found: dict[str, tuple[int, File]] = {}
        for number, layer in enumerate(self.layers):
            for file in layer.files:
                if file.path in shown and file.kind == "file":
                    found[file.path] = (number, file)
        return found

    def layer_of(self, path: str) -> int:
        """The index of the last layer that has a path, 0 where none has."""
        found = 0
        for number, layer in enumerate(self.layers):
            if any(file.path == path and file.kind != "removed" for file in layer.files):
                found = number
        return found

    def claims(self, wanted: Callable[[str], bool], *, base: bool = False) -> dict[LayerPath, int]:
        """The sizes of the visible files whose paths are wanted, by place.

        base  include the base's files, which no instruction of the Dockerfile can take away
        """
        return {
            (number, path): file.size
            for path, (number, file) in self.visible.items()
            if (base or number >= self.base) and wanted(path)
        }

    @cached_property
    def starts(self) -> tuple[Start, ...]:
        """The files that are started, one by the other, when a container is."""
        return tuple(starts(self.fs, self.process))

    @cached_property
    def program(self) -> str | None:
        """The compiled program that a container finally runs, None where that can't be told."""
        last = self.starts[-1] if self.starts else None
        if not last or not last.real or self.fs.read(last.real, len(MAGIC)) != MAGIC:
            return None
        return last.real

    @cached_property
    def linkage(self) -> Linkage | None:
        """What the program needs, None where there is no program."""
        return self._examined[0]

    @cached_property
    def needed(self) -> frozenset[str]:
        """The program, its loader and its libraries."""
        return self._examined[1]

    @cached_property
    def packages(self) -> Packages:
        """The packages in the records of dpkg and apk."""
        return recorded(self.fs, self.files)

    @cached_property
    def owners(self) -> Owners:
        """Which files belong to which of these packages."""
        return Owners(self.fs, self.files)

    @cached_property
    def instructions(self) -> Mapping[int, Instruction]:
        """By the index of a layer, the instruction of the last stage that made it, as far as that
        can be told."""
        written = list(self._last_stage())
        found: dict[int, Instruction] = {}
        for number in range(self.base, len(self.layers)):
            text = self.layers[number].created_by
            at = next((n for n, i in enumerate(written) if _text(i) == text), None)
            if at is not None:
                found[number] = written[at]
                del written[: at + 1]
        return found

    def _last_stage(self) -> Iterator[Instruction]:
        every = instructions(self.dockerfile or "")
        last = max((n for n, i in enumerate(every) if i.keyword == "FROM"), default=len(every))
        yield from every[last + 1 :]

    @cached_property
    def _examined(self) -> tuple[Linkage | None, frozenset[str]]:
        if not self.program:
            return None, frozenset()
        try:
            real, linkage, loaded = examine(
                self.fs, self.program, self.process.env, self.process.workdir
            )
        except EngineError:
            raise
        except LabError:  # a damaged header
            return None, frozenset()
        loader = self.fs.resolve(linkage.interpreter) if linkage.interpreter else None
        paths = {real, *loaded.libraries, *([loader] if loader else [])}
        # the bytes of a hard link are listed under the file's other name
        links = [f.target for f in self.files if f.path in paths and f.kind == "hardlink"]
        return linkage, frozenset(paths.union(link for link in links if link))


def _text(instruction: Instruction) -> str:
    return f"{instruction.keyword} {instruction.value}"
