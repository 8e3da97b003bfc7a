"""The built pages, as a browser without a network would find them."""

import os
import re
import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urldefrag, urlparse

import jupytext
import nbformat
import pytest
from accessible import DESK, PHONE, troubles
from bs4 import BeautifulSoup
from planted import BEFORE, plant

from nnca.book.say import UNSAYABLE

ROOT = Path(__file__).resolve().parents[1]
SMALLEST = "snapshots=100 sites=200 seeds=2 epochs=2 candidates=4"  # what parameters may be at least
WINDOWS = "windows=[[537,544],[512,533],[526,541]] geo2_windows=[[-24,-14],[-12,2]]"  # and as a reader may choose


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The smallest book, built in a copy of the project, wrong answers planted; (folder, what the build printed)."""
    copy = tmp_path_factory.mktemp("book")
    for name in ("notebooks", "book", "src", "data"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("chapters", "chunks", "__pycache__"))
    for name in ("dodo.py", "_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, copy)
    for path in (copy / "notebooks").glob("*.py"):
        path.with_suffix(".ipynb").unlink(missing_ok=True)  # the build makes it anew
        jupytext.write(plant(jupytext.read(path), path.stem), path, fmt="py:percent")
    return copy, build(copy)


def build(copy):
    asked = f"parameters={SMALLEST} {WINDOWS}"
    command = [sys.executable, "-m", "doit", "run", "preset=quick", asked, "book"]
    bare = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}  # nothing of an activated environment
    bare["OMP_NUM_THREADS"] = "1"  # as make does
    done = subprocess.run(command, cwd=copy, env=bare, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def pages(built):
    html = built[0] / "_build" / "html"
    return {path: BeautifulSoup(path.read_text(), "html.parser") for path in html.rglob("*.html")}


def test_the_book_has_an_index_and_every_page_of_the_contents(built, pages):
    names = {path.relative_to(built[0] / "_build" / "html").as_posix() for path in pages}
    assert {"index.html", "book/intro.html", "book/chapters/01_water.html", "book/glossary.html"} <= names


def test_a_second_build_does_nothing(built):
    assert not [line for line in build(built[0]).splitlines() if line.startswith(".")]


def test_pages_name_no_place_on_this_machine(built, pages):
    for path, page in pages.items():
        assert not any(str(place) in page.get_text() for place in (ROOT, built[0])), path.name


def test_pages_load_nothing_from_elsewhere(pages):
    loads = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
    for path, page in pages.items():
        for tag, attribute in loads.items():
            for element in page.find_all(tag, attrs={attribute: True}):
                if tag == "link" and not {"stylesheet", "preload", "icon"} & set(element.get("rel", [])):
                    continue
                assert not urlparse(element[attribute]).netloc, f"{path.name}: {element}"


def test_links_inside_the_book_lead_somewhere(pages):
    anchors = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in pages.items()}
    checked = 0
    for path, page in pages.items():
        for link in page.find_all("a", href=True):
            target, fragment = urldefrag(link["href"])
            if urlparse(target).scheme or "genindex" in path.name:
                continue
            file = (path.parent / unquote(target)).resolve() if target else path
            assert file.exists(), f"{path.name}: {link['href']}"
            if fragment and file in anchors:
                assert fragment in anchors[file] | {"top"}, f"{path.name}: {link['href']}"
            checked += 1
    assert checked > 100


def test_every_figure_says_what_it_shows(pages):
    chapters = {path.stem: page for path, page in pages.items() if path.parent.name == "chapters"}
    assert set(chapters) == {path.stem for path in (ROOT / "notebooks").glob("*.py")}
    for name, chapter in chapters.items():
        figures = chapter.find("article").find_all("figure")
        assert figures, name
        for figure in figures:
            assert len(figure.find("img")["alt"]) > 40, name
            assert len(figure.find("figcaption").text) > 40, name


@pytest.mark.parametrize("view", [DESK, PHONE], ids=["light, desk", "dark, phone"])
def test_pages_serve_those_who_see_little_and_those_on_a_phone(chromium, pages, view):
    of_the_book = [path for path, page in pages.items() if page.find(class_="bd-content")]
    assert len(of_the_book) > 20
    assert not [one for path in of_the_book for one in troubles(chromium, path.as_uri(), *view)]


def test_a_search_shows_sentences_and_not_lines_of_code(chromium, built):
    handler = partial(SimpleHTTPRequestHandler, directory=built[0] / "_build" / "html")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/search.html?q=coordination")
        page.wait_for_function("document.querySelectorAll('#search-results .context').length >= 5")
        told = page.locator("#search-results .context").all_text_contents()
        page.close()
        server.shutdown()
    assert not [one for one in told if re.search(r"\bimport\b", one)]


def test_a_downloaded_notebook_shows_still_pictures_and_says_how_they_move(built):
    stills = 0
    for path in (built[0] / "_build" / "html" / "_sources").rglob("*.ipynb"):
        notebook = nbformat.read(path, 4)
        shown = [one.data for cell in notebook.cells for one in cell.get("outputs", []) if "data" in one]
        assert "widgets" not in notebook.metadata, "a state that no kernel answers to"
        for data in (one for one in shown if "nnca-figure" in one.get("text/html", "")):
            still = BeautifulSoup(data["text/html"], "html.parser")
            assert "application/vnd.jupyter.widget-view+json" not in data, path.name
            assert len(still.img["alt"]) > 60 and still.img["src"].startswith("data:image/png"), path.name
            assert "once all cells have been run" in still.p.text, path.name
            stills += 1
    assert stills >= 7


RAW = re.compile(r"\{[a-z:]+\}`|^\s*(:::|```\{)|\\tag\{|\]\(#(fig|tab|eq|term|claim)-|glue:|No key", re.M)


def test_pages_hold_no_raw_marks_and_no_number_that_is_none(pages):
    for path, page in pages.items():
        article = page.find("article")
        if article is None:
            continue
        for code in article.find_all(["pre", "code", "script", "style"]) + article.find_all(class_="math"):
            code.decompose()
        text = article.get_text()
        assert not RAW.findall(text), path.name
        assert not UNSAYABLE.findall(text), path.name


def test_checks_were_tried_with_wrong_answers_off_the_page(built, pages):
    executed = [nbformat.read(path, 4) for path in (built[0] / "book" / "chapters").glob("*.ipynb")]
    assert all(any(cell.source == BEFORE for cell in one.cells) for one in executed)
    assert not any(BEFORE.split("  #")[0] in page.get_text() for page in pages.values())


def test_executed_notebooks_read_well_by_themselves(built):
    shown = 0
    for path in (built[0] / "book" / "chapters").glob("*.ipynb"):
        for cell in nbformat.read(path, 4).cells:
            texts = [cell.source] if cell.cell_type == "markdown" else []
            texts += ["".join(one.get("data", {}).get("text/markdown", "")) for one in cell.get("outputs", [])]
            for text in texts:
                assert not re.search(r"\{[a-z:]+\}`|^:::|^```\{", text, re.M), f"{path.name}: {text}"
                assert not UNSAYABLE.search(re.sub(r"`[^`]*`", "", text)), f"{path.name}: {text}"
                shown += bool(text)
    assert shown > 200
