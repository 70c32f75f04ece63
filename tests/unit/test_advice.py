"""Each remedy on a small image made by hand: what it finds, and what it leaves alone."""

import importlib
import inspect
from dataclasses import dataclass

import pytest

from helpers.advice import hidden, known, tools
from helpers.advice import slimmer as bases
from helpers.advice.advise import REMEDIES, unseen
from helpers.advice.finding import Finding, ranked
from helpers.advice.leftovers import copied, leftovers
from helpers.advice.origin import base_name, nearest
from helpers.advice.recommended import asked_for, recommended
from helpers.advice.subject import Subject
from helpers.advice.symbols import symbols
from helpers.core import names
from helpers.core.errors import LabError
from helpers.diagnosis.command import Process
from helpers.files.filesystem import FolderFS
from helpers.files.stack import Entry, Files, stacked
from helpers.view import html, text
from tests.unit.elves import elf, put

MB = 1_000_000


@dataclass(frozen=True)
class Made:
    """A layer made by hand."""

    created_by: str
    files: Files


def image(*layers, root=None, **fields):
    """A subject of layers: the instruction, and sizes by path. A size of None removes; a pair is a
    size and a digest; `root` has the contents that are read."""
    entries = [[_entry(path, size) for path, size in files.items()] for _, files in layers]
    each, every = stacked(entries)
    made = [Made(says, files) for (says, _), files in zip(layers, each, strict=True)]
    return Subject(made, every, FolderFS(root or "/nonexistent"), **fields)


def _entry(path, size):
    if size is None:
        return Entry(path, 0, "removed")
    size, digest = size if isinstance(size, tuple) else (size, "")
    return Entry(path, size, "file", 0o755, digest=digest)


def only(findings):
    (found,) = findings
    return found


def test_a_removed_file_is_found_in_the_layer_that_brought_it():
    made = image(("RUN get", {"/a": 5, "/d/b": 6}), ("RUN rm", {"/a": None, "/d": None}))
    found = only(hidden.removed(made))
    assert found.claims == {(0, "/a"): 5, (0, "/d/b"): 6}
    assert found.hides == {(0, 1)} and found.evidence[0].layer == "RUN get"
    assert not list(hidden.again(made))


def test_of_equal_copies_the_later_one_can_go_and_of_others_the_earlier_one():
    made = image(
        ("RUN make", {"/same": (7, "x"), "/other": (3, "x")}),
        ("RUN chown", {"/same": (7, "x"), "/other": (4, "y")}),
        ("RUN chmod", {"/same": (7, "x")}),
    )
    assert only(hidden.again(made)).claims == {(1, "/same"): 7, (2, "/same"): 7}
    assert only(hidden.removed(made)).claims == {(0, "/other"): 3}


def test_copies_that_were_not_read_do_not_count_as_equal():
    made = image(("RUN a", {"/f": 5}), ("RUN b", {"/f": 5}))
    assert not list(hidden.again(made)) and only(hidden.removed(made)).saves == 5


def test_hidden_bytes_of_the_base_are_no_finding():
    layers = [("ADD root", {"/f": (5, "x"), "/g": 9}), ("RUN b", {"/f": (5, "x"), "/g": None})]
    made = image(*layers, base=1)
    assert not list(hidden.removed(made))
    assert only(hidden.again(made)).claims == {(1, "/f"): 5}


def test_a_file_that_replaces_a_folder_hides_the_files_in_it():
    made = image(("RUN a", {"/d/f": 5}), ("RUN b", {"/d": 2}))
    assert only(hidden.removed(made)).claims == {(0, "/d/f"): 5}


def test_a_path_that_was_removed_twice_has_two_histories():
    made = image(("a", {"/f": 5}), ("b", {"/f": None}), ("c", {"/f": 6}), ("d", {"/f": None}))
    found = only(hidden.removed(made))
    assert found.claims == {(0, "/f"): 5, (2, "/f"): 6} and found.hides == {(0, 1), (2, 3)}


