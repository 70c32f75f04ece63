"""Starts programs that Ctrl-C does not reach directly, and ends them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from helpers.core import names


def start(
    command: Sequence[str], *, to: IO[str] | None = None, **variables: str
) -> subprocess.Popen[bytes]:
    """Starts a program in the checkout, in a session of its own: only this process gets the
    terminal's signals, and passes each on once.

    to         takes both streams; without it they are this process's own
    variables  environment variables to add
    """
    return subprocess.Popen(
        command,
        cwd=names.ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=to,
        stderr=subprocess.STDOUT if to else None,
        start_new_session=True,
    )


def end(
    process: subprocess.Popen[bytes], number: int = signal.SIGINT, patience: float = 30
) -> None:
    """Asks a program to end, as Ctrl-C does, and after `patience` seconds ends it by force."""
    with uninterrupted():
        _send(process, number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            _send(process, getattr(signal, "SIGKILL", signal.SIGTERM))
            process.wait()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ctrl-C has no effect while the `with` block cleans up."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _ENDS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_ENDS = (signal.SIGINT, signal.SIGTERM)


def _send(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is not None:
        return
    if hasattr(os, "killpg"):
        os.killpg(process.pid, number)
    else:  # Windows has no such signals
        process.terminate()
