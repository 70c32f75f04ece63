"""What a container really starts: follows a command through PATH, links, `#!` lines, `env` and
shells, and gives each file that must start on the way as a `Start`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import basename, join, normpath
from typing import TYPE_CHECKING, Literal

from helpers.elf.header import MAGIC

if TYPE_CHECKING:
    from helpers.files.filesystem import RootFS
    from helpers.files.stack import File

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What engines set where the image says nothing."""

SHELLS = frozenset(["sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"])

BUILTINS = """
    ! . : [ [[ { } alias bg bind break builtin caller case cd chdir command compgen complete
    continue declare dirs disown do done echo elif else enable esac eval exec exit export false fc
    fg fi for function getopts hash help history if in jobs kill let local logout mapfile popd
    printf pushd pwd read readarray readonly return select set shift shopt source suspend test then
    time times trap true type typeset ulimit umask unalias unset until wait while
"""
"""First words that a shell does not look for in the file system."""

WRAPPERS = frozenset(["tini", "dumb-init", "docker-init", "catatonit"])
"""Programs that start the command behind their options, and wait for it."""

WRAPPER_FLAG = re.compile(r"-[gsvwc]+")
ENGINE_FOLDERS = ("/proc/", "/sys/", "/dev/")
"""Filled when the container starts: what the image has there says nothing."""

QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\`$]|\$\w)*\"")
NOT_SIMPLE = re.compile(r"[;&|<>()`\n\\\"'#]|\$[^\w@]|\$$")
QUOTES = " '\"\u2018\u2019\u201c\u201d"
SETTING = re.compile(r"set( [-+][a-z]+( pipefail)?)+")
DEEPEST = 10
"""Files that are followed; more is a loop."""

BEGINNING = 4096
"""Bytes of a file that are read to tell what it is. A `#!` line counts to 255."""


@dataclass(frozen=True)
class Process:
    """What a container was told to start, and what became of it.

    argv          the words after ENTRYPOINT and CMD were put together
    instruction   where the first of them is written: CMD, ENTRYPOINT, RUN, HEALTHCHECK, or ""
                  where it was typed
    workdir       where a relative path starts
    env           the environment
    user          as in the image: a name or a number, with or without a group; "" is root
    architecture  what the engine runs, in Docker's words; "" where it isn't known
    written       how many of the words stand in that instruction (with ENTRYPOINT, those of CMD
                  follow them); None: all
    exit_code     of the first process, None where nothing started
    signal        that is proven to have ended it, or None
    oom           whether the kernel killed something for want of memory
    started       whether it is certain that the first program started
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
    """One file that must start on the way to the program.

    argv     its words; the first is the name it is asked for by
    by       who starts it: the engine, the kernel (a `#!` line), a shell, or another program
    path     where that name leads, absolute; None where PATH has no such name
    real     the path with links followed, None where it leads to nothing
    file     what is there, None where nothing is
    parent   what it is started by or for, None for the first
    """

    argv: tuple[str, ...]
    by: Literal["engine", "kernel", "shell", "program"]
    path: str | None
    real: str | None
    file: File | None
    parent: Start | None = None

    @property
    def name(self) -> str:
        """The name it is asked for by."""
        return self.argv[0]

    @property
    def is_direct(self) -> bool:
        """Whether nothing has run before it: the engine and the kernel alone lead to it."""
        own = self.by in ("engine", "kernel")
        return own and (self.parent is None or self.parent.is_direct)

    @property
    def script(self) -> Start | None:
        """The script whose `#!` line has its name, itself or behind `env`."""
        if self.by == "kernel":
            return self.parent
        if self.by == "program" and self.parent and self.parent.by == "kernel":
            return self.parent.parent if basename(self.parent.name) == "env" else None
        return None


def starts(fs: RootFS, process: Process) -> Iterator[Start]:
    """The files that must start, one after the other; ends where nothing certain can be said.

    Take the next only where the one before can start.
    """
    start = _start(fs, process, process.argv, "engine", None) if process.argv else None
    for _ in range(DEEPEST):
        if start is None or (start.path or "").startswith(ENGINE_FOLDERS):
            return
        yield start
        if not start.real or not start.file or start.file.kind not in ("file", "hardlink"):
            return
        start = _next(fs, process, start)


def shebang(beginning: bytes) -> list[str] | None:
    """The words of a `#!` line as the kernel takes them: the interpreter, and all that follows as
    one argument. None where the file has no such line."""
    if not beginning.startswith(b"#!"):
        return None
    line = re.split(rb"[\n\0]", beginning[2:256])[0].decode("utf-8", "replace")
    # str.split would take a carriage return for a space; the kernel does not
    return [word for word in re.split(r"[ \t]+", line.strip(" \t"), maxsplit=1) if word]


def script_of(argv: tuple[str, ...]) -> str | None:
    """What `sh -c` is given to run, None where this is no such command."""
    if not argv or basename(argv[0]) not in SHELLS:
        return None
    for index, word in enumerate(argv[1:], 1):
        if re.fullmatch(r"-[euxo]*c", word):
            return argv[index + 1] if index + 1 < len(argv) else None
        if not re.fullmatch(r"-[euxo]+|pipefail", word):
            return None
    return None


def listed(script: str) -> list[str] | None:
    """The words of what was meant as a JSON list and is none, for want of double quotes."""
    found = re.fullmatch(r"\[(\S.*)\]", script.strip())
    words = [word.strip(QUOTES) for word in found[1].split(",")] if found else []
    return words if words and all(words) and not re.search(r"[;&|<>()`$\n]", script) else None


def simple(script: str, args: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """The words of a script that does nothing but start one program; None where it does more, or
    where the program's name is only known when it runs.

    args  what `"$@"` stands for
    """
    script = script.strip()
    bare = QUOTED.sub("q", script.replace('"$@"', "q"))
    if NOT_SIMPLE.search(bare):
        return None
    words = list(_as_words(script) or ())
    if words[:1] == ["exec"] and words[1:] and not words[1].startswith("-"):
        words = words[1:]
    elif not words or words[0] in BUILTINS.split():
        return None
    words = [w for word in words for w in (args if word == "$@" else (word,))]
    if not words or re.search(r"[$*?\[\]{}~]|^\w+=", words[0]):
        return None
    return tuple(words)


def _start(fs: RootFS, process: Process, argv, by, parent: Start | None) -> Start | None:
    if "\0" in argv[0]:  # which no name can have
        return None
    path = find(fs, process, argv[0])
    real = fs.resolve(path) if path else None
    file = fs.stat(real) if real else None
    return Start(tuple(argv), by, path, real if file else None, file, parent)


def find(fs: RootFS, process: Process, name: str) -> str | None:
    """Where a name leads: against WORKDIR if it has a slash, else through PATH. Where PATH has no
    program of that name: a file that can't be executed, a link to nothing, or None."""
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


