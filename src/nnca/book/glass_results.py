"""What the chapter on the glass computes around its calls: the data of its figures, tables and sentences."""

import numpy as np
import pandas as pd

from nnca.book import verdicts
from nnca.book.glass_checks import load_validation
from nnca.features import coulomb_features, jumping_sites, soft_distances
from nnca.glass import EXPERIMENT, coordination, typical
from nnca.learning_curve import by_level, learning_curve
from nnca.moments import peaks
from nnca.problem import glass_problem
from nnca.spectra import GEO2_LINES, moment_windows, strength_in_windows
from nnca.uncertainty import interval

OEFFNER = "[Oeffner and Elliott (1998)](https://doi.org/10.1103/PhysRevB.58.14791)"
POTENTIALS = {
    "oeffner-elliott": f"the pair potential of {OEFFNER}",
    "refitted": f"the pair potential of {OEFFNER}, refitted to forces of density functional theory",
}
PARTS_TRAINED_ON = 3000  # sites: enough to compare descriptors, and a minute or two for all of them
MATTERS = 0.01  # of covered variance
STILL = 1e-9  # of the largest feature: what varies less does not vary


def recipe(ds):
    """How the boxes were made, as the settings in their file tell it.  Dataset -> str"""
    given = ds.attrs
    if "melt_K" not in given:  # a file of a reader's own
        return ""
    potential = POTENTIALS.get(given.get("potential"), "a pair potential")
    melt = f"starts from a random arrangement of its own and melts at {given['melt_K']:,.0f} K"
    if "compress_ps" in given:
        made = (
            f"Each parent glass {melt}. It is annealed at ambient pressure, through the temperatures where bonds stop "
            "to move, and quenched to room temperature. Then it is compressed cold, as in experiment, from pressure to "
            f"pressure: {given['compress_ps'] + given['hold_ps']:g} ps for each step. "
        )
        if "refined_by" in given:
            made += f"{given['refined_by']}, a pretrained potential, relaxes each box at its volume. "
    else:
        made = (
            f"Each box {melt}. It is annealed at its own pressure, through the temperatures where bonds stop to "
            "move, and quenched to room temperature. "
        )
    boxes = len(np.unique(ds.frame.values))
    return (
        f"Forces come from {potential}. {made}In all there are {boxes} boxes of {given.get('atoms', np.nan):g} atoms."
    )


def strict(ds):
    """What the strict split keeps together: whole parent glasses where the file names them, else boxes.  -> str"""
    return "parent" if "parent" in ds else "box"


def described(table):
    """What pressure does to the structure, in sentences.  `nnca.glass.glasses` -> str"""
    P, first, longest = table.index.values, table.iloc[0], table.ge_o.idxmax()
    five = _reached(P, table.coordination.values, 5.0)
    if len(P) == 1:
        return f"At {P[0]:g} GPa, the only pressure here, the coordination is {first.coordination:.2f}."
    text = (
        f"- From {P[0]:g} to {P[-1]:g} GPa the coordination goes from {first.coordination:.2f} to "
        f"{table.coordination.iloc[-1]:.2f}. It passes five at {five:.0f} GPa. Diffraction finds about five between 6 "
        "and 10 GPa, and octahedra from 15 GPa on.\n"
        f"- Bonds are longest at {longest:g} GPa, {table.ge_o.max():.2f} Å on average."
    )
    if np.isnan(first.density):
        return text
    known = EXPERIMENT["density"][0][2]
    return text + f"\n- The density at {P[0]:g} GPa is {first.density:.2f} g/cm³; at 0 GPa {known:g} g/cm³ is measured."


def _reached(P, values, level):
    """Pressure where a curve first passes a level, between the points by a straight line; nan where it does not."""
    above = np.flatnonzero((values[1:] >= level) & (values[:-1] < level))
    if not len(above):
        return np.nan
    i = above[0]
    return P[i] + (level - values[i]) / (values[i + 1] - values[i]) * (P[i + 1] - P[i])


