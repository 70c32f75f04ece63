"""Starts a container, watches it to its end, and says what the engine saw."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import docker.errors
import requests.exceptions

from helpers.core.errors import engine_gone
from helpers.core.events import CancellationToken
from helpers.diagnosis.command import may_be_engines_words
from helpers.engine.client import Engine
from helpers.engine.container import temporary

KEPT = 1_000_000
"""Bytes of output to keep, from its beginning."""

DRAIN = 5.0
"""Seconds the last output has to arrive after the container has ended."""

KILLED = 137


@dataclass(frozen=True)
class Settings:
    """The settings of one container. None leaves the image's own.

    command     words after the entry point; () for the image's own
    entrypoint  replaces the image's, and its command as well
    """

    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    env: tuple[str, ...] = ()
    user: str | None = None
    memory: str | int | None = None
    network: str | None = None
    init: bool = False


@dataclass(frozen=True)
class ContainerOutcome:
    """What the engine says of a container that has ended.

    exit_code  None where the engine could not start it
    output     at most the first `KEPT` bytes
    printed    number of bytes that it printed
    error      the engine's words where it could not start it
    oom        whether it ran out of memory
    made       False where the engine didn't even create the container
    """

    exit_code: int | None
    output: bytes = b""
    printed: int = 0
    error: str | None = None
    timed_out: bool = False
    oom: bool = False
    seconds: float = 0.0
    made: bool = True

    @property
    def text(self) -> str:
        """The output, with a last line that says so where some of it was not kept."""
        text = self.output.decode("utf-8", "replace")
        more = self.printed - len(self.output)
        return f"{text}\n[{more:,} more bytes of output are not kept]\n" if more > 0 else text

    @property
    def may_not_have_started(self) -> bool:
        """Whether the engine could not start the program, or may say so in the output."""
        output = self.output.decode("utf-8", "replace")
        return self.exit_code is None or may_be_engines_words(output, self.exit_code)

    def as_not_started(self) -> ContainerOutcome:
        """The outcome where the output turns out to be the engine's own message."""
        return replace(self, exit_code=None, error=self.text.strip(), output=b"", printed=0)


def outcome_of(
    engine: Engine, image_id: str, settings: Settings, timeout: float, token: CancellationToken
) -> ContainerOutcome:
    """Runs a container with these settings; see `watch`."""
    return watch(
        engine,
        image_id,
        timeout,
        token,
        command=list(settings.command) or None,
        entrypoint=None if settings.entrypoint is None else list(settings.entrypoint),
        environment=list(settings.env),
        user=settings.user,
        mem_limit=settings.memory,
        memswap_limit=settings.memory,
        network_mode=settings.network,
        init=settings.init,
    )


def watch(
    engine: Engine, image: str, timeout: float, token: CancellationToken, **options: Any
) -> ContainerOutcome:
    """Runs one container to its end, and removes it.

    image    the engine's name or id of the image
    timeout  seconds; then it is killed
    token    cancellation token
    options  for the SDK's `containers.create`

    Raises EngineError where the engine doesn't answer, LabError where the image is gone.
    """
    # we read the output as it comes; a log would fill the engine's disk
    options["log_config"] = {"Type": "none"}
    try:
        with temporary(engine, image, **options) as container:
            return _watch(engine.client.api, container, timeout, token)
    except docker.errors.APIError as refusal:
        return ContainerOutcome(None, error=_words(refusal), made=False)
    except (requests.exceptions.RequestException, docker.errors.DockerException) as error:
        raise engine_gone(engine.host, error, during="while a container ran") from None


def _watch(api: Any, container: str, timeout: float, token: CancellationToken) -> ContainerOutcome:
    with _attached(api, container) as output:
        began = time.monotonic()
        try:
            api.start(container)
        except docker.errors.APIError as refusal:
            return ContainerOutcome(
                None, error=_words(refusal), oom=_state(api, container)["OOMKilled"]
            )

        def kill() -> None:
            with suppress(docker.errors.APIError):  # it has just ended by itself
                api.kill(container)

        with token.on(kill):
            timed_out = not _ends(api, container, timeout)
        if timed_out:
            kill()
            _ends(api, container, 30)
        seconds = time.monotonic() - began
        output.wait()
    state = _state(api, container)
    if state["ExitCode"] == KILLED and not timed_out:
        state = _late_state(api, container)
    return ContainerOutcome(
        exit_code=state["ExitCode"],
        output=bytes(output.kept),
        printed=output.printed,
        timed_out=timed_out,
        oom=state["OOMKilled"],
        seconds=seconds,
    )


def _ends(api: Any, container: str, timeout: float) -> bool:
    """Waits for the end of a container. Returns whether it came in time."""
    try:
        api.wait(container, timeout=timeout)
    except (requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError):
        return not _state(api, container)["Running"]  # raises if the engine has gone away
    return True


def _state(api: Any, container: str) -> Mapping[str, Any]:
    return {"OOMKilled": False, **api.inspect_container(container)["State"]}


def _late_state(api: Any, container: str) -> Mapping[str, Any]:
    """The state of a killed container, once the engine knows whether memory ran out: it may learn
    that a little later than the end."""
    for _ in range(10):
        state = _state(api, container)
        if state["OOMKilled"]:
            break
        time.sleep(0.1)
    return state


@contextmanager
def _attached(api: Any, container: str) -> Iterator[_Output]:
    stream = api.attach(container, stdout=True, stderr=True, stream=True)
    try:
        yield _Output(stream)
    finally:
        with suppress(docker.errors.DockerException, OSError, ValueError):
            stream.close()


class _Output:
    """Reads a container's output while it runs: with a full pipe the program would have to wait."""

    def __init__(self, stream: Any) -> None:
        self.kept = bytearray()
        self.printed = 0
        self._stream = stream
        self._thread = threading.Thread(target=self._read, daemon=True, name="output")
        self._thread.start()

    def wait(self) -> None:
        """Waits until all output has arrived."""
        self._thread.join(DRAIN)

    def _read(self) -> None:
        with suppress(docker.errors.DockerException, OSError, ValueError):  # closed meanwhile
            for chunk in self._stream:
                self.printed += len(chunk)
                self.kept += chunk[: KEPT - len(self.kept)]


def _words(refusal: docker.errors.APIError) -> str:
    said = refusal.explanation or refusal
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
