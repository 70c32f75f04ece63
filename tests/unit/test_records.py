"""Records of how images were built, for each name of an image."""

import pytest

from helpers.core import names
from helpers.image import records

BASE = {"name": "gcc:14", "source": "stand-in", "size": 10}
FACTS = {"dockerfile": "FROM gcc:14\n", "key": "c-hello/gcc", "context_size": 80}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv(names.CACHE_VARIABLE, str(tmp_path))
    return tmp_path / "records"


def test_a_kept_record_is_recalled():
    records.keep("sha256:ab", "x:1", {**FACTS, "bases": [BASE]})
    assert records.recall("sha256:ab", "x:1") == {**FACTS, "bases": [BASE]}
    assert records.recall("sha256:cd", "x:1") == {}


def test_an_image_has_a_record_for_each_of_its_names():
    records.keep("sha256:ab", "x:1", {**FACTS, "bases": []})
    records.keep("sha256:ab", "x:2", {**FACTS, "bases": [], "key": "other"})
    assert records.recall("sha256:ab", "x:1")["key"] == "c-hello/gcc"
    assert records.recall("sha256:ab", "x:2")["key"] == "other"
    assert records.recall("sha256:ab", "sha256:ab")["key"] in ("c-hello/gcc", "other")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"form": 0}', '{"form": 1, "facts": {}}'])
def test_a_file_that_is_not_a_record_is_ignored(cache, content):
    records.keep("sha256:ab", "x:1", {**FACTS, "bases": []})
    (path,) = cache.rglob("*.json")
    path.write_text(content)
    assert records.recall("sha256:ab", "x:1") == {}


def test_a_record_can_be_under_any_name():
    for tag in ("../../x", "a/b:" + "c" * 300, "é \n"):
        records.keep("sha256:ab", tag, {**FACTS, "bases": [], "key": tag})
        assert records.recall("sha256:ab", tag)["key"] == tag
