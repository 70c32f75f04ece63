"""Writes any value as HTML with the facts of its text, for every place that shows notebooks.

What these places do to HTML, and what is done about it:
- JupyterLab drops `<style>` from a notebook that isn't trusted yet, as a fresh clone isn't, and
  `var()` from inline styles. It aligns table cells to the right, and wraps them whatever their
  attributes say. So the few styles are inline and literal, and a figure's space does not break.
- GitHub drops every style. So elements and signs say everything, never colour alone.
- Themes are light or dark. So text has the theme's colour; only a sign has its own two colours.
- MathJax takes what is between two `$` for a formula: the outer element's two classes stop it.
- nbval compares HTML, and people read the differences: one line for each element, no ids, no times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from helpers.core.errors import ENGINE_PREFIX
from helpers.view import safe, scale, units
from helpers.view.blocks import (
    SIGNS,
    AnswerChoice,
    Bar,
    Block,
    Branches,
    Column,
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

LEFT = ' style="text-align:left"'

BADGES: dict[Sign, str] = {
    "good": "color:#fff;background-color:#1a7f37;padding:0 4px",
    "bad": "color:#fff;background-color:#b42318;padding:0 4px",
}
"""White on a dark green and on a dark red, both above 5:1, whatever the theme is."""

TASKS = {
    True: f'<span style="{BADGES["good"]}">{SIGNS["good"]}</span> met',
    False: f'<span style="{BADGES["bad"]}">{SIGNS["bad"]}</span> not met',
    None: "☐ to do",
}

MARKS = {
    "+": ("ins", "text-decoration:none;background-color:rgba(46,160,67,0.25)"),
    "-": ("del", "text-decoration:none;background-color:rgba(248,81,73,0.25)"),
}
"""Tints that let the theme's own background through."""


def of(value: object) -> str:
    """The HTML of a value: one `<div>`."""
    return render(parts(value))


def render(blocks: Iterable[Block]) -> str:
    """The HTML of blocks, one under the other."""
    lines = [line for block in blocks for line in _block(block)]
    return "\n".join(['<div class="shrink mathjax_ignore tex2jax_ignore">', *lines, "</div>"])


def _block(block: Block) -> Iterator[str]:
    match block:
        case Title(text, figure, sign):
            parts = (_sign(sign), f"<strong>{_text(safe.name(text))}</strong>", _text(figure))
            yield f"<p>{' '.join(part for part in parts if part)}</p>"
        case Fact(label, values, sign, words):
            shown = ", ".join(_word(v, words=words) for v in values)
            yield f"<p>{_sign(sign, after=' ')}{_text(label)}: {shown}</p>"
        case Prose(text):
            yield f"<p>{prose(text)}</p>"
        case Table():
            yield from _table(block)
        case Branches():
            yield from _branches(block)
        case Tasks(items):
            yield '<ul style="list-style-type:none;padding-left:0px">'
            for done, item in items:
                yield f"<li>{TASKS[done]}: {prose(item)}</li>"
            yield "</ul>"
        case Items(label, items):
            yield f"<p>{_text(label)}:</p>"
            yield from _pre(_text(line) for line in safe.lines("\n".join(items)))
        case OutputLines(text):
            yield from _pre(_text(line) for line in safe.lines(text))
        case Source(rows, marked):
            yield from _pre(_source(mark, line, marked) for mark, line in rows)
        case EngineLine(text):
            for line in safe.lines(text, most=20):
                quoted = f"{ENGINE_PREFIX}<code>{_text(line)}</code>"
                yield f'<p class="engine"><small>{quoted}</small></p>'
        case QuizQuestion(number, text, choices):
            yield f"<p>{number}. {prose(text)}</p>"
            yield '<div style="margin-bottom:16px;padding-left:16px">'
            for choice in choices:
                yield f"<details><summary>{prose(choice.text)}</summary>"
                yield f"<p>{verdict(choice)}</p>"
                yield "</details>"
            yield "</div>"
        case Fold(summary, inner):
            yield f"<details><summary>{_text(summary)}</summary>"
            for each in inner:
                yield from _block(each)
            yield "</details>"
        case Scale():
            yield from scale.lines(block)


def _table(table: Table) -> Iterator[str]:
    yield "<table>"
    yield f'<caption style="text-align:left">{_text(table.caption)}</caption>'
    yield "<thead>"
    heads = (f'<th scope="col"{_side(c)}>{_text(c.name)}</th>' for c in table.columns)
    yield f"<tr>{''.join(heads)}</tr>"
    yield "</thead>"
    yield "<tbody>"
    for row in table.rows:
        cells = (_cell(cell, c) for cell, c in zip(row, table.columns, strict=True))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody>"
    yield "</table>"
    if table.more:
        yield f"<p>… and {table.more:,} more</p>"


def _branches(tree: Branches) -> Iterator[str]:
    yield f"<p>{_text(safe.name(tree.caption))}</p>"
    depth = -1
    for row in tree.rows:
        if row.depth > depth:
            yield "<ul>" + "<li><ul>" * (row.depth - depth - 1)
        else:
            yield "</li>" + "</ul></li>" * (depth - row.depth)
        depth = row.depth
        note = f" {_text(safe.name(row.note))}" if row.note else ""
        yield f"<li>{_sign(row.sign, after=' ')}{_word(row.text, words=False)}{note}"
    if tree.rows:
        yield "</li></ul>" * (depth + 1)
    if tree.more:
        yield f"<p>… and {tree.more:,} more</p>"


def _cell(cell: str | TableCell | Bar, column: Column) -> str:
    if isinstance(cell, Bar):  # a screen reader needs only the figure beside it
        return f'<td{_side(column)}><code aria-hidden="true">{units.bar(cell.share)}</code></td>'
    if isinstance(cell, TableCell):
        text, sign = cell.text, _sign(cell.sign, after=" ")
    else:
        text, sign = cell, ""
    if not text:
        word = ""
    elif column.figures:
        word = _word(text, words=True).replace(" ", "&nbsp;")
    else:
        word = _word(text, words=column.words)
    return f"<td{_side(column)}>{sign}{word}</td>"


def _side(column: Column) -> str:
    # an attribute, which GitHub and untrusted notebooks leave, while they drop styles
    return ' align="right"' if column.figures else LEFT


def _word(text: str, *, words: bool) -> str:
    shown = _text(safe.name(text))
    return shown if words else f"<code>{shown}</code>"


def _pre(lines: Iterable[str]) -> list[str]:
    return ["<pre>", *lines, "</pre>"]


def _source(mark: str, line: str, marked: bool) -> str:
    shown = _text(safe.visible(line, keep="\t"))
    if not marked:
        return shown
    if not mark:
        return f"  {shown}"
    tag, style = MARKS[mark]
    return f'<{tag} style="{style}">{mark} {shown}</{tag}>'


def _sign(sign: Sign, after: str = "") -> str:
    return f'<span style="{BADGES[sign]}">{SIGNS[sign]}</span>{after}' if sign else ""


def verdict(choice: AnswerChoice) -> str:
    """The answer to a choice that was made: a sign, a word, and the reason."""
    word = "right" if choice.sign == "good" else "wrong"
    return f"{_sign(choice.sign)} {word}: {prose(choice.because)}"


def prose(text: str) -> str:
    """Sentences, with what stands between backticks as code."""
    parts = _text(safe.prose(text)).split("`")
    if len(parts) % 2 == 0:  # a backtick without its other half
        return "`".join(parts)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def _text(text: str) -> str:
    return escape(text, quote=False)  # it is never put into an attribute
