"""Starts and stops a private engine in namespaces of its own, and cleans up after a killed one.

The engine's network, mounts and processes are in namespaces, which the kernel removes with the last
process in them. On the host that leaves control groups and a socket to remove. Standard library
alone; Linux, as root.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path

from helpers.core import machine, names
from helpers.core.errors import EngineError
from helpers.engine.private import control_groups
from helpers.engine.private.folder import Place

START_TIMEOUT = 90.0
"""Seconds it has to answer. One is usual; after a crash it checks its store first."""

STOP_TIMEOUT = 15.0
"""Seconds it has to stop by itself; one is usual."""

LEAST_ROOM = 10_000_000
"""Free bytes: with fewer, a full disk is why an engine does not start."""

NETWORK_TIMEOUT = 10.0
"""Seconds the network has to come up; some milliseconds are usual."""

NAME_SERVER = "10.0.2.3"
"""Where slirp4netns answers name look-ups; it asks the host's own resolver."""

INSIDE = r"""
set -e
trap 'exit 1' TERM                   # which the first process would not hear of without this
read -r host_pid _ </proc/self/stat  # /proc is still the host's
echo "$host_pid"
read -r _                            # until the network is there
root=$1
if [ -n "$root" ]; then
    mount --bind "$root" "$root"
    mount --rbind /dev "$root/dev"
    mount --rbind /sys "$root/sys"
fi
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir "$root/run/engine"
mount --bind . "$root/run/engine"    # by its open folder: its path may be below /run
if [ -n "$root" ]; then
    mkdir "$root/run/old"
    pivot_root "$root" "$root/run/old"
    umount -l /run/old
    rmdir /run/old
fi
cd /
mount --bind /proc/sys/kernel /proc/sys/kernel  # of the whole machine, as no network's is
mount -o remount,bind,ro /proc/sys/kernel
[ ! -d /etc/docker ] || mount -t tmpfs tmpfs /etc/docker  # it would write a key there
resolver=$(readlink -m /etc/resolv.conf)
case $resolver in /run/*) mkdir -p "${resolver%/*}"; : >"$resolver" ;; esac
[ ! -e "$resolver" ] || mount --bind /run/engine/resolv.conf "$resolver"
export TMPDIR=/run/engine/tmp
dockerd --config-file /run/engine/daemon.json </dev/null >&2 &
daemon=$!
trap 'kill -TERM "$daemon"' TERM
while kill -0 "$daemon" 2>/dev/null; do wait "$daemon" || true; done
"""
"""The first process in the namespaces: sets up the mounts, starts the engine and reaps processes.
Its working folder is the engine's; `$1` is another root to pivot into, or empty."""


def sweep(place: Place) -> None:
    """Ends the processes and removes the files that a killed engine left on the host, if any.

    Call it where no supervisor lives, or from the supervisor itself.
    """
    try:
        left = json.loads(place.state.read_text())
    except (OSError, ValueError):
        left = {}
    _end(left.get("init"), left.get("started"))
    control_groups.remove(place.mark)
    if place.link.is_symlink():
        place.link.unlink()
    (place.folder / "docker.sock").unlink(missing_ok=True)
    place.state.unlink(missing_ok=True)