@pytest.mark.parametrize(
    ("path", "remedy", "notebook"),
    [
        ("/var/lib/apt/lists/a", "package lists", "01"),
        ("/root/.cache/pip/http/a", "pip's cache", "16"),
        ("/root/.npm/_cacache/a", "npm's cache", "15"),
        ("/root/.cache/go-build/00/a", "Go's cache", "12"),
        ("/usr/local/cargo/registry/cache/a", "cargo's results", "13"),
        ("/src/target/release/deps/a", "cargo's results", "13"),
        ("/src/target/x86_64-unknown-linux-musl/release/build/a", "cargo's results", "13"),
        ("/var/cache/dnf/a/b", "dnf's cache", "01"),
        ("/root/.m2/repository/a", "Maven's and Gradle's caches", "14"),
        ("/usr/local/bundle/cache/a.gem", "archives of gems", "17"),
        ("/var/cache/apk/APKINDEX", "apk's index", "18"),
        ("/root/.cache/other/a", "other caches", "19"),
        ("/usr/share/doc/a/b", "documents", "26"),
        ("/app/__pycache__/a.pyc", "bytecode", "16"),
    ],
)
def test_what_tools_leave_is_found_by_its_path(path, remedy, notebook):
    own = ("RUN build", {path: 5, "/app/cache": 9})
    found = only(leftovers(image(own)))
    assert (found.remedy, found.notebook, found.saves) == (remedy, notebook, 5)
    assert not list(leftovers(image(own, base=1))), "the base's can't be taken away"


@pytest.mark.parametrize("folder", ["/var/lib/rpm", "/usr/lib/sysimage/rpm"])
def test_the_note_names_packages_that_are_not_looked_at(folder):
    assert "RPM" in unseen(image(("ADD /", {f"{folder}/rpmdb.sqlite": 5}), base=1))
    assert not unseen(image(("ADD /", {"/var/lib/dpkg/status": 5})))


def test_what_maven_makes_is_not_taken_for_cargos():
    assert not list(leftovers(image(("RUN mvn", {"/src/target/classes/build/a": 5}))))


def test_copied_folders_count_only_if_they_are_from_the_context():
    files = {"/app/.git/objects/a": 5, "/app/node_modules/x/a.js": 6, "/app/git": 7}
    found = only(copied(image(("COPY . .", files))))
    assert found.saves == 11 and "`**/.git`, `**/node_modules`" in found.do
    assert not list(copied(image(("COPY --from=build /app /app", files))))
    assert not list(copied(image(("RUN npm ci", files))))
    found = only(copied(image(("COPY /app /app", files), written=False)))
    assert found.saves == 5, "a stage's packages may be what it copied"


STATUS = "\n".join(
    f"Package: {name}\nStatus: install ok installed\nVersion: 1\nDepends: {needs}\n"
    for name, needs in {
        "gcc": "gcc-14 (>= 14)",
        "gcc-14": "libisl | other:any",
        "libisl": "",
        "man": "less",
        "less": "",
        "gcc-14-base": "",
    }.items()
)


def with_packages(root, says="RUN apt-get update && apt-get install -y gcc", also=(), **fields):
    """An image with packages of a megabyte each, installed by one instruction."""
    names = ["gcc", "gcc-14", "libisl", "man", "less", "gcc-14-base"]
    put(root, "/var/lib/dpkg/status", STATUS, 0o644)
    files = {"/var/lib/dpkg/status": 1, **dict(also)}
    for name in names:
        listed = f"/var/lib/dpkg/info/{name}:amd64.list"
        put(root, listed, f"/.\n/bin/{name}\n/usr/bin/{name}\n", 0o644)
        files |= {listed: 1, f"/usr/bin/{name}": MB}
    return image(("ADD /", {"/etc/os-release": 9}), (says, files), root=root, base=1, **fields)


def test_build_tools_are_found_by_their_packages(tmp_path):
    found = only(tools.build_tools(with_packages(tmp_path)))
    assert {path for _, path in found.claims} == {"/usr/bin/gcc", "/usr/bin/gcc-14"}
    assert [row.path for row in found.evidence] == ["gcc", "gcc-14"]
    assert "build stage" in found.do


def test_a_library_that_another_package_needs_is_no_build_tool(tmp_path):
    rows = {
        "libclang-cpp19": "libllvm19",
        "libllvm19": "",
        "mesa": "libclang-cpp19",
        "gcc": "libisl23",
    }
    rows |= {"libisl23": "", "libx-dev": "", "wants": "libx-dev"}
    status = "\n".join(
        f"Package: {name}\nStatus: install ok installed\nVersion: 1\nDepends: {needs}\n"
        for name, needs in rows.items()
    )
    put(tmp_path, "/var/lib/dpkg/status", status, 0o644)
    files = {"/var/lib/dpkg/status": 1}
    for name in rows:
        put(tmp_path, f"/var/lib/dpkg/info/{name}.list", f"/usr/lib/{name}\n", 0o644)
        files |= {f"/var/lib/dpkg/info/{name}.list": 1, f"/usr/lib/{name}": 5}
    found = only(tools.build_tools(image(("RUN x", files), root=tmp_path)))
    assert {row.path for row in found.evidence} == {"gcc", "libisl23", "libx-dev"}


