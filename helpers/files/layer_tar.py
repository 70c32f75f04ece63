"""Reads archives as streams: gives the layers and JSON documents in what `docker save` sends, and
the entries of each layer. No file's content is ever held in memory whole, only a document's."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from helpers.files.stack import Entry, absolute

CHUNK = 1 << 20
"""Bytes that are read at a time."""

GZIP_LEVEL = 6
"""What gzip and the tools of registries take where nobody says otherwise."""

DIGEST = 16
"""Characters of a file's digest: 64 bits tell some millions of files apart."""

MOST_JSON = 1 << 24
"""Bytes of a JSON document that is read: an image's configuration has some kB."""

DAMAGED = (tarfile.TarError, zlib.error, EOFError, ValueError, OverflowError, gzip.BadGzipFile)
"""What an archive makes its reader raise that is cut short, or none."""


@dataclass(frozen=True)
class Document:
    """A JSON document beside the layers: the image's configuration is one."""

    content: Any


@dataclass(frozen=True)
class SavedLayer:
    """A layer's archive, which can be read once, before the next is asked for.

    length  bytes of it in the stream, where it may be compressed
    """

    length: int
    _stream: IO[bytes]

    def read(self, *, listed: bool = True, packed: bool = False) -> LayerRead:
        """Reads it to its end.

        listed  read its entries
        packed  find what gzip makes of it, which takes some seconds for each 100 MB

        Raises one of DAMAGED.
        """
        meter = _Meter(self._stream, packed)
        found = entries(meter) if listed else ()
        while meter.read(CHUNK):  # what follows the archive's end is part of its hash
            pass
        return LayerRead(f"sha256:{meter.hash.hexdigest()}", found, meter.packed_length())


@dataclass(frozen=True)
class LayerRead:
    """A layer that was read.

    diff_id        the sha256 of its uncompressed archive
    entries        what is in it; no path twice, but beside a `removed` or `opaque` one
    packed_length  bytes that gzip makes of it, None where that was not asked for
    """

    diff_id: str
    entries: tuple[Entry, ...]
    packed_length: int | None


def saved(stream: IO[bytes]) -> Iterator[SavedLayer | Document]:
    """What `docker save` sends, in its order: layers by whatever name, and JSON documents.

    Engines name a layer `ID/layer.tar` up to 24, `blobs/sha256/…` since 25, there compressed on the
    containerd store; Podman `….tar`. So each is known by its content. Raises one of DAMAGED.
    """
    with opened(stream) as archive:
        while (member := archive.next()) is not None:
            archive.members.clear()
            content = archive.extractfile(member) if member.isreg() else None
            if content is None:
                continue
            content = io.BufferedReader(content, CHUNK)
            start = content.peek(tarfile.BLOCKSIZE)[: tarfile.BLOCKSIZE]
            if start.startswith(b"\x1f\x8b"):
                yield SavedLayer(member.size, gzip.GzipFile(fileobj=content))
            elif start.startswith(b"\x28\xb5\x2f\xfd"):
                import zstandard  # few engines keep layers so

                reader = zstandard.ZstdDecompressor().stream_reader(
                    content, read_across_frames=True
                )
                yield SavedLayer(member.size, reader)
            elif _is_tar(start):
                yield SavedLayer(member.size, content)
            elif start[:1] in (b"{", b"[") and member.size <= MOST_JSON:
                with suppress(ValueError):  # not everything that begins so is one
                    yield Document(json.loads(content.read()))


def entries(stream: IO[bytes]) -> tuple[Entry, ...]:
    """The entries of one layer's archive; of two with the same path the later counts.

    Raises one of DAMAGED.
    """
    found: dict[tuple[str, bool], Entry] = {}
    with opened(stream) as archive:
        while (member := archive.next()) is not None:
            archive.members.clear()  # it would keep them all
            if entry := entry_of(member):
                if entry.size and (content := archive.extractfile(member)):
                    entry = entry._replace(digest=_digest(content))
                found[entry.path, entry.kind in ("removed", "opaque")] = entry
    return tuple(found.values())


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=DIGEST // 2)
    while data := content.read(CHUNK):
        digest.update(data)
    return digest.hexdigest()


def entry_of(member: tarfile.TarInfo) -> Entry | None:
    """What an entry of a layer's archive says; None for the root, and for a note of no meaning."""
    path = absolute(member.name)
    folder, name = posixpath.split(path)
    if name.startswith(".wh."):
        return _whiteout(folder, name)
    return None if path == "/" else plain_entry(path, member)


def plain_entry(path: str, member: tarfile.TarInfo) -> Entry:
    """What an entry of any archive says of what is at a path."""
    size, target = 0, None
    if member.isreg():
        kind, size = "file", member.size
    elif member.isdir():
        kind = "directory"
    elif member.issym():
        kind, target = "symlink", member.linkname
    elif member.islnk():
        kind, target = "hardlink", absolute(member.linkname)
    else:
        kind = "device"
    return Entry(path, size, kind, member.mode & 0o7777, member.uid, member.gid, target)


def _whiteout(folder: str, name: str) -> Entry | None:
    if name == ".wh..wh..opq":
        return Entry(folder, 0, "opaque")
    hidden = name.removeprefix(".wh.")
    if hidden in ("", ".", "..") or hidden.startswith(".wh."):  # aufs had notes of its own
        return None
    return Entry(posixpath.join(folder, hidden), 0, "removed")


def opened(stream: IO[bytes]) -> tarfile.TarFile:
    """An archive to be read from its beginning to its end, once."""
    return tarfile.open(
        fileobj=stream, mode="r|", bufsize=CHUNK, encoding="utf-8", errors="surrogateescape"
    )


def _is_tar(start: bytes) -> bool:
    """Whether an archive begins so; an empty one is zeros alone."""
    if len(start) < tarfile.BLOCKSIZE:
        return False
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.EOFHeaderError:
        return True
    except tarfile.HeaderError:
        return False
    return True


class _Meter(io.RawIOBase):
    """A stream that hashes what is read of it, and counts what gzip would make of it."""

    def __init__(self, stream: IO[bytes], packs: bool) -> None:
        self.hash = hashlib.sha256()
        self._stream = stream
        self._length = 0
        self._packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31) if packs else None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self.hash.update(data)
        if self._packer:
            self._length += len(self._packer.compress(data))
        return data

    def packed_length(self) -> int | None:
        """Bytes of the gzip file, header and checksum with it. Ends it."""
        return self._length + len(self._packer.flush()) if self._packer else None
