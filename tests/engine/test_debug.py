"""Looking into containers that have no tools, on a real engine."""

import tarfile
import threading

import docker.errors
import pytest

from helpers.build.builder import build
from helpers.core import names
from helpers.core.errors import LabError
from helpers.lab.handles import image_of
from helpers.run import debug

TAG = f"{names.TAG_PREFIX}test-debug"
TOOLS = "busybox:1.37-musl"
SERVER = """\
FROM tools AS tools
RUN mkdir -p /tree/www /tree/etc && cp /bin/busybox /tree/busybox \\
    && echo "a page" > /tree/www/index.html && ln -s /www /tree/pages && ln -s nothing /tree/broken

FROM scratch
COPY --from=tools /tree /
USER 10001
CMD ["/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
"""


@pytest.fixture(scope="module")
def tools(lab):
    return lab.base(TOOLS).reference


def made(engine, tools, folder, tag, text):
    owner = {names.OWNER_LABEL: names.owner()}
    build(engine, folder, text, tag=tag, bases={"tools": tools}, labels=owner)
    return image_of(engine, tag)


@pytest.fixture(scope="module")
def server(engine, tools, tmp_path_factory):
    """A server of another user, in an image without a shell."""
    folder = tmp_path_factory.mktemp("context")
    yield made(engine, tools, folder, f"{TAG}:server", SERVER)
    engine.client.images.remove(f"{TAG}:server", force=True)


@pytest.fixture(scope="module")
def container(server):
    with debug.running(server) as found:
        yield found


def of_image(engine, image):
    found = engine.client.api.containers(all=True, filters={"ancestor": image.id})
    return [c["Id"] for c in found]


def test_a_file_is_copied_out_of_an_image(server, tmp_path):
    copy = debug.copy_out(server, "/busybox", tmp_path)
    assert copy == tmp_path / "busybox"
    assert copy.read_bytes()[:4] == b"\x7fELF"
    assert copy.stat().st_mode & 0o111
    assert copy.stat().st_size == server.rootfs.stat("/busybox").size


def test_copying_follows_links_and_takes_a_name_for_the_copy(server, tmp_path):
    copy = debug.copy_out(server, "/pages/index.html", str(tmp_path / "x.html"))
    assert copy.read_text() == "a page\n"


def test_a_file_is_copied_out_of_a_container_by_name_or_id(engine, container, tmp_path):
    for number, source in enumerate((container, container.name, container.id[:12])):
        copy = debug.copy_out(source, "www/index.html", tmp_path / str(number), engine=engine)
        assert copy.read_text() == "a page\n"


