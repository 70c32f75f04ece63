"""Finds the instruction that made each layer, from the image's history and its Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from helpers.dockerfile.instructions import Instruction, instructions

CHANGES_FILES = ("RUN", "COPY", "ADD", "WORKDIR")
ONLY_NOTES = re.compile(
    "ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME"
)
"""Instructions that make no layer."""

BUILDKIT = " # buildkit"
CLASSIC_NOTE = re.compile(r"/bin/sh -c #\(nop\)\s+")
SHELL = re.compile(r"(?:\|\d+ .*? )?/bin/sh -c ", re.DOTALL)
"""The build arguments and the shell, which both builders write before a command."""

SOURCE = re.compile(r"\b(?:file|dir|multi):[0-9a-f]{64} in ")
"""The hash that the classic builder writes in place of the sources of COPY and ADD."""


@dataclass(frozen=True)
class Made:
    """What made a layer.

    created_by  the instruction as in the Dockerfile, "" where it is not known
    size        bytes of the layer by the engine's history, None where no entry can be matched
    """

    created_by: str
    size: int | None


@dataclass(frozen=True)
class Recorded:
    """An entry of a history: its keyword ("" where it is from no Dockerfile) and its text."""

    keyword: str
    text: str


def layers_of(
    history: Sequence[Mapping[str, Any]],
    count: int,
    dockerfile: str | None = None,
    target: str | None = None,
    made_layer: Callable[[], Sequence[bool] | None] = lambda: None,
) -> list[Made]:
    """What made the layers of an image, base first.

    history     the engine's answer, newest first
    count       how many layers the image has
    dockerfile  the text it was built from, if known: the history keeps less
    target      the stage that was built, None for the last
    made_layer  for each entry, base first, whether it made a layer; called only where the engine's
                answer leaves that open
    """
    entries = list(reversed(history))
    said = [read(e.get("CreatedBy") or "", e.get("Comment") or "") for e in entries]
    chosen = _chosen([e["Size"] for e in entries], said, count, made_layer)
    if chosen is None:
        return [Made("", None)] * count
    texts = [one.text for one in said]
    for at, text in _as_written(said, dockerfile, target).items():
        texts[at] = text
    return [Made(texts[at], entries[at]["Size"]) for at in chosen]


def read(created_by: str, comment: str = "") -> Recorded:
    """Reads an entry of a history, of either builder, as an instruction."""
    if created_by.endswith(BUILDKIT):
        keyword, _, rest = created_by.removesuffix(BUILDKIT).partition(" ")
        if keyword == "RUN":
            rest = SHELL.sub("", rest, count=1) if SHELL.match(rest) else rest
        return Recorded(keyword, f"{keyword} {rest}")
    if note := CLASSIC_NOTE.match(created_by):
        text = SOURCE.sub("… ", created_by[note.end() :]).strip()
        return Recorded(text.partition(" ")[0], text)
    if shell := SHELL.match(created_by):
        return Recorded("RUN", f"RUN {created_by[shell.end() :]}")
    keyword = created_by.partition(" ")[0]
    if keyword in CHANGES_FILES or ONLY_NOTES.fullmatch(keyword):  # as BuildKit writes them
        return Recorded(keyword, created_by)
    # The classic builder writes the bare words of a RUN in JSON form; other tools write their own.
    return Recorded("RUN", created_by) if created_by else Recorded("", comment)


def _chosen(
    sizes: Sequence[int],
    said: Sequence[Recorded],
    count: int,
    made_layer: Callable[[], Sequence[bool] | None],
) -> list[int] | None:
    """Which entries made the layers. An entry with bytes did; one without may have made a layer of
    whiteouts, folders or empty files."""
    sized = [at for at, size in enumerate(sizes) if size]
    without = [at for at, size in enumerate(sizes) if not size]
    perhaps = [at for at in without if not ONLY_NOTES.fullmatch(said[at].keyword)]
    if count == len(sized) + len(perhaps):
        return sorted(sized + perhaps)
    if count == len(sized):
        return sized
    flags = made_layer() or ()
    flagged = [at for at, flag in enumerate(flags) if flag]
    return flagged if len(flags) == len(sizes) and len(flagged) == count else None


def _as_written(
    said: Sequence[Recorded], dockerfile: str | None, target: str | None
) -> dict[int, str]:
    """The Dockerfile's text for each entry that it made; {} where the two don't match."""
    written = [i for i in _stage(dockerfile or "", target) if i.keyword in CHANGES_FILES]
    entries = [at for at, one in enumerate(said) if one.keyword in CHANGES_FILES]
    pairs = list(zip(reversed(entries), reversed(written), strict=False))
    if len(pairs) < len(written) or any(said[at].keyword != i.keyword for at, i in pairs):
        return {}
    return {at: f"{i.keyword} {i.value}" for at, i in pairs}


def _stage(dockerfile: str, target: str | None) -> list[Instruction]:
    """The instructions of a stage, preceded by those of the stages it is built on."""
    stages: list[list[Instruction]] = []
    by_name: dict[str, int] = {}
    found: list[Instruction] = []
    for instruction in instructions(dockerfile):
        if instruction.keyword == "FROM":
            words = [w for w in instruction.value.split() if not w.startswith("--")]
            base = by_name.get(words[0].lower()) if words else None
            found = [] if base is None else list(stages[base])
            stages.append(found)
            if len(words) > 2 and words[1].upper() == "AS":
                by_name[words[2].lower()] = len(stages) - 1
        else:
            found.append(instruction)
    if target is None:
        return found
    at = int(target) if target.isdigit() else by_name.get(target.lower(), -1)
    return stages[at] if 0 <= at < len(stages) else []
