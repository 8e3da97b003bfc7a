"""The figures of the book, a file for each chapter: every function takes results and returns a matplotlib figure."""

from pathlib import Path

import matplotlib.pyplot as plt

# One colour and marker for each method through the whole book, colour-blind-safe (Okabe and Ito).
METHODS = {"emulator": "0.45", "EDNN": "#0072B2", "NNCA": "#009E73", "ECA": "#D55E00"}
SPECIES = {"Ge": "#332288", "O": "#CC6677"}  # apart from the methods' colours (Tol, muted)
TARGETS = {"xps": "XPS", "xes": "XES", "xas": "XAS", "moments": "GeO₂ moments"}  # how figures and tables name them
MARKERS = {("EDNN", None): "o", ("NNCA", None): "s", ("ECA", "test"): "^", ("ECA", "train"): "D"}


def method_label(method, vectors_from=None):
    """How figures and tables name a method; ECA says on which data its vectors were found.  -> str"""
    return method + {None: "", "test": " (test set)", "train": " (training set)"}[vectors_from]


def use_style():
    """Give this session the book's look, from the style file beside this module."""
    plt.style.use(Path(__file__).with_name("book.mplstyle"))
