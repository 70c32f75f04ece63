"""An archive of base images: one file with what `docker save` gives for each, and a list of them.

It is a tar: `NAME.tar.gz` for each base, which `docker load` takes too, and `bases.json`. Nothing
is ever held in memory whole.
"""

from __future__ import annotations

import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

import docker.errors

from helpers.core import names
from helpers.core.errors import BaseUnavailable, LabError
from helpers.core.events import Event, ProgressCallback

if TYPE_CHECKING:
    from helpers.engine.client import Engine

LIST = "bases.json"
_LOADED = "loaded-bases.json"  # in the cache folder
_PIECE = 1 << 20  # bytes
_FASTEST = 1  # half the size at a fifth of the time that the usual level takes


@dataclass(frozen=True)
class ArchivedBase:
    """A base in an archive.

    name          as Dockerfiles have it
    source        `hub` or `stand-in`: what the image is, wherever the archive goes
    reference     what the engine knows it by
    digest        that it is pinned to, or None
    recipe        the hash of a stand-in's recipe, or None
    architecture  `amd64`, `arm64`
    size          bytes of its layers
    file          in the archive
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
    """Bases of an archive, for one engine.

    file     the archive; None where it was loaded before and may be gone
    entries  what it has, by name
    """

    def __init__(self, engine: Engine, file: Path | None, entries: list[ArchivedBase]) -> None:
        self._engine = engine
        self._file = file
        self.entries = {entry.name: entry for entry in entries}

    def __str__(self) -> str:
        return f"the archive {self._file}" if self._file else "an archive that was loaded"

    def find(self, name: str) -> ArchivedBase | None:
        """The entry of a base whose image the engine has."""
        if entry := self.entries.get(name):
            with suppress(docker.errors.ImageNotFound):
                image = self._engine.client.images.get(entry.reference)
                if entry.recipe is None or image.labels.get(names.RECIPE_LABEL) == entry.recipe:
                    return entry
        return None

    def get(self, name: str, listener: ProgressCallback) -> ArchivedBase | None:
        """The entry of a base, which is loaded unless the engine has it; None where it can't be.
        Raises LabError where the archive is for another machine, or broken."""
        entry = self.entries.get(name)
        if entry is None:
            return None
        if entry.architecture != self._engine.architecture:
            raise BaseUnavailable(
                f"The archive has {name} for {entry.architecture}, and the engine is "
                f"{self._engine.architecture}: make one on a machine of that kind."
            )
        if self.find(name) is None:
            if self._file is None:  # it was loaded into another engine
                return None
            load(self._engine, self._file, entry, listener)
        return entry


def remembered(engine: Engine) -> Archive:
    """What was loaded from an archive before, which has no entries where nothing was."""
    with suppress(OSError, ValueError, TypeError):
        listed = json.loads((names.cache() / _LOADED).read_text())
        return Archive(engine, None, [ArchivedBase(**entry) for entry in listed])
    return Archive(engine, None, [])


def remember(entries: Iterable[ArchivedBase]) -> None:
    """Keeps what was loaded, so that it is preferred from now on."""
    listed = json.dumps([asdict(entry) for entry in entries], indent=1)
    (names.cache() / _LOADED).write_text(listed)


def write(
    engine: Engine, file: Path, entries: list[ArchivedBase], listener: ProgressCallback
) -> None:
    """Saves images of the engine to a file, which is there when it is whole.

    Raises LabError where it can't be written.
    """
    part = file.with_name(file.name + ".part")
    try:
        with part.open("wb") as out:
            for entry in entries:
                listener(Event(entry.name, f"save {entry.name}", total=entry.size))
                _add(out, entry.file, _compressed(_saved(engine, entry, listener)))
                listener(Event(entry.name, f"save {entry.name}", "done"))
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
    """What an archive has. Raises LabError where it can't be read or is no archive of ours."""
    try:
        with tarfile.open(file) as tar:
            return [ArchivedBase(**entry) for entry in json.load(tar.extractfile(LIST))]
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
    try:
        with tarfile.open(file) as tar:
            member = tar.getmember(entry.file)
            saved = _heard(tar.extractfile(member), member.size, entry.name, name, listener)
            for message in engine.client.api.load_image(saved, quiet=True):
                if "error" in message:
                    raise LabError(f"The engine can't load {entry.name}: {message['error']}.")
    except (OSError, KeyError, tarfile.TarError) as error:
        raise LabError(
            f"The base {entry.name} can't be read from {str(file)!r} ({error}): "
            "make the archive again."
        ) from error
    listener(Event(entry.name, name, "done"))


def _add(out: IO[bytes], name: str, pieces: Iterator[bytes]) -> None:
    """Adds a file to a tar whose size is known when it is written: its header comes last."""
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


def _saved(engine: Engine, entry: ArchivedBase, listener: ProgressCallback) -> Iterator[bytes]:
    done = 0
    for piece in engine.client.api.get_image(entry.reference, chunk_size=_PIECE):
        done += len(piece)
        listener(Event(entry.name, f"save {entry.name}", current=done, total=entry.size))
        yield piece


def _compressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    gzip = zlib.compressobj(_FASTEST, wbits=31)
    for piece in pieces:
        yield gzip.compress(piece)
    yield gzip.flush()


def _heard(
    file: IO[bytes], size: int, step: str, name: str, listener: ProgressCallback
) -> Iterator[bytes]:
    done = 0
    while piece := file.read(_PIECE):
        done += len(piece)
        listener(Event(step, name, current=done, total=size))
        yield piece
