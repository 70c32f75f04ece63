"""Keeps the page alive while a cell is busy: what is clicked meanwhile is heard at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from helpers.view.frontend import PARENT, place

INTERVAL = 50
"""Milliseconds after which a thread that waits for messages looks whether the cell has ended."""

_ONE = threading.Lock()
"""A kernel has one channel for cells and widgets, and so one thread that reads it."""


@contextmanager
def page() -> Iterator[None]:
    """Answers the page's widgets while the `with` block keeps the cell busy.

    ipykernel 6 reads messages between two cells. So a thread reads them meanwhile and hands those
    of widgets to their handlers, which run in it; all others, such as the next cells, stay in
    their order. The block itself stays in the caller's thread, where Ctrl-C reaches it.

    Outside a front end, beside another `page`, in another thread than the kernel's, and in a
    kernel that is built otherwise, nothing is done.
    """
    kernel = _kernel()
    if kernel is None or not _ONE.acquire(blocking=False):
        yield
        return
    over = threading.Event()
    reader = threading.Thread(target=_read, args=(kernel, over), daemon=True, name="page")
    try:
        reader.start()
        yield
    finally:
        over.set()
        reader.join()
        _ONE.release()
        # ZeroMQ tells of new messages once: the kernel's loop must not wait for news of one that
        # came while the thread read.
        kernel.io_loop.add_callback(kernel.shell_stream.flush)


def _kernel() -> Any:
    """The kernel whose messages can be read beside a cell, or None."""
    if place() != "front end" or threading.current_thread() is not threading.main_thread():
        return None
    kernel = sys.modules["IPython"].get_ipython().kernel
    needed = ("msg_queue", "shell_stream", "io_loop", "session", "shell_handlers", "_parent_ident")
    return kernel if all(getattr(kernel, name, None) is not None for name in needed) else None


def _read(kernel: Any, over: threading.Event) -> None:
    while not over.is_set():
        if kernel.shell_stream.socket.poll(INTERVAL):
            kernel.shell_stream.flush()
        for frames in _of_widgets(kernel):
            _handle(kernel, frames)


def _of_widgets(kernel: Any) -> list[list[Any]]:
    """Takes the messages of widgets out of the kernel's queue."""
    waiting = [kernel.msg_queue.get_nowait() for _ in range(kernel.msg_queue.qsize())]
    taken = []
    for entry in waiting:
        _, _, arguments = entry
        if _kind(kernel, arguments[0]) == "comm_msg":
            taken.append(arguments[0])
        else:
            kernel.msg_queue.put_nowait(entry)
    return taken


def _kind(kernel: Any, frames: list[Any]) -> str:
    _, parts = kernel.session.feed_identities(frames, copy=False)
    return kernel.session.unpack(parts[1].bytes)["msg_type"]


def _handle(kernel: Any, frames: list[Any]) -> None:
    """What the kernel itself does with a message; afterwards it answers to the cell again."""
    identities, parts = kernel.session.feed_identities(frames, copy=False)
    message = kernel.session.deserialize(parts, content=True, copy=False)
    with PARENT:
        cell = kernel._parent_ident.get("shell"), kernel.get_parent("shell")
        kernel.set_parent(identities, message, "shell")
        try:
            kernel._publish_status("busy", "shell")
            kernel.shell_handlers["comm_msg"](kernel.shell_stream, identities, message)
        except Exception:
            kernel.log.exception("A message of a widget could not be handled.")
        finally:
            # A widget sends its next news when it hears that this was dealt with.
            kernel._publish_status("idle", "shell")
            kernel.set_parent(*cell, "shell")
            kernel._publish_status("busy", "shell")
