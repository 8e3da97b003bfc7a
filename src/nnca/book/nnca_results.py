"""What the NNCA chapter computes around its networks: the data of its figures, tables and claims."""

from itertools import combinations, product

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.pipeline import make_pipeline

import nnca
from nnca import Emulator, covered_variance
from nnca.book import verdicts
from nnca.book.tables import ECA_TRAIN, EDNN, NNCA
from nnca.book.trained_networks import NETWORKS, fit_once
from nnca.explorer import Molecule
from nnca.features import H2O_FEATURES, SITE
from nnca.figures import TARGETS
from nnca.methods.network import fit_together
from nnca.uncertainty import compare, over_seeds

FREE = ("ECA", "free")  # an ECA whose emulator has given way to a decoder of its own
STEPS = {ECA_TRAIN: "ECA\n(training set)", FREE: "its vector,\na free decoder", NNCA: "NNCA", EDNN: "EDNN"}
NEIGHBOURS = len(SITE) - 1  # the first elements of the Coulomb matrix hold the central Ge
GERMANIUM = SITE.count("Ge") - 1  # and so many of them another Ge

NARROW = "The interval includes zero: with these data and seeds the difference is not settled."
WHY_EDNN = {
    verdicts.HOLDS: "A bent encoder covers more here too.",
    verdicts.PARTLY: "It does for one of the two numbers of components.",
    verdicts.NOT: "For one number of components at least an interval lies below zero.",
    verdicts.UNKNOWN: NARROW,
}
WHY_ACROSS = {
    verdicts.HOLDS: "The whole interval lies above zero.",
    verdicts.NOT: "Our second component of ECA is worth more than a bent encoder with one.",
    verdicts.UNKNOWN: NARROW,
}
WHY_EQUAL = {
    verdicts.HOLDS: "The second decimal is the same.",
    verdicts.NOT: "They differ by more than the second decimal can hide.",
    verdicts.UNKNOWN: "The interval reaches beyond what two decimals would hide.",
}
MORE_COMPLEX = (
    "NNCA comes nearer to EDNN where the system is more complex",
    "0.00 behind for GeO₂, 0.07 for XES, 0.09 for XAS",
)
NO_TREND = verdicts.unsettled("a trend over systems is not judged from two of them; the paper, too, calls it a hint")
WHY_TREND = (
    "Glass and water differ in the number of inputs, of outputs, of training data and in their noise. "
    "Any of these may be the reason."
)
WHY_SITE = {
    verdicts.HOLDS: "They carry more than half, and more than in ECA's vectors.",
    verdicts.PARTLY: "One half of the statement holds.",
    verdicts.NOT: "They carry less than half, and are not shown to carry more than in ECA's vectors.",
    verdicts.UNKNOWN: "The two methods know nearly the same of a site and say it with different vectors. "
    "A weight on one feature then belongs to the fit and not to the glass.",
}
WHY_ORDER = {
    verdicts.HOLDS: "Any rotation of the latent variables serves a free decoder as well, so training has no reason to "
    "choose one.",
    verdicts.PARTLY: "In one system at least the rotated first component covers less.",
    verdicts.NOT: "The networks that training found are in order already.",
}


def molecule(problems):
    """The molecule that a reader drags, with small networks that fit into a page.  {kind: Problem} -> Molecule"""
    hidden, xes = (32, 32), problems["xes"].train
    emulators = {kind: Emulator(hidden, random_state=0).fit(*one.train) for kind, one in problems.items()}
    methods = {
        "EDNN": nnca.EDNN(encoder=hidden, decoder=hidden, random_state=0),
        "NNCA": nnca.NNCA(decoder=hidden, random_state=0),
        "ECA": nnca.ECA(emulators["xes"], random_state=0),
    }
    return Molecule(problems, emulators, {name: one.fit(*xes) for name, one in methods.items()})


def alike(ds, rows):
    """What test sites have in common: their box, or the glass that boxes were compressed from.  -> (rows,), name"""
    boxes = ds.frame.values[rows]
    return (ds.parent.values[boxes], "parent glasses") if "parent" in ds else (boxes, "boxes")


