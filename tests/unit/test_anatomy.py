"""What binaries consist of, read from small hand-made ELF files in folders."""

import pytest

from helpers.core.errors import LabError
from helpers.elf.anatomy import MOST_SECTIONS, Library, Section, anatomy, sections
from helpers.files.filesystem import FolderFS
from helpers.view import html, text
from tests.unit.elves import GLIBC, GLIBC_TEXT, MUSL, MUSL_TEXT, elf, link, put

LOADER = Library(1, GLIBC, "loader", GLIBC)


@pytest.fixture
def root(tmp_path):
    """An image with glibc's loader and C library."""
    put(tmp_path, GLIBC, elf(soname="ld-glibc.so.2", text=GLIBC_TEXT))
    put(tmp_path, "/lib/multi/libc.so.6", elf(soname="libc.so.6", needed=["ld-glibc.so.2"]))
    return tmp_path


def library(root, name, *needed, folder="/lib", **facts):
    put(root, f"{folder}/{name}", elf(soname=name, needed=needed, **facts))


def tree(root, path="/app", **given):
    return anatomy(FolderFS(root), path, **given).libraries


def drawn(root, path="/app"):
    """The tree as text, without its caption and the sections."""
    lines = text.of(anatomy(FolderFS(root), path)).splitlines()
    start = lines.index("needs, and what that needs")
    return lines[start + 1 : lines.index("the file by section")]


def test_a_static_program_needs_nothing(tmp_path):
    put(tmp_path, "/app", elf(kind=2))
    found = anatomy(FolderFS(tmp_path), "/app")
    assert (found.linkage.static, found.libraries) == (True, ())
    assert "needs" not in text.of(found)


def test_the_tree_says_what_needs_what_and_where_it_is(root):
    put(root, "/app", elf(interpreter=GLIBC, needed=["libone.so", "libc.so.6"]))
    library(root, "libone.so", "libtwo.so", "libc.so.6")
    library(root, "libtwo.so", "libone.so", "libgone.so", folder="/lib/multi")
    assert tree(root) == (
        LOADER,
        Library(1, "libone.so", "found", "/lib/libone.so"),
        Library(2, "libtwo.so", "found", "/lib/multi/libtwo.so"),
        Library(3, "libone.so", "again", "/lib/libone.so"),
        Library(3, "libgone.so", "missing"),
        Library(2, "libc.so.6", "found", "/lib/multi/libc.so.6"),
        Library(3, "ld-glibc.so.2", "loader", GLIBC),
        Library(1, "libc.so.6", "again", "/lib/multi/libc.so.6"),
    )
    assert drawn(root) == [
        "/app",
        "├ /lib64/ld-glibc.so.2  the loader",
        "├ libone.so  /lib/libone.so",
        "│ ├ libtwo.so  /lib/multi/libtwo.so",
        "│ │ ├ libone.so  shown above",
        "│ │ └ ✗ libgone.so  missing",
        "│ └ libc.so.6  /lib/multi/libc.so.6",
        "│   └ ld-glibc.so.2  the loader",
        "└ libc.so.6  shown above",
    ]


def test_the_html_list_is_nested_like_the_text(root):
    put(root, "/app", elf(interpreter=GLIBC, needed=["libone.so", "libtwo.so"]))
    library(root, "libone.so", "libtwo.so")
    markup = html.of(anatomy(FolderFS(root), "/app"))
    flat = "".join(markup[markup.index("<ul>") : markup.rindex("</ul>") + 5].split("\n"))
    bad = '<span style="color:#fff;background-color:#b42318;padding:0 4px">✗</span>'
    assert flat == (
        "<ul><li><code>/app</code><ul>"
        "<li><code>/lib64/ld-glibc.so.2</code> the loader</li>"
        "<li><code>libone.so</code> /lib/libone.so<ul>"
        f"<li>{bad} <code>libtwo.so</code> missing</li></ul></li>"
        f"<li>{bad} <code>libtwo.so</code> missing</li></ul></li></ul>"
    )


def test_a_missing_loader_is_marked_wherever_it_is_needed(tmp_path):
    put(tmp_path, "/app", elf(interpreter=GLIBC, needed=["libc.so.6"]))
    library(tmp_path, "libc.so.6", "ld-glibc.so.2")
    assert tree(tmp_path) == (
        Library(1, GLIBC, "missing"),
        Library(1, "libc.so.6", "found", "/lib/libc.so.6"),
        Library(2, "ld-glibc.so.2", "missing"),
    )


def test_an_unusable_file_is_named(root):
    put(root, "/app", elf(interpreter=GLIBC, needed=["libone.so", "libtwo.so"]))
    library(root, "libone.so", machine="arm64")
    put(root, "/lib/libtwo.so", "version https://git-lfs.github.com/spec/v1\n")
    assert drawn(root)[2:] == [
        "├ ✗ libone.so  missing: /lib/libone.so is for arm64",
        "└ ✗ libtwo.so  missing: /lib/libtwo.so is no library",
    ]


