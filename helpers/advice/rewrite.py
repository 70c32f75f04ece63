"""Rewrites a Dockerfile so that it applies findings, where that is safe.

Each transformation looks only at the text, and always changes it in the same way. `proof` finds out
whether the program still does the same. What can't be rewritten in this way stays advice in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import commonpath, join, normpath

from helpers.advice import hidden, known, stage
from helpers.advice import slimmer as bases
from helpers.advice.finding import Finding
from helpers.advice.recommended import INSTALL, NO_RECOMMENDS, RECOMMENDED
from helpers.advice.subject import Subject
from helpers.advice.symbols import SYMBOLS
from helpers.dockerfile.script import Script, ScriptStep

PACKAGE_LISTS = "package lists"
"""The remedy of that name in `known.toml`."""

LISTS = "rm -rf /var/lib/apt/lists/*"

APT = re.compile(r"\bapt(?:-get)?\b[^&|;]*\s(?:update|install|upgrade)\b")

UPDATES = re.compile(r"\bapt(?:-get)?\s(?:[^&|;]*\s)?update(?=[\s;&|]|$)")

CHOWN = re.compile(
    r"(?:(?P<before>(?:user|group)add\b[^&|;<>]*?)\s*&&\s*)?"
    r"chown\s+-R\s+(?P<to>(?P<user>[\w-]+)(?::(?P<group>[\w-]+))?)\s+(?P<path>/[\w./-]*)"
)


@dataclass(frozen=True)
class Rewritten:
    """A rewritten Dockerfile.

    text  the Dockerfile
    did   the names of the remedies that were applied
    """

    text: str
    did: tuple[str, ...]


def rewritten(subject: Subject, findings: Sequence[Finding]) -> Rewritten | None:
    """The Dockerfile with all remedies applied that are safe; None where none is.

    findings  the findings that are worth it
    """
    if subject.dockerfile is None:
        return None
    by_name = {finding.remedy: finding for finding in findings}
    if bases.ALONE in by_name:
        text = stage.moved(subject, bases.end_on(subject) or "")
        if text:  # all else stays in the first stage; only the program's symbols come along
            done = [finding.remedy for finding in findings if finding.remedy != SYMBOLS]
            return Rewritten(text, (bases.ALONE, *(name for name in done if name != bases.ALONE)))
    try:
        script = Script(subject.dockerfile)
    except ValueError:
        return None
    did = [
        *_slimmer(script, subject, by_name),
        *_mounted(script, subject, by_name),
        *_apt(script, by_name),
        *_owned(script, subject, by_name),
        *_joined(script, subject, by_name),
    ]
    text = script.text
    if not did or text == subject.dockerfile:
        return None
    return Rewritten(text, tuple(dict.fromkeys(did)))


def _slimmer(script: Script, subject: Subject, findings: Mapping[str, Finding]) -> Iterable[str]:
    found = bases.sibling(subject.base_name) if bases.SLIMMER in findings else None
    words = script.base.of.value.split()
    if found and found.complete and subject.base_name in words:
        name = rf"(?<!\S){re.escape(subject.base_name)}(?!\S)"
        script.base.text = re.sub(name, found.name, script.base.text, count=1)
        yield bases.SLIMMER


def _mounted(script: Script, subject: Subject, findings: Mapping[str, Finding]) -> Iterable[str]:
    """Caches move into mounts of the `RUN` that filled them."""
    for row in known.table().leftover:
        finding = findings.get(row.remedy)
        if not finding or not row.mount:
            continue
        for number, folder in sorted({(n, row.folder(path)) for n, path in finding.claims}):
            step = _step_of(script, subject, number)
            if folder and step and step.is_plain:
                step.flags.append(f"--mount=type=cache,target={folder}")
                step.write()
                yield row.remedy


def _apt(script: Script, findings: Mapping[str, Finding]) -> Iterable[str]:
    """apt installs nothing that is only recommended, and the `RUN` that fetches its lists removes
    them."""
    steps = [(at, step) for at, step in enumerate(script.steps) if APT.search(_commands(step))]
    if RECOMMENDED in findings:
        for _, step in steps:
            body = INSTALL.sub(_without_recommended, _commands(step))
            if body != step.body:
                step.body = body
                step.write()
                yield RECOMMENDED
    if PACKAGE_LISTS not in findings or not steps:
        return
    (first, one), (last, _) = steps[0], steps[-1]
    each_updates = all(UPDATES.search(_commands(step)) for _, step in steps)
    if len(steps) > 1 and not each_updates:
        if last - first != len(steps) - 1 or not script.join(first, last):
            return
        steps = [(first, one)]
    for _, step in steps:
        step.body = f"{step.body} \\\n && {LISTS}"
        step.write()
    yield PACKAGE_LISTS


def _without_recommended(found: re.Match[str]) -> str:
    if NO_RECOMMENDS in found[0]:
        return found[0]
    before, behind = found[0][: found.start(2) - found.start()], found[2]
    return f"{before} {NO_RECOMMENDS}{behind}"


def _owned(script: Script, subject: Subject, findings: Mapping[str, Finding]) -> Iterable[str]:
    """`COPY` and a `chown -R` after it become `COPY --chown`. The `RUN` still gives the folder
    itself, and what else is in it, to the owner."""
    finding = findings.get(hidden.AGAIN)
    for lower, upper in sorted(finding.hides) if finding else ():
        copy, run = (_step_of(script, subject, number) for number in (lower, upper))
        if not copy or not run or copy.of.keyword != "COPY" or not run.is_plain:
            continue
        found = CHOWN.fullmatch(_commands(run))
        at, after = script.steps.index(copy), script.steps.index(run)
        between = script.steps[at + 1 : after]
        if (
            not found
            or "--chown" in copy.text
            or any(step.of.keyword not in ("COPY", "ENV", "WORKDIR", "EXPOSE") for step in between)
            or not (found["before"] or re.fullmatch(r"\d+(:\d+)?", found["to"]))
        ):
            continue
        copies = [step for step in (copy, *between) if step.of.keyword == "COPY"]
        inside = [_is_inside(script, subject, step, found["path"]) for step in copies]
        if not inside[0] or None in inside:
            continue
        for step, is_inside in zip(copies, inside, strict=True):
            if is_inside and "--chown" not in step.text:
                step.text = re.sub(r"(?i)^(\s*COPY)\b", rf"\1 --chown={found['to']}", step.text)
        add = f"RUN {found['before']}\n" if found["before"] else ""
        copy.text = add + copy.text
        other = f"! -user {found['user']}"
        if found["group"]:
            other = f"\\( {other} -o ! -group {found['group']} \\)"
        run.body = f"find {found['path']} {other} -exec chown -h {found['to']} {{}} +"
        run.write()
        yield hidden.AGAIN


def _is_inside(script: Script, subject: Subject, copy: ScriptStep, folder: str) -> bool | None:
    """Whether all that a `COPY` brings is below a folder; None where only some of it may be, or
    where that can't be told."""
    said = [step for step in script.steps if step.of.keyword == "WORKDIR"]
    earlier = [step.of.value for step in said if step.of.line < copy.of.line]
    base = "" if said else subject.process.workdir or "/"  # "": the base's, which is unknown
    to = join(base, *earlier, copy.of.value.split()[-1])
    if not to.startswith("/") or re.search(r"[$\"'\[\]]", to):
        return None
    to, folder = normpath(to), normpath(folder)
    common = commonpath([to, folder])
    return True if common == folder else None if common == to else False


