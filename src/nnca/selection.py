"""Model selection: a search through the spaces of `nnca.spaces`, random or exhaustive, for two cores.

The paper tried more than 500 000 combinations with 5-fold cross-validation.  Here candidates climb rungs: on the first
all train briefly on one fold, on each next one the better quarter trains longer on more folds, and those that reach the
last rung have the full cross-validation.  Candidates of one shape train together.  Test data are never seen.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.model_selection import KFold, ParameterGrid
from sklearn.utils import check_random_state
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from nnca.methods.network import fit_together
from nnca.spaces import Layers, spaces

__all__ = ["RUNGS", "combinations", "draw", "search", "spaces"]

RUNGS = ((10, 1), (25, 2), (60, 5))  # epochs and folds
KEEP = 1 / 4  # of the candidates go on to the next rung
TOGETHER = 30  # networks in one stack; more of them fall out of the processor's cache


class SearchError(ValueError):
    """A search that cannot start or go on as asked."""


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
    one.  `rungs` are (epochs, folds), rising.  With `resume`, a file, what
    is finished is kept there and a search begun again goes on from it; SearchError if the file belongs to another one.
    Jobs are joblib's, so `joblib.parallel_config(backend="dask")` sends them to a cluster.
    """
    rng = check_random_state(random_state)
    candidates = combinations(space) if n_candidates is None else [draw(space, rng) for _ in range(n_candidates)]
    folds = list(KFold(cv, shuffle=True, random_state=random_state).split(X))
    size = min(len(train) for train, _ in folds)  # stacks need equal lengths; KFold's differ by one
    folds = [(train[:size], test) for train, test in folds]
    plan = _plan(estimator, candidates, rungs, X, Y)
    done = _Ledger(resume, plan)
    standing = list(range(len(candidates)))
    for rung, (epochs, n_folds) in enumerate(rungs):
        groups = _groups(estimator, candidates, standing, X.shape[1], max(1, TOGETHER // n_folds))
        todo = [group for group in groups if (rung, *group) not in done]
        jobs = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
            delayed(_assess)(clone(estimator).set_params(epochs=epochs), candidates, group, X, Y, folds[:n_folds])
            for group in todo
        )
        label = f"{progress or ''} rung {rung + 1}: {epochs} epochs, {n_folds} folds"
        for group, scores, cpu_s in tqdm(jobs, desc=label, total=len(todo), disable=progress is None):
            done.add((rung, *group), {"scores": scores, "cpu_s": cpu_s})
        standing = _best(standing, done.scores(rung), KEEP) if rung < len(rungs) - 1 else standing
    return _result(candidates, done, len(rungs))


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


def _assess(estimator, candidates, group, X, Y, folds):
    """Scores of a group's candidates on the held-out part of each fold, and the processor time of each."""
    models, rows, tests = [], [], []
    for number in group:
        for fold, (train, test) in enumerate(folds):
            models.append(clone(estimator).set_params(**candidates[number], random_state=1000 * number + fold))
            rows.append(train)
            tests.append(test)
    start = os.times()
    with threadpool_limits(1):
        fit_together(models, X, Y, rows)
        scores = [model.score(X[test], Y[test]) for model, test in zip(models, tests, strict=True)]
    cpu_s = (os.times().user - start.user) / len(group)
    return group, np.reshape(scores, (len(group), -1)).tolist(), cpu_s


def _best(standing, scores, keep):
    """The candidates with the highest mean score, at least one; ties go to the one drawn first."""
    ranked = sorted(standing, key=lambda number: (-np.mean(scores[number]), number))
    return sorted(ranked[: max(1, round(keep * len(ranked)))])


def _result(candidates, done, n_rungs):
    """The table of a finished search."""
    per_rung = [done.scores(rung) for rung in range(n_rungs)]
    reached = np.array([max(r for r in range(n_rungs) if n in per_rung[r]) for n in range(len(candidates))])
    scores = [per_rung[rung][number] for number, rung in enumerate(reached)]
    mean = np.array([np.mean(s) for s in scores])
    order = np.lexsort((-mean, -reached))
    rank = np.empty(len(order), int)
    rank[order] = np.arange(1, len(order) + 1)
    table = {"params": candidates, "rung": reached, "mean_test_score": mean, "rank_test_score": rank}
    table |= {"std_test_score": np.array([np.std(s) for s in scores]), "cpu_s": done.cpu_s(len(candidates))}
    return SearchResult(candidates[order[0]], float(mean[order[0]]), table)


def _plan(estimator, candidates, rungs, X, Y):
    """What decides the outcome of a search, as one number."""
    text = json.dumps([repr(estimator), candidates, rungs], sort_keys=True).encode()
    return hashlib.sha256(text + np.ascontiguousarray(X).tobytes() + np.ascontiguousarray(Y).tobytes()).hexdigest()[:16]


class _Ledger:
    """Finished groups of a search, in memory and, line by line, in a file that survives a kill."""

    def __init__(self, path, plan):
        self.path, self.entries = path and Path(path), {}
        if self.path is None:
            return
        if not self.path.exists():
            self._append({"plan": plan})
        first, *lines = self.path.read_text().splitlines(keepends=True)
        if json.loads(first)["plan"] != plan:
            raise SearchError(f"{path} belongs to another search (other data, space, rungs or seed); take another file")
        whole = [line for line in lines if line.endswith("\n")]
        if len(whole) < len(lines):  # a kill cut the last line
            self.path.write_text(first + "".join(whole))
        for entry in map(json.loads, whole):
            self.entries[tuple(entry["key"])] = entry

    def __contains__(self, key):
        return key in self.entries

    def add(self, key, entry):
        self.entries[key] = {"key": key, **entry}
        if self.path is not None:
            self._append(self.entries[key])

    def scores(self, rung):
        """Fold scores of every candidate that was on a rung, {candidate: list}."""
        return {
            number: scores
            for (at, *group), entry in self.entries.items()
            if at == rung
            for number, scores in zip(group, entry["scores"], strict=True)
        }

    def cpu_s(self, count):
        """Processor seconds of each candidate over all rungs, (candidates,)."""
        total = np.zeros(count)
        for (_, *group), entry in self.entries.items():
            total[group] += entry["cpu_s"]
        return total

    def _append(self, entry):
        with open(self.path, "a") as file:
            file.write(json.dumps(entry) + "\n")
            file.flush()
            os.fsync(file.fileno())
