"""Layers, files and sizes of images on a real engine, for each builder and store."""

import io
import json
import os
import subprocess
import sys
import tarfile
import zlib
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import replace

import docker.errors
import pytest

from helpers.build.builder import build
from helpers.core import names
from helpers.core.errors import LabError
from helpers.image import layers
from helpers.lab.handles import image_of
from helpers.run import debug

TAG = f"{names.TAG_PREFIX}test-image"
TOOLS = "busybox:1.37-musl"
BUILDERS = ("buildkit", "classic")

DOCKERFILE = """\
FROM tools AS build
WORKDIR /work
COPY one two /made/

FROM build AS extra
RUN echo extra > /made/extra

FROM build
ENV A=1
ARG VERSION=7
RUN mkdir /empty && \\
    ln -s /made/one /link
RUN rm -r /made/one && echo "$VERSION" > /made/two
RUN ["rm", "/bin/vi"]
ADD sub/ /sub/
CMD ["cat", "/made/two"]
"""
WRITTEN = [
    "WORKDIR /work",
    "COPY one two /made/",
    "RUN mkdir /empty && ln -s /made/one /link",
    'RUN rm -r /made/one && echo "$VERSION" > /made/two',
    'RUN ["rm", "/bin/vi"]',
    "ADD sub/ /sub/",
]


@pytest.fixture(scope="module")
def tools(lab):
    return lab.base(TOOLS).reference


@pytest.fixture(scope="module", autouse=True)
def cache(tools, tmp_path_factory):
    """An empty cache folder, once the base is there: nothing is kept of any image."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv(names.CACHE_VARIABLE, str(folder))
        yield folder


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    folder = tmp_path_factory.mktemp("context")
    (folder / "one").write_bytes(b"1" * 1_000_000)
    (folder / "two").write_bytes(b"2" * 345)
    (folder / "sub").mkdir()
    (folder / "sub/three").write_bytes(b"3" * 50_000)
    return folder


@contextmanager
def removed_later(engine, tag):
    try:
        yield tag
    finally:
        with suppress(docker.errors.ImageNotFound):
            engine.client.images.remove(tag, force=True)


@pytest.fixture(scope="module", params=BUILDERS)
def made(request, engine, tools, context):
    """One Dockerfile's image from either builder, and the tag."""
    if request.param == "buildkit" and engine.builder != "buildkit":
        pytest.skip("this engine has no BuildKit")
    with removed_later(engine, f"{TAG}:{request.param}") as tag:
        builder = replace(engine, builder=request.param)
        owner = {names.OWNER_LABEL: names.owner()}
        build(builder, context, DOCKERFILE, tag=tag, bases={"tools": tools}, labels=owner)
        yield image_of(engine, tag, dockerfile=DOCKERFILE)


@pytest.fixture(scope="module")
def scratch(engine, context):
    """Two files alone."""
    with removed_later(engine, f"{TAG}:scratch") as tag:
        text = "FROM scratch\nCOPY one two /\n"
        build(engine, context, text, tag=tag, labels={names.OWNER_LABEL: names.owner()})
        yield image_of(engine, tag)


def own_layers(image):
    """The layers that are not the base's."""
    return image.layers[-len(WRITTEN) :]


def test_layers_are_the_instructions_that_changed_files(made):
    assert [" ".join(layer.created_by.split()) for layer in own_layers(made)] == WRITTEN
    assert layers.EMPTY not in [layer.diff_id for layer in made.layers]


def test_without_the_dockerfile_both_builders_histories_read_nearly_the_same(engine, made):
    texts = [layer.created_by for layer in own_layers(replace(made, dockerfile=None))]
    assert texts[0] == WRITTEN[0]
    assert texts[1] in (WRITTEN[1], "COPY … /made/")
    assert texts[3].replace('"$VERSION"', "$VERSION") == WRITTEN[3].replace(
        '"$VERSION"', "$VERSION"
    )


def test_each_layer_has_the_files_it_changes(made):
    _, copied, linked, changed, vi, added = (
        {f.path: f for f in layer.files if f.kind != "directory"} for layer in own_layers(made)
    )
    assert {p: (f.size, f.change) for p, f in copied.items()} == {
        "/made/one": (1_000_000, "added"),
        "/made/two": (345, "added"),
    }
    assert linked["/link"].target == "/made/one"
    assert {p: (f.kind, f.change) for p, f in changed.items()} == {
        "/made/one": ("removed", "removed"),
        "/made/two": ("file", "changed"),
    }
    assert vi["/bin/vi"].change == "removed"
    assert (added["/sub/three"].size, added["/sub/three"].change) == (50_000, "added")


