"""Builds on a real engine, with each of its builders: those that succeed, fail or are stopped."""

import copy
import os
import queue
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from helpers.build.builder import Built, build
from helpers.build.error import BuildFailed
from helpers.build.options import BuildOptions
from helpers.build.running import SENDING
from helpers.core import names
from helpers.core.errors import EngineError, LabError
from helpers.core.events import CancellationToken, Event
from helpers.engine.client import Engine

BASE = "debian:trixie-slim"
LABELS = {names.OWNER_LABEL: names.owner()}


@pytest.fixture(scope="module")
def base(lab) -> str:
    """A small image with a shell, as the engine knows it."""
    return lab.base(BASE).reference


@pytest.fixture(params=["buildkit", "classic"])
def builder(engine: Engine, request) -> Engine:
    """The engine with each builder that it has: BuildKit's have the classic one too."""
    if request.param == "buildkit" and engine.builder == "classic":
        pytest.skip("this engine has the classic builder alone")
    one = copy.copy(engine)
    one.builder = request.param
    return one


@pytest.fixture
def make(builder: Engine, base: str, tmp_path: Path):
    """Builds a Dockerfile in a context of its own; what it tags is removed again."""
    tags = []

    def made(dockerfile: str, files: dict[str, str] | None = None, **options) -> Built:
        folder = tmp_path / f"context{len(tags)}"
        for path, text in (files or {}).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        folder.mkdir(exist_ok=True)
        tags.append(f"{names.TAG_PREFIX}test-build:{random.getrandbits(64):x}")
        settings = {"tag": tags[-1], "bases": {BASE: base}, "labels": LABELS, **options}
        return build(builder, folder, dockerfile, **settings)

    yield made
    for tag in tags:
        if builder.client.images.list(tag):
            builder.client.images.remove(tag, force=True)


def printed(engine: Engine, image: str, *command: str) -> str:
    """What a command prints in an image."""
    run = engine.client.containers.run
    return run(image, list(command), remove=True, network_mode="none").decode()


def test_an_image_is_built_tagged_and_labelled(make, builder: Engine):
    built = make(
        f"ARG SUITE=slim\nFROM {BASE} AS one\nARG WHO\nRUN echo hello $WHO > /hello\n"
        'FROM scratch\nCOPY --from=one /hello /\nCOPY a.txt /\nCMD ["/x"]\n',
        {"a.txt": "abc", "src/b.txt": "defg"},
        options=BuildOptions(args={"WHO": "you"}),
    )
    image = builder.client.images.get(built.id)
    assert image.labels[names.OWNER_LABEL] == names.owner()
    assert image.attrs["Config"]["Cmd"] == ["/x"]
    assert (built.context_size, built.context_files) == (7, 2)
    assert [(step.name, step.line) for step in built.steps] == [
        (f"[one 1/2] FROM {BASE} AS one", 2),
        ("[one 2/2] RUN echo hello $WHO > /hello", 4),
        ("[stage-1 1/2] COPY --from=one /hello /", 6),
        ("[stage-1 2/2] COPY a.txt /", 7),
    ]


def test_the_cache_is_used_unless_it_is_turned_off(make):
    dockerfile = f"FROM {BASE}\nCOPY a.txt /\nRUN echo {random.random()} > /b\n"
    make(dockerfile, {"a.txt": "abc"})
    again = make(dockerfile, {"a.txt": "abc"})
    assert [step.cached for step in again.steps[1:]] == [True, True]
    afresh = make(dockerfile, {"a.txt": "abc"}, options=BuildOptions(no_cache=True))
    assert [step.cached for step in afresh.steps[1:]] == [False, False]


def test_a_copied_file_stays_cached_when_other_files_change(make):
    dockerfile = f"FROM {BASE}\nCOPY list /\nRUN echo {random.random()}\nCOPY . /all\n"
    make(dockerfile, {"list": "abc", "code": "1"})
    again = make(dockerfile, {"list": "abc", "code": "2"})
    assert [step.cached for step in again.steps[1:]] == [True, True, False]


