"""What a lab works with: its engine, perhaps a newer one beside it, their bases, its registries."""

from __future__ import annotations

from contextlib import suppress

from helpers import newer
from helpers.bases.source import Bases
from helpers.core.errors import LabError
from helpers.engine import transfer
from helpers.engine.client import Engine
from helpers.engine.find import find_engine
from helpers.engine.needs import Needs
from helpers.registry import server
from helpers.registry.server import Registry
from helpers.view import alive, live_progress


class Equipment:
    """Engines, bases and registries, until they are closed.

    engine  that everything is done with
    bases   its own
    """

    def __init__(self, engine: Engine | None, source: str | None, needs: Needs) -> None:
        self._first = self.engine = engine or find_engine()
        self._first_bases = self.bases = Bases(self.engine, source=source)
        self._registries: list[Registry] = []
        if not needs.met_by(self.engine):
            with alive.page(), live_progress.listener("a newer engine") as listen:
                self.engine = newer.engine(self._first, self.bases, needs, listen)
            self.bases = Bases(self.engine, beside=self._first_bases)
        self.bases.decide()

    def registry(self) -> Registry:
        """Starts a registry on the engine; see `Lab.registry`."""
        # What a newer engine runs is made by the first, which has made it for itself.
        with live_progress.listener("a registry") as listen:
            base = self._first_bases.ensure(server.BASE, listen)
            server.make(self._first, base.reference, listen)
            if self.engine is not self._first:
                transfer.bring(self._first, self.engine, server.TAG, listen)
            started = Registry.start(self.engine)
        self._registries.append(started)
        return started

    def close(self) -> None:
        """Ends the registries and leaves the engines."""
        for each in self._registries:
            with suppress(LabError):
                each.close()
        self.engine.close()
        if self.engine is not self._first:
            self._first.close()
