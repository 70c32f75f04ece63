"""A registry on a real engine: what moves is counted, and a slow line is slow."""

import tarfile

import docker.errors
import pytest

from helpers.core import names
from helpers.core.errors import LabError

RATE = 1_000_000


@pytest.fixture(scope="module")
def registry(lab):
    with lab.registry() as found:
        yield found


@pytest.fixture(scope="module")
def tars(tmp_path_factory):
    """Two layers that nobody has, of bytes that no compression shortens by much."""
    import random

    folder = tmp_path_factory.mktemp("layers")
    found = []
    for number in range(2):
        content = folder / f"content-{number}"
        content.write_bytes(random.Random(number).randbytes(1_000_000))
        tar = folder / f"{number}.tar"
        with tarfile.open(tar, "w") as archive:
            archive.add(content, f"content-{number}")
        found.append(tar)
    return found


def test_a_push_moves_the_layers_that_the_registry_lacks(lab, registry):
    image = lab.build("c-hello/tiny")
    first = registry.push(image, "pushed:one")
    assert first.layers == len(image.layers)
    assert first.size > 0
    again = registry.push(image, "pushed:two")
    assert (again.layers, again.size) == (0, 0)


def test_a_pull_moves_each_layer_once_and_those_that_are_there_not_at_all(registry, tars):
    both = registry.put("pulled:both", tars)
    registry.put("pulled:first", tars[:1])
    assert registry.pull("pulled:both").layers == 2
    moved = registry.pull("pulled:both")  # begins anew
    assert (moved.layers, moved.size) == (2, both.size)
    rest = registry.pull("pulled:both", have="pulled:first")
    assert (rest.layers, rest.size) == (1, both.sizes[1])


def test_all_layers_share_a_slow_line(registry, tars):
    put = registry.put("slow:both", tars)
    moved = registry.pull("slow:both", rate=RATE)
    assert moved.seconds > 0.8 * put.size / RATE
    assert registry.pull("slow:both").seconds < moved.seconds


def test_a_newer_engine_pulls_zstd(newer_lab, tars):
    with newer_lab.registry() as registry:
        put = registry.put("packed:zstd", tars, compression="zstd")
        moved = registry.pull("packed:zstd")
        assert (moved.layers, moved.size) == (2, put.size)


def test_a_missing_image_can_not_be_pulled(registry):
    with pytest.raises(LabError, match="none:one"):
        registry.pull("none:one")


def test_nothing_is_left_when_it_is_closed(lab, tars):
    with lab.registry() as registry:
        registry.put("left:one", tars)
        registry.pull("left:one")
        reference = registry._reference("left:one")
        assert lab.engine.client.images.get(reference).labels == {names.OWNER_LABEL: names.owner()}
    with pytest.raises(docker.errors.ImageNotFound):
        lab.engine.client.images.get(reference)
    with pytest.raises(docker.errors.NotFound):
        lab.engine.client.containers.get(registry._container.id)
