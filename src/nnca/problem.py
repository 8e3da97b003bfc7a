"""A learning problem, Section II: inputs X and targets Y, split into training and test data and standardised."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from nnca.features import coulomb_features, h2o_features
from nnca.spectra import geo2_moments, h2o_spectra

WATER = ("xps", "xes", "xas")
TARGETS = (*WATER, "moments")


def split(n, random_state, groups=None, test_size=0.2):
    """Row numbers of a training and a test set, 80 % and 20 % as in Section II.  -> (n_train,), (n_test,)

    With `groups` (n,), rows of one group stay together: the strict split by simulation box.
    """
    rows = np.arange(n)
    splitter = GroupShuffleSplit if groups is not None else ShuffleSplit
    train, test = next(splitter(n_splits=1, test_size=test_size, random_state=random_state).split(rows, groups=groups))
    return np.sort(train), np.sort(test)


@dataclass(frozen=True)
class Standardiser:
    """The z-score standardisation of Section II, learnt on training data.

    Features and spectral moments: mean and scale of each column.  Water's spectra (`one_scale=True`): mean of each
    channel, one scale for all, so that strong channels stay strong.
    """

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, A, one_scale=False):
        """Learn mean and scale.  (n, m) -> Standardiser"""
        A = np.asarray(A, float)
        mean = A.mean(axis=0)
        scale = np.full(A.shape[1], np.sqrt(((A - mean) ** 2).mean())) if one_scale else A.std(axis=0)
        if (scale == 0).any():
            raise ValueError(f"column {int(np.argmin(scale))} does not vary and cannot be standardised")
        return cls(mean, scale)

    def transform(self, A):
        """Physical values to z-scores.  (n, m) -> (n, m)"""
        return (np.asarray(A, float) - self.mean) / self.scale

    def inverse_transform(self, Z):
        """z-scores to physical values.  (n, m) -> (n, m)"""
        return np.asarray(Z, float) * self.scale + self.mean


@dataclass(frozen=True)
class Problem:
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


def water_problem(ds, kind, seed=0, **spectra):
    """From geometry to one spectrum of water.  ds, "xps" | "xes" | "xas" -> Problem, (n, 3) to (n, channels)

    Section II: features are scaled one by one, spectra by one scale over all channels.  `spectra` are options of
    `h2o_spectra`.
    """
    rows = split(ds.sizes["snapshot"], seed)
    return _problem(h2o_features(ds), h2o_spectra(ds, kind, **spectra).values, rows, one_scale=True)


def glass_problem(ds, seed=0, by="site", **moments):
    """From the local structure of Ge in GeO2 to eight spectral moments.  ds -> Problem, (n, 153) to (n, 8)

    `by` is "site" (the paper's split) or "box" (strict: no site of a test box was trained on).  `moments` are options
    of `geo2_moments`.
    """
    if by not in ("site", "box"):
        raise ValueError(f"by must be site or box; got {by!r}")
    rows = split(ds.sizes["site"], seed, ds.frame.values if by == "box" else None)
    return _problem(coulomb_features(ds), geo2_moments(ds, **moments).values, rows, one_scale=False)


def _problem(x, S, rows, one_scale):
    """Standardise with what the training rows alone know."""
    train, test = rows
    inputs, targets = Standardiser.fit(x[train]), Standardiser.fit(S[train], one_scale)
    return Problem(inputs.transform(x), targets.transform(S), train, test, inputs, targets)
