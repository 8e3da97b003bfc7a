"""The whole book on paper: every page printed by Chromium, joined in the order of the contents, with an outline."""

import shutil
from io import BytesIO
from pathlib import Path

import yaml

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
MARGINS = {"top": "16mm", "bottom": "18mm", "left": "14mm", "right": "14mm"}
FOOT = '<div style="font-size:8px;width:100%;text-align:center;color:#666"><span class="title"></span></div>'
READY = "async () => { document.documentElement.dataset.theme = 'light'; await window.MathJax?.startup?.promise; }"


class PdfError(RuntimeError):
    """A book that cannot be printed here."""


def write(html, contents, out):
    """Print a built book into one file.  folder of the pages, _toc.yml, path -> number of sheets

    Raises PdfError where there is no browser, or a page of the contents was not built.
    """
    from playwright.sync_api import sync_playwright
    from pypdf import PdfReader, PdfWriter

    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise PdfError(f"printing needs one of {', '.join(BROWSERS)}; on Debian: apt install chromium")
    pages = [Path(html) / f"{name}.html" for name in names(contents)]
    if missing := [page for page in pages if not page.is_file()]:
        raise PdfError(f"{missing[0]}: no such page; build the book first")
    book = PdfWriter()
    with sync_playwright() as play, play.chromium.launch(executable_path=browser, args=FLAGS) as chromium:
        sheet = chromium.new_page()
        for page in pages:
            sheet.goto(page.resolve().as_uri())
            sheet.evaluate(READY)
            printed = sheet.pdf(
                format="A4",
                margin=MARGINS,
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOT,
            )
            book.append(PdfReader(BytesIO(printed)), outline_item=sheet.title().partition(" — ")[0])
    book.compress_identical_objects()
    book.write(out)
    return len(book.pages)


def names(contents):
    """Pages of the contents in their order, without endings.  path of _toc.yml -> list of str"""
    tree = yaml.safe_load(Path(contents).read_text())
    files = [tree["root"], *(one["file"] for part in tree["parts"] for one in part["chapters"])]
    return [str(Path(file).with_suffix("")) for file in files]
