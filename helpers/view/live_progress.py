"""Draws the live progress of a build or a pull: in a front end, on a terminal, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from helpers.core.events import Event, ProgressCallback, ignore
from helpers.view.frontend import place
from helpers.view.tally import StepRow, Tally

if TYPE_CHECKING:
    from ipywidgets import Widget
    from rich.live import Live

INTERVAL = 0.1
"""Seconds between two updates of the bars."""

LOG_EVERY = 5
"""The log, which is many times larger, is sent with every fifth update."""

LIVE_LINES = 100
"""Lines of the log that are shown while it grows; at the end all that were kept are."""

_BOX: ContextVar[Any] = ContextVar("box", default=None)
"""The box to draw in, where a widget and not the running cell asked for the build."""


class ProgressView(Protocol):
    """Draws steps while they run. `close` leaves one line and, where it can be folded, the log."""

    def start(self) -> None: ...

    def close(self, sign: str, line: str) -> None: ...


@contextmanager
def listener(title: str) -> Iterator[ProgressCallback]:
    """A progress callback whose events are drawn under `title` until the `with` block ends.

    In a front end it draws a widget, on a terminal some lines on stderr, elsewhere nothing.
    Nothing is drawn before the first event, so that what is here already causes no progress.
    Events may come from any thread, one at a time.
    """
    view_of = _views()
    if view_of is None:
        yield ignore
        return
    tally = Tally(title)
    cell = copy_context()  # an event may come in a thread that does not know the cell
    view: ProgressView | None = None

    def listen(event: Event) -> None:
        nonlocal view
        tally.hear(event)
        if view is None:
            fresh = view_of(tally)
            cell.run(fresh.start)
            view = fresh

    sign, outcome = "✓", ""
    try:
        yield listen
    except BaseException as error:
        sign, outcome = "✗", "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        raise
    finally:
        if view is not None:
            view.close(sign, tally.closing(outcome))


def close(widgets: Iterable[Widget]) -> None:
    """Closes widgets and what is in them. The kernel would keep them, though nobody sees them."""
    for each in widgets:
        close(getattr(each, "children", ()))
        close(part for name in ("layout", "style") if (part := getattr(each, name, None)))
        each.close()


@contextmanager
def drawn_in(box) -> Iterator[None]:
    """Has this thread's progress drawn as the content of an ipywidgets box."""
    token = _BOX.set(box)
    try:
        yield
    finally:
        _BOX.reset(token)


def _views() -> Callable[[Tally], ProgressView] | None:
    """What draws here, or None."""
    if _BOX.get() is not None:
        return WidgetView
    match place():
        case "front end":
            return WidgetView
        case "terminal":
            return TerminalView
    return None


class WidgetView:
    """A widget: bars, the log's last line, and the log folded under them."""

    def __init__(self, tally: Tally) -> None:
        import ipywidgets

        self._tally = tally
        self._bars = ipywidgets.HTML()
        self._log = ipywidgets.HTML()
        self._fold = ipywidgets.Accordion([self._log], titles=("log",), selected_index=None)
        self._box = ipywidgets.VBox([self._bars])
        self._over = threading.Event()
        # A thread of its own draws: so building is not slowed down, the last event of a step that
        # falls silent is drawn too, and an interrupt, which the main thread gets, ends the build
        # at once.
        self._thread = threading.Thread(target=self._draw_until_over, daemon=True, name="progress")

    def start(self) -> None:
        self._bars.value = _bars(self._tally)
        if (box := _BOX.get()) is not None:
            box.children = [self._box]
        else:
            self._display()
        self._thread.start()

    def _display(self) -> None:
        from IPython.display import display

        # where there are no widgets, the text is shown instead
        bundle = self._box._repr_mimebundle_() | {"text/plain": self._tally.title}
        display(bundle, raw=True)

    def close(self, sign: str, line: str) -> None:
        self._over.set()
        self._thread.join()
        self._bars.value = _folded(f"{sign} {line}", self._tally.log())
        self._box.children = [self._bars]
        close([self._fold])

    def _draw_until_over(self) -> None:
        turn = drawn = logged = 0
        while not self._over.wait(INTERVAL):
            turn, changes = turn + 1, self._tally.changes
            if changes != drawn:
                drawn = changes
                self._bars.value = _bars(self._tally)
            if turn % LOG_EVERY == 0 and changes != logged:
                logged = changes
                self._draw_log()

    def _draw_log(self) -> None:
        if lines := self._tally.log(LIVE_LINES):
            self._log.value = _pre(lines)
            self._box.children = [self._bars, self._fold]