def gaps_caption(groups, kind):
    """What the table of differences says of its intervals."""
    return (
        "Differences of methods with their 95 % intervals. Sites of one glass are alike, so those of GeO₂ come from "
        f"resampling the {len(np.unique(groups))} {kind} that have test sites."
    )


def on_emulator(problems, fitted):
    """What emulators of GeO2 cover without a bottleneck."""
    bare = np.mean([model.score(*problems["moments"].test) for model in fitted["moments", "Emulator"]])
    return (
        f"An emulator of GeO₂ without a bottleneck covers {bare:.3f}. That is a mark and no bound: a bottleneck "
        "restrains overfitting."
    )


def across(problem, fitted, random_state, groups):
    """EDNN with one component against ECA with two, vectors from the test set as in the paper.  -> gap, str"""
    models = {"EDNN": fitted["moments", "EDNN", 1], "ECA": fitted["moments", "ECA", 2, "test"]}
    row = compare(models, *problem.test, random_state, groups)
    _, low, high = gap = row.difference("EDNN", "ECA")
    return gap, f"{row.mean('EDNN'):.3f} and {row.mean('ECA'):.3f} (difference {low:+.3f} to {high:+.3f})"


def nesting(rows):
    """Differences that the nesting of the methods orders: EDNN over NNCA over ECA.  rows -> list of gaps"""
    return [row.difference(*pair) for row in rows.values() for pair in ((EDNN, NNCA), (NNCA, ECA_TRAIN))]


def why_between(gaps):
    """A sentence for every verdict on the order of the methods."""
    right, wrong = sum(low > 0 for _, low, _ in gaps), sum(high < 0 for *_, high in gaps)
    told = f"Of {len(gaps)} differences {right} are settled in this order and {wrong} against it."
    nested = f"{told} The order is certain for the best fit to training data only, and test data may break it."
    return dict.fromkeys(verdicts.VERDICTS, told) | {verdicts.PARTLY: nested, verdicts.NOT: nested}


def side_by_side(rows):
    """All methods that are nested, with one component, for the text of a claim.  -> str"""
    parts = []
    for target in ("xes", "xas", "moments"):
        scores = ", ".join(f"{rows[target, 1].mean(method):.3f}" for method in (EDNN, NNCA, ECA_TRAIN))
        parts.append(f"{TARGETS[target]} {scores}")
    return "EDNN, NNCA and ECA with vectors from training data, one component: " + "; ".join(parts)


def summary(rows, method):
    """Scores of a method with one component, in words.  -> str"""
    return ", ".join(f"{row.mean(method):.2f} ({TARGETS[target]})" for (target, k), row in rows.items() if k == 1)


def behind(rows, key):
    """How far NNCA stays behind EDNN, in words.  -> str"""
    _, low, high = rows[key].difference(EDNN, NNCA)
    return f"{rows[key].mean(EDNN) - rows[key].mean(NNCA):+.3f} ({TARGETS[key[0]]}, {low:+.3f} to {high:+.3f})"


def steps(problems, fitted, epochs, random_state, groups):
    """From ECA over its vector with a free decoder to NNCA and EDNN, one component.  -> {target: Comparison}"""
    jobs = [(target, one) for target in problems for one in fitted[target, "ECA", 1, "train"]]
    found = Parallel(n_jobs=-1)(delayed(_freed)(one, *problems[target].train, epochs) for target, one in jobs)
    rows = {}
    for target, problem in problems.items():
        freed = [model for (name, _), model in zip(jobs, found, strict=True) if name == target]
        models = {ECA_TRAIN: fitted[target, "ECA", 1, "train"], FREE: freed}
        models |= {NNCA: fitted[target, "NNCA", 1], EDNN: fitted[target, "EDNN", 1]}
        rows[target] = compare(models, *problem.test, random_state, groups.get(target))
    return rows


def _freed(eca, X, Y, epochs):
    decoder = Emulator(random_state=0, epochs=epochs)
    return make_pipeline(eca, *fit_once([decoder], eca.transform(X), Y, NETWORKS, fit_together))


