"""What the chapter on rivals computes of water's sets of structures: size, shape, and which answers lie in them.

Problems are {kind: Problem}; networks are those of `nnca.book.trained_networks`, the first of each kind.
"""

import numpy as np
import pandas as pd

from nnca.book.rivals_results import TASKS
from nnca.features import h2o_features
from nnca.interpretation.degeneracy import Grid, Map, shape, threshold
from nnca.interpretation.patterns import direct
from nnca.problem import WATER

MOLECULES = 30  # test molecules whose sets are mapped
NOISE = (0.03, 0.1, 0.3)  # of one channel, as a share of the mean spectrum's highest point
ALL = "all three"
POINTS = 81  # of the grid along each feature: half a million structures
KINDS = {kind: TASKS[kind] for kind in WATER} | {ALL: ALL}


def in_words():
    """The levels of noise as text.  -> str"""
    return ", ".join(f"{100 * share:.0f} %" for share in NOISE)


def maps(water, problems, fitted, points=POINTS):
    """The emulators' spectra on a grid over angle and both bonds.  -> {kind: Map}, all over one grid"""
    angle, *bonds = h2o_features(water).T
    bond = np.linspace(np.min(bonds), np.max(bonds), points)
    grid = Grid((np.linspace(angle.min(), angle.max(), points), bond, bond))
    return {kind: Map(fitted[kind, "Emulator"][0], grid, one.inputs) for kind, one in problems.items()}


def peak(one):
    """The mean spectrum's highest point in standardised units, in which noise is told.  Problem -> float"""
    return float(one.targets.mean.max() / one.targets.scale[0])


def emulator_errors(problems, fitted):
    """Error of each emulator in a channel, root mean square over test data, in shares of the peak.  -> {kind: float}"""
    return {
        kind: float(np.sqrt(((fitted[kind, "Emulator"][0].predict(one.test[0]) - one.test[1]) ** 2).mean()) / peak(one))
        for kind, one in problems.items()
    }


def explained(mapped, problems, errors, number, others):
    """Which structures explain the spectra of a test molecule: those of the grid, then `others` (m, 3).

    The emulator's error counts as noise of its own, added in squares.  -> {(kind or "all three", noise): (points + m,)}
    """
    inside, points = {}, len(mapped["xes"].spectra)
    apart = {kind: one.distance(problems[kind].test[1][number], others) for kind, one in mapped.items()}
    for share in NOISE:
        noise = {kind: peak(one) * np.hypot(share, errors[kind]) for kind, one in problems.items()}
        inside |= {(kind, share): apart[kind] <= threshold(noise[kind], parameters=3) for kind in apart}
        total = sum(apart[kind] / noise[kind] ** 2 for kind in apart)
        inside[ALL, share] = total - total[:points].min() <= threshold(1.0, parameters=3)
    return inside


def sets(water, mapped, problems, fitted, errors):
    """Sets of some test molecules, a line for each, and which methods' answers lie in them.  -> DataFrame, DataFrame"""
    grid, points, x = mapped["xes"].grid, len(mapped["xes"].spectra), h2o_features(water)
    known, given = grid.nearest(x), {kind: answers(one, fitted, kind) for kind, one in problems.items()}
    names = [(kind, method) for kind, methods in given.items() for method in methods]
    lines, hits = [], []
    for number, truth in enumerate(x[problems["xes"].test_rows[:MOLECULES]]):
        others = np.array([truth, truth[[0, 2, 1]], *(given[kind][method][number] for kind, method in names)])
        for (kind, share), both in explained(mapped, problems, errors, number, others).items():
            inside, (held, mirror, *answered) = both[:points], both[points:]
            it, key = shape(inside, grid), {"kind": kind, "noise": share, "molecule": number}
            line = {"share": inside[known].mean(), "pieces": it.pieces, "angle": it.extent[0], "bond": it.extent[1]}
            lines.append(key | line | {"truth": held, "mirror": mirror})
            own = [(method, hit) for (of, method), hit in zip(names, answered, strict=True) if of == kind]
            hits += [key | {"method": method, "inside": hit} for method, hit in own]
    return pd.DataFrame(lines), pd.DataFrame(hits)