def test_only_the_target_stage_is_built(make):
    dockerfile = f"FROM {BASE} AS one\nRUN echo 1\nFROM {BASE} AS two\nRUN exit 1\n"
    built = make(dockerfile, options=BuildOptions(target="ONE"))
    assert [step.line for step in built.steps] == [1, 2]


def test_the_dockerfile_is_not_in_the_image(make, builder: Engine):
    files = {"a.txt": "abc", "src/b.txt": "d", "Dockerfile": "mine", "secret": "s"}
    built = make(
        f"FROM {BASE}\nWORKDIR /one\nCOPY . .\nWORKDIR /two\nADD ./ ./\n"
        f"FROM {BASE}\nCOPY --from=0 /one /one\nCOPY --from=0 /two /two\nCOPY *.txt /three/\n",
        {**files, ".dockerignore": "secret"},
    )
    found = printed(builder, built.id, "find", "/one", "/two", "/three", "-type", "f")
    sent = {".dockerignore", "a.txt", "src/b.txt", "Dockerfile"}
    assert set(found.split()) == {
        *(f"/{to}/{f}" for to in ("one", "two") for f in sent),
        "/three/a.txt",
    }
    assert [step.line for step in built.steps] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_an_empty_context_can_be_copied(make):
    assert make(f"FROM {BASE}\nCOPY . /x\n").context_files == 0


def test_modes_links_and_names_arrive_in_the_image(make, builder: Engine, tmp_path: Path):
    folder = tmp_path / "context0"
    folder.mkdir()
    (folder / "run").write_text("#!/bin/sh\necho ran\n")
    (folder / "run").chmod(0o755)
    (folder / "caf\u00e9").symlink_to("run")
    built = make(f"FROM {BASE}\nCOPY . /x\n")
    assert printed(builder, built.id, "/x/caf\u00e9") == "ran\n"
    assert (
        printed(builder, built.id, "stat", "-c", "%u:%g %F", "/x/caf\u00e9")
        == "0:0 symbolic link\n"
    )


def test_the_context_can_be_mounted(make, builder: Engine):
    dockerfile = f"FROM {BASE}\nRUN --mount=target=/in ls -A /in > /out\n"
    if builder.builder == "classic" and builder.name == "docker":
        with pytest.raises(BuildFailed) as told:  # it has no mounts, and says so
            make(dockerfile, {"a.txt": "abc"})
        assert told.value.line == 2
    else:
        built = make(dockerfile, {"a.txt": "abc"})
        assert printed(builder, built.id, "cat", "/out") == "a.txt\n"


def test_progress_comes_step_by_step(make):
    heard: list[Event] = []
    make(
        f"FROM {BASE}\nRUN echo {random.random()}; echo there >&2\n",
        {"a": "abc"},
        listener=heard.append,
    )
    run = [event for event in heard if " RUN " in event.name]
    assert run[0].state == "running"
    assert run[-1].state == "done"
    assert "there\n" in "".join(event.log for event in run)
    assert Event(SENDING, SENDING, "done", 3, 3) in heard
    assert all(event.step == event.name for event in heard)


