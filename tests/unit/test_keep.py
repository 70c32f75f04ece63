"""The files that the django-site sample keeps, by a trace of system calls."""

import subprocess
import sys

from helpers.core import names

KEEP = names.SAMPLES / "django-site" / "keep.py"


def kept(folder, *lines):
    """The paths that are kept for lines of strace, relative to the folder if they are in it."""
    trace = folder / "trace"
    trace.write_text("".join(f"{line}\n" for line in lines))
    command = [sys.executable, KEEP, trace]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return [
        line.removeprefix(f"{folder}/")
        for line in said.splitlines()
        if line.startswith((f"{folder}/", "/proc", "/etc/"))
    ]


def test_a_file_is_kept_with_the_folders_above_it(tmp_path):
    root = tmp_path.resolve()
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "file").touch()
    line = f'17    openat(AT_FDCWD</app>, "{root}/a/b/file", O_RDONLY) = 3<{root}/a/b/file>'
    assert kept(root, line) == ["a", "a/b", "a/b/file"]


def test_links_are_kept_with_their_targets(tmp_path):
    root = tmp_path.resolve()
    (root / "usr" / "lib").mkdir(parents=True)
    (root / "usr" / "lib" / "lib.so.1.2").touch()
    (root / "usr" / "lib" / "lib.so.1").symlink_to("lib.so.1.2")
    (root / "lib").symlink_to("usr/lib")
    line = f'17    readlink("{root}/lib/lib.so.1", "lib.so.1.2", 4096) = 10'
    assert kept(root, line) == ["lib", "usr", "usr/lib", "usr/lib/lib.so.1", "usr/lib/lib.so.1.2"]


def test_a_relative_path_belongs_to_the_folder_of_its_call(tmp_path):
    root = tmp_path.resolve()
    (root / "app").mkdir()
    (root / "app" / "page").touch()
    (root / "app" / "other").touch()
    assert kept(root, f'17 stat(AT_FDCWD<{root}/app>, "page", 0x1) = 0') == ["app", "app/page"]
    assert kept(root, '17 access("app/other", R_OK) = 0') == ["app", "app/other"]
    assert kept(root, f'17 open("{root}/app/../app/./page", 0) = 3') == ["app", "app/page"]


def test_the_folder_of_a_removed_file_is_kept(tmp_path):
    root = tmp_path.resolve()
    (root / "tmp").mkdir()
    assert kept(root, f'17 openat(AT_FDCWD</>, "{root}/tmp/gone", 0) = 3') == ["tmp"]


def test_lines_may_be_paths_and_the_engines_own_files_are_left_out(tmp_path):
    root = tmp_path.resolve()
    (root / "file").touch()
    lines = [f"{root}/file", "/proc/self/status", "/etc/hosts", "17 +++ exited with 0 +++"]
    assert kept(root, *lines) == ["file"]
