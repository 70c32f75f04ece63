"""The folder of a private engine: the names that follow from it, its locks, and who uses it.

A user of the engine holds the lock of a file in `users/`. The kernel frees it when the process
ends, however it ends, so that nobody who is dead is ever counted. Standard library alone; POSIX.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
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
"""Bytes in the path of a Unix socket, as Linux has it."""

PATIENCE = 120.0
"""Seconds to wait for another process that starts or stops the engine: more than both take."""


@dataclass(frozen=True)
class User:
    """A process that uses the engine."""

    pid: int
    command: str


@dataclass(frozen=True)
class Place:
    """Where a private engine lives.

    folder  everything that it keeps; what is in it besides `data` can be made again
    root    the folder of another system whose `dockerd` runs, or "" for the host's
    """

    folder: Path
    root: str = ""

    @property
    def mark(self) -> str:
        """The name of what it needs outside of its folder: control groups, a link in /run.

        Containers may share the machine's control groups, and have a folder of the same path each.
        """
        root = Path("/").stat()
        where = f"{root.st_dev}:{root.st_ino}:".encode() + bytes(self.folder)
        return f"shrink-lab-{hashlib.sha256(where).hexdigest()[:8]}"

    @property
    def log(self) -> Path:
        return self.folder / "dockerd.log"

    @property
    def state(self) -> Path:
        """What the supervisor says of itself: its own process, and the namespaces' first."""
        return self.folder / "state.json"

    @property
    def link(self) -> Path:
        return Path("/run") / self.mark

    @property
    def socket(self) -> Path:
        """As a client may name it: through the link, where the path is too long for a socket."""
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
        """Keeps others from starting the engine, joining its users or stopping it meanwhile.

        Raises EngineError where another process keeps at it for minutes.
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
        """The lock of `settled`, or None where it was another's for `wait` seconds."""
        return hold(self.folder / "lock", wait)

    def supervise(self, wait: float) -> IO[str] | None:
        """The lock that the supervisor holds while it lives, or None where it is another's."""
        return hold(self.folder / "supervisor.lock", wait)

    @property
    def supervised(self) -> bool:
        """Whether a supervisor lives, which has an engine or is about to."""
        lock = self.supervise(0)
        if lock is None:
            return True
        lock.close()
        return False

    def join(self) -> IO[str]:
        """Makes this process a user until the file is closed. To be called when settled."""
        users = self.folder / "users"
        users.mkdir(exist_ok=True)
        file = hold(users / f"{os.getpid()}.{secrets.token_hex(4)}")
        file.write(" ".join(sys.argv))
        file.flush()
        return file

    def users(self) -> list[User]:
        """Who uses the engine now."""
        return [
            User(int(path.name.partition(".")[0]), path.read_text())
            for path in self._entries()
            if not _free(path)
        ]

    def forget_the_dead(self) -> None:
        """Removes the files of those who use it no more. To be called when settled."""
        for path in self._entries():
            if _free(path):
                path.unlink(missing_ok=True)

    def _entries(self) -> list[Path]:
        return sorted((self.folder / "users").glob("*"))


def hold(path: Path, wait: float | None = None) -> IO[str] | None:
    """The file, locked until it is closed or this process ends.

    wait  seconds; None waits as long as it takes

    Gives None where the lock was another's all the time.
    """
    file = path.open("a+")
    end = None if wait is None else time.monotonic() + wait
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if end is None else fcntl.LOCK_NB))
                return file
            except BlockingIOError:
                if time.monotonic() >= end:
                    file.close()
                    return None
            time.sleep(0.05)
    except BaseException:  # Ctrl-C among them: a lock must not outlive its purpose
        file.close()
        raise


def _free(path: Path) -> bool:
    """Whether nobody holds the lock of this file."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return True
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
