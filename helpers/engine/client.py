"""A connection to an engine: its client, and which engine it is."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import quote

from helpers.core.errors import EngineError, engine_gone
from helpers.engine.endpoints import Endpoint

if TYPE_CHECKING:  # the SDK is slow to import, and many modules import this one
    from docker import DockerClient

SILENCE = 300
"""Timeout in seconds of a call to an engine that was found. Loading or removing an image of some GB
on a slow disk takes minutes; a call that may take longer sets its own."""

BUILDKIT_SINCE = (1, 39)
"""The first API version whose `POST /build` takes `version=2` without experimental mode. The
header of `/_ping` is no help: it names the builder that a client should prefer, and 20.10 leaves
it out."""


class EngineFacts(TypedDict):
    """The fields of `Engine` that its answers to `/version` and `/info` tell."""

    name: str
    version: str
    api_version: str
    store: str
    builder: str
    architecture: str


@dataclass
class Engine:
    """An engine that answers.

    client        the SDK's client
    host          its address: `unix:///var/run/docker.sock`
    name          `docker` or `podman`
    version       its own version
    api_version   the API version that the client uses
    store         how it keeps images: `graph` (unpacked, by a graph driver) or `containerd`
    builder       which builder it has: `buildkit` or `classic`
    architecture  as Go names it: `amd64`, `arm64`
    private       whether the lab started it; it stops when its last user has left
    leave         for a private engine: leaves it. With `wait=True` it returns when nothing of the
                  engine is left
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

    def url(self, path: str, *values: str) -> str:
        """The full URL of an Engine API path.

        path    with `{0}` where the first value goes; values are escaped
        """
        api = self.client.api
        filled = path.format(*(quote(value, safe="/:") for value in values))
        return f"{api.base_url}/v{api.api_version}{filled}"

    def close(self, *, wait: bool = False) -> None:
        """Leaves the engine. A private one stops some seconds after its last user has left.

        wait  stop a private engine that nobody else uses at once, and return when it is gone
        """
        self.client.close()
        if self.leave is not None:
            self.leave(wait=wait)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@contextmanager
def answering(engine: Engine) -> Iterator[None]:
    """In this block, an engine that has gone away raises EngineError. What it refuses is the SDK's
    APIError, as ever."""
    import docker.errors
    import requests

    try:
        yield
    except docker.errors.APIError:  # also a RequestException, but here the engine did answer
        raise
    except requests.RequestException as error:
        raise engine_gone(engine.host, error) from None


class Absent(EngineError):
    """There is no engine at this place; another place may be tried."""


def facts(version: dict[str, Any], info: dict[str, Any]) -> EngineFacts:
    """Which engine it is, from its answers to `/version` and `/info`."""
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
    """Connects to the engine at an endpoint.

    timeout  seconds for all of it

    Raises EngineError; its subclass Absent where there is no engine.
    """
    answer: list[Engine | Exception] = []

    def connect() -> None:
        try:
            answer.append(_connect(endpoint, timeout))
        except Exception as error:  # each transport raises its own kinds
            answer.append(error)

    # The SDK's timeout is for a single read, and it has none for name look-ups or over ssh.
    connecting = threading.Thread(target=connect, daemon=True, name=f"ask {endpoint.host}")
    connecting.start()
    connecting.join(timeout)
    got = answer[0] if answer else TimeoutError()
    if isinstance(got, Engine):
        return got
    raise _problem(endpoint, got, timeout) from None


def _connect(endpoint: Endpoint, timeout: float) -> Engine:
    from docker import DockerClient

    options: dict[str, Any] = {"base_url": endpoint.host, "tls": endpoint.tls or False}
    if endpoint.host.startswith("ssh://"):
        options["use_ssh_client"] = True  # like the docker command, with the user's own keys
    first = DockerClient(**options | {"version": "auto", "timeout": timeout})
    try:
        version, info = first.version(), first.info()
    finally:
        first.close()
    if version.get("Os") == "windows":
        raise EngineError(
            f"The engine at {endpoint.host} runs Windows containers, and the series is about "
            "Linux: choose `Switch to Linux containers` in Docker Desktop's menu."
        )
    found = facts(version, info)
    client = DockerClient(**options, version=found["api_version"], timeout=SILENCE)
    return Engine(client=client, host=endpoint.host, **found)


def _problem(endpoint: Endpoint, error: Exception, timeout: float) -> EngineError:
    """The exception to raise where connecting failed with `error`."""
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
    links: list[object] = [error]
    seen = set()
    while links:
        link = links.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            links += [link.__cause__, link.__context__, *link.args]