def _joined(script: Script, subject: Subject, findings: Mapping[str, Finding]) -> Iterable[str]:
    """A `RUN` that hides what an earlier one made is joined with it."""
    spans: list[tuple[int, int, str]] = []
    for remedy in (hidden.REMOVED, hidden.AGAIN):
        finding = findings.get(remedy)
        for lower, upper in sorted(finding.hides) if finding else ():
            made, hid = (_step_of(script, subject, number) for number in (lower, upper))
            if made and hid and made.is_plain and hid.is_plain:
                spans.append((script.steps.index(made), script.steps.index(hid), remedy))
    for first, last in _merged(spans):
        if script.join(first, last):
            yield from (remedy for a, b, remedy in spans if first <= a and b <= last)


def _merged(spans: Iterable[tuple[int, int, str]]) -> list[tuple[int, int]]:
    """Spans, with those that share a step merged into one."""
    found: list[tuple[int, int]] = []
    for first, last, _ in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _step_of(script: Script, subject: Subject, number: int) -> ScriptStep | None:
    instruction = subject.instructions.get(number)
    at = script.index(instruction) if instruction else None
    return script.steps[at] if at is not None and script.steps[at].text else None


def _commands(step: ScriptStep) -> str:
    """The commands of a plain `RUN`; "" for any other step, and for one that is gone."""
    return step.body if step.body and step.text else ""
