"""Requirements on an engine: the version of BuildKit, the store, and the error where none fits."""

import pytest

from helpers import newer
from helpers.core import machine
from helpers.core.errors import EngineError, LabError
from helpers.engine.client import Engine
from helpers.engine.needs import Needs, buildkit, described


def engine(version: str, *, store: str = "graph", builder: str = "buildkit") -> Engine:
    return Engine(
        client=None,
        host="unix:///nowhere",
        name="docker",
        version=version,
        api_version="1.41",
        store=store,
        builder=builder,
        architecture="amd64",
    )


@pytest.mark.parametrize(
    ("version", "has"),
    [
        ("20.10.24+dfsg1", "0.8"),
        ("23.0.0", "0.10"),
        ("23.0.0-rc.1", "0.10"),
        ("26.1.5+dfsg1", "0.13"),
        ("27.5.1", "0.14"),
        ("28.5.2", "0.20"),
        ("31.0", "0.25"),
        ("1.13.1", ""),
    ],
)
def test_the_version_of_buildkit_follows_from_the_engines(version, has):
    assert buildkit(engine(version)) == has


def test_versions_are_compared_number_by_number():
    old, new = engine("20.10.24"), engine("23.0.6")
    assert not Needs("0.10").met_by(old)
    assert Needs("0.8").met_by(old) and Needs("0.8").met_by(new) and Needs("0.10").met_by(new)


def test_an_engine_without_buildkit_meets_no_version_of_it():
    podman = engine("5.4.2", builder="classic")
    assert Needs().met_by(podman)
    assert not Needs("0.3").met_by(podman)
    assert described(podman) == "docker 5.4.2 has no BuildKit and the graph store"


def test_the_store_must_match_too():
    assert not Needs("0.10", "containerd").met_by(engine("28.0.0"))
    assert Needs("0.10", "containerd").met_by(engine("28.0.0", store="containerd"))


def test_an_engine_that_cannot_read_contexts_meets_no_need():
    old, mended = (engine(v, store="containerd") for v in ("26.1.5+dfsg1", "27.5.0"))
    assert not Needs("0.13").met_by(old) and not Needs(store="containerd").met_by(old)
    assert Needs().met_by(old), "where nothing is asked for, the engine's own words will do"
    assert Needs("0.13", "containerd").met_by(mended)
    assert described(old).endswith("nothing that is sent to it before 27.5")


@pytest.mark.parametrize("wrong", [Needs, lambda: Needs("new"), lambda: Needs(store="overlay2")])
def test_a_need_that_makes_no_sense_is_an_error(wrong):
    if wrong is Needs:
        assert str(Needs()) == "any engine"
        return
    with pytest.raises(LabError, match=r"there is containerd|write it as"):
        wrong()


@pytest.mark.parametrize(
    ("root", "lacks", "says"),
    [
        (False, (), "has BuildKit 0.8 and the graph store: update it, to Docker 29, or be root"),
        (True, machine.IN_A_ROOT, "or install slirp4netns, with which the lab starts another"),
    ],
)
def test_the_error_where_no_newer_engine_can_be_started_says_what_to_do(
    monkeypatch, root, lacks, says
):
    monkeypatch.setattr(newer.sys, "platform", "linux")
    monkeypatch.setattr(machine, "is_root", lambda: root)
    monkeypatch.setattr(machine, "is_here", lambda mark: mark not in [each.mark for each in lacks])
    with pytest.raises(EngineError) as raised:
        newer.engine(engine("20.10.24"), None, Needs("0.13", "containerd"))
    message = str(raised.value)
    assert message.startswith("This needs BuildKit 0.13 and the containerd store, and docker 20")
    assert says in message and message.endswith(".") and "\n" not in message


def test_a_need_that_the_newer_engine_does_not_meet_is_an_error_at_once(monkeypatch):
    monkeypatch.setattr(newer, "obstacle", lambda: None)
    with pytest.raises(EngineError, match=r"newer engine has BuildKit 0\.20"):
        newer.engine(engine("20.10.24"), None, Needs("0.99"))
