"""A kernel of its own, which is asked as JupyterLab asks."""

import sys
from contextlib import contextmanager

from jupyter_client.manager import KernelManager


@contextmanager
def started():
    """A client of a kernel."""
    manager = KernelManager()
    manager.kernel_spec.argv[0] = sys.executable
    manager.start_kernel()
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def subshell(client):
    """A new subshell of the kernel, by its id."""
    client.control_channel.send(client.session.msg("create_subshell_request", {}))
    return client.control_channel.get_msg(timeout=30)["content"]["subshell_id"]


def send(client, kind, content, subshell=None, **metadata):
    """Sends it to the main shell, or to a subshell; gives the message's id."""
    message = client.session.msg(kind, content, metadata=metadata)
    if subshell is not None:
        message["header"]["subshell_id"] = subshell
    client.shell_channel.send(message)
    return message["header"]["msg_id"]


def execute(client, code, cell="a-cell"):
    """Sends it with the cell's id."""
    asked = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    return send(client, "execute_request", {**asked, "stop_on_error": True}, cellId=cell)


def heard(client, until):
    """What the kernel says, as (asked for by, kind, content), up to the end of a request."""
    said = []
    while True:
        message = client.get_iopub_msg(timeout=30)
        parent = message["parent_header"].get("msg_id")
        said.append((parent, message["msg_type"], message["content"]))
        if parent == until and message["content"].get("execution_state") == "idle":
            return said


def printed(said, by):
    return "".join(c["text"] for parent, kind, c in said if parent == by and kind == "stream")
