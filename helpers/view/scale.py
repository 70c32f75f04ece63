"""A small SVG: a guess and what was measured on a log scale, told apart by shape and words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from helpers.view import units
from helpers.view.blocks import Scale

WIDTH, LEFT, RIGHT, AXIS = 640, 24, 616, 48
"""Pixels: the picture's width, the ends of its axis, and its height on the page."""

TICKS = ((1, "1 B"), (10**3, "1 kB"), (10**6, "1 MB"), (10**9, "1 GB"), (10**10, "10 GB"))

ROOM = 85
"""Pixels that words need on each side when they are centred on a mark."""


def lines(scale: Scale) -> Iterator[str]:
    """The lines of the SVG, in the theme's own colours: the guess is a ring above the axis, what
    was measured a filled triangle below it."""
    guess, measured = units.size(scale.guess), units.size(scale.measured)
    label = f"On a log scale: your guess {guess}, measured {measured}."
    yield (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {WIDTH} 104" width="{WIDTH}" '
        'height="104" style="max-width:100%" font-size="13" fill="currentColor" '
        'stroke="none" font-family="sans-serif">'
    )
    yield f"<title>{label}</title>"
    yield f'<path d="M{LEFT} {AXIS}H{RIGHT}" stroke="currentColor" opacity="0.5"/>'
    for count, name in TICKS:
        x = _x(scale, count)
        yield f'<path d="M{x} {AXIS - 4}v8" stroke="currentColor" opacity="0.5"/>'
        yield f'<text x="{x}" y="{AXIS + 28}" text-anchor="middle" opacity="0.7">{name}</text>'
    yield _words(_x(scale, scale.guess), 16, f"your guess: {guess}")
    x = _x(scale, scale.guess)
    yield f'<circle cx="{x}" cy="{AXIS - 16}" r="5" fill="none" stroke="currentColor"/>'
    yield f'<path d="M{x} {AXIS - 11}V{AXIS}" stroke="currentColor"/>'
    x = _x(scale, scale.measured)
    yield f'<path d="M{x} {AXIS}l-6 12h12z"/>'
    yield _words(x, 98, f"measured: {measured}")
    yield "</svg>"


def _x(scale: Scale, count: int) -> int:
    """The pixel of an amount; one off the scale is put at its end."""
    low, high = math.log10(scale.least), math.log10(scale.most)
    there = math.log10(min(max(count, scale.least), scale.most))
    return round(LEFT + (RIGHT - LEFT) * (there - low) / (high - low))


def _words(x: int, y: int, text: str) -> str:
    anchor = "middle"
    if x < ROOM:
        anchor, x = "start", 2
    elif x > WIDTH - ROOM:
        anchor, x = "end", WIDTH - 2
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>'
