"""What a registry keeps of an image, and what its log says was sent and received."""

import gzip
import hashlib
import json
import random
import resource
import tarfile
from types import SimpleNamespace

import pytest
import zstandard

from helpers.core.errors import LabError
from helpers.registry import traffic
from helpers.registry.layout import ROOT, stored
from helpers.registry.registry_container import RegistryContainer
from helpers.registry.server import Registry

ONE, TWO = (f"sha256:{character * 64}" for character in "12")


def done(method, uri, status=200, written=0):
    """A line of the log, with the fields that docker-registry writes."""
    return json.dumps(
        {
            "msg": "response completed",
            "http.request.method": method,
            "http.request.uri": uri,
            "http.response.status": status,
            "http.response.written": written,
        }
    )


def test_the_bytes_that_were_sent_are_counted_by_blob():
    log = [
        done("HEAD", f"/v2/shrink/a/blobs/{ONE}"),
        done("GET", f"/v2/shrink/a/blobs/{ONE}", written=10),
        done("GET", f"/v2/shrink/a/blobs/{ONE}", written=5),  # begun again
        done("GET", "/v2/shrink/a/manifests/one", written=99),
        '{"msg": "authorizing request"}',
        '{"msg": "response comp',
        "plain words",
    ]
    assert traffic.sent(log) == {ONE: 15}


def test_a_blob_was_received_once_it_is_complete():
    upload = "/v2/shrink/a/blobs/uploads/1234?_state=x&digest="
    log = [
        done("POST", "/v2/shrink/a/blobs/uploads/", 202),
        done("PATCH", "/v2/shrink/a/blobs/uploads/1234?_state=x", 202),
        done("PUT", upload + ONE.replace(":", "%3A"), 201),
        done("PUT", upload + TWO, 400),
        done("PUT", "/v2/shrink/a/manifests/one", 201),
    ]
    assert traffic.received(log) == [ONE]


def read(tar):
    with tarfile.open(fileobj=tar) as archive:
        return {
            member.name.removeprefix(f"{ROOT}/"): archive.extractfile(member).read()
            for member in archive
        }


@pytest.mark.parametrize(
    ("compression", "unpack"),
    [("gzip", gzip.decompress), ("zstd", lambda b: zstandard.decompress(b, 1 << 20))],
)
def test_the_stored_files_lead_from_the_name_to_the_layers(tmp_path, compression, unpack):
    layers = [tmp_path / "one.tar", tmp_path / "two.tar"]
    for number, layer in enumerate(layers):
        layer.write_bytes(bytes([number]) * 10_000)
    asked = {"compression": compression, "command": ["/x"], "architecture": "arm64", "labels": {}}
    with stored("shrink/a:one", layers, **asked) as (found, tar):
        files = read(tar)

    def blob(digest):
        figure = digest.decode().partition(":")[2]
        data = files[f"blobs/sha256/{figure[:2]}/{figure}/data"]
        assert hashlib.sha256(data).hexdigest() == figure
        return data

    digest = files["repositories/shrink/a/_manifests/tags/one/current/link"]
    manifest = json.loads(blob(digest))
    config = json.loads(blob(manifest["config"]["digest"].encode()))
    packed = [blob(layer["digest"].encode()) for layer in manifest["layers"]]

    assert [unpack(data) for data in packed] == [layer.read_bytes() for layer in layers]
    assert found.sizes == tuple(map(len, packed))
    assert all(layer["mediaType"].endswith(f"+{compression}") for layer in manifest["layers"])
    assert config["architecture"] == "arm64"
    assert config["rootfs"]["diff_ids"] == [
        f"sha256:{hashlib.sha256(layer.read_bytes()).hexdigest()}" for layer in layers
    ]
    for one in (manifest["config"], *manifest["layers"]):
        link = f"repositories/shrink/a/_layers/{one['digest'].replace(':', '/')}/link"
        assert files[link].decode() == one["digest"]


def test_a_missing_layer_is_named(tmp_path):
    asked = {"compression": "gzip", "command": [], "architecture": "amd64", "labels": {}}
    with (
        pytest.raises(LabError, match=r"none\.tar"),
        stored("a:b", [tmp_path / "none.tar"], **asked),
    ):
        pass


def test_a_full_disk_is_not_taken_for_a_layer_that_can_t_be_read(tmp_path):
    layer = tmp_path / "layer.tar"
    layer.write_bytes(random.randbytes(100_000))
    asked = {"compression": "gzip", "command": [], "architecture": "amd64", "labels": {}}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # no file may be larger
    try:
        with (
            pytest.raises(LabError, match=r"^The layers can't be compressed in .*: make room"),
            stored("a:b", [layer], **asked),
        ):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_bad_names_compressions_and_rates_are_refused():
    registry = Registry(RegistryContainer(None, ""))
    with pytest.raises(LabError, match="can't be the name"):
        registry.put("no-version", [])
    with pytest.raises(LabError, match="gzip or zstd, not as 'xz'"):
        registry.put("services:one", [], compression="xz")
    with pytest.raises(LabError, match="too slow"):
        registry.pull("services:one", rate=1)


class Line:
    """A registry's container that needs no engine: a push or a pull writes its log."""

    port = "5000"

    def __init__(self, api):
        self.engine = SimpleNamespace(client=SimpleNamespace(api=api), store="containerd")
        self.lines, self.rates = [], []

    def open_line(self, rate=0):
        self.rates.append(rate)

    def skip_log(self):
        self.lines.clear()

    def log(self):
        return self.lines

    def layers(self, name):
        return [{"digest": ONE, "size": 10}, {"digest": TWO, "size": 20}]

    def wait_until(self, true):
        assert true()


def test_a_push_and_a_pull_count_the_layers_that_went_over_the_line():
    calls = []
    api = SimpleNamespace(tag=lambda *words: calls.append(words), remove_image=calls.append)
    line = Line(api)

    def push(reference, stream, decode):
        upload = "/v2/shrink/a/blobs/uploads/1?digest="
        line.lines += [done("PUT", upload + TWO, 201)]
        return [{"id": TWO[7:19], "status": "Pushed"}, {"id": ONE[7:19], "status": "Exists"}]

    def pull(repository, tag, stream, decode):
        calls.append((repository, tag))
        line.lines += [done("GET", f"/v2/shrink/a/blobs/{ONE}", written=10)]
        return [{"id": ONE[7:19], "status": "Download complete"}]

    api.push, api.pull = push, pull
    registry = Registry(line)
    moved = registry.push(SimpleNamespace(id="sha256:1"), "a:one")
    assert (moved.size, moved.layers) == (20, 1)
    moved = registry.pull("a:one", rate=50_000)
    assert (moved.size, moved.layers) == (10, 1)
    assert line.rates == [0, 50_000]
    name = "127.0.0.1:5000/shrink/a"
    assert calls == [("sha256:1", name, "one"), f"{name}:one", (name, "one")]


def test_what_fails_on_the_way_is_told_in_the_engines_words():
    api = SimpleNamespace(pull=lambda *words, stream, decode: [{"error": "no such thing."}])
    with pytest.raises(LabError, match=r"a:one can't be pulled: no such thing\.$"):
        Registry(Line(api)).pull("a:one")
