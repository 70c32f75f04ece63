"""What is heard from a running build or pull: one event type, and the listener that takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Event:
    """One piece of news about one step.

    step     identifies the step within its build or pull
    name     as a person reads it: `[2/3] RUN gcc hello.c`, `layer 3f2a5c`; the same in each event
    state    `running` until it ends as `done`, `cached` or `error`
    current  units done so far (bytes in a pull), 0 where it is not known
    total    units in all, 0 where it is not known
    log      what the step printed since the last event
    """

    step: str
    name: str
    state: Literal["running", "done", "cached", "error"] = "running"
    current: int = 0
    total: int = 0
    log: str = ""


Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The listener of those who don't want to know."""
