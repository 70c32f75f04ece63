"""What only the builder knows is there for the next process, for each name of an image."""

import pytest

from helpers.core import names
from helpers.image import records

BASE = {"name": "gcc:14", "source": "stand-in", "size": 10}
FACTS = {"dockerfile": "FROM gcc:14\n", "key": "c-hello/gcc", "context_size": 80}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv(names.CACHE_VARIABLE, str(tmp_path))
    return tmp_path / "records"


def test_a_record_comes_back():
    records.keep("sha256:ab", "x:1", {**FACTS, "bases": [BASE]})
    assert records.recall("sha256:ab", "x:1") == {**FACTS, "bases": [BASE]}
    assert records.recall("sha256:cd", "x:1") == {}


def test_one_image_may_be_what_several_dockerfiles_make():
    records.keep("sha256:ab", "x:1", {**FACTS, "bases": []})
    records.keep("sha256:ab", "x:2", {**FACTS, "bases": [], "key": "other"})
    assert records.recall("sha256:ab", "x:1")["key"] == "c-hello/gcc"
    assert records.recall("sha256:ab", "x:2")["key"] == "other"
    assert records.recall("sha256:ab", "sha256:ab")["key"] in ("c-hello/gcc", "other")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"form": 0}', '{"form": 1, "facts": {}}'])
def test_what_somebody_else_wrote_says_nothing(cache, content):
    records.keep("sha256:ab", "x:1", {**FACTS, "bases": []})
    (path,) = cache.rglob("*.json")
    path.write_text(content)
    assert records.recall("sha256:ab", "x:1") == {}


def test_any_name_will_do():
    for tag in ("../../x", "a/b:" + "c" * 300, "é \n"):
        records.keep("sha256:ab", tag, {**FACTS, "bases": [], "key": tag})
        assert records.recall("sha256:ab", tag)["key"] == tag
