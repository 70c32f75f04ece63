"""`.dockerignore` files, matched by the same rules as Docker's own matcher.

The rules differ from those of `.gitignore`: a pattern without a slash matches at the root only,
`*` and `?` stop at a slash, a leading slash means nothing, and a file below an ignored directory
can be brought back with `!`. The last pattern that matches decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from posixpath import normpath

from helpers.core.errors import LabError

Matches = tuple[bool, ...]
"""One bool a pattern: whether it matches a path or a directory above it."""


@dataclass(frozen=True)
class Pattern:
    """One line of the file. `negated`: it begins with `!`, and brings back what it matches."""

    text: str
    negated: bool
    matches: Callable[[str], bool]


@dataclass(frozen=True)
class Ignore:
    """The patterns of one file, in order. Paths are relative to the context, with slashes."""

    patterns: tuple[Pattern, ...] = ()

    @property
    def nothing(self) -> Matches:
        """The matches of the context's root: none. Pass them on to `matches` for what is in it."""
        return (False,) * len(self.patterns)

    def matches(self, path: str, above: Matches) -> Matches:
        """The matches of a path. `above` are those of the directory that it is in."""
        found: list[bool] = []
        ignored = False
        for pattern, matched in zip(self.patterns, above, strict=True):
            # Docker skips a pattern that would change nothing here. So, for what is below this
            # path, that pattern counts as not matched.
            if not matched and pattern.negated == ignored:
                matched = pattern.matches(path)
            found.append(matched)
            if matched:
                ignored = not pattern.negated
        return tuple(found)

    def leaves_out(self, matches: Matches) -> bool:
        """Whether a path with these matches is ignored: the last pattern that matches decides."""
        for pattern, matched in zip(reversed(self.patterns), reversed(matches), strict=True):
            if matched:
                return not pattern.negated
        return False

    def may_bring_back(self, directory: str) -> bool:
        """Whether a `!` pattern might bring back something below an ignored directory."""
        return any(p.negated and _may_match_below(p.text, directory) for p in self.patterns)

    def excludes(self, path: str) -> bool:
        """Whether this path is ignored, by itself or with a directory above it."""
        matches, parts = self.nothing, path.split("/")
        for end in range(1, len(parts) + 1):
            matches = self.matches("/".join(parts[:end]), matches)
        return self.leaves_out(matches)


def read(file: Path) -> Ignore:
    """Reads an ignore file. Raises LabError if it can't be read or has a bad pattern."""
    try:
        text = file.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise LabError(
            f"{str(file)!r} can't be read ({error.strerror}): change its permissions."
        ) from None
    patterns = []
    for number, line in enumerate(text.split("\n"), 1):
        # only a # in the first column begins a comment, and nothing escapes it
        if line.startswith("#") or not line.strip():
            continue
        try:
            patterns.append(_pattern(line.strip()))
        except ValueError:
            raise LabError(
                f"Line {number} of {str(file)!r} is no pattern: {line.strip()!r}."
            ) from None
    return Ignore(tuple(patterns))


def _pattern(line: str) -> Pattern:
    negated = line.startswith("!")
    text = line[1:].strip() if negated else line
    if not text:
        raise ValueError(line)
    text = normpath(text)
    if text.startswith("//"):  # normpath keeps a doubled slash at the start
        text = text[1:]
    text = text[1:] if len(text) > 1 and text.startswith("/") else text
    return Pattern(text, negated, _matcher(text))


def _matcher(text: str) -> Callable[[str], bool]:
    if text.startswith("**") and not re.search(r"[*?\[\]\\]", text[2:]):
        end = text[2:]
        # `**a` matches any path that ends in `a`; `**/a` also `a` at the root
        return lambda path: path.endswith(end) or f"/{path}" == end
    expression = re.compile(_expression(text), re.DOTALL)
    return lambda path: expression.fullmatch(path) is not None


def _expression(text: str) -> str:
    """The pattern as a regular expression. Raises ValueError if Go's `Match` would refuse it."""
    out, at = "", 0
    while at < len(text):
        char = text[at]
        at += 1
        if text.startswith("**", at - 1):
            at += 1
            if text.startswith("/", at):
                at += 1
            out += ".*" if at == len(text) else "(.*/)?"
        elif char == "*":
            out += "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char == "[":
            found = re.compile(r"\[(\^?)((?:\\.|[^\]\\])+)\]").match(text, at - 1)
            if not found:
                raise ValueError(text)
            out += f"[{found[1]}{found[2].replace('[', chr(92) + '[')}]"
            at = found.end()
        elif char == "\\":
            if at == len(text):
                raise ValueError(text)
            out += re.escape(text[at])
            at += 1
        else:
            out += re.escape(char)
    try:
        re.compile(out)
    except re.error:
        raise ValueError(text) from None
    return out


def _may_match_below(pattern: str, directory: str) -> bool:
    for wanted, part in zip(pattern.split("/"), directory.split("/"), strict=False):
        if re.search(r"[*?\[\\]", wanted):
            return True
        if wanted != part:
            return False
    return True
