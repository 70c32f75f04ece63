"""Where something is drawn: in a front end that has widgets, in a terminal, or nowhere."""

from __future__ import annotations

import sys
from typing import Any, Literal, NamedTuple

Surface = Literal["front end", "terminal", "nowhere"]


class RunningCell(NamedTuple):
    """A cell of a front end.

    cell  its id, the same each time that it is run
    run   the id of the request that runs it now
    """

    cell: str
    run: str


def place() -> Surface:
    """Who sees what is drawn now.

    In a kernel that depends on who asked for the cell to run. JupyterLab, Notebook 7 and VS Code
    send the cell's id with the request (`metadata.cellId`) and draw widgets. nbclient, and so
    nbconvert, and nbval send none and record outputs: a widget there would become part of a
    committed notebook, and its text would be compared. So without that id nothing is drawn.

    In a thread, see `running_cell`.
    """
    if getattr(shell(), "kernel", None) is not None:
        return "front end" if running_cell() else "nowhere"
    return "terminal" if sys.stderr.isatty() else "nowhere"


def running_cell() -> RunningCell | None:
    """The cell of a front end that this code runs for; None elsewhere, and for a click on a widget.

    A thread that works for a cell must run in a copy of the cell's context
    (`contextvars.copy_context`). Otherwise it is told of the kernel's last request, which may be a
    click.
    """
    kernel = getattr(shell(), "kernel", None)
    if kernel is None:
        return None
    asked = kernel.get_parent()
    named = asked.get("metadata", {}).get("cellId")
    return RunningCell(named, asked["header"]["msg_id"]) if named is not None else None


def shell() -> Any:
    """IPython's shell, where there is one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
