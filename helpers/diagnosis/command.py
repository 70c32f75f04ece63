"""Follows a container's command through PATH, links, `#!` lines, `env` and shells, and lists every
file that has to start on the way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import basename, join, normpath
from typing import Literal

from helpers.diagnosis.shell_words import SHELLS, listed, script_of, shebang, simple, split
from helpers.elf.header import MAGIC
from helpers.files.filesystem import RootFS
from helpers.files.stack import File

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What engines set if the image doesn't."""

WRAPPERS = frozenset(["tini", "dumb-init", "docker-init", "catatonit"])
"""Init programs: they start the command that follows their options."""

WRAPPER_FLAG = re.compile(r"-[gsvwc]+")
SETTING = re.compile(r"set( [-+][a-z]+( pipefail)?)+")

ENGINE_FOLDERS = ("/proc/", "/sys/", "/dev/")
"""The engine fills these when a container starts, so their files in the image don't count."""

DEEPEST = 10
"""Most files to follow; more is a loop."""

BEGINNING = 4096
"""Bytes to read from a file to tell what it is. Of a `#!` line the kernel reads 255."""

NOT_RUN_BY_SHELL = frozenset((126, 127))
"""Exit codes of a shell that can't run a program, or finds none."""

EXEC_FAILED = frozenset((1, 255)) | NOT_RUN_BY_SHELL
"""Exit codes that engines report for a program that they could not start after all."""

StartedBy = Literal["engine", "kernel", "shell", "program"]


@dataclass(frozen=True)
class Process:
    """What a container was told to start, and how that ended.

    argv          the words of ENTRYPOINT and CMD together
    instruction   which instruction has the first word: CMD, ENTRYPOINT, RUN, HEALTHCHECK, or "" if
                  it was typed on the command line
    workdir       the folder for relative paths
    env           the environment
    user          as in the image: a name or a number, with or without a group; "" is root
    architecture  of the engine, by Docker's name; "" if unknown
    written       how many of the words are in that instruction (after those of ENTRYPOINT come
                  those of CMD); None: all
    exit_code     of the first process, None if nothing started
    signal        the signal that certainly ended it, or None
    oom           whether the kernel killed something because memory ran out
    started       whether the first program certainly started
    """

    argv: tuple[str, ...]
    instruction: str = "CMD"
    workdir: str = "/"
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    architecture: str = ""
    written: int | None = None
    exit_code: int | None = None
    signal: int | None = None
    oom: bool = False
    started: bool = False

    @property
    def folders(self) -> list[str]:
        """The folders of PATH, absolute."""
        path = self.env.get("PATH", DEFAULT_PATH)
        return [normpath(join(self.workdir or "/", folder)) for folder in path.split(":")]


@dataclass(frozen=True)
class Start:
    """One file that has to start on the way to the program.

    argv     its words; the first is its name as it is called
    by       who starts it: the engine, the kernel (from a `#!` line), a shell, or another program
    path     the absolute path of that name; None if no folder of PATH has it
    real     the path with links followed, None if nothing is there
    file     what is there, or None
    parent   the file that starts it, or whose `#!` line names it; None for the first
    """

    argv: tuple[str, ...]
    by: StartedBy
    path: str | None
    real: str | None
    file: File | None
    parent: Start | None = None

    @property
    def name(self) -> str:
        """The name that it is called by."""
        return self.argv[0]

    @property
    def is_direct(self) -> bool:
        """Whether no other program ran before it: only the engine and the kernel led to it."""
        own = self.by in ("engine", "kernel")
        return own and (self.parent is None or self.parent.is_direct)

    @property
    def script(self) -> Start | None:
        """The script whose `#!` line names it, directly or after `env`."""
        if self.by == "kernel":
            return self.parent
        if self.by == "program" and self.parent and self.parent.by == "kernel":
            return self.parent.parent if basename(self.parent.name) == "env" else None
        return None


def may_be_engines_words(
    output: str, exit_code: int | None, codes: Collection[int] = EXEC_FAILED
) -> bool:
    """Whether a program's output may be the engine's message that it could not start it: one line
    about `exec`. A program that printed more, or has an exit code not in `codes`, did start."""
    return exit_code in codes and output.count("\n") <= 1 and "exec" in output


