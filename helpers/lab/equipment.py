"""What a lab works with: an engine or two, their base images, and registries."""

from __future__ import annotations

from contextlib import suppress

from helpers import newer
from helpers.bases.inventory import PART_ONE
from helpers.bases.source import Bases
from helpers.core.errors import LabError
from helpers.engine import transfer
from helpers.engine.client import Engine
from helpers.engine.find import find_engine
from helpers.engine.needs import Needs
from helpers.registry import server
from helpers.registry.server import Registry
from helpers.view import live_progress


class Equipment:
    """Engines, bases and registries, until they are closed.

    engine  the one that the lab builds and runs on
    bases   the base images of that engine
    """

    def __init__(self, engine: Engine | None, source: str | None, needs: Needs) -> None:
        self._first = self.engine = engine or find_engine()
        self._registries: list[Registry] = []
        try:
            self._first_bases = self.bases = Bases(self.engine, source=source)
            if not needs.met_by(self.engine):
                with live_progress.listener("a newer engine") as listen:
                    self.engine = newer.engine(self._first, self.bases, needs, listen)
                self.bases = Bases(self.engine, beside=self._first_bases)
            self.bases.decide()
        except BaseException:
            if engine is None:
                self.close()  # else a private one would live as long as this process
            raise

    def registry(self) -> Registry:
        """Starts a registry on the engine; see `Lab.registry`."""
        # the first engine builds it, also where it then runs on a newer one
        with live_progress.listener("a registry") as listen:
            base = self._first_bases.ensure(server.BASE, listen)
            server.make(self._first, base.reference, listen)
            if self.engine is not self._first:
                transfer.bring(self._first, self.engine, server.TAG, listen)
            started = Registry.start(self.engine)
        self._registries.append(started)
        return started

    def prefetch(self) -> None:
        """Fetches the bases of part one; see `Lab.prefetch`."""
        for name in self.bases.in_order(PART_ONE):
            try:
                self.bases.ensure(name)
            except LabError:  # the build that needs this one says why
                return

    def close(self) -> None:
        """Ends the registries and leaves the engines."""
        for each in self._registries:
            with suppress(LabError):
                each.close()
        self.engine.close()
        if self.engine is not self._first:
            self._first.close()
