"""The folder of a private engine: its users, its locks and its log, without an engine."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("private engines are of Linux alone", allow_module_level=True)

from helpers.engine.private.folder import SOCKET_LIMIT, Place
from helpers.engine.private.namespaces import last_words, not_started


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def other_user(place):
    """Another process that joins, and waits."""
    script = (
        "import sys; from pathlib import Path; from helpers.engine.private.folder import Place\n"
        f"user = Place(Path({str(place.folder)!r})).join()\n"
        "print(flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_a_process_is_a_user_until_it_leaves(place):
    assert place.users() == []
    first, second = place.join(), place.join()
    assert len(place.users()) == 2
    first.close()
    assert len(place.users()) == 1
    second.close()
    assert place.users() == []


def test_a_killed_process_is_no_user(place, other_user):
    assert [user.pid for user in place.users()] == [other_user.pid]
    other_user.send_signal(signal.SIGKILL)
    other_user.wait()
    assert place.users() == []
    place.forget_the_dead()
    assert list((place.folder / "users").iterdir()) == []


def test_forgetting_the_dead_keeps_the_living(place, other_user):
    place.forget_the_dead()
    assert [user.pid for user in place.users()] == [other_user.pid]


def test_only_one_process_at_a_time_is_settled(place):
    with place.settled():
        assert place.settle(0) is None
    place.settle(0).close()


def test_a_path_too_long_for_a_socket_is_reached_through_a_link(tmp_path):
    assert Place(Path("/short")).socket == Path("/short/docker.sock")
    deep = Place(tmp_path / ("x" * SOCKET_LIMIT))
    assert len(str(deep.socket)) < 50
    assert deep.socket.parent == deep.link


def test_the_same_path_in_two_containers_is_two_places(tmp_path, monkeypatch):
    here = Place(tmp_path)
    mark = here.mark
    assert mark == Place(tmp_path).mark != Place(tmp_path / "other").mark
    another = tmp_path.stat()
    monkeypatch.setattr(Path, "stat", lambda path: another)
    assert here.mark != mark


LOG = """\
time="2026-11-24T22:06:55Z" level=info msg="Starting up"
time="2026-11-24T22:06:55Z" level=error msg="something \\"odd\\" that does no harm"
failed to start daemon: Error initializing network controller: iptables not found
time="2026-11-24T22:06:56Z" level=info msg="stopping event stream"
"""


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (LOG, "failed to start daemon: Error initializing network controller: iptables not found"),
        ("\n".join(LOG.splitlines()[:2]), 'something "odd" that does no harm'),
        ("unshare: unshare failed: Operation not permitted\n", "not permitted"),
        ("", "it said nothing"),
    ],
)
def test_the_line_that_says_why_is_found_in_a_log(tmp_path, log, words):
    (tmp_path / "log").write_text(log)
    assert last_words(tmp_path / "log").endswith(words)


def test_a_full_disk_has_an_error_of_its_own(place):
    full = not_started(place, "mkdir /run/engine/data: No space left on device")
    assert "is full" in full and "LAB_CACHE" in full and str(place.folder) in full
    other = not_started(place, "iptables not found.")
    assert "(iptables not found)" in other and str(place.log) in other