def examples(ds):
    """A typical site of each common coordination.  Dataset -> {title: Dataset of one site}"""
    there = [n for n in (4, 5, 6) if (coordination(ds) == n).any()]
    sites = [ds.isel(site=[typical(ds, n)]) for n in there]
    return {f"{n}-fold, {site.pressure.item():g} GPa": site for n, site in zip(there, sites, strict=True)}


def windows_in_words(ds, S):
    """How much of the lines the windows hold, and how often a line has no peak.  Dataset, spectra -> str"""
    inside, pressure = strength_in_windows(ds), ds.pressure.values
    held = min(inside[pressure == P].mean(axis=0).min() for P in np.unique(pressure))
    without = 1 - np.logical_and(*(peaks(S, window) for window in moment_windows(ds).values())).mean()
    missing = f"In {100 * without:.1f} % of the sites one of the lines is a shoulder without a peak of its own."
    said = f"The windows hold {100 * held:.0f} % or more of each line at every pressure. "
    return said + (missing if without else "Both lines have a peak of their own at every site.")


def shifts(ds, moments):
    """By how much the mean of each line moves with pressure, coordination and between crystals.  -> DataFrame (eV)"""
    means, lines = moments.values[:, [0, 4]], list(GEO2_LINES.values())
    sites = pd.DataFrame(means, columns=lines).assign(box=ds.frame.values, n=coordination(ds))
    inside = sites.groupby(["box", "n"]).mean().unstack()
    six_less_four = [
        (inside[line, 6] - inside[line, 4]).mean() if {(line, 4), (line, 6)} <= set(inside.columns) else np.nan
        for line in lines
    ]
    crystals = load_validation()["crystals"]["shift"]["dzp"]
    rows = {
        "quartz-type (four-fold) to rutile-type (six-fold)": [crystals[line] for line in GEO2_LINES],
        f"{ds.pressure.min():g} GPa to {ds.pressure.max():g} GPa": [-fall for fall, _, _ in falls(ds, moments)],
        "four-fold to six-fold sites of one box": six_less_four,
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=lines)


def falls(ds, moments, random_state=0, n_resamples=1000):
    """By how much the means of both lines fall from the lowest to the highest pressure, boxes resampled.

    -> [(mean, low, high)] eV, for each line; nan where there is one pressure
    """
    rng, pressure = np.random.default_rng(random_state), ds.pressure.values
    ends = pressure.min(), pressure.max()
    if ends[0] == ends[1]:
        return [(np.nan,) * 3] * 2
    boxes = pd.DataFrame(moments.values[:, [0, 4]]).groupby([pressure, ds.frame.values]).mean()
    low, high = (boxes.loc[P].values for P in ends)
    draws = ([rng.choice(end, len(end)).mean(axis=0) for end in (low, high)] for _ in range(n_resamples))
    drawn = [one - other for one, other in draws]
    fall = low.mean(axis=0) - high.mean(axis=0)
    return [(mean, *interval(column)) for mean, column in zip(fall, np.transpose(drawn), strict=True)]


WHY_FALLS = {
    verdicts.HOLDS: "Squeezed, both lines move down.",
    verdicts.PARTLY: "One line moves down; the other does not, or cannot be told.",
    verdicts.NOT: "The lines do not move down with pressure.",
    verdicts.UNKNOWN: "The boxes differ too much among themselves, or all have one pressure.",
}


def curves(ds, seed, **moments):
    """Learning curves of kernel ridge for the paper's split and the strict one.  -> {split: (Problem, Curve)}"""
    found = {}
    for by in ("site", strict(ds)):
        problem = glass_problem(ds, seed, by=by, **moments)
        groups, parts_of = grouping(ds, by), (problem.train_rows, problem.test_rows)
        found[f"by {by}"] = problem, learning_curve(problem.X, problem.Y, *parts_of, seed, groups)
    return found


def grouping(ds, by):
    """What a split keeps together.  -> (site,) or None"""
    return None if by == "site" else ds.frame.values if by == "box" else ds.parent.values[ds.frame.values]


