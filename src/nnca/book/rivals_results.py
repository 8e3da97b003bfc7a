"""What the chapter on rivals computes: five splits, networks and rivals on each, one tidy table of scores.

A task is one target with its splits, {name: [Problem, ...]}; networks are {(task, method, k): [one a split, ...]}.
"""

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from tqdm import tqdm

from nnca import ECA, EDNN, NNCA, Emulator, covered_variance
from nnca.book.hyperparameters import tuned
from nnca.features import coulomb_features, h2o_features
from nnca.interpretation.rivals import Projected, kernel_ridge, rivals, smooth
from nnca.methods.network import fit_together
from nnca.problem import WATER, Problem, Standardiser, split
from nnca.spectra import geo2_moments, geo2_spectra, h2o_spectra
from nnca.uncertainty import over_splits

TRAINED = 3000  # training rows at most, alike for every method
RIDGE_ROWS = 1000  # of them kernel ridge sees so many: its cost grows with their cube
CHANNELS = 171  # of whole GeO2 spectra: five in a full width
STARTS = {"EDNN": 2}  # of water's networks whose latent variables can settle in the wrong place; else 1
SITE, BOX, WHOLE = "moments, by site", "moments, by box", "spectra, by box"
TASKS = {"xps": "XPS", "xes": "XES", "xas": "XAS", SITE: "GeO₂ moments, by site", BOX: "GeO₂ moments, by box"}
TASKS |= {WHOLE: "GeO₂ spectra, by box"}
KS = {"xps": (1, 2), "xes": (1, 2), "xas": (1, 2), SITE: (1, 2, 3), BOX: (1, 2, 3), WHOLE: (1, 2, 3)}
OWN, LINEAR, FREE = "own", "linear", "free"  # decoders
BARE = ("least squares", "kernel ridge", "emulator")  # without a bottleneck
PROJECTIONS = ("reduced rank", "active subspace", "SIR", "PLS", "PCR")
RIVAL = ("reduced rank", FREE)  # the one that is held against the networks; chosen before its scores were seen


def problem(x, S, train, test, one_scale):
    """Structures and spectra in units as a standardised problem; rows may repeat.  -> Problem"""
    inputs, targets = Standardiser.fit(x[train]), Standardiser.fit(S[train], one_scale)
    return Problem(inputs.transform(x), targets.transform(S), train, test, inputs, targets)


def splits(x, S, count, seed, one_scale, groups=None):
    """One problem for each of several random splits, with equally many training rows, TRAINED at most.  -> list"""
    rows = [split(len(x), seed + number, groups) for number in range(count)]
    short = min(TRAINED, *(len(train) for train, _ in rows))
    rng = np.random.default_rng(seed)
    return [problem(x, S, rng.permutation(train)[:short], test, one_scale) for train, test in rows]


def tasks(water, glass, count, seed):
    """Water's three spectra, GeO2's moments by site and by box, its whole spectra by box.  -> {task: [Problem, ...]}

    Where the data name the parent glass of a box, "by box" is by parent.
    """
    x, how = h2o_features(water), (count, seed)
    found = {kind: splits(x, h2o_spectra(water, kind).values, *how, one_scale=True) for kind in WATER}
    x, S = coulomb_features(glass), geo2_moments(glass).values
    boxes = glass.parent.values[glass.frame.values] if "parent" in glass else glass.frame.values
    found[SITE] = splits(x, S, *how, one_scale=False)
    found[BOX] = splits(x, S, *how, one_scale=False, groups=boxes)
    S = geo2_spectra(glass, channels=CHANNELS).values
    return found | {WHOLE: splits(x, S, *how, one_scale=True, groups=boxes)}


