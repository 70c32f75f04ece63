"""What runs now and can be stopped from another thread: builds and containers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stops:
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
