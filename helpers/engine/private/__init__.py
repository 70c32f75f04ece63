"""A private engine, where no other answers: `attach` joins the one that runs, or starts it.

It belongs to all who use it, and ends when the last of them has left. Nothing of it stays on the
host but its folder in the cache. Standard library alone; Linux, as root.
"""

from helpers.engine.private.attachment import Attachment, attach, obstacle, remove, users

__all__ = ["Attachment", "attach", "obstacle", "remove", "users"]