def step_scores(rows):
    """The same for the figure: mean and 95 % interval of each step.  rows -> {target: {text: (R2, low, high)}}"""
    return {
        target: {text: (row.mean(method), *row.interval(method)) for method, text in STEPS.items()}
        for target, row in rows.items()
    }


def on_steps(rows):
    """What the steps say in words; of the decoder's part only where the whole way is settled.  rows -> str"""
    row, shares = rows["moments"], {}
    for target in ("moments", "xas"):
        way, low, _ = rows[target].difference(NNCA, ECA_TRAIN)
        shares[target] = 100 * rows[target].difference(FREE, ECA_TRAIN)[0] / way if low > 0 else np.nan
    return (
        f"For GeO₂ a decoder of its own takes ECA from {row.mean(ECA_TRAIN):.3f} to {row.mean(FREE):.3f}, and NNCA "
        f"covers {row.mean(NNCA):.3f}. The decoder alone makes {shares['moments']:.0f} % of the way from ECA to NNCA. "
        f"For XAS it makes {shares['xas']:.0f} %."
    )


def turned(models, row=0):
    """Vectors of several networks, their free signs alike, the largest mean component positive.  -> (seeds, inputs)"""
    v = np.array([one.components_[row] for one in models])
    v *= np.sign(v @ v[0])[:, None]
    return v * np.sign(v.mean(axis=0)[np.abs(v.mean(axis=0)).argmax()])


def water_vectors(problems, fitted):
    """First vectors of NNCA and of ECA (test set) for water.  -> {target: {method: (seeds, 3)}}"""
    keys = {"NNCA": ("NNCA", 1), "ECA": ("ECA", 1, "test")}
    return {kind: {name: turned(fitted[kind, *key]) for name, key in keys.items()} for kind in problems}


def on_vectors(vectors):
    """What water's vectors say in words.  {target: {method: (seeds, 3)}} -> str"""
    uneven = max(np.abs(v[:, 1] - v[:, 2]).max() for methods in vectors.values() for v in methods.values())
    leading = [H2O_FEATURES[np.abs(one["NNCA"].mean(axis=0)).argmax()] for one in vectors.values()]
    named = ("the angle" if "angle" in feature else "a bond length" for feature in leading)
    listed = ", ".join(f"{name} for {TARGETS[target]}" for name, target in zip(named, vectors, strict=True))
    return (
        f"NNCA's vector leans most on {listed}. In no network do the weights of the two bonds differ by more than "
        f"{uneven:.2f}."
    )


def glass_vectors(fitted):
    """Vectors of the first networks, as Fig. 8 has them.  -> {title: (153,)}"""
    drawn = {"NNCA, one": turned(fitted["moments", "NNCA", 1][:1])[0]}
    for name, key in {"NNCA": ("NNCA", 2), "ECA": ("ECA", 2, "test")}.items():
        for row in (0, 1):
            drawn[f"{name}, {row + 1} of two"] = turned(fitted["moments", *key][:1], row)[0]
    return drawn


def site_weights(fitted):
    """Squared length on elements with the central Ge, and on its distances to other Ge.  -> {method: (seeds, 2)}"""
    weights = {}
    for name, key in {"NNCA": ("NNCA", 1), "ECA": ("ECA", 1, "test")}.items():
        squared = np.array([one.components_[0, :NEIGHBOURS] ** 2 for one in fitted["moments", *key]])
        weights[name] = np.column_stack([squared.sum(axis=1), squared[:, :GERMANIUM].sum(axis=1)])
    return weights


