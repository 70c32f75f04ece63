"""What binaries need, read from small hand-made ELF files in folders that stand for images."""

import subprocess
import sys

import pytest

from helpers.core.errors import LabError
from helpers.elf import linkage
from helpers.elf.header import HEAD, header, read_header
from helpers.files.filesystem import FolderFS
from tests.unit.elves import GLIBC, GLIBC_TEXT, MUSL, MUSL_TEXT, PIE, elf, index, link, put


@pytest.fixture
def glibc(tmp_path):
    """An image with glibc's loader and C library."""
    put(tmp_path, GLIBC, elf(soname="ld-glibc.so.2", text=GLIBC_TEXT))
    put(tmp_path, "/lib/multi/libc.so.6", elf(soname="libc.so.6", needed=["ld-glibc.so.2"]))
    return tmp_path


@pytest.fixture
def musl(tmp_path):
    """An image with musl."""
    put(tmp_path, MUSL, elf(text=MUSL_TEXT))
    return tmp_path


def program(**facts):
    """A program for glibc that needs libone.so."""
    return elf(**{"interpreter": GLIBC, "needed": ["libone.so"], **facts})


def missing(root, path="/app", **given):
    return linkage(FolderFS(root), path, **given).missing


@pytest.mark.parametrize(
    ("data", "static"),
    [
        (elf(kind=2), True),
        (elf(kind=3), True),
        (elf(kind=3, flags=PIE, soname="x"), True),
        (elf(interpreter=GLIBC), False),
        (elf(needed=["libc.so.6"]), False),
        (elf(soname="libone.so"), False),
    ],
)
def test_a_file_is_static_if_it_needs_no_other(data, static):
    assert header(data).static is static


@pytest.mark.parametrize("machine", ["amd64", "arm64", "riscv64", "s390x"])
def test_machine_libc_and_interpreter_are_read(machine, tmp_path):
    put(tmp_path, "/app", elf(machine, interpreter="/lib/ld-linux.so.9", needed=["libc.so.6"]))
    found = linkage(FolderFS(tmp_path), "/app")
    assert (found.machine, found.libc) == (machine, "glibc")
    assert found.interpreter == "/lib/ld-linux.so.9"
    assert found.needed == ("libc.so.6",)
    assert found.missing == ("/lib/ld-linux.so.9", "libc.so.6")


def test_the_machine_depends_on_the_width_of_addresses_too():
    assert header(elf("386")).machine == "386-64-bit"  # there is none


def test_the_c_library_is_known_by_its_loader_or_soname():
    assert header(elf(interpreter="/lib/ld-musl-x86_64.so.1")).libc == "musl"
    assert header(elf(needed=["libc.musl-aarch64.so.1"])).libc == "musl"
    assert header(elf(interpreter="/lib64/ld-linux-x86-64.so.2")).libc == "glibc"
    assert header(elf()).libc is None


def test_a_go_program_is_known_by_its_note():
    assert header(elf(go=True)).go
    assert not header(elf()).go


def test_other_files_raise_an_error_with_their_path(tmp_path):
    put(tmp_path, "/script", "#!/bin/sh\n")
    put(tmp_path, "/cut", program()[:100])
    (tmp_path / "folder").mkdir()
    for path in ("/script", "/cut", "/folder", "/nowhere"):
        with pytest.raises(LabError, match=path):
            linkage(FolderFS(tmp_path), path)


def test_a_file_that_is_truncated_anywhere_is_read_or_refused():
    data = program(wants={"libone.so": ["ONE_1"]}, has=["APP_1"], soname="app", runpath="$ORIGIN")
    for end in range(len(data)):
        try:
            header(data[:end])
        except LabError:
            continue


def test_only_the_beginning_of_a_big_file_is_read(tmp_path):
    read = []

    class Counting(FolderFS):
        def read(self, path, limit=None):
            data = super().read(path, limit)
            read.append(len(data))
            return data

    big = elf(kind=2, text=bytes(50 * HEAD))
    put(tmp_path, "/static", big)
    assert read_header(Counting(tmp_path), "/static").static
    assert read == [HEAD]

    put(tmp_path, "/dynamic", program(text=bytes(50 * HEAD)))  # its dynamic segment is at the end
    assert read_header(Counting(tmp_path), "/dynamic").needed == ("libone.so",)
    assert len(read) == 3

    put(tmp_path, "/patched", program(gap=50 * HEAD))  # only its strings are
    assert read_header(Counting(tmp_path), "/patched").needed == ("libone.so",)
    assert len(read) == 5


def test_links_are_followed(glibc):
    put(glibc, "/srv/app-1.0", program(needed=[]))
    link(glibc, "/app", "srv/app-1.0")
    assert missing(glibc) == ()


def test_a_static_program_misses_nothing(tmp_path):
    put(tmp_path, "/app", elf(kind=2))
    assert missing(tmp_path) == ()


