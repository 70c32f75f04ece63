"""Makes text from images and engines safe to show: nothing in it hides, moves or colours text."""

from __future__ import annotations

NAME = 120
"""Characters of a path or a command that are shown; a longer one is cut."""

PROSE = 2_000
"""Characters of prose that are shown."""

LINE = 500
"""Characters of a line of output that are shown."""


def visible(text: str, *, keep: str = "") -> str:
    """Text with unprintable characters written as escapes: `\\x1b`, `\\u202e`, `\\udc80`.

    keep  characters that stay as they are

    Unprintable are control characters, marks of direction, invisible characters and halves of
    surrogate pairs.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escape(c) for c in text)


def name(text: str, limit: int = NAME) -> str:
    """A path, a tag or a sentence on one line, a long one without its middle."""
    if len(text) > limit:
        half = (limit - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    return visible(text)


def command(text: str, limit: int = NAME) -> str:
    """A command on one line, its white space made single spaces, a long one without its end."""
    text = " ".join(text.split())
    return visible(text if len(text) <= limit else f"{text[: limit - 1]}…")


def prose(text: str) -> str:
    """Sentences on one line. A word that is too long loses its middle, and so does the whole."""
    return name(" ".join(name(word) for word in text.split()), PROSE)


def lines(text: str, most: int = 200) -> list[str]:
    """Output as lines. Of more than `most` the middle is replaced by how many were left out."""
    found = text.split("\n")
    if not found[-1]:
        found.pop()
    if len(found) > most:
        half = most // 2
        between = f"… {len(found) - 2 * half:,} more lines …"
        found = [*found[:half], between, *found[-half:]]
    return [visible(_cut(line), keep="\t") for line in found]


def _cut(line: str) -> str:
    return line if len(line) <= LINE else f"{line[:LINE]}… {len(line) - LINE:,} more characters"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
