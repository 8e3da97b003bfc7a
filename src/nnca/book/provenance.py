"""Where a page comes from: what ran, when, on what; kept in the executed notebook and told at the foot of its page.

And how a notebook that stands alone comes to its project: by the cell that it begins with.
"""

import hashlib
import re
import subprocess
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from nbformat.v4 import new_code_cell

PACKAGES = ("nnca", "torch", "numpy", "scikit-learn", "xarray", "papermill")
WEB = re.compile(r"(?:https://|git@)(github\.com)[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?$")

FETCH = """\
# @title Where the project is missing, as in Colab: fetch it with its data and install what it needs
import importlib.util, os, subprocess, sys

repository = "{address}"  # @param {{type: "string"}}
if importlib.util.find_spec("nnca") is None:
    if not os.path.isdir("nnca_project"):
        if not repository:
            raise RuntimeError("Write the address of the book's repository into this cell and run it again.")
        subprocess.run(["git", "clone", "--depth", "1", repository, "nnca_project"], check=True)
    needed = ["--editable", "nnca_project", "anywidget", "ase", "dscribe", "scikit-image"]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *needed], check=True)
    sys.path.insert(0, os.path.abspath("nnca_project/src"))  # this kernel began before the project was there"""
ADDRESS = re.compile(r'^repository = "(.*?)"', re.M)


def is_fetch(cell):
    """Whether a cell is the one that fetches the project; no author writes it."""
    return "fetch" in cell.metadata.get("tags", [])


def fetch(repository):
    """The cell that a notebook begins with; it does nothing where `nnca` can be imported.  address or "" -> cell"""
    cell = new_code_cell(FETCH.format(address=repository), id="fetch")
    cell.metadata["tags"] = ["fetch", "remove-cell", "remove-input"]  # on no page
    return cell


def address_in(cells):
    """The repository that a notebook fetches its project from.  -> str"""
    found = [ADDRESS.search(cell.source) for cell in cells if is_fetch(cell)]
    return found[0][1] if found and found[0] else ""


def record(files):
    """Versions, commit and contents that a run used, to be kept in its notebook.  files and folders of data -> dict"""
    return {
        "versions": {name: version(name) for name in PACKAGES},
        "commit": _git("describe", "--always", "--dirty"),
        "data": {Path(file).name: _digest(Path(file)) for file in files if Path(file).exists()},
    }


def _digest(path):
    """SHA-256 of a file, or of all files in a folder in the order of their names."""
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return hashlib.sha256(b"".join(one.read_bytes() for one in files)).hexdigest()


def foot(metadata, source, repository=""):
    """The foot of a page.  metadata of an executed notebook, its file in the repository -> Markdown, or nothing"""
    ran, kept = metadata.get("papermill", {}), metadata.get("provenance")
    if not (kept and ran.get("start_time")):
        return ""
    begun = datetime.fromisoformat(ran["start_time"])
    given = ", ".join(f"`{name}={value!r}`" for name, value in ran["parameters"].items()) or "none"
    rows = {
        "executed": f"{begun:%Y-%m-%d %H:%M} UTC, {ran['duration'] / 60:.1f} minutes",
        "parameters given": given,
        "versions": ", ".join(f"{name} {number}" for name, number in kept["versions"].items()),
        "commit": kept["commit"],
    } | {f"SHA-256 of {name}": f"`{digest}`" for name, digest in kept["data"].items()}
    lines = [f"| {name} | {value} |" for name, value in rows.items() if value]
    links = f"\n\n{_links(repository, source)}" if repository else ""
    return "\n".join(["| how this page was made | |", "| --- | --- |", *lines]) + links


def repository_of(text=""):
    """The project's address on the web: the one given, else that of git's remote, if it is one of GitHub.  -> str"""
    found = WEB.search(text or _git("remote", "get-url", "origin"))
    return f"https://{found[1]}/{found[2]}" if found else ""


def _links(repository, source):
    """Ways to run the chapter elsewhere."""
    name = repository.removeprefix("https://github.com/")
    return (
        f"[Source]({repository}/blob/main/{source}) · "
        f"[Run in Colab](https://colab.research.google.com/github/{name}/blob/main/{source}) · "
        f"[Run on Binder](https://mybinder.org/v2/gh/{name}/main?labpath={source})"
    )


def _git(*command):
    """What git answers, or nothing: a copy without git is a project, too."""
    try:
        done = subprocess.run(["git", *command], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
