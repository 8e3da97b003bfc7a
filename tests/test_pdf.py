"""The book on paper: pages in the order of the contents, joined with an outline; clear words where it cannot be."""

import os
import shutil

import pytest

from nnca.book import pdf

CONTENTS = """
format: jb-book
root: book/intro
parts:
  - caption: One
    chapters:
      - file: book/second.ipynb
  - caption: Two
    chapters:
      - file: book/third
"""


@pytest.fixture
def built(tmp_path):
    (tmp_path / "_toc.yml").write_text(CONTENTS)
    (tmp_path / "book").mkdir()
    for name in ("intro", "second", "third"):
        text = f"<title>{name.title()} — The book</title><p>{name}</p>"
        (tmp_path / "book" / f"{name}.html").write_text(f'<meta charset="utf-8">{text}')
    return tmp_path


def test_pages_come_in_the_order_of_the_contents(built):
    if not any(shutil.which(name) for name in pdf.BROWSERS):
        assert os.environ.get("NNCA_BROWSER") != "required", "no browser"
        pytest.skip("no Chromium: the book is not printed here")
    from pypdf import PdfReader

    assert pdf.write(built, built / "_toc.yml", built / "book.pdf") == 3
    printed = PdfReader(built / "book.pdf")
    assert [one.title for one in printed.outline] == ["Intro", "Second", "Third"]
    assert [page.extract_text().split()[0] for page in printed.pages] == ["intro", "second", "third"]


def test_a_missing_browser_and_a_missing_page_are_named(built, monkeypatch):
    (built / "book" / "third.html").unlink()
    monkeypatch.setattr(pdf.shutil, "which", lambda name: "/usr/bin/true")
    with pytest.raises(pdf.PdfError, match=r"third\.html: no such page; build the book first"):
        pdf.write(built, built / "_toc.yml", built / "book.pdf")
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(pdf.PdfError, match="printing needs one of chromium"):
        pdf.write(built, built / "_toc.yml", built / "book.pdf")