def answers(one, fitted, kind):
    """Structures that methods give for the test spectra, in units.  -> {name: (MOLECULES, 3)}"""
    Y = one.test[1][:MOLECULES]
    x = {f"NNCA, k = {k}": fitted[kind, "NNCA", k][0].reconstruct(Y) for k in (1, 2)}
    x |= {f"ECA, k = {k}": fitted[kind, "ECA", k, "train"][0].reconstruct(Y) for k in (1, 2)}
    x["least squares"] = direct(*one.train).predict(Y)
    return {name: one.inputs.inverse_transform(values) for name, values in x.items()}


def uneven(problems):
    """The number of the mapped test molecule whose bonds differ most.  -> int"""
    one = problems["xes"]
    x = one.inputs.inverse_transform(one.test[0][:MOLECULES])
    return int(np.abs(x[:, 1] - x[:, 2]).argmax())


def set_table(found):
    """Sizes and shapes, medians over molecules.  DataFrame -> DataFrame of texts"""
    lines = {}
    for kind, name in KINDS.items():
        for share in NOISE:
            some = found[(found.kind == kind) & (found.noise == share)]
            lines[f"{name}, noise {100 * share:.0f} %"] = {
                "share of the ensemble (%)": f"{100 * some['share'].mean():.2f}",
                "angle (°)": f"{some.angle.median():.1f}",
                "bond (Å)": f"{some.bond.median():.3f}",
                "in two pieces or more": f"{100 * (some.pieces > 1).mean():.0f} %",
                "holds the truth": f"{100 * some.truth.mean():.0f} %",
                "holds its mirror image": f"{100 * some.mirror.mean():.0f} %",
            }
    return pd.DataFrame.from_dict(lines, orient="index")


def answer_table(hits):
    """Share of answers that lie in the set of their spectrum.  DataFrame -> DataFrame of texts"""
    shares = hits.groupby(["kind", "method", "noise"], sort=False).inside.mean().unstack("noise")
    shares.index = [f"{KINDS[kind]}, {method}" for kind, method in shares.index]
    return shares.rename(columns=lambda share: f"noise {100 * share:.0f} %").map(lambda value: f"{100 * value:.0f} %")


def drawn(mapped, problems, fitted, errors):
    """What the figure of one molecule shows.  -> {kind: {noise: (points,)}}, (3,), {kind: {method: (3,)}}"""
    number, points = uneven(problems), len(mapped["xes"].spectra)
    truth = problems["xes"].inputs.inverse_transform(problems["xes"].test[0][number : number + 1])
    inside = explained(mapped, problems, errors, number, truth)
    masks = {kind: {share: inside[kind, share][:points] for share in NOISE} for kind in KINDS}
    given = {kind: answers(one, fitted, kind) for kind, one in problems.items()}
    return masks, truth[0], {kind: {name: x[number] for name, x in some.items()} for kind, some in given.items()}


def on_sets(found):
    """What the sets say in words: what each method leaves open at the middle noise.  DataFrame -> str"""
    some = found[found.noise == NOISE[1]]
    left = 100 * some.groupby("kind")["share"].mean()
    two = 100 * (some.pieces > 1).groupby(some.kind).mean()
    return (
        f"At a noise of {100 * NOISE[1]:.0f} % of the peak, XPS leaves {left['xps']:.1f} % of the ensemble open, XES "
        f"{left['xes']:.1f} %, XAS {left['xas']:.1f} % and all three together {left[ALL]:.2f} %. With all three the "
        f"set falls into separate pieces for {two[ALL]:.0f} % of the molecules."
    )


def set_caption(errors):
    """The caption of `set_table`.  {kind: float} -> str"""
    words = ", ".join(f"{TASKS[kind]} {100 * one:.1f} %" for kind, one in errors.items())
    return (
        f"Sets of {MOLECULES} test molecules: the share of all snapshots in them (mean), how far they reach (medians), "
        f"and what they hold. The emulators' own errors: {words} of the peak."
    )
