"""Runs of containers on a real engine: outcomes, limits and output; nothing is left behind."""

import os
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import replace

import docker
import pytest

from helpers.core import names
from helpers.core.errors import EngineError, LabError
from helpers.run.watched import KEPT

DOCKERFILE = f"""
FROM busybox:1.37
ENV GREETING=well
LABEL test={uuid.uuid4().hex}
WORKDIR /tmp
CMD ["sh", "-c", "echo $GREETING"]
"""


@pytest.fixture(scope="module")
def image(lab, tmp_path_factory):
    """Busybox, with a command that prints a variable."""
    made = lab.build(tmp_path_factory.mktemp("context"), dockerfile=DOCKERFILE)
    yield made
    lab.engine.client.images.remove(made.id, force=True)


@pytest.fixture(autouse=True)
def nothing_is_left(image):
    """Whatever happens to a container, it is removed. The image's label is of this test run alone,
    so nobody else's containers are of it."""
    yield
    assert not _containers(image, all=True)


def _containers(image, **wanted):
    return image.engine.client.api.containers(filters={"ancestor": image.id}, **wanted)


def sh(image, script, **settings):
    return image.run("sh", "-c", script, **settings)


def test_the_images_own_command_runs(image):
    run = image.run()
    assert (run.ok, run.exit_code, run.output) == (True, 0, "well\n")
    assert (run.error, run.timed_out, run.diagnosis) == (None, False, None)
    assert 0 < run.seconds < 60


def test_command_entrypoint_env_and_user_can_be_replaced(image):
    assert image.run("echo", "a b").output == "a b\n"
    assert image.run(env={"GREETING": "hello = you"}).output == "hello = you\n"
    assert image.run("id", "-u", user=1234).output == "1234\n"
    assert image.run("id", "-g", user="12:34").output == "34\n"
    assert image.run("b", entrypoint=["echo", "a"]).output == "a b\n"
    assert image.run("b", entrypoint="echo").output == "b\n"
    assert image.run(entrypoint="pwd").output == "/tmp\n"


def test_the_exit_code_is_the_programs(image):
    run = sh(image, "echo no; exit 7")
    assert (run.ok, run.exit_code, run.output, run.diagnosis) == (False, 7, "no\n", None)


def test_both_streams_come_in_order(image):
    run = sh(image, "for n in 1 2 3; do echo $n; sleep .1; echo $n >&2; sleep .1; done")
    assert run.output == "1\n1\n2\n2\n3\n3\n"


def test_output_that_is_not_text_is_replaced(image):
    assert sh(image, r"printf 'a\377\0\303\251'").output == "a\ufffd\0é"


def test_a_character_is_never_cut_in_two(image):
    assert sh(image, r"printf '\303'; sleep .3; printf '\251'").output == "é"


def test_long_output_is_cut_and_says_so(image):
    run = sh(image, "yes | head -c 3000000")
    assert run.ok
    assert run.output.startswith("y\n" * 1000)
    kept, _, note = run.output.rpartition("[")
    assert len(kept) == KEPT + 1
    assert note == "2,000,000 more bytes of output are not kept]\n"


def test_a_container_that_runs_too_long_is_stopped(image):
    run = sh(image, "echo begun; sleep 100", timeout=1)
    assert (run.ok, run.timed_out, run.output, run.diagnosis) == (False, True, "begun\n", None)
    assert 1 <= run.seconds < 30


def test_a_program_may_close_its_output_before_it_ends(image):
    assert sh(image, "exec >&- 2>&-; sleep 1; exit 3").exit_code == 3


def test_a_program_over_its_memory_limit_is_killed(image):
    run = sh(image, "tail /dev/zero", memory="32m")
    assert run.diagnosis.cause == "out-of-memory"
    assert run.exit_code == 137


def test_a_container_can_be_without_a_network(image):
    assert "eth0" not in image.run("ip", "link", network="none").output
    assert "lo" in image.run("ip", "link", network="none").output


@pytest.mark.parametrize(
    "settings",
    [{"user": "nobody-of-that-name"}, {"network": "no-such-network"}, {"memory": "1k"}],
)
def test_a_container_that_the_engine_refuses_is_a_result(image, settings):
    run = image.run(**settings)
    assert (run.ok, run.exit_code, run.output) == (False, None, "")
    assert run.error
    assert run.diagnosis is None


def test_output_that_looks_like_the_engines_message_is_not_taken_for_it(image):
    """A program that prints what an engine would, and has all it needs, keeps its output."""
    run = sh(image, "echo exec /app: no such file or directory; exit 1")
    assert (run.exit_code, run.error, run.diagnosis) == (1, None, None)
    assert run.output.startswith("exec /app")


def test_an_exit_code_alone_proves_nothing(image):
    for code in (126, 127, 137, 139, 143):
        run = sh(image, f"exit {code}")
        assert (run.exit_code, run.diagnosis) == (code, None)


def test_an_image_that_was_removed_is_an_error(image, lab, tmp_path):
    gone = lab.build(tmp_path, dockerfile='FROM busybox:1.37\nCMD ["true"]\nLABEL gone=1\n')
    lab.engine.client.images.remove(gone.id, force=True)
    with pytest.raises(LabError, match="no image"):
        gone.run()


def test_an_engine_that_is_gone_is_an_error(image):
    client = docker.DockerClient(base_url="tcp://127.0.0.1:9", version="1.41", timeout=5)
    engine = replace(image.engine, client=client)
    with pytest.raises(EngineError, match="stopped answering"):
        replace(image, engine=engine).run()


INTERRUPTED = """
import sys
from helpers import Lab
image = Lab().image(sys.argv[1])
print("ready", flush=True)
image.run("sleep", "1000", timeout=500)
"""


def test_ctrl_c_leaves_no_container(image, lab):
    command = [sys.executable, "-c", INTERRUPTED, image.id]
    environment = {**os.environ, "DOCKER_HOST": lab.engine.host, names.BASES_VARIABLE: "stand-ins"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    try:
        assert process.stdout.readline() == b"ready\n"
        end = time.monotonic() + 60
        while not _containers(image) and time.monotonic() < end:
            time.sleep(0.1)
        assert _containers(image)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) != 0
    finally:
        process.kill()
        process.wait()
