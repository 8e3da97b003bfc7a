"""Where a page comes from: what is kept of a run, and what its page tells."""

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from nnca.book.provenance import address_in, fetch, foot, record, repository_of

RUN = {"start_time": "2024-06-20T08:15:00+00:00", "duration": 90.0, "parameters": {"preset": "quick", "seed": 3}}


def test_a_page_tells_date_minutes_parameters_versions_and_data(tmp_path):
    (tmp_path / "mine.nc").write_bytes(b"data")
    kept = record([tmp_path / "mine.nc"])
    text = foot({"papermill": RUN, "provenance": kept}, "notebooks/01_water.ipynb")
    assert "2024-06-20 08:15 UTC, 1.5 minutes" in text and "`preset='quick'`, `seed=3`" in text
    assert f"SHA-256 of mine.nc | `{hashlib.sha256(b'data').hexdigest()}`" in text and "torch 2" in text
    assert "http" not in text, "no repository, no links"


def test_a_notebook_that_was_not_run_by_the_build_tells_nothing():
    assert foot({"papermill": RUN}, "notebooks/01_water.ipynb") == ""
    assert foot({"provenance": record([])}, "notebooks/01_water.ipynb") == ""


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://github.com/someone/book", "https://github.com/someone/book"),
        ("git@github.com:someone/book.git", "https://github.com/someone/book"),
        ("/somewhere/on/a/disk", ""),
    ],
)
def test_only_an_address_on_the_web_makes_links(given, address):
    assert repository_of(given) == address
    text = foot({"papermill": RUN, "provenance": record([])}, "notebooks/01_water.ipynb", address)
    assert ("colab.research.google.com/github/someone/book/blob/main/notebooks/01_water.ipynb" in text) == bool(address)


def run_fetch(folder, address, *, found=False):
    """The cell's code in a fresh Python of a folder, without the project unless `found`; what it asks for is listed."""
    watched = """
import importlib.util, subprocess
find, run, asked = importlib.util.find_spec, subprocess.run, []
importlib.util.find_spec = lambda name: (find("json") if FOUND else None) if name == "nnca" else find(name)

def watch(command, **options):
    asked.append(command)
    return run(command, **options) if command[0] == "git" else None  # nothing is installed

subprocess.run = watch
"""
    code = f"FOUND = {found}\n{watched}\n{fetch(address).source}\nprint([command[0] for command in asked], sys.path[0])"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_first_cell_fetches_the_project_only_where_it_is_missing(tmp_path):
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", tmp_path / "work"], check=True)
    (tmp_path / "work" / "src").mkdir()
    (tmp_path / "work" / "src" / "here.py").touch()
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["add", "."], [*author, "commit", "--quiet", "-m", "one"]):
        subprocess.run(["git", *command], cwd=tmp_path / "work", check=True)
    subprocess.run(["git", "clone", "--quiet", "--bare", "work", "bare.git"], cwd=tmp_path, check=True)
    elsewhere, address = tmp_path / "elsewhere", (tmp_path / "bare.git").as_uri()
    elsewhere.mkdir()
    assert run_fetch(elsewhere, address, found=True).stdout.startswith("[] ") and not list(elsewhere.iterdir())
    done = run_fetch(elsewhere, "")
    assert "Write the address of the book's repository into this cell" in done.stderr and not list(elsewhere.iterdir())
    done = run_fetch(elsewhere, address)
    source = elsewhere / "nnca_project" / "src"
    assert done.stdout == f"['git', {sys.executable!r}] {source}\n", done.stderr
    assert (source / "here.py").exists()
    assert run_fetch(elsewhere, address).stdout == f"[{sys.executable!r}] {source}\n", (
        "what is there is not fetched twice"
    )


def test_the_first_cell_installs_nothing_that_the_project_does_not_name():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[<>=]", one)[0] for one in project["optional-dependencies"]["book"]}
    needed = ast.literal_eval(re.search(r"needed = (\[.+\])", fetch("").source)[1])
    assert needed[:2] == ["--editable", "nnca_project"] and set(needed[2:]) <= named


def test_a_cell_tells_the_address_that_it_was_given():
    assert address_in([fetch("https://example.org/book")]) == "https://example.org/book"
    assert address_in([fetch("")]) == "" == address_in([])
