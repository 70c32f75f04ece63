"""The control groups in which a private engine runs containers. Standard library alone."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

GROUPS_TIMEOUT = 5.0
"""Seconds the kernel has to release control groups whose processes have ended."""


def _groups(name: str) -> Iterator[Path]:
    """The folders of a control group: one in each hierarchy, version 1 or 2."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mounted, _, kind = line.partition(" - ")
        top = Path(mounted.split()[4], name)
        if kind.split()[0] in ("cgroup", "cgroup2") and top.is_dir():
            yield top


def kill(name: str) -> None:
    """Kills what runs in containers and builds: nobody waits for it any more, and the engine would
    give each ten seconds to end."""
    for top in _groups(name):
        for listed in top.rglob("cgroup.procs"):
            with contextlib.suppress(OSError):  # the group or the process has just gone
                for pid in map(int, listed.read_text().split()):
                    if pid:  # 0 is a process outside our own pid namespace
                        os.kill(pid, signal.SIGKILL)


def remove(name: str) -> None:
    """Removes the group and the groups in it, as soon as they have no process."""
    end = time.monotonic() + GROUPS_TIMEOUT
    for top in _groups(name):
        while top.is_dir() and time.monotonic() < end:
            for folder, _, _ in os.walk(top, topdown=False):
                # busy for a moment, while its last process ends
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()
            if top.is_dir():
                time.sleep(0.05)