def learnt(ds, found, seed):
    """Scores of the learning curves with intervals, and what they say.  `curves` -> DataFrame of text"""
    rows, whole = {}, grouping(ds, strict(ds))
    for name, (problem, curve) in found.items():
        low, high = curve.interval(seed, whole[problem.test_rows])
        Y = problem.targets.inverse_transform(problem.Y)
        alone = by_level(ds.pressure.values, Y, problem.train_rows, problem.test_rows)
        rows[name] = {
            "training sites": f"{curve.sizes[-1]:,}",
            "covered variance [95 % interval]": f"{curve.scores[-1]:.3f} [{low:.3f}, {high:.3f}]",
            "gained by the last doubling": f"{curve.scores[-1] - curve.scores[-2]:.3f}",
            "pressure alone": f"{alone:.3f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def moment_scores(curve, names):
    """R2 of each moment, best first.  Curve, names -> Series"""
    labels = [f"{moment} of {GEO2_LINES.get(line, line)}" for moment, line in (str(n).split(" of ") for n in names)]
    return pd.Series(curve.each(), index=labels).sort_values(ascending=False)


def atoms_of(ds):
    """Symbols of a site's atoms in the order of the Coulomb matrix: the centre, then each species.  -> (atoms,)"""
    symbols = ds.species.values
    return np.concatenate([symbols[:1], *(symbols[1:][symbols[1:] == kind] for kind in dict.fromkeys(symbols))])


def descriptors(ds):
    """The Coulomb features, parts of them, and another descriptor.  Dataset -> {name: (n, features)}"""
    symbols, x, soft = atoms_of(ds), coulomb_features(ds), soft_distances(ds)
    first, second = np.triu_indices(len(symbols), k=1)  # pairs of atoms, a feature each
    centre, germanium = first == 0, (symbols[first] == "Ge") & (symbols[second] == "Ge")
    chosen = {
        "Ge–O distances of the central Ge": centre & ~germanium,
        "all distances of the central Ge": centre,
        "Coulomb matrix without pairs of Ge": ~germanium,
        "whole Coulomb matrix": np.ones(len(first), bool),
    }
    found = {f"{name} ({columns.sum()})": x[:, columns] for name, columns in chosen.items()}
    return found | {f"counts of distances, without order ({soft.shape[1]})": soft}


def parts(ds, seed, **moments):
    """Covered variance by site of kernel ridge that sees one of the `descriptors`.  -> DataFrame"""
    problem, rows = glass_problem(ds, seed, **moments), {}
    train = np.random.default_rng(seed).permutation(problem.train_rows)[:PARTS_TRAINED_ON]
    for name, x in descriptors(ds).items():
        varies = x[train].std(axis=0) > STILL * np.abs(x).max()
        rows[name] = learning_curve(x[:, varies], problem.Y, train, problem.test_rows, seed).scores[-1]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["covered variance"])


def parts_in_words(bonds, own, bare, whole, counts):
    """What the scores of the `descriptors` say, in sentences.  -> str"""
    said = f"The Ge–O distances of the central Ge reach {bonds:.2f}. With its Ge–Ge distances they reach {own:.2f}. "
    if min(own - bonds, whole - bare) > MATTERS:
        said += "So where the other Ge lie matters to the moments, in the whole matrix as well. "
    if own > whole - MATTERS:
        said += (
            "The many elements between neighbours add nothing that kernel ridge can use. Many features of little "
            "information cost it as much as they tell. "
        )
    said += f"Counts of distances, which need no order, reach {counts:.2f}"
    return said + (": in this form what lies between neighbours is of use." if counts > own + MATTERS else ".")


def jumps_in_words(ds):
    """How often a descriptor jumps where atoms hardly move, in sentences.  Dataset -> str"""
    ordered, counted = (100 * jumping_sites(ds, descriptor) for descriptor in (coulomb_features, soft_distances))
    return (
        "Invariant is not continuous. Where two like atoms are almost equally far from the centre, the least motion "
        "exchanges their rows of the matrix, and elements between other atoms jump. Let the neighbours move by a "
        f"thousandth of an ångström. In {ordered:.0f} % of the sites some feature then jumps by more than its standard "
        "deviation. `nnca.features.soft_distances` counts distances instead and needs no order. "
        f"There it is {counted:.2f} % of the sites."
    )
