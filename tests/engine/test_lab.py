"""What the lab does with one engine as a whole: contexts of one's own, comparing, cleaning."""

import gzip
import hashlib
import io
import json
import os
import signal
import tarfile
import threading
import time
from types import SimpleNamespace

import pytest

from helpers.core import names
from helpers.core.errors import LabError
from helpers.learning.conditions import KINDS
from helpers.run import debug
from helpers.view import html

HELLO = 'FROM busybox:1.37\nCMD ["echo", "hello"]\n'


@pytest.fixture
def project(tmp_path):
    (tmp_path / "Dockerfile").write_text(HELLO)
    (tmp_path / "other").write_text(HELLO.replace("hello", "other"))
    return tmp_path


def test_a_context_of_ones_own(lab, project, monkeypatch):
    assert lab.build(project).run().output == "hello\n"
    assert lab.build(str(project), dockerfile="other").run().output == "other\n"
    text = HELLO.replace("hello", "text")
    assert lab.build(project, dockerfile=text).run().output == "text\n"
    monkeypatch.setenv("HOME", str(project.parent))
    assert lab.build(f"~/{project.name}").run().output == "hello\n"


def test_what_is_not_there_is_said_in_a_sentence(lab, project):
    with pytest.raises(LabError, match="no folder"):
        lab.build(project / "missing")
    with pytest.raises(LabError, match="can't be read"):
        lab.build(project, dockerfile="missing")
    with pytest.raises(LabError, match="did you mean 'note/note'"):
        lab.build("note/notes")


def test_another_stage_does_not_take_the_variants_name(lab):
    whole = lab.build("c-hello/scratch-dynamic")
    stage = lab.build("c-hello/scratch-dynamic", target="build")
    assert stage.key is None
    assert lab.image(whole.tag).id == whole.id != stage.id


def test_a_comparison_is_in_the_order_that_was_asked_for(lab):
    frame = lab.compare("c-hello/nolibc", "c-hello/tiny", "c-hello/scratch-dynamic").frame
    assert list(frame["variant"]) == ["c-hello/nolibc", "c-hello/tiny", "c-hello/scratch-dynamic"]
    assert list(frame["runs"]) == [True, True, False]
    assert frame["cause"].iloc[2] == "missing-loader"


@pytest.mark.timeout(50)  # a container may run for 60 seconds
def test_ctrl_c_ends_a_comparison_and_what_runs_in_it(lab, engine, project):
    sleeps = lab.build(project, dockerfile='FROM busybox:1.37\nCMD ["sleep", "1000"]\n')

    def running():
        return engine.client.containers.list(filters={"ancestor": sleeps.id})

    def interrupt():
        while not running():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        lab.compare(sleeps, sleeps, sleeps)
    assert running() == []


def test_clean_leaves_what_others_made_from_our_images(lab, engine, tmp_path, monkeypatch):
    # as a user of its own, so that what other tests are using stays
    monkeypatch.setenv("LOGNAME", "cleaner")
    monkeypatch.setattr(engine, "private", False)  # and the build cache too
    folder = tmp_path / "cleaned"
    folder.mkdir()
    client = engine.client
    ours = lab.build(folder, dockerfile=HELLO)
    assert client.images.get(ours.id).labels[names.OWNER_LABEL] == "cleaner"
    client.images.get(ours.id).tag("somebody/elses", "1")
    theirs = client.containers.create(ours.id)  # it inherits our label from the image
    try:
        lab.clean()
        left = [tag for image in client.images.list() for tag in image.tags]
        assert "somebody/elses:1" in left
        assert ours.tag not in left
        assert any(tag.startswith(names.BASE_PREFIX) for tag in left)
        theirs.reload()
    finally:
        theirs.remove(force=True)
        client.images.remove("somebody/elses:1")


def test_an_empty_answer_meets_nothing_and_says_why(lab):
    found = lab.check("03", "\n")
    assert not found.ok and not found.begun
    assert "begin with a FROM" in found.note
    assert repr(found).startswith("not begun: ") and "✗" not in repr(found)
    assert "☐ to do" in html.of(found) and "not met" not in html.of(found)
    assert lab.check("03", "FROM\n").begun


def test_a_base_that_cannot_be_a_name_is_a_sentence(lab):
    with pytest.raises(LabError, match="can't be an image's name"):
        lab.build("./samples/note", dockerfile="FROM Ubuntu:24.04\n")


def test_a_text_in_the_place_of_a_program_is_not_met_and_not_an_error(lab):
    check = lab.check("05", 'FROM scratch\nCOPY hello.c /hello\nCMD ["/hello"]\n')
    assert "`/hello` is a dynamic binary." in check.unmet


