"""News of a running build or pull, who hears it, and how to cancel what runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Event:
    """One piece of news about one step.

    step     identifies the step within its build or pull
    name     as a person reads it: `[2/3] RUN gcc hello.c`, `layer 3f2a5c`; the same in each event
    state    `running` until it ends as `done`, `cached` or `error`
    current  units done so far (bytes in a pull), 0 where it is not known
    total    units in all, 0 where it is not known
    log      what the step printed since the last event
    """

    step: str
    name: str
    state: Literal["running", "done", "cached", "error"] = "running"
    current: int = 0
    total: int = 0
    log: str = ""


ProgressCallback = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener of those who don't want to know."""


class CancellationToken:
    """Everything that one caller has running. Ctrl-C reaches one thread; this, the others.

    stopped  whether `stop` was called: what begins afterwards is stopped at once
    """

    def __init__(self) -> None:
        self.stopped = False
        self._stops: dict[object, Callable[[], object]] = {}
        self._lock = threading.Lock()

    @property
    def running(self) -> int:
        """How many of them run."""
        return len(self._stops)

    @contextmanager
    def on(self, stop: Callable[[], object]) -> Iterator[None]:
        """For as long as the `with` block runs, `stop` is how to end it, from any thread."""
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
        """Stops what runs, and what will begin."""
        with self._lock:
            self.stopped = True
            stops = list(self._stops.values())
        for stop in stops:
            stop()
