"""Joins the private engine, starting it where it does not run, and leaves it again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from helpers.core import machine, names
from helpers.core.errors import EngineError
from helpers.engine.private.folder import PATIENCE, Place, User
from helpers.engine.private.namespaces import started, sweep


class Attachment:
    """This process's claim on the private engine, until it is closed or the process ends.

    socket  the path of the engine's socket
    """

    def __init__(self, place: Place, user: IO[str]) -> None:
        self.socket = place.socket
        self._place = place
        self._user: IO[str] | None = user

    def close(self, *, wait: bool = False) -> None:
        """Leaves the engine. If nobody else uses it, it stops some seconds later.

        wait  stop it at once, and return when nothing of it is left
        """
        if self._user is None:
            return
        Path(self._user.name).unlink(missing_ok=True)
        self._user.close()
        self._user = None
        if self._place.supervised and not wait:
            return
        with self._place.settled():
            self._place.forget_the_dead()
            if not self._place.users():
                _end(self._place)


def attach(*, start: bool = True, root: str | None = None) -> Attachment | None:
    """Joins the private engine.

    start  start it where it doesn't run; without this, None is returned then
    root   run the engine of another Debian system, in this folder, on the containerd store; by
           default the system of LAB_ENGINE_ROOT, else the host's own docker.io

    Raises EngineError where it can't be started or doesn't answer.
    """
    if start and (reason := obstacle(root)):
        raise EngineError(f"No Docker engine answers, and {reason}")
    place = where(root)
    if start:
        place.folder.mkdir(mode=0o700, exist_ok=True)
    elif not os.access(place.folder, os.W_OK):
        return None
    with place.settled():
        place.forget_the_dead()
        if not _runs(place):
            if not start:
                return None
            _launch(place)
        return Attachment(place, place.join())


def users(root: str | None = None) -> list[User]:
    """The processes that use the private engine now."""
    return where(root).users()


def where(root: str | None = None) -> Place:
    """The folder of the private engine, and of the one for each other root."""
    cache, inside = names.cache().resolve(), _root(root)
    if not inside:
        return Place(cache / "engine")
    short = hashlib.sha256(inside.encode()).hexdigest()[:6]
    return Place(cache / f"engine-{Path(inside).name}-{short}", inside)


def obstacle(root: str | None = None) -> str | None:
    """Why no private engine can be started here and what to do about it, as a clause, or None."""
    if not machine.is_root():
        return "only root can start one here: `python3 -m helpers lab` says what to type."
    inside = _root(root)
    if inside and not Path(inside, "usr/sbin/dockerd").exists():
        return f"the system in {inside} has none: install docker.io and iptables there."
    needed = machine.IN_A_ROOT if inside else machine.ENGINE
    lacking = [p.name for p in needed if not machine.is_here(p.mark)]
    if lacking:
        listed = ", ".join(lacking)
        return f"to start one takes {listed}: `python3 -m helpers lab` installs what is needed."
    return None


def remove(root: str) -> bool:
    """Removes the data of the private engine of another root. The root itself stays.

    Returns False, and removes nothing, where somebody uses the engine.
    """
    place = where(root)
    if not place.folder.is_dir():
        return True
    with place.settled():
        place.forget_the_dead()
        if place.users():
            return False
        _end(place)
        shutil.rmtree(place.folder)
    return True


def _root(root: str | None) -> str:
    if root is None:
        root = os.environ.get(names.ENGINE_ROOT_VARIABLE, "")
    return str(Path(root).expanduser().resolve()) if root else ""


def _runs(place: Place) -> bool:
    """Whether the engine answers. Waits while its supervisor is starting or stopping it."""
    end = time.monotonic() + PATIENCE
    while place.supervised:
        if place.answers():
            return True
        if time.monotonic() > end:
            raise EngineError(
                f"The private engine does not answer: see why in {place.log}, and end its "
                f"supervisor with `kill {_supervisor(place)}`, so that the next command starts it."
            )
        time.sleep(0.1)
    return False


def _launch(place: Place) -> None:
    """Starts the supervisor, and returns when the engine answers. Call it while settled."""
    launched = subprocess.run(
        [sys.executable, "-m", "helpers.engine.private.supervisor", str(place.folder), place.root],
        cwd=names.ROOT,  # where `-m` finds this very package
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    if launched.returncode != 0:
        said = launched.stdout.strip()  # empty where Python itself failed; it has printed why
        raise EngineError(said or f"The private engine was not started: see {place.folder}.")


def _end(place: Place) -> None:
    """Stops the engine if it runs, and removes what it left behind. Call it while settled."""
    supervisor = _supervisor(place) if place.supervised else None
    if supervisor:
        os.kill(supervisor, signal.SIGTERM)
    lock = place.supervise(PATIENCE)
    if lock is None:
        raise EngineError(f"The private engine does not end: see why in {place.log}.")
    with lock:
        sweep(place)
    end = time.monotonic() + 1
    while supervisor and started(supervisor) and time.monotonic() < end:
        time.sleep(0.01)  # it has freed the lock, and is about to exit


def _supervisor(place: Place) -> int | None:
    try:
        return json.loads(place.state.read_text())["supervisor"]
    except (OSError, ValueError):
        return None  # it has just ended
