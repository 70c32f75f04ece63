"""Stand-ins are what they stand in for, and a base is made once, kept, saved and loaded."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import docker.errors
import pytest

from helpers.bases import archive, hub, standins
from helpers.bases import table as base_table
from helpers.bases.source import Bases
from helpers.core import names
from helpers.core.errors import BaseUnavailable, LabError

TABLE = base_table.read()


@pytest.fixture(autouse=True)
def no_archive_of_this_machine(tmp_path, monkeypatch):
    """What this machine's cache folder has must not decide a test, but its locks must hold."""
    cache = tmp_path / "cache"
    cache.mkdir()
    locks = names.cache() / "locks"
    locks.mkdir(exist_ok=True)
    (cache / "locks").symlink_to(locks)
    monkeypatch.setenv(names.CACHE_VARIABLE, str(cache))
    monkeypatch.delenv(names.BASES_VARIABLE, raising=False)


@pytest.fixture
def bases(engine):
    return Bases(engine, source="stand-ins")


def test_bases_are_chosen_by_their_names_or_by_the_notebooks_that_need_them(bases):
    assert bases.chosen(["gcc:14", "00", "gcc:14"]) == ["gcc:14", "busybox:1.37"]
    part_one = bases.chosen(["00-11"])
    assert {"busybox:1.37", "gcc:14"} < set(part_one) < set(bases.in_order())
    assert part_one == [name for name in bases.in_order() if name in part_one]
    assert bases.chosen([]) == []


@pytest.fixture
def tiny(engine, tmp_path, monkeypatch):
    """A table with two bases that take a second: `tiny:1` and, built on it, `upper:1`."""
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "content.sh").write_text("one\n")
    (folder / "tiny.Dockerfile").write_text("FROM scratch\nCOPY content.sh /\n")
    (folder / "upper.Dockerfile").write_text("FROM tiny:1\nCOPY content.sh /upper\n")
    row = """
        ["{name}:1"]
        hub = {{ size = 1000, as_of = "2026-11-01", source = "a test" }}
        recipe = "{name}.Dockerfile"
        makes = {{ size = 4, seconds = 1 }}
        notebooks = ["00"]
        note = "It is a test."
    """
    (folder / "bases.toml").write_text("".join(row.format(name=n) for n in ("tiny", "upper")))
    monkeypatch.setattr(base_table, "FOLDER", folder)
    monkeypatch.setattr(base_table.read, "__defaults__", (folder,))
    yield folder
    for name in ("upper:1", "tiny:1"):
        with contextlib.suppress(docker.errors.ImageNotFound):
            engine.client.images.remove(standins.reference(name), force=True)


def says(engine, reference, script):
    """What a shell in the image prints."""
    return engine.client.containers.run(
        reference, ["-c", script], entrypoint="sh", remove=True, network_disabled=True
    ).decode()


@pytest.mark.parametrize("name", TABLE)
def test_a_stand_in_has_the_size_of_the_table_and_says_what_it_is(bases, engine, name):
    base = bases.ensure(name)
    row = TABLE[name]
    assert base.source == "stand-in"
    assert base.reference == f"localhost/shrink/base/{name}"
    assert base.digest is None and base.note == row.note and base.hub_size == row.hub_size
    assert name not in engine.client.images.get(base.reference).tags
    if engine.architecture == "amd64" and engine.store == "graph":
        assert 0.85 * row.size < base.size < 1.15 * row.size


