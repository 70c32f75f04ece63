"""The explorer's answers to its page: names that are safe to show, numbers instead of paths."""

import threading
import time

import pytest

from helpers.core import names
from helpers.core.errors import LabError
from helpers.engine.client import Engine
from helpers.files.layer_tar import LayerRead
from helpers.files.stack import Entry, File
from helpers.files.tree import Tree
from helpers.image import layers
from helpers.image.explorer import Explorer
from helpers.image.open_image import OpenImage
from helpers.view import opening
from helpers.view.explorer_widget import Opened, TreeView, explorer
from tests.unit.kernel import execute, heard, printed, send, started

BAD = "/d/\x1b[31m<b>\u202e\udcff"

FILES = [
    File("/d", 0, "directory", 0o755),
    File(BAD, 5, "file", 0o644, 7, 8, change="changed"),
    File("/gone", 0, "removed", change="removed"),
    *(File(f"/many/{n}", n, "file") for n in range(700)),
]


VIEWS = [TreeView("COPY . .", 10, 1.0)]


def filled(facts=(), tables=()):
    return Opened("10 B", VIEWS, [lambda: Tree(FILES)], facts, tables)


def made(read):
    widget = explorer("an image", read, views=VIEWS)
    told = []
    widget.send = lambda content, buffers=None: told.append(content)
    wait(widget)
    return widget, told


def wait(widget, known=lambda state: state["ready"]):
    deadline = time.monotonic() + 5
    while not (known(widget.state) or widget.state["error"]):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ask(widget, told, **question):
    widget._answer({"view": 0, "to": 1, **question})
    return told[-1]


def test_the_page_asks_for_one_folder_at_a_time_by_its_number():
    widget, told = made(lambda _: [filled([("efficiency", "100 %")])])
    assert widget.state["facts"] == [{"label": "efficiency", "value": "100 %"}]
    top = ask(widget, told, ask="children", of=None, start=0)
    assert [node["name"] for node in top["nodes"]] == ["many", "d", "gone"]
    many = ask(widget, told, ask="children", of=top["nodes"][0]["id"], start=0)
    assert (len(many["nodes"]), many["left"]) == (500, 200)
    rest = ask(widget, told, ask="children", of=top["nodes"][0]["id"], start=500)
    assert (len(rest["nodes"]), rest["left"]) == (200, 0)
    assert [(n["sign"], n["change"]) for n in top["nodes"]][2] == ("-", "removed")
    assert top["nodes"][1]["inside"] == "~1"
    assert [node["mode"] for node in top["nodes"]] == ["", "drwxr-xr-x 0:0", ""]


def test_unprintable_bytes_of_a_name_do_not_reach_the_page():
    widget, told = made(lambda _: [filled()])
    found = ask(widget, told, ask="search", text="<b>")
    assert [n["name"] for n in found["nodes"]] == ["/d/\\x1b[31m<b>\\u202e\\udcff"]
    assert found["nodes"][0]["sign"] == "~" and found["count"] == 1
    assert found["nodes"][0]["mode"] == "-rw-r--r-- 7:8", "as in a table of files"


def test_files_that_cannot_be_read_give_a_sentence():
    def read(_):
        raise LabError("The engine did not send the layer: build the image again.")

    widget, _ = made(read)
    assert widget.state["error"].startswith("The engine did not send") and not widget.state["ready"]


def test_progress_is_sent_in_steps():
    def read(on_bytes):
        for count in range(0, 5_001, 5):
            on_bytes(count, 5_000)
        on_bytes(10, 5_000)  # a bar never goes back
        return [filled()]

    widget = explorer("an image", read)
    told = []
    widget.observe(lambda change: told.append(change["new"]["share"]), "progress")
    wait(widget)
    assert widget.progress == {"share": 1.0, "said": "5.00 kB of 5.00 kB"}
    assert told == sorted(told) and len(told) <= 101


