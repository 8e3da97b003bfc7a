"""What all figures that move share: a widget for Jupyter, the same as HTML for a page, and a still picture in it."""

import json
from base64 import b64encode
from html import escape
from io import BytesIO
from pathlib import Path

import anywidget
import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from traitlets import Dict, TraitError, Unicode, default

HERE = Path(__file__).parent
STYLE = HERE.parent / "figures" / "book.mplstyle"
DOTS_PER_INCH = 120
HOW = "A still picture. It moves on the book's page, and in Jupyter once all cells have been run."
COLOURS = 64  # of a still picture: line drawings need no more, and it is a third of the bytes


class Explorer(anywidget.AnyWidget):
    """A figure that a reader moves: traits are its state, `figure` is all that the page draws it from.

    In Jupyter it is a widget: traits can be read, set and observed.  Its `text/html` works in a page without a kernel,
    by `explorer.js` of the book, and is a still picture where no script runs.

    A subclass has `script`, the name of its ES module beside this file; `kept`, the traits that are its state; `alt`,
    what is plotted; and `still()`, the picture of its present state.
    """

    _esm = Unicode().tag(sync=True)
    _css = Unicode().tag(sync=True)
    figure = Dict().tag(sync=True)
    script, kept, alt = "", (), ""

    def __init__(self, figure, start):
        super().__init__(figure={**figure, "start": start}, **start)

    @default("_esm")
    def _module(self):
        return (HERE / "core.js").read_text() + (HERE / f"{self.script}.js").read_text()

    @default("_css")
    def _style(self):
        return (HERE / "explorer.css").read_text()

    def reset(self):
        """Back to the state that the figure began with."""
        with self.hold_trait_notifications():
            for key, value in self.figure["start"].items():
                setattr(self, key, value)

    def html(self, name=None, alt=None):
        """The figure for a page: a still picture, and a JSON block of module, style, state and data.  -> str

        `name` is what the fragment of the page's address calls it, so that a link can lead to a state.
        """
        block = {"esm": self._esm, "css": self._css, "figure": self.figure}
        block["state"] = {key: getattr(self, key) for key in self.kept}
        text = json.dumps(block, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
        picture = b64encode(self.png()).decode()
        return (
            f'<div class="nnca-figure" data-module="{self.script}" data-name="{escape(name or self.script)}">'
            f'<img class="nnca-still" style="max-width:100%" alt="{escape(alt or self.alt)}" '
            f'src="data:image/png;base64,{picture}"><p class="nnca-still">{HOW}</p>'
            f'<script type="application/json">{text}</script></div>'
        )

    def png(self):
        """The still picture of the present state.  -> bytes"""
        drawn, file = BytesIO(), BytesIO()
        with matplotlib.rc_context(fname=STYLE):
            self.still().savefig(drawn, format="png", dpi=DOTS_PER_INCH)
        Image.open(drawn).convert("RGB").quantize(COLOURS).save(file, "png", optimize=True)
        return file.getvalue()

    def still(self):
        """The present state as a matplotlib figure."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"text/html": self.html(), "text/plain": self.alt}, metadata


def drawing(width=7.2, height=3.2, **grid):
    """A matplotlib figure and its axes, apart from pyplot's: nothing shows it twice, and nobody has to close it."""
    fig = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    return fig, fig.subplots(**grid)


def within(name, value, low, high, unit=""):
    """The number, if it lies between two others; TraitError, naming it, if it does not."""
    if not low <= value <= high:  # nor is nan
        raise TraitError(f"{name} must be from {low:g} to {high:g}{unit}; got {value!r}")
    return value


def one_of(name, value, names):
    """The text, if it is one of some names; TraitError, naming it, if it is not."""
    if value not in names:
        raise TraitError(f"{name} must be one of {', '.join(names)}; got {value!r}")
    return value


def some(rows, X, seed=0):
    """Some rows of an array, drawn without replacement; all where there are no more."""
    return X[np.random.default_rng(seed).permutation(len(X))[:rows]]
