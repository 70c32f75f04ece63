"""What a registry keeps of an image, and what its log says was sent and received."""

import gzip
import hashlib
import json
import tarfile

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


def test_bad_names_compressions_and_rates_are_refused():
    registry = Registry(RegistryContainer(None, ""))
    with pytest.raises(LabError, match="can't be the name"):
        registry.put("no-version", [])
    with pytest.raises(LabError, match="gzip or zstd, not as 'xz'"):
        registry.put("services:one", [], compression="xz")
    with pytest.raises(LabError, match="too slow"):
        registry.pull("services:one", rate=1)
