"""What the chapter on rivals computes of water's ensemble: the same snapshots as other ensembles, scores in each."""

import numpy as np
import pandas as pd
from joblib import delayed

from nnca import ECA
from nnca.book.paper import TABLE_I
from nnca.book.rivals_results import TASKS, cell, fit_splits, network, on_all_cores, problem
from nnca.features import h2o_features
from nnca.interpretation import reweighting
from nnca.problem import split
from nnca.spectra import h2o_spectra

DRAWN, JUDGED = 1500, 1000  # training and test rows drawn from each ensemble, alike for all
COOLER = (300, 600, 1000)  # K
ROOM = 300.0  # K, of the quantum oscillator
SPLITS = 3  # at most: every one needs nine networks in each ensemble
KINDS = ("xes", "xas")  # one number describes nearly all of XPS in any ensemble
PAPER = {kind: TABLE_I[kind, 1] for kind in KINDS}
METHODS = ("EDNN", "NNCA", "ECA")


def ensembles(water):
    """Weights that make other ensembles of the stored snapshots.  Dataset -> {name: (snapshots,)}

    Cooler ones by Boltzmann's factor of the stored energy; one as wide as harmonic quantum nuclei.  Data without
    energies or temperature have their own ensemble only.
    """
    equal = np.full(water.sizes["snapshot"], 1 / water.sizes["snapshot"])
    if "total_energy" not in water or "temperature_K" not in water.attrs:
        return {"as sampled": equal}
    sampled, energy = float(water.attrs["temperature_K"]), water.total_energy.values
    cooler = {f"{wanted} K": reweighting.boltzmann(energy, sampled, wanted) for wanted in COOLER if wanted < sampled}
    covariance, _ = quantum(water)
    return cooler | {f"{sampled:.0f} K": equal, "quantum": reweighting.matched(coordinates(water), covariance)}


def coordinates(water):
    """Both bonds (angstrom) and the angle (radian).  Dataset -> (snapshots, 3)"""
    return np.column_stack([water.oh_length, np.radians(water.hoh_angle)])


def quantum(water):
    """Covariance of the coordinates of quantum nuclei, and quanta of the modes (eV).  Dataset -> (3, 3), (3,)"""
    Q = coordinates(water)
    covariance = (np.cov(Q.T) + np.cov(Q[:, [1, 0, 2]].T)) / 2  # the hydrogens are alike
    length, _, angle = Q.mean(axis=0)
    sampled = float(water.attrs["temperature_K"])
    return reweighting.quantum_covariance(covariance, reweighting.water_g_matrix(length, angle), sampled, ROOM)


def widths(water, found):
    """How wide each ensemble is and how many snapshots it rests on.  {name: weights} -> DataFrame of texts"""
    lines, (bond, _, angle) = {}, coordinates(water).T
    for name, weights in found.items():
        spread = [np.sqrt(weights @ (q - weights @ q) ** 2) for q in (bond, np.degrees(angle))]
        lines[name] = {"bond (Å)": f"{spread[0]:.4f}", "angle (°)": f"{spread[1]:.1f}"}
        lines[name]["effective snapshots"] = f"{reweighting.effective_size(weights):,.0f}"
    return pd.DataFrame.from_dict(lines, orient="index")


def by_width(water, found, count, epochs, seed):
    """Scores of one component in every ensemble.  {name: weights} -> {kind: {method: {ensemble: (splits,)}}}

    Snapshots are split first and drawn by their weights afterwards, so that no test snapshot was trained on.
    """
    x, table = h2o_features(water), {kind: {method: {} for method in METHODS} for kind in KINDS}
    rows = {name: [_drawn(weights, seed + number) for number in range(count)] for name, weights in found.items()}
    jobs, keys = [], [(kind, name) for kind in KINDS for name in found]
    spectra = {kind: h2o_spectra(water, kind).values for kind in KINDS}
    for kind, name in keys:
        jobs.append(
            delayed(_one_width)([problem(x, spectra[kind], *two, True) for two in rows[name]], kind, epochs, seed)
        )
    for (kind, name), scores in zip(keys, on_all_cores(jobs, len(keys), "widths"), strict=True):
        for method in METHODS:
            table[kind][method][name] = np.array(scores[method])
    return table


def _drawn(weights, seed):
    """Training and test rows of one split, drawn by weight.  -> (DRAWN,), (JUDGED,)"""
    parts, sizes = split(len(weights), seed), (DRAWN, JUDGED)
    return [part[reweighting.resample(weights[part], size, seed)] for part, size in zip(parts, sizes, strict=True)]


def _one_width(problems, kind, epochs, seed):
    emulators = fit_splits(network("Emulator", kind, epochs=epochs), problems, seed)
    models = {method: fit_splits(network(method, kind, 1, epochs), problems, seed) for method in ("EDNN", "NNCA")}
    models["ECA"] = [
        ECA(emulator, n_starts=2, random_state=0).fit(*one.train)
        for emulator, one in zip(emulators, problems, strict=True)
    ]
    return {
        method: [model.score(*one.test) for model, one in zip(group, problems, strict=True)]
        for method, group in models.items()
    }


def width_table(table):
    """The same as texts.  -> DataFrame (kind and method, ensemble)"""
    lines = {
        f"{TASKS[kind]}, {method}": {name: cell(values) for name, values in line.items()}
        for kind, methods in table.items()
        for method, line in methods.items()
    }
    return pd.DataFrame.from_dict(lines, orient="index")


def on_cooler(table, kind="xes", method="ECA"):
    """One series in words.  -> str"""
    line = ", ".join(f"{values.mean():.2f} ({name})" for name, values in table[kind][method].items())
    return f"{TASKS[kind]} by {method} with one component: {line}. The paper has {PAPER[kind][method]:.2f}."
