"""The folder of a private engine: its paths, its locks, and the processes that use it.

Each user of the engine holds a lock on a file of its own in `users/`. The kernel frees the lock
when the process ends, however it ends, so a dead process never counts. Standard library alone;
POSIX.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import math
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from helpers.core.errors import EngineError

SOCKET_LIMIT = 107
"""The most bytes that the path of a Unix socket may have on Linux."""

PATIENCE = 120.0
"""Seconds to wait while another process starts or stops the engine: more than both take."""


@dataclass(frozen=True)
class User:
    """A process that uses the engine."""

    pid: int
    command: str


@dataclass(frozen=True)
class Place:
    """Where a private engine lives.

    folder  everything that it keeps; only `data` in it can't be made again
    root    the folder of the system whose `dockerd` runs, or "" for the host's own
    """

    folder: Path
    root: str = ""

    @property
    def mark(self) -> str:
        """The name of what it has outside its folder: control groups, a link in /run.

        The root's device and inode are part of it: containers share the machine's control groups,
        and several may have a folder at the same path.
        """
        root = Path("/").stat()
        where = f"{root.st_dev}:{root.st_ino}:".encode() + bytes(self.folder)
        return f"shrink-lab-{hashlib.sha256(where).hexdigest()[:8]}"

    @property
    def log(self) -> Path:
        return self.folder / "dockerd.log"

    @property
    def state(self) -> Path:
        """The process ids of the supervisor and of the first process in the namespaces."""
        return self.folder / "state.json"

    @property
    def link(self) -> Path:
        return Path("/run") / self.mark

    @property
    def socket(self) -> Path:
        """The path for clients: through the link in /run where the real one is too long."""
        path = self.folder / "docker.sock"
        return path if len(bytes(path)) <= SOCKET_LIMIT else self.link / path.name

    def answers(self) -> bool:
        """Whether an engine answers on the socket."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
                return b" 200 " in connection.recv(64)
        except OSError:
            return False

    @contextlib.contextmanager
    def settled(self) -> Iterator[None]:
        """Meanwhile no other process starts, joins or stops the engine.

        Raises EngineError where another process takes minutes over that.
        """
        lock = self.settle(PATIENCE)
        if lock is None:
            raise EngineError(
                f"Another process has been starting or stopping the engine in {self.folder} for "
                f"minutes: see which with `fuser {self.folder}/lock`, and end it."
            )
        with lock:
            yield

    def settle(self, wait: float) -> IO[str] | None:
        """The lock of `settled`, or None where another process held it for `wait` seconds."""
        return hold(self.folder / "lock", wait)

    def supervise(self, wait: float) -> IO[str] | None:
        """The lock that a supervisor holds while it lives, or None where another holds it."""
        return hold(self.folder / "supervisor.lock", wait)

    @property
    def supervised(self) -> bool:
        """Whether a supervisor lives: its engine runs, or is about to."""
        lock = self.supervise(0)
        if lock is None:
            return True
        lock.close()
        return False

    def join(self) -> IO[str]:
        """Makes this process a user until the file is closed. Call it while settled."""
        users = self.folder / "users"
        users.mkdir(exist_ok=True)
        file = hold(users / f"{os.getpid()}.{secrets.token_hex(4)}", math.inf)
        assert file is not None  # it waits as long as it takes
        file.write(" ".join(sys.argv))
        file.flush()
        return file

    def users(self) -> list[User]:
        """The processes that use the engine now."""
        return [
            User(int(path.name.partition(".")[0]), path.read_text())
            for path in self._entries()
            if not _free(path)
        ]

    def forget_the_dead(self) -> None:
        """Removes the files of processes that have ended. Call it while settled."""
        for path in self._entries():
            if _free(path):
                path.unlink(missing_ok=True)

    def _entries(self) -> list[Path]:
        return sorted((self.folder / "users").glob("*"))


def hold(path: Path, wait: float) -> IO[str] | None:
    """Opens and locks a file, until it is closed or this process ends.

    wait  seconds to wait for the lock

    None where another process held the lock all that time.
    """
    file = path.open("a+")
    end = time.monotonic() + wait
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return file
            except BlockingIOError:
                if time.monotonic() >= end:
                    file.close()
                    return None
            time.sleep(0.05)
    except BaseException:  # Ctrl-C too must not leave the file open
        file.close()
        raise


def _free(path: Path) -> bool:
    """Whether nobody holds the file's lock."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