class Namespaces:
    """A running engine: a process that holds its namespaces, and one that gives them a network.
    Both end when this process does, however it ends."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._processes: list[subprocess.Popen] = []
        self._init = 0  # process id, on the host, of the first process in the namespaces
        self._network_lives = -1

    @property
    def running(self) -> bool:
        return bool(self._processes) and all(p.poll() is None for p in self._processes)

    def start(self) -> None:
        """Starts the engine, and returns when it answers. Raises EngineError."""
        _prepare(self.place)
        holder = self._hold()
        self._connect()
        assert holder.stdin  # a pipe, see `_hold`
        with contextlib.suppress(BrokenPipeError):
            holder.stdin.write(b"\n")
        end = time.monotonic() + START_TIMEOUT
        while not self.place.answers():
            if not self.running or time.monotonic() > end:
                raise EngineError(not_started(self.place, last_words(self.place.log)))
            time.sleep(0.05)

    def stop(self) -> None:
        """Stops the engine, by force where it must be, and returns when all of it is gone."""
        for holder in self._processes[:1]:
            assert holder.stdin  # a pipe, see `_hold`
            holder.stdin.close()  # where the network failed, it still waits for a line
            if holder.poll() is None and self._init:
                control_groups.kill(self.place.mark)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._init, signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    holder.wait(STOP_TIMEOUT)
        for process in self._processes:
            process.kill()
            process.wait()
        self._processes = []
        if self._network_lives >= 0:
            os.close(self._network_lives)
            self._network_lives = -1

    def _hold(self) -> subprocess.Popen:
        """Makes the namespaces. Their first process waits for a line, then starts the engine."""
        new = ["--net", "--mount", "--pid", "--ipc", "--uts"]
        # If this process is killed, the kernel kills the holder, then the first process of the
        # namespaces, then all others in them.
        until_we_end = ["setpriv", "--pdeathsig", "KILL", "unshare", "--fork", "--kill-child"]
        with self.place.log.open("wb") as log:
            holder = subprocess.Popen(
                [*until_we_end, *new, "sh", "-c", INSIDE, "engine", self.place.root],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.place.folder,
                env=_environment(),
            )
        self._processes.append(holder)
        assert holder.stdout
        said = holder.stdout.readline()
        if not said:
            raise EngineError(
                f"The private engine got no namespaces ({last_words(self.place.log)}): inside "
                "a container that may not make any, name another engine with DOCKER_HOST."
            )
        self._init = int(said)
        state = {"supervisor": os.getpid(), "init": self._init, "started": started(self._init)}
        self.place.state.write_text(json.dumps(state))
        return holder

    def _connect(self) -> None:
        """Connects the namespaces to this process's own network."""
        ready, tell_ready = os.pipe()
        closes_with_us, self._network_lives = os.pipe()
        log = self.place.folder / "network.log"
        fds = [f"--ready-fd={tell_ready}", f"--exit-fd={closes_with_us}"]
        options = ["--configure", "--mtu=1500", "--disable-host-loopback"]
        with log.open("wb") as words:
            network = subprocess.Popen(
                ["slirp4netns", *options, *fds, str(self._init), "tap0"],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                pass_fds=(tell_ready, closes_with_us),
                env=_environment(),
            )
        self._processes.append(network)
        os.close(tell_ready)
        os.close(closes_with_us)
        came = bool(select.select([ready], [], [], NETWORK_TIMEOUT)[0]) and os.read(ready, 1)
        os.close(ready)
        if not came:
            raise EngineError(
                f"The private engine got no network (slirp4netns: {last_words(log)}): "
                "`python3 -m helpers doctor` says what is missing."
            )


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": machine.SYSTEM_PATH}


def _prepare(place: Place) -> None:
    """Writes the files that the engine reads, and the link to its socket."""
    shutil.rmtree(place.folder / "tmp", ignore_errors=True)
    (place.folder / "tmp").mkdir()
    (place.folder / "data").mkdir(exist_ok=True)
    settings = {
        "data-root": "/run/engine/data",
        "exec-root": "/run/docker",
        "pidfile": "/run/dockerd.pid",
        "hosts": ["unix:///run/engine/docker.sock"],
        "dns": [NAME_SERVER],
        "cgroup-parent": f"/{place.mark}",
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
        "features": {"containerd-snapshotter": bool(place.root)},
    }
    (place.folder / "daemon.json").write_text(json.dumps(settings, indent=1))
    (place.folder / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\n")
    if place.socket.parent == place.link:
        place.link.symlink_to(place.folder)


def last_words(log: Path) -> str:
    """The message in a log that says why its program ended."""
    lines = log.read_text(errors="replace").strip().splitlines()
    telling = [line for line in lines if re.search(r"level=fatal|failed to start daemon", line)]
    telling = telling or [line for line in lines if "level=error" in line] or lines[-1:]
    if not telling:
        return "it said nothing"
    message = re.search(r'msg="((?:[^"\\]|\\.)*)"', telling[-1])
    return message[1].replace('\\"', '"') if message else telling[-1]


def not_started(place: Place, words: str) -> str:
    """The sentence for an engine that did not start.

    words  the engine's last words, or the system's error
    """
    # On a full disk the engine can't write its last words.
    if "no space left" in words.lower() or shutil.disk_usage(place.folder).free < LEAST_ROOM:
        return (
            f"The private engine did not start, for the disk of {place.folder} is full: free some "
            f"space, or name a folder on another disk with {names.CACHE_VARIABLE}."
        )
    return (
        f"The private engine did not start ({words.rstrip('.')}): mend that, or name another "
        f"engine with DOCKER_HOST; its log is {place.log}."
    )


def started(pid: int) -> str | None:
    """When a process was started, which tells it from a later one with the same id; None where it
    has ended, or is a zombie."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if state == "Z" else fields[18]


def _end(pid: int | None, since: str | None) -> None:
    """Kills a process that an earlier supervisor left behind, and waits until it is gone."""
    end = time.monotonic() + STOP_TIMEOUT
    while pid and since and started(pid) == since and time.monotonic() < end:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
