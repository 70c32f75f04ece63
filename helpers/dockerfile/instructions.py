"""Knows how a Dockerfile is written: gives its instructions, and the base images that it names.

What the engine is sent may have other names for the base images; `map_bases` changes these and
nothing else.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dockerfile_parse import DockerfileParser

_HEREDOC_WORD = re.compile(r"""(?:[^\s'"\\]|\\.|'[^']*'|"(?:\\.|[^"\\])*")+""")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(.*?)\s*$")
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:?[-+])([^}]*))?\})")
_IN_MOUNT = re.compile(r'(?:^--mount=|,)"?from=([^,"]+)')


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    keyword   in capitals (`RUN`)
    value     what follows it, on one line; not the text of a heredoc
    line      its first line in the Dockerfile, from 1
    end_line  its last line, that of a heredoc's end included
    original  these lines as they are written, line ends included
    """

    keyword: str
    value: str
    line: int
    end_line: int
    original: str


@dataclass(frozen=True)
class _Extent:
    """Where an instruction is: its first line, the one after its last, and the one after the last
    that is not a heredoc's. Counted from 0."""

    start: int
    code_end: int
    end: int


@dataclass(frozen=True)
class _Word:
    """A word of an instruction, and where each of its characters is in the Dockerfile: a line
    continuation may be in the middle of it."""

    text: str
    offsets: tuple[int, ...]

    def spot(self, start: int, end: int) -> tuple[int, int]:
        """The place in the Dockerfile of the characters from `start` to before `end`."""
        return self.offsets[start], self.offsets[end - 1] + 1


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile in their order, without comments and directives."""
    lines = _lines(text)
    escape = _escape(lines)
    extents = {extent.start: extent for extent in _extents(lines, escape)}
    parsed = DockerfileParser(fileobj=io.BytesIO(_plain(lines, escape, extents).encode()))
    found = []
    for each in parsed.structure:
        if extent := extents.get(each["startline"]):
            found.append(
                Instruction(
                    keyword=each["instruction"],
                    value=each["value"].strip(),
                    line=extent.start + 1,
                    end_line=extent.end,
                    original="".join(lines[extent.start : extent.end]),
                )
            )
    return found


def references(text: str, args: Mapping[str, str] | None = None) -> list[str]:
    """The names of the base images that a Dockerfile uses, as it has them, each once.

    args  build arguments, which may be part of a name

    Neither stages nor `scratch` are among them, nor a name with a variable that only the engine
    knows (`TARGETARCH`).
    """
    return list(dict.fromkeys(name for _, _, name in _spots(text, args or {})))


def map_bases(text: str, mapping: Mapping[str, str], args: Mapping[str, str] | None = None) -> str:
    """The Dockerfile with other names for its base images, and every other byte as it was.

    mapping  the new name, by the name that `references` gives; what isn't in it stays
    args     build arguments, which may be part of a name
    """
    for start, end, name in sorted(_spots(text, args or {}), reverse=True):
        if name in mapping:
            text = text[:start] + mapping[name] + text[end:]
    return text


def _lines(text: str) -> list[str]:
    """The lines with their ends. Only a line feed ends one, as the builders have it."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _escape(lines: Sequence[str]) -> str:
    """The character that continues a line: a backslash, unless a directive says otherwise."""
    for line in lines:
        found = _DIRECTIVE.match(line)
        if not found:
            break
        if found[1].lower() == "escape" and found[2] == "`":
            return "`"
    return "\\"


def _extents(lines: Sequence[str], escape: str) -> Iterator[_Extent]:
    number = 0
    while number < len(lines):
        start, code = number, []
        open_ = True
        while open_ and number < len(lines):
            line = lines[number]
            number += 1
            if _is_code(line):
                piece, open_ = _continued(line, escape)
                code.append(piece)
            elif not code:
                break
        if not code:
            continue
        code_end = number
        for chomp, word in _heredocs("".join(code)):
            while number < len(lines):
                number += 1
                line = lines[number - 1].rstrip("\r\n")
                if (line.lstrip("\t") if chomp else line) == word:
                    break
        yield _Extent(start, code_end, number)


