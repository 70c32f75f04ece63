"""Packs a folder as a build's context: a gzipped tar, made piece by piece while it is sent."""

from __future__ import annotations

import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import normpath
from typing import Literal

from helpers.core.errors import LabError
from helpers.dockerfile import ignore as dockerignore
from helpers.dockerfile.ignore import Ignore

DOCKERFILE = ".shrink.Dockerfile"
"""The Dockerfile's name in the tar, unless the context has a file of that name."""

_PIECE = 1 << 20  # bytes read from a file at once


@dataclass(frozen=True)
class Context:
    """A folder, and what its ignore file excludes.

    path         the folder
    ignore       the patterns
    ignore_file  the file they are from, or None
    """

    path: Path
    ignore: Ignore = field(default_factory=Ignore)
    ignore_file: Path | None = None

    @classmethod
    def of(cls, path: Path, dockerfile: Path | None = None) -> Context:
        """The context of a folder.

        dockerfile  the Dockerfile's path, if it is a file. An ignore file beside it and named
                    after it (`web.Dockerfile.dockerignore`) replaces `.dockerignore`

        Raises LabError where the folder or the ignore file isn't there to be read.
        """
        shown = repr(str(path))
        try:
            os.scandir(path).close()
        except FileNotFoundError:
            raise LabError(f"There is no folder {shown} to build in: check the path.") from None
        except NotADirectoryError:
            raise LabError(
                f"{shown} is a file, and a build's context is a folder: name the folder it is in."
            ) from None
        except OSError as error:
            raise LabError(
                f"The folder {shown} can't be read ({error.strerror}): change its permissions."
            ) from None
        candidates = [path / ".dockerignore"]
        if dockerfile is not None:
            candidates.insert(0, dockerfile.with_name(dockerfile.name + ".dockerignore"))
        for file in candidates:
            if file.is_file():
                return cls(path, dockerignore.read(file), file)
        return cls(path)

    def tar(self, dockerfile: str, below: str = "", level: int = 0) -> ContextTar:
        """The tar to send.

        dockerfile  the text; it is sent beside the context's files
        below       the folder in the tar for the context's files, or "" for its root
        level       gzip's: 0 for an engine on this machine, as compressing takes longer than
                    sending (24 s for 800 MB at level 1); more for an engine across a network
        """
        return ContextTar(self, dockerfile, below, level)

    def state(self, source: str) -> Literal["sent", "ignored", "missing"]:
        """Whether a source of COPY (`hello.c`, `./src`, `*.c`) is sent, and if not, why."""
        path = normpath("/" + source).lstrip("/")
        if path in ("", "."):
            return "sent"
        if any(char in path for char in "*?["):
            found = [str(p.relative_to(self.path)) for p in self.path.glob(path)]
        else:
            found = [path] if os.path.lexists(self.path / path) else []
        if not found:
            return "missing"
        return "ignored" if all(self.ignore.excludes(each) for each in found) else "sent"

    def entries(self) -> Iterator[tuple[str, os.stat_result]]:
        """The paths to send, relative and with slashes, each directory before its content."""
        yield from self._below("", self.ignore.nothing)

    def _below(
        self, directory: str, above: dockerignore.Matches
    ) -> Iterator[tuple[str, os.stat_result]]:
        with _readable(self.path / directory) as folder:
            names = sorted(each.name for each in folder.iterdir())
        for name in names:
            path = f"{directory}/{name}" if directory else name
            with _readable(self.path / path) as place:
                status = place.lstat()
            matches = self.ignore.matches(path, above)
            is_directory = stat.S_ISDIR(status.st_mode)
            if not self.ignore.leaves_out(matches):
                yield path, status
            elif is_directory and self.ignore.may_bring_back(path):
                below = self._below(path, matches)
                first = next(below, None)
                if first is not None:  # a file that is included again includes its directories
                    yield path, status
                    yield first
                    yield from below
                continue
            else:
                continue
            if is_directory:
                yield from self._below(path, matches)


class ContextTar:
    """The tar as an iterable of bytes, made on the way: no file is held in memory.

    dockerfile  the Dockerfile's name in the tar
    size        bytes of file contents so far, without the Dockerfile
    files       number of regular files so far, without the Dockerfile

    Iterating raises LabError where a file can't be read.
    """

    def __init__(self, context: Context, dockerfile: str, below: str = "", level: int = 0) -> None:
        self.dockerfile = DOCKERFILE
        while not below and os.path.lexists(context.path / self.dockerfile):
            self.dockerfile += "_"
        self.size = 0
        self.files = 0
        self._context = context
        self._text = dockerfile.encode()
        self._below = below
        self._level = level

    def __iter__(self) -> Iterator[bytes]:
        packer = zlib.compressobj(self._level, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        for piece in self._plain():
            packed = packer.compress(piece)
            if packed:
                yield packed
        yield packer.flush()

    def _plain(self) -> Iterator[bytes]:
        self.size = self.files = 0
        info = tarfile.TarInfo(self.dockerfile)
        info.size = len(self._text)
        yield _header(info)
        yield _padded(self._text)
        if self._below:
            info = tarfile.TarInfo(self._below)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            yield _header(info)
        links: dict[tuple[int, int], str] = {}
        for path, status in self._context.entries():
            yield from self._entry(path, status, links)
        yield bytes(2 * tarfile.BLOCKSIZE)

    def _entry(
        self, path: str, status: os.stat_result, links: dict[tuple[int, int], str]
    ) -> Iterator[bytes]:
        kind = _KINDS.get(stat.S_IFMT(status.st_mode))
        if kind is None:
            return  # a socket: there is nothing to send
        info = tarfile.TarInfo(f"{self._below}/{path}" if self._below else path)
        info.type = kind
        info.mode = stat.S_IMODE(status.st_mode)
        info.mtime = int(status.st_mtime)  # owner 0:0, as COPY makes it
        place = self._context.path / path
        if kind == tarfile.SYMTYPE:
            with _readable(place):
                info.linkname = os.readlink(place)  # noqa: PTH115  # a Path would tidy it
        elif kind in (tarfile.CHRTYPE, tarfile.BLKTYPE):
            info.devmajor, info.devminor = os.major(status.st_rdev), os.minor(status.st_rdev)
        elif kind == tarfile.REGTYPE:
            self.files += 1
            inode = (status.st_dev, status.st_ino)
            if status.st_nlink > 1 and inode in links:
                info.type, info.linkname = tarfile.LNKTYPE, links[inode]
            else:
                links[inode] = info.name
                info.size = status.st_size
        yield _header(info)
        if info.size:
            yield from self._content(place, info.size)

    def _content(self, file: Path, size: int) -> Iterator[bytes]:
        left = size
        with _readable(file):
            stream = file.open("rb")
        with stream:
            # A file that grows or shrinks meanwhile is cut or filled to the size in its header.
            while left:
                wanted = min(left, _PIECE)
                with _readable(file):
                    piece = stream.read(wanted) or bytes(wanted)
                left -= len(piece)
                self.size += len(piece)
                yield piece
        yield bytes(-size % tarfile.BLOCKSIZE)


_KINDS = {
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
    stat.S_IFCHR: tarfile.CHRTYPE,
    stat.S_IFBLK: tarfile.BLKTYPE,
}


def _header(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % tarfile.BLOCKSIZE)


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """Turns an OSError in the block into a LabError about the path."""
    try:
        yield path
    except OSError as error:
        raise LabError(
            f"{str(path)!r} in the build context can't be read ({error.strerror}): "
            "change its permissions, or leave it out with .dockerignore."
        ) from None