def test_a_library_that_is_too_old_is_marked_only_where_more_is_needed(root):
    wants = {"libone.so": ["ONE_1", "ONE_2"]}
    put(root, "/app", elf(interpreter=GLIBC, needed=["libone.so", "libtwo.so"], wants=wants))
    library(root, "libone.so", has=["ONE_1"])
    library(root, "libtwo.so", "libone.so")
    assert drawn(root)[2:] == [
        "├ ✗ libone.so  too old, lacks ONE_2: /lib/libone.so",
        "└ libtwo.so  /lib/libtwo.so",
        "  └ libone.so  shown above",
    ]


def test_an_unknown_place_is_called_unknown(root):
    put(root, "/app", elf(interpreter=GLIBC, needed=["libone.so"], runpath="/srv/$PLATFORM"))
    assert drawn(root)[-1] == "└ libone.so  where it is can't be told from here"


def test_musl_is_its_own_loader(tmp_path):
    put(tmp_path, MUSL, elf(text=MUSL_TEXT))
    put(tmp_path, "/app", elf(interpreter=MUSL, needed=["libc.so"]))
    assert tree(tmp_path) == (
        Library(1, MUSL, "loader", MUSL),
        Library(1, "libc.so", "loader", MUSL),
    )


def test_ld_library_path_is_searched(root):
    put(root, "/app", elf(interpreter=GLIBC, needed=["libone.so"]))
    library(root, "libone.so", folder="/srv")
    assert tree(root)[1].state == "missing"
    assert tree(root, env={"LD_LIBRARY_PATH": "/srv"})[1].path == "/srv/libone.so"


def test_links_are_followed(root):
    put(root, "/srv/app-1", elf(interpreter=GLIBC, needed=["libc.so.6"]))
    link(root, "/app", "srv/app-1")
    found = anatomy(FolderFS(root), "/app")
    assert found.path == "/srv/app-1" and found.libraries[1].state == "found"


@pytest.mark.parametrize("machine", ["amd64", "s390x"])
def test_sections_and_the_rest_add_up_to_the_file(tmp_path, machine):
    named = {".text": b"t" * 500, ".data": b"d" * 20, ".rodata": b"r" * 500, ".none": b""}
    put(tmp_path, "/app", elf(machine, kind=2, sections=named, unwritten=10**9))
    found = anatomy(FolderFS(tmp_path), "/app")
    assert found.sections == (
        Section(".rodata", 500),
        Section(".text", 500),
        Section(".shstrtab", len("\0.text\0.data\0.rodata\0.none\0.bss\0.shstrtab\0")),
        Section(".data", 20),
    )
    assert found.size == (tmp_path / "app").stat().st_size
    assert found.rest == found.size - sum(section.size for section in found.sections)
    assert found.rest == 64 + 56 + 7 * 64 + 2  # headers, two strings, and the tables


def test_a_file_without_sections_is_all_rest(tmp_path):
    put(tmp_path, "/app", elf(kind=2, text=b"x" * 100))
    found = anatomy(FolderFS(tmp_path), "/app")
    assert (found.sections, found.rest) == ((), found.size)
    assert text.of(found).endswith("100 %  all of it: no sections are listed")


def test_the_smallest_of_many_sections_share_a_row(tmp_path):
    many = {f".s{n:02}": b"x" * (100 - n) for n in range(20)}
    put(tmp_path, "/app", elf(kind=2, sections=many))
    lines = text.of(anatomy(FolderFS(tmp_path), "/app")).splitlines()
    assert lines[-2].endswith("9 more") and lines[-1].endswith("headers, and gaps between sections")


WHOLE = elf(kind=2, sections={".a": b"a" * 40, ".b": b"b" * 40})


def test_a_truncated_or_damaged_file_never_has_more_section_bytes_than_bytes():
    for end in range(len(WHOLE)):
        assert sum(section.size for section in sections(WHOLE[:end])) <= end
    for at in range(len(WHOLE)):
        for byte in (b"\0", b"\xff"):
            data = WHOLE[:at] + byte + WHOLE[at + 1 :]
            assert sum(section.size for section in sections(data)) <= len(data)


def test_an_enormous_table_of_sections_is_not_read():
    data = elf(kind=2, sections={f"{n}": b"x" for n in range(MOST_SECTIONS)})
    assert sections(data) == ()


def test_bytes_in_two_sections_count_once():
    at = int.from_bytes(WHOLE[40:48], "little")
    first, second = at + 64 + 24, at + 128 + 24  # the place in the file, and behind it the size
    data = bytearray(WHOLE)
    data[second : second + 16] = data[first : first + 8] + (60).to_bytes(8, "little")
    found = {section.name: section.size for section in sections(bytes(data))}
    assert (found[".a"], found[".b"]) == (40, 20)


def test_the_display_of_a_thousand_libraries_is_cut(root):
    put(root, "/app", elf(interpreter=GLIBC, needed=["lib0.so"]))
    for n in range(1100):
        library(root, f"lib{n}.so", f"lib{n + 1}.so")
    found = anatomy(FolderFS(root), "/app")
    assert len(found.libraries) == 1102 and found.libraries[-1].state == "missing"
    assert "… and 1,071 more" in text.of(found) and "and 1,071 more" in html.of(found)


@pytest.mark.parametrize("content", ["#!/bin/sh\n", elf()[:80]])
def test_other_files_raise_an_error_with_their_path(tmp_path, content):
    put(tmp_path, "/app", content)
    with pytest.raises(LabError, match="/app"):
        anatomy(FolderFS(tmp_path), "/app")
