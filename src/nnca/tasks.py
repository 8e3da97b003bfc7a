"""What the networks are given: standardised inputs and targets of each system, split into training and test data."""

from dataclasses import dataclass

import numpy as np

from nnca.data import Standardiser, split
from nnca.features import coulomb_features, h2o_features
from nnca.spectra import geo2_moments, h2o_spectra

WATER = ("xps", "xes", "xas")
TARGETS = (*WATER, "moments")


@dataclass(frozen=True)
class Task:
    """Standardised inputs X (n, inputs) and targets Y (n, outputs), the rows of each part, and the way back to units.

    `train` and `test` are pairs (X, Y), so that `model.fit(*task.train)` and `model.score(*task.test)` read as they
    should.
    """

    X: np.ndarray
    Y: np.ndarray
    train_rows: np.ndarray
    test_rows: np.ndarray
    inputs: Standardiser
    targets: Standardiser

    @property
    def train(self):
        return self.X[self.train_rows], self.Y[self.train_rows]

    @property
    def test(self):
        return self.X[self.test_rows], self.Y[self.test_rows]


def water_task(ds, kind, seed=0, **spectra):
    """From geometry to one spectrum of water.  ds, "xps" | "xes" | "xas" -> Task, (n, 3) to (n, channels)

    Section II: features are scaled one by one, spectra by one scale over all channels.  `spectra` are options of
    `h2o_spectra`.
    """
    rows = split(ds.sizes["snapshot"], seed)
    return _task(h2o_features(ds), h2o_spectra(ds, kind, **spectra).values, rows, one_scale=True)


def glass_task(ds, seed=0, by="site", **moments):
    """From the local structure of Ge in GeO2 to eight spectral moments.  ds -> Task, (n, 153) to (n, 8)

    `by` is "site" (the paper's split) or "box" (strict: no site of a test box was trained on).  `moments` are options
    of `geo2_moments`.
    """
    if by not in ("site", "box"):
        raise ValueError(f"by must be site or box; got {by!r}")
    rows = split(ds.sizes["site"], seed, ds.frame.values if by == "box" else None)
    return _task(coulomb_features(ds), geo2_moments(ds, **moments).values, rows, one_scale=False)


def _task(x, S, rows, one_scale):
    """Standardise with what the training rows alone know."""
    train, test = rows
    inputs, targets = Standardiser.fit(x[train]), Standardiser.fit(S[train], one_scale)
    return Task(inputs.transform(x), targets.transform(S), train, test, inputs, targets)
