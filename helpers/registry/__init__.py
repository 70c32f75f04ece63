"""A real registry beside an engine: what is pushed to it and pulled from it is counted."""

from helpers.registry.layout import COMPRESSIONS, Stored
from helpers.registry.server import BASE, TAG, Moved, Registry, make

__all__ = ["BASE", "COMPRESSIONS", "TAG", "Moved", "Registry", "Stored", "make"]
