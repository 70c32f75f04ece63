"""Progress events of builds and pulls, the callback that gets them, and the cancellation token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Event:
    """Progress of one step.

    step     identifies the step within its build or pull
    name     for people: `[2/3] RUN gcc hello.c`, `layer 3f2a5c`; the same in each event of a step
    state    `running` until it ends as `done`, `cached` or `error`
    current  units done so far (bytes in a pull), 0 if unknown
    total    units in all, 0 if unknown
    log      output of the step since its last event
    """

    step: str
    name: str
    state: Literal["running", "done", "cached", "error"] = "running"
    current: int = 0
    total: int = 0
    log: str = ""


ProgressCallback = Callable[[Event], None]


def ignore(event: Event) -> None:
    """A progress callback that does nothing."""


class CancellationToken:
    """Cancels everything that one caller has running, in whatever thread: Ctrl-C reaches only one.

    stopped  whether `stop` was called; work that begins later is then stopped at once
    """

    def __init__(self) -> None:
        self.stopped = False
        self._stops: dict[object, Callable[[], object]] = {}
        self._lock = threading.Lock()

    @property
    def running(self) -> int:
        """How many pieces of work are running."""
        return len(self._stops)

    @contextmanager
    def on(self, stop: Callable[[], object]) -> Iterator[None]:
        """While the `with` block runs, the token calls `stop` to end it, from any thread."""
        key = object()
        with self._lock:
            self._stops[key] = stop
            late = self.stopped
        try:
            if late:
                stop()
            yield
        finally:
            with self._lock:
                del self._stops[key]

    def stop(self) -> None:
        """Stops what runs now and what begins later."""
        with self._lock:
            self.stopped = True
            stops = list(self._stops.values())
        for stop in stops:
            stop()