LIKENESS = {
    "gcc:14": {
        "for lang in gcc g++ gfortran; do $lang -dumpversion; done": "14\n14\n14\n",
        "echo 'int main(void){return 3;}' | gcc -xc - -o /a; /a; echo $?": "3\n",
    },
    "golang:1.24": {
        "pwd; go env GOPATH; go version | cut -d. -f-2": "/go\n/go\ngo version go1.24\n",
        "ls /usr/local/go/bin": "go\ngofmt\n",
    },
    "ubuntu:24.04": {
        ". /etc/os-release; echo ${PRETTY_NAME%,*}": "Stand-in for ubuntu:24.04\n",
        "id -un 1000": "ubuntu\n",
    },
    "gcr.io/distroless/cc-debian13:debug-nonroot": {
        "id -un; pwd; ls /bin": "nonroot\n/home/nonroot\n",
        "ls /var/lib/dpkg/status.d | grep -vc md5sums": "14\n",
        "test -w /tmp && test ! -w / && test ! -e /bin/sh && echo so it is": "so it is\n",
    },
    "debian:bullseye-slim": {"ldd --version | head -1 | grep -o '[0-9.]*$'": "2.31\n"},
    "debian:trixie-slim": {
        "ldd --version | head -1 | grep -o '[0-9.]*$'": "2.41\n",
        "ls /usr/share/man /usr/share/locale": "/usr/share/locale:\n\n/usr/share/man:\n",
        "find /var/cache/apt /var/lib/apt/lists -type f -size +0": "",
    },
    "alpine:3.22": {
        "readlink /bin/sh; readlink /usr/bin/env": "/bin/busybox\n/bin/busybox\n",
        "ldd /bin/sh | grep -c ld-musl": "2\n",
        "command -v apk || echo none": "none\n",
    },
    "node:24": {
        "node --version; npm --version; id -u node": "v24.21.0\n11.19.0\n1000\n",
        "ls /usr/local/include/node/node_api.h": "/usr/local/include/node/node_api.h\n",
        "for tool in python3 make g++ pg_config; do command -v $tool; done | wc -l": "4\n",
    },
    "node:24-slim": {
        "docker-entrypoint.sh --print 1+1; command -v g++ || echo none": "2\nnone\n",
        "cd /usr/local/lib/node_modules; ls": "corepack\nnpm\n",
    },
    "node:24-alpine": {
        "node --version; id -u node": "v24.19.0\n1000\n",
        "ldd /usr/local/bin/node | grep -c /usr/lib/libstdc++.so.6": "1\n",
    },
    "rust:1": {
        "command -v cargo; ls /usr/include/zlib.h | wc -l": "/usr/local/cargo/bin/cargo\n1\n",
        "echo 'fn main() { println!(\"{}\", 3) }' >/a.rs; rustc -o /a /a.rs && /a": "3\n",
    },
    "rust:1-slim": {
        "command -v rustc; ls /usr/include/zlib.h || echo none": (
            "/usr/local/cargo/bin/rustc\nnone\n"
        ),
    },
    "eclipse-temurin:25-jdk": {
        "echo $JAVA_HOME; command -v javac": "/opt/java/openjdk\n/opt/java/openjdk/bin/javac\n",
        "java --list-modules | grep -c '^java[.]sql@25'": "1\n",
    },
    "eclipse-temurin:25-jre": {
        "command -v java; command -v javac || echo none": "/opt/java/openjdk/bin/java\nnone\n",
        "java --list-modules | grep -c '^jdk[.]compiler@' || true": "0\n",
    },
    "python:3.13": {
        "command -v python; command -v pip; python --version": (
            "/usr/local/bin/python\n/usr/local/bin/pip\nPython 3.13.5\n"
        ),
        "for tool in gcc make pg_config; do command -v $tool; done | wc -l": "3\n",
        "ls /usr/local/include/python3.13/Python.h": "/usr/local/include/python3.13/Python.h\n",
    },
    "python:3.13-slim": {
        "command -v gcc || echo none; find /usr/local -name '*.pyc'": "none\n",
        "python -c 'import site; print(site.__file__, *__import__(\"sys\").path[-1:])'": (
            "/usr/local/lib/python3.13/site.py /usr/local/lib/python3.13/site-packages\n"
        ),
        "python -m venv /tmp/v && readlink /tmp/v/bin/python; /tmp/v/bin/pip --version": (
            "/usr/local/bin/python\n"
            "pip 26.2 from /tmp/v/lib/python3.13/site-packages/pip (python 3.13)\n"
        ),
    },
    "busybox:1.37": {"readlink /lib64; date +%Z; getconf LONG_BIT": "lib\nUTC\n64\n"},
    "busybox:1.37-glibc": {
        "ls /lib | grep -c -e libnss_files -e libpthread": "2\n",
        "ls /lib | grep -e libgcc_s -e libdl || echo none": "none\n",
    },
    "busybox:1.37-musl": {"ls /lib; busybox | head -1 | cut -d. -f-2": "BusyBox v1.37\n"},
}