def test_the_size_is_the_sum_of_the_files_in_all_layers(engine, made, scratch):
    assert scratch.size == 1_000_345
    exact = [made._contents[layer.diff_id].size for layer in made.layers]
    assert exact[-len(WRITTEN) :] == [0, 1_000_345, 0, 2, 0, 50_000]
    slack = 0 if engine.store == "containerd" else len("/made/one") + 300  # links of the base
    assert sum(exact) <= made.size <= sum(exact) + slack
    assert made.size == sum(layer.size for layer in made.layers)


def test_the_engines_own_figures_agree(engine, made):
    if engine.store != "graph":
        pytest.skip("the containerd store counts otherwise, which is why the layers are read")
    history = engine.client.api.history(made.id)
    assert sum(entry["Size"] for entry in history) == made.size == made.disk_size


def test_an_image_has_three_sizes(engine, scratch):
    sizes = scratch.sizes
    assert sizes.size == 1_000_345
    assert 500 < sizes.download < 5_000  # a million times the same byte
    if engine.store == "graph":
        assert sizes.on_disk == sizes.size
    else:
        assert sizes.on_disk > sizes.size + 500


def test_the_download_size_is_the_sum_of_the_gzipped_layers(engine, made):
    """Against the layers as `docker save` writes them, each held in memory here."""
    packed = 0
    saved = b"".join(engine.client.api.get_image(made.id))
    with tarfile.open(fileobj=io.BytesIO(saved)) as outer:
        for member in outer:
            data = outer.extractfile(member).read() if member.isreg() else b""
            data = zlib.decompress(data, 31) if data[:2] == b"\x1f\x8b" else data
            if data[257:262] == b"ustar":
                packer = zlib.compressobj(6, zlib.DEFLATED, 31)
                packed += len(packer.compress(data)) + len(packer.flush())
    empty = sum(1 for d in made._diff_ids if d == layers.EMPTY)
    assert abs(made.download_size - packed) <= 100 * (empty + 1)


def test_the_files_are_the_same_as_in_docker_export(made):
    listed = {f.path: f for f in debug.listing(made)}
    own = {f.path: f for f in made.files}
    engines = {p for p in listed if p not in own}
    mounts = {"/.dockerenv", "/dev/console", "/dev/pts", "/dev/shm", "/etc/hostname", "/etc/hosts"}
    assert engines <= mounts | {"/etc/mtab", "/etc/resolv.conf"}
    assert set(own) <= set(listed)
    # Which name of several an archive has as the file is its writer's choice, and what the engine
    # makes in a folder changes nothing but the folder's time.
    alike = {"hardlink": "file"}
    for path, file in own.items():
        other = listed[path]
        assert (alike.get(file.kind, file.kind), file.mode, file.uid, file.gid) == (
            alike.get(other.kind, other.kind),
            other.mode,
            other.uid,
            other.gid,
        ), path
        if file.kind == "symlink":
            assert file.target == other.target
    assert sum(f.size for f in made.files) == sum(f.size for f in listed.values())
    assert Counter(f.change for f in made.files) == {"added": len(made.files)}


def test_what_is_cached_is_not_read_again(made, monkeypatch):
    before = made.files
    again = image_of(made.engine, made.tag)
    monkeypatch.setattr(layers, "_saved", None)  # the engine is not asked
    assert again.files == before
    assert again.layers[-1].files == made.layers[-1].files


def test_progress_has_the_bytes_read_and_the_total(engine, scratch, tmp_path, monkeypatch):
    monkeypatch.setenv(names.CACHE_VARIABLE, str(tmp_path))
    told = []
    image = image_of(engine, scratch.tag)
    image.read(lambda read, total: told.append((read, total)))
    assert image.sent_size <= told[-1][0] <= told[-1][1] < 1.3 * image.sent_size + 100_000
    assert [read for read, _ in told] == sorted(read for read, _ in told)
    assert [file.path for file in image.files] == [file.path for file in scratch.files]
    again = []
    image_of(engine, scratch.tag).read(lambda *news: again.append(news))
    assert not again, "what is kept needs no engine"


