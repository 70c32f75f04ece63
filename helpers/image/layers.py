"""Reads the layers of an image: has the engine save it, and lists each layer's entries.

Layers are told apart by diff id, the sha256 of the uncompressed archive, whatever form the engine
sends them in. The results are cached on disk by diff id: a base is read once, whatever is built on
it.
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
from typing import IO, Any, Literal, cast

from helpers.core import names
from helpers.core.atomic import write
from helpers.core.errors import LabError
from helpers.engine import transfer
from helpers.engine.client import Engine
from helpers.files import layer_tar
from helpers.files.layer_tar import DIGEST
from helpers.files.stack import Entry, FileKind

EMPTY = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""The diff id of an archive without entries: 1,024 zeros."""

FORMAT_VERSION = 2
"""The version of the cached lists of entries. With another number all layers are read anew."""

SILENCE = 1800
"""Seconds without a byte: engines up to 24 write a copy of the whole image before the first."""

OnBytes = Callable[[int, int], None]
"""Progress callback: bytes read, estimated total."""

KINDS: dict[str, FileKind | Literal["opaque"]] = {
    "f": "file",
    "d": "directory",
    "s": "symlink",
    "h": "hardlink",
    "r": "removed",
    "o": "opaque",
    "x": "device",
}
"""The letters for kinds in cached lists."""


@dataclass(frozen=True)
class Contents:
    """The entries of one layer."""

    entries: tuple[Entry, ...]

    @cached_property
    def size(self) -> int:
        """Bytes of its regular files, hard links once."""
        return sum(entry.size for entry in self.entries)


def ignore_bytes(read: int, total: int) -> None:
    """The progress callback that does nothing."""


def contents(
    engine: Engine,
    image_id: str,
    diff_ids: Sequence[str],
    *,
    sent: int = 0,
    on_bytes: OnBytes = ignore_bytes,
) -> dict[str, Contents]:
    """The layers of an image by diff id, from the cache or from the engine.

    diff_ids  all of the image's, base first
    sent      estimate of the bytes that the engine will send
    on_bytes  progress callback for bytes from the engine, called about once per MB

    Reads about 100 MB per second. Raises LabError where the engine doesn't send a layer, and
    EngineError where it stops answering.
    """
    return _all(engine, image_id, diff_ids, EntriesCache(), sent, on_bytes)


def compressed(engine: Engine, image_id: str, diff_ids: Sequence[str]) -> dict[str, int]:
    """Bytes of each layer's archive after `gzip -6`, by diff id.

    Takes some seconds for each 100 MB. Raises as `contents` does.
    """
    return _all(engine, image_id, diff_ids, GzipSizeCache())


def made_layer(engine: Engine, image_id: str, diff_ids: Sequence[str]) -> list[bool] | None:
    """For each entry of an image's history, base first, whether it made a layer; None where the
    image doesn't say. The engine's API leaves this out, so it is read from the saved image. Raises
    as `contents` does."""
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


class EntriesCache:
    """The cache of layers' entries."""

    options: Mapping[str, bool] = {"listed": True}

    def get(self, diff_id: str) -> Contents | None:
        if diff_id == EMPTY:
            return Contents(())
        try:
            row = json.loads(gzip.decompress(_place(diff_id, "files").read_bytes()))
            if row["form"] != FORMAT_VERSION:
                return None
            kinds = [KINDS[letter] for letter in row["kinds"]]
            targets = {int(at): target for at, target in row["targets"].items()}
            starts = range(0, len(row["digests"]), DIGEST)
            digests = [row["digests"][at : at + DIGEST].strip() for at in starts]
            numbers = (row["sizes"], row["modes"], row["uids"], row["gids"])
            columns = zip(row["paths"], kinds, *numbers, strict=True)
            return Contents(
                tuple(
                    Entry(path, size, kind, mode, uid, gid, targets.get(at), digests[at])
                    for at, (path, kind, size, mode, uid, gid) in enumerate(columns)
                )
            )
        # there is none, or not one that we wrote: the layer is read anew
        except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError):
            return None

    def keep(self, read: layer_tar.LayerRead) -> Contents:
        letters = {kind: letter for letter, kind in KINDS.items()}
        entries = read.entries
        row = {
            "form": FORMAT_VERSION,
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


class GzipSizeCache:
    """The cache of compressed layers' lengths."""

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
    kept: EntriesCache | GzipSizeCache,
    sent: int = 0,
    on_bytes: OnBytes = ignore_bytes,
) -> dict[str, Any]:
    """What `kept` has of each layer, and the rest from the engine."""
    found: dict[str, Any] = {d: known for d in diff_ids if (known := kept.get(d)) is not None}
    # Only a layer that was read to its end has a diff id. One as long as a layer that we know is
    # most likely that layer, so the first round leaves out the costly part for it.
    guess = {length for d in found if (length := _length(d))}
    for lengths in (guess, set()) if guess else (set(),):
        wanted = {d for d in diff_ids if d not in found}
        if not wanted:
            break
        for length, read in _read(engine, image_id, lengths, kept.options, sent, on_bytes):
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
    on_bytes: OnBytes,
) -> Iterator[tuple[int, layer_tar.LayerRead]]:
    """Each layer that the engine sends, with its length as sent.

    lengths  of layers whose entries are not wanted
    """
    with _saved(engine, image_id) as stream:
        counted = _Counted(stream, sent, on_bytes)
        for each in layer_tar.saved(cast(IO[bytes], counted)):
            if isinstance(each, layer_tar.SavedLayer):
                counted.begun += each.length
                known = each.length in lengths
                yield each.length, each.read(listed=False) if known else each.read(**options)


class _Counted(io.RawIOBase):
    """A stream that reports how much of it was read.

    begun  bytes of the layers that have begun: the total is at least this, whatever was expected
    """

    def __init__(self, stream: IO[bytes], expected: int, on_bytes: OnBytes) -> None:
        self.begun = 0
        self._stream, self._expected, self._on_bytes = stream, expected, on_bytes
        self._count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._count += len(data)
        self._on_bytes(self._count, max(self._expected, self.begun, self._count))
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
    """The archive that `docker save` gives, as a stream."""
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
    """The file that caches something about a layer or an image."""
    return names.cache() / "layers" / f"{digest.rpartition(':')[2]}.{what}"
