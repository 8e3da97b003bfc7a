"""That the checks of the book's pages see what they are there for: one fault planted at a time."""

from pathlib import Path

import pytest
from accessible import DESK, PHONE, opened, unseen, violations

STYLE = (Path(__file__).resolve().parents[1] / "book" / "_static" / "book.css").read_text()
THEME = """:root { --pst-color-background: #fff; --pst-color-border: #c9c9c9; --pst-color-text-base: #323232; }
[data-theme=dark] { --pst-color-background: #121212; --pst-color-border: #48566b; --pst-color-text-base: #ced6dd; }
body { margin: 0; background: var(--pst-color-background); color: var(--pst-color-text-base); }
.pst-scrollable-table-container { overflow-x: auto; }
tbody tr:nth-child(odd) { background: var(--pst-color-table-row-zebra-low-bg); }"""  # as the book's theme has it
SCROLLS = '<div class="pst-scrollable-table-container" tabindex="0">{}</div>'
WIDE = "<table{}><tbody>" + f"<tr><td>{'wide' * 40}</td><td>1</td></tr>" * 6 + "</tbody></table>"
VERDICT = "<table><thead><tr>{}</tr></thead><tbody><tr><td>one</td><td>holds</td></tr></tbody></table>"


@pytest.fixture
def visit(chromium, tmp_path):
    """visit(HTML, view) -> a page of nothing else, dressed as the book is"""
    pages = []

    def shown(html, view=DESK):
        file = tmp_path / "page.html"
        head = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><style>{THEME}{STYLE}</style>'
        )
        file.write_text(f'{head}<main class="bd-content"><h1>A page</h1>{html}</main>')
        pages.append(opened(chromium, file.as_uri(), *view))
        return pages[-1]

    yield shown
    for page in pages:
        page.close()


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<img src="data:," alt="A line.">', None),
        ('<img src="data:,">', "image-alt (critical)"),
        ('<p style="color: #bbb">Pale words.</p>', "color-contrast (serious)"),
        (
            SCROLLS.format('<table><tr><td style="color: #bbb">Pale words.</td></tr></table>'),
            "color-contrast (serious)",
        ),
        ('<input type="range">', "label (critical)"),
        ('<div role="list" class="citation-list"><div role="doc-biblioentry">Docutils\'.</div></div>', None),
        ('<div role="list"><div role="article">Ours.</div></div>', "aria-required-children (critical)"),
    ],
)
def test_axe_finds_what_is_grave_and_ours(visit, html, found):
    there = violations(visit(html))
    assert [one.partition(":")[0] for one in there] == ([found] if found else [])


@pytest.mark.parametrize(
    ("html", "found"),
    [
        (SCROLLS.format(WIDE.format("")), None),
        (WIDE.format(""), "runs out of the page"),
        (f'<div style="overflow-x: auto">{WIDE.format("")}</div>', "scrolls and does not say so"),
        (SCROLLS.format(WIDE.format(' style="background: #121212"')), "scrolls and does not say so"),
        ('<p style="width: 500px">A line.</p>', "the page scrolls sideways"),
        ('<table style="background: #eee"><tr><td>Pale in the dark.</td></tr></table>', "paler than the page"),
        (VERDICT.format("<th>Claim</th><th>Verdict</th>"), None),
        (
            SCROLLS.format(VERDICT.format('<th style="min-width: 380px">Claim</th><th>Verdict</th>')),
            "a verdict out of sight",
        ),
    ],
)
def test_a_phone_finds_what_is_cut_or_pale(visit, html, found):
    there = "; ".join(unseen(visit(html, PHONE)))
    assert found in there if found else not there
