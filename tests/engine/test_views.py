"""Differences of images and the anatomy of binaries, on a real engine."""

import pytest

from helpers.core.errors import LabError


@pytest.fixture(scope="module")
def greet(lab):
    return lab.build("c-greet/library-missing"), lab.build("c-greet/library-copied")


def test_two_images_differ_in_the_library_that_one_lacks(lab, greet):
    found = lab.difference(*greet)
    assert [(f.path, f.change) for f in found.files if f.kind == "file"] == [
        ("/usr/lib/libgreet.so", "added")
    ]
    assert found.after - found.before == found.files[-1].size > 0
    assert found.counts["removed"] == found.counts["changed"] == 0


def test_images_are_compared_by_name_too(lab, greet):
    found = lab.difference(greet[0].tag, greet[1].tag)
    assert (found.first, found.second) == ("c-greet/library-missing", "c-greet/library-copied")
    assert repr(found) == repr(lab.difference(*greet))
    with pytest.raises(LabError, match="no-such:image"):
        lab.difference(greet[0], "no-such:image")


def test_the_same_image_differs_in_nothing(lab, greet):
    found = lab.difference(greet[0], lab.image(greet[0].id))
    assert not found.files and found.same == len(greet[0].files)


def test_a_missing_library_has_its_place_in_the_tree(greet):
    lacking, whole = (image.anatomy("/greet") for image in greet)
    states = {library.name: library.state for library in lacking.libraries if library.depth == 1}
    assert states.pop(lacking.linkage.interpreter) == "loader"
    assert states == {"libgreet.so": "missing", "libc.so.6": "found"}
    assert lacking.linkage.missing == ("libgreet.so",)
    libc = next(library for library in lacking.libraries if library.name == "libc.so.6")
    assert greet[0].rootfs.exists(libc.path)

    states = [(library.depth, library.name, library.state) for library in whole.libraries]
    assert (1, "libgreet.so", "found") in states
    assert (2, "libc.so.6", "found") in states and (1, "libc.so.6", "again") in states
    assert not whole.linkage.missing


def test_sections_of_a_real_program_add_up(lab, greet):
    static = lab.build("c-hello/static-scratch")
    for image, path in ((static, "/hello"), (greet[0], "/greet")):
        found = image.anatomy(path)
        assert found.size == next(f.size for f in image.files if f.path == path)
        assert found.size == found.rest + sum(section.size for section in found.sections)
        assert {".text", ".rodata"} <= {section.name for section in found.sections}
        assert ".bss" not in {section.name for section in found.sections}
    found = static.anatomy("/hello")
    assert found.linkage.static and not found.libraries
    assert found.sections[0].name == ".text" and found.sections[0].size > found.size / 2