@pytest.mark.parametrize("name", LIKENESS)
def test_a_stand_in_is_like_what_it_stands_in_for(bases, engine, name):
    reference = bases.ensure(name).reference
    found = {script: says(engine, reference, script) for script in LIKENESS[name]}
    assert found == LIKENESS[name]


def test_a_base_that_is_here_is_not_made_again_and_has_no_progress(bases):
    bases.ensure("busybox:1.37")
    events = []
    began = time.monotonic()
    bases.ensure("busybox:1.37", events.append)
    assert time.monotonic() - began < 2
    assert events == []


def test_the_line_says_which_source_and_the_name_stays_as_it_was_written(bases):
    assert bases.source_line == "stand-ins made of Debian packages"
    base = bases.ensure("docker.io/library/busybox:1.37")
    assert base.name == "docker.io/library/busybox:1.37"
    assert base.reference == "localhost/shrink/base/busybox:1.37"


def test_a_changed_recipe_is_made_again_and_the_older_image_goes(engine, tiny):
    first = Bases(engine, "stand-ins").ensure("upper:1")
    old = engine.client.images.get(first.reference).id
    (tiny / "content.sh").write_text("two, which is longer\n")
    second = Bases(engine, "stand-ins").ensure("upper:1")
    assert (first.size, second.size) == (8, 42)
    with pytest.raises(docker.errors.ImageNotFound):
        engine.client.images.get(old)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo no mirror; exit 3", "ended with exit code 3 (no mirror). Look whether"),
        ("sh -c 'kill -9 $$'; exit", "was killed by signal 9, after "),
    ],
)
def test_a_recipe_that_fails_says_how(engine, bases, tmp_path, command, words):
    shell = {"busybox:1.37": bases.ensure("busybox:1.37").reference}
    recipe = tmp_path / "failing.Dockerfile"
    recipe.write_text(f"FROM busybox:1.37\nRUN {command}; {'true; ' * 50}\n")
    row = replace(TABLE["busybox:1.37"], name="failing:1", recipe=str(recipe))
    with pytest.raises(BaseUnavailable) as error:
        standins.make(engine, row, TABLE, shell, lambda event: None)
    assert words in str(error.value) and len(str(error.value)) < 300


def test_threads_that_want_one_base_get_one(engine, tiny):
    heard = []
    with ThreadPoolExecutor(4) as pool:
        waiting = [
            pool.submit(Bases(engine, "stand-ins").ensure, "tiny:1", heard.append) for _ in range(4)
        ]
    assert {each.result().reference for each in waiting} == {standins.reference("tiny:1")}
    assert len([e for e in heard if e.state != "running" and "COPY content.sh" in e.name]) == 1


def test_stand_ins_of_two_bases_are_made_side_by_side(engine, tiny):
    wanted = ["upper:1", "tiny:1"]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(Bases(engine, "stand-ins").ensure, wanted))
    assert [base.name for base in found] == wanted


def test_an_archive_brings_a_stand_in_back_as_one(engine, tiny, tmp_path):
    bases = Bases(engine, "stand-ins")
    before = bases.ensure("upper:1")
    file = tmp_path / "bases.tar"
    bases.export(file)
    assert [entry.name for entry in archive.read(file)] == ["tiny:1", "upper:1"]
    for name in ("upper:1", "tiny:1"):
        engine.client.images.remove(standins.reference(name))
    with pytest.raises(docker.errors.ImageNotFound):
        engine.client.images.get(before.reference)

    after = Bases(engine, str(file)).ensure("upper:1")
    assert after == before
    assert not file.with_name("bases.tar.part").exists()


def test_an_archive_in_the_cache_folder_comes_before_docker_hub(engine, tiny):
    bases = Bases(engine, "stand-ins")
    bases.ensure("tiny:1")
    bases.export(names.cache() / "bases.tar", ["tiny:1"])
    own = Bases(engine)
    assert own.ensure("tiny:1").source == "stand-in"
    assert own.source_line == f"the archive {names.cache() / 'bases.tar'}"


