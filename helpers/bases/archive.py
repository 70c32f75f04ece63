"""An archive of base images: one tar with a `docker save` of each, and a list of them.

It holds `NAME.tar.gz` for each base, which `docker load` takes too, and `bases.json`. No image is
ever held in memory as a whole.
"""

from __future__ import annotations

import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

import docker.errors

from helpers.core import names
from helpers.core.errors import BaseUnavailable, LabError
from helpers.core.events import Event, ProgressCallback
from helpers.engine import transfer
from helpers.engine.client import Engine

LIST = "bases.json"
_LOADED = "loaded-bases.json"  # in the cache folder
_PIECE = 1 << 20  # bytes
_FASTEST = 1  # halves the size, in a fifth of the time that the usual level takes


@dataclass(frozen=True)
class ArchivedBase:
    """A base in an archive.

    name          as Dockerfiles have it
    source        `hub` or `stand-in`: where the image came from before it was archived
    reference     the engine's name for it
    digest        the digest that it is pinned to, or None
    recipe        the hash of a stand-in's recipe, or None
    architecture  `amd64`, `arm64`
    size          bytes of its layers
    file          the name of its file in the archive
    """

    name: str
    source: Literal["hub", "stand-in"]
    reference: str
    digest: str | None
    recipe: str | None
    architecture: str
    size: int
    file: str


class Archive:
    """An archive, and the engine that its bases are loaded into.

    file     the archive; None where it was loaded before and may be gone
    entries  its bases, by name
    """

    def __init__(self, engine: Engine, file: Path | None, entries: list[ArchivedBase]) -> None:
        self._engine = engine
        self._file = file
        self.entries = {entry.name: entry for entry in entries}

    def __str__(self) -> str:
        return f"the archive {self._file}" if self._file else "an archive that was loaded"

    def find(self, name: str) -> ArchivedBase | None:
        """The entry of a base, where the engine has its image already."""
        if entry := self.entries.get(name):
            with suppress(docker.errors.ImageNotFound):
                image = self._engine.client.images.get(entry.reference)
                if entry.recipe is None or image.labels.get(names.RECIPE_LABEL) == entry.recipe:
                    return entry
        return None

    def get(self, name: str, listener: ProgressCallback) -> ArchivedBase | None:
        """Loads a base unless the engine has it, and returns its entry; None where the archive
        lacks it. Raises LabError where the archive is broken or for another architecture."""
        entry = self.entries.get(name)
        if entry is None:
            return None
        if entry.architecture != self._engine.architecture:
            raise BaseUnavailable(
                f"The archive has {name} for {entry.architecture}, and the engine is "
                f"{self._engine.architecture}: make one on a machine of that kind."
            )
        if self.find(name) is None:
            if self._file is None:  # this engine is not the one it was loaded into
                return None
            load(self._engine, self._file, entry, listener)
        return entry


def remembered(engine: Engine) -> Archive:
    """The bases that were loaded from an archive before; there may be none."""
    with suppress(OSError, ValueError, TypeError):
        listed = json.loads((names.cache() / _LOADED).read_text())
        return Archive(engine, None, [ArchivedBase(**entry) for entry in listed])
    return Archive(engine, None, [])


def remember(entries: Iterable[ArchivedBase]) -> None:
    """Writes down what was loaded, so that it is preferred from now on."""
    listed = json.dumps([asdict(entry) for entry in entries], indent=1)
    (names.cache() / _LOADED).write_text(listed)


def write(
    engine: Engine, file: Path, entries: list[ArchivedBase], listener: ProgressCallback
) -> None:
    """Saves images of the engine to a file, which appears only once it is complete.

    Raises LabError where it can't be written, or the engine can't save an image.
    """
    part = file.with_name(file.name + ".part")
    try:
        with part.open("wb") as out:
            for entry in entries:
                name = f"save {entry.name}"
                listener(Event(entry.name, name, total=entry.size))
                saved = transfer.saved(engine, entry.reference)
                pieces = _counted(saved, entry.size, entry.name, name, listener)
                _add(out, entry.file, _compressed(pieces))
                listener(Event(entry.name, name, "done"))
            listed = json.dumps([asdict(entry) for entry in entries], indent=1).encode()
            _add(out, LIST, iter([listed]))
            out.write(bytes(2 * tarfile.BLOCKSIZE))
        part.replace(file)
    except OSError as error:
        raise LabError(
            f"The archive {str(file)!r} can't be written ({error.strerror}): "
            "name another file, or make room."
        ) from error
    finally:
        part.unlink(missing_ok=True)


def read(file: Path) -> list[ArchivedBase]:
    """The entries of an archive. Raises LabError where it can't be read or is not one of ours."""
    try:
        with tarfile.open(file) as tar:
            return [ArchivedBase(**entry) for entry in json.load(_file(tar, LIST))]
    except OSError as error:
        raise LabError(
            f"The archive {str(file)!r} can't be read ({error.strerror}): check the path."
        ) from error
    except (tarfile.TarError, KeyError, TypeError, ValueError):
        raise LabError(
            f"The file {str(file)!r} is not an archive of bases: "
            "make one with `python3 -m helpers bases export FILE`."
        ) from None


def load(engine: Engine, file: Path, entry: ArchivedBase, listener: ProgressCallback) -> None:
    """Loads one base into the engine. Raises LabError where that fails."""
    name = f"load {entry.name}"
    transfer.load(engine, _pieces(file, entry, name, listener), entry.name)
    listener(Event(entry.name, name, "done"))


def _pieces(
    file: Path, entry: ArchivedBase, name: str, listener: ProgressCallback
) -> Iterator[bytes]:
    """The image of a base, as the archive has it. Raises LabError where it can't be read: requests
    would take an OSError in a body for an engine that has gone."""
    try:
        with tarfile.open(file) as tar:
            saved, size = _file(tar, entry.file), tar.getmember(entry.file).size
            chunks = iter(lambda: saved.read(_PIECE), b"")
            yield from _counted(chunks, size, entry.name, name, listener)
    except (OSError, KeyError, tarfile.TarError) as error:
        raise LabError(
            f"The base {entry.name} can't be read from {str(file)!r} ({error}): "
            "make the archive again."
        ) from error


def _file(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    """A file of an archive. Raises KeyError where there is none of that name."""
    file = tar.extractfile(name)
    if file is None:  # a folder, or a device
        raise KeyError(name)
    return file


def _add(out: IO[bytes], name: str, pieces: Iterator[bytes]) -> None:
    """Adds a file to a tar. Its header is written last, when its size is known."""
    start = out.tell()
    out.write(bytes(tarfile.BLOCKSIZE))
    info = tarfile.TarInfo(name)
    for piece in pieces:
        out.write(piece)
        info.size += len(piece)
    out.write(bytes(-info.size % tarfile.BLOCKSIZE))
    out.seek(start)
    out.write(info.tobuf(tarfile.GNU_FORMAT))
    out.seek(0, 2)


def _compressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    gzip = zlib.compressobj(_FASTEST, wbits=31)
    for piece in pieces:
        yield gzip.compress(piece)
    yield gzip.flush()


def _counted(
    pieces: Iterable[bytes], size: int, step: str, name: str, listener: ProgressCallback
) -> Iterator[bytes]:
    """The same pieces, with an event for each."""
    done = 0
    for piece in pieces:
        done += len(piece)
        listener(Event(step, name, current=done, total=size))
        yield piece
