"""A container's files, whether it runs or not: asks the engine what is at a path, and reads it.

This is what `docker cp` uses. Nothing is run in the container.
"""

from __future__ import annotations

import base64
import json
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from helpers.core.errors import EngineError, engine_gone
from helpers.engine import transfer
from helpers.files import layer_tar
from helpers.files.filesystem import Look
from helpers.files.stack import File

if TYPE_CHECKING:
    from helpers.engine.client import Engine

DIRECTORY, SYMLINK = 1 << 31, 1 << 27
"""Bits of Go's file mode, which the engine answers with."""

PATIENCE = 60  # seconds


@dataclass(frozen=True)
class ContainerFiles:
    """The files of a container.

    container  its id or name
    """

    engine: Engine
    container: str

    def look(self, path: str) -> Look | None:
        """What is at a path; None where nothing is. Costs some 10 ms. Raises EngineError."""
        status, header = self._head(path)
        if status == 404:
            return None
        if status != 200:
            # So it answers for a circle of links; or else it is in trouble itself.
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
        """What is at a path, of a link the link itself; and if it is a regular file, its content:
        all of it, or the first `limit` bytes. Costs up to 0.2 s. Of a name that is no UTF-8 some
        engines (20.10) send nothing. Raises EngineError."""
        with self.opened(path) as (file, stream):
            return file, stream.read(-1 if limit is None else limit) if stream else b""

    def below(self, folder: str, ending: str) -> Iterator[tuple[str, bytes]]:
        """The regular files in a folder and below whose names end so, with their contents: one
        question for all of them. Nothing where there is no such folder. Raises EngineError."""
        with self._sent(folder) as sent:
            if sent is None:
                return
            with layer_tar.opened(sent) as archive:
                for member in archive:
                    if member.isreg() and member.name.endswith(ending):
                        # the archive's names begin with the folder's own name
                        path = f"{posixpath.dirname(folder).rstrip('/')}/{member.name}"
                        yield path, archive.extractfile(member).read()

    @contextmanager
    def opened(self, path: str) -> Iterator[tuple[File | None, IO[bytes] | None]]:
        """As `read`, but the content as a stream, None where there is none."""
        with self._sent(path) as sent:
            if sent is None:
                yield None, None
                return
            with layer_tar.opened(sent) as archive:
                member = archive.next()
                if member is None:
                    yield None, None
                    return
                file = File(*layer_tar.plain_entry(path, member))
                yield file, archive.extractfile(member) if member.isreg() else None

    def _sent(self, path: str):
        """What `docker cp` gets of a path, as a tar; None where nothing is."""
        return transfer.stream(
            self.engine, "/containers/{0}/archive", self.container, path=path, silence=PATIENCE
        )

    def _head(self, path: str) -> tuple[int, str]:
        import requests

        api = self.engine.client.api
        url = api._url("/containers/{0}/archive", self.container) + transfer.query(path)
        try:
            answer = api.head(url, timeout=PATIENCE)
        except requests.RequestException as error:
            raise engine_gone(self.engine.host, error) from None
        return answer.status_code, answer.headers.get("X-Docker-Container-Path-Stat", "")