def test_what_was_loaded_is_preferred_without_the_file(engine, tiny, tmp_path):
    bases = Bases(engine, "stand-ins")
    bases.ensure("tiny:1")
    file = tmp_path / "bases.tar"
    bases.export(file, ["tiny:1"])
    engine.client.images.remove(standins.reference("tiny:1"))
    Bases(engine).load(file)
    file.unlink()
    own = Bases(engine)
    assert own.ensure("tiny:1").source == "stand-in"
    assert own.source_line == "an archive that was loaded"


def test_an_archive_without_the_base_or_for_another_machine_says_so(engine, tiny, tmp_path):
    bases = Bases(engine, "stand-ins")
    bases.ensure("tiny:1")
    file, other = tmp_path / "bases.tar", tmp_path / "other.tar"
    bases.export(file, ["tiny:1"])
    with pytest.raises(
        BaseUnavailable, match=r"upper:1 can't be had: the archive .* does not have"
    ):
        Bases(engine, str(file)).ensure("upper:1")
    entries = [replace(entry, architecture="s390x") for entry in archive.read(file)]
    archive.write(engine, other, entries, lambda event: None)
    with pytest.raises(BaseUnavailable, match="for s390x, and the engine is"):
        Bases(engine, str(other)).ensure("tiny:1")
    with pytest.raises(BaseUnavailable, match="for s390x, and the engine is"):
        Bases(engine, "stand-ins").load(other)


def test_an_archive_that_is_cut_off_says_so(engine, tiny, tmp_path):
    bases = Bases(engine, "stand-ins")
    bases.ensure("tiny:1")
    file = tmp_path / "bases.tar"
    bases.export(file, ["tiny:1"])
    file.write_bytes(file.read_bytes()[:700])
    with pytest.raises(LabError, match="is not an archive of bases"):
        Bases(engine, str(file))


def test_an_archive_where_there_is_no_room_leaves_nothing(engine, tiny, tmp_path):
    Bases(engine, "stand-ins").ensure("tiny:1")
    with pytest.raises(LabError, match="can't be written"):
        Bases(engine, "stand-ins").export(tmp_path / "missing" / "bases.tar", ["tiny:1"])


def test_only_what_is_here_can_be_saved(engine, tiny, tmp_path):
    with pytest.raises(BaseUnavailable, match="has no tiny:1 to save"):
        Bases(engine, "stand-ins").export(tmp_path / "bases.tar", ["tiny:1"])
    with pytest.raises(BaseUnavailable, match="No base is called 'tinny:1'"):
        Bases(engine, "stand-ins").export(tmp_path / "bases.tar", ["tinny:1"])


def test_a_real_image_that_was_brought_is_the_real_image(engine, tiny, tmp_path):
    """The engine's name for a pinned image is enough: it may have come from an archive."""
    row = replace(base_table.read()["tiny:1"], digest=f"sha256:{'ab' * 32}")
    standin = Bases(engine, "stand-ins").ensure("tiny:1")
    repository, _, version = hub.reference(row).rpartition(":")
    engine.client.images.get(standin.reference).tag(repository, version)
    try:
        assert hub.Hub(engine).find(row) == hub.reference(row)
        assert hub.Hub(engine).find(replace(row, digest=f"sha256:{'cd' * 32}")) is None
    finally:
        engine.client.images.remove(hub.reference(row))


def test_any_image_of_the_engines_may_be_a_base(engine, bases):
    reference = bases.ensure("busybox:1.37").reference
    engine.client.images.get(reference).tag("localhost/shrink/of-a-learner", "1")
    try:
        base = bases.ensure("localhost/shrink/of-a-learner:1")
        assert (base.name, base.reference) == (base.reference, "localhost/shrink/of-a-learner:1")
        assert (base.source, base.hub_size) == ("present", None)
    finally:
        engine.client.images.remove("localhost/shrink/of-a-learner:1")


