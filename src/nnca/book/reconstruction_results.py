"""What chapter 6 computes around its reconstructions: errors with intervals, vectors beside correlations, kernel ridge.

Distances have 17 columns, the neighbours in the order of the descriptor.  Results of methods are {(method, k): ...}, a
method being (name, vectors_from) as in `nnca.book.tables`.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from nnca.book import tables
from nnca.book.nnca_results import alike
from nnca.features import coulomb_features, distances_from_coulomb
from nnca.figures import method_label
from nnca.learning_curve import learning_curve
from nnca.reconstruction import OXYGEN, SHELLS, Ensemble, reconstruct
from nnca.spectra import GEO2_LINES, MOMENTS, geo2_spectra, moment_windows, windowed_moments
from nnca.uncertainty import bootstrap, compare, interval

METHODS = (tables.NNCA, tables.ECA, tables.ECA_TRAIN)
SIX = np.flatnonzero(OXYGEN)[:6]
GROUPS = {"first six O": SIX} | SHELLS
RESAMPLES = 100  # each fits latent variables anew
RIDGE_ROWS = 3000  # training sites of kernel ridge
MARKED = {"O5": SIX[4], "O6": SIX[5]}  # the neighbours whose way in is the change of coordination


def label(method, k):
    """How tables and figures name a method with so many components.  -> str"""
    return f"{method_label(*method)}, k = {k}".replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")


def models_of(fitted, methods=METHODS, ks=(1, 2)):
    """Estimators of the moments, one a seed.  `fitted` of `nnca.book.trained_networks` -> {(method, k): estimators}"""
    keys = [(name, source, k) for name, source in methods for k in ks]
    return {((name, source), k): fitted[("moments", name, k, source)[: 4 if source else 3]] for name, source, k in keys}


def blind(problem):
    """Distances of the mean structure of the training set: a guess without any spectrum.  Problem -> (17,)"""
    return distances_from_coulomb(problem.inputs.mean[None])[0]


def moment_shift(ds, problem, known):
    """How far the moments of mean spectra lie from mean moments, mean over pressures.  -> Series, largest first

    In standard deviations of a moment over sites.
    """
    pressure = ds.pressure.values[problem.test_rows]
    averages = [problem.Y[problem.test_rows[pressure == level]].mean(axis=0) for level in known.pressure]
    shift = np.abs(problem.targets.transform(known.moments) - averages).mean(axis=0)
    names = [f"{moment} of {line}" for line in GEO2_LINES.values() for moment in MOMENTS]
    return pd.Series(shift, names).sort_values(ascending=False)


def landscape(model, problem, known, points=400):
    """The error along one latent variable at each pressure.  -> T (points,), errors (levels, points), fits (levels,)"""
    T = np.linspace(*(model.latent_range_[:, 0] * 1.1), points)
    goal = problem.targets.transform(known.moments)
    errors = ((model.decode(T[:, None]) - goal[:, None]) ** 2).sum(axis=2)
    return T, errors, model.fit_latent(goal)[:, 0]


def mean_distances(back):
    """Reconstructed distances, means over networks.  {(method, k): Reconstructions} -> {(method, k): (levels, 17)}"""
    return {key: np.mean([one.distances for one in group], axis=0) for key, group in back.items()}


def panels(mean, known):
    """Sets of distances for Fig. 5: NNCA and ECA, one and two components, and the known.  -> {title: [...]}"""
    both = {method[0]: [mean[method, k] for k in (1, 2)] for method in (tables.NNCA, tables.ECA)}
    return both | {"known": [known.distances]}


def half_way(known, brought):
    """The pressure (GPa) at which the fifth O has first made half of its way, or NaN where it makes none.  -> [2]"""
    found = []
    for distance in (known.distances[:, MARKED["O5"]], brought[:, MARKED["O5"]]):
        fall = distance[0] - np.fmin.accumulate(distance)
        found.append(np.interp(fall[-1] / 2, fall, known.pressure) if fall[-1] > 0 else np.nan)
    return found


def slopes(brought, known):
    """How far distances move for 1 angstrom of the known ones.  (levels, 17), (levels, 17) -> {group: float}"""
    ours, true = brought - brought.mean(axis=0), known - known.mean(axis=0)
    each = (ours * true).sum(axis=0) / (true**2).sum(axis=0)
    return {group: float(each[rows].mean()) for group, rows in GROUPS.items()}


@dataclass(frozen=True)
class Errors:
    """Mean absolute errors of distances (angstrom): of every network, and with boxes and networks resampled.

    Resampling adds noise to every error.  Intervals are reflected at the estimate, which takes it off again.
    """

    values: dict  # (method, k) -> (seeds, 17)
    resampled: dict  # (method, k) -> (n, 17)
    guess: np.ndarray  # (17,), of the mean structure
    guess_resampled: np.ndarray  # (n, 17)

    def mean(self, key, rows):
        """Mean over networks and some of the distances.  -> float"""
        return float(self.values[key][:, rows].mean())

    def excess(self, one, other, rows):
        """How much larger the error of `one` is than that of `other`, with its 95 % interval.  -> mean, low, high"""
        apart = self.resampled[one][:, rows].mean(axis=1) - self.resampled[other][:, rows].mean(axis=1)
        return _reflected(self.mean(one, rows) - self.mean(other, rows), apart)

    def removed(self, key, rows):
        """Share of the mean structure's error that is gone, with its 95 % interval.  -> mean, low, high"""
        left = self.resampled[key][:, rows].mean(axis=1) / self.guess_resampled[:, rows].mean(axis=1)
        return _reflected(1 - self.mean(key, rows) / self.guess[rows].mean(), 1 - left)


