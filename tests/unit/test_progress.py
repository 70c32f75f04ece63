"""Progress is drawn in a front end or on a terminal, and never becomes part of an output."""

import sys
import textwrap
import time

import nbclient
import nbformat
import pexpect
import pytest
from jupyter_client.manager import start_new_kernel

from helpers.core.events import Event, ignore
from helpers.view import live_progress as progress
from helpers.view.tally import Tally

BUILD = textwrap.dedent("""
    import time
    from helpers.core.events import Event
    from helpers.view import live_progress as progress

    def build(name, seconds=0.7):
        with progress.listener(name) as listen:
            listen(Event("1", "[1/3] FROM gcc:14", "cached"))
            for i in range(int(seconds * 20)):
                listen(Event("2", "[2/3] RUN <gcc>", log=f"line <{i}>\\n"))
                time.sleep(0.05)
            listen(Event("2", "[2/3] RUN <gcc>", "done"))
""")

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel(kernel_name="python3")
    _run(client, BUILD)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def _request(client, code, metadata=None):
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    message = client.session.msg("execute_request", content, metadata=metadata)
    client.shell_channel.send(message)
    return message["header"]["msg_id"]


def _messages(client, request):
    """What came back for a request, until the kernel is idle again."""
    found = []
    while True:
        message = client.get_iopub_msg(timeout=30)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["content"].get("execution_state") == "idle":
            return [m for m in found if m["msg_type"] not in ("status", "execute_input")]
        found.append(message)


def _run(client, code, metadata=None):
    return _messages(client, _request(client, code, metadata))


def test_a_front_end_gets_a_widget_that_ends_as_one_folded_line(kernel):
    # What JupyterLab 4.6 sends with a cell: its metadata, and these three.
    metadata = {"cellId": "a1b2", "deletedCells": [], "recordTiming": False}
    messages = _run(kernel[1], "build('build <c-hello>/gcc')", metadata)
    shown = [m["content"]["data"] for m in messages if m["msg_type"] == "display_data"]
    assert [d["text/plain"] for d in shown] == ["build <c-hello>/gcc"]
    assert WIDGET in shown[0]
    values = [
        m["content"]["data"]["state"]["value"]
        for m in messages
        if m["msg_type"] == "comm_msg" and "value" in m["content"]["data"]["state"]
    ]
    assert any("<progress " in v and "RUN &lt;gcc&gt;" in v for v in values)
    assert values[-1].startswith(
        "<details><summary>✓ build &lt;c-hello&gt;/gcc · 2 steps, 1 from the cache"
    )
    assert "line &lt;13&gt;</pre>" in values[-1]
    assert not any("<gcc>" in v or "<1" in v for v in values)


def test_a_kernel_without_a_front_end_gets_nothing(kernel):
    assert _run(kernel[1], "build('build c-hello/gcc')", {}) == []


def test_threads_may_build_side_by_side(kernel):
    code = """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(build, ["one", "two"])) == [None, None]
    """
    messages = _run(kernel[1], textwrap.dedent(code), {"cellId": "a1b2"})
    shown = [
        m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] == "display_data"
    ]
    assert sorted(shown) == ["one", "two"]
    assert not [m for m in messages if m["msg_type"] in ("error", "stream")]


def test_an_interrupt_ends_the_build_and_the_drawing(kernel):
    manager, client = kernel
    request = _request(client, "build('long', seconds=60)", {"cellId": "a1b2"})
    time.sleep(1)
    manager.interrupt_kernel()
    began = time.monotonic()
    messages = _messages(client, request)
    assert time.monotonic() - began < 5
    assert [m["content"]["ename"] for m in messages if m["msg_type"] == "error"] == [
        "KeyboardInterrupt"
    ]
    values = [
        m["content"]["data"].get("state", {}).get("value", "")
        for m in messages
        if m["msg_type"] == "comm_msg"
    ]
    assert any("✗ long · interrupted" in v for v in values)
    threads = "import threading; [t.name for t in threading.enumerate() if t.name == 'progress']"
    (result,) = _run(client, threads)
    assert result["content"]["data"]["text/plain"] == "[]"


