"""Splits a simple Dockerfile with a compiler into two stages: the second has only the program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from posixpath import dirname

from helpers.advice import known
from helpers.advice.subject import Subject
from helpers.dockerfile.script import Script, ScriptStep

STAYS = ("CMD", "ENTRYPOINT", "EXPOSE", "LABEL", "STOPSIGNAL")
"""Instructions about the finished image; they move to the last stage."""

BOTH = ("ENV", "USER", "ARG")
"""Instructions that both stages may need."""

MAKES = ("RUN", "COPY", "ADD", "WORKDIR", *STAYS, *BOTH)

STAGE = "build"

SOURCES = re.compile(
    r".*\.(c|cc|cpp|cxx|h|hh|hpp|go|rs|s|S|o|a|d|rlib|rmeta)"
    r"|.*/(go\.(mod|sum|work)|Cargo\.(toml|lock)|build\.rs|rust-toolchain(\.toml)?)"
    r"|.*/(Makefile|CMakeLists\.txt|(\w+\.)?Dockerfile(\.\w+)?|\.(docker|git)ignore)"
    r"|.*/((README|LICENSE|COPYING|CHANGELOG)[^/]*|\.(git|hg|svn)/.*)"
    r"|.*/target/(\.rustc_info\.json|CACHEDIR\.TAG)"
)
"""Files for compilers, builders and people: the finished program doesn't read them."""

READ = ("other caches",)
"""Remedies in `known.toml` about files that a program may read nevertheless."""


def moved(subject: Subject, target: str) -> str | None:
    """The Dockerfile in two stages: one builds the program, the other has it on another base. None
    where it isn't a single stage with a command in JSON form, or may need more than the program.

    target  the base of the last stage, `scratch` or another; "" where none is known
    """
    try:
        script = Script(subject.dockerfile or "")
    except ValueError:
        return None
    steps = script.steps
    start = subject.starts[0] if subject.starts else None
    said = [step for step in steps if step.of.keyword in STAYS]
    commands = [step for step in said if step.of.keyword in ("CMD", "ENTRYPOINT")]
    if (
        not target
        or script.stages != 1
        or any(step.of.keyword not in MAKES for step in steps)
        or not commands
        or any(not step.of.value.startswith("[") for step in commands)
        or not start
        or not start.path
        or "/" not in start.name
        or " AS " in script.base.of.value.upper()
        or any(_reads(subject, start.real or start.path))
    ):
        return None
    kept = [step for step in steps if step.of.keyword in (*STAYS, *BOTH)]
    if any("$" in step.of.value for step in kept) or _named_user(kept):
        return None
    last = [f"FROM {target}"]
    if not start.name.startswith("/") and subject.process.workdir not in ("", "/"):
        last.append(f"WORKDIR {subject.process.workdir}")
    last.append(f"COPY --from={STAGE} {start.real} {start.path}")
    kept = [step for step in kept if step.of.keyword != "ARG"]
    body = [step.text.rstrip("\n") for step in kept]
    for step in said:
        step.text = ""
    script.base.text = f"{script.base.text.rstrip()} AS {STAGE}\n"
    first = script.text.rstrip("\n")
    return "\n".join([first, "", *last, *body]) + "\n"


def _reads(subject: Subject, program: str) -> Iterator[str]:
    """Files that the program may read: files that the Dockerfile copied, or that it made beside
    the program or in its working folder, except those that compilers read and leave."""
    homes = {dirname(program), subject.process.workdir.rstrip("/")} - {"", "/"}
    left = [row.pattern for row in known.table().leftover if row.remedy not in READ]
    for path, (number, _) in subject.visible.items():
        is_copied = subject.layers[number].created_by.startswith(("COPY", "ADD"))
        if (
            number >= subject.base
            and (is_copied or any(path.startswith(f"{home}/") for home in homes))
            and path not in subject.needed
            and not SOURCES.fullmatch(path)
            and not any(paths.fullmatch(path) for paths in left)
        ):
            yield path


def _named_user(steps: Iterable[ScriptStep]) -> bool:
    """Whether a USER is given by name: another base may not have that user."""
    users = [step.of.value for step in steps if step.of.keyword == "USER"]
    return any(not re.fullmatch(r"\d+(:\d+)?", user.strip()) for user in users)