def test_a_program_that_is_a_build_tool_is_no_finding(tmp_path):
    put(tmp_path, "/usr/bin/gcc", elf())
    made = with_packages(tmp_path, process=Process(("/usr/bin/gcc",)))
    assert made.program == "/usr/bin/gcc" and not list(tools.build_tools(made))


def test_a_compiler_without_a_package_is_found_by_its_path():
    found = only(tools.build_tools(image(("ADD /", {"/usr/local/go/bin/go": 5}), base=1)))
    assert found.saves == 5 and "base" in found.do


def test_recommended_packages_are_those_that_no_requested_package_depends_on(tmp_path):
    found = only(recommended(with_packages(tmp_path)))
    assert {row.path for row in found.evidence} == {"man", "less", "gcc-14-base"}
    assert found.saves == 3 * MB


def test_apts_own_record_tells_what_was_asked_for(tmp_path):
    states = "/var/lib/apt/extended_states"
    rows = [
        f"Package: {name}\nArchitecture: amd64\nAuto-Installed: {number}\n"
        for name, number in [("gcc-14", 1), ("libisl", 1), ("less", 1), ("man", 0)]
    ]
    put(tmp_path, states, "\n".join(rows), 0o644)
    made = with_packages(tmp_path, "RUN apt-get install -y $PACKAGES")
    assert not list(recommended(made)), "it is not of this image"
    made = with_packages(tmp_path, "RUN apt-get install -y $PACKAGES", also={states: 1})
    assert not list(recommended(made)), "man and gcc-14-base were asked for"
    put(tmp_path, states, "\n".join([*rows[:3], rows[3].replace("0", "1")]), 0o644)
    assert {row.path for row in only(recommended(made)).evidence} == {"man", "less"}
    made = with_packages(tmp_path, "RUN make --no-install-recommends", also={states: 1})
    assert not list(recommended(made))


@pytest.mark.parametrize(
    ("instruction", "names"),
    [
        ("RUN apt-get install -y $PKGS gcc", None),
        ("RUN apt-get install -y ./x.deb", None),
        ("RUN apt-get install -y 'php8*'", None),
        ("RUN apt-get install -y a && apt-get install -y --no-install-recommends b", ("a", "b")),
        ("RUN apt-get update && apt-get install -y gcc=4:14 libc6-dev", ("gcc", "libc6-dev")),
        ("RUN apt install gcc:amd64 && rm x", ("gcc",)),
        ("RUN apt-get install -y --no-install-recommends gcc", None),
        ("RUN apt-get -o APT::Install-Recommends=0 --no-install-recommends install gcc", None),
        ("RUN apt-get install -y 'gcc", None),
        ("RUN pip install gcc", None),
    ],
)
def test_the_packages_that_an_instruction_asks_apt_for(instruction, names):
    assert asked_for(instruction) == names


def test_development_packages_are_those_of_npms_record(tmp_path):
    record = '{"packages": {"node_modules/a": {}, "node_modules/@x/b": {"dev": true}}}'
    top = "/app/node_modules"
    put(tmp_path, f"{top}/.package-lock.json", record, 0o644)
    files = {f"{top}/.package-lock.json": 9, f"{top}/a/i.js": 5, f"{top}/@x/b/i.js": 6}
    found = only(tools.development_packages(image(("RUN npm ci", files), root=tmp_path)))
    assert found.claims == {(0, f"{top}/@x/b/i.js"): 6}
    put(tmp_path, f"{top}/.package-lock.json", "{", 0o644)
    assert not list(tools.development_packages(image(("RUN npm ci", files), root=tmp_path)))


def test_a_jdk_is_found_by_its_compiler():
    home = {"/opt/jdk/bin/javac": 1, "/opt/jdk/jmods/a.jmod": 9, "/opt/jdk/lib/modules": 50}
    found = only(tools.jdk(image(("ADD /", home))))
    assert found.saves == 10 and found.notebook == "14"
    del home["/opt/jdk/bin/javac"]
    assert not list(tools.jdk(image(("ADD /", home))))


@pytest.mark.parametrize(
    ("name", "slim"),
    [
        ("python:3.13", "python:3.13-slim"),
        ("docker.io/library/node:22", "node:22-slim"),
        ("node:24-bookworm", "node:24-bookworm-slim"),
        ("eclipse-temurin:25-jdk", "eclipse-temurin:25-jre"),
        ("node:latest", "node:slim"),
        ("node", "node:slim"),
        ("debian:latest", None),
        ("debian:bookworm-backports", None),
        ("python:3.13@sha256:" + 64 * "0", None),
        ("python:3.13-slim", None),
        ("node:24-alpine", None),
        ("eclipse-temurin:25-jre", None),
        ("gcc:14", None),
        ("example.org/python:3.13", None),
        ("", None),
    ],
)
def test_a_slimmer_sibling(name, slim):
    found = bases.sibling(name)
    assert (found.name if found else None) == slim
    assert not found or found.like, "its figures are in the table"


