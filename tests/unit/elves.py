"""Makes small ELF files: headers that say what a test wants, and no code."""

import struct
from collections.abc import Sequence
from pathlib import Path

MACHINES = {"amd64": 62, "arm64": 183, "386": 3, "riscv64": 243, "s390x": 22}

GLIBC = "/lib64/ld-glibc.so.2"
MUSL = "/lib/ld-musl-any.so.1"
GLIBC_TEXT = b"\0/etc/ld.so.cache\0/lib/multi/\0/usr/lib/multi/\0/lib/\0/usr/lib/\0"
MUSL_TEXT = b"musl libc (any)\n\0/usr/local/bin:/bin\0%.*s/etc/ld-musl-any.path\0/lib:/usr/lib\0"

PIE = 0x08000000


def elf(
    machine: str = "amd64",
    *,
    kind: int = 3,
    interpreter: str = "",
    needed: Sequence[str] = (),
    soname: str = "",
    rpath: str = "",
    runpath: str = "",
    wants: dict[str, Sequence[str]] | None = None,
    weak: Sequence[str] = (),
    has: Sequence[str] = (),
    flags: int = 0,
    go: bool = False,
    text: bytes = b"",
    sections: dict[str, bytes] | None = None,
    unwritten: int = 0,
    gap: int = 0,
) -> bytes:
    """A 64-bit file. `kind` is e_type: 1 object, 2 fixed program, 3 library or PIE. `wants` are the
    symbol versions that it needs of each library, `has` those that it offers. `text` is put in as
    it is. `sections` come behind the rest, with a table of them; `unwritten` is the size of one,
    `.bss`, that takes no bytes of the file. With a `gap` the strings come behind the dynamic
    segment and so many bytes, as patchelf leaves them."""
    order = ">" if machine == "s390x" else "<"
    strings = _Strings()
    tags = [(1, strings(name)) for name in needed]
    tags += [(14, strings(soname))] if soname else []
    tags += [(15, strings(rpath))] if rpath else []
    tags += [(29, strings(runpath))] if runpath else []
    tags += [(0x6FFFFFFB, flags)] if flags else []
    need = b"".join(
        struct.pack(order + "HHIII", 1, len(versions), strings(name), 16, 16 + 16 * len(versions))
        + b"".join(
            struct.pack(order + "IHHII", 0, 2 * (version in weak), 2, strings(version), 16)
            for version in versions
        )
        for name, versions in (wants or {}).items()
    )
    define = b"".join(
        struct.pack(order + "HHHHIII", 1, 0, number, 1, 0, 20, 28)
        + struct.pack(order + "II", strings(version), 0)
        for number, version in enumerate(has, 1)
    )
    note = struct.pack(order + "III", 4, 4, 4) + b"Go\0\0test" if go else b""
    parts = [interpreter.encode() + b"\0", note, need, define, strings.data, text]
    is_dynamic = bool(tags or need or define)
    count = 1 + bool(interpreter) + bool(note) + is_dynamic
    at, places = 64 + 56 * count, []
    for part in parts:
        places.append(at)
        at += len(part)
    tags += [(0x6FFFFFFE, places[2]), (0x6FFFFFFF, len(wants or {}))] if need else []
    tags += [(0x6FFFFFFC, places[3]), (0x6FFFFFFD, len(has))] if define else []
    moved = bytes(gap) + strings.data if gap else b""
    behind = at + 16 * (len(tags) + 3) + gap
    tags += [(5, behind if gap else places[4]), (10, len(strings.data)), (0, 0)]
    dynamic = b"".join(struct.pack(order + "QQ", *tag) for tag in tags) if is_dynamic else b""
    dynamic_size = len(dynamic)
    dynamic += moved
    whole = at + len(dynamic)
    segments = [(1, 0, whole)]
    segments += [(3, places[0], len(parts[0]))] if interpreter else []
    segments += [(4, places[1], len(note))] if note else []
    segments += [(2, at, dynamic_size)] if is_dynamic else []
    body, rows, names = _sections(sections or {}, unwritten, whole) if sections else (b"", [], 0)
    ident = b"\x7fELF" + bytes([2, 1 if order == "<" else 2, 1]) + bytes(9)
    places_ = (64, whole + len(body) if rows else 0)
    counts = (64, 56, count, 64 if rows else 0, len(rows), names)
    head = ident + struct.pack(
        order + "HHIQQQIHHHHHH", kind, MACHINES[machine], 1, 0, *places_, 0, *counts
    )
    table = b"".join(
        struct.pack(order + "IIQQQQQQ", kind, 4, start, start, start, size, size, 1)
        for kind, start, size in segments
    )
    rows = [struct.pack(order + "IIQQQQIIQQ", *row) for row in rows]
    return head + table + b"".join(parts) + dynamic + body + b"".join(rows)


def _sections(
    sections: dict[str, bytes], unwritten: int, at: int
) -> tuple[bytes, list[tuple[int, ...]], int]:
    """Their bytes, the rows of their table, and which of these has the names."""
    strings, body, rows = _Strings(), b"", [(0,) * 10]
    for name, data in sections.items():
        rows.append((strings(name), 1, 0, 0, at + len(body), len(data), 0, 0, 1, 0))
        body += data
    rows.append((strings(".bss"), 8, 0, 0, at + len(body), unwritten, 0, 0, 1, 0))
    name = strings(".shstrtab")
    rows.append((name, 3, 0, 0, at + len(body), len(strings.data), 0, 0, 1, 0))
    return body + strings.data, rows, len(rows) - 1


def index(entries: dict[str, str]) -> bytes:
    """An ld.so.cache with these paths by soname."""
    start = 48 + 24 * len(entries)
    strings = _Strings(start)
    rows = b"".join(
        struct.pack("<iIIIQ", 0x303, strings(name), strings(path), 0, 0)
        for name, path in entries.items()
    )
    head = b"glibc-ld.so.cache1.1" + struct.pack("<II", len(entries), 0) + bytes(20)
    return head + rows + strings.data


def put(root: Path, path: str, content: bytes | str, mode: int = 0o755) -> None:
    """A file in a folder that stands for an image."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)


def link(root: Path, path: str, target: str) -> None:
    """A symbolic link in a folder that stands for an image."""
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.symlink_to(target)


class _Strings:
    """A string table: gives the offset of each string that is put in."""

    def __init__(self, start: int = 0) -> None:
        self._start = start
        self.data = b"\0"

    def __call__(self, text: str) -> int:
        offset = self._start + len(self.data)
        self.data += text.encode() + b"\0"
        return offset
