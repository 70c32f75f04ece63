"""A real registry beside an engine: what is pushed to it and pulled from it is counted."""

from helpers.registries.registry import BASE, TAG, Moved, Registry, make
from helpers.registries.stored import COMPRESSIONS, Stored

__all__ = ["BASE", "COMPRESSIONS", "TAG", "Moved", "Registry", "Stored", "make"]
