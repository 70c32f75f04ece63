"""Reads `docker save` archives and layer tars as streams, so that no file is in memory whole."""

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
from typing import IO, Any, Protocol, cast

from helpers.files.stack import Entry, FileKind, absolute

CHUNK = 1 << 20
"""Bytes read at a time."""

GZIP_LEVEL = 6
"""The default of gzip and of the tools for registries."""

DIGEST = 16
"""Length of a file's digest in hex: 64 bits are enough for millions of files."""

MOST_JSON = 1 << 24
"""Larger JSON documents are skipped; an image's configuration has a few kB."""

DAMAGED = (tarfile.TarError, zlib.error, EOFError, ValueError, OverflowError, gzip.BadGzipFile)
"""What reading raises if an archive is truncated or damaged."""


class ByteStream(Protocol):
    """Anything to read bytes from. It need not be seekable."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Document:
    """A JSON document beside the layers, such as the image's configuration."""

    content: Any


@dataclass(frozen=True)
class SavedLayer:
    """A layer's tar. Read it once, before asking for the next layer.

    length  its bytes in the stream, where it may be compressed
    """

    length: int
    _stream: ByteStream

    def read(self, *, listed: bool = True, packed: bool = False) -> LayerRead:
        """Reads the layer to its end. Raises one of DAMAGED.

        listed  list its entries
        packed  measure its size after gzip, which takes some seconds for each 100 MB
        """
        meter = _Meter(self._stream, packed)
        found = entries(meter) if listed else ()
        while meter.read(CHUNK):  # the hash covers what follows the end mark too
            pass
        return LayerRead(f"sha256:{meter.hash.hexdigest()}", found, meter.packed_length())


@dataclass(frozen=True)
class LayerRead:
    """A layer that was read.

    diff_id        sha256 of the uncompressed tar
    entries        its entries; a path occurs once, and once more if it is also whited out
    packed_length  bytes after gzip, None if not asked for
    """

    diff_id: str
    entries: tuple[Entry, ...]
    packed_length: int | None


def saved(stream: ByteStream) -> Iterator[SavedLayer | Document]:
    """The layers and JSON documents of a `docker save` archive, in order. Raises one of DAMAGED.

    Each is recognized by its content, since names differ: a layer is `ID/layer.tar` up to Docker
    24, `blobs/sha256/…` since 25 (compressed on the containerd store), and `….tar` from Podman.
    """
    with opened(stream) as archive:
        for member in _members(archive):
            raw = archive.extractfile(member) if member.isreg() else None
            if raw is None:
                continue
            assert isinstance(raw, io.BufferedReader)  # as of tarfile's own class of files
            content = io.BufferedReader(raw, CHUNK)
            start = content.peek(tarfile.BLOCKSIZE)[: tarfile.BLOCKSIZE]
            if start.startswith(b"\x1f\x8b"):
                yield SavedLayer(member.size, gzip.GzipFile(fileobj=content))
            elif start.startswith(b"\x28\xb5\x2f\xfd"):
                import zstandard  # imported late: few engines use it

                reader = zstandard.ZstdDecompressor().stream_reader(
                    content, read_across_frames=True
                )
                yield SavedLayer(member.size, reader)
            elif _is_tar(start):
                yield SavedLayer(member.size, content)
            elif start[:1] in (b"{", b"[") and member.size <= MOST_JSON:
                with suppress(ValueError):  # it only looks like JSON
                    yield Document(json.loads(content.read()))


def entries(stream: ByteStream) -> tuple[Entry, ...]:
    """The entries of one layer's tar. Of two with the same path the later one counts.

    Raises one of DAMAGED.
    """
    found: dict[tuple[str, bool], Entry] = {}
    with opened(stream) as archive:
        for member in _members(archive):
            if entry := _entry(member):
                if entry.size and (content := archive.extractfile(member)):
                    entry = entry._replace(digest=_digest(content))
                found[entry.path, entry.kind in ("removed", "opaque")] = entry
    return tuple(found.values())


def _digest(content: IO[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=DIGEST // 2)
    while data := content.read(CHUNK):
        digest.update(data)
    return digest.hexdigest()


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members in order. The archive itself would keep all of them in memory."""
    while (member := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # typeshed doesn't have it
        yield member


def _entry(member: tarfile.TarInfo) -> Entry | None:
    """The entry of a member of a layer; None for the root, and for marks that mean nothing."""
    path = absolute(member.name)
    folder, name = posixpath.split(path)
    if name.startswith(".wh."):
        return _whiteout(folder, name)
    return None if path == "/" else plain_entry(path, member)


def plain_entry(path: str, member: tarfile.TarInfo) -> Entry:
    """The entry of a member of any tar, at `path`. Never a whiteout."""
    kind: FileKind
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
    if hidden in ("", ".", "..") or hidden.startswith(".wh."):  # marks that aufs made for itself
        return None
    return Entry(posixpath.join(folder, hidden), 0, "removed")


def opened(stream: ByteStream) -> tarfile.TarFile:
    """Opens a tar to read it once, from its beginning to its end."""
    # typeshed asks for a file, but in this mode only `read` is called
    file = cast(IO[bytes], stream)
    return tarfile.open(
        fileobj=file, mode="r|", bufsize=CHUNK, encoding="utf-8", errors="surrogateescape"
    )


def _is_tar(start: bytes) -> bool:
    """Whether this is the first block of a tar."""
    if not any(start):  # an empty tar is all zeros
        return len(start) == tarfile.BLOCKSIZE
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Meter(io.RawIOBase):
    """Hashes what is read from a stream, and counts the bytes that gzip would make of it."""

    def __init__(self, stream: ByteStream, packs: bool) -> None:
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
        """Bytes of the gzip file, with header and checksum. Call it once, at the end."""
        return self._length + len(self._packer.flush()) if self._packer else None