def test_a_dockerfile_in_another_encoding_is_a_sentence(lab, tmp_path):
    (tmp_path / "Dockerfile").write_bytes(b"# caf\xe9\nFROM scratch\n")
    with pytest.raises(LabError, match="UTF-8"):
        lab.build(tmp_path)


def test_a_tar_becomes_an_image_without_a_dockerfile(lab, tmp_path):
    program = debug.copy_out(lab.build("go-hello/scratch"), "/hello", tmp_path)
    tar = tmp_path / "layer.tar"
    with tarfile.open(tar, "w") as layer:
        layer.add(program, "hello")

    image = lab.import_tar(tar, "test-import:tar", command=["/hello"])
    assert image.size == program.stat().st_size
    assert len(image.layers) == 1
    assert image.run().output == "Hello, world!\n"
    assert image.tag in image.command
    labels = lab.engine.client.images.get(image.id).labels
    assert labels == {names.OWNER_LABEL: names.owner()}  # so that `clean` finds it
    lab.engine.client.images.remove(image.tag)


def layout(folder, program):
    """An OCI layout with one image, as other tools write it: the path of its tar."""
    tar = folder / "image.tar"
    with tarfile.open(folder / "layer.tar", "w") as layer:
        layer.add(program, "hello")
    content = (folder / "layer.tar").read_bytes()

    with tarfile.open(tar, "w") as archive:

        def add(path, data):
            entry = tarfile.TarInfo(f"./{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))

        def blob(data, kind):
            digest = hashlib.sha256(data).hexdigest()
            add(f"blobs/sha256/{digest}", data)
            kind = f"application/vnd.oci.image.{kind}"
            return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

        packed = blob(gzip.compress(content), "layer.v1.tar+gzip")
        diff_id = f"sha256:{hashlib.sha256(content).hexdigest()}"
        config = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["/hello"]},
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
        said = blob(json.dumps(config).encode(), "config.v1+json")
        manifest = {"schemaVersion": 2, "config": said, "layers": [packed]}
        listed = blob(json.dumps(manifest).encode(), "manifest.v1+json")
        index = {"schemaVersion": 2, "manifests": [listed]}
        add("index.json", json.dumps(index).encode())
        add("oci-layout", b'{"imageLayoutVersion": "1.0.0"}')
    return tar, diff_id


@pytest.mark.parametrize("which", ["lab", "newer_lab"])
def test_what_another_tool_made_is_loaded_and_cleaned(which, request, lab, tmp_path, monkeypatch):
    program = debug.copy_out(lab.build("go-hello/scratch"), "/hello", tmp_path)
    tar, diff_id = layout(tmp_path, program)
    ours = request.getfixturevalue(which)
    image = ours.load(tar, "test-load:layout")
    assert [layer.diff_id for layer in image.layers] == [diff_id]
    assert image.size == program.stat().st_size
    assert image.run().output == "Hello, world!\n"

    saved = tmp_path / "saved.tar"
    with saved.open("wb") as file:
        file.writelines(ours.engine.client.api.get_image(image.tag))
    again = ours.load(saved, "test-load:saved")
    assert [layer.diff_id for layer in again.layers] == [diff_id]

    monkeypatch.setenv("LOGNAME", "cleaner")
    monkeypatch.setattr(ours.engine, "private", False)
    ours.clean()
    left = [tag for each in ours.engine.client.images.list() for tag in each.tags]
    assert not [tag for tag in left if "test-load" in tag]


def test_layers_are_the_same_only_where_nothing_in_them_says_when(lab, tmp_path):
    def same(dockerfile):
        def again():
            return lab.build(tmp_path, dockerfile=dockerfile, no_cache=True)

        return KINDS["same_layers"].test(SimpleNamespace(again=again), True)

    # copied, as BuildKit in Docker 20.10 leaves the time of /etc in a layer of RUN
    timed = "FROM busybox:1.37 AS a\nRUN echo >/made\nFROM scratch\nCOPY --from=a /made /\n"
    assert not same(timed)
    assert same(timed.replace(">/made", ">/made && touch -d @0 /made"))


def test_what_is_no_tar_is_said_in_a_sentence(lab, tmp_path):
    (tmp_path / "text").write_text("no tar" * 1000)
    with pytest.raises(LabError, match="is it a tar"):
        lab.import_tar(tmp_path / "text", "test-import:text", command=["/x"])
    with pytest.raises(LabError, match="is it an OCI layout"):
        lab.load(tmp_path / "text", "test-load:text")
    with pytest.raises(LabError, match="no file"):
        lab.import_tar(tmp_path / "missing", "test-import:missing", command=["/x"])
    with pytest.raises(LabError, match="the name of an image"):
        lab.import_tar(tmp_path / "text", "Not A Name", command=["/x"])
