"""A learning problem, Section II: inputs X and targets Y, split into training and test data and standardised."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit

from nnca.data import WATER
from nnca.features import H2O_FEATURES, coulomb_features, h2o_features
from nnca.spectra import geo2_moments, geo2_spectra, h2o_spectra

TARGETS = (*WATER, "moments")
ROUNDING = 1e-9  # of a column's largest value: a spread below this is rounding


def split(n, random_state, groups=None, test_size=0.2):
    """Row numbers of a training and a test set, 80 % and 20 % as in Section II.  -> (n_train,), (n_test,)

    With `groups` (n,), rows of one group stay together: the strict split by simulation box.  Raises ValueError for
    fewer than two rows or groups.
    """
    parts, what = (n, "row") if groups is None else (len(np.unique(groups)), "group")
    if parts < 2:
        raise ValueError(f"training and test data need two {what}s or more; there is {parts}")
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
    def fit(cls, A, one_scale=False, names=None):
        """Learn mean and scale.  (n, m) -> Standardiser

        Raises ValueError for values that are not finite and for a column that does not vary, or only by rounding; the
        message calls columns by their `names` (m,), where there are any.
        """
        A = np.asarray(A, float)

        def called(column):
            return f"column {column}" + ("" if names is None else f" ({names[column]})")

        bad = ~np.isfinite(A).all(axis=0)
        if bad.any():
            raise ValueError(f"{called(int(bad.argmax()))} holds NaN or inf and cannot be standardised")
        mean = A.mean(axis=0)
        scale = np.full(A.shape[1], np.sqrt(((A - mean) ** 2).mean())) if one_scale else A.std(axis=0)
        still = scale <= ROUNDING * np.abs(A).max(axis=None if one_scale else 0)
        if still.any():
            column = int(still.argmax())
            raise ValueError(
                f"{'the spectra do' if one_scale else f'{called(column)} does'} not vary beyond rounding "
                f"(all {mean[column]:.6g}) and cannot be standardised"
            )
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
    energy: np.ndarray | None = None  # (outputs,) eV, where the targets are spectra

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
    S = h2o_spectra(ds, kind, **spectra)
    return _problem(h2o_features(ds), S.values, rows, S.energy.values, inputs=H2O_FEATURES)


def glass_problem(ds, seed=0, by="site", descriptor=coulomb_features, targets="moments", **options):
    """From the local structure of Ge in GeO2 to eight spectral moments.  ds -> Problem, (n, 153) to (n, 8)

    `by` is "site" (the paper's split), "box" (strict: no site of a test box was trained on) or "parent" (stricter: nor
    one of a box that was compressed from the same glass).  `targets` "spectra" asks for whole spectra, (n, channels),
    scaled as those of water.  `descriptor` takes a Dataset to (n, features); `options` are those of `geo2_moments` or
    `geo2_spectra`.  Raises ValueError for another split or other targets, and for a split that the data do not allow.
    """
    if targets not in ("moments", "spectra"):
        raise ValueError(f"targets must be moments or spectra; got {targets!r}")
    groups = _groups(ds, by)
    rows = split(ds.sizes["site"], seed, groups)
    if targets == "spectra":
        S = geo2_spectra(ds, **options)
        return _problem(descriptor(ds), S.values, rows, S.energy.values)
    S = geo2_moments(ds, **options)
    return _problem(descriptor(ds), S.values, rows, targets=S.moment.values)


def _groups(ds, by):
    """What must stay together in a split by site, box or parent.  -> (site,) or None"""
    if by not in ("site", "box", "parent"):
        raise ValueError(f"by must be site or box; got {by!r} (parent too, where the data name it)")
    if by == "site":
        return None
    if by == "parent" and "parent" not in ds:
        raise ValueError("by='parent' needs the variable parent (frame), which these data do not hold; take by='box'")
    groups = ds.frame.values if by == "box" else ds.parent.values[ds.frame.values]
    if len(np.unique(groups)) < 2:
        raise ValueError(f"by={by!r} needs sites of two {by}{'es' if by == 'box' else 's'} or more; there is one")
    return groups


def _problem(x, S, rows, energy=None, inputs=None, targets=None):
    """Standardise with what the training rows alone know; spectra, which have `energy`, by one scale.

    `inputs` and `targets` name columns in messages.
    """
    train, test = rows
    x_scale, S_scale = Standardiser.fit(x[train], names=inputs), Standardiser.fit(S[train], energy is not None, targets)
    return Problem(x_scale.transform(x), S_scale.transform(S), train, test, x_scale, S_scale, energy)
