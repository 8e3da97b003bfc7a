"""Which features decide a spectrum: second-order knockoffs, averaged over draws by e-values, at a stated rate.

A knockoff is a null feature that varies with all others as its original does but knows nothing of the spectrum (Candès
et al. 2018).  A feature is decisive where it explains the spectrum and its own knockoff does not.
"""

from typing import NamedTuple

import numpy as np
from sklearn.linear_model import LinearRegression

SWEEPS = 30  # over all features; the freedom of knockoffs hardly changes after that
DEPENDENT = 1e-8  # the smallest eigenvalue of correlations, from which on features count as independent


def freedom(C):
    """How far knockoffs can differ from their originals, 1 - their correlation.  Correlations (p, p) -> (p,)

    Of all s with 2 C - diag(s) positive, that of maximum entropy (Gimenez and Zou 2019): one coordinate after the
    other, log det(2 C - diag(s)) + sum(log s) grows to its highest value, each step in closed form.
    """
    s = np.full(len(C), np.linalg.eigvalsh(C)[0])
    inverse = np.linalg.inv(2 * C - np.diag(s))
    for j in np.tile(np.arange(len(C)), SWEEPS):
        step = (1 / inverse[j, j] - s[j]) / 2
        s[j] += step
        inverse += step / (1 - step * inverse[j, j]) * np.outer(inverse[j], inverse[j])
    return s


def knockoffs(X, random_state, groups=None):
    """Null features with the means and covariances of X, drawn as if X were Gaussian.  (n, p) -> (n, p)

    With `groups` (n,), such as pressures, X is a Gaussian of its own in each, so that a mixture keeps its shape; groups
    of fewer than two rows for each feature join their neighbours.  For other X the first two moments are right and no
    more.  Raises ValueError for features that depend on each other linearly, for no knockoff could differ from them,
    and for too few rows in all.
    """
    rng, found = np.random.default_rng(random_state), np.empty(X.shape)
    groups = _large(np.zeros(len(X)) if groups is None else np.asarray(groups), 2 * X.shape[1])
    for one in np.unique(groups):
        found[groups == one] = _gaussian(X[groups == one], rng)
    return found


def _large(groups, least):
    """Numbers of groups with so many rows or more: smaller ones join their neighbours.  (n,) labels -> (n,)"""
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    joined, rows = [0], 0
    for size in sizes:
        rows += size
        joined.append(joined[-1] + (rows >= least))  # the next one begins anew
        rows *= rows < least
    last = max(joined[-1] - 1, 0)  # what is left at the end joins the last
    return np.minimum(joined[:-1], last)[group]


def _gaussian(X, rng):
    if len(X) < 2 * X.shape[1]:
        raise ValueError(f"knockoffs of {X.shape[1]} features need {2 * X.shape[1]} rows; got {len(X)}")
    mean, scale, C = X.mean(axis=0), X.std(axis=0), np.corrcoef(X.T)
    if not np.linalg.eigvalsh(C)[0] > DEPENDENT:
        raise ValueError("features depend on each other linearly: no knockoff could differ from them; leave some out")
    Z, D = (X - mean) / scale, np.diag(freedom(C))
    shift = np.linalg.solve(C, D)
    values, vectors = np.linalg.eigh(2 * D - D @ shift)  # covariance of the noise
    noise = rng.normal(size=X.shape) @ (vectors * np.sqrt(np.maximum(values, 0))).T
    return mean + scale * (Z - Z @ shift + noise)


def lead(X, Y, random_state, groups=None):
    """By how much each feature outweighs its knockoff in least squares on both.  (n, p), (n, m) -> (p,)

    Difference of their squared weights, for features of unit variance, as a share of the targets' variance.
    """
    both = np.hstack([X, knockoffs(X, random_state, groups)])
    weight = ((LinearRegression().fit(both, Y).coef_ * both.std(axis=0)) ** 2).sum(axis=0)
    return (weight[: X.shape[1]] - weight[X.shape[1] :]) / Y.var(axis=0).sum()


def threshold(leads, rate):
    """The lowest lead from which on at most a share `rate` of the discoveries is estimated to be false.  (p,) -> float

    As many null features lead their knockoffs as are led by them, so those that are led are counted (knockoff+).
    """
    for level in np.sort(np.abs(leads[leads != 0])):
        if 1 + (leads <= -level).sum() <= rate * (leads >= level).sum():
            return level
    return np.inf


class Decisive(NamedTuple):
    """Lead of every feature over its knockoffs, mean over draws; its e-value; whether it is decisive.  (p,) each"""

    lead: np.ndarray
    evidence: np.ndarray
    selected: np.ndarray


def decisive(X, Y, rate, random_state, groups=None, draws=20):
    """Features that decide Y; of those found a share `rate` at most is expected to be false.  -> Decisive

    X (n, p), Y (n, m).  Each draw of knockoffs, at rate / 2, gives e-values, and the rule of Benjamini and Hochberg
    for e-values selects by their means (Ren and Barber 2024).  Where fewer than 2 / rate features are decisive, none
    is found.  `groups` as in `knockoffs`.
    """
    seeds = np.random.default_rng(random_state).integers(2**31, size=draws)
    leads = np.array([lead(X, Y, seed, groups) for seed in seeds])  # (draws, p)
    p, evidence = X.shape[1], np.zeros(X.shape[1])
    for one in leads:
        level = threshold(one, rate / 2)
        evidence += p * (one >= level) / (1 + (one <= -level).sum()) / draws
    falling = np.sort(evidence)[::-1]
    enough = np.flatnonzero(falling >= p / (rate * np.arange(1, p + 1)))
    lowest = falling[enough[-1]] if len(enough) else np.inf
    return Decisive(leads.mean(axis=0), evidence, evidence >= lowest)