def test_a_base_that_nothing_has_is_named_with_those_there_are(bases):
    with pytest.raises(BaseUnavailable, match=r"python:3\.12 is not here.*there is .*gcc:14"):
        bases.ensure("python:3.12")


def test_a_registry_that_does_not_answer_is_named_soon(engine):
    began = time.monotonic()
    with pytest.raises(BaseUnavailable, match=r"localhost:1 can't be used: the engine can't reach"):
        Bases(engine, "hub").ensure("localhost:1/none:1")
    assert time.monotonic() - began < 30


@pytest.fixture
def elsewhere(tiny):
    """The tiny table with a base of a registry that there is none of."""
    table = tiny / "bases.toml"
    row = table.read_text().partition('["upper:1"]')[0].replace("tiny:1", "registry.invalid/tiny:1")
    hub_size = row[row.index("hub =") : row.index("recipe =")]
    table.write_text(table.read_text() + row.replace(hub_size, ""))
    return "registry.invalid/tiny:1"


def test_a_base_of_another_registry_is_asked_for_there(engine, elsewhere):
    began = time.monotonic()
    with pytest.raises(BaseUnavailable, match=r"registry\.invalid can't be used"):
        Bases(engine, "hub").ensure(elsewhere)
    assert time.monotonic() - began < 20


def test_a_base_of_another_registry_has_a_stand_in(engine, elsewhere):
    bases = Bases(engine, "stand-ins")
    base = bases.ensure(elsewhere)
    try:
        assert (base.source, base.hub_size) == ("stand-in", None)
        assert base.reference == f"localhost/shrink/base/{elsewhere}"
        assert bases.source_line == "stand-ins made of Debian packages"
    finally:
        engine.client.images.remove(base.reference, force=True)


def test_the_line_names_a_registry_and_what_is_not_pinned(engine, elsewhere):
    """The image is here under the lab's name, as if it had been pulled."""
    bases = Bases(engine, "hub")
    made = Bases(engine, "stand-ins").ensure(elsewhere)
    real = hub.reference(base_table.read()[elsewhere])
    engine.client.images.get(made.reference).tag(*real.rsplit(":", 1))
    try:
        assert bases.ensure(elsewhere).source == "present"
        assert bases.source_line.endswith(
            f"; but {elsewhere} from registry.invalid, not pinned to a digest"
        )
    finally:
        for name in (real, made.reference):
            engine.client.images.remove(name, force=True)


def test_the_line_comes_soon_and_docker_hub_is_asked_once(engine):
    bases = Bases(engine)
    began = time.monotonic()
    line = bases.source_line
    assert time.monotonic() - began < 8
    assert line.startswith(("stand-ins made of Debian packages, since", "Docker Hub, each at"))
    began = time.monotonic()
    assert bases.source_line == line
    assert time.monotonic() - began < 0.1


def test_clean_removes_the_stand_ins_and_not_what_is_built_on_them(engine, tiny, monkeypatch):
    monkeypatch.setattr(names, "owner", lambda: "somebody in a test")
    monkeypatch.setattr(names, "HUB_PREFIX", "localhost/shrink/hub-of-a-test/")
    bases = Bases(engine, "stand-ins")
    upper = bases.ensure("upper:1")
    image = engine.client.images.get(upper.reference)
    image.tag("localhost/shrink/of-a-learner", "1")
    image.tag("localhost/shrink/hub-of-a-test/upper", "1")
    try:
        assert set(standins.made(engine)) == {upper.reference, standins.reference("tiny:1")}
        bases.clean()
        assert engine.client.images.get(image.id).tags == ["localhost/shrink/of-a-learner:1"]
        with pytest.raises(docker.errors.ImageNotFound):
            engine.client.images.get(standins.reference("tiny:1"))
    finally:
        engine.client.images.remove("localhost/shrink/of-a-learner:1")


def test_the_table_says_what_is_here(bases):
    bases.ensure("busybox:1.37")
    found = {row.name: row.here for row in bases.table()}
    assert list(found) == list(TABLE)
    assert found["busybox:1.37"] in ("stand-in", "hub")