def _is_code(line: str) -> bool:
    """Whether a line is part of an instruction: neither blank nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _continued(line: str, escape: str) -> tuple[str, bool]:
    """A line without its line end, and whether the next line belongs to it."""
    stripped = line.rstrip()
    if stripped.endswith(escape):
        return stripped[:-1], True
    return line.rstrip("\r\n"), False


def _heredocs(code: str) -> list[tuple[bool, str]]:
    """The heredocs that begin in an instruction: whether tabs before the end word are left out,
    and that word."""
    if not re.match(r"\s*(ONBUILD\s+)?(RUN|COPY|ADD)\s", code, re.IGNORECASE):
        return []
    words = _HEREDOC_WORD.findall(code)
    found = [match for word in words if (match := _HEREDOC.fullmatch(word))]
    return [(bool(match[1]), match[2].strip("\"'")) for match in found]


def _plain(lines: Sequence[str], escape: str, extents: Mapping[int, _Extent]) -> str:
    """The Dockerfile with what dockerfile-parse doesn't know made into comments, line by line:
    heredocs' text, blank lines within an instruction, and directives but for `escape`."""
    plain = [line if _is_code(line) else "#\n" for line in lines]
    for extent in extents.values():
        plain[extent.code_end : extent.end] = ["#\n"] * (extent.end - extent.code_end)
    if escape != "\\":
        plain[0] = f"# escape={escape}\n"  # a directive can only stand at the top
    return "".join([*plain, "\n"])


def _spots(text: str, args: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Each place that names a base image: its start and end in the text, and the name."""
    found = list(_instruction_words(text))
    stages = [stage for words in found if (stage := _stage(words))]
    known: dict[str, str] = {}
    begun: list[str] = []
    for words in found:
        keyword, rest = words[0].text.upper(), words[1:]
        if keyword == "ARG" and not begun:
            _declare(rest, known, args)
        elif keyword == "FROM":
            yield from _from_spot(rest, known, begun)
            begun.append(_stage(words))
        elif keyword == "ONBUILD" and rest:
            # it runs in a build to come: a name without a tag may be a stage's of that build
            for start, end, name in _other_spots(rest[0].text.upper(), rest[1:], stages):
                if re.search("[:/@]", name):
                    yield start, end, name
        else:
            yield from _other_spots(keyword, rest, stages)


def _instruction_words(text: str) -> Iterator[list[_Word]]:
    lines = _lines(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    escape = _escape(lines)
    for extent in _extents(lines, escape):
        characters: list[tuple[str, int]] = []
        for number in range(extent.start, extent.code_end):
            if _is_code(lines[number]):
                piece, _ = _continued(lines[number], escape)
                characters += zip(piece, range(starts[number], starts[number + 1]), strict=False)
        code = "".join(character for character, _ in characters)
        yield [
            _Word(word[0], tuple(offset for _, offset in characters[word.start() : word.end()]))
            for word in re.finditer(r"\S+", code)
        ]


def _stage(words: Sequence[_Word]) -> str:
    """The name that a FROM gives its stage, in small letters, or ""."""
    plain = [word.text for word in words if not word.text.startswith("--")]
    if len(plain) > 3 and plain[0].upper() == "FROM" and plain[2].upper() == "AS":
        return plain[3].lower()
    return ""


def _from_spot(
    words: Sequence[_Word], known: Mapping[str, str], begun: Sequence[str]
) -> Iterator[tuple[int, int, str]]:
    for word in words:
        if not word.text.startswith("--"):
            name = _expanded(word.text, known)
            if name and name.lower() not in ("scratch", *begun):
                yield *word.spot(0, len(word.text)), name
            return


def _other_spots(
    keyword: str, words: Sequence[_Word], stages: Sequence[str]
) -> Iterator[tuple[int, int, str]]:
    pattern = {"COPY": re.compile("^--from=(.+)"), "RUN": _IN_MOUNT}.get(keyword)
    for word in words:
        if pattern is None or not word.text.startswith("--"):
            return
        for found in pattern.finditer(word.text):
            name = found[1].strip("\"'")
            if name.isdigit() or "$" in name or name.lower() in ("scratch", *stages):
                continue
            start = found.start(1) + found[1].index(name)
            yield *word.spot(start, start + len(name)), name


def _declare(words: Sequence[_Word], known: dict[str, str], args: Mapping[str, str]) -> None:
    """Adds the variables of an ARG before the first FROM."""
    for word in words:
        name, _, default = word.text.partition("=")
        value = args[name] if name in args else _expanded(default, known)
        if value is not None:
            known[name] = value


def _expanded(text: str, known: Mapping[str, str]) -> str | None:
    """Text with its variables replaced and its quotes gone; None where one isn't known."""
    unknown = False

    def value(found: re.Match[str]) -> str:
        nonlocal unknown
        name, sign, other = found[1] or found[2], found[3] or "", found[4] or ""
        is_set = bool(known.get(name)) if sign.startswith(":") else name in known
        if sign.endswith("+"):
            return other if is_set else ""
        if sign.endswith("-") and not is_set:
            return other
        unknown = unknown or name not in known
        return known.get(name, "")

    expanded = _VARIABLE.sub(value, re.sub("[\"']", "", text))
    return None if unknown else expanded
