"""The explorer of files in a front end: layers, the tree of one or of all, search, and waste."""

from helpers.view.explorer.widget import Read, View, explorer

__all__ = ["Read", "View", "explorer"]