# Each failure is told in the same words by each builder; the engine's own are on their own lines.
FAILURES = {
    "a program that fails": (
        f"FROM {BASE}\n\nRUN echo one && \\\n    echo two && exit 3\n",
        "`RUN echo one && echo two && exit 3` (line 3) ended with exit code 3 "
        "after it had printed:\n  one\n  two",
        ("RUN echo one && echo two && exit 3", 3, "one\ntwo\n", None),
    ),
    "one that is silent": (
        f"FROM {BASE}\nRUN false\n",
        "`RUN false` (line 2) ended with exit code 1 and printed nothing.",
        ("RUN false", 2, "", None),
    ),
    "no shell": (
        f"FROM {BASE} AS build\nFROM scratch\nCOPY . /\nRUN echo hi\n",
        "`RUN echo hi` (line 4) could not start. `RUN` is written as a string",
        ("RUN echo hi", 4, "", "missing-shell"),
    ),
    "no loader": (
        f'FROM {BASE} AS build\nFROM scratch\nCOPY --from=build /bin/true /\nRUN ["/true"]\n',
        '`RUN ["/true"]` (line 4) could not start. `/true` is in the image.',
        ('RUN ["/true"]', 4, "", "missing-loader"),
    ),
    "no such program": (
        f"FROM {BASE}\nRUN nope\n",
        "`RUN nope` (line 2) ended with exit code 127 after it had printed:\n",
        ("RUN nope", 2, "/bin/sh: 1: nope: not found\n", "missing-file"),
    ),
    "not in the context": (
        "FROM scratch\nCOPY here nope /\n",
        "`COPY here nope /` (line 2) takes 'nope', which the build context doesn't have.",
        ("COPY here nope /", 2, "", None),
    ),
    "left out of the context": (
        "FROM scratch\nCOPY secret /\n",
        "`COPY secret /` (line 2) takes 'secret', which .dockerignore leaves out",
        ("COPY secret /", 2, "", None),
    ),
    "not in the stage": (
        f"FROM {BASE} AS build\nWORKDIR /go\nFROM scratch\nCOPY --from=build hello /\n",
        "`COPY --from=build hello /` (line 4) takes 'hello', which stage 'build' doesn't have: "
        "the path begins at the root there, not at its WORKDIR.",
        ("COPY --from=build hello /", 4, "", None),
    ),
    "not in the stage of that number": (
        f"FROM {BASE}\nFROM scratch\nCOPY . /\nCOPY --from=0 /hello /\n",
        "`COPY --from=0 /hello /` (line 4) takes '/hello', which stage 0 doesn't have.",
        ("COPY --from=0 /hello /", 4, "", None),
    ),
    "no such stage": (
        "FROM scratch\nCOPY --from=localhost/shrink/nope /hello /\n",
        "`COPY --from=localhost/shrink/nope /hello /` (line 2) needs the image "
        "'localhost/shrink/nope', which this engine neither has nor can get",
        ("COPY --from=localhost/shrink/nope /hello /", 2, "", None),
    ),
    "no such base": (
        "# a base\nFROM localhost/shrink/nope:1 AS one\nRUN true\n",
        "`FROM localhost/shrink/nope:1 AS one` (line 2) needs the image 'localhost/shrink/nope:1'",
        ("FROM localhost/shrink/nope:1 AS one", 2, "", None),
    ),
    "no such instruction": (
        f"FROM {BASE}\nCOPY . .\nRUNN true\n",
        "Line 3 of the Dockerfile can't be understood: `RUNN true`.",
        ("", 3, "", None),
    ),
    "a flag that is none": (
        f"FROM {BASE}\nCOPY --form=a b /\n",
        "Line 2 of the Dockerfile can't be understood: `COPY --form=a b /`.",
        ("", 2, "", None),
    ),
    "a disk that is full": (
        f"FROM {BASE}\nRUN echo 'cp: write: No space left on device' >&2; exit 1\n",
        "The engine's disk is full at `RUN echo",
        ("RUN echo 'cp: write: No space left on device' >&2; exit 1", 2, None, None),
    ),
    "nothing": ("", "The Dockerfile is empty: begin it with", ("", None, "", None)),
    "no FROM": ("RUN true\n", "The Dockerfile has no FROM yet", ("", None, "", None)),
}


@pytest.mark.parametrize("case", FAILURES)
def test_the_error_says_what_failed_and_where(make, builder: Engine, case: str):
    dockerfile, words, (step, line, log, cause) = FAILURES[case]
    with pytest.raises(BuildFailed) as told:
        make(dockerfile, {"here": "x", "secret": "y", ".dockerignore": "secret"})
    failed = told.value
    own = [each for each in str(failed).split("\n") if not each.startswith("engine | ")]
    assert "\n".join(own).startswith(words)
    assert (failed.step, failed.line) == (step, line)
    assert log is None or failed.log == log
    assert (failed.diagnosis.cause if failed.diagnosis else None) == cause
    assert not builder.client.api.images(f"{names.TAG_PREFIX}before")


