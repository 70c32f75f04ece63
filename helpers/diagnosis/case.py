"""Facts about one file that a container has to start; the checks for causes read them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename, dirname, join, normpath

from helpers.diagnosis.command import BEGINNING, NOT_RUN_BY_SHELL, Process, Start, find
from helpers.diagnosis.permissions import Identity, identity
from helpers.elf.closure import Closure, closure
from helpers.elf.header import MAGIC, Header, NotElf, read_header
from helpers.files.filesystem import RootFS

ALSO_RUNS = {"amd64": ("386",), "arm64": ("arm",)}
"""What most machines of an architecture run too: programs of its 32-bit relative."""

VENV_FILE = 10_000
"""Bytes to read of a `pyvenv.cfg`; it has far fewer."""

MUSL_LOADERS = {
    "amd64": "ld-musl-x86_64.so.1",
    "arm64": "ld-musl-aarch64.so.1",
    "386": "ld-musl-i386.so.1",
    "arm": "ld-musl-armhf.so.1",
    "riscv64": "ld-musl-riscv64.so.1",
    "ppc64le": "ld-musl-powerpc64le.so.1",
    "s390x": "ld-musl-s390x.so.1",
    "loong64": "ld-musl-loongarch64.so.1",
}


@dataclass(frozen=True)
class Case:
    """One file that a container has to start, in its image. Facts about it are read when asked for.

    fs       the image's files
    process  what the container was told to start, and how that ended
    start    the file
    """

    fs: RootFS
    process: Process
    start: Start

    @property
    def is_file(self) -> bool:
        """Whether its path leads to a regular file."""
        return bool(self.start.file and self.start.file.kind in ("file", "hardlink"))

    @property
    def may_not_have_started(self) -> bool:
        """Whether this file may have failed to start, going by the outcome alone."""
        if self.start.is_direct:
            return not self.process.started
        # with these a shell, `env` or an init says that it could not start a program
        return self.process.exit_code in (None, *NOT_RUN_BY_SHELL)

    @cached_property
    def beginning(self) -> bytes:
        """The first bytes of a regular file, else b""."""
        real = self.start.real
        return self.fs.read(real, BEGINNING) if real and self.is_file else b""

    @property
    def is_elf(self) -> bool:
        """Whether the file begins like an ELF file."""
        return self.beginning.startswith(MAGIC)

    @cached_property
    def header(self) -> Header | None:
        """The headers of an ELF file; None if it is no such file, or they can't be read."""
        real = self.start.real
        try:
            return read_header(self.fs, real) if real and self.is_elf else None
        except NotElf:
            return None

    @property
    def is_foreign(self) -> bool:
        """Whether it is compiled for an architecture that the engine's machine doesn't run."""
        head, here = self.header, self.process.architecture
        return bool(head and here and head.machine not in (here, *ALSO_RUNS.get(here, ())))

    @cached_property
    def closure(self) -> Closure:
        """What the loader finds and misses; empty if the loader can't have failed."""
        head, process, real = self.header, self.process, self.start.real
        if not head or not real or self.is_foreign or not head.interpreter:
            return Closure()
        if process.exit_code not in (None, 1, 127):  # loaders give up with 1 or 127
            return Closure()
        return closure(self.fs, real, head, process.env, process.workdir or "/")

    @cached_property
    def elsewhere(self) -> tuple[str, ...]:
        """Programs of the same name elsewhere in the image, those in the fewest folders first."""
        name = basename(self.start.name.rstrip("\r"))
        return self.programs(name) if name else ()

    def programs(self, name: str) -> tuple[str, ...]:
        """The executable files of a name, and links to executable files."""
        paths = [file.path for file in self.fs.find(name) if self._is_program(file.path)]
        return tuple(sorted(paths, key=lambda path: (path.count("/"), path)))

    def has(self, *names: str) -> bool:
        """Whether a folder of PATH has a program of one of these names."""
        places = (find(self.fs, self.process, name) for name in names)
        return any(path and self._is_program(path) for path in places)

    @cached_property
    def user(self) -> Identity | None:
        """The user that it runs as; None if the image doesn't tell."""
        return identity(self.fs, self.process.user)

    @cached_property
    def other_libc(self) -> str | None:
        """The image's C library, if it isn't the one that the file was built for, else None."""
        head = self.header
        if not head or not head.libc:
            return None
        if head.libc == "musl":
            return "glibc" if self._has_library("libc.so.6", head.machine) else None
        name = MUSL_LOADERS.get(head.machine)
        return "musl" if name and self._has_library(name, head.machine) else None

    def dangling(self, path: str) -> str | None:
        """The missing target of a dangling link; None if the path is no dangling link."""
        seen: set[str] = set()
        file = self.fs.stat(path)
        while file and file.kind == "symlink" and file.target and path not in seen:
            seen.add(path)
            folder = self.fs.resolve(dirname(path)) or dirname(path)
            path = normpath(join(folder, file.target))
            file = self.fs.stat(path)
        return path if seen and not file else None

    def venv_python(self, path: str) -> str | None:
        """The Docker Hub image with the Python that made the virtual environment at a path, by its
        `pyvenv.cfg` (PEP 405). None if the path is in no virtual environment."""
        text = self.fs.read(join(dirname(dirname(path)), "pyvenv.cfg"), VENV_FILE).decode(
            errors="replace"
        )
        found = re.search(r"(?m)^version(?:_info)?\s*=\s*(\d+\.\d+)", text)
        return f"python:{found[1]}-slim" if found else None

    def distribution(self) -> str | None:
        """The Docker Hub name of the image's distribution; None if it doesn't say."""
        for path in ("/etc/os-release", "/usr/lib/os-release"):
            if real := self.fs.resolve(path):
                text = self.fs.read(real).decode("utf-8", "replace")
                facts = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
                name, version = facts.get("ID"), facts.get("VERSION_ID")
                if name == "debian":
                    version = facts.get("VERSION_CODENAME", version)
                return f"{name}:{version}" if name and version else None
        return None

    def exec_form(self, words: Iterable[str] | None) -> str | None:
        """The instruction with these words as a JSON list, or the command line if it was typed."""
        words = list(words or ())
        keyword = self.process.instruction
        if not words:
            return None
        if not keyword:
            return f"docker run IMAGE {shlex.join(words)}"
        listed = json.dumps(words, ensure_ascii=False)
        return f"HEALTHCHECK CMD {listed}" if keyword == "HEALTHCHECK" else f"{keyword} {listed}"

    def with_name(self, *words: str) -> str | None:
        """The instruction with these words in place of the file's name; None if the instruction
        doesn't have that name."""
        start, argv = self.start, self.process.argv
        if start.by == "engine":
            return self.exec_form((*words, *argv[1 : self.process.written]))
        if start.script or not start.parent or start.parent.by != "engine":
            return None
        if start.by == "shell":
            return self.exec_form((*words, *start.argv[1:]))
        at = argv.index(start.name)
        return self.exec_form((*argv[:at], *words, *argv[at + 1 : self.process.written]))

    def _is_program(self, path: str) -> bool:
        real = self.fs.resolve(path)
        file = self.fs.stat(real) if real else None
        return bool(file and file.kind in ("file", "hardlink") and file.mode & 0o111)

    def _has_library(self, name: str, machine: str) -> bool:
        for file in self.fs.find(name):
            real = self.fs.resolve(file.path)
            try:
                if real and read_header(self.fs, real).machine == machine:
                    return True
            except NotElf:
                continue
        return False
