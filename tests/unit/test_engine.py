"""Finding an engine, and the errors where none is found. The engines are sockets of the tests' own
that hang, refuse or talk nonsense, as broken engines do."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from helpers.core import machine, names
from helpers.core.errors import EngineError
from helpers.engine import find
from helpers.engine.client import facts
from helpers.engine.endpoints import Endpoint
from helpers.engine.find import find_engine


@pytest.fixture(autouse=True)
def nothing_chosen(tmp_path, monkeypatch):
    """No engine is named by this machine's environment or configuration."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", names.ENGINE_ROOT_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv(names.CACHE_VARIABLE, str(tmp_path / "cache"))


@pytest.fixture
def listen(tmp_path_factory):
    """Listens on a socket and does to each connection what it is told; gives the host's name."""
    servers = []

    def on(act) -> str:
        path = tmp_path_factory.mktemp("s") / "s"
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.listen()
        servers.append(server)

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=act, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return f"unix://{path}"

    yield on
    for server in servers:
        server.close()


def hangs(connection):
    connection.recv(1)
    time.sleep(60)


def drips(connection):
    """Says something again and again, so that no single read takes long."""
    with connection:
        for byte in b"HTTP/1.0 200 OK\r\nServer: " + b"x" * 200:
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                return
            time.sleep(0.1)


def says(answer: bytes):
    def act(connection):
        with connection:
            connection.recv(4096)
            connection.sendall(answer)

    return act


def failure(**options) -> str:
    with pytest.raises(EngineError) as raised:
        find_engine(**options)
    assert type(raised.value) is EngineError, "the name that a learner reads"
    message = str(raised.value)
    assert message.endswith(".") and "\n" not in message, "one sentence"
    return message


@pytest.mark.parametrize("act", [hangs, drips])
def test_an_engine_that_never_answers_is_an_error_within_the_timeout(listen, monkeypatch, act):
    host = listen(act)
    monkeypatch.setenv("DOCKER_HOST", host)
    began = time.monotonic()
    message = failure(timeout=1)
    assert time.monotonic() - began < 2
    assert host in message and "no answer within 1 s" in message and "restart it" in message


@pytest.mark.parametrize(
    "answer",
    [b"", b"hello\n", b"HTTP/1.0 200 OK\r\n\r\nhello", b"HTTP/1.0 200 OK\r\n\r\n{}"],
    ids=["nothing", "no HTTP", "no JSON", "no version"],
)
def test_an_answer_that_is_not_an_engines_is_an_error_that_names_the_host(
    listen, monkeypatch, answer
):
    host = listen(says(answer))
    monkeypatch.setenv("DOCKER_HOST", host)
    assert f"DOCKER_HOST names {host}, where no usable engine answers" in failure(timeout=5)


@pytest.mark.parametrize(
    "host", ["unix:///nowhere/docker.sock", "tcp://127.0.0.1:1", "tcp://nowhere.invalid:2375"]
)
def test_a_docker_host_that_points_nowhere_is_an_error_and_no_other_engine_is_tried(
    listen, monkeypatch, host
):
    monkeypatch.setenv("DOCKER_HOST", host)
    monkeypatch.setattr(find, "usual", lambda: pytest.fail("another was looked for"))
    message = failure()
    assert f"DOCKER_HOST names {host}, where no engine answers" in message
    assert "unset DOCKER_HOST" in message


def test_a_docker_host_that_is_no_address_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "nonsense://x")
    assert "nonsense://x" in failure()


