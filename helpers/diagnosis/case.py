"""One file that had to start, and what its image says of it: the facts that causes are told by."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename, dirname, join, normpath
from typing import TYPE_CHECKING

from helpers.diagnosis.command import BEGINNING, Process, Start, find
from helpers.diagnosis.permissions import Identity, identity
from helpers.elf.header import MAGIC, Header, NotElf, read_header
from helpers.elf.loader import Closure, closure

if TYPE_CHECKING:
    from helpers.files.filesystem import RootFS

ALSO_RUNS = {"amd64": ("386",), "arm64": ("arm",)}
"""What most machines of an architecture run besides: their own kind with narrower addresses."""

VENV_FILE = 10_000
"""More bytes than a virtual environment's own file has."""

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
    """A file that must start, in its image, and how its container ended."""

    fs: RootFS
    process: Process
    start: Start

    @property
    def is_file(self) -> bool:
        """Whether there is a regular file where the name leads."""
        return bool(self.start.file and self.start.file.kind in ("file", "hardlink"))

    @property
    def may_not_have_started(self) -> bool:
        """False where the outcome shows that this file started, whatever it looks like."""
        if self.start.is_direct:
            return not self.process.started
        # what a shell, `env` or an init says of a program that it could not start
        return self.process.exit_code in (None, 126, 127)

    @cached_property
    def beginning(self) -> bytes:
        """The first bytes of the file, b"" where it has none."""
        return self.fs.read(self.start.real, BEGINNING) if self.is_file else b""

    @property
    def is_elf(self) -> bool:
        """Whether the file begins as a compiled one."""
        return self.beginning.startswith(MAGIC)

    @cached_property
    def header(self) -> Header | None:
        """The headers of a compiled file that can be read."""
        try:
            return read_header(self.fs, self.start.real) if self.is_elf else None
        except NotElf:
            return None

    @property
    def is_foreign(self) -> bool:
        """Whether it is compiled for another machine than the one that it should run on."""
        head, here = self.header, self.process.architecture
        return bool(head and here and head.machine not in (here, *ALSO_RUNS.get(here, ())))

    @cached_property
    def closure(self) -> Closure:
        """What the loader would find, nothing where it doesn't come to that."""
        head, process = self.header, self.process
        if not head or self.is_foreign or not head.interpreter:
            return Closure()
        if process.exit_code not in (None, 1, 127):  # those with which loaders give up
            return Closure()
        return closure(self.fs, self.start.real, head, process.env, process.workdir or "/")

    @cached_property
    def elsewhere(self) -> tuple[str, ...]:
        """Where else in the image a program of that name is, shortest path first."""
        name = basename(self.start.name.rstrip("\r"))
        return self.programs(name) if name else ()

    def programs(self, name: str) -> tuple[str, ...]:
        """The executable files of a name, links that lead to one too."""
        paths = [file.path for file in self.fs.find(name) if self._is_program(file.path)]
        return tuple(sorted(paths, key=lambda path: (path.count("/"), path)))

    def has(self, *names: str) -> bool:
        """Whether PATH has a program of one of these names."""
        places = (find(self.fs, self.process, name) for name in names)
        return any(path and self._is_program(path) for path in places)

    @cached_property
    def user(self) -> Identity | None:
        """Who it runs as, None where the image doesn't tell."""
        return identity(self.fs, self.process.user)

    @cached_property
    def other_libc(self) -> str | None:
        """The C library of the image, where it isn't the one that the file was made for."""
        head = self.header
        if not head or not head.libc:
            return None
        if head.libc == "musl":
            return "glibc" if self._has_library("libc.so.6", head.machine) else None
        name = MUSL_LOADERS.get(head.machine)
        return "musl" if name and self._has_library(name, head.machine) else None

    def dangling(self, path: str) -> str | None:
        """Where a link leads that leads to nothing, None where the path is no such link."""
        seen: set[str] = set()
        file = self.fs.stat(path)
        while file and file.kind == "symlink" and file.target and path not in seen:
            seen.add(path)
            folder = self.fs.resolve(dirname(path)) or dirname(path)
            path = normpath(join(folder, file.target))
            file = self.fs.stat(path)
        return path if seen and not file else None

    def python(self, path: str) -> str | None:
        """The Docker Hub name of the Python whose virtual environment a path is in; None for any
        other path. Its `pyvenv.cfg` says which that was (PEP 405)."""
        text = self.fs.read(join(dirname(dirname(path)), "pyvenv.cfg"), VENV_FILE).decode(
            errors="replace"
        )
        found = re.search(r"(?m)^version(?:_info)?\s*=\s*(\d+\.\d+)", text)
        return f"python:{found[1]}-slim" if found else None

    def release(self) -> str | None:
        """The Docker Hub name of the distribution that the image is, None where it doesn't say."""
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
        """The instruction with these words as a JSON list; the command line where it was typed."""
        words = list(words or ())
        keyword = self.process.instruction
        if not words:
            return None
        if not keyword:
            return f"docker run IMAGE {shlex.join(words)}"
        listed = json.dumps(words, ensure_ascii=False)
        return f"HEALTHCHECK CMD {listed}" if keyword == "HEALTHCHECK" else f"{keyword} {listed}"

    def mended(self, *first: str) -> str | None:
        """The instruction as it is, with other words in place of this file's name; None where the
        name is not written there."""
        start, argv = self.start, self.process.argv
        if start.by == "engine":
            return self.exec_form((*first, *argv[1 : self.process.written]))
        if start.script or not start.parent or start.parent.by != "engine":
            return None
        if start.by == "shell":
            return self.exec_form((*first, *start.argv[1:]))
        at = argv.index(start.name)
        return self.exec_form((*argv[:at], *first, *argv[at + 1 : self.process.written]))

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