def test_only_the_message_has_a_long_log_cut(make):
    with pytest.raises(BuildFailed) as told:
        make(f"FROM {BASE}\nRUN for i in $(seq 500); do echo line $i; done; exit 1\n")
    lines = str(told.value).split("\n")
    assert len(lines) == 13
    assert "500 lines" in lines[0]
    assert lines[-1] == "  line 500"
    assert told.value.log.count("\n") == 500


def test_a_log_may_have_any_bytes(make):
    with pytest.raises(BuildFailed) as told:
        make(f"FROM {BASE}\nRUN printf '10%%\\r90%%\\n\\303\\251\\377\\n\\n'; exit 1\n")
    assert told.value.log == "10%\r90%\n\u00e9\ufffd\n\n"
    assert str(told.value).endswith("printed:\n  90%\n  \u00e9\ufffd")


def test_the_error_for_an_unknown_target_names_the_stages(make):
    with pytest.raises(BuildFailed, match="no stage called 'two': it has 'one'"):
        make(f"FROM {BASE} AS one\n", options=BuildOptions(target="two"))


def test_a_missing_context_is_an_error(builder: Engine, tmp_path: Path):
    with pytest.raises(LabError, match="There is no folder"):
        build(builder, tmp_path / "nope", "FROM scratch\n", tag="localhost/shrink/none:1")


def test_two_builds_can_run_at_once(make):
    done: queue.Queue = queue.Queue()

    def one(number: int) -> None:
        heard: list[Event] = []
        dockerfile = (
            f"FROM {BASE}\nCOPY a /\nRUN for i in 1 2 3; do echo {number}; sleep 0.2; done\n"
        )
        make(
            dockerfile,
            {"a": f"{number}"},
            options=BuildOptions(no_cache=True),
            listener=heard.append,
        )
        done.put((number, "".join(event.log for event in heard)))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(done.queue) == [(n, f"{n}\n" * 3) for n in range(3)]


SLEEPS = """
    import sys
    from pathlib import Path
    from helpers.core import names
    from helpers.build.builder import build
    from helpers.build.options import BuildOptions
    from helpers.engine.client import Engine
    from helpers.engine.find import find_engine

    engine = find_engine(start=False)
    engine.builder = {builder!r}
    def heard(event):
        if "begun" in event.log:
            print("begun", flush=True)
    build(
        engine,
        Path({context!r}),
        "FROM {base}\\nRUN echo begun; sleep {seconds}\\n",
        tag="localhost/shrink/test-build:interrupted",
        labels={{names.OWNER_LABEL: names.owner()}},
        listener=heard,
        options=BuildOptions(no_cache=True),
    )
"""


@pytest.fixture
def sleeping(builder: Engine, base: str, tmp_path: Path):
    """A program that builds an image for hours, and the number by which its step is known."""
    seconds = str(random.randint(30_000, 99_999))
    program = SLEEPS.format(
        builder=builder.builder, context=str(tmp_path), base=base, seconds=seconds
    )
    return textwrap.dedent(program), seconds


def asleep(engine: Engine, seconds: str) -> list[str]:
    """What there still is of a build that sleeps: processes, and containers of the engine's."""
    processes = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it has ended
            continue
        if words[:2] == ["sleep", seconds]:
            processes.append(str(place))
    containers = engine.client.containers.list(all=True, ignore_removed=True)
    return processes + [
        c.id for c in containers if seconds in " ".join(c.attrs["Config"]["Cmd"] or ())
    ]


def nothing_is_left(engine: Engine, seconds: str) -> bool:
    """Whether a build that slept is gone. Podman has no way to stop a step that runs."""
    return engine.name == "podman" or not asleep(engine, seconds)