@pytest.fixture
def context(tmp_path):
    """Writes a context of the docker command, chosen by its configuration."""

    def write(host: str) -> None:
        config = tmp_path / "config"
        meta = config / "contexts" / "meta" / hashlib.sha256(b"mine").hexdigest()
        meta.mkdir(parents=True)
        described = {"Name": "mine", "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}
        (meta / "meta.json").write_text(json.dumps(described))
        (config / "config.json").write_text(json.dumps({"currentContext": "mine"}))

    return write


def test_a_current_context_that_points_nowhere_is_an_error_and_no_other_engine_is_tried(context):
    context("unix:///nowhere/docker.sock")
    message = failure()
    assert "context 'mine' names unix:///nowhere/docker.sock" in message
    assert "docker context use default" in message


def test_docker_host_wins_over_the_context(context, monkeypatch):
    context("unix:///nowhere/docker.sock")
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    assert "tcp://127.0.0.1:1" in failure()


def test_a_context_that_does_not_exist_is_an_error_that_names_it(monkeypatch):
    monkeypatch.setenv("DOCKER_CONTEXT", "gone")
    message = failure()
    assert "'gone'" in message and "unset DOCKER_CONTEXT" in message


def test_where_no_engine_is_found_the_error_names_the_command_to_run(monkeypatch):
    monkeypatch.setattr(find, "usual", lambda: [Endpoint("unix:///nowhere/docker.sock")])
    assert "`python3 -m helpers lab`" in failure(start=False)


def test_no_private_engine_is_started_beside_one_that_hangs(listen, monkeypatch, tmp_path):
    host = listen(hangs)
    monkeypatch.setattr(find, "usual", lambda: [Endpoint(host)])
    assert host in failure(timeout=1)
    assert not (tmp_path / "cache" / "engine").exists()


def as_nobody(act) -> str:
    """What `act` gives in a process that has no rights."""
    heard, tell = os.pipe()
    if os.fork() == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setuid(65534)
            os.write(tell, act().encode())
        except BaseException as error:
            os.write(tell, repr(error).encode())
        os._exit(0)
    os.close(tell)
    with os.fdopen(heard) as pipe:
        said = pipe.read()
    os.wait()
    return said


def test_the_error_for_a_forbidden_socket_says_how_to_get_permission(listen, monkeypatch):
    host = listen(hangs)
    Path(host.removeprefix("unix://")).chmod(0)
    monkeypatch.setenv("DOCKER_HOST", host)
    message = as_nobody(failure)
    assert host in message and "usermod -aG docker" in message


@pytest.mark.skipif(sys.platform != "linux", reason="private engines are of Linux alone")
def test_a_user_who_is_not_root_is_told_how_to_get_an_engine(monkeypatch):
    monkeypatch.setattr(find, "usual", lambda: [])
    message = as_nobody(failure)
    assert "only root" in message and "`python3 -m helpers lab`" in message


@pytest.mark.skipif(sys.platform != "linux", reason="private engines are of Linux alone")
def test_the_error_for_a_missing_private_engine_names_the_packages_to_install(monkeypatch):

    monkeypatch.setattr(find, "usual", lambda: [])
    monkeypatch.setattr(machine, "is_root", lambda: True)
    monkeypatch.setattr(machine, "is_here", lambda mark: mark != "dockerd")
    message = failure()
    assert "docker.io" in message and "`python3 -m helpers lab`" in message


def test_it_can_be_imported_on_systems_without_posix():
    script = (
        "import docker, sys; sys.modules['fcntl'] = None; sys.platform = 'darwin'\n"
        "from helpers.engine import find\n"
        "find.usual = lambda: []\n"
        "try: find.find_engine()\n"
        "except Exception as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.stdout.startswith("No Docker engine answers: start Docker Desktop"), run.stderr


def test_importing_the_client_does_not_import_the_sdk():
    script = "import sys, helpers.engine.client; print('docker' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True) == "False\n"


# As the engines themselves answered to /version and /info, shortened.
DOCKER_20 = {
    "Version": "20.10.24+dfsg1",
    "ApiVersion": "1.41",
    "Arch": "amd64",
    "Components": [{"Name": "Engine"}, {"Name": "containerd"}, {"Name": "runc"}],
}
OVERLAY2 = {"DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]]}
DOCKER_28 = {
    "Version": "28.5.2+dfsg4",
    "ApiVersion": "1.51",
    "Arch": "arm64",
    "Components": [{"Name": "Engine"}, {"Name": "containerd"}],
}
SNAPSHOTTER = {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
PODMAN_4 = {
    "Version": "4.3.1",
    "ApiVersion": "1.41",
    "Arch": "amd64",
    "Components": [{"Name": "Podman Engine"}, {"Name": "Conmon"}],
}


@pytest.mark.parametrize(
    ("version", "info", "expected"),
    [
        (DOCKER_20, OVERLAY2, ("docker", "20.10.24+dfsg1", "graph", "buildkit", "amd64")),
        (DOCKER_28, SNAPSHOTTER, ("docker", "28.5.2+dfsg4", "containerd", "buildkit", "arm64")),
        (PODMAN_4, OVERLAY2, ("podman", "4.3.1", "graph", "classic", "amd64")),
        (
            DOCKER_20 | {"ApiVersion": "1.9"},
            {},
            ("docker", "20.10.24+dfsg1", "graph", "classic", "amd64"),
        ),
    ],
    ids=["20.10", "28.5", "podman", "before BuildKit"],
)
def test_the_facts_of_an_engine_are_read_from_its_answers(version, info, expected):
    found = facts(version, info)
    fields = ("name", "version", "store", "builder", "architecture")
    assert tuple(found[field] for field in fields) == expected
