"""Checks for causes that keep a file from starting. Each returns a `CauseText` if it is certain."""

from __future__ import annotations

import re
from functools import wraps
from posixpath import basename, dirname, join, normpath, splitext
from typing import Any

from helpers.diagnosis.case import Case
from helpers.diagnosis.cause_text import CauseCheck, CauseText, is_linked_here, lookups, static
from helpers.diagnosis.permissions import locked_folder
from helpers.diagnosis.shell_words import SHELLS, listed, script_of, shebang, simple

PAGE = 4096
"""The kernel maps a file in pages of this size, and fills up the last one with zeros."""


def _unless_started(check: CauseCheck) -> CauseCheck:
    """Skips a check if the outcome proves that the file started, whatever it looks like."""

    @wraps(check)
    def checked(case: Case) -> CauseText | None:
        return check(case) if case.may_not_have_started else None

    return checked


@_unless_started
def missing_shell(case: Case) -> CauseText | None:
    start, instruction = case.start, case.process.instruction
    by_shebang_or_shell = start.script or start.by == "shell"
    if start.real or by_shebang_or_shell or basename(start.name) not in SHELLS:
        return None
    script, others = script_of(start.argv), case.elsewhere
    facts = {"shell": start.name, "instruction": instruction, "other": next(iter(others), None)}
    if script is None:
        return None if others else CauseText("named", facts, (start.name,))
    meant = listed(script)
    facts["exec_form"] = case.exec_form(meant or simple(script))
    texts = {"RUN": "step", "HEALTHCHECK": "check", "": "named"}
    text = "not-json" if meant else texts.get(instruction, "string")
    return CauseText(text, facts, (start.name,))


@_unless_started
def missing_loader(case: Case) -> CauseText | None:
    head, fs = case.header, case.fs
    loader = head.interpreter if head else None
    if not head or not loader or case.is_foreign or fs.resolve(loader):
        return None
    libc = head.libc or "another system"
    target = case.dangling(loader)
    text = "dangling" if target else "other-libc" if case.other_libc else "absent"
    facts = {
        "path": case.start.path,
        "loader": loader,
        "target": target,
        "libc": libc,
        "other": case.other_libc,
        "static": static(case) if is_linked_here(case) else None,
        "base": f"FROM {base}" if (base := lookups().bases.get(libc)) else None,
        "built": case.start.path if head.libc == "glibc" else None,
    }
    return CauseText(text, facts, (target or loader,))


@_unless_started
def missing_file(case: Case) -> CauseText | None:
    start, process = case.start, case.process
    if start.real or start.script:
        return None
    name, program = start.name, basename(start.name)
    facts = {
        "name": name,
        "path": start.path or name,
        "program": program,
        "instruction": process.instruction or "The command",
        "folders": ", ".join(process.folders),
        "to": "/usr/local/bin" if "/usr/local/bin" in process.folders else process.folders[0],
    }
    if start.path and (target := case.dangling(start.path)):
        python = case.venv_python(start.path)
        text = "virtual-environment" if python else "dangling"
        return CauseText(text, facts | {"target": target, "python": python}, (target,))
    script = script_of(start.parent.argv) if start.by == "shell" and start.parent else None
    if meant := listed(script or ""):
        return CauseText("not-json", facts | {"exec_form": case.exec_form(meant)}, (name,))
    if case.elsewhere:
        return None
    words = simple(name)
    if words and words != (name,) and case.has(words[0]):
        return CauseText("one-word", facts | {"exec_form": case.with_name(*words)}, (name,))
    return CauseText("absent" if start.path else "not-on-path", facts, (start.path or name,))


@_unless_started
def wrong_path(case: Case) -> CauseText | None:
    start = case.start
    if start.real or start.script or not case.elsewhere:
        return None
    found, name = case.elsewhere[0], start.name
    facts = {
        "name": name,
        "path": start.path or name,
        "workdir": case.process.workdir or "/",
        "found": found,
        "folder": dirname(found),
        "exec_form": case.with_name(found),
    }
    if not start.path:
        return CauseText("not-on-path", facts, (name,))
    if name.startswith("/"):
        return CauseText("absolute", facts, (start.path,))
    below = "/" + normpath(name)
    facts["start"] = (found.removesuffix(below) or "/") if found.endswith(below) else None
    return CauseText("relative", facts, (start.path,))


@_unless_started
def wrong_architecture(case: Case) -> CauseText | None:
    if not case.header or not case.is_foreign:
        return None
    machine, here = case.header.machine, case.process.architecture
    image = None if case.header.go else "gcc:14"
    go = f"RUN GOARCH={here} go build -o {case.start.path} ." if case.header.go else None
    facts = {"machine": machine, "architecture": here, "image": image, "go": go}
    return CauseText("other", facts | {"path": case.start.path})


