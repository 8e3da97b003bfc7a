"""What chapter 7 computes: errors of ways back over splits, what is told and added, leakage, decisive distances.

Distances have 17 columns, the neighbours in the order of the descriptor; models are {(method, k): estimators} as in
`nnca.book.reconstruction_results`.  A way back is "expansion", "pattern", "bent pattern", "direct" or "blind".
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from nnca import Emulator
from nnca.book import reconstruction_results as chapter_6
from nnca.book import tables
from nnca.book.reconstruction_results import GROUPS, SIX
from nnca.book.trained_networks import fit_eca, fit_networks
from nnca.features import distances_from_coulomb
from nnca.interpretation.patterns import conditional_mean, direct, likeness
from nnca.interpretation.told import alone, brought_back, following, recovered, response, told, within
from nnca.problem import Standardiser, glass_problem
from nnca.reconstruction import OXYGEN, SHELLS, ensemble
from nnca.uncertainty import interval, over_splits

METHODS = (tables.NNCA, tables.ECA_TRAIN)
WAYS = ("expansion", "pattern", "bent pattern")
SPLITS = 5
RESAMPLES = 30  # of the boxes of each split; each fits latent variables anew
LIMIT = 30.0  # GPa: what lies above is left out where leakage is shown
LEAKED = ("fifth and sixth O", "Ge")
BATCHES = 16  # in an epoch at least
WATER = 2000  # snapshots at most
NEAR = slice(len(OXYGEN))  # the first columns of the descriptor: the pairs of the central Ge


def strict_splits(ds, seed):
    """Five splits that hold back whole boxes, or whole families of boxes where the data name them.  -> list"""
    by = "parent" if "parent" in ds else "box"
    return [glass_problem(ds, seed + number, by=by) for number in range(SPLITS)]


def fit(problem, seeds, epochs, ks=(1, 2), eca=True):
    """Networks of one split, several seeds; ECA's vectors are from the training set.  -> {(method, k): estimators}"""
    problems, networks = {"moments": problem}, [("NNCA", k) for k in ks]
    networks = [("Emulator",), *networks] if eca else networks
    fitted = fit_networks(problems, networks, range(seeds), n_starts=1, **length(problem, epochs))
    fitted |= fit_eca(problems, fitted, vectors_from=("train",)) if eca else {}
    return chapter_6.models_of(fitted, METHODS if eca else METHODS[:1], ks)


def length(problem, epochs):
    """Epochs, and smaller batches where training rows are few, so that there are steps enough.  -> parameters"""
    size = len(problem.train_rows) // BATCHES
    return {"epochs": epochs} | ({"batch_size": size} if size < 100 else {})


def fit_water(problems, seeds, epochs):
    """NNCA with one component for each spectrum.  {kind: Problem} -> {(kind, "NNCA", 1): estimators}"""
    changes = {"n_starts": 1} | length(next(iter(problems.values())), epochs)
    return fit_networks(problems, [("NNCA", 1)], range(seeds), **changes)


def to_distances(problem, x):
    """Standardised features as distances.  (n, 153) -> (n, 17) angstrom"""
    return distances_from_coulomb(problem.inputs.inverse_transform(x))


def ways_back(model, problem, Y):
    """Structures behind spectra by one model, along each of WAYS.  (n, outputs) -> {way: (n, inputs)}"""
    X, T = problem.train[0], model.fit_latent(Y)
    bent = conditional_mean(model.transform(X), X)
    back = (model.inverse_transform(T), model.inverse_transform(T, by="pattern"), bent.predict(T))
    return dict(zip(WAYS, back, strict=True))


def without_model(problem, Y):
    """Structures behind spectra by direct regression, and the mean structure.  (n, outputs) -> {way: (n, inputs)}"""
    return {"direct": direct(*problem.train).predict(Y), "blind": np.zeros((len(Y), problem.X.shape[1]))}