def test_no_file_is_overwritten(server, tmp_path):
    mine = tmp_path / "busybox"
    mine.write_text("mine")
    for take in (
        lambda: debug.copy_out(server, "/busybox", tmp_path),
        lambda: debug.copy_out(server, "/busybox", mine),
        lambda: debug.export(server, mine),
    ):
        with pytest.raises(LabError, match="there already"):
            take()
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("path", ["/nothing", "/www", "/broken", "/busybox/x", "/", "/dev"])
def test_a_copy_that_fails_leaves_no_file(server, tmp_path, path):
    with pytest.raises(LabError):
        debug.copy_out(server, path, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_and_an_unknown_container_are_errors(engine, server, tmp_path):
    with pytest.raises(LabError):
        debug.copy_out(server, "/busybox", tmp_path / "no" / "copy")
    for source, where in (("no-such-container", engine), ("x", None)):
        with pytest.raises(LabError):
            debug.copy_out(source, "/x", tmp_path / "copy", engine=where)
        with pytest.raises(LabError):
            debug.listing(source, engine=where)
        with pytest.raises(LabError):
            debug.export(source, tmp_path / "copy", engine=where)
        with pytest.raises(LabError):
            debug.sidecar(source, "true", "x", engine=where)
    assert list(tmp_path.iterdir()) == []


def test_the_exported_tar_has_the_listed_files(server, tmp_path):
    file = debug.export(server, tmp_path / "all.tar")
    with tarfile.open(file) as archive:
        exported = {f"/{name.strip('/')}" for name in archive.getnames()}
    listed = {f.path: f for f in debug.listing(server)}
    assert exported - {"/", "/."} == set(listed)
    assert listed["/www/index.html"].size == 7
    assert listed["/pages"].target == "/www"
    assert {"/dev", "/proc", "/sys", "/etc/hosts"} <= set(listed)


def test_the_listing_of_a_container_has_its_changes(container, tools):
    debug.sidecar(container, "echo x > /proc/1/root/new", tools)
    assert "/new" in [f.path for f in debug.listing(container)]


def test_a_sidecar_sees_processes_files_and_network(container, tools):
    processes = debug.sidecar(container, "ps -o pid,user,args", tools)
    assert processes.ok, processes
    first = processes.output.splitlines()[1].split()
    assert first == ["1", "10001", "/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
    files = debug.sidecar(container, ["ls", "/proc/1/root"], tools)
    assert {"busybox", "www"} <= set(files.output.split())
    ports = debug.sidecar(container, "netstat -ltn | grep -c :8080", tools)
    assert ports.output == "1\n"
    page = debug.sidecar(container, "wget -qO- http://localhost:8080/", tools)
    assert (page.ok, page.output) == (True, "a page\n")


def test_a_sidecars_outcome_is_a_run(engine, container, server, tools):
    failed = debug.sidecar(container, "echo out; echo err >&2; exit 3", tools)
    assert (failed.ok, failed.exit_code) == (False, 3)
    assert sorted(failed.output.split()) == ["err", "out"]
    slow = debug.sidecar(container, "echo begun; sleep 100", tools, timeout=1)
    assert (slow.timed_out, slow.ok, slow.output) == (True, False, "begun\n")
    no_shell = debug.sidecar(container, "true", server.tag)
    assert (no_shell.ok, no_shell.exit_code) == (False, None)
    assert no_shell.error
    with pytest.raises(LabError, match="no image"):
        debug.sidecar(container, "true", "no/such:tools")
    assert debug.sidecar(container.name, "id -u", tools, engine=engine).output == "0\n"


def test_no_container_is_left_behind(engine, container, server, tools, tmp_path):
    before = set(of_image(engine, server))
    debug.copy_out(server, "/busybox", tmp_path)
    debug.listing(server)
    with pytest.raises(RuntimeError), debug.running(server) as second:
        debug.sidecar(second, "true", tools)
        raise RuntimeError
    assert set(of_image(engine, server)) == before
    with pytest.raises(docker.errors.NotFound):
        engine.client.api.inspect_container(second.id)


def test_a_running_container_shows_its_log_and_can_be_stopped(engine, tools, tmp_path):
    quick = made(
        engine,
        tools,
        tmp_path,
        f"{TAG}:quick",
        'FROM tools\nCMD ["sh", "-c", "trap \'exit 0\' TERM; echo begun; '
        'while :; do sleep 0.1; done"]\n',
    )
    try:
        with debug.running(quick) as container:
            wait_for(container, "begun")
            stopped = container.stop()
            assert (stopped.exit_code, container.logs()) == (0, "begun\n")
            assert stopped.seconds < 5
            assert container.health() == "none"
            with pytest.raises(LabError, match="does not run"):
                debug.sidecar(container, "true", tools)
        with debug.running(quick, "echo", "other words") as container:
            wait_for(container, "other words")
        with (
            pytest.raises(LabError, match="does not start"),
            debug.running(quick, "no-such-program"),
        ):
            pass
    finally:
        engine.client.images.remove(f"{TAG}:quick", force=True)


def test_process_1_without_a_handler_must_be_killed_unless_it_has_an_init(server):
    """Side by side: the first takes the ten seconds that `docker stop` waits."""
    found = {}

    def stop(init):
        with debug.running(server, "/busybox", "sleep", "1000", init=init) as container:
            found[init] = container.stop()

    threads = [threading.Thread(target=stop, args=(init,)) for init in (False, True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found[False].exit_code, found[True].exit_code) == (137, 143)
    assert found[False].seconds > 9
    assert found[True].seconds < 5


@pytest.mark.parametrize(("check", "health"), [("true", "healthy"), ("false", "unhealthy")])
def test_health_is_what_the_healthcheck_found(engine, tools, tmp_path, check, health):
    tag = f"{TAG}:{health}"
    text = f"FROM tools\nHEALTHCHECK --interval=1s --retries=1 CMD {check}\n"
    image = made(engine, tools, tmp_path, tag, text + 'CMD ["sleep", "1000"]\n')
    try:
        with debug.running(image) as container:
            assert container.health() == health
        with debug.running(image, "true") as container:
            engine.client.api.wait(container.id)
            with pytest.raises(LabError, match="ended"):
                container.health()
    finally:
        engine.client.images.remove(tag, force=True)


def wait_for(container, text):
    for _ in range(100):
        if text in container.logs():
            return
        threading.Event().wait(0.1)
    raise AssertionError(container.logs())
