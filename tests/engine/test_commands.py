"""The commands as they are typed, with a real engine."""

import io
import os
import signal
import subprocess
import sys
import tarfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers.core import names

FINE = "def test_fine():\n    pass\n"
RED = "def test_red():\n    assert 1 == 2\n"
LEAVES_A_PROCESS = """
import subprocess

def test_leaves():
    subprocess.Popen(["sh", "-c", "sleep 300 &"], start_new_session=True).wait()
"""
LEAVES_A_CONTAINER = """
from helpers.core import names
from helpers.engine.client import Engine
from helpers.engine.find import find_engine

def test_leaves():
    with find_engine() as engine:
        labels = names.container_labels()
        engine.client.api.create_container(names.TAG_PREFIX + "left", ["x"], labels=labels)
"""
HOSTILE = [
    "d/\x1b[31mred",
    "d/[bold red]deep[_bold]/:smile:",
    "d/\u202egnp.exe",
    "d/caf\udce9",
    "d/<script>",
]
HANGS = """
import os, pathlib, time

def test_hangs():
    pathlib.Path(__file__).with_name("begun").write_text(str(os.getpid()))
    time.sleep(300)
"""


@pytest.fixture(autouse=True)
def own_labels(monkeypatch, engine):
    """What these tests make carries another owner, so that it is not taken for the others'. A
    private engine is held meanwhile, so that no command is the last one on it."""
    monkeypatch.setenv("LOGNAME", "test-commands")


@pytest.fixture
def tests_of(tmp_path):
    """Runs `helpers test` on a file of tests, and gives how it ended."""

    def run(text, *arguments):
        file = tmp_path / "test_these.py"
        file.write_text(text)
        return start("test", str(file), *arguments)

    return run


@pytest.fixture
def image(engine):
    """An image with one file in it, which can't be run."""
    with imported(engine, f"{names.TAG_PREFIX}left") as tag:
        yield tag


@contextmanager
def imported(engine, name, *paths):
    """An image of files of ten bytes at these paths, or of an empty one."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", errors="surrogateescape") as files:
        for path in paths or ["x"]:
            info = tarfile.TarInfo(path)
            info.size = 10 if paths else 0
            files.addfile(info, io.BytesIO(b"x" * info.size))
    label = f"LABEL {names.OWNER_LABEL}={names.owner()}"
    engine.client.api.import_image_from_data(
        tar.getvalue(), repository=name, changes=['CMD ["/x"]', label]
    )
    yield f"{name}:latest"
    if engine.client.images.list(name):
        engine.client.images.remove(name, force=True)


def start(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-m", "helpers", *arguments],
        cwd=names.ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def running(pid):
    """Whether a process is there and not only its entry, which its parent has yet to take."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def last_line(ended):
    return ended.stdout.splitlines()[-1]


def test_the_last_line_counts(tests_of):
    ended = tests_of(FINE)
    assert (ended.returncode, last_line(ended)) == (0, "1 passed, 0 failed"), ended.stderr


def test_one_red_test_is_enough(tests_of):
    ended = tests_of(FINE + RED)
    assert (ended.returncode, last_line(ended)) == (1, "1 passed, 1 failed")
    assert "assert 1 == 2" in ended.stdout


def test_no_test_is_a_failure(tests_of):
    ended = tests_of(FINE, "-k", "nothing")
    assert (ended.returncode, last_line(ended)) == (1, "0 passed, 0 failed")


def test_a_file_that_can_not_be_read_is_a_failure(tests_of):
    ended = tests_of("import nothing_of_this_name")
    assert (ended.returncode, last_line(ended)) == (1, "0 passed, 1 failed")


def test_a_process_that_is_left_is_a_failure_and_is_ended(tests_of):
    ended = tests_of(LEAVES_A_PROCESS)

    assert (ended.returncode, last_line(ended)) == (1, "1 passed, 1 failed")
    assert "process left behind:" in ended.stdout and "sleep 300" in ended.stdout
    line = next(x for x in ended.stdout.splitlines() if x.startswith("process left behind"))
    assert not running(int(line.split()[3]))


