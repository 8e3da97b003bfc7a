"""What a page must be for those who see little, use keys alone, read in the dark or on a phone."""

from io import BytesIO

import numpy as np
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

DESK, PHONE = ("light", 1280), ("dark", 390)  # theme, width in px
GRAVE = ("critical", "serious")
THEIRS = {  # grave ones that are not ours: {rule: (in which element, why)}
    "aria-required-children": (
        "citation-list",
        "docutils gives a bibliography the role list, its entries another role",
    ),
}
READY = """async (theme) => {
  document.documentElement.dataset.theme = theme;
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  for (const solution of document.querySelectorAll(".toggle-hidden")) solution.classList.remove("toggle-hidden");
  dispatchEvent(new Event("resize")); // then the theme looks anew for what must be a tab stop
  await window.MathJax?.startup?.promise;
}"""
LIVE = "!document.querySelector('.nnca-figure:not(.live)')"
TAB_STOPS = 500  # ms; the theme makes scrolling things tab stops a third of a second after they changed
LEAST = 16  # px; what hides less than this need not say that it scrolls
PALER = 50  # grey values of 255
SHADED = ":is(.pst-scrollable-table-container, .output:has(table.dataframe), mjx-container)"
NO_HINTS = f".bd-content {SHADED} {{ background: none !important; }}"
WIDE = """(least) => [...document.querySelectorAll(".bd-content :is(table, mjx-container, figure > img, .claim)")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true })).map((one) => {
    const scrolls = (it) =>
      /auto|scroll/.test(getComputedStyle(it).overflowX) && it.scrollWidth > it.clientWidth + least;
    let around = one;
    while (around && !scrolls(around)) around = around.parentElement?.closest(".bd-content *");
    const told = around?.querySelector("figcaption");
    const { left, right, top, bottom } = (around ?? one).getBoundingClientRect();
    return { what: (one.id || one.textContent || one.alt).trim().slice(0, 40), table: one.tagName === "TABLE",
      scrolls: Boolean(around), told: told ? getComputedStyle(told, "::before").content.includes("scrolls") : false,
      box: [left, top + scrollY, right, bottom + scrollY] };
  })"""
VERDICTS = """() => [...document.querySelectorAll(".bd-content table")].flatMap((table) => {
  const column = [...table.querySelectorAll("thead th")].findIndex((head) => head.textContent.trim() === "Verdict");
  const cells = column < 0 ? [] : [...table.tBodies[0].rows].map((row) => row.cells[column]);
  return cells.map((cell) => cell.getBoundingClientRect().right);
})"""


def opened(browser, address, theme, width):
    """A page of the book, its equations set and its figures alive."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    page.goto(address)
    page.evaluate(READY, theme)
    page.wait_for_function(LIVE)
    page.wait_for_timeout(TAB_STOPS)
    return page


def violations(page):
    """Grave ones that axe finds, without those that are not ours.  -> list of str"""
    page.add_style_tag(content=NO_HINTS)  # axe judges no text on a gradient
    found = [one for one in Axe().run(page).response["violations"] if one["impact"] in GRAVE]
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:200]}"
        for one in found
        for node in one["nodes"]
        if one["id"] not in THEIRS or THEIRS[one["id"]][0] not in node["html"]
    ]


def picture(page):
    """The whole page as grey values from 0 to 255.  -> (height, width)"""
    return np.asarray(Image.open(BytesIO(page.screenshot(full_page=True))).convert("L"), dtype=float)


def unseen(page):
    """Tables, equations, figures and claims that run out of a page, scroll and do not say so, or are pale in the dark.

    -> list of str
    """
    width, wide, drawn = page.viewport_size["width"], page.evaluate(WIDE, LEAST), picture(page)
    page.add_style_tag(content=NO_HINTS)
    plain, found = picture(page), []
    for one in wide:
        left, top, right, bottom = (int(edge) for edge in one["box"])
        if right > width + 1:
            found.append(f"runs out of the page: {one['what']}")
        elif one["scrolls"] and not one["told"] and not shaded(np.s_[top:bottom, right - 6 : right], drawn, plain):
            found.append(f"scrolls and does not say so: {one['what']}")
        if one["table"] and np.median(drawn[top:bottom, left:right]) > np.median(drawn) + PALER:
            found.append(f"paler than the page: {one['what']}")
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append("the page scrolls sideways")
    return found + [f"a verdict out of sight, at {right:.0f} px" for right in page.evaluate(VERDICTS) if right > width]


def shaded(edge, drawn, plain):
    """Whether the edge of what scrolls looks different with its shadow, along much of its height: a head hides it."""
    return (np.abs(drawn[edge] - plain[edge]).max(axis=1) > 4).mean() > 0.4


def troubles(browser, address, theme, width):
    """All that is wrong with a page on this ground and at this width.  -> list of str"""
    page = opened(browser, address, theme, width)
    found = (unseen(page) if (theme, width) == PHONE else []) + violations(page)
    page.close()
    return [f"{address.rpartition('/')[2]}, {theme}, {width} px: {one}" for one in found]
