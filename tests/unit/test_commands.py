"""What may be typed, and how the commands end."""

import os
import signal
import subprocess
import sys

import pytest

from helpers.commands import dispatch
from helpers.commands.arguments import parse
from helpers.core import names
from helpers.core.errors import LabError
from helpers.setup.environment import NotReady


def start(*arguments, **variables):
    """A command as it is typed, without a terminal."""
    environment = {k: v for k, v in os.environ.items() if k not in ("CI", "DOCKER_HOST")}
    return subprocess.run(
        [sys.executable, "-m", "helpers", *arguments],
        cwd=names.ROOT,
        env={**environment, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("typed", "others"),
    [
        (["test", "-k", "elf and not run", "--yes"], ["-k", "elf and not run"]),
        (["test", "tests/unit/test_elf.py::test_x"], ["tests/unit/test_elf.py::test_x"]),
        (["test", "-x", "--", "--yes"], ["-x", "--yes"]),
        (["lab", "--no-browser", "--", "--port", "9999"], ["--port", "9999"]),
        (["run", "03"], []),
    ],
)
def test_what_is_for_others_is_passed_on(typed, others):
    assert parse(typed).others == others


def test_options_after_an_image_belong_to_its_command():
    options = parse(["why", "mine:1", "ls", "-l", "--yes"])
    assert (options.image, options.arguments) == ("mine:1", ["ls", "-l", "--yes"])


COMMANDS = ["lab", "test", "run", "book", "bases", "why", "explore", "compare", "doctor", "clean"]


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["labb"],
        ["run", "--wrte"],
        ["bases", "fetch"],
        ["why"],
        ["explore"],
        ["explore", "mine", "--json"],
        ["compare", "mine"],
    ],
)
def test_what_is_not_understood_ends_with_2(typed, capsys):
    with pytest.raises(SystemExit) as end:
        parse(typed)
    assert end.value.code == 2 and "error:" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_sentence_of_help(command, capsys):
    with pytest.raises(SystemExit):
        parse([command, "--help"])
    assert len(capsys.readouterr().out.splitlines()) > 3


@pytest.mark.parametrize(
    ("error", "status"), [(LabError("It is gone."), 1), (NotReady("Type this."), 2)]
)
def test_an_error_is_one_line_and_a_status(monkeypatch, capsys, error, status):
    def fail(options, arguments):
        raise error

    monkeypatch.setattr(dispatch, "_do", fail)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)

    assert dispatch.main(["doctor"]) == status
    assert capsys.readouterr().err == f"{error}\n"


def test_an_interrupt_is_one_line_and_130(monkeypatch, capsys):
    def fail(options, arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(dispatch, "_do", fail)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)

    assert dispatch.main(["doctor"]) == 130
    assert capsys.readouterr().err.strip() == "Interrupted."


@pytest.mark.parametrize(
    "typed",
    [
        ["lab", "--yes"],
        ["test"],
        ["run"],
        ["bases", "list"],
        ["why", "mine"],
        ["advise", "mine"],
        ["explore", "mine"],
        ["compare", "mine", "yours"],
        ["clean"],
    ],
    ids=lambda typed: typed[0],
)
def test_an_engine_that_is_not_there_is_one_sentence(typed):
    ended = start(*typed, DOCKER_HOST="unix:///nowhere.sock")

    assert ended.returncode == 1, ended.stderr
    assert "unix:///nowhere.sock" in ended.stderr and ended.stderr.count("\n") == 1


@pytest.mark.parametrize("action", ["export", "load"])
def test_a_file_that_was_not_named_is_asked_for(action):
    ended = start("bases", action)
    assert ended.returncode == 1 and f"bases {action} FILE" in ended.stderr


def test_doctor_says_a_line_for_each_thing():
    ended = start("doctor", DOCKER_HOST="unix:///nowhere.sock")

    lines = ended.stdout.splitlines()
    assert ended.returncode == 1 and not ended.stderr
    assert all(line.split()[0] in ("ok", "later", "missing") for line in lines)
    assert any(line.startswith("missing  engine") for line in lines)
