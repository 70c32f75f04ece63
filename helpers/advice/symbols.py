"""Knows which parts of a program only debuggers read: finds programs with them, gives findings."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator

from helpers.advice.finding import Finding, Place, evidence
from helpers.advice.subject import Subject
from helpers.elf.anatomy import sections
from helpers.elf.header import MAGIC
from helpers.image.packages import DPKG_INFO

PROGRAMS = 10
"""Programs that are read, the largest first: each is read whole."""

ASKED = 40
"""Files that are looked at to find these."""

LEAST = 1_000_000
"""Bytes: a smaller program has no symbols that are worth a line here."""

INSTALLED = re.compile("/(site-packages|dist-packages|node_modules)/")
"""Below these is what others have compiled: its libraries are not yours to strip."""

GO = ".gopclntab"

SYMBOLS = "symbols"


def symbols(subject: Subject) -> Iterator[Finding]:
    """Symbols and debug information in the programs and libraries that the Dockerfile brought."""
    claims: dict[Place, int] = {}
    notebooks: set[str] = set()
    for place in _large(subject):
        parts = {part.name: part.size for part in sections(subject.fs.read(place[1]))}
        goes = sum(size for name, size in parts.items() if _is_for_debuggers(name))
        if goes:
            claims[place] = goes
            notebooks.add("12" if GO in parts else "13")
    if claims:
        yield Finding(
            remedy=SYMBOLS,
            says="Programs have symbols and debug information. Debuggers read them, and "
            "backtraces after a crash.",
            do='Strip them where they are made: `go build -ldflags "-s -w"`, `gcc -s`, '
            "`strip = true` for cargo.",
            notebook=min(notebooks),
            claims=claims,
            evidence=evidence(subject.layers, claims),
        )


def _large(subject: Subject) -> list[Place]:
    """The largest ELF files of the Dockerfile's own layers that are no package's: none of dpkg's,
    pip's or npm's."""
    records = (f.path for f in subject.files if f.path.startswith(f"{DPKG_INFO}/"))
    packaged: set[str] = set()
    if any(records):
        for package in subject.packages:
            packaged.update(subject.owners.files_of(package.name))
    found = []
    for path, (number, file) in subject.visible.items():
        if number < subject.base or file.size < LEAST or path in packaged or INSTALLED.search(path):
            continue
        if file.mode & stat.S_IXUSR or ".so" in path:
            found.append((file.size, (number, path)))
    largest = [place for _, place in sorted(found, reverse=True)[:ASKED]]
    return [place for place in largest if _is_elf(subject, place[1])][:PROGRAMS]


def _is_elf(subject: Subject, path: str) -> bool:
    return subject.fs.read(path, len(MAGIC)) == MAGIC


def _is_for_debuggers(section: str) -> bool:
    return section in (".symtab", ".strtab") or section.startswith((".debug_", ".zdebug_"))
