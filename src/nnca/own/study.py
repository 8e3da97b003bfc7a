"""The whole analysis of a paired data set, split by split: emulator, methods, decisive features, reconstruction."""

from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import GridSearchCV

from nnca.cluster import cluster
from nnca.learning_curve import scorer
from nnca.methods.eca import ECA
from nnca.methods.ednn import EDNN
from nnca.methods.emulator import Emulator
from nnca.methods.nnca import NNCA
from nnca.metrics import covered_variance
from nnca.resumable import compute
from nnca.selection import search

KS = (1, 2, 3)
STEPS, EPOCHS = 1500, (30, 200)  # of the optimiser for each network; what bounds its epochs
SPACE = {
    "hidden": ((64, 64), (128,)),
    "activation": ("relu", "tanh"),
    "alpha": (1e-4, 1e-2, 0.1, 1.0),
    "learning_rate": (5e-3, 1e-2, 2e-2),
}
CANDIDATES = 8  # of that space, drawn for each split
SEARCHED = 800  # training rows that a search looks at; of few data all
KERNELS = {"alpha": [1e-4, 1e-3, 0.01, 0.1, 1.0], "gamma": [0.02, 0.1, 0.5]}  # widths for one feature
SIZES = (0.125, 0.25, 0.5, 1.0)  # of the training rows, for the learning curve
LARGEST = 2000  # rows of a learning curve: a kernel of more takes minutes
SPELLED = 40  # features; more of them are taken together by the first word of their names


class Split(NamedTuple):
    """What one split says: covered variances on test rows, what comes back, what decides, the search's choice."""

    scores: dict  # (method, k or None) -> R2
    back: dict  # k -> (features,), share of each feature's variance that NNCA's reconstruction gets right
    drop: np.ndarray  # (groups of features,), loss of the emulator's R2 when a group is shuffled among test rows
    chosen: dict
    curve: np.ndarray  # (sizes,), R2 of kernel ridge on the test rows
    sizes: np.ndarray  # training rows behind it


def study(data, seeds, jobs=-1):
    """Every data set on every split, one a seed.  {name: OwnData}, seeds -> {name: list of Split}

    Splits run side by side, on a cluster if `nnca.cluster` is told of one.
    """
    keys = [(name, seed) for name in data for seed in seeds]
    with cluster():
        found = compute(partial(_split_of, data), keys, None, None, jobs, "splits")
    return {name: [found[name, seed] for seed in seeds] for name in data}


def _split_of(data, key):
    name, seed = key
    return one_split(data[name], seed)


def one_split(data, seed):
    """Search, train, judge on one split; the test rows are seen by no choice.  OwnData -> Split"""
    task = data.problem(seed)
    emulator, chosen = tuned_emulator(task, seed)
    scores, models = compare(task, emulator, chosen, seed)
    back = {k: came_back(data, task, model) for (method, k), model in models.items() if method == "NNCA"}
    sizes, curve = learning_curve(task, seed)
    scores["kernel ridge", None] = curve[-1]
    return Split(scores, back, drops(data, task, emulator, seed), chosen, curve, sizes)