def _reflected(estimate, resampled):
    """An estimate with its basic bootstrap interval.  float, (n,) -> mean, low, high"""
    low, high = interval(resampled)
    return float(estimate), 2 * estimate - high, 2 * estimate - low


def errors(back, models, problem, ds, known, random_state):
    """Errors of all reconstructions.  Each resample draws boxes, fits their mean spectra anew and draws networks.

    `back` {(method, k): Reconstructions} of the networks `models`, `known` the Ensemble of the test sites.  -> Errors
    """
    rng = np.random.default_rng(random_state)
    drawn = resampled_ensembles(ds, problem.test_rows, rng)
    jobs = [(key, one) for key, group in models.items() for one in group]
    found = Parallel(n_jobs=-1)(delayed(_refitted)(one, problem, drawn) for _, one in jobs)
    resampled = {}
    for key, group in models.items():
        each = np.array(
            [value for (other, _), value in zip(jobs, found, strict=True) if other == key]
        )  # (seeds, n, 17)
        seeds = rng.integers(len(group), size=each.shape[:2])
        resampled[key] = np.take_along_axis(each, seeds[:, :, None], axis=0).mean(axis=0)
    values = {key: np.array([known.error(one.distances) for one in group]) for key, group in back.items()}
    guess = blind(problem)
    return Errors(values, resampled, known.error(guess), np.array([one.error(guess) for one in drawn]))


def _refitted(model, problem, ensembles):
    """Errors of one network's reconstructions of many ensembles.  -> (n, 17)"""
    back = reconstruct(model, problem, np.concatenate([one.moments for one in ensembles])).distances
    return np.array([one.error(d) for one, d in zip(ensembles, np.split(back, len(ensembles)), strict=True)])


def resampled_ensembles(ds, rows, rng, n=RESAMPLES):
    """Ensembles of the test sites with whole boxes drawn again, or the glasses they were made from.  -> list

    Boxes are drawn pressure by pressure.  A draw that leaves a pressure without sites is left out.
    """
    sites = ds.isel(site=rows)
    levels, level = np.unique(sites.pressure.values, return_inverse=True)
    names, group = np.unique(alike(ds, rows)[0], return_inverse=True)
    several = any(len(np.unique(level[group == one])) > 1 for one in range(len(names)))
    strata = np.zeros(len(names)) if several else np.array([level[group == one][0] for one in range(len(names))])
    S, distances = geo2_spectra(sites), distances_from_coulomb(coulomb_features(sites))
    found = []
    for times in _draws(strata, n, rng):
        weight = times[group] * (level == np.arange(len(levels))[:, None])  # (levels, sites)
        if weight.any(axis=1).all():
            weight /= weight.sum(axis=1, keepdims=True)
            mean = S[: len(levels)].copy(data=weight @ S.values)
            found.append(Ensemble(levels, windowed_moments(mean, moment_windows(ds)).values, weight @ distances))
    return found


def _draws(strata, n, rng):
    """How often each group is drawn with replacement among those of its stratum.  (groups,) -> (n, groups)"""
    times = np.zeros((n, len(strata)))
    for one in np.unique(strata):
        members = np.flatnonzero(strata == one)
        times[:, members] = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), size=n)
    return times


def error_table(found, floor):
    """Errors by groups of neighbours, means over networks.  Errors, (17,) -> DataFrame of texts"""
    rows = {label(*key): values.mean(axis=0) for key, values in found.values.items()}
    rows |= {"mean structure": found.guess, "true mean matrices": floor}
    lines = {name: {group: each[of].mean() for group, of in GROUPS.items()} for name, each in rows.items()}
    return pd.DataFrame.from_dict(lines, orient="index").map("{:.3f}".format)


