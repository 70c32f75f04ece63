"""Knows what a run of the tests could leave behind: two looks, one before and one after, and the
difference. Of the host it sees what Linux shows; elsewhere nothing of ours is on the host."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.core import names

if TYPE_CHECKING:
    from helpers.engine.client import Engine

SUPERVISOR = "helpers.engine.private.supervisor"
"""In the command of the process that all of the private engine's descend from."""

SYSCTLS = ("net/ipv4/ip_forward", "net/ipv[46]/conf/*/*", "net/bridge/*", "kernel/keys/*")
"""What an engine changes of /proc/sys."""

TABLES = [f"{family}tables{kind}-save" for family in ("ip", "ip6") for kind in ("", "-legacy")]
"""The commands that list the rules."""

Look = dict[str, frozenset[str]]
"""By kind (`process`, `link`, ...), what is there."""


def host(mark: str, *, engine_stays: bool = False) -> Look:
    """What is on this host: those `processes`, and links, rules, sysctls and mounts."""
    return running(mark, engine_stays=engine_stays) | {
        "link": frozenset(_links()),
        "iptables rule": frozenset(_rules()),
        "sysctl": frozenset(_sysctls()),
        "mount": frozenset(_mounts()),
    }


def running(mark: str, *, engine_stays: bool = False) -> Look:
    """Of what is on this host those `processes` alone."""
    marked = processes(mark, engine_stays=engine_stays)
    return {"process": frozenset(f"{pid} {command}" for pid, command in marked.items())}


def containers(engine: Engine, mark: str) -> list[str]:
    """The containers of that run which are still on an engine: their ids and commands."""
    label = {"label": f"{names.RUN_LABEL}={mark}"}
    found = engine.client.api.containers(all=True, filters=label)
    return [f"{each['Id'][:12]} {each['Command']}" for each in found]


def difference(before: Look, after: Look) -> list[str]:
    """What is there now and was not, and what was there and is gone, a line each."""
    lines = []
    for kind in after:
        lines += [f"{kind} left behind: {each}" for each in sorted(after[kind] - before[kind])]
        if kind in ("link", "iptables rule", "mount"):
            lines += [f"{kind} gone: {each}" for each in sorted(before[kind] - after[kind])]
    return lines


def remove_containers(engine: Engine, found: Iterable[str]) -> None:
    """Removes containers, as `containers` gives them."""
    for each in found:
        engine.client.api.remove_container(each.split()[0], force=True, v=True)


def end_processes(mark: str, *, engine_stays: bool = False, patience: float = 10) -> None:
    """Ends what `processes` gives; after `patience` seconds by force."""
    began = time.monotonic()
    while left := processes(mark, engine_stays=engine_stays):
        waited = time.monotonic() - began
        if waited > 2 * patience:
            return  # in the kernel, and not to be had
        for pid in left:
            with suppress(ProcessLookupError):  # it ended by itself
                os.kill(pid, signal.SIGTERM if waited < patience else signal.SIGKILL)
        time.sleep(0.2)


def processes(mark: str, *, engine_stays: bool = False) -> dict[int, str]:
    """The commands of the processes that carry `mark`, by their ids.

    engine_stays  without the private engine's, which others use by now
    """
    wanted = f"{names.RUN_VARIABLE}={mark}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        with suppress(OSError):  # it ended, or is another user's
            variables = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            # No command: it has ended, and is not yet waited for.
            if wanted in variables and command and pid != os.getpid():
                found[pid] = command.decode(errors="replace").strip()
    if not engine_stays:
        return found
    tops = {pid for pid, command in found.items() if SUPERVISOR in command}
    return {pid: command for pid, command in found.items() if not tops & _line_of(pid)}


def _line_of(pid: int) -> set[int]:
    """A process and all that it descends from."""
    line = set()
    while pid > 1 and pid not in line:
        line.add(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
    return line


def _links() -> list[str]:
    # Not by /sys, which may be mounted for another network namespace.
    return [name for _, name in socket.if_nameindex()]


def _rules() -> Iterable[str]:
    """Rules, chains of somebody's own and policies that are not ACCEPT, each with its table.

    A table that is listed empty is none: to list one makes it.
    """
    for tool in TABLES:
        table = ""
        for line in _output(tool).splitlines():
            if line.startswith("*"):
                table = line[1:]
            elif line.startswith("-A") or re.match(r":\S+ (?!ACCEPT)", line):
                rule = re.sub(r"\[\d+:\d+\]", "", line)  # without its counters
                yield f"{tool} {table} {rule.strip()}"


def _sysctls() -> Iterable[str]:
    root = Path("/proc/sys")
    links = {*_links(), "all", "default"}
    for pattern in SYSCTLS:
        for path in root.glob(pattern):
            try:
                value = path.read_text().strip()
            except OSError:  # not to be read, or its link is going
                continue
            if "/conf/" not in str(path) or path.parent.name in links:
                yield f"{path.relative_to(root)} = {value}"


def _mounts() -> Iterable[str]:
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        left, _, right = line.partition(" - ")
        yield f"{left.split()[4]} ({right.split()[0]})"


def _output(tool: str) -> str:
    from helpers.setup.host import SYSTEM_PATH

    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"}
    try:
        result = subprocess.run([tool], capture_output=True, text=True, env=environment, timeout=30)
    except (OSError, subprocess.SubprocessError):  # not here, or only for root
        return ""
    return result.stdout
