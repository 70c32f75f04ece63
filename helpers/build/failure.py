"""Turns a failed build into a readable message, from the builder's words and the Dockerfile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from textwrap import shorten

from helpers.build.context import Context
from helpers.build.error import BuildFailed
from helpers.build.steps import Step, Steps, stage_names
from helpers.build.trace import Work
from helpers.core.errors import ENGINE_PREFIX, OUTPUT_INDENT
from helpers.diagnosis.diagnose import Examination
from helpers.dockerfile.instructions import instructions
from helpers.dockerfile.sent import Sent, copied

LINES = 12
"""How many lines of a step's log the message shows."""

_NOT_STARTED = re.compile(
    r"OCI runtime|unable to start container process|starting container process caused"
    r"|error running container"
)
_NOT_UNDERSTOOD = re.compile("unknown (instruction|flag)|only supports the", re.IGNORECASE)
_NOT_THERE = re.compile(r"not found|no such file|does not exist|no source files", re.IGNORECASE)
_NO_ROOM = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)


@dataclass(frozen=True)
class Failure:
    """What is known of a failed build.

    error    the engine's words
    step     the step that failed, None where no step did
    log      the step's output
    code     the exit code of its program, None where none ran to its end
    started  False where the engine could not start its program
    is_pull  whether an image could not be pulled
    """

    error: str
    step: Step | None = None
    log: str = ""
    code: int | None = None
    started: bool = True
    is_pull: bool = False

    @property
    def may_pass(self) -> bool:
        """Whether a second try may succeed: no step failed, and the Dockerfile isn't wrong."""
        wrong = "parse error" in self.error or _NOT_UNDERSTOOD.search(self.error)
        return not (self.step or self.is_pull or wrong)

    @property
    def is_run(self) -> bool:
        """Whether a RUN failed."""
        return self.step is not None and self.step.written.keyword == "RUN"

    def as_not_started(self) -> Failure:
        """The failure where the step's output turns out to be the engine's own message."""
        words = "\n".join(part for part in (self.log.strip(), self.error) if part)
        return replace(self, error=words, log="", code=None, started=False)


def failure(error: str, code: int | None, work: Work | None, title: str, steps: Steps) -> Failure:
    """Reads the failure of a build.

    error  the engine's words
    code   the exit code, where the engine gives it separately
    work   the step that failed, if one did
    title  BuildKit's name for what failed
    """
    log = work.log if work else ""
    if found := re.match(r"(?:\[internal\] load metadata for|FROM) (\S+)", title):
        return Failure(error, steps.of_image(found[1]), is_pull=True)
    step = work.step if work else _suspect(error, steps)
    if not step or step.written.keyword != "RUN":
        is_pull = bool(re.search("^invalid from flag value|no stage or image found", error))
        return Failure(error, step, is_pull=is_pull)
    if _NOT_STARTED.search(error) or (log.count("\n") <= 2 and _NOT_STARTED.search(log)):
        # BuildKit reports runc's exit code, and runc's message as if it were the step's output
        return Failure(error, step, log).as_not_started()
    if code is None and (found := re.search(r"exit (?:code:|status) (\d+)$", error)):
        code = int(found[1])
    return Failure(error, step, log, code)


def build_failed(
    failed: Failure, dockerfile: str, sent: Sent, context: Context, found: Examination | None = None
) -> BuildFailed:
    """The exception, with a message that says what happened and what to do.

    found  what the files of a RUN say
    """
    diagnosis = found.diagnosis if found else None
    if found and found.nothing_ran and failed.started:
        failed = failed.as_not_started()  # though the engine said that it started
    words = re.sub(
        r"(?<=\bline )\d+", lambda found: str(sent.line(int(found[0]))), failed.error.strip()
    )
    step, line = failed.step, failed.step.line if failed.step else None
    if step and _NOT_UNDERSTOOD.search(words):
        # Podman finds this in mid-build; other builders read the whole Dockerfile first
        failed = replace(failed, step=None)
        step = None
    elif step is None and (parsed := re.search(r"parse error (?:on )?line (\d+)", words)):
        line = int(parsed[1])
    parts = [_sentence(failed, line, dockerfile, context)]
    if diagnosis and not failed.started:
        parts[0] += f" {diagnosis.explanation}"
    if failed.is_run and failed.started and failed.code is not None:
        parts += _tail(failed.log)
        parts += [diagnosis.explanation] if diagnosis else []
    else:
        parts += [f"{ENGINE_PREFIX}{each}" for each in words.splitlines()]
    if diagnosis and diagnosis.fixes:
        parts += ["Ways out, as lines of a Dockerfile:", *map(_indented, diagnosis.fixes)]
    return BuildFailed(
        "\n".join(parts),
        step=step.text if step else "",
        line=line,
        code=failed.code,
        log=failed.log,
        error=words,
        diagnosis=diagnosis,
    )


