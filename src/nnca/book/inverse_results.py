"""What chapter 4 computes around its networks: how far inversion is off, and what decides it."""

from itertools import groupby

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.neighbors import KNeighborsRegressor
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from nnca import covered_variance
from nnca.book import verdicts
from nnca.book.hyperparameters import read_search, tuned
from nnca.book.paper import TABLE_I, TABLE_II
from nnca.book.trained_networks import NETWORKS, fit_once
from nnca.figures import TARGETS
from nnca.figures.inversion import LIMIT
from nnca.inversion import (
    THRESHOLDS,
    bottleneck_of,
    error_bound,
    evidence,
    invert_layers,
    layers_of,
    layerwise_errors,
    square_matrices,
)
from nnca.methods.network import fit_together
from nnca.spaces import spaces

METHOD = "EDNN inverse"
PENALTIES = spaces[METHOD, "h2o"]["alpha"]  # Table IV, the same for both systems
NOISE = {1e-10: "$10^{-10}$", 1e-6: "$10^{-6}$", 1e-2: "0.01"}  # standard deviations, and how figures write them
SMALL = 0.01  # standard deviations of the latent variable
GENTLE, STRONG = PENALTIES[1], PENALTIES[-1]  # the penalties that figures show
DIGITS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def spoken(value, limit=LIMIT):
    """A number of any size for a table: 0.012, 3·10⁻⁸, over 10⁶, diverged.  float, a power of ten -> str"""
    if not np.isfinite(value):
        return "diverged"
    if value > limit:
        return f"over 10{str(round(np.log10(limit))).translate(DIGITS)}"
    if value == 0 or 0.01 <= value < 1000:
        return f"{value:.2g}" if value < 100 else f"{value:.0f}"
    digit, power = f"{value:.0e}".split("e")
    return f"{digit}·10{str(int(power)).translate(DIGITS)}"


def fit_penalties(problems, seeds, epochs):
    """The networks of the search with every penalty of Table IV.  -> {(target, penalty): EDNNs, one a seed}

    All else, shape and learning rate, is as the search chose it, so that all networks of a system train side by side.
    """
    settings = [(penalty, seed) for penalty in PENALTIES for seed in seeds]
    groups = [
        [tuned(METHOD, target, 1, alpha=alpha, random_state=seed, epochs=epochs) for alpha, seed in settings]
        for target in problems
    ]
    jobs = (
        delayed(fit_once)(models, *problem.train, NETWORKS, fit_together)
        for models, problem in zip(groups, problems.values(), strict=True)
    )
    found = Parallel(n_jobs=-1, return_as="generator")(jobs)
    fitted = dict(zip(problems, tqdm(found, total=len(problems), desc="networks", leave=False), strict=True))
    return {
        (target, penalty): [one for one in models if one.alpha == penalty]
        for target, models in fitted.items()
        for penalty in PENALTIES
    }


def measure(problems, fitted):
    """Test score and `nnca.inversion.evidence` of every network.  -> DataFrame, also with target, penalty, seed"""
    rows = []
    for (target, penalty), models in fitted.items():
        X, Y = problems[target].test
        for one in models:
            line = {"target": target, "penalty": penalty, "seed": one.random_state, "score": one.score(X, Y)}
            rows.append(line | evidence(one.module_, X, Y))
    return pd.DataFrame(rows)


def folds(targets):
    """What the searches chose: penalty, and the standard deviation of its score over folds.  -> {target: (a, std)}"""
    found = {}
    for target in targets:
        record = read_search(METHOD, target, 1)
        best = record["table"]["params"].index(record["chosen"])
        found[target] = record["chosen"]["alpha"], record["table"]["std_test_score"][best]
    return found


def lead(target):
    """By how much the chosen penalty beat the best of the others, as far up the search as both came.  -> float"""
    table = pd.DataFrame(read_search(METHOD, target, 1)["table"])
    table["alpha"] = [one["alpha"] for one in table.params]
    best = table[table.rung == table.rung.max()].groupby("alpha").mean_test_score.max().sort_values()
    return best.iloc[-1] - best.iloc[-2] if len(best) > 1 else np.nan


