"""The steps of a build, with the names that they are shown under, whichever builder runs them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from helpers.dockerfile.instructions import Instruction, instructions
from helpers.dockerfile.sent import Sent, copied

_VERTEX = re.compile(r"\[(?:\w+/\S+ )?(?:(\S+) )? *(\d+)/(\d+)\] ")


@dataclass(frozen=True)
class Step:
    """One instruction.

    name     the name to show, numbered within its stage: `[build 2/3] RUN gcc hello.c`; without a
             number for instructions that change no files (ENV, CMD and the like)
    text     the instruction on one line, as in the Dockerfile
    line     its line in the Dockerfile, from 1
    written  the instruction as it was written
    sent     the instruction as it was sent
    makes    whether builders change files for it
    """

    name: str
    text: str
    line: int
    written: Instruction
    sent: Instruction
    makes: bool


@dataclass(frozen=True)
class Stage:
    """One stage, numbered as BuildKit does.

    label     its name, or `stage-1`
    steps     the steps with a number, in order
    total     how many BuildKit counts
    has_base  whether the first of them is FROM
    origin    its FROM
    """

    label: str
    steps: tuple[Step, ...]
    total: int
    has_base: bool
    origin: Step


@dataclass(frozen=True)
class Steps:
    """The steps of one Dockerfile.

    all       one per instruction as sent, None for an instruction that the lab added
    sections  the same by stage, without what comes before the first FROM
    stages    in order, without a stage that the lab added
    """

    all: tuple[Step | None, ...]
    sections: tuple[tuple[Step | None, ...], ...]
    stages: tuple[Stage, ...]

    def of_vertex(self, name: str) -> Step | None:
        """The step that BuildKit calls `[build 2/3] RUN ...`; None for work of its own."""
        found = _VERTEX.match(name)
        if not found:
            return None
        label, at, total = (found[1] or "").lower(), int(found[2]) - 1, int(found[3])
        for stage in self.stages:
            # the only stage has no name there
            if label not in ("", stage.label.lower()):
                continue
            # the base image's ONBUILD instructions are counted after FROM
            wanted = total - stage.total
            if stage.has_base <= at < stage.has_base + wanted:
                return stage.origin
            if at >= stage.has_base:
                at -= wanted
            return stage.steps[at] if at < len(stage.steps) else None
        return None

    def of_number(self, number: int, stage: int | None = None) -> Step | None:
        """The step that the classic builder calls `Step NUMBER/…`, and Podman, which counts within
        each stage, `[STAGE/…] STEP NUMBER/…`. None for an instruction that the lab added."""
        if stage is None:
            section = self.all
        else:
            section = self.sections[stage - 1] if 0 < stage <= len(self.sections) else ()
        return section[number - 1] if 0 < number <= len(section) else None

    def of_image(self, reference: str) -> Step | None:
        """The first step that needs an image, by the name in the Dockerfile as sent."""
        wanted = _full_name(reference)
        for step in self.all:
            if step and any(_full_name(name) == wanted for name in _needed(step.sent)):
                return step
        return None


def steps(text: str, sent: Sent) -> Steps:
    """The steps of a Dockerfile, as it was written and as it is sent."""
    own = instructions(text)
    start = next((at for at, each in enumerate(own) if each.keyword == "FROM"), len(own))
    written = [*own[:start], *[None] * sent.added, *own[start:]]
    pairs = list(zip(written, instructions(sent.text), strict=True))
    starts = [at for at, (_, each) in enumerate(pairs) if each.keyword == "FROM"]
    everything = [_step(*pair) for pair in pairs[:start]]
    sections: list[tuple[Step | None, ...]] = []
    stages: list[Stage] = []
    names: list[str] = []
    alone = len(starts) - bool(sent.added) == 1
    for number, (first, end) in enumerate(pairwise([*starts, len(pairs)])):
        base, name = _base(pairs[first][1])
        label = name or f"stage-{number}"
        has_base = base != "scratch" and base.lower() not in names
        names.append(label.lower())
        counted = [n for n in range(first + (not has_base), end) if _makes(pairs[n][1])]
        shown = "" if alone else f"{name or f'stage-{number - bool(sent.added)}'} "
        made = [
            _step(*pairs[n], f"[{shown}{counted.index(n) + 1}/{len(counted)}] ")
            if n in counted
            else _step(*pairs[n])
            for n in range(first, end)
        ]
        everything += made
        sections.append(tuple(made))
        if made[0]:
            counts = tuple(step for step in made if step and step.makes)
            roots = sum(_is_root(each) for _, each in pairs[first:end])
            stages.append(Stage(label, counts, len(counts) + roots, has_base, made[0]))
    return Steps(tuple(everything), tuple(sections), tuple(stages))


def stage_names(written: Sequence[Instruction]) -> list[str]:
    """The names of the stages, "" for a stage without one."""
    return [_base(each)[1] for each in written if each.keyword == "FROM"]


def _step(own: Instruction | None, sent: Instruction, number: str = "") -> Step | None:
    if own is None:
        return None
    # without the body of a heredoc
    text = " ".join(f"{own.keyword} {own.value}".partition("\n")[0].split())
    return Step(f"{number}{text}", text, own.line, own, sent, bool(number))


def _makes(each: Instruction) -> bool:
    return each.keyword in ("FROM", "RUN", "COPY", "ADD", "WORKDIR") and not _is_root(each)


def _is_root(each: Instruction) -> bool:
    """Whether it is `WORKDIR /`, which changes nothing, but BuildKit counts it."""
    return each.keyword == "WORKDIR" and each.value.strip() == "/"


def _base(each: Instruction) -> tuple[str, str]:
    """The base that a FROM names, and the name it gives the stage."""
    words = [word for word in each.value.split() if not word.startswith("--")]
    return (words or [""])[0], words[2] if len(words) > 2 else ""


def _needed(sent: Instruction) -> list[str]:
    """Names in an instruction that may be images."""
    if sent.keyword == "FROM":
        return [_base(sent)[0]]
    if sent.keyword in ("COPY", "ADD"):
        return [copied(sent).origin or ""]
    return re.findall(r"--mount=\S*\bfrom=([^,\s]+)", sent.value)


def _full_name(reference: str) -> str:
    """An image's name with its registry and tag: `docker.io/library/gcc:14`."""
    name = reference.partition("@")[0]
    first, slash, _ = name.partition("/")
    if not slash or not (first == "localhost" or "." in first or ":" in first):
        name = f"docker.io/{name}" if slash else f"docker.io/library/{name}"
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
