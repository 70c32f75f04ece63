"""Keeps the page alive while a cell is busy: what is clicked meanwhile is heard at once.

JupyterLab, from 4.4, sends clicks on widgets to a subshell of the kernel: a thread beside the one
that runs the cells. ipykernel has subshells from 7.0. Up to 7.3.0 that is all it takes, but there a
cell hangs now and then (ipykernel's issue 1554). In 7.4.0 none does, but it hands a click to the
thread in which the widget was last used. That is mostly the cells' thread, so the click would wait
for the cell. It does so only for widgets' connections of its own class. The package `comm` lets
anybody register another class; the one here leaves the choice of the thread to JupyterLab.
"""

from __future__ import annotations

from typing import Any

import comm
from comm.base_comm import BaseComm

from helpers.view.frontend import shell


def keep_page() -> None:
    """Lets every widget that is made from now on be heard while a cell runs.

    Its handlers then run in a thread of their own. The cell stays in the main thread, where Ctrl-C
    reaches it. A front end without subshells, or with the setting `commsOverSubshells` off, still
    waits for the cell. Outside a kernel nothing is done.
    """
    if getattr(shell(), "kernel", None) is not None:
        comm.create_comm = _Comm


class _Comm(BaseComm):
    """A widget's connection to the page."""

    def publish_msg(
        self,
        msg_type: str,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        buffers: list[bytes] | None = None,
        **keys: Any,
    ) -> None:
        kernel = shell().kernel
        content = {"data": data or {}, "comm_id": self.comm_id, **keys}
        kernel.send_response(
            kernel.iopub_socket,
            msg_type,
            content,
            ident=self.topic,
            metadata=metadata or {},
            buffers=buffers,
        )
