"""A first look at what a descriptor tells about a spectrum: kernel ridge regression, before any network."""

from typing import NamedTuple

import numpy as np
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold

from nnca.metrics import covered_variance
from nnca.problem import Standardiser
from nnca.uncertainty import bootstrap, interval

GRID = {"alpha": [0.003, 0.01, 0.03, 0.1, 0.3], "gamma": [0.0003, 0.001, 0.003, 0.01]}
TUNED_ON = 1200  # rows: the search looks at no more
LARGEST = 6000  # rows: the kernel of more fills the memory and takes minutes


def sizes(n):
    """Training sizes of a learning curve, doubling up to all rows or LARGEST."""
    largest = min(n, LARGEST)
    return [largest // 2**halvings for halvings in (4, 3, 2, 1, 0)]


class Curve(NamedTuple):
    """Covered variance against the number of training rows, and the standardised test targets behind the last."""

    sizes: list
    scores: list
    truth: np.ndarray
    prediction: np.ndarray

    def each(self):
        """R2 of every target at the largest training size.  -> (targets,)"""
        return 1 - ((self.truth - self.prediction) ** 2).mean(axis=0) / self.truth.var(axis=0)

    def interval(self, random_state, groups=None):
        """The central 95 % of the last score when test rows, or groups of them, are resampled.  -> low, high"""
        resampled = bootstrap(self.truth, {"": self.prediction[None]}, random_state, groups=groups)
        return interval(resampled[""])


def learning_curve(X, Y, train, test, random_state, groups=None):
    """Kernel ridge trained on ever more of the training rows, judged on the test rows.

    (n, features), (n, targets), rows, rows -> Curve.  Features and targets are standardised with the training rows.
    Width and ridge come from cross-validation among training rows, by `groups` (n,) where given.
    """
    train = np.random.default_rng(random_state).permutation(train)
    X, Y = (Standardiser.fit(A[train]).transform(A) for A in (X, Y))
    best = tuned_kernel(X, Y, train[:TUNED_ON], groups)
    steps = sizes(len(train))
    models = [KernelRidge(kernel="rbf", **best).fit(X[train[:step]], Y[train[:step]]) for step in steps]
    predictions = [model.predict(X[test]) for model in models]
    scores = [covered_variance(Y[test], prediction) for prediction in predictions]
    return Curve(steps, scores, Y[test], predictions[-1])


def by_level(levels, Y, train, test):
    """Covered variance of a guess that knows one quantity alone: the training mean at its level.  (n,), (n, m) -> R2"""
    Y = Standardiser.fit(Y[train]).transform(Y)
    guess = [Y[train][levels[train] == level].mean(axis=0) for level in levels[test]]
    return covered_variance(Y[test], np.array(guess))


def tuned_kernel(X, Y, rows, groups=None):
    """Ridge and kernel width with the best cross-validated covered variance.  -> {"alpha": ..., "gamma": ...}"""
    folds = KFold(3) if groups is None else GroupKFold(3)
    search = GridSearchCV(KernelRidge(kernel="rbf"), GRID, cv=folds, scoring=scorer)
    search.fit(X[rows], Y[rows], groups=None if groups is None else groups[rows])
    return search.best_params_


def scorer(model, X, Y):
    return covered_variance(Y, model.predict(X))
