"""The blocks that show advice: findings and their evidence, hadolint's problems, the proof."""

from __future__ import annotations

from collections.abc import Iterator

from helpers.advice.advise import Advice
from helpers.advice.finding import LEAST, LEAST_SHARE, Finding
from helpers.advice.lint import Lint
from helpers.advice.proof import TIMEOUT, Proof
from helpers.view import inside, units
from helpers.view.blocks import (
    Block,
    Column,
    EngineLine,
    Fact,
    Prose,
    Sign,
    Source,
    Table,
    TableCell,
    Title,
)
from helpers.view.parts import parts

ROWS = 3
"""Rows of evidence that are shown for each finding of an advice."""

ALL = 20
"""Rows of evidence that are shown for a finding by itself."""

LAYER = 60
"""Characters of an instruction that are shown beside a path."""

LEVELS: dict[str, Sign] = {"error": "bad", "warning": "bad"}


@parts.register
def advice(value: Advice) -> Iterator[Block]:
    ranking, size = value.ranking, value.image.size
    if not ranking.worth:
        yield Title(f"{value.image.name}: nothing is worth doing", units.size(size), sign="good")
        yield from _base(value)
        yield Prose(_little(value))
        return
    yield Title(value.image.name, units.size(size))
    yield from _base(value)
    yield Prose(f"With all of these it would have {units.size(value.leaves)} at best.")
    yield Table(
        "what each saves alone, and what it adds to those above it",
        (
            Column("saves", figures=True),
            Column("adds", figures=True),
            Column("remedy", words=True),
            Column("notebook", words=True),
        ),
        tuple(
            (
                _figure(row.finding),
                units.size(row.adds),
                row.finding.remedy,
                row.finding.notebook,
            )
            for row in ranking.worth
        ),
    )
    for row in ranking.worth:
        yield from _finding(row.finding, ROWS)
    if ranking.little:
        yield Prose(_little(value))
    yield from _ways(value)


@parts.register
def finding(value: Finding) -> Iterator[Block]:
    yield from _finding(value, ALL)


@parts.register
def lint(value: Lint) -> Iterator[Block]:
    if value.absent:
        yield EngineLine(value.absent)
        return
    if not value.problems:
        yield Title("hadolint has nothing to say", sign="good")
        return
    yield Table(
        "hadolint says of the Dockerfile",
        (
            Column("line", figures=True),
            Column("rule"),
            Column("level"),
            Column("what it says", words=True),
        ),
        tuple(
            (
                str(each.line),
                each.rule,
                TableCell(each.level, LEVELS.get(each.level, "")),
                each.says,
            )
            for each in value.problems
        ),
    )


@parts.register
def proof(value: Proof) -> Iterator[Block]:
    if not value.ok:
        yield Title("nothing is proven, so nothing is proposed", sign="bad")
        yield Prose(value.why)
        return
    assert value.after and value.view  # a proof that is ok has both
    before, after = value.before.size, value.after.size
    yield Title(
        f"proven: {units.reduction(before, after)} less",
        f"{units.size(before)} -> {units.size(after)}",
        sign="good",
    )
    yield Prose(f"Both images were run, and print the same.{_unasked(value)}")
    if value.varies:
        yield Prose(
            "Figures in what they print were left out: the program prints others each time."
        )
    yield Source(value.view.marked, marked=True)


def _base(value: Advice) -> Iterator[Block]:
    """What was taken for the base image, and the note on what was not looked at."""
    base, layers = value.base, len(value.image.layers)
    if base.name:
        name = f"{base.name} (a stand-in)" if base.stand_in else base.name
        yield EngineLine(f"base: {name}, layers of it: {base.layers} of {layers}")
    elif base.layers:
        yield EngineLine("base: not known, the first layer is taken for it")
    if value.note:
        yield Prose(value.note)


def _unasked(value: Proof) -> str:
    """A warning that a service, which had to be stopped, was not asked anything."""
    if not value.first or not value.first.timed_out:
        return ""
    return (
        f" They were stopped after {TIMEOUT} seconds, and were asked nothing until then: try what "
        "it serves before you take this."
    )


def _finding(value: Finding, most: int) -> Iterator[Block]:
    yield Title(value.remedy, _figure(value))
    yield Prose(f"{value.says} {value.do}")
    if not value.counted:
        yield Prose(f"Not counted here: {value.source}.")
        return
    yield Table.of_first(
        most,
        "where they are",
        (Column("size", figures=True), Column("path"), Column("layer")),
        value.evidence,
        lambda row: (units.size(row.size), row.path, inside.made_by(row.layer, LAYER)),
    )


def _figure(value: Finding) -> str:
    """What a finding saves, with a mark where the bytes were not counted in the image."""
    return units.size(value.saves) if value.counted else f"~ {units.size(value.saves)}"


def _little(value: Advice) -> str:
    least = f"{units.size(LEAST)} or {LEAST_SHARE * 100:.0f} % of the image"
    if not value.ranking.little:
        return "No remedy finds anything."
    names = ", ".join(finding.remedy for finding in value.ranking.little)
    return f"Below {least}, and so not worth a line: {names}."


def _ways(value: Advice) -> Iterator[Block]:
    if value.mended:
        yield Fact("rewritten for you (`.dockerfile`)", value.mended.did, words=True)
    if value.by_hand:
        names = tuple(finding.remedy for finding in value.by_hand)
        yield Fact("left to you", names, words=True)
