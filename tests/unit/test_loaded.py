"""Preparing an image in a tar, an OCI layout or from `docker save`, for an engine to load."""

import io
import json
import tarfile
from types import SimpleNamespace

import pytest

from helpers.core.errors import LabError
from helpers.image import from_tar as loaded

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


def engine(architecture="amd64"):
    """What is asked of an engine before it is sent something."""
    return SimpleNamespace(architecture=architecture)


def sent(monkeypatch, folder, files, prefix="", architecture="amd64"):
    """What an engine is sent: the names of its files, and its list of images."""
    found = []

    def look(engine, file, name):
        with tarfile.open(fileobj=file) as archive:
            found.append(sorted(archive.getnames()))
            found.append(json.load(archive.extractfile("manifest.json")))

    monkeypatch.setattr(loaded, "_send", look)
    loaded.load(engine(architecture), tar(folder, files, prefix), TAG)
    return found


@pytest.mark.parametrize("prefix", ["", "./"])
def test_a_layout_gets_the_manifest_that_older_engines_read(tmp_path, monkeypatch, prefix):
    blobs = [f"blobs/sha256/{name}" for name in "clm"]
    assert sent(monkeypatch, tmp_path, LAYOUT, prefix) == [
        [*blobs, "manifest.json"],
        [{"Config": blobs[0], "Layers": [blobs[1]], "RepoTags": [TAG]}],
    ]


def test_a_saved_image_gets_the_new_name(tmp_path, monkeypatch):
    assert sent(monkeypatch, tmp_path, SAVED) == [
        ["c.json", "l/layer.tar", "manifest.json"],
        [{"Config": "c.json", "Layers": ["l/layer.tar"], "RepoTags": [TAG]}],
    ]


def platform(digest, architecture, **more):
    return {"digest": f"sha256:{digest}", "platform": {"architecture": architecture}, **more}


ATTESTED = {"vnd.docker.reference.type": "attestation-manifest"}

NESTED = {
    **LAYOUT,
    "index.json": {"manifests": [{"digest": "sha256:i"}]},
    "blobs/sha256/i": {
        "manifests": [
            platform("m", "arm64"),
            platform("n", "amd64"),
            platform("a", "unknown", annotations=ATTESTED),
        ]
    },
    "blobs/sha256/n": {"config": {"digest": "sha256:d"}, "layers": []},
    "blobs/sha256/a": {"config": {"digest": "sha256:e"}, "layers": []},
}


@pytest.mark.parametrize(("architecture", "config"), [("arm64", "c"), ("amd64", "d")])
def test_of_several_images_the_one_for_the_engines_architecture_is_taken(
    tmp_path, monkeypatch, architecture, config
):
    _, (image,) = sent(monkeypatch, tmp_path, NESTED, architecture=architecture)
    assert image["Config"] == f"blobs/sha256/{config}"


def test_an_index_may_list_images_that_are_not_in_the_archive(tmp_path, monkeypatch):
    files = {path: content for path, content in NESTED.items() if path != "blobs/sha256/n"}
    _, (image,) = sent(monkeypatch, tmp_path, files)
    assert image["Config"] == "blobs/sha256/c"


def test_a_single_image_with_an_attestation_is_taken_for_any_engine(tmp_path, monkeypatch):
    rows = [row for row in NESTED["blobs/sha256/i"]["manifests"] if row["digest"] != "sha256:n"]
    files = {**NESTED, "blobs/sha256/i": {"manifests": rows}}
    _, (image,) = sent(monkeypatch, tmp_path, files, architecture="s390x")
    assert image["Config"] == "blobs/sha256/c"


def test_the_error_says_how_many_images_there_are(tmp_path):
    with pytest.raises(LabError, match="it has 2 images, and none for s390x"):
        loaded.load(engine("s390x"), tar(tmp_path, NESTED), TAG)


def test_a_layer_that_is_a_link_becomes_the_file_it_leads_to(tmp_path, monkeypatch):
    """As `docker save` had it before Docker 25."""
    path = tar(tmp_path, SAVED)
    with tarfile.open(path, "a") as archive:
        entry = tarfile.TarInfo("m/layer.tar")
        entry.type, entry.linkname = tarfile.SYMTYPE, "../l/layer.tar"
        archive.addfile(entry)
        entry = tarfile.TarInfo("gone")
        entry.type, entry.linkname = tarfile.SYMTYPE, "nowhere"
        archive.addfile(entry)
    found = {}

    def look(engine, file, name):
        with tarfile.open(fileobj=file) as archive:
            found.update({m.name: (m.isfile(), m.size) for m in archive})

    monkeypatch.setattr(loaded, "_send", look)
    loaded.load(engine(), path, TAG)
    assert found["m/layer.tar"] == found["l/layer.tar"] == (True, 2) and "gone" not in found


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"index.json": {"manifests": []}},
        {"index.json": {"manifests": [{"digest": "sha256:m"}, {"digest": "sha256:n"}]}},
        {"index.json": {"manifests": [{"digest": "sha256:gone"}]}},
        {
            "index.json": {"manifests": [{"digest": "sha256:i"}]},
            "blobs/sha256/i": {"manifests": []},
        },
        {
            "index.json": {"manifests": [{"digest": "sha256:i"}]},
            "blobs/sha256/i": {"manifests": [{"digest": "sha256:i"}]},
        },
        {"index.json": []},
        {"index.json": {"manifests": [{"digest": 1}]}},
        {"manifest.json": [{"Config": "c.json"}]},
    ],
)
def test_an_archive_of_neither_form_is_an_error(tmp_path, broken):
    with pytest.raises(LabError, match="is it an OCI layout"):
        loaded.load(engine(), tar(tmp_path, broken), TAG)


def test_a_missing_file_and_a_file_that_is_no_tar_are_errors(tmp_path):
    with pytest.raises(LabError, match="can't be read"):
        loaded.load(engine(), tmp_path / "missing", TAG)
    (tmp_path / "text").write_text("no tar" * 1000)
    with pytest.raises(LabError, match="is it an OCI layout"):
        loaded.load(engine(), tmp_path / "text", TAG)
