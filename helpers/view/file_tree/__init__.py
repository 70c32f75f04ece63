"""The explorer of files in a front end: layers, the tree of one or of all, search, and waste."""
