"""The build context has what Docker's own client would send, and no file is held in memory."""

import io
import os
import socket
import tarfile
import tempfile
import tracemalloc
from pathlib import Path

import pytest

from helpers.build.context import DOCKERFILE, Context
from helpers.core.errors import LabError
from helpers.dockerfile import ignore as dockerignore

TREE = ["a.txt", "src/a.txt", "src/deep/b.log", "docs/README.md", "docs/x.md", "xsrc", ".env"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in TREE:
        file = tmp_path / "context" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    return tmp_path / "context"


def sent(folder: Path) -> set[str]:
    """The files that are sent."""
    return {path for path, _ in Context.of(folder).entries() if (folder / path).is_file()}


def opened(context: Context, dockerfile: str = "FROM scratch\n", below: str = ""):
    packed = b"".join(context.tar(dockerfile, below))
    return tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz")


@pytest.mark.parametrize(
    ("lines", "out"),
    [
        ([], set()),
        (["a.txt"], {"a.txt"}),  # a name without a slash is at the root alone
        (["/a.txt"], {"a.txt"}),
        (["**/a.txt"], {"a.txt", "src/a.txt"}),
        (["**a.txt"], {"a.txt", "src/a.txt"}),
        (["*/a.txt"], {"src/a.txt"}),
        (["src"], {"src/a.txt", "src/deep/b.log"}),
        (["src/"], {"src/a.txt", "src/deep/b.log"}),
        (["./src/../src"], {"src/a.txt", "src/deep/b.log"}),
        (["src/*"], {"src/a.txt", "src/deep/b.log"}),
        (["src/**"], {"src/a.txt", "src/deep/b.log"}),
        (["*.log"], set()),
        (["**/*.log"], {"src/deep/b.log"}),
        (["?src"], {"xsrc"}),
        (["[w-y]src"], {"xsrc"}),
        (["[^w-y]src"], set()),
        (["docs", "!docs/README.md"], {"docs/x.md"}),
        (["!docs/README.md", "docs"], {"docs/README.md", "docs/x.md"}),  # the last one decides
        (["**/*.md", "!**/README.md", "docs/R*"], {"docs/x.md", "docs/README.md"}),
        (["**", "!src/deep"], set(TREE) - {"src/deep/b.log"}),
        (["# a.txt", "#a.txt"], set()),
        ([" # a.txt"], set()),  # a pattern, which matches nothing here
        (["", "  a.txt  "], {"a.txt"}),
        ([".", "/", ".."], set()),
        (["\\a.txt"], {"a.txt"}),
        (["\ufeffa.txt"], {"a.txt"}),
        ([".*"], {".env"}),
    ],
)
def test_patterns_exclude_what_docker_excludes(folder: Path, lines: list[str], out: set[str]):
    (folder / ".dockerignore").write_text("\n".join(lines))
    assert sent(folder) & set(TREE) == set(TREE) - out


def test_a_match_that_changed_nothing_is_forgotten(folder: Path):
    # the last pattern is not asked at `src`, which the first has left out already
    (folder / ".dockerignore").write_text("**/src\n!src/a.txt\n/src")
    assert "src/a.txt" in sent(folder)
    assert "src/deep/b.log" not in sent(folder)


def test_directories_of_files_that_are_included_again_are_sent_and_so_are_empty_ones(folder: Path):
    (folder / "empty").mkdir()
    (folder / ".dockerignore").write_text("src\n!src/deep/b.log")
    paths = [path for path, _ in Context.of(folder).entries()]
    assert paths[paths.index("src") :] == ["src", "src/deep", "src/deep/b.log", "xsrc"]
    assert "empty" in paths


def test_an_excluded_directory_is_not_read_unless_something_in_it_may_be_included(folder: Path):
    ignore = dockerignore.read(_write(folder / "ignore", "node_modules\n!src/a.txt\n!*/keep"))
    assert ignore.may_bring_back("src")
    assert not dockerignore.read(_write(folder / "ignore", "x\n!src/a")).may_bring_back("lib")
    assert ignore.may_bring_back("node_modules")


def test_the_dockerfiles_own_ignore_file_wins(folder: Path, tmp_path: Path):
    (folder / ".dockerignore").write_text("a.txt")
    (tmp_path / "web.Dockerfile.dockerignore").write_text("xsrc")
    context = Context.of(folder, tmp_path / "web.Dockerfile")
    assert {"a.txt", "xsrc"} & {path for path, _ in context.entries()} == {"a.txt"}


@pytest.mark.parametrize("line", ["!", "a[", "[]", "a\\"])
def test_the_error_for_a_bad_pattern_names_its_line(folder: Path, line: str):
    (folder / ".dockerignore").write_text(f"a.txt\n{line}\n")
    with pytest.raises(LabError, match=r"Line 2 of .*\.dockerignore' is no pattern"):
        Context.of(folder)


def test_the_tar_has_the_modes_links_and_times_of_the_files(folder: Path):
    (folder / "run").write_text("#!/bin/sh")
    (folder / "run").chmod(0o4751)
    os.utime(folder / "run", (1_000_000, 1_000_000.7))
    (folder / "link").symlink_to("../outside")
    os.link(folder / "run", folder / "same")
    with socket.socket(socket.AF_UNIX) as listening:
        os.chdir(folder)  # a socket's path has to be short
        listening.bind("socket")
        with opened(Context.of(folder)) as tar:
            members = {member.name: member for member in tar}
    assert "socket" not in members
    run = members["run"]
    assert (run.mode, run.mtime, run.uid, run.gid, run.uname) == (0o4751, 1_000_000, 0, 0, "")
    assert (members["link"].issym(), members["link"].linkname) == (True, "../outside")
    assert (members["same"].islnk(), members["same"].linkname) == (True, "run")
    assert members["src"].isdir()


def test_the_dockerfile_gets_a_name_that_is_free(folder: Path):
    (folder / DOCKERFILE).write_text("somebody's own")
    context = Context.of(folder)
    with opened(context, "FROM scratch\n") as tar:
        assert tar.extractfile(DOCKERFILE).read() == b"somebody's own"
        assert tar.extractfile(context.tar("").dockerfile).read() == b"FROM scratch\n"
    with opened(context, "FROM scratch\n", ".below") as tar:
        assert tar.extractfile(DOCKERFILE).read() == b"FROM scratch\n"
        assert tar.extractfile(f".below/{DOCKERFILE}").read() == b"somebody's own"


def test_size_and_files_do_not_count_the_dockerfile(folder: Path):
    (folder / "link").symlink_to("a.txt")
    tar = Context.of(folder).tar("FROM scratch\n")
    assert b"".join(tar)
    assert (tar.size, tar.files) == (sum(map(len, TREE)), len(TREE))


def test_files_with_odd_names_are_sent(folder: Path):
    odd = [b"\xff\xfe", "é" * 120, "a" * 200, "new\nline"]
    for name in odd:
        (folder / os.fsdecode(name)).write_text("x")
    with opened(Context.of(folder)) as tar:
        assert {os.fsdecode(name) for name in odd} <= set(tar.getnames())


def test_no_file_is_held_in_memory(folder: Path):
    with (folder / "big").open("wb") as file:
        file.truncate(200_000_000)
    tar = Context.of(folder).tar("FROM scratch\n")
    tracemalloc.start()
    total = sum(len(piece) for piece in tar)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 200_000_000
    assert peak < 10_000_000


def test_a_file_that_changes_meanwhile_does_not_damage_the_tar(folder: Path):
    (folder / "b").write_bytes(b"x" * 3_000_000)
    pieces = iter(Context.of(folder).tar("FROM scratch\n"))
    packed = [next(pieces) for _ in range(2)]
    (folder / "b").write_bytes(b"y")
    with tarfile.open(fileobj=io.BytesIO(b"".join([*packed, *pieces])), mode="r:gz") as tar:
        assert tar.getmember("b").size == 3_000_000
        assert tar.getmember("xsrc")


@pytest.mark.parametrize(
    ("path", "words"),
    [("nowhere", "There is no folder"), ("context/a.txt", "is a file, and a build's context is")],
)
def test_a_context_that_is_no_folder_is_an_error_of_one_sentence(
    folder: Path, tmp_path: Path, path: str, words: str
):
    with pytest.raises(LabError, match=words) as told:
        Context.of(tmp_path / path)
    assert "\n" not in str(told.value)


def test_the_error_for_an_unreadable_file_names_it():
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        _refuses(folder)


def _refuses(folder: Path):
    (folder / "secret").write_text("x")
    (folder / "secret").chmod(0)
    (folder / "closed").mkdir(mode=0)
    with _nobody(), pytest.raises(LabError, match=r"closed'.* can't be read .*Permission denied"):
        b"".join(Context.of(folder).tar(""))
    (folder / "closed").rmdir()
    with _nobody(), pytest.raises(LabError, match=r"secret' .*can't be read"):
        b"".join(Context.of(folder).tar(""))
    folder.chmod(0)
    with _nobody(), pytest.raises(LabError, match="can't be read"):
        Context.of(folder)
    folder.chmod(0o755)


@pytest.mark.parametrize(
    ("source", "state"),
    [
        ("a.txt", "sent"),
        ("./src/", "sent"),
        ("/src/a.txt", "sent"),
        ("../a.txt", "sent"),  # there is nothing above the context
        (".", "sent"),
        ("*.txt", "sent"),
        ("nope", "missing"),
        ("*.c", "missing"),
        ("docs/x.md", "ignored"),
        ("docs/*.md", "ignored"),
    ],
)
def test_a_source_of_copy_is_sent_ignored_or_missing(folder: Path, source: str, state: str):
    (folder / ".dockerignore").write_text("docs\n")
    assert Context.of(folder).state(source) == state


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


class _nobody:
    """Acts as a user without rights; root reads everything."""

    def __enter__(self):
        self._was = os.geteuid()
        if self._was == 0:
            os.seteuid(65534)

    def __exit__(self, *exception):
        os.seteuid(self._was)