@pytest.mark.parametrize("folder", ["/lib/multi", "/usr/lib/multi", "/lib", "/usr/lib"])
def test_the_loaders_built_in_folders_are_searched(glibc, folder):
    put(glibc, "/app", program())
    assert missing(glibc) == ("libone.so",)
    put(glibc, f"{folder}/libone.so", elf(soname="libone.so"))
    assert missing(glibc) == ()


def test_other_folders_are_searched_only_through_the_cache(glibc):
    put(glibc, "/app", program())
    put(glibc, "/usr/local/lib/libone.so", elf(soname="libone.so"))
    put(glibc, "/etc/ld.so.conf", "/usr/local/lib\n")
    assert missing(glibc) == ("libone.so",)
    put(glibc, "/etc/ld.so.cache", index({"libone.so": "/usr/local/lib/libone.so"}))
    assert missing(glibc) == ()


def test_a_stale_or_damaged_cache_hides_no_library(glibc):
    put(glibc, "/app", program())
    put(glibc, "/lib/libone.so", elf(soname="libone.so"))
    put(glibc, "/etc/ld.so.cache", index({"libone.so": "/gone/libone.so"}))
    assert missing(glibc) == ()
    put(glibc, "/etc/ld.so.cache", b"glibc-ld.so.cache1.1\xff\xff\xff\xff")
    assert missing(glibc) == ()


def test_ld_library_path_is_searched(glibc):
    put(glibc, "/app", program())
    put(glibc, "/srv/libone.so", elf(soname="libone.so"))
    assert missing(glibc, env={"LD_LIBRARY_PATH": "/none:/srv"}) == ()
    assert missing(glibc, env={"LD_LIBRARY_PATH": ":/none"}, workdir="/srv") == ()
    assert missing(glibc, env={"LD_LIBRARY_PATH": "/none"}) == ("libone.so",)


@pytest.mark.parametrize("origin", ["$ORIGIN/../lib", "${ORIGIN}/../lib", "/none:/srv/lib"])
def test_runpath_is_searched(glibc, origin):
    put(glibc, "/srv/bin/app", program(runpath=origin))
    link(glibc, "/usr/bin/app", "/srv/bin/app")
    put(glibc, "/srv/lib/libone.so", elf(soname="libone.so"))
    assert missing(glibc, "/usr/bin/app") == ()


def test_rpath_applies_to_libraries_of_libraries_and_runpath_does_not(glibc):
    put(glibc, "/srv/libone.so", elf(soname="libone.so", needed=["libtwo.so"]))
    put(glibc, "/srv/libtwo.so", elf(soname="libtwo.so"))
    put(glibc, "/app", program(rpath="/srv"))
    assert missing(glibc) == ()
    put(glibc, "/app", program(runpath="/srv"))
    assert missing(glibc) == ("libtwo.so",)
    put(glibc, "/app", program(rpath="/srv", runpath="/none"))
    assert missing(glibc) == ("libone.so",)


def test_runpath_switches_rpath_off(glibc):
    put(glibc, "/lib/libone.so", elf(soname="libone.so", needed=["libtwo.so"], runpath="/none"))
    put(glibc, "/srv/libtwo.so", elf(soname="libtwo.so"))
    put(glibc, "/app", program(rpath="/srv"))
    assert missing(glibc) == ("libtwo.so",)  # of the library: also the program's
    put(glibc, "/lib/libone.so", elf(soname="libone.so", needed=["libtwo.so"]))
    assert missing(glibc) == ()
    put(glibc, "/app", program(rpath="/srv", runpath="/none"))
    assert missing(glibc) == ("libtwo.so",)  # of the program: its own


def test_nothing_counts_as_missing_if_a_folder_is_unknown(glibc):
    put(glibc, "/app", program(runpath="/srv/$PLATFORM"))
    assert missing(glibc) == ()
    put(glibc, "/app", program(runpath="/srv/$LIB"))
    assert missing(glibc) == ("libone.so",)
    put(glibc, "/srv/lib/multi/libone.so", elf(soname="libone.so"))
    assert missing(glibc) == ()


def test_a_library_for_some_processors_does_not_count_as_missing(glibc):
    put(glibc, "/app", program())
    put(glibc, "/lib/multi/glibc-hwcaps/some-v3/libone.so", elf(soname="libone.so"))
    assert missing(glibc) == ()


def test_a_library_for_another_machine_is_skipped(glibc):
    put(glibc, "/app", program())
    put(glibc, "/lib/multi/libone.so", elf("arm64", soname="libone.so"))
    assert missing(glibc) == ("libone.so",)
    put(glibc, "/lib/libone.so", elf(soname="libone.so"))
    assert missing(glibc) == ()


