"""Where something is drawn: in a front end that has widgets, in a terminal, or nowhere."""

from __future__ import annotations

import sys
import threading
from typing import Literal

Place = Literal["front end", "terminal", "nowhere"]

PARENT = threading.RLock()
"""Held while a kernel answers to a message of the page beside its cell (`helpers.show.alive`). Who
asks for what the cell answers to, or displays something under it, waits for that."""


def place() -> Place:
    """Who looks at what this process draws now.

    In a kernel it depends on who asked for the cell to run. JupyterLab, Notebook 7 and VS Code
    send the cell's id with the request (`metadata.cellId`) and draw widgets. nbclient, and so
    nbconvert, and nbval send none and record outputs: a widget there would become part of a
    committed notebook, and its text would be compared. So without that id nothing is drawn.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        with PARENT:
            asked = kernel.get_parent().get("metadata", {})
        return "front end" if "cellId" in asked else "nowhere"
    return "terminal" if sys.stderr.isatty() else "nowhere"
