"""What a run leaves behind on this machine is seen, named and ended."""

import os
import subprocess
import sys
import time
import uuid

import pytest

from helpers.core import names
from helpers.testing import leaks as leftovers

pytestmark = [
    pytest.mark.host,
    pytest.mark.skipif(sys.platform != "linux", reason="the host is looked at on Linux"),
]

MARK = uuid.uuid4().hex
"""Of these tests alone: elsewhere on this machine others may run them too."""


@pytest.fixture
def orphan():
    """A process with the mark, whose parent has ended."""
    command = ["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"]
    environment = {**os.environ, names.RUN_VARIABLE: MARK}
    started = subprocess.run(command, env=environment, capture_output=True, text=True)
    yield int(started.stdout)
    leftovers.end_processes(MARK)


def test_a_process_that_outlives_its_parent_is_named_and_ended(orphan):
    look = leftovers.host(MARK)
    assert look["process"] == {f"{orphan} sleep 60"}
    assert leftovers.difference({**look, "process": frozenset()}, look) == [
        f"process left behind: {orphan} sleep 60"
    ]

    leftovers.end_processes(MARK)

    assert not leftovers.host(MARK)["process"]


def test_processes_of_others_are_not_looked_at(orphan):
    assert not leftovers.host("another mark")["process"]


def test_a_process_that_does_not_listen_is_ended_by_force():
    command = ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"]
    process = subprocess.Popen(command, env={**os.environ, names.RUN_VARIABLE: MARK})

    leftovers.end_processes(MARK, patience=0.5)

    assert process.wait(5) == -9


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes links, mounts, sysctls and rules")
def test_links_mounts_sysctls_and_rules_are_seen():
    # In namespaces of its own, so that this machine stays as it is and what others do on it is not
    # seen, and with no more programs than the private engine needs.
    code = """
import fcntl, os, struct, subprocess, sys
from helpers.core import names
from helpers.testing import leaks as leftovers
before = leftovers.host("x")
assert before["link"] and before["sysctl"] and before["mount"]
assert leftovers.difference(before, leftovers.host("x")) == [], "nothing was done"
tunnel = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH22x", b"left0", 1))  # TUNSETIFF, IFF_TUN
for command in sys.stdin.read().splitlines():
    subprocess.run(command, shell=True, check=True)
print("\\n".join(leftovers.difference(before, leftovers.host("x"))))
"""
    commands = (
        "mount -t tmpfs none /mnt\n"
        "iptables -t nat -A POSTROUTING -s 10.9.9.0/24 -j RETURN\n"
        "iptables -N LEFT\n"
        "f=/proc/sys/net/ipv4/ip_forward; echo $((1 - $(cat $f))) > $f\n"
    )
    unshared = ["unshare", "--net", "--mount", sys.executable, "-c", code]
    ended = subprocess.run(unshared, input=commands, capture_output=True, text=True)

    seen = ended.stdout
    assert "link left behind: left0" in seen, ended.stderr
    assert "mount left behind: /mnt (tmpfs)" in seen
    assert "sysctl left behind: net/ipv4/ip_forward" in seen
    assert "iptables-save nat -A POSTROUTING -s 10.9.9.0/24 -j RETURN" in seen
    assert "iptables-save filter :LEFT -" in seen


def test_an_engine_that_others_use_by_now_is_spared():
    """What descends from its supervisor is not looked at; the rest is."""
    code = "import subprocess; subprocess.run(['sleep', '60'])"
    supervisor = subprocess.Popen(
        [sys.executable, "-c", code, leftovers.SUPERVISOR],
        env={**os.environ, names.RUN_VARIABLE: MARK},
    )
    try:
        while len(leftovers.processes(MARK)) < 2:
            time.sleep(0.05)
        leftovers.end_processes(MARK, engine_stays=True)
        assert supervisor.poll() is None and len(leftovers.processes(MARK)) == 2
        assert not leftovers.host(MARK, engine_stays=True)["process"]
    finally:
        leftovers.end_processes(MARK)
        supervisor.wait()
