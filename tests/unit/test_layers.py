"""Layers: every form in which engines send them, hostile archives, whiteouts, and what is kept."""

import gzip
import hashlib
import io
import json
import random
import tarfile
import threading

import pytest
import zstandard

from helpers.core import names
from helpers.files import layer_tar
from helpers.files.stack import Entry, File, stacked
from helpers.image import layers
from helpers.view import html


def member(name, data=b"", *, type=tarfile.REGTYPE, target="", mode=0o644, uid=0, pax=None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.uid, info.size = type, target, mode, uid, len(data)
    info.pax_headers = pax or {}
    return info, data


def archive(*members, form=tarfile.PAX_FORMAT, errors="surrogateescape"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors=errors) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def entries(*members, **options):
    return {e.path: e for e in layer_tar.entries(io.BytesIO(archive(*members, **options)))}


def diff_id(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def read_all(saved, **options):
    """All layers of a `docker save` archive, and the documents beside them."""
    found, documents = {}, []
    for each in layer_tar.saved(io.BytesIO(saved)):
        if isinstance(each, layer_tar.SavedLayer):
            read = each.read(**options)
            found[read.diff_id] = read
        else:
            documents.append(each.content)
    return found, documents


BASE = archive(member("bin/", type=tarfile.DIRTYPE, mode=0o755), member("bin/sh", b"#!" * 4000))
TOP = archive(member("hello", b"hi\n"))
CONFIG = json.dumps({"rootfs": {"diff_ids": [diff_id(BASE), diff_id(TOP)]}}).encode()


def outer(*blobs):
    return archive(*(member(name, data) for name, data in blobs))


FORMS = {
    "docker-20": [
        ("aa/VERSION", b"1.0"),
        ("aa/json", b'{"id": "aa"}'),
        ("aa/layer.tar", TOP),
        ("bb/layer.tar", BASE),
        ("config.json", CONFIG),
        ("repositories", b'{"x": {}}'),
    ],
    "docker-25": [
        (f"blobs/sha256/{diff_id(BASE)[7:]}", BASE),
        (f"blobs/sha256/{'1' * 64}", CONFIG),
        (f"blobs/sha256/{diff_id(TOP)[7:]}", TOP),
        ("oci-layout", b'{"imageLayoutVersion": "1.0.0"}'),
    ],
    "containerd-gzip": [
        ("blobs/sha256/1", gzip.compress(BASE)),
        ("blobs/sha256/2", CONFIG),
        ("blobs/sha256/3", gzip.compress(TOP)),
    ],
    "gzip-of-several-members": [
        ("blobs/sha256/1", gzip.compress(BASE[:700]) + gzip.compress(BASE[700:])),
        ("blobs/sha256/2", gzip.compress(TOP)),
        ("blobs/sha256/3", CONFIG),
    ],
    "containerd-zstd": [
        ("blobs/sha256/1", zstandard.compress(BASE)),
        ("blobs/sha256/2", zstandard.compress(TOP[:600]) + zstandard.compress(TOP[600:])),
        ("blobs/sha256/3", CONFIG),
    ],
    "podman": [("bb.tar", BASE), ("aa.tar", TOP), ("cc.json", CONFIG), ("aa/VERSION", b"1.0")],
}


@pytest.mark.parametrize("form", FORMS)
def test_layers_are_recognized_by_their_content(form):
    found, documents = read_all(outer(*FORMS[form]))
    assert set(found) == {diff_id(BASE), diff_id(TOP)}
    assert [e.path for e in found[diff_id(BASE)].entries] == ["/bin", "/bin/sh"]
    assert json.loads(CONFIG) in documents


def test_links_to_layers_and_broken_json_are_skipped():
    link = member("cc/layer.tar", type=tarfile.SYMTYPE, target="../aa/layer.tar")
    broken = member("blobs/sha256/9", b"{ no json")
    found, documents = read_all(archive(member("aa/layer.tar", TOP), link, broken))
    assert set(found) == {diff_id(TOP)}
    assert documents == []


def test_an_empty_layer_has_the_known_diff_id():
    empty = bytes(1024)
    found, _ = read_all(outer(("aa/layer.tar", empty)))
    assert found[layers.EMPTY].entries == ()


def test_bytes_after_the_end_mark_are_part_of_the_hash():
    padded = TOP + bytes(3 * layer_tar.CHUNK)
    found, _ = read_all(outer(("aa/layer.tar", padded)))
    assert set(found) == {diff_id(padded)}


def test_the_packed_length_is_that_of_gzip():
    found, _ = read_all(outer(("aa/layer.tar", BASE)), listed=False, packed=True)
    read = found[diff_id(BASE)]
    assert read.packed_length == len(gzip.compress(BASE, 6))
    assert read.entries == ()


def test_a_truncated_layer_is_damaged():
    layer = archive(member("noise", random.Random(1).randbytes(50_000)))
    saved = outer(("blobs/sha256/1", gzip.compress(layer)[:-20_000]))
    with pytest.raises(layer_tar.DAMAGED):
        read_all(saved)


def test_entries_have_kinds_link_targets_and_owners():
    found = entries(
        member("f", b"12345", mode=0o4755, uid=10001),
        member("d", type=tarfile.DIRTYPE),
        member("s", type=tarfile.SYMTYPE, target="../x"),
        member("h", type=tarfile.LNKTYPE, target="f"),
        member("c", type=tarfile.CHRTYPE),
        member("p", type=tarfile.FIFOTYPE),
    )
    assert found["/f"]._replace(digest="") == Entry("/f", 5, "file", 0o4755, 10001)
    assert found["/s"].target == "../x"
    assert found["/h"] == Entry("/h", 0, "hardlink", 0o644, 0, 0, "/f")
    kinds = {path: e.kind for path, e in found.items()}
    assert (kinds["/d"], kinds["/c"], kinds["/p"]) == ("directory", "device", "device")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("../../etc/passwd", "/etc/passwd"),
        ("/etc/passwd", "/etc/passwd"),
        ("//etc//passwd", "/etc/passwd"),
        ("./a/./b/../c", "/a/c"),
        ("a/..", None),
        ("./", None),
        ("sp ace\nline", "/sp ace\nline"),
        ("\udcff\udcfe", "/\udcff\udcfe"),
        ("n" * 300, "/" + "n" * 300),
        ("é/" * 120 + "x", "/" + "é/" * 120 + "x"),
    ],
)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_hostile_names_stay_inside_the_root(name, path, form):
    assert list(entries(member(name), form=form)) == ([path] if path else [])


