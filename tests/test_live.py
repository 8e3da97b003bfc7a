"""A figure that moves, live in JupyterLab: Python sees what a reader drags, and the reader what Python sets."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from urllib.request import urlopen

import nbformat
import pytest
from playwright.sync_api import TimeoutError

TOKEN = "made-up"
NEWS = "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
CELLS = (
    "from nnca.data import load_h2o\nfrom nnca.explorer import Width\nwidth = Width(load_h2o('water.nc'))\nwidth",
    "width.fwhm",
    "width.fwhm = 2.5",
)
PATIENCE = 120_000  # ms, others may be busy on this machine
TRIES = 8


@pytest.fixture
def lab(water_file, tmp_path):
    """The address of a notebook in a JupyterLab of its own, which asks nobody for news."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, tmp_path / "live.ipynb")
    (tmp_path / NEWS).parent.mkdir(parents=True)
    (tmp_path / NEWS).write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "run", "JUPYTERLAB_SETTINGS_DIR": "settings"}
    places |= {"JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython", "JUPYTER_DATA_DIR": "share"}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path}"]
    env = os.environ | {name: str(tmp_path / folder) for name, folder in places.items()}
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log)
    yield f"http://127.0.0.1:{port}", f"/lab/tree/live.ipynb?token={TOKEN}", tmp_path / "log"
    server.terminate()
    server.wait(30)


def answering(address, log):
    """Wait for a server that begins."""
    for _ in range(PATIENCE // 500):
        try:
            return urlopen(f"{address}/api").read()
        except OSError:
            time.sleep(0.5)
    pytest.fail(log.read_text())


def test_a_slider_sets_a_trait_and_a_trait_moves_the_slider(chromium, lab):
    address, notebook, log = lab
    answering(address, log)
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address + notebook)

    def run(number):
        cell = page.locator(".jp-CodeCell").nth(number)
        began = cell.locator(".jp-InputPrompt", has_text=re.compile(r"[\d*]"))
        for _ in range(TRIES):  # a notebook that is still being laid out may lose a key
            cell.locator(".cm-content").click()
            page.keyboard.press("Shift+Enter")
            with suppress(TimeoutError):
                return began.wait_for(timeout=PATIENCE / TRIES)
        pytest.fail(f"cell {number} does not run; its prompt is {cell.locator('.jp-InputPrompt').all_text_contents()}")

    slider = page.get_by_label("width (FWHM)")
    for _ in range(3):  # on a busy machine JupyterLab once never showed a widget; a reader would load the page again
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
        run(0)
        with suppress(TimeoutError):
            slider.wait_for(timeout=PATIENCE / 3)
            break
        page.reload()
    slider.scroll_into_view_if_needed()
    box, sentence = slider.bounding_box(), page.text_content(".sentence")
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2, steps=8)
    page.mouse.up()
    dragged = float(slider.input_value())
    assert 3 < dragged < 4 and page.text_content(".sentence") != sentence
    run(1)
    answer = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output pre")
    answer.wait_for()
    assert float(answer.text_content()) == dragged
    run(2)
    page.wait_for_function("document.querySelector('.nnca-explorer input[type=range]').value === '2.5'")
    assert "2.50 eV" in page.text_content(".sentence")
    page.close()
