"""Messages of widgets while a cell runs, in a kernel of its own, sent to a subshell as JupyterLab
sends them."""

from contextvars import ContextVar

import pytest

from helpers.compare import ComparisonTable
from helpers.lab import comparing
from tests.unit.kernel import execute, heard, printed, send, started, subshell

SETUP = """
import time, ipywidgets
from helpers.view.frontend import place
from helpers.view.notebook import install
install()
slider = ipywidgets.IntSlider()
print(slider.model_id)

def wait_for(value):
    end = time.monotonic() + 20
    while slider.value != value and time.monotonic() < end:
        time.sleep(0.02)
"""

WAITS = """
slider.max = 200  # the cell itself has used the widget
wait_for(7)
seen = slider.value, place()
print("in the cell")
"""

DRAWS = """
import threading
from helpers.core.events import Event
from helpers.view import live_progress
with live_progress.listener("a build") as listen:
    wait_for(9)
    thread = threading.Thread(target=listen, args=[Event("1", "RUN gcc")])
    thread.start()
    thread.join()
"""


@pytest.fixture(scope="module")
def client():
    with started() as client:
        yield client


@pytest.fixture(scope="module")
def page(client):
    """The subshell that the page's messages go to."""
    return subshell(client)


@pytest.fixture
def slider(client):
    setup = execute(client, SETUP)
    return printed(heard(client, setup), setup).strip()


def slide(client, page, slider, value):
    data = {"method": "update", "state": {"value": value}}
    return send(client, "comm_msg", {"comm_id": slider, "data": data}, subshell=page)


def test_a_widget_is_heard_while_a_cell_runs_and_the_next_cells_wait(client, page, slider):
    waits = execute(client, WAITS)
    after = execute(client, "print(seen)")
    slid = slide(client, page, slider, 7)
    said = heard(client, after)
    assert printed(said, waits) == "in the cell\n"
    assert printed(said, after) == "(7, 'front end')\n"
    order = [(by, c["execution_state"]) for by, kind, c in said if kind == "status"]
    assert order.index((slid, "idle")) < order.index((waits, "idle"))


def test_what_a_thread_draws_after_a_click_stands_under_the_cell(client, page, slider):
    draws = execute(client, DRAWS)
    slide(client, page, slider, 9)
    said = heard(client, draws)
    assert [by for by, kind, _ in said if kind == "display_data"] == [draws]


def test_ctrl_c_reaches_the_cell(client, page, slider):
    cell = execute(client, "print('begun', flush=True)\nwait_for(8)\ntime.sleep(60)")
    slide(client, page, slider, 8)
    while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        pass
    client.parent.interrupt_kernel()
    said = heard(client, cell)
    assert [c["ename"] for _, kind, c in said if kind == "error"] == ["KeyboardInterrupt"]


def test_the_threads_of_a_comparison_know_the_cell(monkeypatch):
    cell, known = ContextVar("cell"), []
    cell.set("this one")
    monkeypatch.setattr(comparing, "_measured", lambda *_: known.append(cell.get("none")))
    monkeypatch.setattr(comparing, "compare", lambda _: ComparisonTable(()))
    comparing.compared(None, [None, None, None])
    assert known == ["this one"] * 3
