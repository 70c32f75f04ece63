"""Which tests are run, what has to be ready for them, and what their outcome is."""

import os
import signal
import subprocess
import sys
import time

import pytest

from helpers.commands import dispatch
from helpers.core import names
from helpers.setup import host
from helpers.testing import suite as testing
from helpers.testing.chosen import Chosen
from helpers.testing.side_by_side import part_of
from helpers.testing.suite import Part


@pytest.mark.parametrize(
    ("typed", "needs"),
    [
        ([], {"engine", "browser", "notebooks"}),
        (["-x", "-k", "notebooks"], {"engine", "browser", "notebooks"}),
        (["-m", "tests"], {"engine", "browser", "notebooks"}),
        (["tests"], {"engine", "browser"}),
        (["tests/unit"], set()),
        (["tests/unit/test_elf.py::test_runpath", "-k", "tests/engine"], set()),
        (["tests/test_book.py", "tests/unit/test_elf.py"], set()),
        (["tests/unit/test_elf.py", "tests/engine/test_run.py"], {"engine"}),
        (["tests/browser/test_views.py"], {"engine", "browser"}),
        (["notebooks"], {"engine", "notebooks"}),
        (["notebooks/solutions"], {"engine", "notebooks"}),
        (["notebooks/solutions/00.ipynb"], {"engine", "notebooks"}),
        ([".", "--maxfail=2"], {"engine", "browser", "notebooks"}),
        (["/usr/bin"], {"engine"}),  # nobody knows
    ],
)
def test_what_is_got_ready_follows_from_what_is_chosen(typed, needs):
    chosen = Chosen.by(typed)
    assert {name for name in ("engine", "browser", "notebooks") if getattr(chosen, name)} == needs
    assert chosen.arguments == tuple(typed)


@pytest.fixture
def got_ready(monkeypatch):
    """What the command gets ready; nothing is, and nothing is run."""
    ready = []
    monkeypatch.setattr(dispatch, "_interpreter", lambda options: None)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(host, "provide_engine", lambda **given: ready.append("engine"))
    monkeypatch.setattr(host, "provide_browser", lambda **given: ready.append("browser"))
    monkeypatch.setattr(testing, "run", lambda chosen, say: 0)
    return ready


@pytest.mark.parametrize(
    ("typed", "needs"),
    [
        ([], ["engine", "browser"]),
        (["tests/unit/test_elf.py"], []),
        (["tests/engine", "-x"], ["engine"]),
    ],
)
def test_the_command_gets_ready_what_is_needed(got_ready, typed, needs):
    assert dispatch.main(["test", *typed]) == 0
    assert got_ready == needs


@pytest.mark.parametrize(
    ("test", "part"),
    [
        ("notebooks/01-why-images-are-big.ipynb::Cell 3", "notebooks"),
        ("tests/unit/test_elf.py::test_musl", "unit tests"),
        ("tests/test_notebooks.py::test_a_notebook[02]", "static tests"),
        ("tests/engine/test_run.py::test_it", "engine tests"),
        ("notebooks/20-common-bases.ipynb::Cell 0", "last notebooks"),
        ("notebooks/solutions/20.ipynb::Cell 0", "solutions"),
        ("tests/engine/test_variants.py::test_it", "variants"),
        ("test_these.py::test_fine", "other tests"),
    ],
)
def test_each_test_belongs_to_a_part(test, part):
    assert part_of(test) == part


FINE = {"unit tests": Part(passed=3, seconds=1)}
RED = {"notebooks": Part(passed=2, failed=1, skipped=1, seconds=1)}


@pytest.mark.parametrize(
    ("parts", "pytests", "left", "status", "last"),
    [
        (FINE, 0, [], 0, "3 passed, 0 failed"),
        (FINE | RED, 1, [], 1, "5 passed, 1 failed, 1 skipped"),
        ({}, 5, [], 1, "0 passed, 0 failed"),
        ({}, 4, [], 1, "0 passed, 1 failed"),
        (FINE, 3, [], 1, "3 passed, 1 failed"),
        (FINE, 0, ["link left behind: docker0"], 1, "3 passed, 1 failed"),
        (FINE, None, ["container left behind: 1a2b"], 130, "3 passed, 0 failed"),
    ],
    ids=["green", "red", "none", "not understood", "broke off", "left behind", "interrupted"],
)
def test_the_last_line_and_the_status(parts, pytests, left, status, last, capsys):
    assert testing._report(parts, pytests, left) == status

    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == last
    assert all(line in lines for line in left)
    assert all(any(line.startswith(part) for line in lines) for part in parts)