def judge_site(weights, like):
    """The verdict on the active site's weight, and its numbers in words.  -> Verdict, str"""
    cosine, correlation = like[["NNCA and ECA: cosine", "NNCA and ECA: correlation"]]
    nnca, eca = weights["NNCA"][:, 0], weights["ECA"][:, 0]
    _, low, high = over_seeds(nnca, eca)
    more = "the interval of the difference lies above zero"
    conditions = {"NNCA's share is above 0.5": nnca.mean() > 0.5, more: low > 0}
    verdict = verdicts.if_identified(verdicts.all_of(conditions), cosine, correlation)
    words = f"share of squared length, one component: {nnca.mean():.2f} (NNCA), {eca.mean():.2f} (ECA), difference "
    words += f"{low:+.2f} to {high:+.2f}; cosine of their vectors {cosine:.2f}, correlation of their latent "
    return verdict, words + f"variables {correlation:.2f}"


def likeness(problems, fitted):
    """How alike first vectors and latent variables are in two networks, k = 1.  -> DataFrame (targets, pairs)"""
    lines = {}
    for target, problem in problems.items():
        X, nncas, ecas = problem.test[0], fitted[target, "NNCA", 1], fitted[target, "ECA", 1, "test"]
        pairs = {"NNCA and ECA": product(nncas, ecas), "two NNCAs": combinations(nncas, 2)}
        line = {name: np.mean([_alike(*pair, X) for pair in couples], axis=0) for name, couples in pairs.items()}
        lines[TARGETS[target]] = {
            f"{name}: {what}": value
            for name, values in line.items()
            for what, value in zip(("cosine", "correlation"), values, strict=True)
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def likeness_table(found):
    """The same as texts, cosine and correlation in one cell.  DataFrame -> DataFrame"""
    pairs = [name.removesuffix(": cosine") for name in found.columns if name.endswith("cosine")]
    texts = found.map("{:.2f}".format)
    return pd.DataFrame({pair: texts[f"{pair}: cosine"] + ", " + texts[f"{pair}: correlation"] for pair in pairs})


def _alike(one, other, X):
    """Cosine of two first vectors, and correlation of their latent variables, without signs."""
    t, s = (model.transform(X)[:, 0] for model in (one, other))
    return abs(one.components_[0] @ other.components_[0]), abs(np.corrcoef(t, s)[0, 1])


def on_likeness(found):
    """What the likeness of vectors means, in words; the glass is the last row.  DataFrame -> str"""
    cosine, correlation = found.iloc[-1][["NNCA and ECA: cosine", "NNCA and ECA: correlation"]]
    text = f"In GeO₂ the vectors of NNCA and ECA have a cosine of {cosine:.2f}, in water of at least "
    text += f"{found['NNCA and ECA: cosine'][:-1].min():.3f}."
    if cosine < verdicts.LIKE <= correlation:
        text += " The data of the glass settle the number $t_1$. They do not settle the vector that makes it. So read "
        text += "$t_1$ with confidence and $\\mathbf v_1$ with care."
    return text


def first_and_all(model, X, Y):
    """Covered variance by the first latent variable alone, the others set to zero, and by all.  -> float, float"""
    T = model.transform(X)
    return covered_variance(Y, model.decode(T * (np.arange(T.shape[1]) == 0))), model.score(X, Y)


def hierarchy(problems, fitted):
    """What the first of two components covers, and both, by NNCA, NNCA rotated and ECA.  -> {target: {name: pair}}"""
    jobs = (
        (fitted[target, "NNCA", 2][0], fitted[target, "ECA", 2, "train"][0], one) for target, one in problems.items()
    )
    return dict(zip(problems, Parallel(n_jobs=-1)(delayed(_hierarchy)(*job) for job in jobs), strict=True))


def _hierarchy(trained, eca, problem):
    three = {"NNCA": trained, "NNCA, rotated": trained.rotated(*problem.train), "ECA": eca}
    return {name: first_and_all(one, *problem.test) for name, one in three.items()}


def gained(shares):
    """By how much a rotation raises what the first component covers.  {target: {name: pair}} -> (targets,)"""
    return np.array([row["NNCA, rotated"][0] - row["NNCA"][0] for row in shares.values()])


def in_words(gains, shares):
    """The same in words.  (targets,), {target: ...} -> str"""
    return ", ".join(f"{gain:+.3f} ({TARGETS[target]})" for gain, target in zip(gains, shares, strict=True))
