"""Comparing two images: real folders, packed as layers, so that no engine is needed."""

import io
import os
import tarfile
import time

import pytest

from helpers.files import layer_tar
from helpers.files.stack import stacked
from helpers.image.difference import FolderChange, difference
from helpers.image.open_image import Layers, OpenImage
from helpers.view import opening
from tests.unit.elves import link, put


@pytest.fixture
def packed(tmp_path):
    """Makes a folder with what a function puts in it an image of one layer."""

    def pack(name, fill, *, owner=0, order=1):
        root = tmp_path / name
        root.mkdir()
        fill(root)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path in sorted(root.rglob("*"))[::order]:
                info = archive.gettarinfo(path, path.relative_to(root).as_posix())
                info.uid, info.gid, info.mtime = owner, owner, order + 1
                with path.open("rb") if info.isreg() else io.BytesIO() as content:
                    archive.addfile(info, content)
        return image(name, layer_tar.entries(io.BytesIO(buffer.getvalue())))

    return pack


def image(name, *layers, **fields):
    inspected = {"Size": 0}
    tag = f"localhost/shrink/{name}"
    found = OpenImage("sha256:0", tag, engine=None, _inspected=inspected, **fields)
    size = sum(entry.size for entries in layers for entry in entries)
    # what reading it leaves
    vars(found).update(_contents={}, layers=Layers(), _stacked=stacked(layers), size=size)
    return found


def plain(root):
    put(root, "/bin/sh", b"s" * 100)
    put(root, "/usr/lib/deep/lib.so", b"l" * 1000)
    put(root, "/etc/passwd", b"root")
    link(root, "/usr/bin", "../bin")


def changes(found):
    return {file.path: (file.change, file.size) for file in found.files}


def test_the_same_tree_packed_twice_has_no_difference(packed):
    found = difference(packed("one", plain), packed("two", plain, order=-1))
    assert (changes(found), found.folders, found.counts) == ({}, (), {})
    assert found.same == len(["/bin", "/bin/sh", "/etc", "/etc/passwd", "/usr"]) + 4
    assert (found.first, found.second) == ("one", "two")
    assert repr(found).splitlines()[-1] == "✓ nothing differs"


def test_different_content_of_the_same_size_is_a_change(packed):
    def other(root):
        plain(root)
        put(root, "/bin/sh", b"S" + b"s" * 99)

    found = difference(packed("one", plain), packed("two", other))
    assert changes(found) == {"/bin/sh": ("changed", 100)}
    assert found.before == found.after == 1104


def test_changes_are_summed_up_by_folder(packed):
    def other(root):
        plain(root)
        (root / "etc/passwd").unlink()
        put(root, "/usr/lib/deep/lib.so", b"l" * 400)
        put(root, "/usr/lib/new", b"n" * 50)
        put(root, "/top", b"t" * 7)

    found = difference(packed("one", plain), packed("two", other))
    assert changes(found) == {
        "/etc/passwd": ("removed", 4),
        "/top": ("added", 7),
        "/usr/lib/deep/lib.so": ("changed", 400),
        "/usr/lib/new": ("added", 50),
    }
    assert found.folders == (
        FolderChange("/usr/lib", 1, 0, 1, 1000, 450),
        FolderChange("/", 1, 0, 0, 0, 7),
        FolderChange("/etc", 0, 1, 0, 4, 0),
    )
    assert found.counts == {"added": 2, "removed": 1, "changed": 1}
    assert [row.before for row in found.folders] == [1000, 0, 4]


@pytest.mark.parametrize("backwards", [False, True])
def test_another_mode_target_or_kind_is_a_change(packed, backwards):
    def other(root):
        plain(root)
        (root / "bin/sh").chmod(0o700)
        (root / "usr/bin").unlink()
        link(root, "/usr/bin", "/bin")
        (root / "etc/passwd").unlink()
        (root / "etc/passwd").mkdir()

    pair = [packed("one", plain), packed("two", other)]
    found = difference(*(reversed(pair) if backwards else pair))
    assert {path for path, _ in changes(found).items()} == {"/bin/sh", "/usr/bin", "/etc/passwd"}
    assert found.counts == {"changed": 3}


def test_another_owner_is_a_change(packed):
    found = difference(packed("one", plain), packed("two", plain, owner=1000))
    assert found.same == 0 and set(found.counts) == {"changed"}


@pytest.mark.parametrize(("content", "changed"), [(b"x" * 9, set()), (b"y" * 9, {"/a", "/b"})])
def test_the_order_of_hard_links_is_no_change(packed, content, changed):
    def linked(root, content=b"x" * 9):
        put(root, "/a", content)
        os.link(root / "a", root / "b")

    first = packed("one", linked)
    second = packed("two", lambda root: linked(root, content), order=-1)
    assert [file.kind for file in first.files] == ["file", "hardlink"]
    assert [file.kind for file in second.files] == ["hardlink", "file"]
    found = difference(first, second)
    assert set(changes(found)) == changed
    assert found.before == found.after == 9


def test_files_that_a_layer_hides_are_not_compared():
    entries = [
        layer_tar.Entry("/a", 5, "file", 0o644, digest="1"),
        layer_tar.Entry("/b", 6, "file", 0o644, digest="2"),
    ]
    gone = [layer_tar.Entry("/b", 0, "removed")]
    found = difference(image("one", entries, gone), image("two", entries[:1]))
    assert (changes(found), found.same, found.before) == ({}, 1, 5)


def test_a_variant_is_called_by_its_key():
    found = difference(image("c-hello:gcc", key="c-hello/gcc"), image("mine:1"))
    assert (found.first, found.second) == ("c-hello/gcc", "mine:1")


def test_the_page_shows_what_differs_and_the_sizes_of_all_layers(packed):
    found = difference(packed("one", plain), packed("two", lambda root: put(root, "/a", b"a" * 20)))
    widget = opening.difference(found)
    assert widget.state["title"] == "one → two"
    sizes = {"label": "all layers together", "value": "1.10 kB → 20 B"}
    assert sizes in widget.state["facts"]
    deadline = time.monotonic() + 5
    while not widget.state["ready"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert widget.state["views"][0]["title"] == "what differs" and widget.state["tables"]


def test_progress_counts_the_bytes_of_both_images(packed):
    pair = packed("one", plain), packed("two", plain)
    for at, each in enumerate(pair):
        vars(each)["_inspected"] = {"Size": 100 + at}
        vars(each).pop("_contents")
    told = []

    def reading(image):
        def read(heard):
            heard(50, 100)

        return read

    for each in pair:
        vars(each)["read"] = reading(each)
    difference(*pair, lambda read, total: told.append((read, total)))
    assert told == [(50, 201), (150, 200)]
