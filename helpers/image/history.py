"""What made each layer: reads an image's history, and says it as the Dockerfile does."""

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
"""What both builders write before a command: the build arguments, and the shell."""

SOURCE = re.compile(r"\b(?:file|dir|multi):[0-9a-f]{64} in ")
"""All that the classic builder keeps of what was copied."""


@dataclass(frozen=True)
class Made:
    """What made a layer.

    created_by  an instruction as the Dockerfile has it, "" where nobody knows
    size        bytes of the layer as the engine counts them, None where it can't be told which of
                its figures is this layer's
    """

    created_by: str
    size: int | None


@dataclass(frozen=True)
class Recorded:
    """An entry of a history: its keyword ("" where it came from no Dockerfile) and its text."""

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
    dockerfile  the text it was built from, where that is known: builders keep less than it says
    target      the stage that it is, None for the last
    made_layer  says of each entry, base first, whether it made a layer; it is asked where the
                engine's answer leaves that open
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
    """An entry of a history as an instruction, whichever builder wrote it."""
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
    if keyword in CHANGES_FILES or ONLY_NOTES.fullmatch(keyword):  # so BuildKit writes all others
        return Recorded(keyword, created_by)
    # The classic builder writes the words of a RUN in JSON form bare, and other tools write theirs.
    return Recorded("RUN", created_by) if created_by else Recorded("", comment)


def _chosen(
    sizes: Sequence[int],
    said: Sequence[Recorded],
    count: int,
    made_layer: Callable[[], Sequence[bool] | None],
) -> list[int] | None:
    """Which entries made the layers. An entry with bytes made one; one without may have made one
    that only removes, or that has folders and empty files alone."""
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
    """The Dockerfile's own text of the entries that it made; none where the two don't agree."""
    written = [i for i in _stage(dockerfile or "", target) if i.keyword in CHANGES_FILES]
    entries = [at for at, one in enumerate(said) if one.keyword in CHANGES_FILES]
    pairs = list(zip(reversed(entries), reversed(written), strict=False))
    if len(pairs) < len(written) or any(said[at].keyword != i.keyword for at, i in pairs):
        return {}
    return {at: f"{i.keyword} {i.value}" for at, i in pairs}


def _stage(dockerfile: str, target: str | None) -> list[Instruction]:
    """The instructions of a stage, after those of the stages that it is built on."""
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
