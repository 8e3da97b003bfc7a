"""The figures of the book, a file for each chapter: every function takes results and returns a matplotlib figure."""

from pathlib import Path

import matplotlib.pyplot as plt

# One colour and marker for each method through the whole book, colour-blind-safe (Okabe and Ito).
METHODS = {"emulator": "0.45", "EDNN": "#0072B2", "NNCA": "#009E73", "ECA": "#D55E00"}
SPECIES = {"Ge": "#332288", "O": "#CC6677"}  # apart from the methods' colours (Tol, muted)
TARGETS = {"xps": "XPS", "xes": "XES", "xas": "XAS", "moments": "GeO₂ moments"}  # how figures and tables name them
MARKERS = {"EDNN": "o", "NNCA": "s", "ECA": "^", "ECA, training set": "D"}


def use_style():
    """Give this session the book's look: the style file beside this module, and figures as SVG in notebooks."""
    plt.style.use(Path(__file__).with_name("book.mplstyle"))
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    set_matplotlib_formats("svg", metadata={"Date": None})  # no date: the same figure is the same file
