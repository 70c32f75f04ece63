"""What would be installed or said, given facts of a machine; nothing is installed here."""

import os
import subprocess
import sys

import pytest

from helpers.core import machine as this_machine
from helpers.core import names
from helpers.core.errors import EngineError, LabError
from helpers.setup import host
from helpers.setup.environment import NotReady

DEBIAN_ROOT = host.Facts("Linux", root=True, debian=True, lacks=host.ENGINE)
DEBIAN_USER = host.Facts("Linux", root=False, debian=True, lacks=host.ENGINE)
READY_USER = host.Facts("Linux", root=False, debian=True, lacks=())
OTHER_ROOT = host.Facts("Linux", root=True, debian=False, lacks=host.ENGINE)
READY_ROOT = host.Facts("Linux", root=True, debian=False, lacks=())
MAC = host.Facts("Darwin", root=False, debian=False, lacks=host.ENGINE)
WINDOWS = host.Facts("Windows", root=False, debian=False, lacks=host.ENGINE)


@pytest.fixture
def machine(monkeypatch):
    """A machine with these facts, without an engine; gives what was installed on it."""
    installed = []

    def make(facts, *, answers=False, new=True):
        def of(wanted):
            lacks = tuple(package for package in facts.lacks if package in wanted)
            return host.Facts(facts.system, facts.root, facts.debian, lacks)

        monkeypatch.setattr(host, "has_engine", lambda: answers)
        monkeypatch.setattr(host, "is_new", lambda: new)
        monkeypatch.setattr(host.Facts, "of", of)
        monkeypatch.setattr(host, "service_answers", lambda: False)
        monkeypatch.setattr(host, "apt_install", lambda packages, say: installed.extend(packages))
        return installed

    return make


@pytest.mark.parametrize(
    ("facts", "can"),
    [
        (DEBIAN_ROOT, True),
        (READY_ROOT, True),
        (DEBIAN_USER, False),
        (OTHER_ROOT, False),
        (MAC, False),
        (WINDOWS, False),
    ],
)
def test_who_may_have_a_private_engine(facts, can):
    assert host.can_have(facts) is can


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (DEBIAN_USER, r"`sudo apt-get update && sudo apt-get install .* docker\.io iptables"),
        (DEBIAN_USER, r"`sudo usermod -aG docker"),
        (READY_USER, r"`sudo systemctl start docker`, then"),
        (OTHER_ROOT, r"install Docker Engine"),
        (MAC, r"start Docker Desktop"),
        (WINDOWS, r"start Docker Desktop"),
    ],
)
def test_anybody_else_is_told_what_to_type(machine, facts, says):
    installed = machine(facts)

    with pytest.raises(NotReady, match=says) as error:
        host.provide_engine(stand_ins=True, yes=True, say=pytest.fail)

    assert error.value.status == 2 and not installed and str(error.value).endswith(".")


def test_what_would_be_done_is_said_before_it_is_done(machine):
    installed = machine(DEBIAN_ROOT)
    said = []

    host.provide_engine(stand_ins=False, yes=True, say=said.append)

    assert installed == [package.name for package in host.ENGINE]
    for package in host.ENGINE:
        assert any(package.name in line and package.why in line for line in said)
    assert "start a private engine" in said[-1]


def test_without_a_terminal_and_without_yes_the_answer_is_no(machine):
    installed = machine(DEBIAN_ROOT)

    with pytest.raises(NotReady, match="--yes"):
        host.provide_engine(stand_ins=False, yes=False, say=lambda line: None)

    assert not installed


def test_an_engine_that_only_has_to_be_started_is_asked_for_too(machine):
    installed = machine(READY_ROOT)

    with pytest.raises(NotReady):
        host.provide_engine(stand_ins=False, yes=False, say=lambda line: None)
    host.provide_engine(stand_ins=False, yes=True, say=lambda line: None)

    assert not installed


def test_where_an_engine_answers_nothing_is_asked(machine):
    installed = machine(host.Facts("Linux", root=True, debian=True, lacks=()), answers=True)

    host.provide_engine(stand_ins=True, yes=False, say=pytest.fail)

    assert not installed


