"""Where something is drawn: in a front end that has widgets, in a terminal, or nowhere."""

from __future__ import annotations

import sys
import threading
from typing import Any, Literal, NamedTuple

Place = Literal["front end", "terminal", "nowhere"]


class RunningCell(NamedTuple):
    """A cell of a front end.

    cell  its id, the same each time that it is run
    run   the id of the request that runs it now
    """

    cell: str
    run: str


PARENT = threading.RLock()
"""Held while a kernel answers to a message of the page beside its cell (`helpers.view.alive`). Who
asks for what the cell answers to, or displays something under it, waits for that."""


def place() -> Place:
    """Who looks at what this process draws now.

    In a kernel it depends on who asked for the cell to run. JupyterLab, Notebook 7 and VS Code
    send the cell's id with the request (`metadata.cellId`) and draw widgets. nbclient, and so
    nbconvert, and nbval send none and record outputs: a widget there would become part of a
    committed notebook, and its text would be compared. So without that id nothing is drawn.
    """
    if getattr(shell(), "kernel", None) is not None:
        return "front end" if running_cell() else "nowhere"
    return "terminal" if sys.stderr.isatty() else "nowhere"


def running_cell() -> RunningCell | None:
    """The cell of a front end that this kernel answers to; None elsewhere."""
    kernel = getattr(shell(), "kernel", None)
    if kernel is None:
        return None
    with PARENT:
        asked = kernel.get_parent()
    named = asked.get("metadata", {}).get("cellId")
    return RunningCell(named, asked["header"]["msg_id"]) if named is not None else None


def shell() -> Any:
    """IPython's shell, where there is one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
