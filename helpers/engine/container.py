"""Containers that live as long as a `with` block, started or only created."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import docker.errors
import requests.exceptions

from helpers.core import names
from helpers.core.errors import LabError
from helpers.core.value import Value
from helpers.engine.client import Engine, answering

GRACE = 10
"""Seconds between SIGTERM and SIGKILL, the same as `docker stop` waits."""


@dataclass(frozen=True, repr=False)
class Stopped(Value):
    """How a container ended when it was stopped.

    exit_code  137 is 128 + 9, killed; 143 is 128 + 15, ended by SIGTERM
    seconds    how long it took
    """

    exit_code: int
    seconds: float


@dataclass(frozen=True)
class RunningContainer:
    """A running container.

    id    the engine's id of it
    name  for use in a terminal: `docker logs NAME`
    """

    engine: Engine = field(repr=False)
    id: str
    name: str

    def logs(self) -> str:
        """Its output so far, both streams."""
        return self.engine.client.api.logs(self.id).decode("utf-8", "replace")

    def stop(self) -> Stopped:
        """Stops it like `docker stop`: SIGTERM, and SIGKILL ten seconds later."""
        api = self.engine.client.api
        began = time.monotonic()
        api.stop(self.id, timeout=GRACE)
        seconds = time.monotonic() - began
        return Stopped(api.wait(self.id)["StatusCode"], seconds)

    def health(self, timeout: float = 30) -> str:
        """`healthy` or `unhealthy`, as soon as the engine knows; `none` where the image has no
        HEALTHCHECK.

        timeout  seconds to wait; after them the answer is `starting`

        Raises LabError where the container has ended.
        """
        until = time.monotonic() + timeout
        while True:
            state = self.engine.client.api.inspect_container(self.id)["State"]
            health = (state.get("Health") or {}).get("Status") or "none"
            if health != "none" and not state["Running"]:  # the engine says unhealthy then
                raise LabError(
                    f"The container has ended (exit {state['ExitCode']}), so it has no health: "
                    "see its `logs()`."
                )
            if health != "starting" or time.monotonic() > until:
                return health
            time.sleep(0.2)


@contextmanager
def started(
    engine: Engine, image_id: str, tag: str, command: Sequence[str] = (), *, init: bool = False
) -> Iterator[RunningContainer]:
    """Runs a container for the duration of a `with` block, and removes it.

    tag      the image's name in error messages
    command  words after the entry point; empty for the image's own command
    init     run a small init as process 1, like `docker run --init`

    Raises LabError where it can't be started; `image.run()` says why.
    """
    words = list(command) or None
    with temporary(engine, image_id, command=words, init=init or None) as made:
        try:
            engine.client.api.start(made)
        except docker.errors.APIError:
            raise LabError(
                f"A container of {tag} does not start: `run(…)` of the image says why."
            ) from None
        # it may have ended already: no error here
        found = _found(engine, made)[0]
        _await_output(found)
        yield found


def _await_output(container: RunningContainer, patience: float = 1.0) -> None:
    """Waits until the program prints something, or for a second: a signal that arrives before
    process 1 is ready is lost."""
    until = time.monotonic() + patience
    while not container.logs() and time.monotonic() < until:
        time.sleep(0.05)


def find(engine: Engine, container: str) -> RunningContainer:
    """The running container with that id or name.

    Raises LabError where there is none, or it does not run.
    """
    found, runs = _found(engine, container)
    if not runs:
        raise LabError(
            f"The container {container!r} does not run: start it with `docker start {container}`."
        )
    return found


def _found(engine: Engine, container: str) -> tuple[RunningContainer, bool]:
    try:
        found = engine.client.api.inspect_container(container)
    except (docker.errors.NotFound, docker.errors.NullResource):
        raise LabError(
            f"The engine has no container {container!r}: `docker ps` lists those that run."
        ) from None
    runs = bool(found["State"]["Running"])
    return RunningContainer(engine, found["Id"], found["Name"].lstrip("/")), runs


@contextmanager
def unstarted(engine: Engine, image_id: str) -> Iterator[str]:
    """A container that is created and never started, so its files are the image's. Gives its id."""
    # An image without a command needs one to be created; any word will do. The engine would make
    # the image's working directory in it, so that is `/`. It needs no network.
    with temporary(
        engine, image_id, command=["none"], working_dir="/", network_mode="none"
    ) as made:
        yield made


@contextmanager
def temporary(engine: Engine, image: str, **options: Any) -> Iterator[str]:
    """Creates a container and removes it at the end of a `with` block. Gives its id.

    image    the engine's name or id of the image
    options  for the SDK's `containers.create`

    Raises LabError where the engine has no such image, EngineError where it does not answer, and
    the SDK's APIError where it refuses the options.
    """
    # We choose the name: a call that is interrupted may have created the container.
    name = f"{names.CONTAINER_PREFIX}{uuid4().hex[:12]}"
    try:
        yield _created(engine, image, name, options)
    finally:
        with suppress(docker.errors.NotFound, requests.exceptions.RequestException):
            engine.client.api.remove_container(name, force=True, v=True)


def _created(engine: Engine, image: str, name: str, options: dict[str, Any]) -> str:
    try:
        with answering(engine):
            made = engine.client.containers.create(
                image, name=name, labels=names.container_labels(), **options
            )
    except docker.errors.ImageNotFound:
        raise LabError(
            f"The engine has no image {image[:71]!r}: build it again, or pull it."
        ) from None
    assert made.id  # the engine gives every container one
    return made.id
