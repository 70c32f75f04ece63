"""What may be typed, and how the commands end."""

import signal

import pytest

from helpers.commands import dispatch
from helpers.commands.arguments import parse
from helpers.core import names
from helpers.core.errors import LabError
from helpers.setup.environment import NotReady


@pytest.fixture
def typed(monkeypatch, capsys):
    """Does a command as it is typed where no engine answers; gives its status and its errors.

    It is done in this process, whose packages are taken for whole: nothing can be installed."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    monkeypatch.setenv(names.BASES_VARIABLE, "stand-ins")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(dispatch, "_interpreter", lambda options: None)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)

    def do(*arguments):
        return dispatch.main(arguments), capsys.readouterr().err

    return do


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
    "command",
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
    ids=lambda command: command[0],
)
def test_an_engine_that_is_not_there_is_one_sentence(typed, command):
    status, said = typed(*command)
    assert status == 1, said
    assert "unix:///nowhere.sock" in said and said.count("\n") == 1


@pytest.mark.parametrize("action", ["export", "load"])
def test_a_file_that_was_not_named_is_asked_for(typed, action):
    status, said = typed("bases", action)
    assert status == 1 and f"bases {action} FILE" in said