def _next(fs: RootFS, process: Process, start: Start) -> Start | None:
    beginning = fs.read(start.real, BEGINNING)
    if beginning.startswith(b"#!"):
        words = shebang(beginning)
        argv = (*words, start.path, *start.argv[1:]) if words else None
        return _start(fs, process, argv, "kernel", start) if argv else None
    if not beginning.startswith(MAGIC):
        return None
    name = basename(start.name)
    if name in SHELLS:
        argv, by = _of_shell(fs, start), "shell"
    elif name == "env":
        argv, by = _of_env(start.argv, from_line=start.by == "kernel"), "program"
    elif name in WRAPPERS:
        argv, by = _of_wrapper(start.argv), "program"
    else:
        return None
    if not argv:
        return None
    found = _start(fs, process, argv, by, start)
    return None if found and not found.path and _is_applet(fs, start, argv[0]) else found


def _of_shell(fs: RootFS, start: Start) -> tuple[str, ...] | None:
    """The program that a shell starts, where it does nothing else."""
    script = script_of(start.argv)
    if script is not None:
        return _as_words(script) if listed(script) else simple(script)
    if not start.script or not start.script.real:
        return None
    data = fs.read(start.script.real, BEGINNING + 1)
    lines = data.decode("utf-8", "replace").split("\n")
    if len(data) > BEGINNING or any(line.endswith("\r") for line in lines):
        return None
    rest = [s for line in lines if (s := line.strip()) and not s.startswith("#")]
    rest = [line for line in rest if not SETTING.fullmatch(line)]
    return simple(rest[0], start.script.argv[1:]) if len(rest) == 1 else None


def _as_words(script: str) -> tuple[str, ...] | None:
    try:
        return tuple(shlex.split(script)) or None
    except ValueError:  # quotes that don't close
        return None


def _of_env(argv: tuple[str, ...], from_line: bool) -> tuple[str, ...] | None:
    words = list(argv[1:])
    if from_line and words and words[0].startswith("-S"):
        if re.search(r"[\\$'\"#]", words[0]):
            return None
        words[:1] = words[0][2:].split()
    while words and re.match(r"(?!PATH=|LD_)\w+=", words[0]):
        words.pop(0)
    return tuple(words) if words and not words[0].startswith("-") and "=" not in words[0] else None


def _of_wrapper(argv: tuple[str, ...]) -> tuple[str, ...] | None:
    words = list(argv[1:])
    while words and WRAPPER_FLAG.fullmatch(words[0]):
        words.pop(0)
    if words[:1] == ["--"]:
        words.pop(0)
    return tuple(words) if words and not words[0].startswith("-") else None


def _is_applet(fs: RootFS, start: Start, name: str) -> bool:
    """Whether a program of many names may run this one by itself, without a file of its own."""
    if "/" in name or not start.real or basename(start.real) != "busybox":
        return False
    return b"\0" + name.encode() + b"\0" in fs.read(start.real)
