"""The table of bases is complete, recipes have fingerprints, and a bad archive is a sentence."""

import gzip
import json
import re
import tarfile
from datetime import date
from itertools import pairwise
from types import SimpleNamespace

import docker.errors
import pytest
import requests

from helpers import newer
from helpers.bases import archive, hub, standins
from helpers.bases import table as base_table
from helpers.bases.inventory import Inventory
from helpers.bases.table import HUB, registry, short_name
from helpers.core import names
from helpers.core.errors import BaseUnavailable, EngineError, LabError
from helpers.dockerfile.instructions import instructions, references
from helpers.engine import transfer
from helpers.lab.facade import TOOLS
from helpers.samples import variants

TABLE = base_table.read()
EVERY = TABLE.values()
names_of = pytest.mark.parametrize("row", EVERY, ids=lambda row: row.name)


@names_of
def test_a_row_is_complete(row):
    assert re.fullmatch(r"(gcr\.io/)?[a-z0-9/-]+:[\w.-]+", row.name), "a tag, never `latest`"
    assert row.digest is None or re.fullmatch("sha256:[0-9a-f]{64}", row.digest)
    if row.hub_size is None:
        assert row.registry != HUB, "Docker Hub's sizes are published"
        assert not row.as_of and not row.source
    else:
        assert date.fromisoformat(row.as_of) and row.source, "a figure has a date and a source"
        assert row.hub_size > 0
    assert (base_table.FOLDER / row.recipe).is_file(), "a row without its recipe"
    assert row.note.endswith("."), "`note` is a sentence"
    assert row.size > 0 and row.seconds > 0


@names_of
def test_a_target_is_a_stage_of_its_recipe(row):
    if row.target:
        text = (base_table.FOLDER / row.recipe).read_text()
        froms = [i.value.split() for i in instructions(text) if i.keyword == "FROM"]
        assert row.target in [words[-1] for words in froms]


@names_of
def test_recipes_are_built_on_bases_of_the_table_and_never_on_themselves(row):
    seen, todo = set(), [row.name]
    while todo:
        for name in standins.needs(TABLE[todo.pop()]):
            assert name != row.name, "a recipe that needs itself"
            if name not in seen:
                seen.add(name)
                todo.append(name)


def test_every_recipe_is_used():
    recipes = {row.recipe for row in EVERY if row.recipe.endswith(".Dockerfile")}
    files = {file.name for file in base_table.FOLDER.glob("*.Dockerfile")}
    assert files - recipes == {"debian-trixie.Dockerfile"}, (
        "that one is the first root's, in a build"
    )


def test_the_packages_of_buildpack_deps_are_one_step_that_all_recipes_share():
    recipes = [instructions(f.read_text()) for f in base_table.FOLDER.glob("*.Dockerfile")]
    pairs = [pair for steps in recipes for pair in pairwise(steps)]
    ours = [pair for pair in pairs if "libmagickwand-dev" in pair[1].value]
    assert len(ours) == 5
    assert len({step.value for _, step in ours}) == 1
    assert {(i.keyword, i.value.split()[0]) for i, _ in ours} == {("FROM", "debian:trixie")}


