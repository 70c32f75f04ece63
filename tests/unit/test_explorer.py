"""The explorer's answers to its page: names fit to be shown, numbers instead of paths."""

import time

from helpers.errors import LabError
from helpers.images.files import File
from helpers.images.tree import Tree
from helpers.show.explorer import Read, View, explorer

BAD = "/d/\x1b[31m<b>\u202e\udcff"

FILES = [
    File("/d", 0, "directory", 0o755),
    File(BAD, 5, "file", 0o644, 7, 8, change="changed"),
    File("/gone", 0, "removed", change="removed"),
    *(File(f"/many/{n}", n, "file") for n in range(700)),
]


VIEWS = [View("COPY . .", 10, 1.0)]


def filled(facts=(), tables=()):
    return Read("10 B", VIEWS, [lambda: Tree(FILES)], facts, tables)


def made(read):
    widget = explorer("an image", read, views=VIEWS)
    told = []
    widget.send = lambda content, buffers=None: told.append(content)
    wait(widget)
    return widget, told


def wait(widget):
    deadline = time.monotonic() + 5
    while not (widget.state["ready"] or widget.state["error"]):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ask(widget, told, **question):
    widget._answer({"view": 0, "to": 1, **question})
    return told[-1]


def test_folders_are_answered_one_at_a_time_by_number():
    widget, told = made(lambda _: filled([("efficiency", "100 %")]))
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


def test_no_byte_of_a_name_reaches_the_page_as_it_is():
    widget, told = made(lambda _: filled())
    found = ask(widget, told, ask="search", text="<b>")
    assert [n["name"] for n in found["nodes"]] == ["/d/\\x1b[31m<b>\\u202e\\udcff"]
    assert found["nodes"][0]["sign"] == "~" and found["count"] == 1
    assert found["nodes"][0]["mode"] == "-rw-r--r-- 7:8", "as in a table of files"


def test_files_that_cannot_be_had_are_a_sentence():
    def read(_):
        raise LabError("The engine did not send the layer: build the image again.")

    widget, _ = made(read)
    assert widget.state["error"].startswith("The engine did not send") and not widget.state["ready"]


def test_how_much_was_read_is_told_a_step_at_a_time():
    def read(heard):
        for count in range(0, 5_001, 5):
            heard(count, 5_000)
        heard(10, 5_000)  # a bar never goes back
        return filled()

    widget = explorer("an image", read)
    told = []
    widget.observe(lambda change: told.append(change["new"]["share"]), "progress")
    wait(widget)
    assert widget.progress == {"share": 1.0, "said": "5.00 kB of 5.00 kB"}
    assert told == sorted(told) and len(told) <= 101
