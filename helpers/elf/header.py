"""Reads the headers of an ELF file. Like the kernel and the loader it ignores sections, so a
stripped or patched file reads the same.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

from elftools.common.exceptions import ELFError
from elftools.common.utils import parse_cstring_from_stream
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection
from elftools.elf.segments import InterpSegment

from helpers.core.errors import LabError
from helpers.files.filesystem import RootFS

MAGIC = b"\x7fELF"

DAMAGED = (ELFError, ValueError, LookupError, TypeError, AttributeError, OverflowError)
"""What pyelftools raises for a damaged file; not all of these on purpose."""

HEAD = 256 * 1024
"""Bytes to read first. Mostly all headers are in them; if not, they tell how much more to read."""

PIE = 0x08000000  # DF_1_PIE: a program, not a library
GO_NOTE = b"Go\0\0"  # in a note of Go's linker
WEAK = 0x2  # VER_FLG_WEAK: a version that may be missing

MACHINES = {
    ("EM_X86_64", 64): "amd64",
    ("EM_X86_64", 32): "x32",
    ("EM_AARCH64", 64): "arm64",
    ("EM_386", 32): "386",
    ("EM_ARM", 32): "arm",
    ("EM_RISCV", 64): "riscv64",
    ("EM_PPC64", 64): "ppc64le",
    ("EM_S390", 64): "s390x",
    ("EM_LOONGARCH", 64): "loong64",
    ("EM_MIPS", 64): "mips64le",
}
"""Docker's names of architectures, by machine and width of addresses."""


class NotElf(LabError):
    """The file isn't an ELF file, or its headers can't be read."""


@dataclass(frozen=True)
class Header:
    """What the kernel and the loader read from a file.

    machine           the architecture, by Docker's name: `amd64`, `arm64`, `386`, ...
    kind              `program` (also position-independent), `library`, or `object` (not linked)
    interpreter       path of the loader that the kernel starts first, or None
    needed            sonames of the libraries that it needs directly
    soname            its own name as a library, or None
    rpath, runpath    folders in which it wants its libraries searched
    versions_needed   for each library, the symbol versions that it needs from it
    versions_defined  the symbol versions that it offers as a library
    static            whether it needs no other file to start, as also static-pie does
    loaded            bytes of the file that get mapped; a shorter file is truncated
    go                whether Go's linker made it
    little            whether it is little-endian
    """

    machine: str
    kind: Literal["program", "library", "object"]
    interpreter: str | None = None
    needed: tuple[str, ...] = ()
    soname: str | None = None
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    versions_needed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    versions_defined: tuple[str, ...] = ()
    static: bool = True
    loaded: int = 0
    go: bool = False
    little: bool = True

    @property
    def libc(self) -> Literal["glibc", "musl"] | None:
        """The C library that it was built for; None if it needs none or doesn't say."""
        loader = (self.interpreter or "").rpartition("/")[2]
        if loader.startswith("ld-musl-") or any(n.startswith("libc.musl-") for n in self.needed):
            return "musl"
        if loader.startswith(("ld-linux", "ld64.so", "ld.so")) or "libc.so.6" in self.needed:
            return "glibc"
        return None


def header(data: bytes) -> Header:
    """Reads headers from the bytes of a file. Raises NotElf."""
    return _parse(io.BytesIO(data))


def read_header(fs: RootFS, path: str) -> Header:
    """Reads the headers of a file in an image, and little else of it. Raises NotElf.

    path  of a regular file
    """
    limit = HEAD
    while True:
        data = fs.read(path, limit)
        beginning = _Beginning(data)
        try:
            return _parse(beginning)
        except NotElf:
            if len(data) < limit or not beginning.wanted:
                raise
        limit = beginning.wanted + HEAD


class _Beginning(io.BytesIO):
    """The first bytes of a file. `wanted`: where the last read that went beyond them would end."""

    wanted = 0

    def read(self, size: int | None = -1) -> bytes:
        start = self.tell()
        got = super().read(size)
        if size is not None and len(got) < size:
            self.wanted = start + size
        return got


def _parse(stream: io.BytesIO) -> Header:
    if stream.getvalue()[:4] != MAGIC:
        raise NotElf("This is no ELF file: only a compiled program or library has ELF headers.")
    try:
        elf = ELFFile(stream)
        elf.header["e_shoff"] = 0  # so that it reads no sections
        return _read(elf)
    except DAMAGED as error:
        raise NotElf(
            f"The ELF headers can't be read ({error}): the file is truncated or damaged."
        ) from None