def test_nbclient_records_no_progress():
    cell = nbformat.v4.new_code_cell(f"{BUILD}\nbuild('build c-hello/gcc')\n'the value'")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    assert [o["output_type"] for o in notebook.cells[0].outputs] == ["execute_result"]


def test_a_terminal_shows_progress_and_keeps_one_line_for_each():
    code = f"{BUILD}\nimport threading as t\n" + textwrap.dedent("""
        threads = [t.Thread(target=build, args=(n,)) for n in ("one [red]", "two")]
        [t.start() for t in threads]
        [t.join() for t in threads]
    """)
    child = pexpect.spawn(
        sys.executable,
        ["-c", code],
        dimensions=(30, 100),
        encoding="utf-8",
        env={"TERM": "xterm-256color", "PATH": "/usr/bin:/bin"},
    )
    child.expect(pexpect.EOF, timeout=60)
    screen = _screen(child.before)
    assert "RUN <gcc>" in child.before and "│ line <3>" in child.before
    assert sorted(line[:34] for line in screen) == [
        "✓ one [red] · 2 steps, 1 from the ",
        "✓ two · 2 steps, 1 from the cache ",
    ]


def _screen(written: str) -> list[str]:
    """The lines that a terminal still shows: rich clears lines (2K) and goes up (1A)."""
    import re

    lines, row = [""], 0
    for part in re.findall(r"\x1b\[[?0-9;]*[a-zA-Z]|\r|\n|[^\x1b\r\n]+", written):
        if part == "\x1b[1A":
            row -= 1
        elif part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part[0] not in "\x1b\r":
            lines[row] += part
    return [line for line in lines if line.strip()]


def test_elsewhere_nothing_is_drawn(capfd):
    with progress.listener("build") as listen:
        listen(Event("1", "RUN"))
    assert listen is ignore
    assert capfd.readouterr() == ("", "")


def test_steps_that_have_not_begun_count():
    tally = Tally("build")
    assert tally.fraction() == 0
    tally.hear(Event("a", "[build 1/3] FROM gcc:14", "cached"))
    tally.hear(Event("b", "[stage-1 1/2] COPY", "running"))
    assert tally.fraction() == 1 / 5
    tally.hear(Event("c", "exporting", "running", current=50, total=100))
    assert tally.fraction() == 1.5 / 6


def test_running_steps_and_the_last_that_ended_are_shown():
    tally = Tally("build")
    for i in range(30):
        tally.hear(Event(str(i), f"step {i}", "running" if i == 3 else "done"))
    assert [row.name for row in tally.rows(most=3)] == ["step 3", "step 28", "step 29"]


def test_the_log_is_shown_as_a_terminal_would():
    tally = Tally("build")
    for log in ("10 %\r50 ", "%\rdone\n\x1b[31mred\x1b[0m \x1b]0;title\x07", "\r\n", "open"):
        tally.hear(Event("a", "RUN make", log=log))
    tally.hear(Event("b", "RUN other", log="x" * 10_000 + "\n"))
    log = tally.log()
    assert log[:3] == ["RUN make", "done", r"red \x1b]0;title\x07"]
    assert log[3] == "RUN other" and len(log[4]) == 500
    assert log[5] == "open"


def test_only_the_end_of_a_long_log_is_kept():
    tally = Tally("build")
    tally.hear(Event("a", "RUN make", log="line\n" * 100_000))
    assert len(tally.log(most=10**6)) == 500


def test_the_closing_line_says_how_it_ended():
    now = iter([0.0, 75.2])
    tally = Tally("build c-hello/gcc", clock=lambda: next(now))
    tally.hear(Event("a", "FROM", "cached"))
    assert tally.closing("failed") == (
        "build c-hello/gcc · failed · 1 step, 1 from the cache · 1 min 15 s"
    )
