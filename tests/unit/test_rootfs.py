"""A folder read as an image: links stay inside the root, and loops end."""

import os

import pytest

from helpers.files.filesystem import FolderFS


@pytest.fixture
def fs(tmp_path):
    root = tmp_path / "root"
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/tool").write_bytes(b"0123456789")
    (root / "usr/bin/tool").chmod(0o755)
    (tmp_path / "secret").write_text("outside")
    links = {
        "bin": "usr/bin",
        "abs": "/usr/bin/tool",
        "up": "../../../../secret",
        "abs-up": "/../../usr",
        "dangling": "/nowhere",
        "self": "self",
        "a": "b",
        "b": "a",
        "usr/back": "..",
        "usr/root": "/usr",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    for n in range(45):
        (root / f"chain{n}").symlink_to(f"chain{n + 1}")
    (root / "chain45").write_text("end")
    return FolderFS(root)


@pytest.mark.parametrize(
    ("path", "real"),
    [
        ("/", "/"),
        ("", "/"),
        ("/usr/bin/tool", "/usr/bin/tool"),
        ("/bin/tool", "/usr/bin/tool"),
        ("/abs", "/usr/bin/tool"),
        ("//usr/./bin//tool", "/usr/bin/tool"),
        ("/bin/../bin/tool", "/usr/bin/tool"),
        ("/bin/..", "/usr"),
        ("/../../usr", "/usr"),
        ("/usr/back/usr/back/bin", "/usr/bin"),
        ("/abs-up/bin", "/usr/bin"),
        ("/usr/root/bin", "/usr/bin"),
        ("/up", None),
        ("/dangling", None),
        ("/self", None),
        ("/a", None),
        ("/a/x", None),
        ("/chain0", None),
        ("/chain6", "/chain45"),
        ("/nothing", None),
        ("/usr/bin/tool/x", None),
        ("/usr/bin/tool/..", None),
        ("/a\0b", None),
    ],
)
def test_resolve_follows_links_inside_the_root(fs, path, real):
    assert fs.resolve(path) == real
    assert fs.exists(path) == (real is not None)


def test_stat_shows_a_link_itself_and_follows_links_in_its_folders(fs):
    assert fs.stat("/bin").kind == "symlink"
    assert fs.stat("/bin").target == "usr/bin"
    assert fs.stat("/bin/").kind == "symlink"
    tool = fs.stat("/bin/tool")
    assert (tool.path, tool.kind, tool.size, tool.mode) == ("/usr/bin/tool", "file", 10, 0o755)
    assert (tool.uid, tool.gid) == (os.getuid(), os.getgid())
    assert fs.stat("/").kind == fs.stat("/usr/bin").kind == "directory"
    assert fs.stat("/dangling").target == "/nowhere"
    assert fs.stat("/bin/..").path == "/usr"
    for path in ("/nothing", "/self/x", "/usr/bin/tool/x", "/nothing/x"):
        assert fs.stat(path) is None


def test_read_follows_links_and_gives_no_bytes_for_anything_but_files(fs):
    assert fs.read("/abs") == b"0123456789"
    assert fs.read("/bin/tool", 4) == b"0123"
    assert fs.read("/bin/tool", 0) == b""
    for path in ("/usr", "/nothing", "/self", "/up", "/dangling"):
        assert fs.read(path) == b""


def test_a_pipe_counts_as_a_device_and_is_not_read(fs, tmp_path):
    os.mkfifo(tmp_path / "root/pipe")
    assert fs.stat("/pipe").kind == "device"
    assert fs.read("/pipe") == b""


def test_find_goes_by_base_name_and_follows_no_links(fs):
    assert [f.path for f in fs.find("tool")] == ["/usr/bin/tool"]
    assert [f.kind for f in fs.find("bin")] in (["symlink", "directory"], ["directory", "symlink"])
    assert fs.find("nothing") == []


def test_a_name_that_is_not_utf_8_is_found(fs, tmp_path):
    (tmp_path / "root/\udcff").write_bytes(b"x")
    assert fs.read("/\udcff") == b"x"
    assert [f.path for f in fs.find("\udcff")] == ["/\udcff"]