def _bases_of(notebook):
    """The bases of the variants and the Dockerfiles in a notebook's code, of its sidecars, and of
    the newer engine that it asks for."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    found = {TOOLS} if "lab.sidecar(" in code else set()
    found |= {newer.BASE} if "Lab(builder=" in code else set()
    for pattern in re.findall(r'"([a-z-]+/[\w.*-]+)"', code):
        for variant in variants(pattern):
            found.update(references(variant.text, variant.args))
    for dockerfile in re.findall(r'= ?"""\n(.*?)"""', code, re.DOTALL):
        found.update(references(dockerfile) if dockerfile.strip() else ())
    return found


def test_the_table_names_the_notebooks_that_need_a_base():
    needed = {row.name: [] for row in EVERY}
    for path in sorted((names.ROOT / "notebooks").glob("[0-9]*.ipynb")):
        for name in _bases_of(path):
            needed[name].append(path.name[:2])
    assert {row.name: list(row.notebooks) for row in EVERY} == needed


def test_recipes_name_no_mirror_and_no_architecture():
    for file in [*base_table.FOLDER.glob("*.Dockerfile"), *base_table.FOLDER.glob("*.sh")]:
        text = file.read_text()
        assert not re.search(r"\w+://", text), f"{file.name} names a host"
        assert not re.search("x86_64|amd64|aarch64|arm64", text), f"{file.name} is for one machine"


def test_a_changed_recipe_or_script_changes_the_fingerprint(tmp_path, monkeypatch):
    for file in base_table.FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(base_table, "FOLDER", tmp_path)

    def fingerprints():
        return {row.name: standins.fingerprint(row, TABLE) for row in EVERY}

    def changed(file):
        before = fingerprints()
        with (tmp_path / file).open("a") as out:
            out.write("# changed\n")
        after = fingerprints()
        return {name for name in TABLE if before[name] != after[name]}

    def below(name):
        """The bases that one is built on, and those that they are built on."""
        direct = standins.needs(TABLE[name])
        return {each for one in direct for each in {one, *below(one)}}

    assert changed("gcc.Dockerfile") == {"gcc:14"}
    slim = {"debian:trixie-slim", "debian:bullseye-slim", "ubuntu:24.04"}
    built_on = {name for name in TABLE if slim & {name, *below(name)}}
    assert changed("slim.sh") == built_on
    assert changed("root.sh") == set(TABLE), "all stand on the first root"


def test_added_certificates_are_found_in_every_folder(tmp_path):
    (tmp_path / "office").mkdir()
    (tmp_path / "b.crt").write_text("B\n")
    (tmp_path / "office" / "a.crt").write_text("A\n")
    (tmp_path / "notes.txt").write_text("no certificate")
    assert standins.trusted_here(tmp_path) == "B\nA"
    assert standins.trusted_here(tmp_path / "none") == ""


def test_targets_of_one_recipe_have_fingerprints_of_their_own():
    alpine, busybox = TABLE["alpine:3.22"], TABLE["busybox:1.37-musl"]
    assert alpine.recipe == busybox.recipe
    assert standins.fingerprint(alpine, TABLE) != standins.fingerprint(busybox, TABLE)


@pytest.mark.parametrize("name", ["gcc:14", "docker.io/gcc:14", "docker.io/library/gcc:14"])
def test_a_name_of_docker_hub_may_be_written_out(name):
    assert short_name(name) == "gcc:14"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gcc:14", HUB),
        ("docker.io/library/gcc:14", HUB),
        ("index.docker.io/somebody/app:1", HUB),
        ("somebody/app:1.2", HUB),
        ("gcr.io/distroless/cc-debian13:nonroot", "gcr.io"),
        ("localhost/app:1", "localhost"),
        ("localhost:5000/app", "localhost:5000"),
    ],
)
def test_a_registry_is_what_a_name_begins_with(name, expected):
    assert registry(name) == expected


def test_a_base_of_another_registry_has_references_that_an_engine_takes():
    row = TABLE["gcr.io/distroless/cc-debian13:nonroot"]
    for reference in (hub.reference(row), standins.reference(row.name)):
        assert re.fullmatch(r"[a-z0-9]+([./-][a-z0-9]+)*:[\w.-]+", reference)


def test_a_stand_in_and_a_real_image_are_never_known_by_the_real_name():
    for row in EVERY:
        assert standins.reference(row.name).startswith("localhost/")
        assert hub.reference(row).startswith("localhost/")
        assert standins.reference(row.name) != hub.reference(row)


def test_a_real_image_is_known_by_the_digest_that_it_is_pinned_to():
    row = TABLE["gcc:14"]
    assert hub.reference(row).endswith(row.digest.removeprefix("sha256:")[:12])


def test_a_missing_archive_is_a_sentence(tmp_path):
    with pytest.raises(LabError, match="can't be read"):
        archive.read(tmp_path / "bases.tar")


def test_a_file_that_is_something_else_is_no_archive(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"not a tar")
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        tar.add(__file__, "test.py")
    with tarfile.open(tmp_path / "c.tar", "w") as tar:
        tar.add(tmp_path, archive.LIST, recursive=False)  # a folder of that name
    for name in ("a.tar", "b.tar", "c.tar"):
        with pytest.raises(LabError, match="is not an archive of bases"):
            archive.read(tmp_path / name)


def test_an_archive_gives_back_what_was_saved_and_counts_the_bytes(tmp_path):
    content = bytes(range(256)) * 8_000
    loaded, events = [], []

    def load_image(pieces, quiet):
        loaded.append(gzip.decompress(b"".join(pieces)))
        return []

    api = SimpleNamespace(
        get_image=lambda reference, chunk_size: iter([content[:chunk_size], content[chunk_size:]]),
        load_image=load_image,
    )
    engine = SimpleNamespace(client=SimpleNamespace(api=api))
    entry = archive.ArchivedBase("a:1", "hub", "x/a:1", None, None, "amd64", len(content), "a.gz")
    archive.write(engine, tmp_path / "bases.tar", [entry], events.append)
    assert archive.read(tmp_path / "bases.tar") == [entry]
    assert [event.current for event in events] == [0, 1 << 20, len(content), 0]
    archive.load(engine, tmp_path / "bases.tar", entry, events.append)
    assert loaded == [content]
    assert events[-2].current == events[-2].total and events[-1].state == "done"


def engine_that(**calls):
    """An engine whose API has these calls alone."""
    return SimpleNamespace(host="unix:///x", client=SimpleNamespace(api=SimpleNamespace(**calls)))


def refuses(*_, **__):
    raise docker.errors.APIError("500 Server Error", explanation="no space left on device")


def breaks_off(*_, **__):
    yield from ()
    raise requests.ConnectionError("Connection aborted.")


ENTRY = archive.ArchivedBase("a:1", "hub", "x/a:1", None, None, "amd64", 5, "a.gz")
ENGINES = pytest.mark.parametrize(
    ("call", "kind", "sentence"),
    [
        (refuses, LabError, r"The engine at unix:///x can't \w+ \S+ \(no space left on device\): "),
        (breaks_off, EngineError, r"The engine at unix:///x stopped answering \(Connection ab"),
    ],
    ids=["refuses", "goes away"],
)


@ENGINES
def test_an_engine_that_can_t_save_is_not_taken_for_a_full_disk(tmp_path, call, kind, sentence):
    with pytest.raises(kind, match=f"^{sentence}"):
        archive.write(engine_that(get_image=call), tmp_path / "bases.tar", [ENTRY], print)
    assert not list(tmp_path.iterdir())


@ENGINES
def test_an_engine_that_can_t_load_is_not_taken_for_a_broken_archive(
    tmp_path, call, kind, sentence
):
    file = tmp_path / "bases.tar"
    archive.write(engine_that(get_image=lambda *_, **__: [b"image"]), file, [ENTRY], print)
    with pytest.raises(kind, match=f"^{sentence}"):
        archive.load(engine_that(load_image=call), file, ENTRY, print)


@ENGINES
def test_an_engine_that_an_image_is_brought_from_is_the_one_that_failed(call, kind, sentence):
    def has(layers):
        return SimpleNamespace(attrs={"RootFS": {"Layers": layers}})

    source = engine_that(get_image=call, history=lambda _: [{"Size": 5}])
    source.client.images = SimpleNamespace(get=lambda _: has(["sha256:1"]))
    to = engine_that(load_image=lambda pieces, quiet: [{} for _ in pieces])
    to.client.images = SimpleNamespace(get=lambda _: has([]))
    to.host = "tcp://y"
    with pytest.raises(kind, match=f"^{sentence}"):
        transfer.bring(source, to, "x/a:1")


def test_an_archive_that_breaks_off_is_not_taken_for_an_engine_that_has_gone(tmp_path):
    file = tmp_path / "bases.tar"
    archive.write(engine_that(get_image=lambda *_, **__: [bytes(5)]), file, [ENTRY], print)
    file.write_bytes(file.read_bytes()[:520])

    def load_image(pieces, quiet):
        try:
            return [{} for _ in pieces]
        except OSError as error:  # as urllib3 and requests wrap it
            raise requests.ConnectionError(error) from error

    for broken in (file, tmp_path / "gone.tar"):
        with pytest.raises(LabError, match=r"^The base a:1 can't be read from .* archive again\.$"):
            archive.load(engine_that(load_image=load_image), broken, ENTRY, print)


@pytest.mark.parametrize("word", ["99", "77-99", "11-00"])
def test_notebooks_that_need_no_base_are_told(word):
    inventory = Inventory(SimpleNamespace(architecture="amd64"), "stand-ins")
    with pytest.raises(LabError, match=f"^No base is for '{word}': the notebooks .* are 00, 01, "):
        inventory.chosen(["gcc:14", word])


def test_an_export_of_no_base_is_not_one_of_every_base(tmp_path):
    inventory = Inventory(SimpleNamespace(architecture="amd64"), "stand-ins")
    with pytest.raises(BaseUnavailable, match=r"^The engine has no base to save: "):
        inventory.export(tmp_path / "bases.tar", [])


@pytest.mark.parametrize(("history", "size"), [([{"Size": 5}, {"Size": 2}], 7), (None, 0)])
def test_an_image_may_have_no_history_that_adds_up_to_its_size(history, size):
    assert transfer.size_of(engine_that(history=lambda _: history), "x/a:1") == size
