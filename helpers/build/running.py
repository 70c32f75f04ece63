"""A build while the engine runs it: sends the context, gives its messages, and can stop it."""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import requests
import urllib3

from helpers.build.context import ContextTar
from helpers.core.errors import EngineError, LabError, engine_gone
from helpers.core.events import CancellationToken, Event
from helpers.engine.client import Engine

SENDING = "sending the context"
"""The name of the upload's progress event; its `current` counts bytes of file contents."""

_PATIENCE = 10.0  # seconds for an engine to stop a build
_AHEAD = 100  # messages that are read before the listener gets the first


@contextmanager
def stoppable(build: RunningBuild, token: CancellationToken) -> Iterator[None]:
    """In this block the token stops the build, and so does an exception, such as Ctrl-C's.

    Raises LabError at its end where the build was stopped.
    """
    try:
        with token.on(build.stop):
            yield
    except BaseException as error:
        if not isinstance(error, EngineError):
            build.stop()
        raise
    finally:
        if build.stopped:
            build.ended()
    if build.stopped:
        raise LabError("The build was stopped.")


class RunningBuild:
    """A build while it runs.

    id         the id by which the engine can be told to stop it
    stopped    whether `stop` was called
    container  the container of the classic builder's current step, or ""; set from outside

    A thread of its own talks to the engine. So Ctrl-C interrupts only the caller, who can still
    wait for the end of the stream: it is how BuildKit says that the last step has ended.
    """

    def __init__(self, engine: Engine) -> None:
        self.id = uuid.uuid4().hex
        self.stopped = False
        self.container = ""
        self._engine = engine
        self._response: requests.Response | None = None
        self._news: queue.Queue[Any] = queue.Queue(_AHEAD)
        self._thread = threading.Thread(target=lambda: None)

    def stop(self) -> None:
        """Has the engine stop the build, from any thread."""
        self.stopped = True
        url = self._engine.url("/build/cancel")
        with suppress(requests.RequestException):  # an engine that is gone has stopped too
            self._engine.client.api.post(url, params={"id": self.id}, timeout=_PATIENCE)
        if self._engine.builder == "classic":
            self._hang_up()  # the only way to stop that builder

    def messages(self, query: Mapping[str, str], tar: ContextTar) -> Iterator[Any]:
        """Starts the build, and gives the engine's messages, and Events of the upload."""
        self._thread = threading.Thread(target=self._talk, args=(query, tar), daemon=True)
        self._thread.start()
        while (message := self._news.get()) is not None:
            if isinstance(message, Exception):
                raise message
            yield message

    def ended(self) -> None:
        """Waits until the engine has nothing left of a build that was stopped."""
        end = time.monotonic() + _PATIENCE
        while self._thread.is_alive() and time.monotonic() < end:
            with suppress(queue.Empty):
                self._news.get(timeout=0.1)
        self._hang_up()
        if not self.container:
            return
        api = self._engine.client.api
        url = self._engine.url("/containers/{0}", self.container)
        with suppress(requests.RequestException):
            while time.monotonic() < end:
                if api.get(f"{url}/json", timeout=_PATIENCE).status_code == 404:
                    return
                time.sleep(0.1)
            api.delete(url, params={"force": "1", "v": "1"}, timeout=_PATIENCE)

    def _talk(self, query: Mapping[str, str], tar: ContextTar) -> None:
        try:
            api = self._engine.client.api
            self._response = api.post(
                self._engine.url("/build"),
                params=query,
                data=self._body(tar),
                headers={"Content-Type": "application/x-tar"},
                stream=True,
                timeout=(_PATIENCE, None),  # a step may be silent for hours
            )
            with self._response:
                for line in self._response.iter_lines(chunk_size=None):
                    if line:
                        self._news.put(json.loads(line))
        except LabError as error:
            self._news.put(error)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError):
            if not self.stopped:
                self._news.put(gone(self._engine))
        finally:
            self._news.put(None)

    def _body(self, tar: ContextTar) -> Iterator[bytes]:
        """The tar, with an Event of the upload now and then."""
        told = time.monotonic()
        for piece in tar:
            if self.stopped:
                raise LabError("The build was stopped.")
            yield piece
            if time.monotonic() - told > 0.1:
                told = time.monotonic()
                self._news.put(Event(SENDING, SENDING, current=tar.size))
        self._news.put(Event(SENDING, SENDING, "done", current=tar.size, total=tar.size))

    def _hang_up(self) -> None:
        if self._response is not None:
            with suppress(OSError, RuntimeError, ValueError):  # it has ended by itself
                self._response.raw.shutdown()


def gone(engine: Engine) -> EngineError:
    """The error of an engine that went away during a build."""
    return engine_gone(
        engine.host, during="during the build", advice="start it again, and build again"
    )
