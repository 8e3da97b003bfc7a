"""Whole spectra of GeO2 beside their moments: what moments leave out, distances from both, minima of the latent fit.

Tasks, networks and splits are those of `nnca.book.rivals_results`.
"""

import numpy as np
import pandas as pd
from joblib import delayed

from nnca import covered_variance
from nnca.book.rivals_results import BOX, RIDGE_ROWS, TASKS, WHOLE, cell, on_all_cores
from nnca.features import coulomb_features, distances_from_coulomb
from nnca.interpretation.rivals import kernel_ridge
from nnca.interpretation.told import within
from nnca.reconstruction import OXYGEN, reconstruct
from nnca.spectra import geo2_spectra, moment_windows, windowed_moments
from nnca.uncertainty import over_splits

FITTED = 200  # test spectra whose latent variables are fitted
SIX, GE = np.flatnonzero(OXYGEN)[:6], np.flatnonzero(~OXYGEN)


def intensity_ratio(glass):
    """Strength in the window of K-beta'' over that of K-beta2, mean and spread at each pressure.  -> DataFrame"""
    areas = _areas(glass)
    ratio = pd.Series(areas[0] / areas[1], index=glass.pressure.values)
    return ratio.groupby(level=0).agg(["mean", "std", "size"])


def _areas(glass):
    """Strength in the window of each line.  -> (lines, sites)"""
    S = geo2_spectra(glass)
    windows = moment_windows(glass).values()
    return np.array([S.sel(energy=slice(*window)).integrate("energy").values for window in windows])


def told_by_moments(glass, found):
    """What of the whole spectra can be told from the moments alone, and with the two areas.  -> {text: (splits,)}"""
    areas = _areas(glass).T
    scores = {"eight moments": [], "eight moments and two areas": []}
    for one, whole in zip(found[BOX], found[WHOLE], strict=True):
        spread = areas[one.train_rows].mean(axis=0), areas[one.train_rows].std(axis=0)
        inputs = {
            "eight moments": one.Y,
            "eight moments and two areas": np.hstack([one.Y, (areas - spread[0]) / spread[1]]),
        }
        for name, X in inputs.items():
            few = whole.train_rows[:RIDGE_ROWS]
            model = kernel_ridge(X.shape[1]).fit(X[few], whole.Y[few])
            scores[name].append(covered_variance(whole.test[1], model.predict(X[whole.test_rows])))
    return {name: np.array(values) for name, values in scores.items()}


def distance_errors(glass, found, fitted):
    """Mean absolute errors of distances brought back from mean spectra of test boxes.

    -> {(task, method, k): (splits, 2)} angstrom, of the six nearest O and of the Ge.
    "mean structure" is the guess without a spectrum.
    """
    jobs = [(task, number) for task in (BOX, WHOLE) for number in range(len(found[task]))]
    S, pressure = geo2_spectra(glass, channels=found[WHOLE][0].Y.shape[1]).values, glass.pressure.values
    known = distances_from_coulomb(coulomb_features(glass))
    table = {}
    for task, number in jobs:
        one, rows = found[task][number], found[task][number].test_rows
        groups = [rows[pressure[rows] == level] for level in np.unique(pressure[rows])]
        truth = np.array([known[group].mean(axis=0) for group in groups])
        mean = np.array([S[group].mean(axis=0) for group in groups])
        goal = mean if task == WHOLE else mean_moments(glass, mean)
        for (name, method, k), models in fitted.items():
            if name == task and method in ("NNCA", "ECA"):
                missed = np.abs(reconstruct(models[number], one, goal).distances - truth).mean(axis=0)
                table.setdefault((task, method, k), []).append([missed[SIX].mean(), missed[GE].mean()])
        blind = np.abs(distances_from_coulomb(one.inputs.mean[None]) - truth).mean(axis=0)
        table.setdefault((task, "mean structure", 0), []).append([blind[SIX].mean(), blind[GE].mean()])
    return {key: np.array(values) for key, values in table.items()}


