"""Records of packages, in the forms that dpkg, Distroless, apk and Go write them."""

import pytest

from helpers.elf import go_modules as gobuild
from helpers.files.filesystem import FolderFS
from helpers.image import packages as records
from helpers.view import html, text
from tests.unit.elves import elf, put

STATUS = """\
Package: libc6
Status: install ok installed
Installed-Size: 12
Description: shared libraries
 Package: not one
Version: 2.41-12

Package: gone
Status: deinstall ok config-files
Version: 1
"""

INSTALLED = "P:musl\nV:1.2.5-r10\nI:4096\nF:lib\n\nP:no-version\n"


def information(modules, version="go1.24.4", flags=2, magic=gobuild.MAGIC):
    """The section, as Go's linker writes it."""
    mark = bytes(range(16))
    listed = mark + "".join("\t".join(line) + "\n" for line in modules).encode() + mark
    written = [
        (bytes([len(each) & 0x7F | 0x80, len(each) >> 7]) + each)
        for each in (version.encode(), listed)
    ]
    return (magic + bytes([8, flags])).ljust(gobuild.HEADER, b"\0") + b"".join(written)


def program(section):
    return elf(sections={gobuild.SECTION: section}, text=b"x" * records.LEAST)


MODULES = [
    ("path", "example.org/app"),
    ("mod", "example.org/app", "(devel)", ""),
    ("dep", "example.org/old", "v1.0.0", "h1:a"),
    ("=>", "example.org/fork", "v1.2.0", "h1:b"),
    ("dep", "example.org/lib", "v0.3.0", "h1:c"),
    ("build", "CGO_ENABLED", "0"),
]


def found(root):
    fs = FolderFS(root)
    paths = sorted("/" + p.relative_to(root).as_posix() for p in root.rglob("*"))
    return records.packages(fs, [fs.stat(path) for path in paths])


def test_each_kind_of_record_is_read(tmp_path):
    put(tmp_path, "/app", program(information(MODULES)))
    put(tmp_path, "/lib/apk/db/installed", INSTALLED, 0o644)
    put(tmp_path, "/var/lib/dpkg/status", STATUS, 0o644)
    put(tmp_path, "/var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2026a\n", 0o644)
    put(tmp_path, "/var/lib/dpkg/status.d/tzdata.md5sums", "0  usr/share/zoneinfo\n", 0o644)
    told = found(tmp_path)
    assert [(p.name, p.version, p.kind, p.size) for p in told] == [
        ("std", "go1.24.4", "go", None),
        ("example.org/app", "(devel)", "go", None),
        ("example.org/fork", "v1.2.0", "go", None),
        ("example.org/lib", "v0.3.0", "go", None),
        ("musl", "1.2.5-r10", "apk", 4096),
        ("libc6", "2.41-12", "dpkg", 12 * 1024),
        ("tzdata", "2026a", "status.d", None),
    ]
    assert told.kinds == {"go": 4, "apk": 1, "dpkg": 1, "status.d": 1}
    assert {p.record for p in told if p.kind == "go"} == {"/app"}


@pytest.mark.parametrize(
    "section",
    [
        information(MODULES, magic=b"\xff Go buildinf;"),
        information(MODULES, flags=0),
        information(MODULES)[:20],
        b"",
    ],
    ids=["other magic", "pointers, before Go 1.18", "cut off", "empty"],
)
def test_a_program_without_build_information_names_no_module(section):
    assert gobuild.modules(program(section)) == ()


def test_damaged_build_information_is_no_error():
    whole = program(information(MODULES))
    for place in range(0, len(whole), 997):
        gobuild.modules(whole[:place])
    for place in range(gobuild.HEADER):
        damaged = bytearray(information(MODULES))
        damaged[place] ^= 0xFF
        gobuild.modules(program(bytes(damaged)))
    assert gobuild.modules(b"#!/bin/sh\n") == ()


def test_only_executables_are_searched_for_modules(tmp_path):
    put(tmp_path, "/data", program(information(MODULES)), 0o644)
    put(tmp_path, "/script", b"#!/bin/sh\n" + b" " * records.LEAST)
    assert found(tmp_path) == ()


ALPINE_FILES = "P:musl\nV:1\nF:lib\nR:ld-musl.so.1\nF:usr/lib\nR:libc.so\n\nP:empty\nV:1\n"


def test_the_files_of_a_package_are_those_on_its_list_that_exist(tmp_path):
    put(tmp_path, "/var/lib/dpkg/info/libc6:amd64.list", "/.\n/lib/libc.so.6\n/gone\n", 0o644)
    put(tmp_path, "/var/lib/dpkg/info/libc6:amd64.md5sums", "0  lib/libc.so.6\n", 0o644)
    put(tmp_path, "/lib/apk/db/installed", ALPINE_FILES, 0o644)
    for path in ("/usr/lib/libc.so.6", "/lib/ld-musl.so.1", "/usr/lib/libc.so"):
        put(tmp_path, path, "")
    fs = FolderFS(tmp_path)
    paths = ["/" + p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")]
    owners = records.Owners(fs, [fs.stat(path) for path in paths])
    assert owners.files_of("libc6") == ("/usr/lib/libc.so.6",), "made before /usr was merged"
    assert owners.files_of("musl") == ("/lib/ld-musl.so.1", "/usr/lib/libc.so")
    assert owners.files_of("empty") == owners.files_of("unknown") == ()


def test_dependencies_are_names_without_versions(tmp_path):
    status = (
        "Package: gcc\nVersion: 1\nPre-Depends: a (>= 2)\nDepends: b:any | c, d [amd64]\n"
        "Provides: c-compiler (= 1)\n"
    )
    put(tmp_path, "/var/lib/dpkg/status", status.replace(" [amd64]", ""), 0o644)
    (told,) = found(tmp_path)
    assert told.needs == ("a", "b", "c", "d") and told.provides == ("c-compiler",)


def test_the_text_says_how_many_there_are_and_what_none_means(tmp_path):
    assert "no package is recorded here" in text.of(records.Packages())
    put(tmp_path, "/var/lib/dpkg/status", STATUS.replace("libc6", "<b>libc6"), 0o644)
    shown = text.of(found(tmp_path))
    assert "recorded by dpkg  1" in shown and "2.41-12" in shown and "gone" not in shown
    assert "&lt;b&gt;libc6" in html.of(found(tmp_path))