def test_beside_an_engine_only_what_makes_stand_ins_is_installed(machine):
    facts = host.Facts("Linux", root=True, debian=True, lacks=host.STAND_INS)
    installed = machine(facts, answers=True)

    host.provide_engine(stand_ins=True, yes=True, say=lambda line: None)

    assert installed == ["mmdebstrap", "debian-archive-keyring"]


@pytest.mark.parametrize(("new", "installs"), [(False, ["slirp4netns"]), (True, [])])
def test_beside_an_old_engine_what_a_newer_one_needs_is_installed(machine, new, installs):
    installed = machine(DEBIAN_ROOT, answers=True, new=new)

    host.provide_engine(stand_ins=True, yes=True, say=lambda line: None)

    assert installed == installs


def test_a_user_with_an_engine_is_not_stopped_by_what_they_may_not_install(machine):
    facts = host.Facts("Linux", root=False, debian=True, lacks=host.STAND_INS)
    machine(facts, answers=True)

    host.provide_engine(stand_ins=True, yes=False, say=pytest.fail)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("y\n", True), ("Yes\n", True), ("n\n", False), ("\n", False), ("", False)],
)
def test_the_question_is_answered_on_a_terminal(typed, answer):
    import pty

    ours, theirs = pty.openpty()
    code = "from helpers.setup import host; print(host.agreed(False))"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, cwd=names.ROOT, stdin=theirs, stdout=subprocess.PIPE)
    os.write(ours, typed.encode() or b"\x04")  # Ctrl-D
    os.close(theirs)

    assert process.communicate(timeout=20)[0].decode().endswith(f"{answer}\n")
    os.close(ours)


def test_an_engine_that_was_chosen_and_is_not_there_is_never_replaced(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")

    with pytest.raises(EngineError, match=r"unix:///nowhere\.sock"):
        host.provide_engine(stand_ins=False, yes=True, say=pytest.fail)


def test_a_package_is_here_by_its_command_or_file(tmp_path, monkeypatch):
    monkeypatch.setattr(this_machine, "SYSTEM_PATH", str(tmp_path))
    tool = tmp_path / "a-tool"
    assert not host.is_here("a-tool") and not host.is_here(str(tool))
    tool.touch(0o755)
    assert host.is_here("a-tool") and host.is_here(str(tool))
    assert not host.is_here("liba-tool.so.1")


def test_apts_own_words_are_given_when_it_fails_twice(monkeypatch, tmp_path):
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\necho "E: No room." >&2\nexit 100\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(host.time, "sleep", lambda seconds: None)
    said = []

    with pytest.raises(LabError, match=r"could not install a, b \(E: No room\.\): put that right"):
        host.apt_install(["a", "b"], said.append)

    asked = [line.split()[-1] for line in (tmp_path / "asked").read_text().splitlines()]
    assert asked == ["update", "b", "update", "b"] and said[1:] == ["That failed; once more …"]


@pytest.mark.parametrize(
    ("found", "marks", "lacks"),
    [
        ("/usr/bin/chromium", {"apt-get", "libatomic.so.1"}, []),
        (None, {"apt-get", "libatomic.so.1"}, ["chromium"]),
        ("/usr/bin/chromium", {"apt-get"}, ["libatomic1"]),
        (None, {"apt-get"}, ["chromium", "libatomic1"]),
    ],
)
def test_what_drives_a_browser_is_installed_where_it_may_be(monkeypatch, found, marks, lacks):
    installed, said = [], []
    monkeypatch.setattr(host, "apt_install", lambda names, say: installed.extend(names))
    monkeypatch.setattr(host.platform, "system", lambda: "Linux")
    monkeypatch.setattr(host, "is_here", lambda mark: mark in marks)
    monkeypatch.setattr(host, "is_root", lambda: True)
    monkeypatch.setattr(host, "browser", lambda: found)
    if not lacks:
        host.provide_browser(yes=False, say=said.append)
        assert not said
        return
    with pytest.raises(NotReady, match="--yes"):
        host.provide_browser(yes=False, say=said.append)
    host.provide_browser(yes=True, say=said.append)
    assert installed == lacks
    monkeypatch.setattr(host, "is_root", lambda: False)
    host.provide_browser(yes=True, say=said.append)
    assert installed == lacks and "skipped" in said[-1]
