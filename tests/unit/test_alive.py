"""Messages of widgets while a cell runs, in a kernel of its own, which a page's messages reach."""

import time

import pytest

from tests.unit.kernel import execute, heard, printed, send, started

SETUP = """
import time, ipywidgets
from helpers.view import alive
from helpers.view.frontend import place
slider = ipywidgets.IntSlider()
print(slider.model_id)
"""

WAITS = """
with alive.page():
    end = time.monotonic() + 20
    while slider.value != 7 and time.monotonic() < end:
        time.sleep(0.02)
    seen = slider.value, place()
    print("in the cell")
"""


@pytest.fixture(scope="module")
def client():
    with started() as client:
        yield client


def slide(client, slider, value):
    data = {"method": "update", "state": {"value": value}}
    return send(client, "comm_msg", {"comm_id": slider, "data": data})


def test_a_widget_is_heard_while_a_cell_runs_and_the_next_cells_wait(client):
    setup = execute(client, SETUP)
    slider = printed(heard(client, setup), setup).strip()
    waits = execute(client, WAITS)
    after = execute(client, "print(seen)")
    slid = slide(client, slider, 7)
    said = heard(client, after)
    assert printed(said, waits) == "in the cell\n"
    assert printed(said, after) == "(7, 'front end')\n"
    order = [(by, c["execution_state"]) for by, kind, c in said if kind == "status"]
    assert order.index((slid, "idle")) < order.index((waits, "idle"))
    assert order[order.index((slid, "idle")) + 1] == (waits, "busy"), "the cell is still at it"


def test_what_comes_as_a_cell_ends_is_heard_too(client):
    setup = execute(client, SETUP)
    slider = printed(heard(client, setup), setup).strip()
    for value in range(20):
        short = execute(client, "with alive.page():\n    time.sleep(0.05)")
        time.sleep(0.049)
        slide(client, slider, value)
        heard(client, short)
        shown = execute(client, "print(slider.value)")
        said = heard(client, shown)
        assert printed(said, shown) == f"{value}\n"


def test_ctrl_c_reaches_the_cell(client):
    heard(client, execute(client, SETUP))
    cell = execute(client, "with alive.page():\n    print('begun', flush=True)\n    time.sleep(60)")
    while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
        pass
    client.parent.interrupt_kernel()
    said = heard(client, cell)
    assert [c["ename"] for _, kind, c in said if kind == "error"] == ["KeyboardInterrupt"]