def test_a_cached_base_is_skipped_and_a_layer_of_the_same_length_is_not_mistaken_for_it(
    engine, tmp_path
):
    """Two layers of one length: the first is kept when the second is asked for."""
    for name in ("one", "two"):
        (tmp_path / name).write_text(f"the file {name}")
    with removed_later(engine, f"{TAG}:twins") as tag, removed_later(engine, f"{TAG}:twin") as one:
        build(engine, tmp_path, "FROM scratch\nCOPY one /\n", tag=one)
        first = image_of(engine, one)
        assert [f.path for f in first.files] == ["/one"]
        build(engine, tmp_path, "FROM scratch\nCOPY one /\nCOPY two /\n", tag=tag)
        both = image_of(engine, tag)
        assert both.layers[0].diff_id == first.layers[0].diff_id
        assert [f.path for f in both.files] == ["/one", "/two"]
        assert both.download_size > first.download_size


def test_another_process_knows_how_an_image_was_built(engine, scratch, tools):
    bases = ()
    image_of(engine, scratch.tag, dockerfile="FROM scratch\n", key="a/b", bases=bases, target="x")
    code = (
        f"from helpers.engine.find import find_engine; from helpers.lab.handles import image_of; \
i = image_of(find_engine(start=False), {scratch.tag!r}); print(i.dockerfile, i.key, i.target)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DOCKER_HOST": engine.host},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "FROM scratch\n a/b x\n"
    by_id = image_of(engine, scratch.id)
    assert (by_id.tag, by_id.key) == (scratch.tag, "a/b")


# An id is whole here: any image of the engine may begin with the two digits of a short one.
NO_ID = "sha256:" + "0" * 64


@pytest.mark.parametrize("reference", ["no/such:image", "UPPER", "a b", "", NO_ID, "::"])
def test_a_missing_image_is_an_error(engine, reference):
    with pytest.raises(LabError) as error:
        image_of(engine, reference)
    assert str(error.value).count("\n") == 0


def test_the_file_system_agrees_with_the_list_of_files(made):
    with made.rootfs as fs:
        for file in made.files:
            if file.path.startswith(("/etc", "/dev", "/proc", "/work", "/sub", "/link", "/empty")):
                seen = fs.stat(file.path)
                assert (seen.path, seen.size, seen.mode, seen.uid, seen.gid, seen.target) == (
                    (file.path, file.size, file.mode, file.uid, file.gid, file.target)
                )
        assert fs.read("/made/two") == b"7\n"
        assert fs.read("/sub/three", 10) == b"3" * 10
        assert fs.read("/sub/three") == b"3" * 50_000
        assert len(fs.read("/bin/busybox")) > 256 * 1024
        assert fs.resolve("/link") is None  # what it leads to was removed
        assert fs.stat("/link").kind == "symlink"
        assert fs.stat("/made/one") is fs.stat("/made/two/x") is None
        assert fs.resolve("/sub/../made/./two") == "/made/two"
        assert "/bin/sh" in [f.path for f in fs.find("sh")]


def test_files_that_the_engine_puts_into_containers_are_not_in_the_image(scratch):
    with scratch.rootfs as fs:
        for path in ("/dev", "/etc", "/etc/hosts", "/proc", "/.dockerenv", "/dev/null"):
            assert not fs.exists(path)
            assert fs.stat(path) is None
            assert fs.read(path) == b""
        assert fs.stat("/").kind == "directory"
        assert fs.exists("/one")


def containers(engine):
    label = {"label": f"{names.OWNER_LABEL}={names.owner()}"}
    return {c["Id"] for c in engine.client.api.containers(all=True, filters=label)}


def test_no_container_is_left_behind(engine, scratch):
    image = image_of(engine, scratch.tag)
    before = containers(engine)
    assert image.rootfs.exists("/one")
    with pytest.raises(LabError):
        image.linkage("/one")
    with pytest.raises(RuntimeError), image.rootfs as fs:
        fs.read("/one")
        assert len(containers(engine) - before) >= 1
        raise RuntimeError
    assert not {c for c in containers(engine) - before if _is_of(engine, c, scratch)}


def _is_of(engine, container, image):
    try:
        return engine.client.api.inspect_container(container)["Image"] == image.id
    except docker.errors.NotFound:  # of another test that runs at the same time
        return False


