"""An engine that answers: its client, and what it is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpers.core.errors import EngineError
from helpers.engine.endpoints import Endpoint

if TYPE_CHECKING:
    from docker import DockerClient

SILENCE = 300
"""Seconds that an engine may be silent within a call once it is found, as when it loads or removes
an image of some GB on a slow disk. A call that may take longer gives its own."""

BUILDKIT_SINCE = (1, 39)
"""The first API version whose `POST /build` takes `version=2` without experimental mode. The
header of `/_ping` is no help: it names the builder that a client should prefer, and 20.10 leaves
it out."""


@dataclass
class Engine:
    """An engine that answers.

    client        the SDK's client
    host          where it is: `unix:///var/run/docker.sock`
    name          `docker` or `podman`
    version       its own version
    api_version   of the API that the client speaks with it
    store         how it keeps images: `graph` (unpacked, by a graph driver) or `containerd`
    builder       what builds for it: `buildkit` or `classic`
    architecture  as Go names it: `amd64`, `arm64`
    private       whether it is the lab's own, which ends when its last user has left
    leave         how to leave a private one; with `wait=True` it returns when nothing of it is left
    """

    client: DockerClient = field(repr=False)
    host: str
    name: str
    version: str
    api_version: str
    store: str
    builder: str
    architecture: str
    private: bool = False
    leave: Callable[..., None] | None = field(default=None, repr=False)

    def close(self, *, wait: bool = False) -> None:
        """Leaves the engine; a private one ends some seconds after its last user has left.

        wait  let a private one that nobody else uses end at once, and return when it is gone
        """
        self.client.close()
        if self.leave is not None:
            self.leave(wait=wait)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Absent(EngineError):
    """Nothing is there: another place may be tried."""


def facts(version: dict[str, Any], info: dict[str, Any]) -> dict[str, str]:
    """What an engine is, read from its answers to `/version` and `/info`: the fields of Engine."""
    components = {component["Name"] for component in version.get("Components") or ()}
    name = "podman" if "Podman Engine" in components else "docker"
    status = info.get("DriverStatus") or ()
    snapshots = any(str(value).startswith("io.containerd.snapshotter") for _, value in status)
    api = version["ApiVersion"]
    buildkit = name == "docker" and tuple(map(int, api.split("."))) >= BUILDKIT_SINCE
    return {
        "name": name,
        "version": version["Version"],
        "api_version": api,
        "store": "containerd" if snapshots else "graph",
        "builder": "buildkit" if buildkit else "classic",
        "architecture": version["Arch"],
    }


def open_engine(endpoint: Endpoint, timeout: float) -> Engine:
    """The engine of an endpoint. Raises EngineError, as Absent where nothing is there."""
    answer: list[Engine | Exception] = []

    def ask() -> None:
        try:
            answer.append(_ask(endpoint, timeout))
        except Exception as error:  # whatever a transport has to say
            answer.append(error)

    # The SDK's own limit is for each read, and there is none for a name look-up or over ssh.
    asking = threading.Thread(target=ask, daemon=True, name=f"ask {endpoint.host}")
    asking.start()
    asking.join(timeout)
    got = answer[0] if answer else TimeoutError()
    if isinstance(got, Engine):
        return got
    raise _problem(endpoint, got, timeout) from None


def _ask(endpoint: Endpoint, timeout: float) -> Engine:
    from docker import DockerClient

    options: dict[str, Any] = {"base_url": endpoint.host, "tls": endpoint.tls or False}
    if endpoint.host.startswith("ssh://"):
        options["use_ssh_client"] = True  # as the docker command does, with the user's own keys
    asked = DockerClient(**options, version="auto", timeout=timeout)
    try:
        version, info = asked.version(), asked.info()
    finally:
        asked.close()
    if version.get("Os") == "windows":
        raise EngineError(
            f"The engine at {endpoint.host} runs Windows containers, and the series is about "
            "Linux: choose `Switch to Linux containers` in Docker Desktop's menu."
        )
    found = facts(version, info)
    client = DockerClient(**options, version=found["api_version"], timeout=SILENCE)
    return Engine(client=client, host=endpoint.host, **found)


def _problem(endpoint: Endpoint, error: Exception, timeout: float) -> EngineError:
    """The sentence for what came instead of an engine's answer."""
    import requests

    if isinstance(error, EngineError):
        return error
    chain = list(_chain(error))

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    named = f"{endpoint.chosen} names {endpoint.host}, where"
    place = named if endpoint.chosen else f"At {endpoint.host}"
    otherwise = endpoint.undo or "name another with DOCKER_HOST"
    if has(PermissionError):
        return EngineError(
            f"You may not use the engine at {endpoint.host} (permission denied): become a member "
            "of its group with `sudo usermod -aG docker $USER` and log in again."
        )
    if has(TimeoutError, requests.Timeout):
        return EngineError(
            f"{place} an engine should be, but gave no answer within {timeout:g} s: "
            f"restart it, or {otherwise}."
        )
    system = next(
        (link.strerror for link in chain if isinstance(link, OSError) and link.strerror), ""
    )
    absent = (FileNotFoundError, NotADirectoryError, ConnectionRefusedError, socket.gaierror)
    if has(*absent) or any(getattr(link, "winerror", None) == 2 for link in chain):
        return Absent(f"{place} no engine answers ({system}): start it, or {otherwise}.")
    words = system or str(error).removeprefix("Error while fetching server API version: ")
    return EngineError(f"{place} no usable engine answers ({words.rstrip('.')}): {otherwise}.")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that caused it: the SDK, requests and urllib3 each wrap the one below."""
    links, seen = [error], set()
    while links:
        link = links.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            links += [link.__cause__, link.__context__, *link.args]