def tuned_emulator(task, seed):
    """The emulator of a small search inside the training rows.  -> Emulator, chosen parameters"""
    X, Y = task.train
    rows = np.random.default_rng(seed).permutation(len(X))[:SEARCHED]
    plain = Emulator(**lengths(len(rows)), validation_fraction=0)
    rungs = ((max(10, plain.epochs // 4), 1), (max(10, plain.epochs // 2), 2))
    chosen = search(plain, SPACE, X[rows], Y[rows], CANDIDATES, cv=4, rungs=rungs, random_state=seed).best_params_
    model = clone(plain).set_params(**chosen, **lengths(len(X)), random_state=seed)
    return model.fit(X, Y), chosen


def lengths(rows):
    """Batch and epochs that give about STEPS steps, whatever the number of rows."""
    batch = int(np.clip(rows // 8, 8, 100))
    return {"batch_size": batch, "epochs": int(np.clip(STEPS * batch / rows, *EPOCHS))}


def compare(task, emulator, chosen, seed):
    """The emulator, and with k components PLS, ECA, NNCA and EDNN.  -> {(method, k): R2}, fitted models"""
    X, Y = task.train
    rest = {name: value for name, value in chosen.items() if name != "hidden"}
    rest |= {**lengths(len(X)), "validation_fraction": 0, "random_state": seed}
    ks = [k for k in KS if k <= X.shape[1]]
    eca = ECA(emulator, n_components=ks[-1], n_starts=4, random_state=seed).fit(X, Y)
    models = {("emulator", None): emulator}
    for k in ks:
        models["PLS", k] = PLSRegression(n_components=k, scale=False).fit(X, Y)
        models["ECA", k] = eca.first(k)
        models["NNCA", k] = NNCA(n_components=k, decoder=chosen["hidden"], **rest).fit(X, Y)
        parts = {"encoder": chosen["hidden"], "decoder": chosen["hidden"]}
        models["EDNN", k] = EDNN(n_components=k, **parts, **rest).fit(X, Y)
    X_test, Y_test = task.test
    return {key: covered_variance(Y_test, model.predict(X_test)) for key, model in models.items()}, models


def learning_curve(task, seed):
    """Kernel ridge on ever more of the training rows, judged on the test rows.  -> sizes, R2

    Its ridge and width come from cross-validation among training rows, SEARCHED of them at most.
    """
    X, Y = task.train
    order = np.random.default_rng(seed).permutation(len(X))[:LARGEST]
    kernels = {"alpha": KERNELS["alpha"], "gamma": [width / X.shape[1] for width in KERNELS["gamma"]]}
    tuning = GridSearchCV(KernelRidge(kernel="rbf"), kernels, cv=3, scoring=scorer, refit=False)
    best = tuning.fit(X[order[:SEARCHED]], Y[order[:SEARCHED]]).best_params_
    sizes = np.unique([max(10, round(share * len(order))) for share in SIZES])
    models = [KernelRidge(kernel="rbf", **best).fit(X[order[:size]], Y[order[:size]]) for size in sizes]
    return sizes, np.array([covered_variance(task.test[1], model.predict(task.test[0])) for model in models])


def came_back(data, task, model):
    """Share of every feature's test variance that the reconstruction from the spectrum gets right.  -> (features,)"""
    place = {name: column for column, name in enumerate(data.features)}
    known = data.X[task.test_rows][:, [place[name] for name in task.features]]
    found = task.to_features(model.reconstruct(task.test[1]))
    spread = ((known - known.mean(axis=0)) ** 2).sum(axis=0)
    share = 1 - ((known - found) ** 2).sum(axis=0) / np.where(spread > 0, spread, np.nan)
    by_name = dict(zip(task.features, share, strict=True))
    return np.array([by_name.get(name, np.nan) for name in data.features])


def feature_groups(features):
    """Which features are taken together: each alone, of many those whose names begin alike.  -> {name: columns}"""
    words = features if len(features) <= SPELLED else [name.split(" ")[0] for name in features]
    return {word: np.flatnonzero([one == word for one in words]) for word in dict.fromkeys(words)}


def drops(data, task, emulator, seed, times=5):
    """How much of the emulator's R2 is lost when a group of features is shuffled among the test rows.  -> (groups,)"""
    rng, X, Y = np.random.default_rng(seed), data.X[task.test_rows], task.test[1]
    whole = covered_variance(Y, emulator.predict(task.from_features(X, data.features)))
    lost = []
    for columns in feature_groups(data.features).values():
        shuffled = [X.copy() for _ in range(times)]
        for one in shuffled:
            one[:, columns] = one[rng.permutation(len(X))][:, columns]
        found = [covered_variance(Y, emulator.predict(task.from_features(one, data.features))) for one in shuffled]
        lost.append(whole - np.mean(found))
    return np.array(lost)
