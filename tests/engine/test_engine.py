"""The facts of an engine agree with what it does."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator

import pytest

from helpers.engine.client import Engine
from helpers.engine.find import find_engine

TAG = "localhost/shrink/test-engine:empty"


@pytest.fixture
def empty(engine: Engine) -> Iterator[dict]:
    """An image with nothing in it, made by the engine, as the engine describes it."""
    build(engine, "1")
    yield engine.client.api.inspect_image(TAG)
    engine.client.images.remove(TAG)


def build(engine: Engine, version: str) -> list[dict]:
    """Builds it, and gives the messages of the build."""
    text = b"FROM scratch\nLABEL of=tests\n"
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    api = engine.client.api
    answer = api.post(
        f"{api.base_url}/v{engine.api_version}/build",
        params={"version": version, "t": TAG},
        data=gzip.compress(file.getvalue()),
        headers={"Content-Type": "application/x-tar"},
        timeout=60,
    )
    answer.raise_for_status()
    return [json.loads(line) for line in answer.text.splitlines() if line.strip()]


def test_the_facts_are_those_of_the_engine_that_answers(engine):
    said = engine.client.version()
    assert engine.version == said["Version"]
    assert engine.client.api._version == engine.api_version == said["ApiVersion"]
    assert engine.client.info()["OSType"] == "linux"


def test_an_engine_that_says_buildkit_builds_with_it(engine, empty):
    """The header of /_ping doesn't say so on 20.10; the messages of a build do."""
    traced = any(m.get("id") == "moby.buildkit.trace" for m in build(engine, "2"))
    assert traced == (engine.builder == "buildkit")


def test_images_are_built_for_the_engines_architecture(engine, empty):
    assert empty["Architecture"] == engine.architecture


def test_only_the_containerd_store_has_a_digest_for_an_image_that_was_never_pushed(engine, empty):
    if engine.name == "docker":
        assert bool(empty["RepoDigests"]) == (engine.store == "containerd")


def test_an_engine_can_be_left_and_found_again(engine):
    with find_engine() as again:
        assert (again.host, again.version) == (engine.host, engine.version)
    again.close()
    assert engine.client.ping(), "to leave is not to end it for others"
