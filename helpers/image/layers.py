"""What is in the layers of an image: has the engine save it, and gives each layer's entries.

A layer is known by its diff id, the sha256 of its uncompressed archive, in whatever form the engine
sends it. What was read is kept by diff id: a base is read once, whatever is built on it.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

from helpers.core import names
from helpers.core.atomic import write
from helpers.core.errors import LabError
from helpers.engine import transfer
from helpers.files import layer_tar
from helpers.files.layer_tar import DIGEST
from helpers.files.stack import Entry

if TYPE_CHECKING:
    from helpers.engine.client import Engine

EMPTY = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""The diff id of an archive without entries: 1,024 zeros."""

FORM = 2
"""Of what is kept. Another number has everything read anew."""

SILENCE = 1800
"""Seconds without a byte: up to 24 an engine writes a copy of the whole image before the first."""

Heard = Callable[[int, int], None]
"""Is told how many bytes were read, and of how many: about as many, until the last is read."""

KINDS = {
    kind[0]: kind for kind in ("file", "directory", "symlink", "hardlink", "removed", "opaque")
}
KINDS["x"] = "device"


@dataclass(frozen=True)
class Contents:
    """One layer by itself."""

    entries: tuple[Entry, ...]

    @cached_property
    def size(self) -> int:
        """Bytes of its regular files, hard links once."""
        return sum(entry.size for entry in self.entries)


def unheard(read: int, total: int) -> None:
    """For those who don't want to know."""


def contents(
    engine: Engine,
    image_id: str,
    diff_ids: Sequence[str],
    *,
    sent: int = 0,
    heard: Heard = unheard,
) -> dict[str, Contents]:
    """The layers of an image by diff id, from what is kept or from the engine.

    diff_ids  all of the image's, base first
    sent      bytes that the engine will send, as far as that is known
    heard     is told of what comes from the engine, about once for each MB

    Reads about 100 MB in a second. Raises LabError where the engine doesn't send a layer, and
    EngineError where it stops answering.
    """
    return _all(engine, image_id, diff_ids, Lists(), sent, heard)


def compressed(engine: Engine, image_id: str, diff_ids: Sequence[str]) -> dict[str, int]:
    """Bytes of each layer by diff id, as `gzip -6` makes them of its archive.

    Takes some seconds for each 100 MB. Raises as `contents` does.
    """
    return _all(engine, image_id, diff_ids, Lengths())


def made_layer(engine: Engine, image_id: str, diff_ids: Sequence[str]) -> list[bool] | None:
    """Of each entry of an image's history, base first, whether it made a layer; None where the
    image doesn't say. The engine's own API keeps that to itself. Raises as `contents` does."""
    place = _place(image_id, "history")
    with suppress(OSError, ValueError):
        return json.loads(place.read_text())
    for document in _documents(engine, image_id):
        if isinstance(document, dict) and _diff_ids(document) == list(diff_ids):
            past = document.get("history") or []
            flags = [not one.get("empty_layer", False) for one in past] or None
            write(place, json.dumps(flags).encode())
            return flags
    return None


class Lists:
    """The lists of entries that are kept."""

    options: Mapping[str, bool] = {"listed": True}

    def get(self, diff_id: str) -> Contents | None:
        if diff_id == EMPTY:
            return Contents(())
        try:
            row = json.loads(gzip.decompress(_place(diff_id, "files").read_bytes()))
            if row["form"] != FORM:
                return None
            kinds = map(KINDS.__getitem__, row["kinds"])
            targets = {int(at): target for at, target in row["targets"].items()}
            starts = range(0, len(row["digests"]), DIGEST)
            digests = [row["digests"][at : at + DIGEST].strip() for at in starts]
            columns = (row["paths"], row["sizes"], kinds, row["modes"], row["uids"], row["gids"])
            return Contents(
                tuple(
                    Entry(*fields, targets.get(at), digests[at])
                    for at, fields in enumerate(zip(*columns, strict=True))
                )
            )
        # there is none, or one that somebody else has written: it is read anew
        except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError):
            return None

    def keep(self, read: layer_tar.LayerRead) -> Contents:
        letters = {kind: letter for letter, kind in KINDS.items()}
        entries = read.entries
        row = {
            "form": FORM,
            "paths": [e.path for e in entries],
            "sizes": [e.size for e in entries],
            "kinds": "".join(letters[e.kind] for e in entries),
            "modes": [e.mode for e in entries],
            "uids": [e.uid for e in entries],
            "gids": [e.gid for e in entries],
            "digests": "".join(e.digest.ljust(DIGEST) for e in entries),
            "targets": {at: e.target for at, e in enumerate(entries) if e.target is not None},
        }
        text = json.dumps(row, separators=(",", ":"))
        write(_place(read.diff_id, "files"), gzip.compress(text.encode(), compresslevel=3))
        return Contents(entries)