def test_the_target_of_a_hard_link_stays_inside_the_root():
    found = entries(member("x", type=tarfile.LNKTYPE, target="../../etc/shadow"))
    assert found["/x"].target == "/etc/shadow"


def test_the_later_of_two_entries_counts():
    found = entries(member("a", b"1"), member("b", b"1"), member("./a", b"22"))
    assert {path: e.size for path, e in found.items()} == {"/a": 2, "/b": 1}


def test_a_sparse_file_has_its_full_size():
    info, data = member("sparse", b"x" * 512)
    info.type = tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (0, 512)  # where the bytes are
    header[483:495] = b"%011o\0" % 1_000_000  # and how long the file is
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    read = layer_tar.entries(io.BytesIO(bytes(header) + data + archive(member("after", b"1"))))
    assert [(e.path, e.size) for e in read] == [("/sparse", 1_000_000), ("/after", 1)]


def test_pax_headers_may_give_the_name():
    found = entries(member("short", b"123", pax={"path": "long/é"}))
    assert found["/long/é"].size == 3


def test_whiteouts_become_removed_and_opaque_entries():
    found = entries(
        member("etc/.wh.passwd"),
        member("var/.wh..wh..opq"),
        member(".wh..wh.plnk"),
        member("etc/.wh."),
        member("etc/.wh..."),
    )
    assert {path: e.kind for path, e in found.items()} == {"/etc/passwd": "removed"} | {
        "/var": "opaque"
    }


def file(path, size=1, kind="file", target=None):
    return Entry(path, size, kind, target=target)


def folder(path):
    return Entry(path, 0, "directory")


def removed(path):
    return Entry(path, 0, "removed")


def changes(files):
    return {f.path: f.change for f in files}


LOWER = (folder("/d"), file("/d/a"), file("/d/b"), folder("/d/e"), file("/d/e/x"), file("/f"))


def test_a_layer_adds_changes_and_removes():
    (_, second), both = stacked([LOWER, (file("/f", 7), file("/new"), removed("/d/e"))])
    assert changes(second) == {"/d/e": "removed", "/f": "changed", "/new": "added"}
    assert [f.path for f in both] == ["/d", "/d/a", "/d/b", "/f", "/new"]
    assert {f.size for f in both if f.path == "/f"} == {7}
    assert set(changes(both).values()) == {"added"}


def test_an_opaque_folder_hides_only_what_was_in_it():
    top = (folder("/d"), Entry("/d", 0, "opaque"), file("/d/b", 2), folder("/d/e"), file("/d/n"))
    (_, second), both = stacked([LOWER, top])
    assert changes(second) == {
        "/d": "changed",
        "/d/a": "removed",
        "/d/b": "changed",
        "/d/e": "changed",
        "/d/e/x": "removed",
        "/d/n": "added",
    }
    assert [f.path for f in both] == ["/d", "/d/b", "/d/e", "/d/n", "/f"]


