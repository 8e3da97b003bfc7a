"""What the chapter on your own spectra computes around its study: the data, the tables, the verdicts in words."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import xarray as xr
from joblib import Parallel, delayed

from nnca.book import verdicts
from nnca.book.hyperparameters import tuned
from nnca.data import DATA, load_h2o
from nnca.figures import TARGETS
from nnca.own.study import KS, feature_groups, lengths
from nnca.problem import water_problem
from nnca.schema import DataError
from nnca.spectra import h2o_sticks
from nnca.uncertainty import Interval, over_splits

OURS = DATA / "nh3"
MOST_KINDS = 6
COMPLEX = ("xes", "xas")  # spectra by which the guess about complex systems is judged; XPS has one number to tell
LEARNT, NOT, FEW = "learnt", "not learnt", "too few data"
WELL = 0.9  # covered variance from which on a spectrum counts as emulated
ENOUGH = 0.9  # of the emulator's, from which on k numbers count as enough
HALF = 0.5  # of a feature's variance, from which on it counts as come back
RISING = 0.02  # gained by the last doubling of the rows: more data would help
MANY = 500  # training rows; a curve of fewer that lies flat may not have begun to climb
BEGUN = 0.2  # covered variance from which on something is learnt that a curve can tell about
PLACES = {
    "2a₁": ("xes", 0),
    "1e": ("xes", slice(1, 3)),
    "3a₁": ("xes", 3),
    "4a₁": ("xas", 0),
    "2e": ("xas", slice(1, 3)),
}
# Gas phase, eV.  The first two: N 1s, and N 1s less the vertical ionisation energies of the valence orbitals.
MEASURED = {"N 1s": 405.6, "1e": 389.2, "3a₁": 394.75, "4a₁": 400.66, "2e": 402.33}
ALIGNED = ("N 1s", "3a₁", "4a₁")  # lines that the calculation was shifted to, for the molecule at rest


def settled(p):
    """The chapter's parameters with ammonia's where no folders are given, and in the terms of `own_data`."""
    if bool(p.structures) != bool(p.spectra):
        raise DataError("structures and spectra are given both, or neither for this project's ammonia")
    absorber = int(p.absorber) if str(p.absorber).isdigit() else p.absorber or None
    given = {"absorber": absorber, "energy_shift": p.energy_shift or 0.0, "normalisation": p.normalisation or "none"}
    if not p.structures:
        given |= {"structures": OURS / "structures", "spectra": OURS / "spectra"}
        given |= {"absorber": "N" if absorber is None else absorber, "groups": p.groups or "trajectory"}
    return SimpleNamespace(**vars(p) | given)


def is_ours(p):
    """Whether settled parameters mean this project's ammonia: a folder that a reader names is a text."""
    return p.structures == OURS / "structures"


def kinds(spectra):
    """The kinds of spectra that a path holds: one, or one for each folder in a folder.  -> {kind: path}"""
    path = Path(spectra).expanduser()
    inner = sorted(one for one in path.iterdir() if not one.name.startswith(".")) if path.is_dir() else []
    if not inner or any(one.is_file() for one in inner):
        return {"spectra": spectra}
    if len(inner) > MOST_KINDS:
        raise DataError(
            f"{spectra}: holds {len(inner)} folders; {MOST_KINDS} kinds of spectra at most are expected, or a pattern "
            "such as runs/*/xmu.dat"
        )
    known = [kind for kind in TARGETS if kind in {one.name for one in inner}]  # in the order of the other chapters
    return {kind: path / kind for kind in dict.fromkeys([*known, *(one.name for one in inner)])}


def name_of(kind):
    return TARGETS.get(kind, kind)


def on_data(data):
    """What was read, in sentences."""
    first = next(iter(data.values()))
    text = f"There are {len(first.X):,} pairs, each with {len(first.features)} features that vary. "
    for kind, one in data.items():
        text += f"The channels of {name_of(kind)} go from {one.energy[0]:.1f} to {one.energy[-1]:.1f} eV "
        text += f"in {len(one.energy)} steps. "
    if first.groups is not None:
        text += f"The pairs belong to {len(set(first.groups)):,} groups, and a group is never split. "
    task = first.problem()
    if task.basis is not None:
        text += f"For so many features the rows are few, so the networks see {task.X.shape[1]} principal components. "
    return text + " ".join(dict.fromkeys(note for one in data.values() for note in one.notes))


