"""The tree of files, with sizes of folders added up, also for very many files."""

import pytest

from helpers.core import names
from helpers.files.layer_tar import LayerRead
from helpers.files.stack import Entry, File, stacked
from helpers.files.tree import Tree
from helpers.image.layers import EntriesCache


def file(path, size=0, kind="file", change="added"):
    return File(path, size, kind, change=change)


TREE = Tree(
    [
        file("/bin", kind="directory"),
        file("/bin/sh", 30),
        file("/bin/ls", 30, change="changed"),
        file("/usr/lib/deep/one", 50),  # its folders have no entries
        file("/usr/lib/gone", kind="removed", change="removed"),
        file("/readme", 7),
    ]
)


def named(nodes):
    return [(node.path, node.size, node.children) for node in nodes]


def test_a_folder_lists_the_largest_first_and_equal_ones_by_path():
    assert named(TREE.children()) == [("/bin", 60, 2), ("/usr", 50, 1), ("/readme", 7, 0)]
    assert named(TREE.children("/bin")) == [("/bin/ls", 30, 0), ("/bin/sh", 30, 0)]
    assert named(TREE.children("/usr/lib")) == [("/usr/lib/deep", 50, 1), ("/usr/lib/gone", 0, 0)]


def test_the_root_adds_up_everything():
    root = TREE.node("/")
    assert (root.name, root.size, root.children) == ("/", TREE.size, 3) == ("/", 117, 3)
    assert root.changes == {"added": 4, "changed": 1, "removed": 1}
    assert len(TREE) == 6


def test_a_node_counts_itself_among_its_changes():
    assert TREE.node("/bin").changes == {"added": 2, "changed": 1}
    assert TREE.node("/usr").changes == {"added": 1, "removed": 1}
    assert TREE.node("/bin/ls").changes == {"changed": 1}


def test_a_folder_without_an_entry_has_no_file():
    assert TREE.node("/usr/lib").file is None
    assert TREE.node("/bin").file.kind == "directory"
    assert TREE.node("/bin").name == "bin"


def test_a_path_that_does_not_exist_is_empty():
    assert named([TREE.node("/none")]) == [("/none", 0, 0)]
    assert TREE.children("/none") == TREE.children("/readme") == []
    assert (Tree([]).size, len(Tree([])), Tree([]).children()) == (0, 0, [])


def test_a_large_folder_comes_in_pages():
    tree = Tree([file(f"/d/{n:04}", 5000 - n) for n in range(1200)])
    assert [len(tree.children("/d", start)) for start in (0, 500, 1000, 1500)] == [500, 500, 200, 0]
    assert tree.children("/d", 500, 2)[0].path == "/d/0500"


def test_search_finds_any_part_of_a_path_in_upper_or_lower_case():
    found, count = TREE.search("LIB/")
    assert (named(found), count) == ([("/usr/lib/deep/one", 50, 0), ("/usr/lib/gone", 0, 0)], 2)
    found, count = TREE.search("", most=1)
    assert (named(found), count) == ([("/bin", 60, 2)], 6)
    assert TREE.search("nothing of the kind") == ([], 0)


def test_a_path_may_be_very_deep():
    tree = Tree([file("/a" * 5000, 1), file("/a" * 4999 + "/b", 2)])
    assert (tree.size, tree.node("/a" * 10).size, tree.node("/a" * 10).children) == (3, 3, 1)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The diff ids of two layers with 60,000 entries that were read before."""
    monkeypatch.setenv(names.CACHE_VARIABLE, str(tmp_path))
    entries = []
    for n in range(3000):
        folder = f"/usr/lib/package-{n % 40}/part-{n % 400}/folder-{n}"
        entries.append(Entry(folder, 0, "directory", 0o755))
        entries += [
            Entry(f"{folder}/file-{m}.so", n + m, "file", 0o644, digest=f"{n * m:016x}")
            for m in range(19)
        ]
    ids = [f"sha256:{letter * 64}" for letter in "ab"]
    for diff_id, part in zip(ids, (entries[:30_000], entries[30_000:]), strict=True):
        EntriesCache().keep(LayerRead(diff_id, tuple(part), None))
    return ids


def test_a_tree_of_sixty_thousand_files_is_made_from_the_cache(kept):
    _, files = stacked(EntriesCache().get(diff_id).entries for diff_id in kept)
    tree = Tree(files)
    assert (len(tree), len(tree.children("/usr/lib"))) == (60_000, 40)