def fallen_asleep(engine: Engine, seconds: str) -> bool:
    """Waits until a build that sleeps has come to that."""
    deadline = time.monotonic() + 30
    while not asleep(engine, seconds) and time.monotonic() < deadline:
        time.sleep(0.05)
    return bool(asleep(engine, seconds))


@pytest.mark.timeout(120)
def test_ctrl_c_stops_the_build_and_leaves_nothing(builder: Engine, sleeping):
    program, seconds = sleeping
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DOCKER_HOST": builder.host},
    ) as process:
        try:
            assert process.stdout.readline() == "begun\n"
            assert fallen_asleep(builder, seconds)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert nothing_is_left(builder, seconds)


@pytest.mark.timeout(120)
def test_interrupting_a_kernel_stops_the_build(builder: Engine, sleeping, monkeypatch):
    program, seconds = sleeping
    monkeypatch.setenv("DOCKER_HOST", builder.host)
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        cell = client.execute(program)
        while client.get_iopub_msg(timeout=60)["content"].get("text") != "begun\n":
            pass
        assert fallen_asleep(builder, seconds)
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=60))["parent_header"].get("msg_id") != cell:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert nothing_is_left(builder, seconds)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.timeout(120)
def test_another_thread_can_stop_the_build(make, builder: Engine):
    token = CancellationToken()
    begun = threading.Event()
    seconds = str(random.randint(30_000, 99_999))
    told: list[BaseException] = []

    def one() -> None:
        try:
            make(
                f"FROM {BASE}\nRUN echo begun; sleep {seconds}\n",
                options=BuildOptions(no_cache=True),
                token=token,
                listener=lambda event: begun.set() if "begun" in event.log else None,
            )
        except LabError as error:
            told.append(error)

    thread = threading.Thread(target=one)
    thread.start()
    assert begun.wait(60)
    token.stop()
    thread.join(60)
    assert str(told[0]) == "The build was stopped."
    assert token.running == 0
    assert nothing_is_left(builder, seconds)


def test_a_listener_that_raises_stops_the_build(make, builder: Engine):
    seconds = str(random.randint(30_000, 99_999))

    def broken(event: Event) -> None:
        if "begun" in event.log:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make(
            f"FROM {BASE}\nRUN echo begun; sleep {seconds}\n",
            options=BuildOptions(no_cache=True),
            listener=broken,
        )
    assert nothing_is_left(builder, seconds)


def test_an_engine_that_dies_is_an_error_of_one_sentence(builder: Engine, tmp_path: Path):
    """Stands between the lab and the engine, and hangs up in the middle of a build."""
    if not builder.host.startswith("unix:"):
        pytest.skip("this test stands between the lab and a socket")
    script = tmp_path / "between.py"
    script.write_text(textwrap.dedent(BETWEEN))
    place = tmp_path / "between.sock"
    with subprocess.Popen([sys.executable, str(script), builder.host, str(place)]) as between:
        deadline = time.monotonic() + 10
        while not place.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        import docker

        one = copy.copy(builder)
        one.host = f"unix://{place}"
        one.client = docker.DockerClient(base_url=one.host, version=builder.client.api._version)
        with pytest.raises(EngineError, match="stopped answering during the build") as told:
            build(one, tmp_path, "FROM scratch\nCOPY . /\n", tag="localhost/shrink/test-build:dies")
        assert told.value.__cause__ is None
        between.terminate()


BETWEEN = """
    import socket, sys, threading

    target, place = sys.argv[1].removeprefix("unix://"), sys.argv[2]
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(place)
    listening.listen()

    def serve(one):
        head = one.recv(65536)
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(target)
        engine.sendall(head)
        def back():
            answer = engine.recv(65536)
            one.sendall(answer)
            one.shutdown(socket.SHUT_RDWR)
            engine.close()
        threading.Thread(target=back, daemon=True).start()
        while data := one.recv(65536):
            try:
                engine.sendall(data)
            except OSError:
                return

    while True:
        one, _ = listening.accept()
        threading.Thread(target=serve, args=(one,), daemon=True).start()
"""