@_unless_started
def not_executable(case: Case) -> CauseText | None:
    start, who = case.start, case.user
    if not case.is_file or not start.file or not start.real or not start.path:
        return None
    facts = {
        "path": start.path,
        "program": basename(start.path),
        "user": case.process.user,
        "mode": f"{start.file.mode & 0o7777:04o}",
        "owner": f"{start.file.uid}:{start.file.gid}",
        "at_build": start.path if case.has("chmod") else None,
    }
    if not start.file.mode & 0o111:
        return CauseText("no-bit", facts)
    if not who:
        return None
    if folder := locked_folder(case.fs, start.real, who):
        file = case.fs.stat(folder)
        facts |= {"folder": folder, "folder_at_build": folder if facts["at_build"] else None}
        facts |= {"mode": f"{file.mode & 0o7777:04o}"} if file else {}
        facts |= {"owner": f"{file.uid}:{file.gid}"} if file else {}
        return CauseText("folder", facts)
    return None if who.may_execute(start.file) else CauseText("user", facts)


def bad_shebang(case: Case) -> CauseText | None:
    start, script = case.start, case.start.script
    by_shell = start.real and start.by == "kernel" and basename(start.name) in SHELLS
    if script and by_shell and start.argv[1].endswith("\r"):
        facts = {"script": script.path, "option": start.argv[1].rstrip("\r")}
        given_up = case.process.exit_code in (None, 2)  # what shells do for a wrong option
        return CauseText("crlf-option", facts, ran=True) if given_up else None
    if not case.may_not_have_started:
        return None
    if case.is_file and shebang(case.beginning) == []:
        return CauseText("empty", {"script": start.path})
    if not script or start.real:
        return None
    name = start.name
    if name.endswith("\r"):
        return CauseText("crlf", {"script": script.path, "name": name.rstrip("\r")})
    by_env = start.by == "program"
    plain = basename(name)
    words = simple(name) if by_env else None
    facts = {
        "script": script.path,
        "name": name,
        "found": next(iter(case.elsewhere), None),
        "env": start.parent.name if start.parent else None,
        "install": _install(case, plain),
    }
    if words and words != (name,):
        return CauseText("env-words", facts, (name,))
    return CauseText("env" if by_env else "missing", facts, (name,))


def not_a_program(case: Case) -> CauseText | None:
    start, file, head = case.start, case.start.file, case.header
    if not file or not start.path:
        return None
    program = basename(start.path)
    facts: dict[str, Any] = {"path": start.path, "script": start.path, "program": program}
    if case.is_elf and head and head.loaded > -(-file.size // PAGE) * PAGE:
        # The kernel refuses it, or kills it once it reaches the missing part.
        code = case.process.exit_code
        noticed = case.may_not_have_started
        killed_by_it = code is not None and code > 128
        return CauseText("truncated", facts, ran=not noticed) if noticed or killed_by_it else None
    if not case.may_not_have_started:
        return None
    if file.kind == "directory":
        inside = [p for p in case.programs(basename(start.path)) if dirname(p) == start.real]
        program = inside[0] if inside else join(start.path, "program")
        return CauseText("directory", facts | {"inside": case.with_name(program)})
    if case.is_elf:
        damaged = "truncated" if not head else "object" if head.kind == "object" else None
        return CauseText(damaged, facts) if damaged else None
    # A shell runs a text without `#!` itself; so do many programs, through the C library.
    if not case.is_file or not start.is_direct or case.beginning.startswith(b"#!"):
        return None
    if not case.beginning:
        return CauseText("empty", facts)
    for system, magics in lookups().systems.items():
        if case.beginning.hex().startswith(tuple(magics)):
            return CauseText("foreign", facts | {"system": system})
    if not _is_text(case.beginning):
        return CauseText("data", facts)
    interpreter = lookups().interpreters.get(splitext(start.path)[1][1:], "/bin/sh")
    words = interpreter.removeprefix("/usr/bin/env ")
    facts |= {"interpreter": interpreter, "with_interpreter": case.with_name(words, start.path)}
    return CauseText("text", facts)


def _install(case: Case, interpreter: str) -> str | None:
    package = lookups().packages.get(interpreter)
    if not package:
        return None
    if case.has("apt-get"):
        return f"apt-get update && apt-get install -y --no-install-recommends {package}"
    return f"apk add {package}" if case.has("apk") else None


def _is_text(beginning: bytes) -> bool:
    return not re.search(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]", beginning)
