"""Draws the bar chart of a comparison: sizes on a log scale, beside the article's figures."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.compare import ComparisonTable, Row
from helpers.core.errors import LabError
from helpers.view import safe, units

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DARK, LIGHT, INK = "#1f4e79", "#d9e2ec", "#222222"
"""The two fills differ in lightness, and the article's bars are hatched, so grey will do too."""

WIDTH, SCALE = 800, 1.6
"""Width of the chart on the page, and pixels of the picture for each pixel of the page, so that it
is sharp on a dense screen."""

COLOURS = 32
"""Of the picture: with few colours it is a fifth as large."""

NAME = 40
"""Characters of a name that are shown beside its bars."""


@dataclass(frozen=True)
class Bars:
    """A chart as a picture.

    alt  what there is to see, in a sentence
    png  the picture's bytes
    """

    alt: str
    png: bytes = field(repr=False)

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        # not as image/png, which JupyterLab 4.6 draws without alt text, whatever its metadata says
        data = base64.b64encode(self.png).decode("ascii")
        return (
            '<figure style="margin:0px">\n'
            f'<img alt="{escape(self.alt)}" width="{WIDTH}" src="data:image/png;base64,{data}">\n'
            "</figure>"
        )


def bars(comparison: ComparisonTable) -> Bars:
    """The chart of a comparison."""
    return Bars(alt=alt(comparison), png=_png(_figure(comparison)))


def save(comparison: ComparisonTable, path: Path) -> None:
    """Writes the chart to a `.png` or `.svg` file. Raises LabError for another name."""
    kind = path.suffix.lower()
    if kind == ".png":
        path.write_bytes(bars(comparison).png)
    elif kind == ".svg":
        import matplotlib

        with matplotlib.rc_context({"svg.hashsalt": "shrink"}):  # otherwise its ids are random
            _figure(comparison).savefig(
                path, format="svg", metadata={"Date": None, "Title": alt(comparison)}
            )
    else:
        raise LabError(f"A chart is written as .png or .svg: {path.name!r} ends with neither.")


def alt(comparison: ComparisonTable) -> str:
    """The chart in a sentence: how many images, the largest, the smallest, and how they compare."""
    rows = comparison.rows
    largest, smallest = max(rows, key=lambda r: r.size), min(rows, key=lambda r: r.size)
    if len(rows) == 1:
        return f"Bar chart of one image's size on a log scale: {_told(largest)}."
    less = units.reduction(largest.size, smallest.size)
    return (
        f"Bar chart of {len(rows)} images' sizes on a log scale, from {_told(largest)}, "
        f"to {_told(smallest)}: {less} less."
    )


def _png(figure: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    size = canvas.get_width_height()
    picture = Image.frombuffer("RGBA", size, canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    file = io.BytesIO()
    picture.convert("RGB").quantize(COLOURS).save(file, format="png", optimize=True)
    return file.getvalue()


def _told(row: Row) -> str:
    article = f" (the article's: {row.says})" if row.article is not None else ""
    return f"{safe.name(row.variant, NAME)} with {units.size(row.size)}{article}"


def _figure(comparison: ComparisonTable) -> Figure:
    from matplotlib.figure import Figure  # without pyplot, which keeps every figure it made
    from matplotlib.ticker import FuncFormatter, LogLocator

    rows = comparison.rows
    figure = Figure(
        figsize=(WIDTH / 100, 0.9 + 0.5 * len(rows)),
        dpi=100 * SCALE,
        layout="constrained",
        facecolor="white",
    )
    axes = figure.add_subplot(facecolor="white")
    article = [(i + 0.2, r.article, r.says) for i, r in enumerate(rows) if r.article is not None]
    _draw(axes, [(i - 0.2, r.size) for i, r in enumerate(rows)], DARK, "", "measured here")
    if article:
        figures = [(place, size) for place, size, _ in article]
        _draw(axes, figures, LIGHT, "////", "the article's figure (2020)")
    for i, row in enumerate(rows):
        _label(axes, i - 0.2, row.size, units.size(row.size))
    for place, size, says in article:
        _label(axes, place, size, says)
    axes.set_yticks(range(len(rows)), [_tick(r) for r in rows], parse_math=False, color=INK)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    sizes = [r.size for r in rows] + [size for _, size, _ in article]
    axes.set_xscale("log")
    axes.set_xlim(_floor(min(sizes)), max(sizes) * 8)  # room for the labels at the bars' ends
    axes.xaxis.set_major_locator(LogLocator(base=10, numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _power(x)))
    axes.minorticks_off()
    axes.set_xlabel("size, each step ten times more", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)
    if names := [base.name for base in comparison.stand_ins]:
        # a picture is passed on without the table that says so
        said = f"on stand-ins for {', '.join(names)}"
        figure.supxlabel(said, x=0.01, horizontalalignment="left", fontsize=8, color=INK)
    figure.legend(loc="outside upper right", ncols=2, frameon=False, fontsize=9)
    return figure


def _draw(axes: Axes, bars_: list[tuple[float, int]], colour: str, hatch: str, label: str) -> None:
    places, sizes = zip(*bars_, strict=True)
    axes.barh(
        places,
        sizes,
        height=0.38,
        color=colour,
        edgecolor=INK,
        hatch=hatch,
        label=label,
        linewidth=0.8,
    )


def _label(axes: Axes, place: float, size: int, text: str) -> None:
    axes.annotate(
        text,
        (size, place),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=INK,
        parse_math=False,
    )


def _tick(row: Row) -> str:
    shown = safe.name(row.variant, NAME)
    return shown if row.runs else f"{shown}\n✗ {row.failure}"


def _floor(smallest: int) -> float:
    """Where the axis begins: a log scale has no zero, and the smallest bar must have a length."""
    return 10 ** (len(str(max(smallest, 1))) - 1) / 3


def _power(size: float) -> str:
    """A power of ten in bytes, as `10 kB`; "" below one byte."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")):
        if size >= factor:
            return f"{size / factor:.0f} {unit}"
    return ""
