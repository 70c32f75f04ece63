"""Shell commands and `#!` lines as words: what would they start? Nothing is run."""

from __future__ import annotations

import re
import shlex
from posixpath import basename

SHELLS = frozenset(["sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"])

BUILTINS = """
    ! . : [ [[ { } alias bg bind break builtin caller case cd chdir command compgen complete
    continue declare dirs disown do done echo elif else enable esac eval exec exit export false fc
    fg fi for function getopts hash help history if in jobs kill let local logout mapfile popd
    printf pushd pwd read readarray readonly return select set shift shopt source suspend test then
    time times trap true type typeset ulimit umask unalias unset until wait while
"""
"""First words for which a shell starts no program."""

QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\`$]|\$\w)*\"")
NOT_SIMPLE = re.compile(r"[;&|<>()`\n\\\"'#]|\$[^\w@]|\$$")
QUOTES = " '\"\u2018\u2019\u201c\u201d"


def shebang(beginning: bytes) -> list[str] | None:
    """The words of a `#!` line as the kernel splits it: the interpreter, and the rest as one
    argument. None if the file doesn't begin with `#!`."""
    if not beginning.startswith(b"#!"):
        return None
    line = re.split(rb"[\n\0]", beginning[2:256])[0].decode("utf-8", "replace")
    # str.split would also split at a carriage return; the kernel doesn't
    return [word for word in re.split(r"[ \t]+", line.strip(" \t"), maxsplit=1) if word]


def script_of(argv: tuple[str, ...]) -> str | None:
    """The script of `sh -c SCRIPT`; None for any other command."""
    if not argv or basename(argv[0]) not in SHELLS:
        return None
    for index, word in enumerate(argv[1:], 1):
        if re.fullmatch(r"-[euxo]*c", word):
            return argv[index + 1] if index + 1 < len(argv) else None
        if not re.fullmatch(r"-[euxo]+|pipefail", word):
            return None
    return None


def listed(script: str) -> list[str] | None:
    """The words of a script that was meant as a JSON list but has the wrong quotes, else None."""
    found = re.fullmatch(r"\[(\S.*)\]", script.strip())
    words = [word.strip(QUOTES) for word in found[1].split(",")] if found else []
    return words if words and all(words) and not re.search(r"[;&|<>()`$\n]", script) else None


def simple(script: str, args: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """The words of a script that only starts one program. None if it does more, or if the
    program's name depends on a variable or pattern.

    args  the values of `"$@"`
    """
    script = script.strip()
    bare = QUOTED.sub("q", script.replace('"$@"', "q"))
    if NOT_SIMPLE.search(bare):
        return None
    words = list(split(script) or ())
    if words[:1] == ["exec"] and words[1:] and not words[1].startswith("-"):
        words = words[1:]
    elif not words or words[0] in BUILTINS.split():
        return None
    words = [w for word in words for w in (args if word == "$@" else (word,))]
    if not words or re.search(r"[$*?\[\]{}~]|^\w+=", words[0]):
        return None
    return tuple(words)


def split(script: str) -> tuple[str, ...] | None:
    """The words of a script; None if there are none, or a quote isn't closed."""
    try:
        return tuple(shlex.split(script)) or None
    except ValueError:
        return None
