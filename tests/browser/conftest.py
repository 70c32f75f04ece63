"""A JupyterLab and a Chromium, as a learner has them, on copies of the notebooks."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.core import names
from helpers.setup import host
from helpers.testing import processes
from tests.browser.page import Lab, answers, chromium, free_port

SETTINGS = {
    # All cells are in the page, also those that are out of sight.
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": '{"windowingMode": "none"}',
}


@pytest.fixture(scope="package")
def folder(tmp_path_factory) -> Path:
    """What a learner's checkout looks like to a notebook. Nothing there is committed."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(names.ROOT / "notebooks", folder / "notebooks")
    (folder / "samples").symlink_to(names.SAMPLES)
    return folder


@pytest.fixture(scope="package")
def server(folder, tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab server."""
    settings = tmp_path_factory.mktemp("settings")
    for path, text in SETTINGS.items():
        (settings / path).parent.mkdir(parents=True, exist_ok=True)
        (settings / path).write_text(text)
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.root_dir={folder}", f"--ServerApp.port={port}"]
    command += ["--IdentityProvider.token=learner", "--LabApp.expose_app_in_browser=True"]
    command += ["--LabApp.news_url=None", "--KernelManager.transport_encryption=auto"]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with log.open("w") as output:
        process = processes.start(
            command,
            to=output,
            JUPYTERLAB_SETTINGS_DIR=str(settings),
            LAB_PROGRESS=str(folder / "progress.json"),
            LAB_BASES=os.environ.get(names.BASES_VARIABLE) or "stand-ins",
        )
        try:
            answers(port, log)
            yield f"http://localhost:{port}"
        finally:
            processes.end(process)


@pytest.fixture(scope="package")
def context():
    """One context of Chromium, as the system has it, for all pages: JupyterLab's code is fetched
    and compiled once; cookies and what a page stores are shared."""
    if lacks := host.browser_lacks():
        pytest.skip(f"not on this machine: {' and '.join(package.name for package in lacks)}")
    with chromium() as found:
        yield found.new_context(viewport={"width": 1280, "height": 1000})


@pytest.fixture
def lab(server, context, folder, request) -> Iterator[Lab]:
    """A page with JupyterLab. Its screenshots are kept as `results/screens/TEST-NAME.png`."""
    page = context.new_page()
    lab = Lab(page, server, folder, request.node.name)
    try:
        yield lab
    finally:
        lab.screenshot("at-its-end")
        lab.close()
