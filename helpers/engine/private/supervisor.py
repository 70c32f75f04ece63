"""Runs a private engine while it has users, and stops it when the last of them has left.

`python -m helpers.engine.private.supervisor FOLDER [ROOT]` returns when the engine answers, and
leaves a background process that watches over it. Standard library alone; Linux, as root.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from helpers.core.errors import EngineError
from helpers.engine.private.folder import Place
from helpers.engine.private.namespaces import STOP_TIMEOUT, Namespaces, not_started, sweep

GRACE = 3.0
"""Seconds without a user before the engine stops, so that the next notebook finds it running."""


def keep(place: Place, report: Callable[[str], None]) -> None:
    """Starts the engine, reports "" or why that failed, and stops it when nobody uses it."""
    lock = place.supervise(STOP_TIMEOUT)
    if lock is None:
        return report(f"The engine in {place.folder} is being stopped: try again.")
    with lock:
        engine, settled = Namespaces(place), None
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        try:
            sweep(place)
            failure = _start(engine)
            if not failure:
                report("")
                settled = _unused(engine)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # we are stopping already
            engine.stop()
            sweep(place)
    if failure:
        report(failure)
    if settled is not None:
        place.forget_the_dead()
        settled.close()


def _start(engine: Namespaces) -> str:
    """Starts the engine. Returns "", or a sentence that says why it did not start."""
    try:
        engine.start()
    except EngineError as error:
        return str(error)
    except OSError as error:
        return not_started(engine.place, str(error))
    return ""


def _unused(engine: Namespaces) -> IO[str] | None:
    """Waits until nobody uses the engine, and returns the lock that keeps it so; None where the
    engine ended by itself."""
    place = engine.place
    idle_since = time.monotonic()
    while engine.running:
        if place.users():
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since >= GRACE:
            settled = place.settle(0)
            if settled is not None:
                if not place.users():
                    return settled
                settled.close()
        time.sleep(0.2)
    return None


def main(folder: str, root: str = "") -> int:
    """Forks the supervisor. Returns 0 when the engine answers; else prints why, and returns 1."""
    read_end, write_end = os.pipe()
    if child := os.fork():
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            said = pipe.read()
        if said == "ready":
            return 0
        os.waitpid(child, 0)
        print(said or f"The private engine was given up: see {folder}/supervisor.log.")
        return 1
    os.close(read_end)
    os.setsid()
    place = Place(Path(folder), root)
    nothing = os.open(os.devnull, os.O_RDWR)
    words = os.open(place.folder / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream, target in enumerate((nothing, words, words)):
        os.dup2(target, stream)

    def report(reason: str) -> None:
        # The other end is closed where the parent was interrupted.
        with contextlib.suppress(OSError):
            os.write(write_end, (reason or "ready").encode())
        os.close(write_end)

    keep(place, report)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
