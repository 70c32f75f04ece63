"""Knows a Dockerfile's last stage as steps that can be changed, and gives it back as text: what was
not changed comes back byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from helpers.dockerfile.instructions import Instruction, instructions

RUN = re.compile(r"\s*RUN\s+((?:--\S+\s+(?:\\\n\s*)?)*)", re.IGNORECASE)

CHANGES = """
    . alias builtin cd chdir command declare enable eval exec exit export getopts hash let local
    mapfile popd pushd read readarray readonly return set shift shopt source suspend trap typeset
    ulimit umask unalias unset
"""
"""Commands of a shell's own that leave it changed, or end it."""

COMPOUND = re.compile(
    r"[;|]|(?<!&)&(?!&)|(?:^|&&)\s*(?:\w+=|(?:"
    + "|".join(map(re.escape, CHANGES.split()))
    + r")(?=\s|$))|(?:^|\s)\w+=\S*$"
)
"""Where a `RUN`'s commands do more than one after the other, or leave the shell changed."""

COMMENT = re.compile(r"(?:^|[\s;&|()])#")
"""Where the rest of a line may be a comment, which would swallow what is joined behind it."""


@dataclass
class ScriptStep:
    """An instruction.

    of     as it was parsed; what is written anew has that of the first that it stands for
    text   as it is written, line ends included; "" for one that is gone
    """

    of: Instruction
    text: str
    flags: list[str] = field(default_factory=list)
    body: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is a `RUN` of a shell's commands that can be changed."""
        return self.body is not None

    def write(self) -> None:
        """Writes the text from what was changed."""
        flags = "".join(f"{flag} \\\n    " for flag in self.flags)
        self.text = f"RUN {flags}{self.body}\n"


class Script:
    """A Dockerfile, and the steps of its last stage.

    Raises ValueError for one that can't be changed safely: with another escape character, or
    without a FROM.
    """

    def __init__(self, text: str) -> None:
        every = instructions(text)
        at = max((n for n, i in enumerate(every) if i.keyword == "FROM"), default=None)
        if at is None or re.match(r"\s*#\s*escape\s*=", text, re.IGNORECASE):
            raise ValueError(text)
        self.lines = re.findall(r"[^\n]*\n|[^\n]+", text)
        self.stages = sum(each.keyword == "FROM" for each in every)
        self.base = _step(every[at])
        self.steps = [_step(each) for each in every[at + 1 :]]
        self._before = "".join(self.lines[: every[at].line - 1])

    @property
    def text(self) -> str:
        """The Dockerfile. Comments stay above what they stand above."""
        parts = [self._before]
        end = self.base.of.line - 1
        for step in (self.base, *self.steps):
            between = "".join(self.lines[end : step.of.line - 1])
            parts += [between, step.text] if step.text else [between.lstrip("\n")]
            end = step.of.end_line
        return "".join([*parts, *self.lines[end:]])

    def index(self, instruction: Instruction) -> int | None:
        """The place of an instruction among the steps, None where it is not there any more."""
        for at, step in enumerate(self.steps):
            if step.of.line == instruction.line:
                return at
        return None

    def join(self, first: int, last: int) -> bool:
        """Makes one `RUN` of those from the first to the last. False, and nothing is changed, where
        something else stands between them, or one is no plain command."""
        steps = self.steps[first : last + 1]
        runs = [step for step in steps if step.text]
        if len(runs) < 2 or not all(step.is_plain for step in runs):
            return False
        flags = list(dict.fromkeys(flag for step in runs for flag in step.flags))
        if any(not flag.startswith("--mount=") for flag in flags):
            return False
        bodies = [_grouped(step.body) for step in runs]
        for step in steps:
            step.text = ""
        one = steps[0]
        one.flags, one.body = flags, " \\\n && ".join(bodies)
        one.write()
        return True


def _step(each: Instruction) -> ScriptStep:
    text = each.original if each.original.endswith("\n") else f"{each.original}\n"
    step = ScriptStep(each, text)
    found = RUN.match(each.original)
    if each.keyword == "RUN" and found and each.value[:1] != "[" and _is_simple(each):
        step.flags = re.findall(r"--\S+", found[1])
        step.body = each.original[found.end() :].rstrip()
    return step


def _is_simple(each: Instruction) -> bool:
    lines = each.original.splitlines()
    return (
        "<<" not in each.original
        and not any(line.lstrip().startswith("#") for line in lines)
        and not COMMENT.search(each.value)
    )


def _grouped(body: str) -> str:
    """Commands as one command, whatever they are, for others to follow behind `&&`."""
    plain = body.replace("\\\n", " ")
    return f"({body})" if COMPOUND.search(plain) else body