@dataclass(frozen=True)
class Errors:
    """Mean absolute errors of distances (angstrom) of every split and seed: as they are, then with boxes resampled.

    Intervals draw splits, in each of them seeds, and resampled boxes; like those of chapter 6 they are reflected at the
    estimate.  Splits share most of their data, so that five of them tell too little rather than too much apart.
    """

    values: dict  # (method, k, way), or (way,) without a model -> (splits, seeds, 1 + resamples, 17)
    random_state: int

    def mean(self, key, rows):
        return float(np.nanmean(self.values[key][:, :, 0][..., rows]))

    def drawn(self, key, rows, n=1000):
        """Resampled means; the same splits and boxes for every key, so that differences are paired.  -> (n,)"""
        rng, each = np.random.default_rng(self.random_state), np.nanmean(self.values[key][..., rows], axis=-1)
        splits, seeds, resamples = each.shape
        split, box = rng.integers(splits, size=(n, splits)), rng.integers(1, resamples, size=(n, splits))
        return each[split, rng.integers(seeds, size=(n, splits)), box].mean(axis=1)

    def excess(self, one, other, rows):
        """How much larger the error of `one` is than that of `other`, with its 95 % interval.  -> mean, low, high"""
        apart = self.mean(one, rows) - self.mean(other, rows)
        low, high = interval(self.drawn(one, rows) - self.drawn(other, rows))
        return apart, 2 * apart - high, 2 * apart - low


def errors(models, splits, ds, random_state):
    """Errors of every way back.  [{(method, k): estimators}], [Problem] of the same splits -> Errors"""
    jobs = (delayed(_errors)(*one, ds, random_state) for one in zip(models, splits, strict=True))
    found = Parallel(n_jobs=-1)(jobs)
    return Errors({key: np.array([one[key] for one in found]) for key in found[0]}, random_state)


def _errors(models, problem, ds, random_state):
    """The same for one split.  -> {key: (seeds, 1 + resamples, 17)}"""
    rng = np.random.default_rng(random_state)
    rows = problem.test_rows
    known = [ensemble(ds, rows), *chapter_6.resampled_ensembles(ds, rows, rng, RESAMPLES)]
    known += known[1 : RESAMPLES + 2 - len(known)]  # in place of draws that left a pressure empty
    Y = problem.targets.transform(np.concatenate([one.moments for one in known]))

    def judged(x):
        parts = np.split(to_distances(problem, x), len(known))
        return [one.error(part) for one, part in zip(known, parts, strict=True)]

    found = {(way,): np.array([judged(x)]) for way, x in without_model(problem, Y).items()}
    for (method, k), group in models.items():
        back = [ways_back(one, problem, Y) for one in group]
        found |= {(method, k, way): np.array([judged(one[way]) for one in back]) for way in WAYS}
    return found