def kept_errors(found):
    """The same for the first page.  Errors -> list of dict"""
    rows = [(key, shell) for key in found.values for shell in SHELLS]
    return [
        {"what": "distance error", "method": method, "vectors_from": source, "k": k, "shell": shell}
        | {"error": found.mean(((method, source), k), SHELLS[shell]), "guess": float(found.guess[SHELLS[shell]].mean())}
        for ((method, source), k), shell in rows
    ]


def floor(ds, problem, known):
    """Error of distances read from the true mean Coulomb matrices.  -> (17,)"""
    pressure = ds.pressure.values[problem.test_rows]
    x = [problem.X[problem.test_rows[pressure == level]].mean(axis=0) for level in known.pressure]
    return known.error(distances_from_coulomb(problem.inputs.inverse_transform(x)))


def physical(back):
    """What an expansion does not guarantee, means over networks, all pressures together.  -> DataFrame of texts"""
    return pd.DataFrame.from_dict(
        {
            label(*key): {
                "distances out of order": f"{np.mean([one.crossings for one in group]):.1f}",
                "elements without a distance": f"{np.mean([one.impossible for one in group]):.1f}",
                "minima of a fit": f"{np.mean([one.minima.mean() for one in group]):.1f}",
                "left over": f"{np.mean([one.residual.mean() for one in group]):.2f}",
            }
            for key, group in back.items()
        },
        orient="index",
    )


def weights(models, problem):
    """Components of one-component vectors over the 17 distances, and how these go with t.  -> two {method: (seeds, 17)}

    A vector's sign is free: it is turned so that t goes with the nearest five O, taken together.
    """
    vectors, correlations = {}, {}
    x, central = problem.test[0][:, :17], SIX[4]
    for method in (tables.NNCA, tables.ECA):
        t = [one.transform(problem.test[0])[:, 0] for one in models[method, 1]]
        r = np.array([[np.corrcoef(each, column)[0, 1] for column in x.T] for each in t])
        sign = np.sign(r[:, [central]])
        vectors[method] = sign * np.array([one.components_[0, :17] for one in models[method, 1]])
        correlations[method] = sign * r
    return vectors, correlations


def germanium_matters(ds, problem, random_state):
    """Kernel ridge that sees the Ge–O distances alone, and the Ge–Ge distances too.  -> {name: R2}, gain with interval

    Features are the first 17 elements of the Coulomb matrix; at most RIDGE_ROWS training sites, boxes resampled.
    """
    train = np.random.default_rng(random_state).permutation(problem.train_rows)[:RIDGE_ROWS]
    sets = {"Ge–O alone": np.flatnonzero(OXYGEN), "Ge–O and Ge–Ge": np.arange(len(OXYGEN))}
    curves = {
        name: learning_curve(problem.X[:, columns], problem.Y, train, problem.test_rows, random_state)
        for name, columns in sets.items()
    }
    truth, groups = next(iter(curves.values())).truth, alike(ds, problem.test_rows)[0]
    each = {name: curve.prediction[None] for name, curve in curves.items()}
    without, with_ = bootstrap(truth, each, random_state, groups=groups).values()
    scores = {name: curve.scores[-1] for name, curve in curves.items()}
    return scores, (scores["Ge–O and Ge–Ge"] - scores["Ge–O alone"], *interval(with_ - without))


def shared(ds, problem):
    """Share of the test sites whose box, or the glass it was made from, has training sites too.  -> float"""
    train, test = (alike(ds, rows)[0] for rows in (problem.train_rows, problem.test_rows))
    return float(np.isin(test, train).mean())


def covered(estimators, problem, ds, random_state):
    """Covered variance of the test set with its 95 % interval over boxes and networks, in words.  -> str"""
    groups = alike(ds, problem.test_rows)[0]
    found = compare({"": estimators}, *problem.test, random_state, groups)
    low, high = found.interval("")
    return f"{found.mean(''):.2f} ({low:.2f} to {high:.2f})"


def split_table(by_site, strict):
    """Both splits side by side.  (models, problem, Ensemble) twice -> DataFrame of texts"""
    lines = {}
    for key in strict[0]:
        line = {}
        for name, (models, problem, known) in {"by site": by_site, "strict": strict}.items():
            score = np.mean([one.score(*problem.test) for one in models[key]])
            back = [known.error(reconstruct(one, problem, known.moments).distances) for one in models[key]]
            line |= {f"$R^2$, {name}": score, f"first six O (Å), {name}": np.mean(back, axis=0)[SIX].mean()}
        lines[label(*key)] = line
    no_spectrum = {
        f"first six O (Å), {name}": known.error(blind(problem))[SIX].mean()
        for name, (_, problem, known) in {"by site": by_site, "strict": strict}.items()
    }
    lines["mean structure"] = no_spectrum
    return pd.DataFrame.from_dict(lines, orient="index").map("{:.3f}".format)  # a NaN is shown as a dash
