"""Archives and file trees: the layers of an image, the file system they make, and wasted bytes.

No engine needed: `FolderFS` reads a folder as if it were the root of an image.
"""

from helpers.files.filesystem import FolderFS, RootFS

__all__ = ["FolderFS", "RootFS"]