def test_tests_are_counted_and_a_temporary_file_that_stays_is_told(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv(names.RUN_VARIABLE, "")  # put back afterwards: this run has one of its own
    tests = tmp_path / "test_it.py"
    tests.write_text(
        "import pathlib, pytest, tempfile\n"
        "def test_it(tmp_path):\n"
        "    (tmp_path / 'own').touch()\n"
        "    pathlib.Path(tempfile.gettempdir(), 'stays').touch()\n"
        "def test_skips(): pytest.skip()\n"
        "@pytest.fixture\n"
        "def breaks():\n    yield\n    1 / 0\n"
        "def test_breaks(breaks): pass\n"
    )
    status = testing.run(Chosen((str(tests),), (names.ROOT / "tests/unit",)), pytest.fail)
    lines = capfd.readouterr().out.splitlines()
    assert status == 1 and lines[-1] == "1 passed, 2 failed, 1 skipped"
    left = "temporary file left behind: "
    assert [each for each in lines if each.startswith(left)] == [f"{left}stays"]


def test_an_interrupt_ends_both_workers_tidily_and_counts_what_was_done(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import os, pathlib, pytest, time\n"
        "@pytest.fixture(scope='session')\n"
        "def folder():\n"
        f"    folder = pathlib.Path({str(tmp_path)!r})\n"
        "    yield folder\n"
        "    (folder / f'released-{os.getpid()}').touch()\n"
        "def test_done(folder): pass\n"
        "def test_hangs(folder):\n"
        "    (folder / f'begun-{os.getpid()}').touch()\n"
        "    time.sleep(300)\n"
    )
    arguments = (str(tmp_path / "test_it.py"), "--numprocesses=2", "--dist=each")
    code = (
        "import signal\n"
        "from helpers.testing.suite import Chosen, names, run\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"print(run(Chosen({arguments!r}, (names.ROOT / 'tests/unit',)), print))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=names.ROOT, stdout=subprocess.PIPE, text=True
    )
    while len(list(tmp_path.glob("begun-*"))) < 2 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    lines = process.communicate(timeout=60)[0].splitlines()
    assert lines[-2:] == ["2 passed, 0 failed", "130"], "\n".join(lines)
    assert len(list(tmp_path.glob("released-*"))) == 2


def test_one_worker_runs_a_part_in_its_order_and_a_free_one_takes_the_next(tmp_path):
    """On files with the names by which the parts are known. The largest part is not the first."""
    waits = "    while not (folder / 'last').exists(): time.sleep(0.05)\n"
    files = {
        "tests/browser/test_b": (6, ""),
        "tests/engine/test_c": (2, ""),
        "tests/engine/test_commands": (3, "    (folder / 'last').touch()\n"),
        "tests/engine/test_d": (2, ""),
        "tests/unit/test_a": (3, waits),
    }
    for name, (times, body) in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.py").write_text(
            "import os, pathlib, pytest, time\n"
            f"folder = pathlib.Path({str(tmp_path)!r})\n"
            f"@pytest.mark.parametrize('n', range({times}))\n"
            f"def test(n):\n{body}"
            "    with (folder / 'said').open('a') as file:\n"
            "        print(os.getpid(), __name__, n, file=file)\n"
        )
    command = [sys.executable, "-m", "pytest", "-n2", "-p", "helpers.testing.side_by_side"]
    command += ["-p", "no:nbval", "-p", "no:anyio"]  # no settings here say so
    environment = {**os.environ, "PYTHONPATH": str(names.ROOT)}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout

    by_worker = {}
    for line in (tmp_path / "said").read_text().splitlines():
        worker, *test = line.split()
        by_worker.setdefault(worker, []).append(" ".join(test))
    one, other = sorted(by_worker.values(), key=len)
    assert one == [f"test_a {n}" for n in range(3)]
    order = [("test_c", 2), ("test_d", 2), ("test_b", 6), ("test_commands", 3)]
    assert other == [f"{name} {n}" for name, times in order for n in range(times)]


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
