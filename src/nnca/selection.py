"""Model selection: a search through the spaces of `nnca.spaces`, random or exhaustive, for two cores.

The paper tried more than 500 000 combinations with 5-fold cross-validation.  Here candidates climb rungs: on the first
all train briefly on one fold, on each next one the better quarter trains longer on more folds, and those that reach the
last rung have the full cross-validation.  Candidates of one shape train together.  Test data are never seen.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from functools import partial
from itertools import groupby

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import KFold, ParameterGrid
from sklearn.utils import check_random_state

from nnca.methods.network import fit_together
from nnca.resumable import JSON, compute
from nnca.spaces import Layers, spaces

__all__ = ["RUNGS", "combinations", "draw", "search", "spaces"]

RUNGS = ((10, 1), (25, 2), (60, 5))  # epochs and folds
KEEP = 1 / 4  # of the candidates go on to the next rung
TOGETHER = 30  # networks in one stack; more of them fall out of the processor's cache


@dataclass(frozen=True)
class SearchResult:
    """What a search found, in scikit-learn's terms.

    `cv_results_` has one entry a candidate: `params`, `rung` it reached, and there `mean_test_score`, `std_test_score`
    over folds, `cpu_s` over all rungs, and `rank_test_score` (candidates of a higher rung come first).
    """

    best_params_: dict
    best_score_: float
    cv_results_: dict


def search(
    estimator, space, X, Y, n_candidates=60, cv=5, rungs=RUNGS, random_state=0, n_jobs=1, resume=None, progress=None
):
    """Randomised or exhaustive search with cross-validation and early rejection.  -> SearchResult

    `estimator` (Emulator, EDNN, NNCA) carries the parameters that `space`, a value of `spaces`, leaves alone; X (n,
    inputs) and Y (n, outputs) are the training set.  `n_candidates` combinations are drawn at random; None tries every
    one.  `rungs` are (epochs, folds), rising.  With `resume`, a folder, what is finished is kept there, and a search
    begun again goes on from it; ResumeError if the folder belongs to another one.  Jobs are joblib's, so
    `joblib.parallel_config(backend="dask")` sends them to a cluster.
    """
    rng = check_random_state(random_state)
    candidates = combinations(space) if n_candidates is None else [draw(space, rng) for _ in range(n_candidates)]
    folds = list(KFold(cv, shuffle=True, random_state=random_state).split(X))
    size = min(len(train) for train, _ in folds)  # stacks need equal lengths; KFold's differ by one
    folds = [(train[:size], test) for train, test in folds]
    plan, standing, reached = _plan(estimator, candidates, rungs, X, Y), list(range(len(candidates))), []
    for rung, (epochs, n_folds) in enumerate(rungs):
        groups = _groups(estimator, candidates, standing, X.shape[1], max(1, TOGETHER // n_folds))
        groups = {f"rung-{rung + 1}-from-{group[0]:05d}": group for group in groups}
        brief = clone(estimator).set_params(epochs=epochs)
        assess = partial(_assess, brief, candidates, groups, X, Y, folds[:n_folds])
        label = f"{progress or ''} rung {rung + 1}: {epochs} epochs, {n_folds} folds"
        found = compute(assess, groups, resume, plan, n_jobs, label, JSON, bar=progress is not None)
        each = [(number, one) for name in groups for number, one in zip(groups[name], found[name], strict=True)]
        reached.append(dict(each))
        if rung < len(rungs) - 1:
            standing = _best(standing, reached[rung], KEEP)
    return _result(candidates, reached)


def draw(space, rng):
    """One candidate of a space, as estimator parameters."""
    return {
        name: choices.draw(rng) if isinstance(choices, Layers) else choices[rng.randint(len(choices))]
        for name, choices in space.items()
    }


def combinations(space):
    """Every candidate of a space, as estimator parameters."""
    return list(ParameterGrid({name: list(choices) for name, choices in space.items()}))


def _groups(estimator, candidates, standing, inputs, most):
    """Candidates of one architecture together, at most `most` in a group.  -> list of tuples of numbers"""

    def shape(number):
        return clone(estimator).set_params(**candidates[number]).architecture(inputs, 1)

    groups = []
    for _, same in groupby(sorted(standing, key=shape), key=shape):
        same = list(same)
        groups += [tuple(same[start : start + most]) for start in range(0, len(same), most)]
    return groups


def _assess(estimator, candidates, groups, X, Y, folds, name):
    """Candidates of a group on the held-out part of each fold.  -> for each a dict: `scores`, processor time `cpu_s`"""
    models, rows, tests = [], [], []
    for number in groups[name]:
        for fold, (train, test) in enumerate(folds):
            models.append(clone(estimator).set_params(**candidates[number], random_state=1000 * number + fold))
            rows.append(train)
            tests.append(test)
    start = os.times()
    fit_together(models, X, Y, rows)
    scores = [model.score(X[test], Y[test]) for model, test in zip(models, tests, strict=True)]
    cpu_s = (os.times().user - start.user) / len(groups[name])
    return [{"scores": each, "cpu_s": cpu_s} for each in np.reshape(scores, (-1, len(folds))).tolist()]


def _best(standing, found, keep):
    """The candidates with the highest mean score, at least one; ties go to the one drawn first."""
    ranked = sorted(standing, key=lambda number: (-np.mean(found[number]["scores"]), number))
    return sorted(ranked[: max(1, round(keep * len(ranked)))])


def _result(candidates, reached):
    """The table of a finished search; `reached` holds what each candidate did on each rung."""
    last = [max(rung for rung, found in enumerate(reached) if number in found) for number in range(len(candidates))]
    scores = [reached[rung][number]["scores"] for number, rung in enumerate(last)]
    cpu_s = [sum(found[n]["cpu_s"] for found in reached if n in found) for n in range(len(candidates))]
    mean, rung = np.array([np.mean(each) for each in scores]), np.array(last)
    order = np.lexsort((-mean, -rung))
    rank = np.empty(len(order), int)
    rank[order] = np.arange(1, len(order) + 1)
    table = {"params": candidates, "rung": rung, "mean_test_score": mean, "rank_test_score": rank}
    table |= {"std_test_score": np.array([np.std(each) for each in scores]), "cpu_s": np.array(cpu_s)}
    return SearchResult(candidates[order[0]], float(mean[order[0]]), table)


def _plan(estimator, candidates, rungs, X, Y):
    """What decides the outcome of a search, as short texts."""
    data = np.ascontiguousarray(X).tobytes() + np.ascontiguousarray(Y).tobytes()
    told = {"estimator": repr(estimator), "candidates": json.dumps(candidates), "rungs": json.dumps(rungs)}
    told |= {"networks trained together": str(TOGETHER)}
    return {"data": hashlib.sha256(data).hexdigest()[:16]} | {
        name: text if len(text) < 80 else hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in told.items()
    }
