"""How much processor time the module saves against the plain way, as ratios measured in one run: `make bench`.

(a) model selection against scikit-learn's RandomizedSearchCV(MLPRegressor) with 60 candidates and 5 folds;
(b) ECA against what the field does: full-batch Adam on each vector, early stopping, the best vector kept;
(c) one fit of each estimator against an MLPRegressor of the same shape at equal test score.
All on one thread, water's data, (b) GeO2's too; no faster alternative left out: scikit-learn and Adam get float32, and
of three learning rates Adam has the fastest one that gets as far as ECA (or else the one that gets furthest).
"""

import argparse
import copy
import time
import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import make_scorer
from sklearn.model_selection import RandomizedSearchCV
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

from nnca import ECA, EDNN, NNCA, Emulator, covered_variance
from nnca.book.hyperparameters import RATES, tuned
from nnca.data import load_geo2, load_h2o
from nnca.problem import glass_problem, water_problem
from nnca.selection import RUNGS, draw, search, spaces

LADDER = (5, 7, 10, 14, 20, 28, 40, 57, 80, 113, 160)  # epochs after which one fit is compared
ADAM_RATES = (1e-2, 2e-2, 5e-2)
SCORE = make_scorer(covered_variance)


def cpu(work, *arguments, **options):
    """What a call returns, and the processor seconds it took."""
    start = time.process_time()
    outcome = work(*arguments, **options)
    return outcome, time.process_time() - start


def selection(snapshots, candidates, k):
    """(a) Time to reach the best cross-validated score of scikit-learn's search, and that score."""
    X, Y = water_problem(load_h2o(snapshots=snapshots), "xes").train
    space, rng = spaces["EDNN", "h2o"], np.random.RandomState(0)
    shapes = [draw(space, rng) for _ in range(10 * candidates)]
    choices = {
        "hidden_layer_sizes": [(*one["encoder"], k, *one["decoder"]) for one in shapes],
        "alpha": space["alpha"],
        "learning_rate_init": space["learning_rate"],
    }
    plain = RandomizedSearchCV(
        MLPRegressor(random_state=0), choices, n_iter=candidates, cv=5, scoring=SCORE, random_state=0, refit=False
    )
    _, theirs = cpu(plain.fit, X.astype(np.float32), Y.astype(np.float32))
    rungs = (*RUNGS[:-1], (100, 5))  # few rows make few steps an epoch: more epochs than the book's for the last
    ours = search(EDNN(n_components=k), space | {"learning_rate": RATES}, X, Y, n_candidates=candidates, rungs=rungs)
    return theirs, ours.cv_results_["cpu_s"].sum(), plain.best_score_, ours.best_score_


def projection(task, emulator, starts):
    """(b) Time of two ECA vectors and their covered variance, each vector the best of so many starts."""
    emulator.fit(*task.train)
    X, Y = task.test  # where the paper finds its vectors
    eca, ours = cpu(ECA(emulator, n_components=2, n_starts=starts, random_state=0).fit, X, Y)
    goal = eca.score(X, Y)
    module, plain = copy.deepcopy(emulator.module_).float(), []
    for rate in ADAM_RATES:
        reached, theirs = cpu(adam_vectors, module, X, Y, 2, starts, rate)
        plain.append((reached < goal - 1e-4, theirs, reached))
    late, theirs, reached = min(plain)
    if late:
        _, theirs, reached = max(plain, key=lambda one: one[2])
    return theirs, ours, reached, goal


def adam_vectors(module, X, Y, n_components, starts, rate):
    """Vectors one after the other, each the best of its starts; the covered variance reached."""
    torch.manual_seed(0)
    X, Y = (torch.tensor(A, dtype=torch.float32) for A in (X, Y))
    fixed = torch.empty(0, X.shape[1])
    for _ in range(n_components):
        found = [adam_vector(module, X, Y, fixed, rate) for _ in range(starts)]
        missed, fixed = min(found, key=lambda pair: pair[0])
    return 1 - missed


def adam_vector(module, X, Y, fixed, rate, patience=20, most=5000):
    """One vector orthogonal to the `fixed` ones, until `patience` steps gain nothing.  -> uncovered share, vectors"""
    free, total = torch.randn(X.shape[1], requires_grad=True), ((Y - Y.mean(0)) ** 2).sum()
    optimiser, lowest, since = torch.optim.Adam([free], lr=rate), np.inf, 0
    for _ in range(most):
        across = free - fixed.T @ (fixed @ free)
        vectors = torch.vstack([fixed, across / across.norm()])
        loss = ((module(X @ vectors.T @ vectors) - Y) ** 2).sum() / total
        since += 1
        if loss.item() < lowest - 1e-6:
            lowest, best, since = loss.item(), vectors.detach(), 0
        if since == patience:
            break
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return lowest, best


def one_fit(model, hidden, snapshots):
    """(c) Time of one fit to at least the test score of scikit-learn's network of the same shape."""
    task = water_problem(load_h2o(snapshots=snapshots), "xes")
    (X, Y), (X_test, Y_test) = task.train, task.test
    for seed in range(10):  # a ReLU bottleneck may die, and a dead one would be too easy to beat
        plain = MLPRegressor(hidden_layer_sizes=hidden, random_state=seed)
        _, theirs = cpu(plain.fit, X.astype(np.float32), Y.astype(np.float32))
        if (goal := covered_variance(Y_test, plain.predict(X_test))) > 0.5:
            break
    for epochs in LADDER:
        _, ours = cpu(model.set_params(epochs=epochs, random_state=0).fit, X, Y)
        if (reached := model.score(X_test, Y_test)) >= goal:
            break
    return theirs, ours, goal, reached


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=10_000, help="for (b) and (c)")
    parser.add_argument(
        "--search-snapshots", type=int, default=1_000, help="for (a), which takes scikit-learn hours else"
    )
    parser.add_argument("--candidates", type=int, default=60)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    torch.set_num_threads(1)
    rate = {"learning_rate": 2e-2, "batch_size": 100}  # the highest rate of the searches
    fits = [(Emulator(hidden=(64, 64), **rate), (64, 64))]
    for k in (1, 2):
        fits.append((EDNN(n_components=k, encoder=(128, 128), decoder=(128, 128), **rate), (128, 128, k, 128, 128)))
        fits.append((NNCA(n_components=k, decoder=(64, 64), **rate), (k, 64, 64)))
    with threadpool_limits(1):
        print(f"{'':34}{'plain (s)':>10}{'here (s)':>10}{'ratio':>7}  scores")
        for model, hidden in fits:
            show(f"(c) {type(model).__name__} {hidden}", *one_fit(model, hidden, options.snapshots))
        water, glass = water_problem(load_h2o(snapshots=options.snapshots), "xes"), glass_problem(load_geo2())
        for name, task, model in (("XES", water, Emulator()), ("GeO2", glass, tuned("Emulator", "moments"))):
            for starts in (1, 8):  # what the field does, and ECA's default
                model.set_params(random_state=0)
                show(f"(b) ECA, {name}, k = 2, {starts} start(s)", *projection(task, model, starts))
        for k in (1, 2):
            show(f"(a) search, EDNN k = {k}", *selection(options.search_snapshots, options.candidates, k))


def show(name, theirs, ours, their_score, our_score):
    print(f"{name:34}{theirs:10.1f}{ours:10.1f}{theirs / ours:7.1f}  {their_score:.4f} {our_score:.4f}", flush=True)


if __name__ == "__main__":
    main()
