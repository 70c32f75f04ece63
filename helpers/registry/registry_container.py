"""The container that a registry runs in: its line, its log, and the manifests that it keeps."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import docker.errors

from helpers.core import names
from helpers.core.errors import EngineError, LabError
from helpers.engine.client import Engine
from helpers.engine.container import temporary

TAG = f"{names.TAG_PREFIX}registry:debian"
PORT = "5000/tcp"
LOG = "/var/log/requests"

PATIENCE = 30.0
"""Seconds for the registry to answer once it has started, and to log what it has sent."""


class RegistryContainer:
    """A registry behind a line whose rate can be set. `running` starts it.

    engine  the engine that runs it
    id      the engine's id of the container
    port    where the engine reaches it on 127.0.0.1; "" until it is known
    """

    def __init__(self, engine: Engine, container_id: str) -> None:
        self.engine = engine
        self.id = container_id
        self.port = ""
        self._rate = -1
        self._seen = 0

    def open_line(self, rate: int = 0) -> None:
        """Opens the line, at so many bytes a second; 0 for as many as it can."""
        if rate != self._rate:
            self._execute("sh", "/etc/shrink/line", *([str(rate // 10)] if rate else []))
            self._rate = rate

    def put(self, tar: IO[bytes]) -> None:
        """Unpacks a tar at the root of its file system."""
        self.engine.client.api.put_archive(self.id, "/", tar)

    def layers(self, name: str, digest: str = "") -> list[dict[str, Any]]:
        """The descriptors of an image's layers, in all its manifests.

        digest  of one manifest; without it, the one that the name's tag leads to
        """
        repository, _, tag = name.rpartition(":")
        found = json.loads(
            self._execute(
                "sh", "/etc/shrink/manifest", names.REGISTRY_FOLDER + repository, digest or tag
            )
        )
        listed = found.get("manifests", [])
        below = [layer for one in listed for layer in self.layers(name, one["digest"])]
        return [*found.get("layers", []), *below]

    def skip_log(self) -> None:
        """From here on `log` leaves out what was logged until now."""
        self._seen = len(self._lines())

    def log(self) -> list[str]:
        """The lines that it has logged since `skip_log`."""
        return self._lines()[self._seen :]

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Waits for something that the container is about to do. Raises LabError after 30 s."""
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise LabError("The registry does not answer: see whether the engine has memory.")
            time.sleep(0.05)

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        api = self.engine.client.api
        try:
            api.start(self.id)
        except docker.errors.APIError as error:
            raise LabError(
                f"The registry does not start ({str(error.explanation).rstrip('.')}): "
                "does the engine have a network?"
            ) from None
        self.open_line()
        published = api.inspect_container(self.id)["NetworkSettings"]["Ports"].get(PORT)
        if not published:
            raise EngineError(
                f"The engine at {self.engine.host} gave the registry no port: is its network on?"
            )
        self.port = published[0]["HostPort"]
        self.wait_until(lambda: any("listening on" in line for line in self._lines()))

    def _lines(self) -> list[str]:
        return self._execute("cat", LOG).splitlines()

    def _execute(self, *command: str) -> str:
        api = self.engine.client.api
        made = api.exec_create(self.id, list(command))["Id"]
        output, errors = api.exec_start(made, demux=True)
        if api.exec_inspect(made)["ExitCode"]:
            said = (errors or output or b"").decode(errors="replace").strip()
            raise LabError(f"The registry can't do `{' '.join(command)}` ({said}): make another.")
        return (output or b"").decode(errors="replace")


@contextmanager
def running(engine: Engine) -> Iterator[RegistryContainer]:
    """A container of the registry's image, which runs while the `with` lasts.

    Raises LabError where it does not start, EngineError where the engine does not answer.
    """
    # A small init reaps the programs of the lines that were closed: nobody else waits for them.
    with temporary(engine, TAG, ports={PORT: ("127.0.0.1", None)}, init=True) as container_id:
        found = RegistryContainer(engine, container_id)
        found.start()
        yield found
