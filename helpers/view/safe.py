"""Text from images and engines made fit to be shown: nothing in it hides, moves or colours text."""

from __future__ import annotations

NAME = 120
"""Characters of a path or a command that are shown; a longer one is cut."""

PROSE = 2_000
"""Characters of a text of sentences that are shown."""

LINE = 500
"""Characters of a line of output that are shown."""


def visible(text: str, *, keep: str = "") -> str:
    """`text` with what doesn't print written as an escape: `\\x1b`, `\\u202e`, `\\udc80`.

    keep  the characters that stay as they are

    So are control characters, marks of direction, invisible ones and halves of surrogate pairs.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escape(c) for c in text)


def name(text: str, limit: int = NAME) -> str:
    """A path, a tag or a sentence on one line; the middle of a long one is left out."""
    if len(text) > limit:
        half = (limit - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    return visible(text)


def command(text: str, limit: int = NAME) -> str:
    """A command on one line: white space is one space, and the end of a long one is left out."""
    text = " ".join(text.split())
    return visible(text if len(text) <= limit else f"{text[: limit - 1]}…")


def prose(text: str) -> str:
    """Sentences on one line; a long word in them loses its middle, and so do many sentences."""
    return name(" ".join(name(word) for word in text.split()), PROSE)


def lines(text: str, most: int = 200) -> list[str]:
    """Output as lines. Of more than `most`, the first, how many are left out, and the last."""
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