def refused(dockerfile: str, target: str | None) -> BuildFailed | None:
    """The error of a Dockerfile that no builder would take, or None."""
    written = instructions(dockerfile)
    stages = stage_names(written)
    if not stages:
        what = "The Dockerfile has no FROM yet" if written else "The Dockerfile is empty"
        return BuildFailed(f"{what}: begin it with the image to start from, as in `FROM scratch`.")
    if target is None or target.lower() in (name.lower() for name in stages):
        return None
    named = [repr(name) for name in stages if name]
    has = f"it has {', '.join(named)}" if named else "name one with `FROM ... AS name`"
    return BuildFailed(f"The Dockerfile has no stage called {target!r}: {has}.")


def _suspect(error: str, steps: Steps) -> Step | None:
    """The step that an error quotes, where the builder names none."""
    if "parse error" in error:
        return None
    for quoted in re.findall(r'"([^"]{2,})"', error):
        for step in steps.all:
            if step and quoted in step.written.original:
                return step
    return None


def _sentence(failed: Failure, line: int | None, dockerfile: str, context: Context) -> str:
    step = failed.step
    where = f"`{shorten(step.text, 100, placeholder=' ...')}` (line {line})" if step else ""
    if _NO_ROOM.search(failed.error) or _NO_ROOM.search("\n".join(_last(failed.log))):
        doing = f" at {where}" if where else ""
        return (
            f"The engine's disk is full{doing}: `docker system df` shows what takes the room, "
            "`docker builder prune` and `docker image rm` free it."
        )
    if step is None and line is not None:
        around = [each for each in instructions(dockerfile) if each.line < line <= each.end_line]
        if around and "<<" in around[0].original.partition("\n")[0]:
            return (
                f"Line {line} of the Dockerfile is in a heredoc, and this engine's builder knows "
                f"none: write the {around[0].keyword} of line {around[0].line} without it."
            )
        text = dockerfile.split("\n")[line - 1 : line] or [""]
        return f"Line {line} of the Dockerfile can't be understood: `{text[0].strip()}`."
    if step is None:
        return "The build failed."
    if failed.is_run:
        return _run_sentence(failed, where)
    if step.written.keyword in ("COPY", "ADD"):
        return _copy_sentence(failed, step, where, dockerfile, context)
    if step.written.keyword == "FROM":
        return _image_sentence(where, step.written.value.split()[0])
    return f"{where} failed."


def _run_sentence(failed: Failure, where: str) -> str:
    if not failed.started:
        return f"{where} could not start."
    if failed.code is None:
        return f"{where} failed."
    lines = failed.log.rstrip().splitlines()
    if not lines:
        printed = "and printed nothing."
    elif len(lines) > LINES:
        printed = f"after it had printed {len(lines)} lines, the last of which are:"
    else:
        printed = "after it had printed:"
    return f"{where} ended with exit code {failed.code} {printed}"


def _copy_sentence(
    failed: Failure, step: Step, where: str, dockerfile: str, context: Context
) -> str:
    taken = copied(step.written)
    if taken.origin is None:
        plain = [source for source in taken.sources if "$" not in source]
        states = {source: context.state(source) for source in plain}
        missing = [source for source, state in states.items() if state == "missing"]
        ignored = [source for source, state in states.items() if state == "ignored"]
        if missing:
            return f"{where} takes {_list(missing)}, which the build context doesn't have."
        if ignored:
            file = context.ignore_file.name if context.ignore_file else ".dockerignore"
            return f"{where} takes {_list(ignored)}, which {file} leaves out of the build context."
        if _NOT_THERE.search(failed.error):
            return f"{where} takes a file that the build context doesn't have."
        return f"{where} failed."
    names = stage_names(instructions(dockerfile))
    is_number = taken.origin.isdigit() and int(taken.origin) < len(names)
    is_stage = is_number or taken.origin.lower() in (name.lower() for name in names)
    if failed.is_pull:
        return _image_sentence(where, taken.origin)
    missing = _names(failed.error, taken.sources) if _NOT_THERE.search(failed.error) else []
    if not missing:
        return f"{where} failed."
    place = "stage" if is_stage else "image"
    place += f" {taken.origin}" if is_number else f" {taken.origin!r}"
    sentence = f"{where} takes {_list(missing)}, which {place} doesn't have"
    if any(not source.startswith("/") for source in missing):
        return f"{sentence}: the path begins at the root there, not at its WORKDIR."
    return f"{sentence}."


def _image_sentence(where: str, name: str) -> str:
    return (
        f"{where} needs the image {name!r}, which this engine neither has nor can get: "
        "check its name and the network."
    )


def _names(error: str, sources: Iterable[str]) -> list[str]:
    """The sources that an error names; a single source is meant whatever it names."""
    sources = list(sources)
    words = re.split(r"[\s\"':]+", error)
    said = [s for s in sources if any(w.lstrip("/") == s.lstrip("./") for w in words if w)]
    return said or (sources if len(sources) == 1 else [])


def _list(sources: list[str]) -> str:
    return ", ".join(map(repr, sources))


def _last(log: str) -> list[str]:
    # a progress bar overwrites its line again and again: show what it wrote last
    lines = [line.rstrip().rpartition("\r")[2] for line in log.rstrip().split("\n")]
    return lines[-LINES:]


def _tail(log: str) -> list[str]:
    return [_indented(line).rstrip() for line in _last(log)] if log.strip() else []


def _indented(line: str) -> str:
    return f"{OUTPUT_INDENT}{line}"
