"""The file system of an image, path by path, as the engine answers. Nothing in it is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from threading import RLock

from helpers.engine.client import Engine
from helpers.engine.container import unstarted
from helpers.engine.container_files import ContainerFiles
from helpers.files.filesystem import Look, RootFS
from helpers.files.stack import File

BEGINNING = 1 << 18
"""Bytes of a file that are read together with its entry: callers mostly want its headers next."""

ENGINES_OWN = re.compile(
    r"/(\.dockerenv|proc|sys|dev(/(console|pts|shm))?|etc(/(hostname|hosts|mtab|resolv\.conf))?)"
)
"""Paths that an engine makes in every container, to mount something there."""


class ImageFS(RootFS):
    """The file system of an image, read from a container that is created and never started.

    In a `with` block that container is kept to the end; otherwise each question creates one and
    removes it, which takes some 0.1 s. Answers are remembered.

    files  gives all files of the image. Reading them takes seconds per GB, so it is called only by
           `find`, and for a path where engines put something of their own
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
        """Whether the container's file at a path is from the image, not put there by the engine."""
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
