"""What a run of the tests leaves behind: the host is looked at before and after, and compared.

Only Linux shows it; on other systems nothing of ours is on the host.
"""

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

from helpers.core import names
from helpers.core.machine import SYSTEM_PATH
from helpers.engine.client import Engine

SUPERVISOR = "helpers.engine.private.supervisor"
"""In the command of the process that all of the private engine's descend from."""

SYSCTLS = ("net/ipv4/ip_forward", "net/ipv[46]/conf/*/*", "net/bridge/*", "kernel/keys/*")
"""What an engine changes of /proc/sys."""

TABLES = [f"{family}tables{kind}-save" for family in ("ip", "ip6") for kind in ("", "-legacy")]
"""The commands that list the rules."""

HostState = dict[str, frozenset[str]]
"""What is on the host, by kind: `process`, `link`, and so on."""


def host(mark: str, *, engine_stays: bool = False) -> HostState:
    """The marked processes on this host, and its links, firewall rules, sysctls and mounts."""
    return running(mark, engine_stays=engine_stays) | {
        "link": frozenset(_links()),
        "iptables rule": frozenset(_rules()),
        "sysctl": frozenset(_sysctls()),
        "mount": frozenset(_mounts()),
    }


def running(mark: str, *, engine_stays: bool = False) -> HostState:
    """The marked processes on this host, and nothing else."""
    marked = processes(mark, engine_stays=engine_stays)
    return {"process": frozenset(f"{pid} {command}" for pid, command in marked.items())}


def containers(engine: Engine, mark: str) -> list[str]:
    """The containers of a run that an engine still has: their ids and commands."""
    label = {"label": f"{names.RUN_LABEL}={mark}"}
    found = engine.client.api.containers(all=True, filters=label)
    return [f"{each['Id'][:12]} {each['Command']}" for each in found]


def difference(before: HostState, after: HostState) -> list[str]:
    """One line for each thing that is new, or that is gone."""
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
    """Ends the marked processes; after `patience` seconds by force."""
    began = time.monotonic()
    while left := processes(mark, engine_stays=engine_stays):
        waited = time.monotonic() - began
        if waited > 2 * patience:
            return  # stuck in the kernel: no signal reaches it
        for pid in left:
            with suppress(ProcessLookupError):  # it ended by itself
                os.kill(pid, signal.SIGTERM if waited < patience else signal.SIGKILL)
        time.sleep(0.2)


def processes(mark: str, *, engine_stays: bool = False) -> dict[int, str]:
    """The commands of the processes whose environment has `mark`, by process id.

    engine_stays  leave out the private engine's, which somebody else uses by now
    """
    wanted = f"{names.RUN_VARIABLE}={mark}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        with suppress(OSError):  # it ended, or is another user's
            variables = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            # a process without a command has ended and is waited for
            if wanted in variables and command and pid != os.getpid():
                found[pid] = command.decode(errors="replace").strip()
    if not engine_stays:
        return found
    tops = {pid for pid, command in found.items() if SUPERVISOR in command}
    return {pid: command for pid, command in found.items() if not tops & _line_of(pid)}


def _line_of(pid: int) -> set[int]:
    """The ids of a process and of all its ancestors."""
    line = set()
    while pid > 1 and pid not in line:
        line.add(pid)
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            break
    return line


def _links() -> list[str]:
    # not from /sys, which may show another network namespace
    return [name for _, name in socket.if_nameindex()]


def _rules() -> Iterable[str]:
    """Firewall rules, added chains, and policies other than ACCEPT, each with its table.

    Empty tables don't count: listing a table creates it.
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
            except OSError:  # unreadable, or its link is just going away
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
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"}
    try:
        result = subprocess.run([tool], capture_output=True, text=True, env=environment, timeout=30)
    except (OSError, subprocess.SubprocessError):  # not here, or only for root
        return ""
    return result.stdout