def networks_table(problems, fitted, facts):
    """Layers, chosen penalty and scores of the networks.  -> DataFrame of texts"""
    rows = {}
    for target, (chosen, _) in folds(problems).items():
        layers = layers_of(fitted[target, chosen][0].module_)
        widths = [problems[target].X.shape[1], *(len(layer.bias) for layer in layers)]
        runs = [(width, len(list(run))) for width, run in groupby(widths)]
        scores = facts[(facts.target == target) & (facts.penalty == chosen)].score
        rows[TARGETS[target]] = {
            "layers": ", ".join(f"{number} × {width}" if number > 1 else f"{width}" for width, number in runs),
            "penalty chosen": f"{chosen:g}",
            "R², test": f"{scores.mean():.3f} ± {scores.std(ddof=0):.3f}",
            "paper, ReLU": f"{(TABLE_I | TABLE_II)[target, 1]['EDNN']:.2f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def curves(problem, model):
    """Errors with every threshold of the pseudo-inverse.  -> {threshold: LayerErrors}"""
    return {one: layerwise_errors(model.module_, problem.test[0], one) for one in THRESHOLDS}


def from_other_outputs(problems, fitted, penalty, random_state):
    """Errors from the prediction, from it with noise, and from known outputs.  -> {target: {name: LayerErrors}}"""
    found, rng = {}, np.random.default_rng(random_state)
    for target, problem in problems.items():
        one, (X, Y) = fitted[target, penalty][0], problem.test
        S = one.predict(X)
        outputs = {"prediction": S}
        outputs |= {f"with noise of {name}": S + size * rng.normal(size=S.shape) for size, name in NOISE.items()}
        outputs["known outputs"] = Y
        found[target] = {name: layerwise_errors(one.module_, X, outputs=value) for name, value in outputs.items()}
    return found


def judge(facts, held, what):
    """Network by network, for every system and penalty.  facts, (rows of it,) bool, words -> our numbers, Verdict"""
    counts = held.groupby([facts.target, facts.penalty], sort=False).agg(["sum", "count"])
    systems = {target: counts.loc[target].to_numpy().tolist() for target in facts.target.unique()}
    parts = [", ".join(str(one) for one, _ in pairs) for pairs in systems.values()]
    if len(systems) > 1:
        parts = [f"{TARGETS[target].split()[0]} {part}" for target, part in zip(systems, parts, strict=True)]
    penalties = ", ".join(f"{penalty:g}" for penalty in facts.penalty.unique())
    networks = counts["count"].iloc[0]
    numbers = f"so in {'; '.join(parts)} of {networks} networks at the penalties {penalties}"
    return numbers, verdicts.mostly(list(systems.values()), what)


def by_penalty(facts, target, column):
    """Medians over the networks of a system.  -> Series, indexed by penalty"""
    return facts[facts.target == target].groupby("penalty")[column].median()


def untrained(problems):
    """Square matrices of the chosen networks as they are drawn.  -> {target: {part: singular values}}"""
    drawn = {}
    for target, problem in problems.items():
        still = tuned(METHOD, target, 1, learning_rate=0, epochs=1, random_state=0)  # nothing moves
        drawn[target] = square_matrices(still.fit(*problem.train).module_)
    return drawn


def conditions(facts, drawn):
    """Median condition number of the larger square matrices, by penalty.  -> DataFrame of texts"""
    rows = {}
    for target, parts in drawn.items():
        part, large = max(parts.items(), key=lambda item: len(item[1][0]))
        name = f"{TARGETS[target].split()[0]}, {part}"
        rows[name] = {"as drawn": spoken(np.median([s[0] / s[-1] for s in large]), np.inf)}
        rows[name] |= {
            f"{penalty:g}": spoken(value, np.inf) for penalty, value in by_penalty(facts, target, "larger").items()
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def bound_margins(problems, fitted, penalty):
    """Decades between the bound and the measured errors, from the output to the latent variable.  -> (n,)"""
    margins = []
    for target, problem in problems.items():
        module, X = fitted[target, penalty][0].module_, problem.test[0]
        for dtype in (np.float64, np.float32):
            found = layerwise_errors(module, X, dtype=dtype)
            here = slice(found.bottleneck, -1)
            with np.errstate(divide="ignore"):
                margins.append(np.log10(error_bound(module, X, dtype=dtype)[here] / found.at_layers[here]))
    margins = np.concatenate(margins)
    return margins[np.isfinite(margins)]


def structure_from_latent(problems, fitted, penalty):
    """The structure from the exact latent variable: inverted, and as well as t knows it.  -> DataFrame of texts"""
    rows = {}
    for target, problem in problems.items():
        one, (X, _), (X_test, _) = fitted[target, penalty][0], problem.train, problem.test
        T, T_test = one.transform(X), one.transform(X_test)
        guess = invert_layers(one.module_, T_test, bottleneck_of(one.module_))[0]
        best = KNeighborsRegressor(25).fit(T, X).predict(T_test)
        rows[TARGETS[target]] = {
            "error, inverted": spoken(np.median(np.abs(guess - X_test))),
            "error, mean structure": spoken(np.median(np.abs(X_test))),
            "R², best guess": f"{covered_variance(X_test, best):.2f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


@threadpool_limits.wrap(limits=1)  # many small matrices: threads cost more than they save
def latent_from_spectrum(problems, fitted, penalty):
    """t from known outputs, inverted and fitted: median errors in standard deviations.  -> DataFrame of numbers"""
    rows = {}
    for target, problem in problems.items():
        one, (X, Y) = fitted[target, penalty][0], problem.test
        t, fit = one.transform(X), one.fit_latent(Y)
        inverted = invert_layers(one.module_, Y)[bottleneck_of(one.module_)]
        off = [np.median(np.abs(way - t)) / t.std() for way in (inverted, fit)]
        rows[TARGETS[target]] = [*off, covered_variance(Y, one.decode(fit))]
    columns = ["error of t, inverted", "error of t, fitted", "R² of the outputs"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def latent_table(latent):
    """The same in words.  -> DataFrame of texts"""
    words = latent.map(spoken)
    words[latent.columns[-1]] = latent.iloc[:, -1].map("{:.3f}".format)
    return words


def sharers(problem, model, share=0.05):
    """Water molecules of nearly one t, the median.  -> fit_latent's and the encoder's t, plane, near, spreads

    plane (n, 2) angle and mean bond length in units, near (n,) bool, spreads of angle and bond lengths among them in
    standard deviations.
    """
    X, Y = problem.test
    t, fit = model.transform(X)[:, 0], model.fit_latent(Y)[:, 0]
    away = np.abs(t - np.median(t))
    near = away <= np.quantile(away, share)
    x = problem.inputs.inverse_transform(X)
    return t, fit, np.column_stack([x[:, 0], x[:, 1:].mean(axis=1)]), near, X[near].std(axis=0)