class Lengths:
    """The lengths of compressed layers that are kept."""

    options: Mapping[str, bool] = {"listed": False, "packed": True}

    def get(self, diff_id: str) -> int | None:
        try:
            return int(_place(diff_id, "gzip").read_text())
        except (OSError, ValueError):
            return None

    def keep(self, read: layer_tar.LayerRead) -> int:
        length = read.packed_length or 0
        write(_place(read.diff_id, "gzip"), str(length).encode())
        return length


def _all(
    engine: Engine,
    image_id: str,
    diff_ids: Sequence[str],
    kept: Lists | Lengths,
    sent: int = 0,
    heard: Heard = unheard,
) -> dict:
    """What is wanted of each layer: what is kept, and the rest from the engine."""
    found = {d: known for d in diff_ids if (known := kept.get(d)) is not None}
    # A layer tells who it is when it was read to its end. One that is as long as one of those that
    # are known is most likely that one, so at first the costly part is left out for it.
    guess = {length for d in found if (length := _length(d))}
    for lengths in (guess, set()) if guess else (set(),):
        wanted = {d for d in diff_ids if d not in found}
        if not wanted:
            break
        for length, read in _read(engine, image_id, lengths, kept.options, sent, heard):
            if read.diff_id in wanted and length not in lengths:
                found[read.diff_id] = kept.keep(read)
                write(_place(read.diff_id, "length"), str(length).encode())
                wanted.discard(read.diff_id)
            if not wanted:
                break
    for diff_id in diff_ids:
        if diff_id not in found:
            raise LabError(
                f"The engine at {engine.host} did not send the layer {diff_id[:19]}: "
                "build the image again, or pull it again."
            )
    return found


def _read(
    engine: Engine,
    image_id: str,
    lengths: set[int],
    options: Mapping[str, bool],
    sent: int,
    heard: Heard,
) -> Iterator[tuple[int, layer_tar.LayerRead]]:
    """Each layer that the engine sends, with the length that it has there."""
    with _saved(engine, image_id) as stream:
        counted = _Counted(stream, sent, heard)
        for each in layer_tar.saved(counted):
            if isinstance(each, layer_tar.SavedLayer):
                counted.begun += each.length
                known = each.length in lengths
                yield each.length, each.read(listed=False) if known else each.read(**options)


class _Counted(io.RawIOBase):
    """A stream that tells how much of it was read.

    begun  bytes of the layers that have begun: so much will come, whatever was expected
    """

    def __init__(self, stream: IO[bytes], expected: int, heard: Heard) -> None:
        self.begun = 0
        self._stream, self._expected, self._heard = stream, expected, heard
        self._count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._count += len(data)
        self._heard(self._count, max(self._expected, self.begun, self._count))
        return data


def _documents(engine: Engine, image_id: str) -> Iterator[object]:
    with _saved(engine, image_id) as stream:
        for each in layer_tar.saved(stream):
            if isinstance(each, layer_tar.Document):
                yield each.content


def _diff_ids(document: dict) -> object:
    rootfs = document.get("rootfs")
    return rootfs.get("diff_ids") if isinstance(rootfs, dict) else None


@contextmanager
def _saved(engine: Engine, image_id: str) -> Iterator[IO[bytes]]:
    """What `docker save` gives, while it comes."""
    try:
        with transfer.stream(engine, "/images/{0}/get", image_id, silence=SILENCE) as stream:
            if stream is None:
                raise LabError(
                    f"The engine at {engine.host} has no image {image_id[:19]} any more: "
                    "build it again, or pull it again."
                )
            yield stream
    except layer_tar.DAMAGED as error:
        raise LabError(
            f"A layer that the engine at {engine.host} sent can't be read ({error}): "
            "build the image again, or pull it again."
        ) from None


def _length(diff_id: str) -> int | None:
    try:
        return int(_place(diff_id, "length").read_text())
    except (OSError, ValueError):
        return None


def _place(digest: str, what: str) -> Path:
    """Where something about a layer or an image is kept."""
    return names.cache() / "layers" / f"{digest.rpartition(':')[2]}.{what}"
