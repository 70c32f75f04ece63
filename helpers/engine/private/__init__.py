"""A private engine, where no other answers: `attach` joins the running one or starts it.

Its users share it, and it stops when the last of them has left. Then nothing of it is left on the
host but its folder in the cache. Standard library alone; Linux, as root.
"""

from helpers.engine.private.attachment import Attachment, attach, obstacle, remove, users

__all__ = ["Attachment", "attach", "obstacle", "remove", "users"]
