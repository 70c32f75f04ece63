"""The Dockerfile that the engine gets: with the engine's names for bases, and never copied itself.

The engine reads the Dockerfile from the tar of the context, so `COPY . .` would copy it too.
(Docker's own client sends it on a separate channel.) If that can happen, the context goes into a
folder of the tar, and an extra first stage copies the files from there.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from posixpath import normpath

from helpers.dockerfile.instructions import Instruction, instructions, map_bases

BELOW = ".context"
STAGE = "shrink-context"


@dataclass(frozen=True)
class Sent:
    """The Dockerfile to send.

    text   its text
    below  the folder of the tar that the context goes into, or "" for the root
    added  how many lines were added before the first FROM
    start  the number of that FROM's line in the user's Dockerfile, from 1
    """

    text: str
    below: str = ""
    added: int = 0
    start: int = 0

    def line(self, sent: int) -> int:
        """The line number in the user's Dockerfile for a line number in the one that is sent."""
        return sent - self.added if sent >= self.start else sent


@dataclass(frozen=True)
class Copied:
    """What a COPY or ADD copies.

    origin   the stage or image of `--from`, or None for the context
    sources  paths; neither the URLs of an ADD nor heredocs
    flags    options, as they are written
    target   the destination
    """

    origin: str | None
    sources: tuple[str, ...]
    flags: tuple[str, ...]
    target: str


def sent(text: str, bases: Mapping[str, str], args: Mapping[str, str]) -> Sent:
    """Turns the user's Dockerfile into the one to send.

    bases  the engine's name of each base, by the name in the Dockerfile
    args   build arguments, which may be part of a base's name
    """
    own = instructions(text)
    mapped = map_bases(text, bases, args)
    if not any(_takes_everything(each) for each in own):
        return Sent(mapped)
    start = next(each.line for each in own if each.keyword == "FROM")
    lines = mapped.split("\n")
    for each in instructions(mapped):
        _take_from_stage(each, lines)
    added = [f"FROM scratch AS {STAGE}", f"COPY {BELOW}/ /"]
    lines[start - 1 : start - 1] = added
    return Sent("\n".join(lines), BELOW, len(added), start)


def copied(each: Instruction) -> Copied:
    """Parses a COPY or ADD."""
    flags, rest = options(each.value)
    words = rest.split()
    if rest.startswith("["):
        with contextlib.suppress(ValueError):  # without valid JSON the builder takes words too
            words = json.loads(rest)
    origin = next((flag.partition("=")[2] for flag in flags if flag.startswith("--from=")), None)
    sources = tuple(w for w in words[:-1] if not re.match(r"<<|\w+://|git@", w))
    return Copied(origin, sources, flags, words[-1] if words else "")


def options(value: str) -> tuple[tuple[str, ...], str]:
    """Splits an instruction's value into its options (`--from=build`) and the rest."""
    flags = []
    while found := re.match(r"\s*(--\S+)(\s+|$)", value):
        flags.append(found[1])
        value = value[found.end() :]
    return tuple(flags), value.strip()


def _takes_everything(each: Instruction) -> bool:
    if each.keyword in ("COPY", "ADD"):
        taken = copied(each)
        return taken.origin is None and any(_may_be_root(source) for source in taken.sources)
    return each.keyword == "RUN" and any(_is_context_mount(f) for f in options(each.value)[0])


def _may_be_root(source: str) -> bool:
    first = normpath("/" + source).lstrip("/").partition("/")[0]
    return not first or any(char in first for char in "$*?[")


def _is_context_mount(flag: str) -> bool:
    option, _, value = flag.partition("=")
    fields = dict(part.partition("=")[::2] for part in value.split(","))
    return option == "--mount" and fields.get("type", "bind") == "bind" and "from" not in fields


def _take_from_stage(each: Instruction, lines: list[str]) -> None:
    """Rewrites one instruction in `lines` to copy from STAGE. The number of lines stays."""
    place = slice(each.line - 1, each.end_line)
    flags, _ = options(each.value)
    for number, line in enumerate(lines[place], each.line - 1):
        for flag in flags:
            if flag in line:
                lines[number] = line = line.replace(flag, _renumbered(flag), 1)
    if each.keyword == "COPY":
        taken = copied(each)
        if taken.origin is None and taken.sources:
            first = lines[each.line - 1]
            lines[each.line - 1] = re.sub(r"(?i)^(\s*copy)", rf"\1 --from={STAGE}", first)
    elif each.keyword == "ADD":  # it has no --from
        taken = copied(each)
        if taken.sources:
            words = [f"{BELOW}{normpath('/' + source)}" for source in taken.sources]
            rest = json.dumps([*words, taken.target])
            blank = [""] * (each.end_line - each.line)
            lines[place] = [" ".join(["ADD", *taken.flags, rest]), *blank]


def _renumbered(flag: str) -> str:
    """The option, with stage numbers raised by one, since STAGE comes first."""
    if _is_context_mount(flag):
        return f"{flag},from={STAGE}"
    return re.sub(r"([=,]from=|--from=)(\d+)(?=,|$)", lambda m: f"{m[1]}{int(m[2]) + 1}", flag)