def test_the_base_is_the_one_with_most_layers_of_which_the_image_has_all():
    bases = [("debian:1", ["a"]), ("python:3", ["a", "b"]), ("node:2", ["a", "x"]), ("gone", [])]
    assert nearest(["a", "b", "c"], bases) == ("python:3", 2)
    assert nearest(["x"], bases) == ("", 0)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"RepoTags": ["debian:13"]}, "debian:13"),
        ({"RepoTags": ["example.org:5000/shop:1", "base:1"]}, "base:1"),
        ({"RepoTags": ["example.org:5000/shop:1"]}, None),
        ({"RepoTags": [f"{names.TAG_PREFIX}page:x"]}, None),
        ({"RepoTags": [f"{names.BASE_PREFIX}gcc:14"]}, f"{names.BASE_PREFIX}gcc:14"),
        ({"RepoTags": None, "RepoDigests": ["debian@sha256:1"]}, "debian@sha256:1"),
        ({"RepoTags": ["<none>:<none>"], "RepoDigests": ["<none>@<none>"]}, None),
    ],
)
def test_which_images_of_an_engine_can_be_a_base(row, name):
    assert base_name(row, "example.org:5000/shop:2") == name


def test_the_saving_of_a_slimmer_base_is_a_figure_and_says_so():
    made = image(("ADD /", {"/usr/x": 2_000 * MB}), base=1, base_name="python:3.13")
    found = only(bases.slimmer_base(made))
    assert not found.counted and 900 * MB < found.saves < 1_100 * MB
    assert "python:3.13 less python:3.13-slim, by Docker Hub's" in found.source
    assert "Not counted here" in text.of(found) and "~ " in text.of(found)


def test_a_static_program_needs_nothing_of_its_base(tmp_path):
    put(tmp_path, "/app", elf())
    layers = [("ADD /", {"/usr/bin/x": 80 * MB}), ("COPY app /", {"/app": 5})]
    made = image(*layers, root=tmp_path, base=1, process=Process(("/app",)))
    found = only(bases.program_alone(made))
    assert found.claims == {(0, "/usr/bin/x"): 80 * MB} and "`scratch`" in found.do
    assert not list(bases.program_alone(image(*layers, root=tmp_path, process=Process(("/app",)))))


def test_a_static_program_stays_on_a_base_without_programs(tmp_path):
    put(tmp_path, "/app", elf())
    layers = [("ADD /", {"/etc/ssl/certs/ca.crt": 2 * MB}), ("COPY app /", {"/app": 5})]
    made = image(*layers, root=tmp_path, base=1, process=Process(("/app",)))
    assert not list(bases.program_alone(made))


def test_a_program_with_two_names_is_needed_under_both(tmp_path):
    """As cargo makes it: the bytes may be those of the name in `deps`."""
    put(tmp_path, "/src/target/release/app", elf())
    link = Entry(
        "/src/target/release/app", 0, "hardlink", 0o755, target="/src/target/release/deps/a"
    )
    layers = [[_entry("/usr/bin/x", 80 * MB)], [_entry("/src/target/release/deps/a", 5), link]]
    each, every = stacked(layers)
    made = Subject(
        [Made("ADD /", each[0]), Made("RUN cargo build", each[1])],
        every,
        FolderFS(tmp_path),
        base=1,
        process=Process((link.path,)),
    )
    assert only(bases.program_alone(made)).saves == 80 * MB
    assert not list(leftovers(made)), "the program is no leftover"


def test_a_program_of_the_base_stays_on_it(tmp_path):
    put(tmp_path, "/python", elf())
    made = image(
        ("ADD /", {"/python": 5}), root=tmp_path, base=1, process=Process(("/python", "x.py"))
    )
    assert made.program == "/python" and not list(bases.program_alone(made))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ('ID=debian\nVERSION_CODENAME=trixie\nVERSION_ID="13"\n', "debian:trixie-slim"),
        ('ID=ubuntu\nVERSION_ID="24.04"\n', "ubuntu:24.04"),
        ("ID=alpine\nVERSION_ID=3.22.1\n", "alpine:3.22"),
        ("ID=fedora\n", None),
        ("", None),
    ],
)
def test_the_slim_image_of_a_release(said, name):
    assert bases.slim_of_release(said) == name


