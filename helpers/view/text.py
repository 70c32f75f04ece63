"""Writes any value as text, for terminals and for nbval: the same facts give the same text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from string import ascii_lowercase

from helpers.core.errors import ENGINE_PREFIX
from helpers.view import safe, units
from helpers.view.blocks import (
    SIGNS,
    Bar,
    Block,
    Branch,
    Branches,
    EngineLine,
    Fact,
    Fold,
    Items,
    OutputLines,
    Prose,
    QuizQuestion,
    Scale,
    Sign,
    Source,
    Table,
    TableCell,
    Tasks,
    Title,
)
from helpers.view.facts import parts

WIDTH = 90
"""Columns at which sentences are wrapped."""


def of(value: object) -> str:
    """The text of a value, without a line break at its end."""
    return render(parts(value))


def render(blocks: Iterable[Block]) -> str:
    """The text of blocks, one under the other."""
    return "\n".join(line.rstrip() for line in _lines(blocks))


def _lines(blocks: Iterable[Block]) -> Iterator[str]:
    facts: list[Fact] = []  # those that follow each other are aligned
    for block in blocks:
        if isinstance(block, Fact):
            facts.append(block)
            continue
        yield from _facts(facts)
        facts = []
        yield from _block(block)
    yield from _facts(facts)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Title(text, figure, sign):
            yield "  ".join(part for part in (_signed(safe.name(text), sign), figure) if part)
        case Prose(text):
            yield from _wrapped("", safe.prose(text))
        case Table():
            yield from _table(block)
        case Branches():
            yield from _branches(block)
        case Tasks(items):
            for done, item in items:
                yield from _wrapped("[x] " if done else "[ ] ", safe.prose(item))
        case Items(label, items):
            yield f"{label}:"
            for line in safe.lines("\n".join(items)):
                yield f"  {line}"
        case OutputLines(text):
            for line in safe.lines(text):
                yield f"  {line}"
        case Source(rows, marked):
            for mark, line in rows:
                yield f"{mark or ' '} {_source(line)}" if marked else f"  {_source(line)}"
        case EngineLine(text):
            for line in safe.lines(text, most=20):
                yield ENGINE_PREFIX + line
        case QuizQuestion(number, text, choices):
            yield from _wrapped(f"{number}. ", safe.prose(text))
            for letter, choice in zip(ascii_lowercase, choices, strict=False):
                yield from _wrapped(f"   {letter}) ", safe.prose(choice.text))
        case Fold(instead=instead):
            if instead:
                yield safe.name(instead)
        case Scale():
            pass


def _facts(facts: list[Fact]) -> Iterator[str]:
    width = max((len(_signed(fact.label, fact.sign)) for fact in facts), default=0)
    for fact in facts:
        label = _signed(fact.label, fact.sign).ljust(width)
        values = ", ".join(safe.name(v) for v in fact.values)
        yield from _wrapped(f"{label}  ", values)


def _wrapped(first: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first]


def _table(table: Table) -> Iterator[str]:
    yield safe.name(table.caption)
    head = [column.name for column in table.columns]
    body = [[_cell(c) for c in row] for row in table.rows]
    widths = [max(len(row[i]) for row in [head, *body]) for i in range(len(head))]
    for row in [head, *body]:
        yield "  ".join(
            cell.rjust(width) if column.figures else cell.ljust(width)
            for cell, width, column in zip(row, widths, table.columns, strict=True)
        )
    if table.more:
        yield f"… and {table.more:,} more"


def _branches(tree: Branches) -> Iterator[str]:
    yield safe.name(tree.caption)
    for row, last in zip(tree.rows, _last(tree.rows), strict=True):
        *above, own = last or [True]
        lead = "".join("  " if ended else "│ " for ended in above)
        lead += ("└ " if own else "├ ") if row.depth else ""
        yield f"{lead}{_signed(safe.name(row.text), row.sign)}  {safe.name(row.note)}".rstrip()
    if tree.more:
        yield f"… and {tree.more:,} more"


def _last(rows: Sequence[Branch]) -> list[list[bool]]:
    """For each line: at each depth down to its own, whether it is the last there."""
    found: list[list[bool]] = []
    open_: list[bool] = []  # by depth: whether a line further down belongs there too
    for row in reversed(rows):
        del open_[row.depth :]
        open_ += [False] * (row.depth - len(open_))
        found.append([not more for more in open_])
        if row.depth:
            open_[-1] = True
    return found[::-1]


def _cell(cell: str | TableCell | Bar) -> str:
    if isinstance(cell, Bar):
        return units.bar(cell.share)
    if isinstance(cell, TableCell):
        return _signed(safe.name(cell.text), cell.sign)
    return safe.name(cell)


def _signed(text: str, sign: Sign) -> str:
    return f"{SIGNS[sign]} {text}".strip()


def _source(line: str) -> str:
    return safe.visible(line, keep="\t")
