"""Parses a Dockerfile into instructions, and finds or renames the base images that it uses.

The engine may know a base image by another name than the Dockerfile; `map_bases` replaces these
names and leaves every other byte alone.
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
    value     what follows the keyword, joined to one line, without the text of heredocs
    line      number of its first line, from 1
    end_line  number of its last line, which may be the end of a heredoc
    original  these lines as they are written, line ends included
    """

    keyword: str
    value: str
    line: int
    end_line: int
    original: str


@dataclass(frozen=True)
class _Extent:
    """The lines of an instruction, counted from 0: `start` to before `code_end`, and then those of
    its heredocs, to before `end`."""

    start: int
    code_end: int
    end: int


@dataclass(frozen=True)
class _Word:
    """A word of an instruction, with the offset of each character in the Dockerfile: not in
    a row if the word continues on the next line."""

    text: str
    offsets: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters `start` to before `end` are in the Dockerfile."""
        return self.offsets[start], self.offsets[end - 1] + 1


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Dockerfile in order, without comments and directives."""
    lines = split_lines(text)
    escape = _escape(lines)
    extents = {extent.start: extent for extent in _extents(lines, escape)}
    parsed = DockerfileParser(fileobj=io.BytesIO(_parsable(lines, escape, extents).encode()))
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
    """The base images that a Dockerfile uses, by the names in it, each once.

    args  build arguments, which may be part of a name

    Leaves out stages, `scratch`, and names with a variable that only the engine knows
    (`TARGETARCH`).
    """
    return list(dict.fromkeys(name for _, _, name in _base_names(text, args or {})))


def map_bases(text: str, mapping: Mapping[str, str], args: Mapping[str, str] | None = None) -> str:
    """Renames base images in a Dockerfile; every other byte stays as it was.

    mapping  new names by old ones, as `references` gives them; names that aren't in it stay
    args     build arguments, which may be part of a name
    """
    for start, end, name in sorted(_base_names(text, args or {}), reverse=True):
        if name in mapping:
            text = text[:start] + mapping[name] + text[end:]
    return text


def split_lines(text: str) -> list[str]:
    """The lines with their ends. Only a line feed ends a line, as for the builders."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _escape(lines: Sequence[str]) -> str:
    """The character that continues a line: a backslash, or that of an `escape` directive."""
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
    """Whether a line is neither blank nor a comment."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _continued(line: str, escape: str) -> tuple[str, bool]:
    """A line without its end, and whether the instruction goes on in the next line."""
    stripped = line.rstrip()
    if stripped.endswith(escape):
        return stripped[:-1], True
    return line.rstrip("\r\n"), False


def _heredocs(code: str) -> list[tuple[bool, str]]:
    """The heredocs that begin in an instruction. Of each: whether tabs may stand before the end
    word (`<<-`), and that word."""
    if not re.match(r"\s*(ONBUILD\s+)?(RUN|COPY|ADD)\s", code, re.IGNORECASE):
        return []
    words = _HEREDOC_WORD.findall(code)
    found = [match for word in words if (match := _HEREDOC.fullmatch(word))]
    return [(bool(match[1]), match[2].strip("\"'")) for match in found]


def _parsable(lines: Sequence[str], escape: str, extents: Mapping[int, _Extent]) -> str:
    """The Dockerfile for dockerfile-parse. Lines that it can't parse become comments: the text of
    heredocs, blank lines within an instruction, and all directives except `escape`."""
    plain = [line if _is_code(line) else "#\n" for line in lines]
    for extent in extents.values():
        plain[extent.code_end : extent.end] = ["#\n"] * (extent.end - extent.code_end)
    if escape != "\\":
        plain[0] = f"# escape={escape}\n"  # a directive can only stand at the top
    return "".join([*plain, "\n"])


def _base_names(text: str, args: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Each place that names a base image, as (start, end, name)."""
    found = list(_instruction_words(text))
    stages = [stage for words in found if (stage := _stage(words))]
    known: dict[str, str] = {}
    earlier: list[str] = []
    for words in found:
        keyword, rest = words[0].text.upper(), words[1:]
        if keyword == "ARG" and not earlier:
            _declare(rest, known, args)
        elif keyword == "FROM":
            yield from _from_name(rest, known, earlier)
            earlier.append(_stage(words))
        elif keyword == "ONBUILD" and rest:
            # Runs in a later build: a name without a tag may be a stage there.
            for start, end, name in _option_names(rest[0].text.upper(), rest[1:], stages):
                if re.search("[:/@]", name):
                    yield start, end, name
        else:
            yield from _option_names(keyword, rest, stages)


def _instruction_words(text: str) -> Iterator[list[_Word]]:
    lines = split_lines(text)
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
    """The name that a FROM gives its stage, in lower case, or ""."""
    plain = [word.text for word in words if not word.text.startswith("--")]
    if len(plain) > 3 and plain[0].upper() == "FROM" and plain[2].upper() == "AS":
        return plain[3].lower()
    return ""


def _from_name(
    words: Sequence[_Word], known: Mapping[str, str], earlier: Sequence[str]
) -> Iterator[tuple[int, int, str]]:
    for word in words:
        if not word.text.startswith("--"):
            name = _expanded(word.text, known)
            if name and name.lower() not in ("scratch", *earlier):
                yield *word.span(0, len(word.text)), name
            return


def _option_names(
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
            yield *word.span(start, start + len(name)), name


def _declare(words: Sequence[_Word], known: dict[str, str], args: Mapping[str, str]) -> None:
    """Adds the variables of an ARG that stands before the first FROM."""
    for word in words:
        name, _, default = word.text.partition("=")
        value = args[name] if name in args else _expanded(default, known)
        if value is not None:
            known[name] = value


def _expanded(text: str, known: Mapping[str, str]) -> str | None:
    """Text with variables replaced and quotes removed; None if a variable isn't known."""
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
