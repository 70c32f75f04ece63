"""A private engine runs, is shared, and leaves nothing on the host, however its users end."""

import io
import json
import os
import platform
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from helpers import newer
from helpers.build.builder import build
from helpers.core import names
from helpers.core.errors import EngineError
from helpers.engine import find as engines
from helpers.engine import private
from helpers.engine.client import Engine
from helpers.engine.endpoints import Endpoint
from helpers.engine.find import find_engine
from helpers.engine.private.attachment import where
from helpers.engine.private.folder import Place
from helpers.engine.private.namespaces import sweep
from helpers.lab.cleaning import clean

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root on Linux can start one"
)

APT = Path("/etc/apt")

SOON = 30.0
"""Seconds within which everything that ends must have ended: grace, the engine's own stop, ours."""

USER = """
import sys
from helpers.engine import private
attachment = private.attach()
print(attachment.socket, flush=True)
sys.stdin.read()
attachment.close()
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Iterator[Path]:
    """A cache folder of our own, so that the engine is none that somebody else uses; and in the
    end the proof that all that was started has left the host as it was."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv(names.CACHE_VARIABLE, str(folder))
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", names.ENGINE_ROOT_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    before = host(folder)
    yield folder
    try:
        eventually(lambda: not carriers(folder), f"all ends: {carriers(folder)}")
        eventually(
            lambda: host(folder) == before, f"the host is as it was: {host(folder) ^ before}"
        )
        assert not list(folder.rglob("docker.sock"))
    finally:
        for pid in carriers(folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for place in places(folder):
            sweep(place)


def places(cache: Path) -> list[Place]:
    """Where engines were started below this cache folder."""
    return [Place(settings.parent) for settings in cache.rglob("daemon.json")]


def host(cache: Path) -> set[str]:
    """What an engine changes on a host, but for processes: those are told by `carriers`."""
    mounts = Path("/proc/mounts").read_text().splitlines()
    controllers = [line.split()[1] for line in mounts if line.split()[2].startswith("cgroup")]
    rules = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
    settings = ("net/ipv4/ip_forward", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes")
    folders = [*controllers, "/sys/class/net", "/run", "/etc/docker", "/proc/sys/net/ipv4/conf"]
    ours = {place.mark for place in places(cache)}
    return {
        *(f"mount {line}" for line in mounts if cache_or_system(line.split()[1], cache)),
        *(f"rule {line}" for line in rules.splitlines() if line.startswith("-")),
        *(f"sysctl {name} {Path('/proc/sys', name).read_text()}" for name in settings),
        *(
            str(path)
            for folder in folders
            for path in Path(folder).glob("*")
            if path.name in ours or not path.name.startswith("shrink-lab-")  # another's
        ),
    }


def cache_or_system(mounted: str, cache: Path) -> bool:
    """Whether a mount could be the engine's; who makes a root in a temporary folder is another."""
    path = Path(mounted)
    return path.is_relative_to(cache) or not path.is_relative_to(tempfile.gettempdir())


def commands(variable: str | None = None) -> Iterator[tuple[int, str]]:
    """The number and the command of every process that has this variable in its environment."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:  # it has just ended
            continue
        if variable is None or variable.encode() in environment:
            yield int(folder.name), command


def carriers(cache: Path) -> dict[int, str]:
    """The processes that were started with this cache folder: an engine's whole family has it in
    its environment, but for what runs in containers."""
    found = dict(commands(f"{names.CACHE_VARIABLE}={cache}"))
    found.pop(os.getpid(), None)
    return found


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def eventually(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end, f"not within {SOON:g} s: {what}"
        time.sleep(0.1)


def state() -> dict[str, int]:
    return json.loads(where().state.read_text())


@contextmanager
def user() -> Iterator[subprocess.Popen]:
    """Another process that uses the engine until its standard input closes."""
    process = start_user()
    try:
        assert process.stdout.readline() == f"{where().socket}\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def start_user() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", USER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def client():
    """The SDK's own, so that nothing but the engine itself is looked at."""
    import docker

    return closing(docker.DockerClient(f"unix://{where().socket}", timeout=60))


def answers() -> bool:
    with client() as docker:
        return docker.ping()


def run_container() -> int:
    """Starts a container that sleeps on a network, and returns its process's number here."""
    sleep = shutil.which("sleep")
    needed = subprocess.check_output(["ldd", sleep], text=True).split()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for path in {sleep, *(word for word in needed if word.startswith("/"))}:
            tar.add(os.path.realpath(path), path)
    command = [sleep, f"600.{secrets.randbelow(10**9)}"]
    with client() as docker:
        docker.api.import_image_from_data(file.getvalue(), repository="sleeper")
        docker.containers.run("sleeper", command, detach=True)
    found: list[int] = []

    def seen() -> bool:  # until it is executed it has runc's command
        found.extend(pid for pid, said in commands() if said == " ".join(command))
        return bool(found)

    eventually(seen, "its program runs")
    return found[0]


def test_nothing_is_left_when_its_last_user_has_left(cache):
    began = time.monotonic()
    engine = private.attach()
    assert time.monotonic() - began < 20
    container = run_container()
    assert alive(container) and len(carriers(cache)) >= 5
    engine.close()
    eventually(lambda: not alive(container), "its containers end with it")


def test_closing_can_wait_until_nothing_is_left(cache):
    engine = private.attach()
    container = run_container()
    engine.close(wait=True)
    assert not alive(container)
    assert carriers(cache) == {}


def test_images_are_still_there_after_a_restart(cache):
    with private_engine() as engine:
        engine.client.api.import_image_from_data(empty_tar(), repository="kept")
    with private_engine() as engine:
        assert engine.client.images.get("kept")


def empty_tar() -> bytes:
    file = io.BytesIO()
    tarfile.open(fileobj=file, mode="w").close()
    return file.getvalue()


@contextmanager
def private_engine() -> Iterator[Engine]:
    """The private engine as `Engine.find` finds it, where no other answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "usual", lambda: [Endpoint("unix:///nowhere/docker.sock")])
        engine = find_engine()
    try:
        yield engine
    finally:
        engine.close(wait=True)


def test_find_engine_starts_it_where_no_other_answers_and_then_finds_it():
    with private_engine() as first, private_engine() as second:
        assert first.private and second.private and first.host == second.host
        assert [u.pid for u in private.users()] == [os.getpid()] * 2
        assert first.client.info()["DockerRootDir"] == "/run/engine/data"


def test_clean_empties_its_build_cache(tmp_path):
    with private_engine() as engine:
        (tmp_path / "a").write_text("a")
        tag, labels = f"{names.TAG_PREFIX}cached:1", {names.OWNER_LABEL: names.owner()}
        build(engine, tmp_path, "FROM scratch\nCOPY a /\n", tag=tag, labels=labels)
        assert engine.client.df()["BuildCache"]
        clean(engine)
        assert not engine.client.df()["BuildCache"]


def mirrored_file() -> str:
    """The address of a small file on the mirror that this machine's own apt uses."""
    files = (path for folder in ("*", "sources.list.d/*", "mirrors/*") for path in APT.glob(folder))
    text = "\n".join(path.read_text() for path in files if path.suffix in (".list", ".sources"))
    archive = re.search(r"https?://\S+/(?:debian|ubuntu)(?=/?\s)", text)[0]
    return f"{archive}/dists/{platform.freedesktop_os_release()['VERSION_CODENAME']}/Release"


def test_it_reaches_the_network_by_name():
    with private_engine() as engine:
        inside = Path(f"/proc/{state()['init']}/root/etc/resolv.conf")
        assert inside.read_text() == "nameserver 10.0.2.3\n", "the host's may be in its loopback"
        dockerfile = io.BytesIO(f"FROM scratch\nADD {mirrored_file()} /\n".encode())
        image, _ = engine.client.images.build(fileobj=dockerfile)
        assert sum(layer["Size"] for layer in image.history()) > 1000


def test_others_join_it_and_it_stops_after_the_last(cache):
    with user() as first:
        supervisor = state()["supervisor"]
        with user() as second:
            assert {u.pid for u in private.users()} == {first.pid, second.pid}
            first.communicate()
            time.sleep(5)  # more than the grace
            assert alive(supervisor), "one user is left"
            assert answers()
            second.communicate()
            eventually(lambda: not alive(supervisor), "none is left")


def test_many_processes_at_once_get_one_engine(cache):
    comers = [start_user() for _ in range(4)]
    sockets = {process.stdout.readline() for process in comers}
    assert sockets == {f"{where().socket}\n"}
    assert sum(command.startswith("dockerd") for command in carriers(cache).values()) == 1
    assert len(private.users()) == 4
    for process in comers:
        process.communicate()


def test_a_user_that_comes_within_some_seconds_finds_it_running():
    private.attach().close()
    supervisor = state()["supervisor"]
    engine = private.attach()
    assert state()["supervisor"] == supervisor
    engine.close(wait=True)


def test_a_killed_process_is_no_user_any_more(cache):
    with user() as process:
        container = run_container()
        process.send_signal(signal.SIGKILL)
        process.wait()
        eventually(lambda: not alive(container), "the engine ends")


def test_when_its_supervisor_is_killed_all_of_it_ends(cache):
    engine = private.attach()
    container, supervisor = run_container(), state()["supervisor"]
    os.kill(supervisor, signal.SIGKILL)
    eventually(lambda: not alive(container) and not carriers(cache), "the kernel ends the family")
    engine.close()  # and removes what only a living process can


def test_the_next_start_recovers_after_all_its_processes_were_killed(cache):
    with user() as process:
        run_container()
        os.kill(state()["supervisor"], signal.SIGKILL)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert private.attach(start=False) is None
    engine = private.attach()
    assert answers()
    engine.close()


def test_an_engine_that_died_is_started_again(cache):
    engine = private.attach()
    supervisor = state()["supervisor"]
    os.kill(state()["init"], signal.SIGKILL)
    eventually(lambda: not alive(supervisor), "the supervisor sees it and ends")
    again = private.attach()
    assert answers()
    engine.close()
    again.close()


@pytest.mark.parametrize("whom", ["its user, by Ctrl-C", "its supervisor"])
def test_an_interrupted_start_leaves_nothing(cache, whom):
    process = start_user()
    eventually(lambda: where().state.exists(), "it is being started")
    if whom == "its supervisor":
        os.kill(state()["supervisor"], signal.SIGTERM)
    else:
        process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode != 0


def test_the_path_of_the_cache_may_be_long(cache, monkeypatch):
    deep = cache.joinpath(*["a-folder-with-a-long-name"] * 4)
    deep.mkdir(parents=True)
    monkeypatch.setenv(names.CACHE_VARIABLE, str(deep))
    engine = private.attach()
    assert len(str(engine.socket)) < 107 < len(str(deep / "engine" / "docker.sock"))
    assert answers()
    engine.close(wait=True)
    assert carriers(deep) == {}


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    folder.mkdir()
    subprocess.run(["mount", *options, str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_an_error_that_says_so(cache, monkeypatch):
    full = cache / "full"
    with mounted(full, "-t", "tmpfs", "-o", "size=100k", "tmpfs"):
        monkeypatch.setenv(names.CACHE_VARIABLE, str(full))
        with pytest.raises(
            EngineError, match=r"is full: free some space, or .*LAB_CACHE"
        ) as raised:
            private.attach()
        assert str(full) in str(raised.value)
        assert carriers(full) == {}


def test_the_error_of_an_engine_that_can_not_start_says_why(cache):
    data = where().folder / "data"
    data.mkdir(parents=True)
    (data / "image").write_text("in its way")
    with pytest.raises(EngineError, match=r"did not start \(.*image: not a dir.*\)") as raised:
        private.attach()
    assert str(where().log) in str(raised.value)


def test_an_engine_can_run_in_another_root(cache, tmp_path):
    """The host's own system, read-only and under another name, stands for another Debian."""
    nothing, root = tmp_path / "nothing", tmp_path / "root"
    options = ("-t", "overlay", "-o", f"lowerdir={nothing}:/", "overlay")
    with mounted(nothing, "-t", "tmpfs", "tmpfs"), mounted(root, *options):
        engine = private.attach(root=str(root))
        assert engine.socket != where().socket
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(names.ENGINE_ROOT_VARIABLE, str(root))
            patch.setattr(engines, "usual", lambda: pytest.fail("another was looked for"))
            with find_engine() as found:
                assert found.host == f"unix://{engine.socket}" and found.private
        engine.close(wait=True)


NEWER_ROOT = str(newer.root())  # before a test has a cache of its own


def test_the_newer_engine_leaves_nothing(newer_lab, cache):
    """It is started from the system that the lab has made, with a folder of its own."""
    engine = private.attach(root=NEWER_ROOT)
    assert any(command.startswith("dockerd") for command in carriers(cache).values())
    engine.close(wait=True)
    assert carriers(cache) == {}
    assert private.remove(NEWER_ROOT) and not where(NEWER_ROOT).folder.exists()
