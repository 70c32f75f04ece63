"""Adds up the events of a running build or pull: its steps, how much is done, the log's end."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from helpers.core.events import Event
from helpers.view import safe, units

KEPT = 500
"""Lines of the log that are kept."""

SIGNS = {"running": "…", "done": "✓", "cached": "=", "error": "✗"}

_COLOUR = re.compile(r"\x1b\[[0-9;]*[mK]")
_NUMBERED = re.compile(r"\[(?:(?P<stage>[^\]]*) )?\d+/(?P<steps>\d+)\]")


@dataclass(frozen=True)
class StepRow:
    """One step as it stands: `current` of `total` bytes, 0 where the total is not known."""

    name: str
    state: Literal["running", "done", "cached", "error"]
    current: int = 0
    total: int = 0

    @property
    def sign(self) -> str:
        """The state as one character."""
        return SIGNS[self.state]

    @property
    def fraction(self) -> float:
        """How much of it is done, from 0 to 1."""
        if self.state != "running":
            return 1.0
        return min(self.current / self.total, 1.0) if self.total else 0.0

    @property
    def figures(self) -> str:
        """`12.0 MB of 48.3 MB`, or nothing where no total is known."""
        if not self.total:
            return ""
        return f"{units.size(self.current)} of {units.size(self.total)}"


class Tally:
    """All steps of one build or pull. One thread may add events while another draws."""

    def __init__(self, title: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.title = safe.name(title)
        self.changes = 0
        self._clock = clock
        self._began = clock()
        self._rows: dict[str, StepRow] = {}
        self._log: deque[str] = deque(maxlen=KEPT)
        self._open: dict[str, str] = {}  # by step: a line that has not ended yet
        self._printing = ""  # the step whose lines stand last in the log
        self._lock = threading.Lock()

    def hear(self, event: Event) -> None:
        """Takes one event."""
        with self._lock:
            self.changes += 1
            name = safe.command(event.name)
            self._rows[event.step] = StepRow(name, event.state, event.current, event.total)
            if event.log:
                self._print(event, name)
            if event.state != "running" and (rest := self._open.pop(event.step, "")):
                self._log.append(_line(rest))

    def rows(self, most: int = 8) -> list[StepRow]:
        """The steps to show, in the order they began: those that run, and the last that ended."""
        with self._lock:
            rows = list(self._rows.values())
        running = [i for i, row in enumerate(rows) if row.state == "running"][:most]
        ended = [i for i, row in enumerate(rows) if row.state != "running"]
        kept = max(most - len(running), 0)
        chosen = sorted([*running, *(ended[-kept:] if kept else [])])
        return [rows[i] for i in chosen]

    def log(self, most: int = KEPT) -> list[str]:
        """The last lines of what the steps printed."""
        with self._lock:
            lines = [*self._log, *(_line(rest) for rest in self._open.values() if rest)]
        return lines[-most:]

    def fraction(self) -> float:
        """How much is done, from 0 to 1. Steps that have not begun count as soon as one of their
        stage has told how many it has (`[build 2/5]`)."""
        with self._lock:
            rows = list(self._rows.values())
        stages = {m["stage"]: int(m["steps"]) for r in rows if (m := _NUMBERED.match(r.name))}
        others = sum(not _NUMBERED.match(row.name) for row in rows)
        expected = max(others + sum(stages.values()), len(rows), 1)
        return sum(row.fraction for row in rows) / expected

    def closing(self, outcome: str = "") -> str:
        """The line that stays: title, the outcome if it isn't good, how many steps, how long."""
        with self._lock:
            states = [row.state for row in self._rows.values()]
        count = f"{len(states)} step{'s' if len(states) != 1 else ''}"
        if cached := states.count("cached"):
            count += f", {cached} from the cache"
        time_ = units.seconds(self._clock() - self._began)
        return " · ".join(p for p in (self.title, outcome, count, time_) if p)

    def _print(self, event: Event, name: str) -> None:
        if self._printing != event.step:  # stages that build side by side take turns
            self._printing = event.step
            self._log.append(name)
        *whole, rest = (self._open.get(event.step, "") + event.log).split("\n")
        self._log.extend(_line(line) for line in whole)
        self._open[event.step] = rest[-10 * safe.LINE :]


def _line(text: str) -> str:
    """A line as a terminal would leave it: carriage returns overwrite, and colours are dropped."""
    text = _COLOUR.sub("", text.rstrip("\r").rpartition("\r")[2])
    return safe.visible(text[: safe.LINE], keep="\t")