def test_a_whiteout_beside_the_same_name_hides_only_the_layers_below():
    (_, second), both = stacked([LOWER, (folder("/d"), removed("/d"), file("/d/n"))])
    assert [f.path for f in both] == ["/d", "/d/n", "/f"]
    assert changes(second)["/d"] == "changed"
    assert changes(second)["/d/e"] == "removed"


def test_a_file_may_replace_a_folder_and_a_folder_a_link():
    _, both = stacked([LOWER, (file("/d"),)])
    assert [f.path for f in both] == ["/d", "/f"]
    _, both = stacked([(file("/lib", 0, "symlink", "usr/lib"),), (file("/lib/x"),)])
    assert [f.path for f in both] == ["/lib/x"]


def test_whiteouts_of_a_missing_path_and_of_the_root():
    (only,), both = stacked([(removed("/nothing"), file("/a"))])
    assert changes(only) == {"/nothing": "removed", "/a": "added"}
    assert [f.path for f in both] == ["/a"]
    _, both = stacked([LOWER, (Entry("/", 0, "opaque"), file("/only"))])
    assert [f.path for f in both] == ["/only"]


def test_very_deep_folders():
    deep = "/d" * 2000
    (_, second), both = stacked([(file(deep),), (Entry("/d", 0, "opaque"), folder("/d"))])
    assert changes(second)["/d/d"] == "removed"
    assert [f.path for f in both] == ["/d"]


def test_an_odd_name_is_shown_and_does_nothing():
    (files,), _ = stacked([(file("/\udcff\x1b[2J"),)])
    assert "\x1b" not in repr(files) + html.of(files)
    (repr(files) + html.of(files)).encode()


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """What is kept, in an empty cache folder."""
    monkeypatch.setenv(names.CACHE_VARIABLE, str(tmp_path))
    return layers.EntriesCache()


MANY = tuple(
    file(f"/usr/share/package-{n // 50}/file-{n}.txt", n) if n % 50 else folder(f"/p{n}")
    for n in range(60_000)
)


def test_what_is_kept_comes_back(kept):
    odd = (*LOWER, removed("/x"), Entry("/o", 0, "opaque"), file("/\udcff", 3), file("/é\n"))
    odd += (file("/s", 0, "symlink", "\udcfe"), Entry("/dev/x", 0, "device", 0o600, 1, 2))
    kept.keep(layer_tar.LayerRead("sha256:ab", odd, None))
    again = kept.get("sha256:ab")
    assert again.entries == odd
    assert again.size == 8
    assert kept.get("sha256:cd") is None


OTHER = gzip.compress(
    json.dumps(
        {"form": layers.FORMAT_VERSION + 1, "paths": [], "sizes": [], "kinds": "", "modes": []}
        | {"uids": [], "gids": [], "targets": {}}
    ).encode()
)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", b"\x1f\x8b\0", gzip.compress(b"[]"), OTHER],
    ids=["nothing", "no gzip", "cut off", "another list", "another form"],
)
def test_what_somebody_else_wrote_is_no_list(kept, tmp_path, content):
    kept.keep(layer_tar.LayerRead("sha256:ab", LOWER, None))
    (tmp_path / "layers" / "ab.files").write_bytes(content)
    assert kept.get("sha256:ab") is None


def test_60_000_files_come_from_what_is_kept(kept):
    kept.keep(layer_tar.LayerRead("sha256:ab", MANY, None))
    (files,), merged = stacked([kept.get("sha256:ab").entries])
    assert len(files) == len(merged) == 60_000
    assert isinstance(files[0], File)


def test_several_may_write_and_read_at_once(kept, tmp_path):
    wrong = []

    def work():
        for _ in range(20):
            kept.keep(layer_tar.LayerRead("sha256:ab", LOWER, None))
            if kept.get("sha256:ab").entries != LOWER:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert [path.name for path in (tmp_path / "layers").iterdir()] == ["ab.files"]


@pytest.mark.parametrize("over", [[removed("/a")], [file("/a", 9)]], ids=["removed", "overwritten"])
def test_a_file_whose_first_name_is_removed_keeps_its_bytes_under_another(over):
    links = [file("/a", 1000), *(Entry(p, 0, "hardlink", target="/a") for p in ("/c", "/b"))]
    _, both = stacked([links, over])
    kept = {each.path: (each.kind, each.size, each.target) for each in both if each.path != "/a"}
    assert kept == {"/b": ("file", 1000, None), "/c": ("hardlink", 0, "/b")}