def network(method, task, k=None, epochs=60):
    """An unfitted network: of water small ones, of GeO2 those of the search for moments.  -> estimator

    Trained for two thirds of the epochs of other chapters, on fewer rows: many splits of the tuned networks of water
    would take longer than the rest of the book.
    """
    epochs = max(1, 2 * epochs // 3)
    if task not in WATER:
        model = tuned(method, "moments", k and min(k, 2), epochs=epochs, n_starts=1)
        return model if k is None else model.set_params(n_components=k)
    if method == "Emulator":
        return Emulator(hidden=(64, 64, 64), epochs=epochs)
    return {"EDNN": EDNN, "NNCA": NNCA}[method](k, epochs=epochs, batch_size=200, n_starts=STARTS.get(method, 1))


def fit_splits(model, problems, seed):
    """A network trained on every split side by side, each with a seed of its own.  -> list, one a split"""
    X, Y = (np.vstack([one.train[part] for one in problems]) for part in (0, 1))
    rows = list(np.arange(len(X)).reshape(len(problems), -1))
    models = [clone(model).set_params(random_state=seed + number) for number in range(len(problems))]
    return fit_together(models, X, Y, rows)


def fit_all(found, epochs, seed):
    """All networks of all tasks, on all cores.  {task: problems} -> {(task, method, k): [one a split, ...]}"""
    keys = [(task, "Emulator", None) for task in found]
    keys += [(task, method, k) for task in found for k in KS[task] for method in ("NNCA", "EDNN")]
    jobs = (delayed(fit_splits)(network(method, task, k, epochs), found[task], seed) for task, method, k in keys)
    return dict(zip(keys, on_all_cores(jobs, len(keys), "networks"), strict=True))


def compete(found, fitted):
    """Every method on the test data of every split.  -> DataFrame: task, method, decoder, k, split, score

    And the ECAs, vectors from training data, as {(task, "ECA", k): [one a split, ...]}.
    """
    keys = [(task, number) for task in found for number in range(len(found[task]))]
    jobs = (delayed(_compete)(found[task][number], task, number, _of(fitted, task, number)) for task, number in keys)
    lines, ecas = [], {}
    for (task, _), (some, eca) in zip(keys, on_all_cores(jobs, len(keys), "rivals"), strict=True):
        lines += some
        for k in KS[task]:
            ecas.setdefault((task, "ECA", k), []).append(eca.first(k))
    return pd.DataFrame(lines, columns=["task", "method", "decoder", "k", "split", "score"]), ecas


def _of(fitted, task, number):
    """The networks of one split.  -> {(method, k): estimator}"""
    return {(method, k): models[number] for (name, method, k), models in fitted.items() if name == task}


def _compete(one, task, number, networks):
    emulator, (X, Y), (X_test, Y_test), lines = networks["Emulator", None], one.train, one.test, []

    def note(method, decoder, k, model):
        lines.append((task, method, decoder, k, number, covered_variance(Y_test, model.predict(X_test))))

    eca = ECA(emulator, n_components=max(KS[task]), n_starts=2, random_state=0).fit(X, Y)
    for k in KS[task]:
        for method, model in {"ECA": eca.first(k), **{m: networks[m, k] for m in ("NNCA", "EDNN")}}.items():
            note(method, OWN, k, model)
            if method != "EDNN":
                note(method, FREE, k, Projected(_known(model.components_), k, smooth()).fit(X, Y))
        for name, directions in rivals(emulator).items():
            for decoder, behind in {LINEAR: None, FREE: smooth()}.items():
                note(name, decoder, k, Projected(directions, k, behind).fit(X, Y))
    bare = (LinearRegression().fit(X, Y), kernel_ridge(X.shape[1]).fit(X[:RIDGE_ROWS], Y[:RIDGE_ROWS]), emulator)
    for name, model in zip(BARE, bare, strict=True):
        note(name, OWN, None, model)
    return lines, eca


def _known(vectors):
    """Directions that were found elsewhere, in the form that `Projected` takes.  (k, inputs) -> function"""
    return lambda X, Y, k: vectors


def of(scores, task, method, decoder, k):
    """Scores of one method over the splits.  -> (splits,)"""
    k = 0 if k is None else k
    some = scores[(scores.task == task) & (scores.method == method) & (scores.decoder == decoder)]
    return some[some.k.fillna(0) == k].sort_values("split").score.to_numpy()


def gap(scores, task, k, one, other):
    """How much more one (method, decoder) covers than another, paired over splits.  -> mean, low, high"""
    return over_splits(of(scores, task, *one, k) - of(scores, task, *other, k))


def score_table(scores, k):
    """Covered variances of all methods with k components, 95 % intervals over splits.  -> DataFrame of texts"""
    lines, order = {}, scores[scores.k.fillna(k) == k].drop_duplicates(["method", "decoder"])
    order = order.sort_values("k", na_position="last", kind="stable")
    for method, decoder in zip(order.method, order.decoder, strict=True):
        name = method if method in BARE else f"{method}, {decoder} decoder"
        lines[name] = {}
        for task in TASKS:
            values = of(scores, task, method, decoder, None if method in BARE else k) if k in KS[task] else []
            lines[name][TASKS[task]] = cell(values)
    frame = pd.DataFrame.from_dict(lines, orient="index")
    return frame[[TASKS[task] for task in TASKS if k in KS[task]]]


def cell(values, digits=3):
    """Mean and half of the 95 % interval over splits, as text.  (splits,) -> str"""
    if not len(values):
        return None
    mean, _, high = over_splits(values)
    return f"{mean:.{digits}f} ± {high - mean:.{digits}f}"


def drawn(scores):
    """Scores for the figure: mean and interval.  -> {task: {(method, decoder): {k: (mean, low, high)}}}"""
    shown = [("EDNN", OWN), ("NNCA", OWN), ("ECA", OWN), ("ECA", FREE)]
    shown += [
        (name, decoder)
        for name in ("reduced rank", "active subspace", "SIR", "PLS", "PCR")
        for decoder in (FREE, LINEAR)
    ]
    return {
        task: {one: {k: over_splits(of(scores, task, *one, k)) for k in KS[task]} for one in shown} for task in TASKS
    }


def settled(scores, one, other, tasks=tuple(TASKS)):
    """In which entries one method covers more than another.  -> {"more" | "less" | "neither": [str]}"""
    found = {"more": [], "less": [], "neither": []}
    for task in tasks:
        for k in KS[task]:
            _, low, high = gap(scores, task, k, one, other)
            found["more" if low > 0 else "less" if high < 0 else "neither"].append(f"{TASKS[task]} (k = {k})")
    return found


def on_rival(scores):
    """What the closed form does beside NNCA and EDNN, in words chosen by the numbers.  -> str"""
    text = []
    for name in ("NNCA", "EDNN"):
        found = settled(scores, RIVAL, (name, OWN))
        text.append(
            f"Against {name}, reduced-rank regression with a free decoder covers more in {_listed(found['more'])}, "
            f"less in {_listed(found['less'])}. In {_listed(found['neither'])} the difference is not settled."
        )
    return "\n\n".join(text)


def _listed(names):
    return ", ".join(names) if names else "no entry"


def on_decoder(scores):
    """What a free decoder adds to ECA's own vectors, in words.  -> str"""
    gains = {task: gap(scores, task, 1, ("ECA", FREE), ("ECA", OWN)) for task in TASKS}
    words = ", ".join(f"{mean:+.3f} ({TASKS[task]})" for task, (mean, *_) in gains.items())
    return f"A free decoder behind ECA's own first vector changes its covered variance by {words}."


def summary(scores, task=BOX, k=1):
    """What the chapter found, as the first lines of its summary.  -> str"""
    linear, free, nnca = (of(scores, task, *one, k).mean() for one in ((RIVAL[0], LINEAR), RIVAL, ("NNCA", OWN)))
    whole = of(scores, WHOLE, "emulator", OWN, None).mean()
    return (
        f"- A linear decoder holds old projections back. With a free one, one direction of reduced-rank regression "
        f"goes from {linear:.2f} to {free:.2f} ({TASKS[task]}), where NNCA has {nnca:.2f}.\n"
        f"- Whole GeO₂ spectra need no moments: an emulator covers {whole:.2f} of them."
    )


def without_bottleneck(scores):
    """How well whole spectra and moments of GeO2 are predicted without a bottleneck, in words.  -> str"""
    parts = [f"{name} {cell(of(scores, WHOLE, name, OWN, None))}" for name in BARE]
    return f"Whole spectra of held-back boxes without a bottleneck: {', '.join(parts)}."


def on_all_cores(jobs, count, label):
    """Results of joblib's jobs in order, with a bar in terminals and live sessions."""
    return list(tqdm(Parallel(n_jobs=-1, return_as="generator")(jobs), total=count, desc=label, leave=False))