def line_table():
    """Where ammonia's lines lie, measured and here.  -> DataFrame of texts, largest free difference (eV)"""
    ds, rows, worst = xr.load_dataset(DATA / "nh3.nc", engine="h5netcdf"), {}, 0.0
    for name, measured in MEASURED.items():
        kind, index = PLACES.get(name, ("xps", 0))
        here = h2o_sticks(ds, kind)[0][:, index]
        free = name not in ALIGNED
        worst = max(worst, abs(here.mean() - measured)) if free else worst
        rows[name] = {
            "spectrum": TARGETS[kind],
            "measured (eV)": f"{measured:.2f}",
            "mean here (eV)": f"{here.mean():.2f}",
            "difference (eV)": f"{here.mean() - measured:+.2f}",
            "": "" if free else "aligned at rest",
        }
    return pd.DataFrame.from_dict(rows, orient="index"), worst


def scores(splits):
    """Covered variances over splits.  list of Split -> {(method, k): Interval}"""
    return {key: over_splits([split.scores[key] for split in splits]) for key in splits[0].scores}


def all_scores(studies):
    """The same for every kind.  {kind: list of Split} -> {kind: {(method, k): Interval}}"""
    return {kind: scores(splits) for kind, splits in studies.items()}


def score_table(studies):
    """Covered variance of every method with its interval.  -> DataFrame of texts"""
    rows = {}
    for kind, found in all_scores(studies).items():
        for k in (None, *KS):
            line = {method: _spoken(found[method, one]) for method, one in found if one == k}
            if line:
                rows[f"{name_of(kind)}, " + ("no bottleneck" if k is None else f"k = {k}")] = line
    return pd.DataFrame.from_dict(rows, orient="index")


def _spoken(one):
    """Mean and interval; none covers more than all."""
    return f"{one.mean:.2f} ({one.low:.2f} to {min(one.high, 1):.2f})"


def gain(splits):
    """What the last doubling of the training rows added to kernel ridge's covered variance.  -> Interval"""
    return over_splits([split.curve[-1] - split.curve[-2] for split in splits])


def may_rise(splits):
    """Whether more rows may help: the last doubling did, or the rows are too few to say.  -> bool"""
    return bool(gain(splits).mean > RISING or splits[0].sizes[-1] < MANY)


def verdict(one, threshold, rising):
    """Learnt where the interval lies above a threshold, not learnt where it lies below and more rows add nothing."""
    if one.low >= threshold:
        return LEARNT
    return NOT if one.high < threshold and not rising else FEW


def verdict_table(studies):
    """A verdict for each spectrum: the emulator, k numbers, and how many features come back.  -> DataFrame of texts"""
    rows = {}
    for kind, splits in studies.items():
        found, rising = scores(splits), may_rise(splits)
        line = {"emulated": verdict(found["emulator", None], WELL, rising)}
        mark = max(found["emulator", None].mean, found["kernel ridge", None].mean)
        for k in (k for method, k in found if method == "NNCA"):
            share = over_splits([split.scores["NNCA", k] / mark for split in splits]) if mark > 0 else None
            word = line["emulated"] if share is None else verdict(share, ENOUGH, rising)
            line[f"{k} number{'s' * (k > 1)}"] = word
        back = came_back(splits)
        said = [verdict(one, HALF, rising) for one in back]
        line["features that come back"] = f"{said.count(LEARNT)} of {len(said)}, {said.count(FEW)} open"
        rows[name_of(kind)] = line
    return pd.DataFrame.from_dict(rows, orient="index")


def came_back(splits):
    """Share of each feature's variance that comes back, with most components.  -> list of Interval"""
    most = max(splits[0].back)
    return [over_splits(values) for values in np.array([split.back[most] for split in splits]).T]


