"""What the chapter on rivals turns back: spectra into structures, and integrated regions of spectra.

Tasks, networks and splits are those of `nnca.book.rivals_results`.
"""

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed
from torch import nn

from nnca import ECA, covered_variance
from nnca.book.nnca_results import NEIGHBOURS
from nnca.book.rivals_results import RIDGE_ROWS, TASKS, WHOLE, cell, on_all_cores
from nnca.interpretation.patterns import direct
from nnca.interpretation.rivals import Projected, kernel_ridge, partial_least_squares, smooth
from nnca.methods.frozen import frozen
from nnca.problem import WATER
from nnca.spectra import H2O_LINES, h2o_spectra

TURNED = 100  # test spectra that are turned back into structures
REACH = 0.9  # eV on both sides of a line make its region


def backwards(found, fitted):
    """Covered variance of structures brought back from test spectra.  -> {task: {method: (splits,)}}

    Of GeO2 the distances from the central Ge are judged, in the form of their Coulomb elements.
    """
    keys = [(task, number) for task in found if task != WHOLE for number in range(len(found[task]))]
    jobs = (
        delayed(_backwards)(found[task][number], {key[1:]: m[number] for key, m in fitted.items() if key[0] == task})
        for task, number in keys
    )
    table = {}
    for (task, _), line in zip(keys, on_all_cores(jobs, len(keys), "backwards"), strict=True):
        for name, score in line.items():
            table.setdefault(task, {}).setdefault(name, []).append(score)
    return table


def _backwards(one, networks):
    (X, Y), (X_test, Y_test) = one.train, (part[:TURNED] for part in one.test)
    found = {
        "least squares": direct(X, Y).predict(Y_test),
        "kernel ridge": kernel_ridge(Y.shape[1]).fit(Y[:RIDGE_ROWS], X[:RIDGE_ROWS]).predict(Y_test),
    }
    for (method, k), model in networks.items():
        if method in ("NNCA", "ECA"):
            found[f"{method}, k = {k}"] = model.reconstruct(Y_test)
    judged = slice(NEIGHBOURS)  # water has three features, all of them judged
    return {name: covered_variance(X_test[:, judged], x[:, judged]) for name, x in found.items()}


def backwards_table(table):
    """The same as texts.  {task: {method: (splits,)}} -> DataFrame (method, task)"""
    frame = pd.DataFrame({TASKS[task]: {name: cell(v, 2) for name, v in line.items()} for task, line in table.items()})
    return frame.sort_index(key=lambda names: names.str.contains("k =").astype(int), kind="stable")


def regions(kind, energy):
    """Channels of each region of water: 0.9 eV around lines, halves of XPS, what follows in XAS.  -> {name: (m,)}"""
    if kind == "xps":
        middle = H2O_LINES["O 1s"].energy
        return {"below the mean line": energy < middle, "above it": energy >= middle}
    named = {
        f"around {name}": np.abs(energy - line.energy) < REACH for name, line in H2O_LINES.items() if line.kind == kind
    }
    return named | ({"above both": energy > H2O_LINES["2b₂"].energy + REACH} if kind == "xas" else {})


def integrated(water, found, fitted, ks=(1, 2)):
    """Covered variance of integrated regions, by ECA through the emulator, and by PLS.

    -> {(kind, region): {name: (splits,)}}; the whole spectrum's emulator is kept, and its channels are summed, as in
    the paper's reference 6.
    """
    table = {}
    for kind in WATER:
        energy = h2o_spectra(water.isel(snapshot=[0]), kind).energy.values
        for name, inside in regions(kind, energy).items():
            pairs = zip(found[kind], fitted[kind, "Emulator", None], strict=True)
            scores = Parallel(n_jobs=-1)(delayed(_integrated)(*pair, inside, ks) for pair in pairs)
            table[kind, name] = {method: np.array([one[method] for one in scores]) for method in scores[0]}
    return table


def _integrated(one, emulator, inside, ks):
    (X, Y), (X_test, Y_test) = one.train, one.test
    area = Y[:, inside].sum(axis=1)
    scale = area.std()
    summed = nn.Linear(Y.shape[1], 1, dtype=torch.double)
    summed.weight.data, summed.bias.data = torch.tensor(inside[None] / scale), torch.tensor([-area.mean() / scale])
    Y, Y_test = ((part[:, inside].sum(axis=1)[:, None] - area.mean()) / scale for part in (Y, Y_test))
    eca = ECA(nn.Sequential(*frozen(emulator), summed), n_components=max(ks), n_starts=2, random_state=0).fit(X, Y)
    scores = {}
    for k in ks:
        scores[f"ECA, k = {k}"] = eca.first(k).score(X_test, Y_test)
        for name, decoder in {"linear": None, "free": smooth()}.items():
            model = Projected(partial_least_squares, k, decoder).fit(X, Y)
            scores[f"PLS, {name}, k = {k}"] = model.score(X_test, Y_test)
    return scores


def region_table(table):
    """The same as texts.  -> DataFrame (region, method)"""
    lines = {f"{TASKS[kind]}, {name}": {m: cell(v) for m, v in line.items()} for (kind, name), line in table.items()}
    return pd.DataFrame.from_dict(lines, orient="index")
