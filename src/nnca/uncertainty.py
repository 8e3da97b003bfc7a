"""How sure a score is: intervals over rows, boxes and seeds, and paired differences of methods."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import t as student
from scipy.stats import ttest_1samp, ttest_ind

from nnca.metrics import covered_variance


def bootstrap(S, predictions, random_state, n_resamples=1000, groups=None):
    """Resampled covered variances of several methods.  (n, m), {name: (seeds, n, m)} -> {name: (n_resamples,)}

    Each resample draws test rows and, for every method, seeds with replacement, and averages the score over the seeds.
    All methods share the rows, so the difference of two entries is paired: it excludes zero or it does not.  With
    `groups` (n,), whole groups are drawn, such as the sites of one simulation box, which are alike.
    """
    rng = np.random.default_rng(random_state)
    labels, group = np.unique(np.arange(len(S)) if groups is None else groups, return_inverse=True)
    n = len(labels)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples).astype(float)  # how often each group is drawn
    times = drawn[:, group]  # (n_resamples, rows)
    total = times @ (S**2).sum(axis=1) - ((times @ S) ** 2).sum(axis=1) / times.sum(axis=1)  # (n_resamples,)
    scores = {}
    for name, S_pred in predictions.items():
        missing = np.array([times @ ((S - one) ** 2).sum(axis=1) for one in S_pred])  # (seeds, n_resamples)
        seeds = rng.integers(len(missing), size=missing.shape)
        scores[name] = 1 - np.take_along_axis(missing, seeds, axis=0).mean(axis=0) / total
    return scores


@dataclass(frozen=True)
class Comparison:
    """Scores of methods on one test set: of each seed, and resampled together, so that differences are paired."""

    scores: dict  # method -> (seeds,)
    resampled: dict  # method -> (n_resamples,)

    def mean(self, method):
        return float(np.mean(self.scores[method]))

    def interval(self, method):
        return interval(self.resampled[method])

    def difference(self, one, other):
        """How much more `one` covers than `other`: mean over seeds, and its 95 % interval.  -> mean, low, high"""
        return self.mean(one) - self.mean(other), *interval(self.resampled[one] - self.resampled[other])


def compare(models, X, Y, random_state, groups=None):
    """Covered variances on a test set.  {method: estimators, one a seed}, (n, inputs), (n, outputs) -> Comparison

    With `groups` (n,), whole groups of rows are resampled.
    """
    predictions = {method: np.array([one.predict(X) for one in fitted]) for method, fitted in models.items()}
    scores = {method: np.array([covered_variance(Y, S) for S in each]) for method, each in predictions.items()}
    return Comparison(scores, bootstrap(Y, predictions, random_state, groups=groups))


def interval(values, level=0.95):
    """The central interval of resampled values.  (n,) -> low, high"""
    return tuple(np.quantile(values, [(1 - level) / 2, (1 + level) / 2]))


def over_seeds(one, other=None):
    """Mean over seeds, or difference of two means, with Student's or Welch's 95 % interval.  -> mean, low, high"""
    if other is None:
        return float(np.mean(one)), *ttest_1samp(one, 0).confidence_interval()
    return float(np.mean(one) - np.mean(other)), *ttest_ind(one, other, equal_var=False).confidence_interval()


class Interval(NamedTuple):
    """A mean with the ends of its 95 % interval."""

    mean: float
    low: float
    high: float


def over_splits(scores, level=0.95):
    """Mean of a score, or of a paired difference, over random splits with its interval.  (splits,) -> Interval

    Splits share most of their training rows, so that Student's interval is too short; Nadeau and Bengio (2003) add the
    ratio of test to training rows, here 1 / 4, to the variance of the mean.
    """
    scores = np.asarray(scores, float)
    reach = student.ppf((1 + level) / 2, len(scores) - 1) * scores.std(ddof=1) * np.sqrt(1 / len(scores) + 1 / 4)
    return Interval(float(scores.mean()), float(scores.mean() - reach), float(scores.mean() + reach))


def autocorrelation(x, run_length, lags):
    """Autocorrelation of a quantity sampled in independent runs of `run_length`.  (n,) -> (lags + 1,)

    Pairs are formed inside a run only; an incomplete last run is left out.
    """
    x = np.asarray(x, float)
    runs = x[: len(x) // run_length * run_length].reshape(-1, run_length) - x.mean()
    return np.array([(runs[:, : run_length - lag] * runs[:, lag:]).mean() for lag in range(lags + 1)]) / x.var()
