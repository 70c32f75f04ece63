"""The modules that a Go program was built from, read from the build information in the file."""

from __future__ import annotations

import io
from dataclasses import dataclass

from elftools.elf.elffile import ELFFile

from helpers.elf.header import DAMAGED

SECTION = ".go.buildinfo"

MAGIC = b"\xff Go buildinf:"

INLINE = 2
"""The flag that the strings follow the header, as they do since Go 1.18."""

HEADER = 32
"""Bytes of the header. The format is that of Go's debug/buildinfo, which calls it private."""

MARK = 16
"""Bytes before and after the list of modules."""


@dataclass(frozen=True)
class Module:
    """A module in a program. `std` is Go's own library, with the compiler's version."""

    path: str
    version: str


def modules(data: bytes) -> tuple[Module, ...]:
    """The modules of a program, Go's own library first; () if it isn't a Go program, or its build
    information can't be read.

    data  the whole program
    """
    found = _information(data)
    if found is None:
        return ()
    version, listed = found
    named = [Module("std", version)]
    for line in listed.splitlines():
        kind, *words = line.split("\t")
        if kind in ("mod", "dep", "=>") and len(words) >= 2:
            if kind == "=>":  # replaces the module before it
                named.pop()
            named.append(Module(words[0], words[1]))
    return tuple(named)


def _information(data: bytes) -> tuple[str, str] | None:
    """The compiler's version, and the list of modules."""
    try:
        section = ELFFile(io.BytesIO(data)).get_section_by_name(SECTION)
        found = section.data() if section else b""
    except DAMAGED:
        return None
    if not found.startswith(MAGIC) or len(found) < HEADER or not found[15] & INLINE:
        return None
    version, rest = _string(found[HEADER:])
    listed, _ = _string(rest)
    whole = len(listed) > 2 * MARK and listed[-MARK - 1 : -MARK] == b"\n"
    text = listed[MARK:-MARK] if whole else b""
    return version.decode("utf-8", "replace"), text.decode("utf-8", "replace")


def _string(data: bytes) -> tuple[bytes, bytes]:
    """Splits off a string with its length before it (a varint); returns it and the rest."""
    length = shift = 0
    for place, byte in enumerate(data[:10], 1):
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return data[place : place + length], data[place + length :]
    return b"", b""