def starts(fs: RootFS, process: Process) -> Iterator[Start]:
    """The files that have to start, in order, as far as that is certain.

    Each but the first only matters if those before it can start.
    """
    start = _start(fs, process, process.argv, "engine", None) if process.argv else None
    for _ in range(DEEPEST):
        if start is None or (start.path or "").startswith(ENGINE_FOLDERS):
            return
        yield start
        if not start.real or not start.file or start.file.kind not in ("file", "hardlink"):
            return
        start = _next(fs, process, start, start.real)


def find(fs: RootFS, process: Process, name: str) -> str | None:
    """The path of a program: relative to WORKDIR if its name has a slash, else from PATH.

    If no folder of PATH has an executable of that name: a file that isn't executable, or a
    dangling link, or None.
    """
    if "/" in name:
        path = join(process.workdir or "/", name)
        return path if ".." in path else normpath(path)
    second = None
    for folder in process.folders:
        path = join(folder, name)
        if not fs.stat(path):
            continue
        real = fs.resolve(path)
        file = fs.stat(real) if real else None
        if not file or file.kind not in ("file", "hardlink"):
            second = second or (None if file else path)
        elif file.mode & 0o111:
            return path
        else:
            second = path
    return second


def _start(
    fs: RootFS, process: Process, argv: tuple[str, ...], by: StartedBy, parent: Start | None
) -> Start | None:
    if "\0" in argv[0]:  # no name can have that
        return None
    path = find(fs, process, argv[0])
    real = fs.resolve(path) if path else None
    file = fs.stat(real) if real else None
    return Start(tuple(argv), by, path, real if file else None, file, parent)


def _next(fs: RootFS, process: Process, start: Start, real: str) -> Start | None:
    """What a file starts. `real` is its path with links followed."""
    beginning = fs.read(real, BEGINNING)
    if beginning.startswith(b"#!"):
        words = shebang(beginning)
        argv = (*words, start.path or real, *start.argv[1:]) if words else None
        return _start(fs, process, argv, "kernel", start) if argv else None
    if not beginning.startswith(MAGIC):
        return None
    name = basename(start.name)
    by: StartedBy = "program"
    if name in SHELLS:
        argv, by = _from_shell(fs, start), "shell"
    elif name == "env":
        argv = _from_env(start.argv, from_line=start.by == "kernel")
    elif name in WRAPPERS:
        argv = _from_wrapper(start.argv)
    else:
        return None
    if not argv:
        return None
    found = _start(fs, process, argv, by, start)
    return None if found and not found.path and _is_applet(fs, start, argv[0]) else found


def _from_shell(fs: RootFS, start: Start) -> tuple[str, ...] | None:
    """The command of the program that a shell starts, if it does nothing else."""
    script = script_of(start.argv)
    if script is not None:
        return split(script) if listed(script) else simple(script)
    if not start.script or not start.script.real:
        return None
    data = fs.read(start.script.real, BEGINNING + 1)
    lines = data.decode("utf-8", "replace").split("\n")
    if len(data) > BEGINNING or any(line.endswith("\r") for line in lines):
        return None
    rest = [s for line in lines if (s := line.strip()) and not s.startswith("#")]
    rest = [line for line in rest if not SETTING.fullmatch(line)]
    return simple(rest[0], start.script.argv[1:]) if len(rest) == 1 else None


def _from_env(argv: tuple[str, ...], from_line: bool) -> tuple[str, ...] | None:
    """The command that `env` starts. `from_line`: it stands in a `#!` line."""
    words = list(argv[1:])
    if from_line and words and words[0].startswith("-S"):
        if re.search(r"[\\$'\"#]", words[0]):
            return None
        words[:1] = words[0][2:].split()
    while words and re.match(r"(?!PATH=|LD_)\w+=", words[0]):
        words.pop(0)
    return tuple(words) if words and not words[0].startswith("-") and "=" not in words[0] else None


def _from_wrapper(argv: tuple[str, ...]) -> tuple[str, ...] | None:
    words = list(argv[1:])
    while words and WRAPPER_FLAG.fullmatch(words[0]):
        words.pop(0)
    if words[:1] == ["--"]:
        words.pop(0)
    return tuple(words) if words and not words[0].startswith("-") else None


def _is_applet(fs: RootFS, start: Start, name: str) -> bool:
    """Whether `start` is busybox, which may run a program of this name without a file for it."""
    if "/" in name or not start.real or basename(start.real) != "busybox":
        return False
    return b"\0" + name.encode() + b"\0" in fs.read(start.real)