def error_table(found):
    """Errors by groups of neighbours, means over splits and networks.  Errors -> DataFrame of texts"""
    names = {"direct": "least squares, no latent variables", "blind": "mean structure"}
    rows = {}
    for key in sorted(found.values, key=len, reverse=True):
        name = names[key[0]] if len(key) == 1 else f"{chapter_6.label(*key[:2])}, {key[2]}"
        rows[name] = {group: f"{found.mean(key, of):.3f}" for group, of in GROUPS.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def nearest(found):
    """Which way back errs least in the first six O, in words.  Errors -> str"""
    method, k, way = min((key for key in found.values if len(key) == 3), key=lambda key: found.mean(key, SIX))
    error, rival = found.mean((method, k, way), SIX), found.mean(("direct",), SIX)
    text = f"With latent variables, {chapter_6.label(method, k)}, {way}, comes nearest to the first six O. It errs by "
    return text + f"{error:.3f} Å, least squares without latent variables by {rival:.3f} Å."


def vectors(models, attribute):
    """First rows of filters or patterns over the 17 distances, turned alike.  -> {method: (networks, 17)}"""
    found = {
        method: np.array([getattr(one, attribute)[0] for m in models for one in m[method, 1]]) for method in METHODS
    }
    signs = {method: np.sign([one.patterns_[0, SIX[4]] for m in models for one in m[method, 1]]) for method in METHODS}
    return {method: (signs[method][:, None] * each)[:, NEAR] for method, each in found.items()}


def likenesses(models):
    """|Cosine| of NNCA's and ECA's filters, of their patterns, and of the patterns less the filters', by split.

    [{(method, k): estimators}] -> {name: (mean, low, high)}
    """
    pairs = [(split[tables.NNCA, 1], split[tables.ECA_TRAIN, 1]) for split in models]
    each = {
        name: [np.mean([likeness(getattr(a, kind)[0], getattr(b, kind)[0]) for a in A for b in B]) for A, B in pairs]
        for name, kind in {"filters": "components_", "patterns": "patterns_"}.items()
    }
    each["gap"] = np.subtract(each["patterns"], each["filters"])
    return {name: over_splits(values) for name, values in each.items()}


def water_table(free, fitted, tied, again):
    """Share of variance that comes back in both ensembles: problems and networks of each.  -> DataFrame of texts"""
    apart = _water_table(tied, again).rename(columns="{}, tied".format)
    return pd.concat([_water_table(free, fitted), apart], axis=1)


def _water_table(problems, fitted):
    """By expansion, pattern and direct regression, on test data.  -> DataFrame of texts"""
    lines = {}
    for kind, problem in problems.items():
        X, Y = problem.test
        back = [ways_back(one, problem, Y) for one in fitted[kind, "NNCA", 1]]
        shares = {way: np.mean([brought_back(X, one[way]) for one in back], axis=0) for way in WAYS[:2]}
        shares["direct"] = recovered(problem.train, problem.test)
        for way, (angle, *bonds) in shares.items():
            lines[f"{kind.upper()}, {way}"] = {"angle": f"{angle:.2f}", "bonds": f"{np.mean(bonds):.2f}"}
    return pd.DataFrame.from_dict(lines, orient="index")


def on_water(free, tied, found):
    """What a tie made by choice does, in words.  Networks of both ensembles, their `water_table` -> str"""
    least = [
        min(likeness(one.components_[0], one.patterns_[0]) for group in fitted.values() for one in group)
        for fitted in (free, tied)
    ]
    pattern, expansion = (float(found.loc[f"XES, {way}", "bonds, tied"]) for way in ("pattern", "expansion"))
    text = f"The least cosine of filter and pattern is {least[0]:.3f} in the free ensemble and {least[1]:.3f} in the "
    text += "tied one. From XES the bonds come back with " + f"{pattern:+.2f} of their variance by the tied "
    text += f"pattern, and with {expansion:+.2f} by the expansion."
    return text + (" The pattern believes in the tie." if pattern < min(expansion, 0) else "")


COLUMNS = {  # of what is known of each distance -> title of a table's column
    "filter": "weight in the filter",
    "alone": "spectrum, alone",
    "following": "spectrum, others follow",
    "from t": "back from $t_1$",
    "recovered": "back from the spectrum",
    "within": "within one pressure",
    "pressure": "from the pressure",
    "told": "told",
}


def near(problem):
    """Training and test data whose structures are the 17 distances alone.  -> (X, Y), (X, Y)"""
    return tuple((X[:, NEAR], Y) for X, Y in (problem.train, problem.test))


def distance_emulators(splits, epochs, seed):
    """An emulator of each split that sees the 17 distances and nothing else.  -> list of Emulators"""
    models = [Emulator(alpha=0.1, random_state=seed + n, **length(one, epochs)) for n, one in enumerate(splits)]
    jobs = (delayed(model.fit)(*near(one)[0]) for model, one in zip(models, splits, strict=True))
    return Parallel(n_jobs=-1)(jobs)


def on_emulators(emulators, splits):
    """What the emulators of distances cover of their test data, in words.  -> str"""
    scores = [emulator.score(*near(one)[1]) for emulator, one in zip(emulators, splits, strict=True)]
    return f"The emulators that see 17 distances cover {np.mean(scores):.2f} of the moments of test sites."


def told_and_added(models, emulators, splits, ds, seed):
    """COLUMNS for every distance in every split.  -> {name: (splits, 17)}"""
    jobs = zip(models, emulators, splits, strict=True)
    found = Parallel(n_jobs=-1)(delayed(_told_and_added)(*one, ds.pressure.values, seed) for one in jobs)
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def _told_and_added(models, emulator, problem, pressure, seed):
    train, test = near(problem)
    levels = [pressure[rows] for rows in (problem.train_rows, problem.test_rows)]
    X, nets = test[0], models[tables.NNCA, 1]
    apart = [within(level, *pair) for level, pair in zip(levels, (train, test), strict=True)]
    latent = [[(A[:, NEAR], one.transform(A)) for A, _ in (problem.train, problem.test)] for one in nets]
    means = [train[0][levels[0] == level].mean(axis=0) for level in levels[1]]
    return {
        "filter": np.mean([np.abs(one.components_[0, NEAR]) for one in nets], axis=0),
        "alone": response(emulator, X, alone(X)),
        "following": response(emulator, X, following(X)),
        "from t": np.mean([recovered(*pair) for pair in latent], axis=0),
        "recovered": recovered(train, test),
        "within": recovered(*apart),
        "pressure": brought_back(X, np.array(means)),
        "told": told(emulator, train, test, seed),
    }


def told_table(found):
    """The numbers of every distance, means over splits.  -> DataFrame of texts"""
    values = {COLUMNS[name]: each.mean(axis=0) for name, each in found.items()}
    frame = pd.DataFrame(values, index=NEIGHBOURS).map("{:.2f}".format)
    return frame.loc[[*NEIGHBOURS[OXYGEN], *NEIGHBOURS[~OXYGEN]]]


def names_of(mask):
    """Names of the neighbours by kind and rank.  (17,) -> array of str"""
    return np.where(mask, [f"O{n}" for n in np.cumsum(mask)], [f"Ge{n}" for n in np.cumsum(~mask)])


NEIGHBOURS = names_of(OXYGEN)


def added(found, rows):
    """Share of what comes back of some distances that is added by the ensemble, over splits.  -> mean, low, high"""
    back, by_itself = (found[name][:, rows].mean(axis=1) for name in ("recovered", "told"))
    return over_splits(1 - by_itself / back)


@dataclass(frozen=True)
class Leak:
    """Groups of distances above the highest pressure trained on.  {group: ...}, means over splits and networks"""

    pressure: np.ndarray  # (levels,) GPa
    known: dict  # group -> (levels,)
    ways: dict  # way -> {group: (splits, levels)}, trained without these pressures

    def signed(self, way, group):
        """Distances brought back less the known, mean over pressures, over splits.  -> mean, low, high (angstrom)"""
        return over_splits((self.ways[way][group] - self.known[group]).mean(axis=1))

    def table(self):
        """Mean absolute errors of the groups' mean distances, over pressures and splits.  -> DataFrame of texts"""
        errors = {
            way: {group: np.abs(each[group] - self.known[group]).mean() for group in self.known}
            for way, each in self.ways.items()
        }
        return pd.DataFrame.from_dict(errors, orient="index").map("{:.3f} Å".format)


def leak(splits, ds, seeds, epochs):
    """Train without what lies above LIMIT, and bring it back.  -> Leak"""
    pressure, found = ds.pressure.values, []
    known = ensemble(ds, np.flatnonzero(pressure > LIMIT))
    for one in splits:
        low, high = one.train_rows[pressure[one.train_rows] <= LIMIT], one.test_rows[pressure[one.test_rows] > LIMIT]
        problem = restricted(one, low, high)
        Y = problem.targets.transform(known.moments)
        nets = fit(problem, seeds, epochs, ks=(1,), eca=False)[tables.NNCA, 1]
        back = [ways_back(net, problem, Y) for net in nets]
        ways = {way: np.mean([to_distances(problem, each[way]) for each in back], axis=0) for way in WAYS[:2]}
        found.append(ways | {way: to_distances(problem, x) for way, x in without_model(problem, Y).items()})
    ways = {way: [mean_of_groups(one[way]) for one in found] for way in found[0]}
    ways = {way: {group: np.array([one[group] for one in each]) for group in LEAKED} for way, each in ways.items()}
    return Leak(known.pressure, mean_of_groups(known.distances), ways)


def mean_of_groups(distances):
    """Mean distance of the groups that leakage is shown for.  (levels, 17) -> {group: (levels,)}"""
    return {group: distances[:, SHELLS[group]].mean(axis=1) for group in LEAKED}


def at_all_pressures(ds):
    """What leakage is drawn against.  -> LIMIT, pressures (levels,), known {group: (levels,)}"""
    every = ensemble(ds, np.arange(ds.sizes["site"]))
    return LIMIT, every.pressure, mean_of_groups(every.distances)


def restricted(problem, train_rows, test_rows):
    """The same problem with other rows, standardised by its new training rows.  -> Problem"""
    x, S = problem.inputs.inverse_transform(problem.X), problem.targets.inverse_transform(problem.Y)
    one_scale = np.ptp(problem.targets.scale) == 0
    inputs, targets = Standardiser.fit(x[train_rows]), Standardiser.fit(S[train_rows], one_scale)
    parts = {"X": inputs.transform(x), "Y": targets.transform(S), "inputs": inputs, "targets": targets}
    return replace(problem, train_rows=train_rows, test_rows=test_rows, **parts)


def tied(problem):
    """Water with a tie made by choice: trained where wide angles go with long bonds, tested where they do not."""
    angle, one, other = problem.X.T
    wide_and_long = angle * (one + other) > 0
    return restricted(problem, np.flatnonzero(wide_and_long), np.flatnonzero(~wide_and_long))


def in_short(found, parts):
    """For the summary: errors of the first six O by expansion and pattern; shares added, for O5 and O6, and Ge."""
    errors = [found.mean((tables.NNCA, 1, way), SIX) for way in WAYS[:2]]
    return errors, [parts[group][0] for group in LEAKED]
