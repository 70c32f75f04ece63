"""Makes `.venv` in the checkout, keeps it up to date, and gives the interpreter with the packages.

It needs the standard library alone.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers.core import names
from helpers.core.errors import LabError

STAMP = ".made-by-helpers.json"
"""A file in each .venv that this module made. A .venv without it is never changed."""

DISTRIBUTION = "shrink-docker-images"

GROUPS = "book,test"
"""All optional groups of pyproject.toml, so that every command has what it needs."""

SPACE = 1_000_000_000
"""Bytes that `.venv` needs, and pip while it works."""


class NotReady(LabError):
    """Something that only the person can put right: commands end with exit status 2."""

    status = 2


class NoVenv(NotReady):
    """This Python has no `venv`."""


Say = Callable[[str], None]


def interpreter(say: Say, root: Path = names.ROOT) -> Path | None:
    """The interpreter that has all packages, or None where that is the running one.

    The running one is used as it is where it has the packages (conda's, say). Otherwise it is that
    of the checkout's .venv: of the person's own .venv if it has the packages, of one that was made
    here after bringing it up to date.

    say  gets a sentence before something that takes long

    Raises NotReady where the person must do something (NoVenv: get `venv`), LabError where pip
    fails.
    """
    venv = root / ".venv"
    inside = venv.is_dir() and Path(sys.prefix).resolve() == venv.resolve()
    if not (inside and (venv / STAMP).exists()):
        if not lacking(root):
            return None
        if inside:
            raise NotReady(of_your_own(venv))
        if venv.exists() and not (venv / STAMP).exists():
            if _lacks_nothing(venv, root):
                return python_of(venv)
            raise NotReady(of_your_own(venv))
    changed = _bring_up_to_date(venv, root, say)
    return None if inside and not changed else python_of(venv)


def is_current(venv: Path, root: Path = names.ROOT) -> bool:
    """Whether a .venv was made here, completely, for this checkout, pyproject.toml and Python."""
    return _read_stamp(venv) == _stamp(venv, root) and python_of(venv).exists()


def lacking(root: Path = names.ROOT) -> list[str]:
    """What the running interpreter lacks of pyproject.toml, written as for pip."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(each for group in groups.values() for each in group)]
    missing = [each for each in wanted if not _has(each)]
    return missing if _is_installed_from(root) else [*missing, f"-e {root}"]


def can_make_venv() -> bool:
    """Whether this Python has both halves of `venv`: Debian puts the second in a package."""
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def python_of(venv: Path) -> Path:
    """The interpreter of a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def continue_in(python: Path, arguments: list[str]) -> int:
    """Runs the same command in another interpreter. Returns only on Windows, with its status."""
    command = [str(python), "-m", "helpers", *arguments]
    # in any folder: `-m helpers` finds the package by its editable installation
    if os.name != "nt":
        sys.stdout.flush()
        os.execv(python, command)
    with subprocess.Popen(command) as process:  # on Windows exec would give the prompt back at once
        while True:
            with suppress(KeyboardInterrupt):  # Ctrl-C reaches both processes; the command decides
                return process.wait()


def _bring_up_to_date(venv: Path, root: Path, say: Say) -> bool:
    """Makes or repairs our own .venv. Returns whether there was anything to do."""
    if is_current(venv, root):
        return False
    with _alone(root):
        if is_current(venv, root):  # another command has done it
            return True
        if venv.is_symlink():
            raise NotReady(
                f"{venv} is a link to another folder, which lacks what is needed and stays as it "
                "is: remove the link, and repeat."
            )
        if venv.exists() and not _starts(venv, root):
            say("The .venv that was made here before is not whole, or its Python is gone: anew.")
            shutil.rmtree(venv)
        try:
            if shutil.disk_usage(root).free < SPACE:
                raise OSError(errno.ENOSPC, "no room")
            if not venv.exists():
                _make(venv, say)
            _install(venv, root, say)
        except OSError as error:
            raise NotReady(
                f"{venv} can't be written ({error.strerror}): make room for about "
                f"{SPACE // 1_000_000_000} GB there and see that it is yours, then repeat."
            ) from None
    return True


def _make(venv: Path, say: Say) -> None:
    if not can_make_venv():
        raise NoVenv(no_venv())
    say(f"Making {venv} …")
    venv.mkdir()
    (venv / STAMP).write_text("{}\n")  # from here on it is ours, even half made
    # not sys.executable, which may be in the folder that was just removed; typeshed leaves it out
    command = [sys._base_executable, "-m", "venv", str(venv)]  # type: ignore[attr-defined]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise LabError(f"The virtual environment could not be made: {_last(result)}")


def no_venv() -> str:
    """What to do about a Python without `venv`, in a sentence."""
    return (
        f"This Python ({sys.executable}) can't make virtual environments: type "
        f"`sudo apt-get install {venv_package()}` (Debian, Ubuntu) or use a Python from "
        "python.org, then repeat the command."
    )


def venv_package() -> str:
    """The Debian package with the rest of `venv` for this Python."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


def _install(venv: Path, root: Path, say: Say) -> None:
    say("Installing the packages into it; the first time takes a minute or two …")
    pip = [str(python_of(venv)), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command = [*pip, "install", "--quiet", "-e", f"{root}[{GROUPS}]"]
    for attempt in (1, 2):
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode == 0:
            break
        if attempt == 1:
            say("That failed; once more …")
    else:
        raise LabError(
            f"pip could not install the packages ({_last(result)}): see that this machine reaches "
            "the package index, or set pip's own proxy or index, then repeat the command."
        )
    _quieten_jupyterlab(venv)
    (venv / STAMP).write_text(json.dumps(_stamp(venv, root), indent=1) + "\n")


def _quieten_jupyterlab(venv: Path) -> None:
    """Keeps JupyterLab from asking about news before the first notebook."""
    settings = venv / "share" / "jupyter" / "lab" / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    news = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
    (settings / "overrides.json").write_text(json.dumps(news) + "\n")


def _stamp(venv: Path, root: Path) -> dict[str, str]:
    wanted = hashlib.sha256((root / "pyproject.toml").read_bytes()).hexdigest()
    return {"pyproject": wanted, "python": _python_version(venv), "root": str(root)}


def _read_stamp(venv: Path) -> dict[str, str] | None:
    try:
        return json.loads((venv / STAMP).read_text())
    except (OSError, ValueError):
        return None


def _python_version(venv: Path) -> str:
    """The version of the interpreter there, as `3.12`; "" where none starts."""
    with suppress(OSError, subprocess.SubprocessError):
        command = [str(python_of(venv)), "-Ic", "import sys; print('%d.%d' % sys.version_info[:2])"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return ""


def _starts(venv: Path, root: Path) -> bool:
    """Whether it can be repaired: its pip starts, and it was made for this folder and Python."""
    stamp = _read_stamp(venv)
    if not stamp or stamp["root"] != str(root) or stamp["python"] != _python_version(venv):
        return False
    command = [str(python_of(venv)), "-m", "pip", "--version"]
    return subprocess.run(command, capture_output=True).returncode == 0


def _lacks_nothing(venv: Path, root: Path) -> bool:
    code = "import sys; from helpers.setup import environment as e; sys.exit(bool(e.lacking()))"
    try:
        return subprocess.run([str(python_of(venv)), "-c", code], cwd=root).returncode == 0
    except OSError:
        return False


def of_your_own(venv: Path) -> str:
    """A sentence on what to do about a .venv that was not made here."""
    return (
        f"{venv} is not one that this command made, and it lacks packages: move it away, or type "
        f"`{python_of(venv)} -m pip install -e '{venv.parent}[{GROUPS}]'`, then repeat the command."
    )


def _applies(condition: str) -> bool:
    """Whether a requirement with this condition is meant for this machine. pyproject.toml has two
    conditions, and these are understood; pip understands more."""
    for part in condition.split(" and "):
        name, _, machines = part.partition(" in ")
        if part.strip() == "sys_platform != 'win32'" and sys.platform == "win32":
            return False
        if name.strip() == "platform_machine" and platform.machine() not in machines:
            return False
    return True


def _has(requirement: str) -> bool:
    pinned, _, condition = requirement.partition(";")
    if not _applies(condition):
        return True
    name, _, version = pinned.strip().partition("==")
    try:
        return importlib.metadata.version(name) == version
    except importlib.metadata.PackageNotFoundError:
        return False


def _is_installed_from(root: Path) -> bool:
    """Whether `helpers` is this checkout's in every folder, as a kernel needs it."""
    for found in importlib.metadata.distributions(name=DISTRIBUTION):
        origin = found.read_text("direct_url.json")
        if origin and json.loads(origin)["url"] == root.as_uri():
            return True
    return False


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keeps two commands from installing at once, except on Windows, which has no `fcntl`."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        folder = os.open(root, os.O_RDONLY)
    except OSError as error:
        raise NotReady(f"{root} can't be read ({error.strerror}).") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _last(result: subprocess.CompletedProcess[str]) -> str:
    """The last line that isn't empty, of an error if there is one."""
    lines = [line.strip() for line in (result.stderr or result.stdout).splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["no message"])[-1]
