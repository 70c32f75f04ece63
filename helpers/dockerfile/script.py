"""Edits the last stage of a Dockerfile step by step; all else stays as it was, byte for byte."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from helpers.dockerfile.instructions import Instruction, instructions, split_lines

RUN = re.compile(r"\s*RUN\s+((?:--\S+\s+(?:\\\n\s*)?)*)", re.IGNORECASE)

CHANGES = """
    . alias builtin cd chdir command declare enable eval exec exit export getopts hash let local
    mapfile popd pushd read readarray readonly return set shift shopt source suspend trap typeset
    ulimit umask unalias unset
"""
"""Shell builtins that change the shell or end it."""

COMPOUND = re.compile(
    r"[;|]|(?<!&)&(?!&)|(?:^|&&)\s*(?:\w+=|(?:"
    + "|".join(map(re.escape, CHANGES.split()))
    + r")(?=\s|$))|(?:^|\s)\w+=\S*$"
)
"""Finds commands that are more than a chain of `&&`, or that change the shell."""

COMMENT = re.compile(r"(?:^|[\s;&|()])#")
"""Finds what may be a comment: it would swallow commands that are joined after it."""


@dataclass
class ScriptStep:
    """A step of the last stage.

    of     the parsed instruction; of several joined steps, the first one's
    text   the step as text, line ends included; "" once it is removed
    flags  options of a plain `RUN`
    body   commands of a plain `RUN`, None for any other step
    """

    of: Instruction
    text: str
    flags: list[str] = field(default_factory=list)
    body: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is a `RUN` of shell commands that may be edited."""
        return self.body is not None

    def write(self) -> None:
        """Makes `text` anew from `flags` and `body`."""
        flags = "".join(f"{flag} \\\n    " for flag in self.flags)
        self.text = f"RUN {flags}{self.body}\n"


class Script:
    """A Dockerfile, and the steps of its last stage.

    Raises ValueError if it can't be edited safely: it sets an escape character, or has no FROM.
    """

    def __init__(self, text: str) -> None:
        every = instructions(text)
        at = max((n for n, i in enumerate(every) if i.keyword == "FROM"), default=None)
        if at is None or re.match(r"\s*#\s*escape\s*=", text, re.IGNORECASE):
            raise ValueError(text)
        self.lines = split_lines(text)
        self.stages = sum(each.keyword == "FROM" for each in every)
        self.base = _step(every[at])
        self.steps = [_step(each) for each in every[at + 1 :]]
        self._before = "".join(self.lines[: every[at].line - 1])

    @property
    def text(self) -> str:
        """The Dockerfile. Comments stay above the same step."""
        parts = [self._before]
        end = self.base.of.line - 1
        for step in (self.base, *self.steps):
            between = "".join(self.lines[end : step.of.line - 1])
            parts += [between, step.text] if step.text else [between.lstrip("\n")]
            end = step.of.end_line
        return "".join([*parts, *self.lines[end:]])

    def index(self, instruction: Instruction) -> int | None:
        """The index of an instruction among the steps, or None if it isn't one of them."""
        for at, step in enumerate(self.steps):
            if step.of.line == instruction.line:
                return at
        return None

    def join(self, first: int, last: int) -> bool:
        """Joins the steps `first` to `last` into one `RUN`. Returns False, and changes nothing, if
        one of them isn't a plain `RUN`."""
        steps = self.steps[first : last + 1]
        runs = [step for step in steps if step.text]
        bodies = [step.body for step in runs if step.body is not None]
        if len(runs) < 2 or len(bodies) < len(runs):
            return False
        flags = list(dict.fromkeys(flag for step in runs for flag in step.flags))
        if any(not flag.startswith("--mount=") for flag in flags):
            return False
        for step in steps:
            step.text = ""
        one = steps[0]
        one.flags, one.body = flags, " \\\n && ".join(map(_grouped, bodies))
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
    """The commands, in parentheses if others can't simply follow with `&&`."""
    plain = body.replace("\\\n", " ")
    return f"({body})" if COMPOUND.search(plain) else body
