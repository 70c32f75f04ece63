"""Finds an engine that answers, or starts a private one, and says what it is."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpers.core import names
from helpers.core.errors import EngineError
from helpers.engine.endpoints import Endpoint, chosen, usual

if TYPE_CHECKING:
    from pathlib import Path

    from docker import DockerClient

    from helpers.engine.private import Attachment

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
    _attachment: Attachment | None = field(default=None, repr=False)

    @classmethod
    def find(cls, *, start: bool = True, timeout: float = 10.0) -> Engine:
        """The first engine that answers, in this order: DOCKER_HOST; LAB_ENGINE_ROOT's private
        one; the current docker context; the default socket; Podman's; the private one.

        start    start a private one where none answers
        timeout  seconds that an engine has for its answer

        Raises EngineError where none answers. One that was chosen (by DOCKER_HOST or a context)
        and does not answer is an error, never passed over: images would land where nobody looks.
        """
        try:
            return cls._find(start, timeout)
        except _Absent as none:  # what a learner reads is the public name
            error = EngineError(str(none))
            error.absent = chosen() is None
            raise error from None

    @staticmethod
    def _find(start: bool, timeout: float) -> Engine:
        if endpoint := chosen():
            return _open(endpoint, timeout)
        if os.environ.get(names.ENGINE_ROOT_VARIABLE):
            return _private(timeout, start)
        unusable = None
        for endpoint in usual():
            try:
                return _open(endpoint, timeout)
            except _Absent:
                continue
            except EngineError as error:
                unusable = unusable or error
        try:
            # An engine that hangs or refuses us is what wants mending: start no other beside it.
            return _private(timeout, start and unusable is None)
        except _Absent as none:
            raise unusable or none from None

    @classmethod
    def inside(cls, root: Path, *, start: bool = True, timeout: float = 10.0) -> Engine | None:
        """The private engine of another Debian, whose folder is `root`.

        start    start it where it does not run; without this, the answer is None then
        timeout  seconds that it has for its answer

        Raises EngineError where it can't be started or doesn't answer.
        """
        try:
            return _private(timeout, start, str(root))
        except _Absent:
            if not start:
                return None
            raise

    def close(self, *, wait: bool = False) -> None:
        """Leaves the engine; a private one ends some seconds after its last user has left.

        wait  let a private one that nobody else uses end at once, and return when it is gone
        """
        self.client.close()
        if self._attachment is not None:
            self._attachment.close(wait=wait)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _Absent(EngineError):
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


def _private(timeout: float, start: bool, root: str | None = None) -> Engine:
    if sys.platform != "linux":
        raise _Absent(
            "No Docker engine answers: start Docker Desktop, or Podman's machine with "
            "`podman machine start`, and try again."
        )
    from helpers.engine import private

    attachment = private.attach(start=start, root=root)
    if attachment is None:
        raise _Absent(
            "No Docker engine answers: run `python3 -m helpers lab`, which starts one or says how."
        )
    try:
        engine = _open(Endpoint(f"unix://{attachment.socket}"), timeout)
    except BaseException:
        attachment.close()
        raise
    engine.private, engine._attachment = True, attachment
    return engine


def _open(endpoint: Endpoint, timeout: float) -> Engine:
    """The engine of an endpoint. Raises EngineError, as _Absent where nothing is there."""
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
        return _Absent(f"{place} no engine answers ({system}): start it, or {otherwise}.")
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
