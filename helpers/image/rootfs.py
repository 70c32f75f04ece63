"""The file system of an image: gives what is at a path, reads it, and finds files by name.

Nothing in the image is run. `ImageFS` asks the engine, `FolderFS` reads a folder.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from helpers.engine.container import unstarted
from helpers.engine.container_files import ContainerFiles, Look
from helpers.files.stack import File

if TYPE_CHECKING:
    from helpers.engine.client import Engine

MOST_LINKS = 40
"""Symlinks that are followed in one path before it counts as a loop, as the kernel has it."""

BEGINNING = 1 << 18
"""Bytes that come with what is asked about a file: those who ask mostly read its headers next."""

ENGINES_OWN = re.compile(
    r"/(\.dockerenv|proc|sys|dev(/(console|pts|shm))?|etc(/(hostname|hosts|mtab|resolv\.conf))?)"
)
"""What an engine puts into every container as a place to mount something at."""


class RootFS(ABC):
    """A file system whose root is `/`. Paths are absolute; no link and no `..` leads out of it."""

    @abstractmethod
    def find(self, name: str) -> list[File]:
        """All entries with that base name, wherever they are."""

    @abstractmethod
    def _look(self, path: str) -> Look | None:
        """What is at a path whose folders are no links."""

    @abstractmethod
    def _stat(self, path: str) -> File | None:
        """All about what is at a path whose folders are no links."""

    @abstractmethod
    def _read(self, path: str, limit: int | None) -> bytes:
        """The content of a regular file at a path without links."""

    def stat(self, path: str) -> File | None:
        """What is at a path: of a link the link itself. None where nothing is, or one of a circle
        of links."""
        folder, name = posixpath.split(path.rstrip("/"))
        if name in ("", ".", ".."):
            real = self._resolve(path)
        else:
            above = self._resolve(folder, as_folder=True)
            real = posixpath.join(above, name) if above else None
        return self._stat(real) if real else None

    def resolve(self, path: str) -> str | None:
        """The path with all links followed; None where nothing is there, or links make a loop."""
        return self._resolve(path)

    def exists(self, path: str) -> bool:
        """Whether something is at a path when all links are followed."""
        return self.resolve(path) is not None

    def read(self, path: str, limit: int | None = None) -> bytes:
        """The content of a regular file, links followed: all of it, or the first `limit` bytes.
        b"" where no regular file is."""
        real = self._resolve(path)
        file = self._stat(real) if real else None
        if not real or not file or file.kind not in ("file", "hardlink"):
            return b""
        return self._read(real, limit)

    @abstractmethod
    def below(self, folder: str, ending: str) -> Iterator[tuple[str, bytes]]:
        """The regular files in a folder and below whose names end so, with their contents. The
        folder's own path has no links."""

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


class ImageFS(RootFS):
    """The file system of an image, through a container that is made and never started.

    As a context manager it keeps that container until its end. Outside of one each question makes
    its own and removes it, for some 0.1 s. What was learnt is remembered.

    files  gives all files of the image: reading them takes seconds for each GB, so it is only
           called by `find`, and about a path at which engines put something themselves
    """

    def __init__(self, engine: Engine, image_id: str, files: Callable[[], Iterable[File]]) -> None:
        self._engine, self._image_id, self._all_files = engine, image_id, files
        self._looks: dict[str, Look | None] = {}
        self._beginnings: dict[str, tuple[File | None, bytes]] = {}
        self._by_name: dict[str, list[File]] | None = None
        self._paths: set[str] | None = None
        self._container: ContainerFiles | None = None
        self._held = ExitStack()
        self._users = 0
        self._lock = RLock()

    def __enter__(self) -> ImageFS:
        with self._lock:
            self._users += 1
        return self

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                self._container = None
                self._held.close()

    def find(self, name: str) -> list[File]:
        if self._by_name is None:
            by_name: dict[str, list[File]] = {}
            for file in self._all_files():
                by_name.setdefault(posixpath.basename(file.path), []).append(file)
            self._by_name = by_name
        return self._by_name.get(name, [])

    def resolve(self, path: str) -> str | None:
        with self:  # one container for all the steps
            real = super().resolve(path)
        return real if real and self._is_images(real) else None

    def stat(self, path: str) -> File | None:
        with self:
            return super().stat(path)

    def read(self, path: str, limit: int | None = None) -> bytes:
        with self:
            return super().read(path, limit)

    def below(self, folder: str, ending: str) -> Iterator[tuple[str, bytes]]:
        with self._asked() as container:
            yield from container.below(folder, ending)

    def _look(self, path: str) -> Look | None:
        if path not in self._looks:
            with self._asked() as container:
                self._looks[path] = container.look(path)
        return self._looks[path]

    def _stat(self, path: str) -> File | None:
        look = self._look(path)  # cheaper than to read, where nothing is
        if look is None or look.target == "" or not self._is_images(path):
            return None
        return self._known(path)[0]

    def _read(self, path: str, limit: int | None) -> bytes:
        file, beginning = self._known(path)
        if file and len(beginning) == file.size:
            return beginning[:limit]
        if limit is not None and limit <= len(beginning):
            return beginning[:limit]
        with self._asked() as container:
            return container.read(path, limit)[1]

    def _known(self, path: str) -> tuple[File | None, bytes]:
        if path not in self._beginnings:
            with self._asked() as container:
                self._beginnings[path] = container.read(path, BEGINNING)
        return self._beginnings[path]

    def _is_images(self, path: str) -> bool:
        """Whether what the container has at a path is the image's, and not the engine's own."""
        if not ENGINES_OWN.fullmatch(path):
            return True
        if self._paths is None:
            paths: set[str] = set()
            for file in self._all_files():
                each = file.path
                while each not in paths:
                    paths.add(each)
                    each = posixpath.dirname(each)
            self._paths = paths
        return path in self._paths

    @contextmanager
    def _asked(self) -> Iterator[ContainerFiles]:
        with self, self._lock:
            if not self._container:
                made = self._held.enter_context(unstarted(self._engine, self._image_id))
                self._container = ContainerFiles(self._engine, made)
            yield self._container


class FolderFS(RootFS):
    """A folder as if it were the root of an image."""

    def __init__(self, folder: Path) -> None:
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
        kind, size, target = "device", 0, None
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
