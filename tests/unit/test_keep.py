"""The list that the django-site sample keeps of a trace."""

import subprocess
import sys

from helpers.core import names

KEEP = names.SAMPLES / "django-site" / "keep.py"


def kept(folder, *lines):
    """What is kept below a folder for lines of strace or paths, as paths relative to it."""
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


def test_links_are_kept_and_what_they_lead_to(tmp_path):
    root = tmp_path.resolve()
    (root / "usr" / "lib").mkdir(parents=True)
    (root / "usr" / "lib" / "lib.so.1.2").touch()
    (root / "usr" / "lib" / "lib.so.1").symlink_to("lib.so.1.2")
    (root / "lib").symlink_to("usr/lib")
    line = f'17    readlink("{root}/lib/lib.so.1", "lib.so.1.2", 4096) = 10'
    assert kept(root, line) == ["lib", "usr", "usr/lib", "usr/lib/lib.so.1", "usr/lib/lib.so.1.2"]


def test_a_path_begins_where_the_call_began(tmp_path):
    root = tmp_path.resolve()
    (root / "app").mkdir()
    (root / "app" / "page").touch()
    (root / "app" / "other").touch()
    assert kept(root, f'17 stat(AT_FDCWD<{root}/app>, "page", 0x1) = 0') == ["app", "app/page"]
    assert kept(root, '17 access("app/other", R_OK) = 0') == ["app", "app/other"]
    assert kept(root, f'17 open("{root}/app/../app/./page", 0) = 3') == ["app", "app/page"]


def test_a_file_that_is_gone_leaves_its_folder(tmp_path):
    root = tmp_path.resolve()
    (root / "tmp").mkdir()
    assert kept(root, f'17 openat(AT_FDCWD</>, "{root}/tmp/gone", 0) = 3') == ["tmp"]


def test_paths_are_taken_as_they_are_and_the_engines_own_are_left_out(tmp_path):
    root = tmp_path.resolve()
    (root / "file").touch()
    lines = [f"{root}/file", "/proc/self/status", "/etc/hosts", "17 +++ exited with 0 +++"]
    assert kept(root, *lines) == ["file"]
