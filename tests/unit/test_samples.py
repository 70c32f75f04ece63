"""The tables of the samples are whole, and unknown names are met with the nearest."""

import tomllib
from fnmatch import fnmatchcase

import pytest

from helpers.core import names
from helpers.core.errors import LabError
from helpers.dockerfile.instructions import references
from helpers.samples import variant, variants

EVERY = variants()


@pytest.mark.parametrize("each", EVERY, ids=lambda v: v.key)
def test_a_row_is_whole(each):
    assert each.dockerfile.is_file(), "a row without its Dockerfile"
    assert each.shows.endswith("."), "`shows` is a sentence"
    assert list(names.ROOT.glob(f"notebooks/{each.notebook}-*.ipynb")), "no such notebook"
    if each.after:
        assert variant(each.after), "`after` names a variant"
    if each.fails is None:
        for architecture in ("amd64", "arm64"):
            bounds = each.bounds["stand-in"][architecture]
            assert bounds.smallest <= bounds.largest
    for bounds in each.bounds.get("hub", {}).values():
        assert bounds.as_of and bounds.source, "a figure of Docker Hub's has a date and a source"


@pytest.mark.parametrize("each", EVERY, ids=lambda v: v.key)
def test_every_base_is_in_the_table(each):
    known = tomllib.loads((names.SAMPLES / "bases" / "bases.toml").read_text())
    assert set(references(each.text, each.args)) <= set(known)


@pytest.mark.parametrize("pattern", ["*", "c-*", "c-hello/*", "*-hello/scratch", "[gr]*/s*", "*/*"])
def test_a_pattern_is_one_of_the_whole_key(pattern):
    """Though tables that it can't mean are not read."""
    assert variants(pattern) == [v for v in EVERY if fnmatchcase(v.key, pattern)]


def test_every_dockerfile_has_its_row():
    rows = {each.dockerfile for each in EVERY}
    files = set(names.SAMPLES.glob("*/*.Dockerfile"))
    bases = set((names.SAMPLES / "bases").glob("*.Dockerfile"))
    assert files - bases == rows


def test_a_misspelt_key_is_answered_with_the_nearest():
    with pytest.raises(LabError, match="did you mean 'c-hello/gcc'"):
        variant("c-helo/gcc")
    with pytest.raises(LabError, match="No variant is called 'pascal"):
        variants("pascal-*")
