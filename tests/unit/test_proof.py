"""hadolint is run and read, and nothing is proven where two runs differ."""

import pytest

from helpers.advice import lint, proof
from helpers.advice.lint import Lint
from helpers.advice.proof import Proof, differs
from helpers.core.errors import LabError
from helpers.dockerfile.marks import DockerfileView
from helpers.image.open_image import OpenImage
from helpers.run.container_run import Run
from helpers.view import html, text


def stored(**fields):
    return OpenImage("id", "x", engine=None, _inspected={}, **fields)


def ran(output="a\n", exit_code=0, timed_out=False):
    return Run(exit_code == 0, exit_code, output, None, timed_out, 1.0, None)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (ran(), ran(), ""),
        (ran(exit_code=3), ran(exit_code=3), "proves nothing"),
        (ran(exit_code=None, timed_out=True), ran(exit_code=None, timed_out=True), ""),
        (ran(), ran("b\n"), "something else"),
        (ran(), ran(exit_code=1), "Now: exit 1"),
        (ran(exit_code=None), ran(exit_code=None), "did not start before"),
    ],
)
def test_two_runs_are_compared_by_how_they_end_and_what_they_print(first, second, says):
    found = differs(first, second)
    assert says in found if says else not found


def test_outputs_can_be_compared_without_their_figures():
    first = ran("12:01:05 worker 17 of 3f9a0c11d2e4 is up\n12:01:06 ready\n")
    other = ran("12:02:09 ready\n12:02:08 worker 9 of 77aa0c11d2e4 is up\n")
    assert differs(first, other)
    assert not differs(first, other, masked=True)
    assert "something else" in differs(first, ran("12:02:09 ready\n"), masked=True)
    assert differs(first, ran(exit_code=1), masked=True)


@pytest.mark.parametrize(
    ("second", "again", "says", "varies"),
    [
        (ran("at 1\n"), None, "", False),
        (ran("at 2\n"), ran("at 1\n"), "something else than before", False),
        (ran("at 2\n"), ran("at 3\n"), "", True),
        (ran("on 2\n"), ran("at 3\n"), "something else than before", False),
        (ran("on 2\n"), ran("in 3\n"), "each time", False),
    ],
)
def test_an_image_is_run_again_only_if_the_outputs_differ(second, again, says, varies):
    def once_more():
        assert again, "nothing differs"
        return again

    why, did = proof.compared(ran("at 1\n"), second, once_more)
    assert (says in why if says else not why) and did == varies


def test_an_image_is_built_again_only_if_its_context_and_arguments_are_known():
    assert proof.args_of(stored(args={"A": "1"})) == {"A": "1"}
    with pytest.raises(LabError, match="secrets"):
        proof.args_of(stored(secrets=True))
    with pytest.raises(LabError, match="not known"):
        proof.context_of(stored())


def test_a_proof_that_failed_proposes_nothing():
    found = Proof(stored(), why="It prints something else.")
    assert not found.ok and found.saves == 0 and found.view is None
    assert "nothing is proposed" in text.of(found) and "something else" in html.of(found)


@pytest.mark.parametrize("timed_out", [True, False])
def test_the_proof_of_a_stopped_service_says_that_it_was_asked_nothing(monkeypatch, timed_out):
    monkeypatch.setattr(OpenImage, "size", 5)
    one, first = stored(), ran(exit_code=None, timed_out=timed_out)
    found = Proof(one, one, first, first, "", DockerfileView("FROM a\n", "FROM b\n"))
    assert ("asked nothing" in text.of(found)) == timed_out


DOCKERFILE = "FROM debian:trixie\nRUN apt-get install -y gcc\n"

there = pytest.mark.skipif(not lint._tool().exists(), reason="hadolint is not made for it")


@there
def test_hadolint_names_lines_and_ignores_configuration_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3008, DL3009, DL3015]\n")
    found = lint.lint(DOCKERFILE)
    assert {(each.line, each.rule) for each in found.problems} >= {(2, "DL3015"), (2, "DL3008")}
    assert "DL3015" in text.of(found) and "DL3015" in html.of(found)


@there
def test_text_that_is_no_dockerfile_is_a_problem():
    found = lint.lint("FORM x\n")
    assert found.problems and found.problems[0].level == "error"


def test_where_there_is_no_hadolint_the_advice_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(lint.sys, "executable", str(tmp_path / "python"))
    assert "not made for this platform" in lint.lint(DOCKERFILE).absent
    assert "without one" in lint.lint(None).absent
    assert "hadolint has nothing to say" in text.of(Lint())
