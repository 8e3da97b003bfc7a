"""What chapter 7 computes of decisive features: criteria, what they predict, and whether knockoffs keep their rate."""

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy.stats import spearmanr
from sklearn.inspection import permutation_importance

from nnca.book.interpretation_results import near
from nnca.interpretation.decisive import decisive
from nnca.uncertainty import over_seeds, over_splits

RATE = 0.2  # of false discoveries
CRITERIA = {
    "lead": "lead over knockoffs",
    "filter": "weight in the filter",
    "permutation": "permutation importance",
    "pressure": "how well the pressure alone tells it",
}
JUDGES = {"recovered": "all pressures", "within": "within one pressure", "told": "told by the spectrum"}


def criteria(emulators, splits, found, ds, seed):
    """Decisiveness of each distance by rival criteria, and whether knockoffs select it.  -> {name: (splits, 17)}"""
    jobs = enumerate(zip(emulators, splits, strict=True))
    each = Parallel(n_jobs=-1)(delayed(_criteria)(*one, ds.pressure.values, seed + n) for n, one in jobs)
    names = ("lead", "selected", "permutation")
    columns = {name: np.array(values) for name, values in zip(names, zip(*each, strict=True), strict=True)}
    return columns | {name: found[name] for name in ("filter", "pressure")}


def _criteria(emulator, problem, pressure, seed):
    train, _ = near(problem)
    knock = decisive(*train, RATE, seed, groups=pressure[problem.train_rows])
    shuffled = permutation_importance(emulator, *train, n_repeats=3, random_state=seed)
    return knock.lead, knock.selected, shuffled.importances_mean


def predictions(ranked, found):
    """Rank correlation of criteria with what comes back, over splits.  -> {(criterion, judge): (mean, low, high)}"""
    return {
        (name, judge): over_splits([spearmanr(a, b)[0] for a, b in zip(ranked[name], found[judge], strict=True)])
        for name in CRITERIA
        for judge in JUDGES
    }


def prediction_table(found):
    """The same in words.  -> DataFrame of texts"""
    return pd.DataFrame(
        {
            JUDGES[judge]: {
                CRITERIA[name]: "{:+.2f} ({:+.2f} to {:+.2f})".format(*found[name, judge]) for name in CRITERIA
            }
            for judge in JUDGES
        }
    ).loc[list(CRITERIA.values())]


def made_truth(problem, pressure, runs=10, rows=3000, deciding=11):
    """Real distances, made spectra: the share of false discoveries, as one Gaussian and pressure by pressure.

    Eleven of 17 distances act on eight made outputs, straight or bent, with noise.

    -> {(response, knockoffs): (mean, low, high)}
    """
    X, level = near(problem)[0][0], pressure[problem.train_rows]
    jobs = [(kind, groups, seed) for kind in ("straight", "bent") for groups in (None, level) for seed in range(runs)]
    each = Parallel(n_jobs=-1)(delayed(_false)(X, *job, min(rows, len(X)), deciding) for job in jobs)
    names = [(kind, "one Gaussian" if groups is None else "by pressure") for kind, groups, _ in jobs]
    shares = pd.Series(each).groupby(pd.MultiIndex.from_tuples(names))
    return {name: over_seeds(some.values) for name, some in shares}


def _false(X, kind, groups, seed, rows, deciding):
    """The share of false discoveries among made spectra of some rows.  -> float"""
    rng = np.random.default_rng(seed)
    chosen, acts = rng.choice(len(X), rows, replace=False), rng.choice(X.shape[1], deciding, replace=False)
    Z = X[chosen] / X[chosen].std(axis=0)
    S = (Z[:, acts] if kind == "straight" else np.tanh(Z[:, acts]) + 0.3 * Z[:, acts] ** 2) @ rng.normal(
        size=(deciding, 8)
    )
    S += 0.5 * S.std(axis=0) * rng.normal(size=S.shape)
    selected = decisive(Z, S, RATE, seed + 1000, None if groups is None else groups[chosen], draws=8).selected
    return np.delete(selected, acts).sum() / max(selected.sum(), 1)