def test_config_and_linkage_are_read(made, scratch):
    assert made.config.command == ("cat", "/made/two")
    assert made.config.entrypoint is None
    assert made.config.workdir == "/work"
    assert "A=1" in made.config.env
    assert made.config.architecture == made.engine.architecture
    assert made.linkage("/bin/sh").machine == made.engine.architecture
    with pytest.raises(LabError):
        scratch.linkage("/one")


def hostile():
    """An image that nobody would make: a `docker save` archive, by hand."""

    def tar(*entries):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", errors="surrogateescape") as archive:
            for name, kind, rest in entries:
                info = tarfile.TarInfo(name)
                info.type = kind
                if kind == tarfile.REGTYPE:
                    info.size = len(rest)
                else:
                    info.linkname = rest
                archive.addfile(info, io.BytesIO(rest if kind == tarfile.REGTYPE else b""))
        return buffer.getvalue()

    layer = tar(
        ("d", tarfile.DIRTYPE, ""),
        ("d/\udcff\udcfe", tarfile.REGTYPE, b"bytes"),
        ("d/n\new line", tarfile.REGTYPE, b"line"),
        ("d/h", tarfile.LNKTYPE, "d/\udcff\udcfe"),
        ("loop", tarfile.SYMTYPE, "loop"),
        ("ping", tarfile.SYMTYPE, "pong"),
        ("pong", tarfile.SYMTYPE, "/ping"),
        ("up", tarfile.SYMTYPE, "../../../../../etc/passwd"),
        ("far", tarfile.SYMTYPE, "d"),
        ("pipe", tarfile.FIFOTYPE, ""),
        ("%2e%2e?x=1&y#z", tarfile.REGTYPE, b"odd"),
    )
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"User": "nobody-here", "WorkingDir": "/not/there", "Volumes": {"/vol": {}}},
        "rootfs": {"type": "layers", "diff_ids": [layers_id(layer), layers.EMPTY]},
    }
    manifest = [{"Config": "c.json", "RepoTags": [f"{TAG}:hostile"], "Layers": ["l.tar", "e.tar"]}]
    return tar(
        ("l.tar", tarfile.REGTYPE, layer),
        ("e.tar", tarfile.REGTYPE, bytes(1024)),
        ("c.json", tarfile.REGTYPE, json.dumps(config).encode()),
        ("manifest.json", tarfile.REGTYPE, json.dumps(manifest).encode()),
    )


def layers_id(layer):
    import hashlib

    return f"sha256:{hashlib.sha256(layer).hexdigest()}"


def test_an_image_with_odd_names_loops_of_links_and_no_history_can_be_read(engine):
    with removed_later(engine, f"{TAG}:hostile") as tag:
        engine.client.images.load(hostile())
        image = image_of(engine, tag)
        assert [layer.created_by for layer in image.layers] == [""]
        assert image.size == sum(len(text) for text in ("bytes", "line", "odd"))
        paths = {f.path: f.kind for f in image.files}
        assert paths["/d/\udcff\udcfe"] == "file"
        assert paths["/d/h"] == "hardlink"
        repr(image.files).encode()
        with image.rootfs as fs:
            assert fs.exists("/far/\udcff\udcfe")
            assert fs.read("/far/\udcff\udcfe") in (b"bytes", b"")  # 20.10 sends nothing
            assert fs.read("/d/n\new line") == b"line"
            assert fs.read("/%2e%2e?x=1&y#z") == b"odd"
            assert fs.read("/d/h") == b"bytes"
            assert fs.stat("/pipe").kind == "device"
            assert fs.read("/pipe") == b""
            assert fs.stat("/up").target == "../../../../../etc/passwd"
            for path in ("/loop", "/ping", "/up", "/loop/x", "/not", "/vol/x", "/d/none"):
                assert fs.resolve(path) is None, path
            assert fs.resolve("/up/../far") in (None, "/d")
            assert fs.stat("/d/\udcfd") is None


def test_only_packages_with_a_record_are_found(lab):
    on_base = lab.packages(lab.build("c-hello/two-stage"))
    assert on_base.kinds.keys() == {"dpkg"} and "libc6" in {p.name for p in on_base}
    assert lab.packages(lab.build("c-hello/static-scratch")) == ()
    in_go = lab.packages(lab.build("go-needs/bare"))
    assert [p.name for p in in_go] == ["std", "needs"]
