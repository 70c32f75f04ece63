"""A pytest plugin for pytest-xdist: the order in which the tests begin, and which of them may run
side by side."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

PARTS = {
    "notebooks": "notebooks",
    "unit tests": "tests/unit",
    "static tests": "tests/test_",
    "engine tests": "tests/engine",
    "browser tests": "tests/browser",
    "last notebooks": "notebooks/2",
    "variants": "tests/engine/test_variants",
    "solutions": "notebooks/solutions",
    "commands": "tests/engine/test_commands",
}
"""How the files of each part begin, in the order in which the parts begin. A worker that is free
takes the next part, and runs all of it in its order.

The notebooks need the bases in the order in which they are made, the engine's tests in any: so
those come after the ones that need no engine. The browser's, whose pages wait for seconds, come
when part one's bases are there and most of its images are built. What takes long and needs what
others have built comes later, the shorter part last: so both workers have something to do until
the end."""


def part_of(test: str) -> str:
    """The part that a test belongs to, by pytest's name for it; `other tests` for the rest."""
    found = [name for name, start in PARTS.items() if test.startswith(start)]
    return max(found, key=lambda name: len(PARTS[name]), default="other tests")


class ByPart(LoadScopeScheduling):
    """Gives each worker a whole part at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests into the order of their parts, and leaves the order within them."""
    order = [*PARTS, "other tests"]
    items.sort(key=lambda item: order.index(part_of(item.nodeid)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByPart:
    """Replaces pytest-xdist's own way to hand out tests."""
    config.option.loadscopereorder = False  # else the largest part is first
    return ByPart(config, log)