def test_symbols_are_counted_and_not_the_whole_program(tmp_path):
    sections = {".symtab": b"s" * 500_000, ".strtab": b"n" * 700_000, ".debug_info": b"d" * MB}
    data = elf(sections=sections, text=b"x" * MB)
    put(tmp_path, "/app", data)
    found = only(symbols(image(("COPY app /", {"/app": len(data)}), root=tmp_path)))
    assert found.claims == {(0, "/app"): 2_200_000} and found.notebook == "13"
    bare = elf(text=b"x" * 2 * MB)
    put(tmp_path, "/app", bare)
    assert not list(symbols(image(("COPY app /", {"/app": len(bare)}), root=tmp_path)))


def test_symbols_of_installed_packages_are_not_yours_to_strip(tmp_path):
    path = "/usr/lib/python3/site-packages/a/b.so"
    data = elf(sections={".symtab": b"s" * 2 * MB}, text=b"x" * MB)
    put(tmp_path, path, data)
    assert not list(symbols(image(("RUN pip", {path: len(data)}), root=tmp_path)))


def finding(remedy, claims, figure=None):
    return Finding(remedy, "It is so.", "Do it.", "19", claims, figure=figure)


def test_no_byte_counts_twice():
    found = ranked(
        100 * MB,
        [
            finding("small", {(1, "/a"): 5 * MB, (1, "/b"): 5 * MB}),
            finding("large", {(0, "/x"): 40 * MB, (1, "/a"): 5 * MB}),
        ],
    )
    assert [(row.finding.remedy, row.adds) for row in found.worth] == [
        ("large", 45 * MB),
        ("small", 5 * MB),
    ]
    assert found.leaves == 50 * MB


def test_a_figure_contains_what_is_gone_of_its_bytes_already():
    found = ranked(
        100 * MB,
        [
            finding("counted", {(0, "/x"): 60 * MB}),
            finding("figure", {(0, "/x"): 60 * MB, (0, "/y"): 20 * MB}, figure=50 * MB),
            finding("within", {(0, "/y"): 20 * MB}),
        ],
    )
    assert [row.adds for row in found.worth] == [60 * MB, 0, 0] and found.leaves == 40 * MB


@pytest.mark.parametrize(
    ("size", "saves", "worth"),
    [(10 * MB, MB, True), (10 * MB, MB - 1, False), (900 * MB, 5 * MB, False)],
)
def test_a_small_saving_is_not_worth_it(size, saves, worth):
    found = ranked(size, [finding("one", {(0, "/x"): saves})])
    assert bool(found.worth) == worth and bool(found.little) != worth
    assert found.leaves == (size - saves if worth else size)


def test_html_in_a_finding_is_escaped():
    made = image(("RUN <b>get", {"/<i>a": 5 * MB}), ("RUN rm", {"/<i>a": None}))
    found = only(hidden.removed(made))
    assert "/<i>a" in text.of(found) and "removed too late" in text.of(found)
    assert "&lt;i&gt;a" in html.of(found) and "<b>get" not in html.of(found)


def test_every_remedy_is_asked():
    """A remedy is a function that is given a Subject and gives findings."""
    found = set()
    for file in (names.ROOT / "helpers" / "advice").glob("*.py"):
        module = importlib.import_module(f"helpers.advice.{file.stem}")
        found |= {
            function
            for name, function in vars(module).items()
            if inspect.isfunction(function)
            and function.__module__ == module.__name__
            and not name.startswith("_")
            and function.__annotations__.get("return") == "Iterator[Finding]"
        }
    assert found == set(REMEDIES)


def test_a_leftover_is_taught_by_a_notebook_that_is_there():
    there = {path.name[:2] for path in (names.ROOT / "notebooks").glob("*.ipynb")}
    assert {row.notebook for row in known.table().leftover} <= there


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("mount = ", "mounts = ", "leftover[3]: Object contains unknown field `mounts`."),
        ("says = ", "say = ", "leftover[0]: Object contains unknown field `say`."),
        ('says = "apt', '# "apt', "leftover[0]: Object missing required field `says`."),
        ("[jdk]", "[jkd]", "Object contains unknown field `jkd`."),
    ],
)
def test_a_misspelt_key_among_the_leftovers_is_told(tmp_path, right, wrong, sentence):
    file = tmp_path / "known.toml"
    file.write_text(known.FILE.read_text().replace(right, wrong, 1))
    with pytest.raises(LabError) as told:
        known.table(file)
    assert str(told.value) == f"{file}{':' if wrong == '[jkd]' else ','} {sentence}"
