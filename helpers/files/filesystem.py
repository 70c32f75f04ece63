"""Reads a file system by path: `RootFS` is the interface, `FolderFS` reads a folder as an image."""

from __future__ import annotations

import os
import posixpath
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from helpers.files.stack import File, FileKind

MOST_LINKS = 40
"""Symlinks followed in one path before it counts as a loop; the kernel has the same limit."""


class Look(NamedTuple):
    """What is at a path: its kind and, of a symlink, its target.

    An engine answers with the end of the whole chain of links, or "" if it can't be followed.
    """

    kind: Literal["directory", "symlink", "other"]
    target: str | None = None


class RootFS(ABC):
    """A file system. Paths are absolute, and no link or `..` leads out of the root."""

    @abstractmethod
    def find(self, name: str) -> list[File]:
        """All entries with this base name, in any folder."""

    @abstractmethod
    def _look(self, path: str) -> Look | None:
        """What is at a path without links in its folders; cheaper than `_stat` in an engine."""

    @abstractmethod
    def _stat(self, path: str) -> File | None:
        """The entry at a path without links in its folders."""

    @abstractmethod
    def _read(self, path: str, limit: int | None) -> bytes:
        """The content of a regular file at a path without links."""

    def stat(self, path: str) -> File | None:
        """The entry at a path, without following a last link. None if nothing is there."""
        folder, name = posixpath.split(path.rstrip("/"))
        if name in ("", ".", ".."):
            real = self._resolve(path)
        else:
            above = self._resolve(folder, as_folder=True)
            real = posixpath.join(above, name) if above else None
        return self._stat(real) if real else None

    def resolve(self, path: str) -> str | None:
        """The path with all links followed; None if nothing is there, or links make a loop."""
        return self._resolve(path)

    def exists(self, path: str) -> bool:
        """Whether something is at a path, links followed."""
        return self.resolve(path) is not None

    def read(self, path: str, limit: int | None = None) -> bytes:
        """The content of a regular file, links followed: all of it or the first `limit` bytes.
        b"" if there is no regular file."""
        real = self._resolve(path)
        file = self._stat(real) if real else None
        if not real or not file or file.kind not in ("file", "hardlink"):
            return b""
        return self._read(real, limit)

    @abstractmethod
    def below(self, folder: str, ending: str) -> Iterator[tuple[str, bytes]]:
        """The regular files in and below a folder whose names end with `ending`, with their
        contents. The folder's path must have no links."""

    def _resolve(self, path: str, as_folder: bool = False) -> str | None:
        real, left, links = "/", path.split("/")[::-1], 0
        is_directory = True
        while left:
            part = left.pop()
            if part in ("", "."):
                continue
            if not is_directory:
                return None
            if part == "..":
                real = posixpath.dirname(real)
                continue
            step = posixpath.join(real, part)
            look = self._look(step)
            if look is None or look.target == "":
                return None
            if look.target is None:
                real, is_directory = step, look.kind == "directory"
                continue
            links += 1
            if links > MOST_LINKS:
                return None
            real = "/" if look.target.startswith("/") else real
            left += look.target.split("/")[::-1]
        return real if is_directory or not as_folder else None


class FolderFS(RootFS):
    """A folder, read as if it were the root of an image."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def find(self, name: str) -> list[File]:
        found = []
        for parent, folders, files in os.walk(self._folder):
            if name in (*folders, *files):
                path = "/" + Path(parent, name).relative_to(self._folder).as_posix()
                found.append(self._stat(path))
        return [file for file in found if file]

    def below(self, folder: str, ending: str) -> Iterator[tuple[str, bytes]]:
        for path in sorted(self._here(folder).rglob(f"*{ending}")):
            if path.is_file() and not path.is_symlink():
                yield f"/{path.relative_to(self._folder).as_posix()}", path.read_bytes()

    def _stat(self, path: str) -> File | None:
        try:
            info = self._here(path).lstat()
        except (OSError, ValueError):
            return None
        kind: FileKind = "device"
        size, target = 0, None
        if stat.S_ISLNK(info.st_mode):
            kind, target = "symlink", str(self._here(path).readlink())
        elif stat.S_ISDIR(info.st_mode):
            kind = "directory"
        elif stat.S_ISREG(info.st_mode):
            kind, size = "file", info.st_size
        mode = stat.S_IMODE(info.st_mode)
        return File(path, size, kind, mode, info.st_uid, info.st_gid, target)

    def _look(self, path: str) -> Look | None:
        file = self._stat(path)
        if not file:
            return None
        kind = file.kind if file.kind in ("directory", "symlink") else "other"
        return Look(kind, file.target)

    def _read(self, path: str, limit: int | None) -> bytes:
        with self._here(path).open("rb") as file:
            return file.read(-1 if limit is None else limit)

    def _here(self, path: str) -> Path:
        return self._folder / path.lstrip("/")
