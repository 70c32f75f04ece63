"""Images side by side: `compare` takes what was built and run, and gives a `ComparisonTable`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.core.errors import LabError
from helpers.core.value import Value
from helpers.image.stored import Base, OpenImage
from helpers.run.container_run import Run
from helpers.samples import Article, Variant

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Row:
    """One image.

    variant  the variant's key, or the name of an image that is none
    size     of the image, in bytes
    article  the article's figure in bytes, or None
    says     the article's figure as it is printed there, or ""
    runs     whether its container did what it was started for
    cause    why it did not run, a word of `Diagnosis`, or None
    ended    how its container ended, where it did not run: `exit 1`
    bases    what its Dockerfile starts from, and where that came from
    """

    variant: str
    size: int
    article: int | None = None
    says: str = ""
    runs: bool = True
    cause: str | None = None
    ended: str = ""
    bases: tuple[Base, ...] = ()

    @property
    def failure(self) -> str:
        """Why it did not run, or else how it ended."""
        return self.cause or self.ended or "does not run"


@dataclass(frozen=True, repr=False)
class ComparisonTable(Value):
    """Images in the order in which they were given.

    Reductions are against the first that runs. One that does not run has none: it saves nothing
    to leave out what a program needs.
    """

    rows: tuple[Row, ...]

    @property
    def first(self) -> Row | None:
        """The first that runs, or None."""
        return next((row for row in self.rows if row.runs), None)

    def reduction(self, row: Row) -> float | None:
        """How much smaller it is than the first that runs, as a fraction; below 0 where it is
        larger, None where it does not run."""
        if self.first is None or not row.runs:
            return None
        return 1 - row.size / self.first.size if self.first.size else 0.0

    @property
    def frame(self) -> pandas.DataFrame:
        """A table with the columns variant, size (bytes), reduction (a fraction of the size of
        the first that runs, missing where a row does not), article (bytes, missing where there is
        no figure), runs, and cause (missing where it runs)."""
        import pandas

        rows = self.rows
        return pandas.DataFrame(
            {
                "variant": [r.variant for r in rows],
                "size": pandas.array([r.size for r in rows], dtype="int64"),
                "reduction": pandas.array([self.reduction(r) for r in rows], dtype="float64"),
                "article": pandas.array([r.article for r in rows], dtype="Int64"),
                "runs": pandas.array([r.runs for r in rows], dtype="bool"),
                "cause": [r.cause for r in rows],
            }
        )

    @property
    def stand_ins(self) -> tuple[Base, ...]:
        """The bases that are stand-ins, each once: no size above them is Docker Hub's."""
        every = (base for row in self.rows for base in row.bases)
        return tuple({b.name: b for b in every if b.source == "stand-in"}.values())


def compare(items: Iterable[tuple[Variant | None, OpenImage, Run]]) -> ComparisonTable:
    """Puts images side by side: each with its variant (None where it is none) and its run.

    Raises LabError where there are none.
    """
    rows = tuple(
        row_of(
            variant.key if variant else image.name,
            image,
            run,
            variant.article if variant else None,
            serves=variant.expected.keeps_running if variant else False,
        )
        for variant, image, run in items
    )
    if not rows:
        raise LabError("There is nothing to compare: name at least one variant or image.")
    return ComparisonTable(rows)


def row_of(
    name: str, image: OpenImage, run: Run, article: Article | None = None, *, serves: bool = False
) -> Row:
    """One image's row, under a name, with the article's figure if there is one.

    serves  it is to wait for ever, so that it runs where it had to be stopped
    """
    runs = run.timed_out if serves else run.ok
    return Row(
        variant=name,
        size=image.size,
        article=article.size if article else None,
        says=article.says if article else "",
        runs=runs,
        cause=run.diagnosis.cause if run.diagnosis else None,
        ended="" if runs else run.ending,
        bases=tuple(image.bases),
    )