def test_a_container_that_is_left_is_a_failure_and_is_removed(tests_of, engine, image):
    ended = tests_of(LEAVES_A_CONTAINER)

    assert (ended.returncode, last_line(ended)) == (1, "1 passed, 1 failed"), ended.stdout
    assert "container left behind:" in ended.stdout
    owner = {"label": f"{names.OWNER_LABEL}={names.owner()}"}
    assert not engine.client.api.containers(all=True, filters=owner)


def test_an_interrupt_ends_everything_and_says_so(tmp_path):
    (tmp_path / "test_these.py").write_text(HANGS)
    command = [sys.executable, "-m", "helpers", "test", str(tmp_path / "test_these.py")]
    process = subprocess.Popen(command, cwd=names.ROOT, stdout=subprocess.PIPE, text=True)
    while not (tmp_path / "begun").exists() and process.poll() is None:
        time.sleep(0.1)

    process.send_signal(signal.SIGINT)

    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert "Interrupted" in output and output.splitlines()[-1] == "0 passed, 0 failed"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "begun").read_text()), 0)


def test_why_gives_the_cause_and_1(image):
    ended = start("why", image)
    assert ended.returncode == 1 and "not-executable" in ended.stdout, ended.stderr


def test_why_of_an_image_that_is_not_there_is_one_sentence():
    ended = start("why", "no-such-image:1")
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1
    assert "no-such-image:1" in ended.stderr


@pytest.fixture
def hostile(engine):
    """An image whose files have names that nobody would give them."""
    with imported(engine, f"{names.TAG_PREFIX}hostile", *HOSTILE) as tag:
        yield tag


def test_explore_prints_layers_folders_and_waste(hostile):
    ended = start("explore", hostile)
    lines = ended.stdout.splitlines()
    assert ended.returncode == 0 and not ended.stderr
    assert lines[0] == f"hostile:latest  {10 * len(HOSTILE)} B"
    assert lines[1].startswith('config  command ["/x"], user root, working directory /,')
    assert f"/  {10 * len(HOSTILE)} B" in lines
    assert lines[-1] == "✓ no file is written twice or removed again"
    assert all(c.isprintable() for line in lines for c in line)
    assert "  └ [bold red]deep[_bold]  10 B  20.0 %" in lines


def test_compare_prints_what_differs(image, hostile):
    ended = start("compare", image, hostile)
    lines = ended.stdout.splitlines()
    assert ended.returncode == 0 and not ended.stderr
    assert lines[0] == f"left:latest -> hostile:latest  0 B -> {10 * len(HOSTILE)} B"
    assert f"only in hostile:latest  {len(HOSTILE)}" in lines
    assert "removed   0 B  /x" in lines and "added    10 B  /d/\\x1b[31mred" in lines
    assert all(c.isprintable() for line in lines for c in line)


@pytest.mark.parametrize("typed", [["explore"], ["compare", None]], ids=lambda typed: typed[0])
def test_to_look_at_an_image_that_is_not_there_is_one_sentence(image, typed):
    ended = start(*(each or image for each in typed), "no-such-image:1")
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1 and not ended.stdout
    assert "no-such-image:1" in ended.stderr


def test_clean_removes_what_is_ours(engine, image, tmp_path):
    # An engine that is named is another's, and keeps its build cache; the newer one, of this user's
    # cache folder, is not found: other tests build on both meanwhile.
    elsewhere = {"DOCKER_HOST": engine.host, names.CACHE_VARIABLE: str(tmp_path)}
    ended = start("clean", **elsewhere)

    assert ended.returncode == 0, ended.stderr
    assert not engine.client.images.list(image)


def test_bases_are_listed():
    ended = start("bases", "list")
    assert ended.returncode == 0 and "gcc:14" in ended.stdout, ended.stderr


def test_where_nothing_can_be_drawn_a_base_that_is_ready_is_a_line(lab):
    lab.base("busybox:1.37")
    ended = start("bases", "build", "busybox:1.37")
    assert ended.returncode == 0
    assert ended.stderr.startswith("busybox:1.37 ") and ended.stderr.count("\n") == 1


def test_a_base_that_is_not_known_is_one_sentence():
    ended = start("bases", "build", "gcc:99-nothing")
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1 and "gcc:14" in ended.stderr


def test_doctor_is_content_where_an_engine_answers(engine):
    ended = start("doctor")
    assert ended.returncode == 0, ended.stdout
    assert engine.version in ended.stdout and "python3 -m helpers lab" in ended.stdout
