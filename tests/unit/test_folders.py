"""The index of paths by folder."""

from helpers.files.folders import Folders, folder_of, folders_of


def test_everything_above_a_path_is_a_folder():
    folders = Folders(["/a/b/c"])
    assert sorted(folders) == ["/", "/a", "/a/b"]
    assert "/a/b/c" not in folders and not folders.inside("/a/b/c")
    assert folders.add("/a/b/d") == ["/a/b"]
    assert folders.add("/a/b/d") == []
    assert folders.add("/x/y") == ["/x", "/"]
    assert set(folders.inside("/a/b")) == {"/a/b/c", "/a/b/d"}


def test_removing_a_folder_removes_all_below_it():
    folders = Folders(["/a/b/c", "/a/b/d/e", "/ab"])
    assert sorted(folders.remove("/a")) == ["/a", "/a/b", "/a/b/c", "/a/b/d", "/a/b/d/e"]
    assert list(folders.below("/")) == ["/", "/ab"]
    assert "/a" not in folders and "/a/b" not in folders
    assert folders.remove("/nowhere/at/all") == ["/nowhere/at/all"]


def test_the_root_is_in_no_other_folder():
    assert folder_of("/") == folder_of("/a") == "/"
    assert Folders(["/"]).add("/") == []
    assert folders_of(["/a/b/c", "/d"]) == {"/a", "/a/b"}
