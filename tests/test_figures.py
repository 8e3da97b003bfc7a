"""Figures: axes have names and units, and nothing is cut."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nnca.data import load_h2o
from nnca.figures import data, ednn, interpretation, nnca, use_style
from nnca.spectra import h2o_spectra
from nnca.uncertainty import Comparison

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _style():
    with plt.rc_context():
        use_style()
        yield
        plt.close("all")


def water():
    ds = load_h2o(snapshots=100)
    return {kind: h2o_spectra(ds, kind) for kind in ("xps", "xes", "xas")}


def compared():
    keys = (("EDNN", None), ("ECA", "test"))
    return Comparison({key: np.array([0.8, 0.9]) for key in keys}, {key: RNG.normal(0.8, 0.1, 50) for key in keys})


KINDS = ("xps", "xes")


def spectra_of_two_kinds():
    return {kind: np.linspace(1, 2, 9) for kind in KINDS}, *(
        {kind: RNG.random((20, 9)) for kind in KINDS} for _ in "ab"
    )


def vectors():
    return {kind: {name: RNG.normal(size=(2, 3)) for name in ("NNCA", "ECA")} for kind in KINDS}


FIGURES = {
    "told": lambda: interpretation.told_and_added(
        np.array([f"n{i}" for i in range(17)]), {n: RNG.random((5, 17)) for n in ("recovered", "told", "pressure")}
    ),
    "mean spectra": lambda: data.mean_spectra(water()),
    "features": lambda: data.feature_distributions(RNG.normal(size=(200, 3))),
    "memory": lambda: data.autocorrelations({"angle": np.array([1, 0.4, 0.1])}, 40.0),
    "emulated": lambda: ednn.emulated(*spectra_of_two_kinds()),
    "scores": lambda: ednn.scores({("xes", 1): compared()}, {("xes", 1): {"EDNN": 0.86, "ECA": 0.74}}),
    "lengths": lambda: ednn.score_of_length({"32–32": ([1, 2, 4], [0.1, 0.5, 0.6])}),
    "water vectors": lambda: nnca.water_vectors(vectors()),
}


@pytest.mark.parametrize("make", FIGURES.values(), ids=FIGURES)
def test_axes_say_what_they_are_and_nothing_is_cut(make):
    fig = make()
    fig.canvas.draw()
    width, height = fig.canvas.get_width_height()
    assert any(ax.get_ylabel() or ax.get_yticklabels() for ax in fig.axes)
    for ax in fig.axes:
        if ax.axison and ax.get_xticklabels():
            named = ax.get_xlabel() or any(label.get_text() for label in ax.get_xticklabels())
            assert named, f"{ax.get_title()} has no name on its axis"
        for text in (ax.title, ax.xaxis.label, ax.yaxis.label):
            box = text.get_window_extent()
            inside = box.x0 >= -2 and box.x1 <= width + 2 and box.y0 >= -2 and box.y1 <= height + 2
            assert not text.get_text() or inside, f"{text.get_text()} is cut"
