"""Which tests are run, and what their outcome is."""

import subprocess
import sys

import pytest

from helpers import names
from helpers.testing import suite as testing
from helpers.testing.suite import Outcome

GREEN = Outcome("unit tests", passed=3, failed=0, skipped=0, seconds=1)
RED = Outcome("notebooks", passed=2, failed=1, skipped=1, seconds=1)
NONE = Outcome("engine tests", passed=0, failed=0, skipped=0, seconds=1)


@pytest.mark.parametrize(
    ("others", "arguments"),
    [
        ([], None),
        (["-x", "-k", "notebooks"], None),
        (["tests/unit"], ()),
        (["tests/unit/test_testing.py::test_chosen"], ()),
        (["notebooks/solutions/00.ipynb"], ("--nbval",)),
    ],
)
def test_chosen(others, arguments):
    part = testing._chosen(others)
    assert (part and part.arguments) == arguments


@pytest.mark.parametrize(
    ("outcomes", "left", "interrupted", "status", "last"),
    [
        ([GREEN, NONE], [], False, 0, "3 passed, 0 failed"),
        ([GREEN, RED], [], False, 1, "5 passed, 1 failed, 1 skipped"),
        ([NONE], [], False, 1, "0 passed, 0 failed"),
        ([], [], False, 1, "0 passed, 0 failed"),
        ([GREEN], ["link left behind: docker0"], False, 1, "3 passed, 1 failed"),
        ([GREEN], ["container left behind: 1a2b"], True, 130, "3 passed, 0 failed"),
    ],
)
def test_the_last_line_and_the_status(outcomes, left, interrupted, status, last, capsys):
    assert testing._report(outcomes, left, interrupted) == status

    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == last
    assert all(line in lines for line in left)


def test_a_temporary_file_that_stays_is_told(tmp_path):
    tests = tmp_path / "test_it.py"
    tests.write_text(
        "import pathlib, tempfile\n"
        "def test_it(tmp_path):\n"
        "    (tmp_path / 'own').touch()\n"
        "    pathlib.Path(tempfile.gettempdir(), 'stays').touch()\n"
    )
    running = testing._Running(testing.Part("unit tests", (str(tests),)), (), tmp_path / "0")
    running.process.wait()
    outcome = running.finish()
    assert (outcome.passed, outcome.left) == (1, ("stays",))


def test_two_parts_run_at_once_and_the_next_when_one_ends(tmp_path):
    def part(name, code):
        file = tmp_path / f"test_{name}.py"
        folder = f"    folder = pathlib.Path({str(tmp_path)!r})\n"
        touch = f"    (folder / {name!r}).touch()\n"
        file.write_text(f"import pathlib, time\n\ndef test():\n{folder}{code}{touch}")
        return testing.Part(name, (str(file),))

    long = part("long", "    while not (folder / 'last').exists(): time.sleep(0.05)\n")
    short = part("short", "    time.sleep(1)\n")
    last = part("last", "    assert (folder / 'short').exists()\n")
    outcomes = []
    testing._run_parts([long, short, last], (), outcomes, print)
    assert {each.name: (each.passed, each.failed) for each in outcomes} == {
        "long": (1, 0),
        "short": (1, 0),
        "last": (1, 0),
    }


def test_a_start_of_pytest_imports_nothing_that_takes_seconds():
    slow = ("nbval", "nbformat", "IPython", "anyio", "docker", "pandas", "matplotlib", "rich")
    code = (
        "import sys, pytest\n"
        "pytest.main(['--collect-only', '-q', 'tests/unit/test_folders.py'])\n"
        f"print([name for name in {slow!r} if name in sys.modules])"
    )
    started = subprocess.run(
        [sys.executable, "-c", code], cwd=names.ROOT, capture_output=True, text=True
    )
    assert started.stdout.splitlines()[-1] == "[]", started.stdout


def test_the_plain_command_for_notebooks_compares_as_the_whole_run_does():
    notebook = "notebooks/00-start-here.ipynb"
    code = (
        "import pytest\n"
        "class Seen:\n"
        "    def pytest_collection_finish(self, session):\n"
        "        given = session.config.option\n"
        "        print('\\n', len(session.items), given.nbval_current_env,\n"
        "            given.nbval_cell_timeout, given.nbval_sanitize_with)\n"
        f"pytest.main(['--collect-only', '-q', '--nbval', {notebook!r}], plugins=[Seen()])"
    )
    started = subprocess.run(
        [sys.executable, "-c", code], cwd=names.ROOT, capture_output=True, text=True
    )
    options = f"True 900.0 {names.ROOT / 'tests/sanitize.cfg'}"
    assert options in started.stdout, started.stdout + started.stderr
