"""An image in a tar, in both of its forms, as it is handed to an engine."""

import io
import json
import tarfile

import pytest

from helpers.building import loaded
from helpers.errors import LabError

TAG = "localhost/shrink/page:loaded"

LAYOUT = {
    "oci-layout": {"imageLayoutVersion": "1.0.0"},
    "index.json": {"manifests": [{"digest": "sha256:m"}]},
    "blobs/sha256/m": {"config": {"digest": "sha256:c"}, "layers": [{"digest": "sha256:l"}]},
    "blobs/sha256/c": {},
    "blobs/sha256/l": {},
}

SAVED = {
    "manifest.json": [{"Config": "c.json", "Layers": ["l/layer.tar"], "RepoTags": ["a:b"]}],
    "repositories": {"a": {"b": "c"}},
    "c.json": {},
    "l/layer.tar": {},
}


def tar(folder, files, prefix=""):
    path = folder / "image.tar"
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            data = json.dumps(content).encode()
            entry = tarfile.TarInfo(prefix + name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def sent(monkeypatch, folder, files, prefix=""):
    """What an engine is sent: the names of its files, and its list of images."""
    found = []

    def look(engine, file, name):
        with tarfile.open(fileobj=file) as archive:
            found.append(sorted(archive.getnames()))
            found.append(json.load(archive.extractfile("manifest.json")))

    monkeypatch.setattr(loaded, "_send", look)
    loaded.load(None, tar(folder, files, prefix), TAG)
    return found


@pytest.mark.parametrize("prefix", ["", "./"])
def test_a_layout_gets_the_list_that_older_engines_read(tmp_path, monkeypatch, prefix):
    blobs = [f"blobs/sha256/{name}" for name in "clm"]
    assert sent(monkeypatch, tmp_path, LAYOUT, prefix) == [
        [*blobs, "manifest.json"],
        [{"Config": blobs[0], "Layers": [blobs[1]], "RepoTags": [TAG]}],
    ]


def test_what_was_saved_gets_the_name_that_it_is_loaded_under(tmp_path, monkeypatch):
    assert sent(monkeypatch, tmp_path, SAVED) == [
        ["c.json", "l/layer.tar", "manifest.json"],
        [{"Config": "c.json", "Layers": ["l/layer.tar"], "RepoTags": [TAG]}],
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"index.json": {"manifests": []}},
        {"index.json": {"manifests": [{"digest": "sha256:m"}, {"digest": "sha256:n"}]}},
        {"index.json": {"manifests": [{"digest": "sha256:gone"}]}},
        {"index.json": []},
        {"index.json": {"manifests": [{"digest": 1}]}},
        {"manifest.json": [{"Config": "c.json"}]},
    ],
)
def test_what_is_neither_is_said_in_a_sentence(tmp_path, broken):
    with pytest.raises(LabError, match="is it an OCI layout"):
        loaded.load(None, tar(tmp_path, broken), TAG)


def test_a_file_that_is_not_there_or_no_tar(tmp_path):
    with pytest.raises(LabError, match="can't be read"):
        loaded.load(None, tmp_path / "missing", TAG)
    (tmp_path / "text").write_text("no tar" * 1000)
    with pytest.raises(LabError, match="is it an OCI layout"):
        loaded.load(None, tmp_path / "text", TAG)
