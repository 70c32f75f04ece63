"""The Dockerfile as it is sent: bases under the engine's names, and itself out of `COPY . .`'s way.

The engine finds the Dockerfile in the context, among the files to build. Docker's own client has a
channel of its own for it; without one, `COPY . .` would take it for one of those files. Where that
can happen the context is put in a folder, and a stage before all others takes the files from there.
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
    """What is sent in a Dockerfile's place.

    text   the Dockerfile to send
    below  the folder in the tar to put the context in, or "" for its root
    added  instructions that were put before the first FROM, a line each
    start  the line of the first FROM as it was written, from 1
    """

    text: str
    below: str = ""
    added: int = 0
    start: int = 0

    def line(self, sent: int) -> int:
        """The line of the Dockerfile as it was written, for a line of what is sent."""
        return sent - self.added if sent >= self.start else sent


@dataclass(frozen=True)
class Copied:
    """What a COPY or ADD takes.

    origin   the stage or image of `--from`, or None for the context
    sources  paths; neither addresses (ADD) nor text that stands in the Dockerfile (heredocs)
    flags    options, as they are written
    target   where it goes
    """

    origin: str | None
    sources: tuple[str, ...]
    flags: tuple[str, ...]
    target: str


def sent(text: str, bases: Mapping[str, str], args: Mapping[str, str]) -> Sent:
    """What to send for a Dockerfile.

    bases  by the name in the Dockerfile, the engine's reference
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
    """What a COPY or ADD takes."""
    flags, rest = options(each.value)
    words = rest.split()
    if rest.startswith("["):
        with contextlib.suppress(ValueError):  # what isn't JSON are words to the builder too
            words = json.loads(rest)
    origin = next((flag.partition("=")[2] for flag in flags if flag.startswith("--from=")), None)
    sources = tuple(w for w in words[:-1] if not re.match(r"<<|\w+://|git@", w))
    return Copied(origin, sources, flags, words[-1] if words else "")


def options(value: str) -> tuple[tuple[str, ...], str]:
    """An instruction's options (`--from=build`), and what follows them."""
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
    """Rewrites one instruction in place; the number of lines stays."""
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
    """The option, with a stage's number as it is now that a stage stands before it."""
    if _is_context_mount(flag):
        return f"{flag},from={STAGE}"
    return re.sub(r"([=,]from=|--from=)(\d+)(?=,|$)", lambda m: f"{m[1]}{int(m[2]) + 1}", flag)
