"""Reads files of a container, running or not, through the API that `docker cp` uses.

Nothing is run in the container.
"""

from __future__ import annotations

import base64
import json
import posixpath
import tarfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import IO

from helpers.core.errors import EngineError
from helpers.engine import transfer
from helpers.engine.client import Engine, answering
from helpers.files import layer_tar
from helpers.files.filesystem import Look
from helpers.files.stack import File

DIRECTORY, SYMLINK = 1 << 31, 1 << 27
"""Bits of Go's file mode, as the engine's answer has them."""

PATIENCE = 60  # seconds


@dataclass(frozen=True)
class ContainerFiles:
    """The files of a container.

    container  its id or name
    """

    engine: Engine
    container: str

    def look(self, path: str) -> Look | None:
        """What is at a path; None where nothing is. Takes some 10 ms. Raises EngineError."""
        status, header = self._head(path)
        if status == 404:
            return None
        if status != 200:
            # Engines answer so for a loop of links, or because something is wrong with them.
            if self._head("/")[0] != 200:
                raise EngineError(
                    f"The engine at {self.engine.host} can't look into a container "
                    f"(HTTP status {status}): try again, or restart it."
                )
            return Look("symlink", "")
        said = json.loads(base64.b64decode(header))
        if said["mode"] & SYMLINK:
            return Look("symlink", said["linkTarget"])
        return Look("directory" if said["mode"] & DIRECTORY else "other")

    def read(self, path: str, limit: int | None = None) -> tuple[File | None, bytes]:
        """What is at a path (for a link, the link itself), and the content of a regular file: all
        of it, or the first `limit` bytes. Takes up to 0.2 s. Some engines (20.10) send nothing for
        a name that is not UTF-8. Raises EngineError."""
        with self.opened(path) as (file, stream):
            return file, stream.read(-1 if limit is None else limit) if stream else b""

    def below(self, folder: str, ending: str) -> Iterator[tuple[str, bytes]]:
        """The regular files in and below a folder whose names end with `ending`, with their
        contents, from a single request. Nothing where there is no such folder. Raises EngineError.
        """
        with self._sent(folder) as sent:
            if sent is None:
                return
            with layer_tar.opened(sent) as archive:
                for member in archive:
                    if not (member.isreg() and member.name.endswith(ending)):
                        continue
                    if (content := archive.extractfile(member)) is not None:
                        # the archive's names begin with the folder's own name
                        path = f"{posixpath.dirname(folder).rstrip('/')}/{member.name}"
                        yield path, content.read()

    @contextmanager
    def opened(self, path: str) -> Iterator[tuple[File | None, IO[bytes] | None]]:
        """Like `read`, with the content as a stream, None where there is none."""
        with self._sent(path) as sent:
            if sent is None:
                yield None, None
                return
            with layer_tar.opened(sent) as archive:
                member = archive.next()
                if member is None:
                    yield None, None
                    return
                yield file_at(path, member), archive.extractfile(member) if member.isreg() else None

    def _sent(self, path: str) -> AbstractContextManager[IO[bytes] | None]:
        """The tar that `docker cp` gets for a path; None where nothing is."""
        return transfer.stream(
            self.engine, "/containers/{0}/archive", self.container, path=path, silence=PATIENCE
        )

    def _head(self, path: str) -> tuple[int, str]:
        url = self.engine.url("/containers/{0}/archive", self.container) + transfer.query(path)
        with answering(self.engine):
            answer = self.engine.client.api.head(url, timeout=PATIENCE)
        return answer.status_code, answer.headers.get("X-Docker-Container-Path-Stat", "")


def file_at(path: str, member: tarfile.TarInfo) -> File:
    """The entry of an archive as the file at a path."""
    entry = layer_tar.plain_entry(path, member)
    assert entry.kind != "opaque"  # a whiteout of layers, which plain archives don't have
    return File(path, entry.size, entry.kind, entry.mode, entry.uid, entry.gid, entry.target)