class TerminalView:
    """Lines on stderr, drawn by rich. At the end only the closing line stays."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def start(self) -> None:
        _SCREEN.add(self)

    def close(self, sign: str, line: str) -> None:
        _SCREEN.remove(self, f"{sign} {line}")

    def __rich__(self):
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        grid.add_column(width=20)
        grid.add_column(no_wrap=True, width=20, justify="right")
        grid.add_row(
            Text(self._tally.title, style="bold"), ProgressBar(1.0, self._tally.fraction())
        )
        for row in self._tally.rows(most=6):
            bar = ProgressBar(1.0, row.fraction) if row.total else ""
            grid.add_row(Text(f"  {row.sign} {row.name}"), bar, Text(row.figures))
        log = [
            Text(f"  │ {line}", style="dim", no_wrap=True, overflow="ellipsis")
            for line in self._tally.log(4)
        ]
        return Group(grid, *log)


class _Screen:
    """The terminal, shared by all progress of the process: two live areas of rich at once would
    overwrite each other."""

    def __init__(self) -> None:
        self._views: list[TerminalView] = []
        self._live: Live | None = None
        self._lock = threading.Lock()

    def add(self, view: TerminalView) -> None:
        from rich.console import Console
        from rich.live import Live

        with self._lock:
            self._views.append(view)
            if self._live is None:
                self._live = Live(
                    console=Console(stderr=True, highlight=False),
                    get_renderable=self._drawn,
                    refresh_per_second=1 / INTERVAL,
                    transient=True,
                )
                self._live.start()

    def remove(self, view: TerminalView, line: str) -> None:
        with self._lock:
            self._views.remove(view)
            live = self._live
            assert live is not None  # since the first of the views was added
            if not self._views:
                live.stop()
                self._live = None
            live.console.print(line, markup=False, soft_wrap=True)

    def _drawn(self):
        from rich.console import Group

        return Group(*list(self._views))


_SCREEN = _Screen()
"""A process has one terminal, so this is one object for all of it."""


def _bars(tally: Tally) -> str:
    total = StepRow(tally.title, "running", round(tally.fraction() * 1000), 1000)
    rows = [f"<tr><th>{escape(total.name)}</th><td>{_bar(total)}</td><td></td></tr>"]
    for row in tally.rows():
        bar = _bar(row) if row.total else ""
        rows.append(
            f"<tr><td>{row.sign} {escape(row.name)}</td><td>{bar}</td><td>{row.figures}</td></tr>"
        )
    last = "".join(f"<div><code>{escape(line)}</code></div>" for line in tally.log(1))
    return f'<table style="text-align:left">{"".join(rows)}</table>{last}'


def _bar(row: StepRow) -> str:
    label = escape(row.name, quote=True)
    return f'<progress max="1" value="{row.fraction:.3f}" aria-label="{label}"></progress>'


def _folded(line: str, log: list[str]) -> str:
    if not log:
        return f"<div>{escape(line)}</div>"
    return f"<details><summary>{escape(line)}</summary>{_pre(log)}</details>"


def _pre(lines: list[str]) -> str:
    # a reversed column scrolls from its end, so the newest line stays in sight
    outside = "display:flex;flex-direction:column-reverse;max-height:20em;overflow:auto"
    text = escape("\n".join(lines))
    return f'<div style="{outside}"><pre style="margin:0;line-height:1.2">{text}</pre></div>'
