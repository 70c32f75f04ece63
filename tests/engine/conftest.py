"""One engine and one lab for all tests that touch a real engine."""

import os
from collections.abc import Iterator

import pytest

from helpers.core import names
from helpers.engine.client import Engine
from helpers.engine.find import find_engine
from helpers.lab.facade import Lab


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine that DOCKER_HOST or the current context names, else a private one."""
    with find_engine() as found:
        yield found


@pytest.fixture(scope="session")
def lab(engine: Engine) -> Lab:
    """A lab on stand-in bases, unless LAB_BASES says otherwise."""
    return Lab(engine=engine, bases=os.environ.get(names.BASES_VARIABLE) or "stand-ins")


@pytest.fixture(scope="session")
def newer_lab(lab: Lab) -> Iterator[Lab]:
    """A lab on an engine with BuildKit 0.13 and the containerd store: a newer private one beside
    the first, unless that has both."""
    source = os.environ.get(names.BASES_VARIABLE) or "stand-ins"
    found = Lab(bases=source, builder="0.13", store="containerd")
    yield found
    found.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says which variants' sizes were not checked: that is no failure, and no skip."""
    for report in terminalreporter.getreports("passed"):
        for name, says in report.user_properties:
            if name == "no bounds":
                terminalreporter.write_line(says)