def _read(elf: ELFFile) -> Header:
    dynamic_or_fixed = elf["e_type"] in ("ET_EXEC", "ET_DYN")
    segments = list(elf.iter_segments()) if dynamic_or_fixed else []
    by_type = {segment["p_type"]: segment for segment in segments}
    interpreter = by_type.get("PT_INTERP")
    assert interpreter is None or isinstance(interpreter, InterpSegment)  # as pyelftools makes it
    dynamic = _Dynamic(elf, by_type.get("PT_DYNAMIC"))
    kind: Literal["program", "library", "object"]
    if not dynamic_or_fixed:
        kind = "object"
    elif interpreter or dynamic.flags & PIE or not (dynamic.needed or dynamic.soname):
        kind = "program"
    else:
        kind = "program" if elf["e_type"] == "ET_EXEC" else "library"
    return Header(
        machine=_machine(elf),
        kind=kind,
        interpreter=interpreter.get_interp_name() if interpreter else None,
        needed=dynamic.needed,
        soname=dynamic.soname,
        rpath=dynamic.rpath,
        runpath=dynamic.runpath,
        versions_needed=dynamic.versions_needed(),
        versions_defined=dynamic.versions_defined(),
        static=not interpreter and not dynamic.needed and kind == "program",
        loaded=max(
            (s["p_offset"] + s["p_filesz"] for s in segments if s["p_type"] == "PT_LOAD"),
            default=0,
        ),
        go=any(GO_NOTE in s.data() for s in segments if s["p_type"] == "PT_NOTE"),
        little=elf.little_endian,
    )


def _machine(elf: ELFFile) -> str:
    machine = elf["e_machine"]
    known = MACHINES.get((machine, elf.elfclass))
    return known or f"{str(machine).removeprefix('EM_').lower()}-{elf.elfclass}-bit"


class _Dynamic:
    """The dynamic segment of a file; without one, everything in here is empty."""

    def __init__(self, elf: ELFFile, segment: Any) -> None:
        self._elf = elf
        tags = [(t["d_tag"], t["d_val"]) for t in segment._iter_tags()] if segment else []
        self._last = dict(tags)
        self._strings = self._offset("DT_STRTAB")
        self.needed = tuple(self.get_string(v) for tag, v in tags if tag == "DT_NEEDED")
        self.flags = self._last.get("DT_FLAGS_1", 0)
        self.soname = self._string("DT_SONAME")
        self.runpath = _folders(self._string("DT_RUNPATH"))
        # The loader ignores RPATH if there is a RUNPATH.
        self.rpath = () if self.runpath else _folders(self._string("DT_RPATH"))

    def get_string(self, offset: int) -> str:
        """The string at an offset of the string table. pyelftools calls it by this name."""
        if self._strings is None:
            raise ELFError("no string table")
        found = parse_cstring_from_stream(self._elf.stream, self._strings + offset)
        if found is None:  # patchelf puts the table at the end, which may not be read yet
            raise ELFError("a string does not end")
        return found.decode("utf-8", "surrogateescape")

    def versions_needed(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        table = self._versions(GNUVerNeedSection, "DT_VERNEED")
        return tuple(
            (library.name, tuple(v.name for v in versions if not v["vna_flags"] & WEAK))
            for library, versions in table
        )

    def versions_defined(self) -> tuple[str, ...]:
        table = self._versions(GNUVerDefSection, "DT_VERDEF")
        # The first name is the version's own; its predecessors follow.
        return tuple(next(iter(names)).name for _, names in table)

    def _versions(self, kind: type, tag: str) -> list:
        offset = self._offset(tag)
        if offset is None:
            return []
        # pyelftools wants a section, so make one from the dynamic tags.
        section = {"sh_offset": offset, "sh_info": self._last.get(tag + "NUM", 0), "sh_flags": 0}
        section |= {"sh_size": 0, "sh_addralign": 1, "sh_type": "SHT_NULL"}
        return list(kind(section, "", self._elf, self).iter_versions())

    def _string(self, tag: str) -> str | None:
        return self.get_string(self._last[tag]) if tag in self._last else None

    def _offset(self, tag: str) -> int | None:
        """The place in the file for the address in a tag."""
        address = self._last.get(tag)
        return None if address is None else next(self._elf.address_offsets(address), None)


def _folders(path: str | None) -> tuple[str, ...]:
    return tuple(path.split(":")) if path else ()