def within_table(glass, found, fitted):
    """Covered variance of test data, plain and within pressure, whose means are taken off.  -> DataFrame of texts"""
    pressure, lines = glass.pressure.values, {}
    keys = [
        ("emulator", "Emulator", None),
        *((f"{method}, k = {k}", method, k) for method in ("NNCA", "EDNN") for k in (1, 2, 3)),
    ]
    for name, method, k in keys:
        for task in (BOX, WHOLE):
            pairs = []
            for model, one in zip(fitted[task, method, k], found[task], strict=True):
                S, predicted = one.test[1], model.predict(one.test[0])
                pairs.append(
                    [covered_variance(S, predicted), covered_variance(*within(pressure[one.test_rows], S, predicted))]
                )
            both = [cell(column) for column in np.transpose(pairs)]
            lines.setdefault(name, {}).update(zip((TASKS[task], f"{TASKS[task]}, within pressure"), both, strict=True))
    return pd.DataFrame.from_dict(lines, orient="index")


def mean_moments(glass, mean):
    """Moments of spectra on the channels of the whole-spectrum task.  (levels, channels) -> (levels, 8)"""
    S = geo2_spectra(glass.isel(site=[0]), channels=mean.shape[1])
    spectra = S.isel(site=0, drop=True).expand_dims(site=len(mean)).copy(data=mean)
    return windowed_moments(spectra, moment_windows(glass)).values


def minima(found, fitted):
    """Share of test spectra whose latent fit meets more than one minimum, NNCA.  -> {(task, k): (splits,)}"""
    keys = [(task, k) for task in (BOX, WHOLE) for k in (1, 2, 3)]

    def share(model, one):
        return (model.fit_latent(one.test[1][:FITTED], return_fit=True).minima > 1).mean()

    jobs = (
        delayed(share)(model, one)
        for task, k in keys
        for model, one in zip(fitted[task, "NNCA", k], found[task], strict=True)
    )
    shares = np.array(on_all_cores(jobs, len(keys) * len(found[BOX]), "minima")).reshape(len(keys), -1)
    return dict(zip(keys, shares, strict=True))


def error_table(errors):
    """Errors of both kinds of targets as texts.  -> DataFrame (method, target and group)"""
    lines = {}
    for (task, method, k), values in errors.items():
        source = "whole spectra" if task == WHOLE else "moments"
        line = lines.setdefault(f"{method}, k = {k}" if k else method, {})
        for column, group in enumerate(("first six O (Å)", "Ge (Å)")):
            line[f"{source}: {group}"] = cell(values[:, column])
    return pd.DataFrame.from_dict(lines, orient="index")


def on_minima(shares):
    """How often a latent fit has several minima, in words.  {(task, k): (splits,)} -> str"""
    words = [", ".join(f"{100 * shares[task, k].mean():.0f} % (k = {k})" for k in (1, 2, 3)) for task in (BOX, WHOLE)]
    return (
        f"The fit of latent variables meets more than one minimum for {words[0]} of the test sites when it starts from "
        f"moments, and for {words[1]} when it starts from whole spectra."
    )


def on_ratio(ratio, told):
    """What the moments leave out, in words.  -> str"""
    first, last = ratio.index[[0, -1]]
    alone, more = (values.mean() for values in told.values())
    _, low, high = over_splits(told["eight moments and two areas"] - told["eight moments"])
    return (
        f"The ratio of the two lines is {ratio['mean'].iloc[0]:.3f} at {first:g} GPa and {ratio['mean'].iloc[-1]:.3f} "
        f"at {last:g} GPa. No moment holds it, for each is normalised inside its own window. Kernel "
        f"ridge tells {alone:.3f} of the whole spectra's variance from the eight moments, and {more:.3f} when the two "
        f"areas are added (95 % interval of the gain {low:+.3f} to {high:+.3f})."
    )
