"""Builds and runs what is to be compared, two at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from helpers import samples
from helpers.compare import compare
from helpers.core.events import CancellationToken
from helpers.dockerfile.instructions import references
from helpers.lab.handles import Comparison, Image
from helpers.lab.image_builds import ImageBuilds
from helpers.run.container_run import Run, run
from helpers.samples import Expected, Variant

SERVES = 3
"""Seconds after which a server, which is to wait for ever, is stopped."""

SIDE_BY_SIDE = 2
"""Builds at once. Most wait for a download, or for a compiler that uses one core."""


def compared(builds: ImageBuilds, what: Sequence[str | Image]) -> Comparison:
    """Images, and variants by patterns of their keys; see `Lab.compare`."""
    items: list[Variant | Image] = []
    for each in what:
        items += samples.variants(each) if isinstance(each, str) else [each]
    wanted = [i for i in items if not (isinstance(i, Variant) and i.fails)]
    variants = [i for i in wanted if isinstance(i, Variant)]
    for name in dict.fromkeys(n for v in variants for n in references(v.text, v.args)):
        builds.base(name)
    token = CancellationToken()
    cells = [copy_context() for _ in wanted]  # so that each thread draws under this cell
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        try:
            measured = list(
                pool.map(lambda cell, i: cell.run(_measured, builds, i, token), cells, wanted)
            )
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            token.stop()
            raise
    return Comparison(compare(measured).rows)


def _measured(
    builds: ImageBuilds, item: Variant | Image, token: CancellationToken
) -> tuple[Variant | None, Image, Run]:
    variant: Variant | None
    if isinstance(item, Variant):
        variant, image = item, builds.build_variant(item, token=token)
    else:
        variant, image = samples.variant(item.key) if item.key else None, item
    expected = variant.expected if variant else Expected()
    timeout = SERVES if expected.keeps_running else 60
    return variant, image, run(image, expected.command, timeout=timeout, token=token)
