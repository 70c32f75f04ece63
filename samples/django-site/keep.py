"""Prints what to keep: the paths that strace saw, the folders above them, the links on the way.

python keep.py FILE...    lines of strace, or paths; what is not there is left out
"""

import re
import sys
from pathlib import Path

CALL = re.compile(r'\d+ +\w+\((?:AT_FDCWD<(.*?)>, )?"(.+?)"')
ENGINES = re.compile(r"/(proc|sys|dev|etc/hosts|etc/resolv\.conf)(/|$)")


def steps(path):
    """Each folder and each link on the way to a path, and what is there in the end."""
    here = Path("/")
    for name in path.parts:
        here = here.parent if name == ".." else here / name
        yield here
        if here.is_symlink():
            yield from steps(here.parent / here.readlink())
            here = here.resolve()


kept = set()
for name in sys.argv[1:]:
    for line in Path(name).read_text().splitlines():
        call = CALL.match(line)
        folder, path = call.groups(Path.cwd()) if call else ("/", line)
        kept.update(steps(Path(folder, path)))
for path in sorted(kept):
    if (path.is_symlink() or path.exists()) and not ENGINES.match(str(path)):
        print(path)