@pytest.fixture
def image(tmp_path, monkeypatch):
    """An image in a containerd store, whose layers were read before, so that it needs no engine."""
    monkeypatch.setenv(names.CACHE_VARIABLE, str(tmp_path))
    lists = [[Entry("/a", 900, "file"), Entry("/b", 50, "file")], [Entry("/a", 50, "file")]]
    for at, entries in enumerate(lists):
        layers.EntriesCache().keep(LayerRead(f"sha256:{at}", tuple(entries), None))
    fields = dict.fromkeys(("client", "host", "name", "version", "api_version", "builder"))
    engine = Engine(**fields, store="containerd", architecture="amd64")
    inspected = {"Size": 600, "RootFS": {"Layers": ["sha256:0", "sha256:1"]}}
    found = OpenImage("sha256:9", "mine:1", engine=engine, _inspected=inspected)
    vars(found)["_history"] = [
        {"CreatedBy": "RUN build # buildkit", "Comment": "", "Size": 8_192},
        {"CreatedBy": "COPY . / # buildkit", "Comment": "", "Size": 4_096},
    ]
    return found


def test_commands_are_shown_before_the_sizes_that_need_reading(image):
    def rows():
        return [(v["title"], v["size"], v["percent"]) for v in widget.state["views"]]

    with image._reading:  # as long as nobody reads
        widget = opening.image(Explorer(image))
        assert rows()[1:] == [("COPY . /", "…", ""), ("RUN build", "…", "")]
        assert (rows()[0][1], widget.state["figure"]) == ("…", "")
    wait(widget)
    assert rows()[1:] == [("COPY . /", "950 B", "95.0 %"), ("RUN build", "50 B", "5.0 %")]
    assert (rows()[0][1], widget.state["figure"]) == ("1.00 kB", "1.00 kB")


def test_the_whole_image_says_how_many_bytes_its_tree_does_not_show(image):
    widget = opening.image(Explorer(image))
    wait(widget, lambda state: state["facts"])
    first = widget.state["views"][0]
    assert first["title"] == "the whole image, 900 B of it hidden by later layers"
    tree = widget._read.trees[0]()
    assert (first["size"], tree.size) == ("1.00 kB", 100)


def test_files_that_arrive_after_closing_are_not_kept():
    widget, _ = made(lambda _: [filled()])
    widget.close()
    widget.fill(filled())
    assert widget._read is None


IN_A_KERNEL = """
import gc, time, weakref
from helpers.files.stack import File
from helpers.files.tree import Tree
from helpers.view import notebook
from helpers.view.explorer_widget import Opened, TreeView, explorer

trees, widgets = [], []

def made(_):
    tree = Tree([File("/a", 1, "file")])
    trees.append(weakref.ref(tree))
    read = Opened("1 B", [TreeView("all", 1, 1.0)], [lambda: tree])
    widget = explorer("an image", lambda _: [read])
    widgets.append(weakref.ref(widget))
    while not widget.state["ready"]:
        time.sleep(0.01)
    return widget

class Shown:
    pass

notebook.WIDGETS[Shown] = made
notebook.install()

def there(refs):
    return [ref() is not None for ref in refs]

def look():
    now = there(trees)
    gc.collect()
    print(now, there(widgets))
"""


def test_a_widget_is_freed_when_its_cell_runs_again_or_the_page_closes_it():
    with started() as client:

        def run(code, cell):
            asked = execute(client, code, cell)
            said = heard(client, asked)
            data = [c["data"] for _, kind, c in said if kind == "execute_result"]
            return printed(said, asked).strip(), data

        run(IN_A_KERNEL, "first")
        run("Shown()", "second")
        _, (shown,) = run("Shown()", "third")
        assert run("look()", "fourth")[0] == "[True, True] [True, True]"
        assert run("look()\nShown()", "second")[0] == "[False, True] [False, True]"
        comm = shown["application/vnd.jupyter.widget-view+json"]["model_id"]
        send(client, "comm_close", {"comm_id": comm, "data": {}})
        assert run("look()", "fourth")[0] == "[False, False, True] [False, False, True]"
        assert "True" not in run("look()", "second")[0]


def test_files_are_shown_before_what_takes_longer():
    looked = threading.Event()

    def read(_):
        yield filled()
        looked.wait(5)
        yield filled([("efficiency", "100 %")])

    widget = explorer("an image", read)
    wait(widget)
    assert widget.state["facts"] == []
    looked.set()
    wait(widget, lambda state: state["facts"])
