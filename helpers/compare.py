"""Images side by side: their sizes, whether each one runs, and what the article says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.core.errors import LabError
from helpers.core.value import Value
from helpers.image.open_image import OpenImage
from helpers.image.stored import Base
from helpers.run.container_run import Run
from helpers.samples import Article, Variant

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Row:
    """One image.

    variant  the key of a variant, or the name of an image that is not one
    size     of the image, in bytes
    article  the article's figure in bytes, or None
    says     the article's figure as it is printed there, or ""
    runs     whether its container did what it was started for
    cause    why it did not run, the cause of its `Diagnosis`, or None
    ended    how its container ended where it did not run: `exit 1`
    bases    the base images that its Dockerfile names
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

    Reductions are against the first image that runs. One that does not run has no reduction: to
    leave out what a program needs saves nothing.
    """

    rows: tuple[Row, ...]

    @property
    def first(self) -> Row | None:
        """The first that runs, or None."""
        return next((row for row in self.rows if row.runs), None)

    def reduction(self, row: Row) -> float | None:
        """How much smaller an image is than the first that runs, as a fraction; negative if it is
        larger, None if it does not run."""
        if self.first is None or not row.runs:
            return None
        return 1 - row.size / self.first.size if self.first.size else 0.0

    @property
    def frame(self) -> pandas.DataFrame:
        """A table with the columns variant, size (bytes), reduction (a fraction of the size of
        the first that runs; missing for an image that does not), article (bytes, missing where
        there is no figure), runs, and cause (missing where it runs)."""
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
        """The bases that are stand-ins, each once: images on them differ in size from images on
        Docker Hub's."""
        every = (base for row in self.rows for base in row.bases)
        return tuple({b.name: b for b in every if b.source == "stand-in"}.values())


def compare(items: Iterable[tuple[Variant | None, OpenImage, Run]]) -> ComparisonTable:
    """Puts images side by side. Raises LabError where there are none.

    items  for each image its variant, or None, and its run
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
    """The row of one image.

    serves  its program is a service: it runs if it had to be stopped
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