def test_a_file_that_is_no_library_stops_the_loader(glibc):
    put(glibc, "/app", program())
    put(glibc, "/lib/multi/libone.so", "version https://git-lfs.github.com/spec/v1\n")
    put(glibc, "/lib/libone.so", elf(soname="libone.so"))
    assert missing(glibc) == ("libone.so",)


def test_libraries_of_libraries_are_searched_and_circles_end(glibc):
    put(glibc, "/app", program())
    put(glibc, "/lib/libone.so", elf(soname="libone.so", needed=["libtwo.so"]))
    put(glibc, "/lib/libtwo.so", elf(soname="libtwo.so", needed=["libone.so", "libthree.so"]))
    assert missing(glibc) == ("libthree.so",)


def test_a_library_may_be_needed_by_path(glibc):
    put(glibc, "/app", program(needed=["/srv/one.so", "./two.so"]))
    put(glibc, "/srv/one.so", elf(soname="one.so"))
    assert missing(glibc) == ("./two.so",)
    put(glibc, "/srv/two.so", elf(soname="two.so"))
    assert missing(glibc, workdir="/srv") == ()


def test_a_library_without_the_needed_symbol_version_is_missing(glibc):
    wants = {"libc.so.6": ["GLIBC_2.2", "GLIBC_2.34", "GLIBC_2.40"]}
    put(glibc, "/app", program(needed=["libc.so.6"], wants=wants, weak=["GLIBC_2.40"]))
    assert missing(glibc) == ()  # a library without versions is used with a warning
    old = elf(soname="libc.so.6", has=["libc.so.6", "GLIBC_2.2", "GLIBC_2.9", "GLIBC_2.30"])
    put(glibc, "/lib/multi/libc.so.6", old)
    assert missing(glibc) == ("libc.so.6 (GLIBC_2.34)",)
    put(glibc, "/lib/multi/libc.so.6", elf(soname="libc.so.6", has=["GLIBC_2.2", "GLIBC_2.34"]))
    assert missing(glibc) == ()


def test_musl_is_its_own_c_library_and_checks_no_versions(musl):
    wants = {"libone.so": ["ONE_2"]}
    put(musl, "/app", program(interpreter=MUSL, needed=["libc.so", "libone.so"], wants=wants))
    assert missing(musl) == ("libone.so",)  # libc.so is musl itself
    put(musl, "/usr/lib/libone.so", elf(soname="libone.so", has=["ONE_1"]))
    assert missing(musl) == ()  # no version is checked


def test_musls_path_file_replaces_its_built_in_folders(musl):
    put(musl, "/app", program(interpreter=MUSL))
    put(musl, "/lib/libone.so", elf(soname="libone.so"))
    assert missing(musl) == ()
    put(musl, "/etc/ld-musl-any.path", "/srv\n/opt")
    assert missing(musl) == ("libone.so",)
    put(musl, "/opt/libone.so", elf(soname="libone.so"))
    assert missing(musl) == ()


def test_musls_path_file_may_hold_any_bytes(musl):
    put(musl, "/app", program(interpreter=MUSL))
    put(musl, "/srv/libone.so", elf(soname="libone.so"))
    put(musl, "/etc/ld-musl-any.path", b"/\xff\n/srv")
    assert missing(musl) == ()


def test_in_musl_runpath_applies_to_libraries_of_libraries_too(musl):
    put(musl, "/app", program(interpreter=MUSL, runpath="/srv"))
    put(musl, "/srv/libone.so", elf(soname="libone.so", needed=["libtwo.so"]))
    put(musl, "/srv/libtwo.so", elf(soname="libtwo.so"))
    assert missing(musl) == ()


def test_without_a_loader_a_library_counts_as_found_anywhere(tmp_path):
    put(tmp_path, "/app", program(needed=["libone.so", "libtwo.so"]))
    put(tmp_path, "/anywhere/libone.so", elf(soname="libone.so"))
    assert missing(tmp_path) == (GLIBC, "libtwo.so")


def test_the_needs_of_a_library_are_searched_by_its_c_librarys_loader(glibc):
    put(glibc, "/lib/multi/libc.so.6", elf(soname="libc.so.6", interpreter=GLIBC))
    put(glibc, "/srv/libone.so", elf(soname="libone.so", needed=["libc.so.6", "libtwo.so"]))
    put(glibc, "/srv/libtwo.so", elf(soname="libtwo.so"))
    assert missing(glibc, "/srv/libone.so") == ("libtwo.so",)


def test_linkage_works_in_a_plain_prompt(tmp_path):
    """Without an engine, its SDK or a notebook."""
    put(tmp_path, "/app", elf(kind=2))
    typed = f"""
from helpers.elf import linkage
from helpers.files import FolderFS
print(linkage(FolderFS({str(tmp_path)!r}), "/app"))
import sys
print(sorted({{"docker", "IPython", "pandas", "requests"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", typed], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Linkage(static=True, interpreter=None")
    assert done.stdout.endswith("\n[]\n")
