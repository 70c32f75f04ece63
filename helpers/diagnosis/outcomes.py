"""Checks for causes that end a program after the kernel started it, or its loader. Each returns a
`CauseText` if it is certain.
"""

from __future__ import annotations

from posixpath import basename, dirname

from helpers.diagnosis.case import Case
from helpers.diagnosis.cause_text import CauseText, SignalMeaning, is_own, lookups, static


def missing_library(case: Case) -> CauseText | None:
    code, missing = case.process.exit_code, case.closure.missing
    if not missing or code not in (None, 127):
        return None
    first, path = missing[0], case.start.path
    others = [m for m in missing if m.needed_by != case.start.real]
    libraries = case.closure.libraries
    here = [f.path for f in case.fs.find(first.name) if case.fs.resolve(f.path)]
    facts = {
        "path": path,
        "library": first.name,
        "names": " and ".join(f"`{m.name}`" for m in missing),
        "who": "".join(f"`{m.name}` is what `{m.needed_by}` needs. " for m in others),
        "to": next((dirname(p) for p in libraries if basename(p).startswith("libc.")), "/usr/lib"),
        "static": static(case),
        "reason": f"it is for {first.machine}" if first.machine else "it is no library",
    }
    names = tuple(m.name for m in missing)
    if first.unusable:
        return CauseText("unusable", facts | {"found": first.unusable}, names, ran=True)
    if not here:
        return CauseText("absent", facts, names, ran=True)
    folder = dirname(here[0])
    indexed = case.has("ldconfig") and case.header and case.header.libc == "glibc"
    index = f"echo {folder} > /etc/ld.so.conf.d/{basename(folder)}.conf && ldconfig"
    facts |= {"found": here[0], "folder": folder, "index": index if indexed else None}
    return CauseText("elsewhere", facts, names, ran=True)


def symbol_version(case: Case) -> CauseText | None:
    every, code = case.closure.outdated, case.process.exit_code
    if not every or code not in (None, 1, 127):
        return None
    old = every[0]
    facts = {
        "library": old.name,
        "found": old.path,
        "by": old.needed_by if old.needed_by != case.start.real else case.start.path,
        "versions": " and ".join(old.versions),
        "newest": old.newest or "none of that kind",
        "base": case.distribution(),
        "static": static(case),
    }
    missing = tuple(f"{o.name} ({version})" for o in every for version in o.versions)
    return CauseText("old", facts, missing, ran=True)


def killed(case: Case) -> CauseText | None:
    number = case.process.signal
    if not number or case.process.oom:
        return None
    code = case.process.exit_code
    unknown = SignalMeaning("unknown", "it was ended")
    known = lookups().signals.get(str(number), unknown)
    program = basename(case.start.path or case.start.name)
    head = case.header
    # GCC's address sanitizer needs glibc.
    checked = head and not head.go and "musl" not in (head.libc, case.other_libc)
    findable = known.find and checked and is_own(case)
    facts = {
        "number": number,
        "signal": known.name,
        "means": known.means,
        "sum": f"The exit code {code} is 128 and the signal's number." * (code == 128 + number),
        "program": program if findable else None,
        "allow": "docker run --security-opt seccomp=unconfined IMAGE" * known.allow,
    }
    return CauseText("signal", facts, ran=True)


def out_of_memory(case: Case) -> CauseText | None:
    return CauseText("limit", {}, ran=True) if case.process.oom else None
