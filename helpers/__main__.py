"""`python3 -m helpers COMMAND`. Old Pythons must run this file too, to be refused."""

import shutil
import subprocess
import sys

OLDEST = (3, 11)
NEWER = ["python3.14", "python3.13", "python3.12", "python3.11"]


def too_old(version, newer=None):
    """The error for a Python of this `version`; `newer` is the name of an installed newer one."""
    here = ".".join(str(part) for part in version[:3])
    needs = "This needs Python {}.{} or newer and you have {}: ".format(*OLDEST, here)
    if newer:
        return needs + f"use the other one that is here, as in `{newer} -m helpers doctor`."
    return needs + "install one from your system's packages or python.org, and start this with it."


def newer_here():
    """The name of an installed newer Python, or None."""
    for name in NEWER:
        if shutil.which(name) and subprocess.call([name, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return name
    return None


def main():
    """Runs a command and returns its exit status."""
    if sys.version_info < OLDEST:
        sys.stderr.write(too_old(sys.version_info, newer_here()) + "\n")
        return 2
    from helpers.commands import dispatch

    return dispatch.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