def decided(splits, features):
    """What the emulator loses without each group of features.  -> {group: Interval}, the largest first"""
    found = {
        name: over_splits(values)
        for name, values in zip(feature_groups(features), np.array([split.drop for split in splits]).T, strict=True)
    }
    return dict(sorted(found.items(), key=lambda item: -item[1].mean))


def on_learning(studies):
    """Whether more data would help, for each spectrum."""
    text = []
    for kind, splits in studies.items():
        more = gain(splits)
        helps = "More data would help" if more.mean > RISING else "More data would hardly help"
        if np.mean([split.curve[-1] for split in splits]) < BEGUN:
            helps = "Hardly anything is learnt yet, so the curve cannot say whether more data would help"
        text.append(
            f"{name_of(kind)}: the last doubling to {splits[0].sizes[-1]:,} rows added {more.mean:.3f} "
            f"({more.low:.3f} to {more.high:.3f}). {helps}."
        )
    return "\n\n".join(text)


def on_verdicts(studies):
    """The verdicts in plain sentences."""
    text = []
    for kind, splits in studies.items():
        found, rising = scores(splits), may_rise(splits)
        said = verdict(found["emulator", None], WELL, rising)
        means = {
            LEARNT: "The structure determines this spectrum, and the emulator has learnt how",
            NOT: "The emulator has not learnt this spectrum, and more rows of the same kind would not change that. "
            "Try another descriptor, or ask what else the spectrum depends on",
            FEW: "These rows are too few to say whether this spectrum can be emulated with these features",
        }[said]
        text.append(f"**{name_of(kind)}: {said}.** {means}.")
    return "\n\n".join(text)


def gaps(studies):
    """How far one component of NNCA stays behind one of EDNN.  -> {kind: Interval}"""
    return {
        kind: over_splits([split.scores["EDNN", 1] - split.scores["NNCA", 1] for split in studies[kind]])
        for kind in COMPLEX
    }


def water_gaps(rows, seeds):
    """The same for as many rows of water, with the hyperparameters of its own searches.  -> {kind: Interval}"""
    water = load_h2o(at_most=rows)
    found = Parallel(n_jobs=-1)(delayed(_water_gap)(water, kind, seed) for kind in COMPLEX for seed in range(seeds))
    return dict(zip(COMPLEX, map(over_splits, np.reshape(found, (len(COMPLEX), -1))), strict=True))


def _water_gap(water, kind, seed):
    task = water_problem(water, kind, seed)
    how = {"random_state": seed, **lengths(len(task.train_rows))}
    ednn, nnca = (tuned(method, kind, 1, **how).fit(*task.train) for method in ("EDNN", "NNCA"))
    return ednn.score(*task.test) - nnca.score(*task.test)


def judge_complexity(ammonia, water):
    """Whether NNCA comes nearer to EDNN from water to ammonia.  -> words, Verdict"""
    nearer = []
    for kind in COMPLEX:
        one, other = water[kind], ammonia[kind]
        half = np.hypot(one.high - one.mean, other.high - other.mean)
        nearer.append(Interval(one.mean - other.mean, one.mean - other.mean - half, one.mean - other.mean + half))
    words = "; ".join(
        f"{TARGETS[kind]}: behind by {water[kind].mean:.3f} for water, {ammonia[kind].mean:.3f} for ammonia"
        for kind in COMPLEX
    )
    return words, verdicts.above(*nearer)


UNLIKE = "Water's networks have settings from searches of their own, ammonia's those of its emulator."
WHY_COMPLEX = {
    verdicts.HOLDS: f"Ammonia has twice the coordinates of water. {UNLIKE}",
    verdicts.PARTLY: f"Ammonia has twice the coordinates of water. One of its spectra follows the guess. {UNLIKE}",
    verdicts.NOT: f"Ammonia has twice the coordinates of water, and a straight direction serves it no better. {UNLIKE}",
    verdicts.UNKNOWN: f"The intervals are wider than the differences. {UNLIKE}",
}
