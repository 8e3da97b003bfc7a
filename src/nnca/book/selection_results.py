"""What the chapter on model selection makes of the kept searches: the data of its figures and tables."""

import time
from math import prod

import numpy as np
import pandas as pd
from scipy.stats import kruskal
from sklearn.base import clone

from nnca.book.hyperparameters import search_space
from nnca.book.paper import COMBINATIONS_TESTED
from nnca.figures import TARGETS
from nnca.methods.network import fit_together
from nnca.problem import WATER
from nnca.selection import KEEP, RUNGS
from nnca.spaces import Layers, spaces

TABLES = {"EDNN": "III", "EDNN inverse": "IV", "NNCA": "V", "Emulator": "V"}  # of the paper's supplement
RATES_UNKNOWN = {"Emulator": ("learning_rate",)}  # those that `spaces` has are not from the paper
SYSTEMS = {"h2o": "water", "geo2": "GeO₂"}
KS = (1, 2)  # numbers of latent variables that the paper searches for
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(value):
    """A number of one digit as text, small and large ones with powers of ten.  1e-9 -> "10⁻⁹", 0.005 -> "0.005" """
    digit, exponent = f"{value:.0e}".split("e")
    if -4 < int(exponent) < 3:
        return f"{value:g}"
    return ("" if digit == "1" else f"{digit}·") + "10" + str(int(exponent)).translate(SUPERSCRIPT)


def space_table():
    """The search spaces of the paper's supplement, one line each.  -> DataFrame of texts"""
    lines = {}
    for (method, system), space in spaces.items():
        layers = {name: choices for name, choices in space.items() if isinstance(choices, Layers)}
        rates = ", ".join(power(rate) for rate in space["learning_rate"])
        lines[f"{method}, {SYSTEMS[system]}"] = {
            "table": TABLES[method],
            "learning rate": "not given" if method in RATES_UNKNOWN else rates,
            "penalty": f"{power(space['alpha'][0])} to {power(space['alpha'][-1])}",
            "hidden layers": "; ".join(f"{one.depths[0]} to {one.depths[-1]}" for one in layers.values()),
            "their widths": "; ".join(dict.fromkeys(", ".join(map(str, one.widths)) for one in layers.values())),
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def combinations(space, without=()):
    """How many combinations a space holds, some parameters left out.  -> int"""
    return prod(len(choices) for name, choices in space.items() if name not in without)


def tested_by_paper(method, system):
    """Combinations that the paper tests for one model, as far as it tells.  -> int, or None"""
    if method == "EDNN":
        return COMBINATIONS_TESTED[system] // (len(KS) * len(_targets(system)))
    return None if method in RATES_UNKNOWN else combinations(spaces[method, system])  # those are exhaustive


def budget_table(found):
    """Combinations for each model: in the paper's space, tested there, in our space, tested here.  -> DataFrame"""
    lines = {}
    for method, system in spaces:
        kept = next(record for job, record in found.items() if job[0] == method and job[1] in _targets(system))
        counts = {
            "paper's space": combinations(spaces[method, system], RATES_UNKNOWN.get(method, ())),
            "tested in the paper": tested_by_paper(method, system),
            "our space": combinations(search_space(method, _targets(system)[0])),
            "tested here": len(kept["table"]["params"]),
        }
        lines[f"{method}, {SYSTEMS[system]}"] = {
            name: None if number is None else f"{number:,}" for name, number in counts.items()
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def saving(rungs=RUNGS, keep=KEEP):
    """How many times cheaper climbing is than full cross-validation of every candidate, Eq. (halving).  -> float"""
    return prod(rungs[-1]) / sum(keep**rung * epochs * folds for rung, (epochs, folds) in enumerate(rungs))


def climbed(result):
    """Candidates of a search, best first: layers, rate, penalty, rung and score.  SearchResult -> DataFrame"""
    table = result.cv_results_
    order = np.argsort(table["rank_test_score"])
    lines = [
        {
            **_described(table["params"][number]),
            "rung": int(table["rung"][number]) + 1,
            "R² there": f"{table['mean_test_score'][number]:.3f}",
        }
        for number in order
    ]
    return pd.DataFrame(lines, index=pd.Index(range(1, len(order) + 1), name="rank"))


def best(record):
    """Number of the chosen candidate in the table of a kept search.  -> int"""
    return int(np.argmin(record["table"]["rank_test_score"]))


def rivals(record):
    """Candidates of the last rung, and those within one spread over folds of the best.  -> (int, int) without it"""
    rung, score = (np.array(record["table"][name]) for name in ("rung", "mean_test_score"))
    spread = record["table"]["std_test_score"][best(record)]
    others = np.delete(score, best(record))[np.delete(rung == rung.max(), best(record))]
    return len(others), int((others > record["score"] - spread).sum())


def chosen_table(found):
    """What each search chose, its score over the folds, and how many rivals come near.  -> DataFrame of texts"""
    lines = {}
    for (method, target, k), record in found.items():
        spread = record["table"]["std_test_score"][best(record)]
        others, near = rivals(record)
        lines[f"{method}, {TARGETS[target]}" + (f", k\u00a0=\u00a0{k}" if k else "")] = {
            **_described(record["chosen"]),
            "R² (5 folds)": f"{record['score']:.4f}\u00a0±\u00a0{spread:.4f}",
            "near rivals": f"{near}\u00a0of\u00a0{others}",
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def hyperparameters(params):
    """The numbers that describe a candidate.  -> {name: value}"""
    told = {"learning rate": params["learning_rate"], "penalty": params["alpha"]}
    for part in ("encoder", "decoder"):
        if part in params:
            told |= {f"{part}'s depth": len(params[part]), f"{part}'s narrowest layer": min(params[part])}
    return told


def ranks_by_value(record, name):
    """Ranks of the candidates for each value of a hyperparameter.  -> labels, list of arrays"""
    ranks = np.array(record["table"]["rank_test_score"])
    values = np.array([hyperparameters(params)[name] for params in record["table"]["params"]])
    distinct = np.unique(values)
    return [power(value) for value in distinct], [ranks[values == value] for value in distinct]


def shares(found, method):
    """What each hyperparameter accounts for in the ranks of the candidates.  -> {name: {(target, k): (share, chance)}}

    The Kruskal-Wallis test on ranks: its effect size epsilon squared, corrected so that chance gives zero in the mean,
    and the probability that chance gives as much.
    """
    told = {}
    for (_, target, k), record in ((job, one) for job, one in found.items() if job[0] == method):
        for name in hyperparameters(record["chosen"]):
            _, groups = ranks_by_value(record, name)
            H, chance = kruskal(*groups)
            n = sum(map(len, groups))
            told.setdefault(name, {})[target, k] = ((H - len(groups) + 1) / (n - len(groups)), chance)
    return told


def leaders(by, count=2):
    """The hyperparameters with the largest mean share over searches, largest first.  -> list of names"""
    mean = {name: np.mean([share for share, _ in searches.values()]) for name, searches in by.items()}
    return sorted(mean, key=mean.get, reverse=True)[:count]


def seconds_per_epoch(records):
    """Processor time of one network for one epoch, mean over all that searches trained.  -> float"""
    epochs = np.cumsum([epochs * folds for epochs, folds in RUNGS])
    trained = sum(epochs[np.array(record["table"]["rung"])].sum() for record in records)
    return sum(sum(record["table"]["cpu_s"]) for record in records) / trained


def core_hours(found):
    """The paper's searches at our measured speed, and ours: hours of one core.  -> {(method, system): (paper, ours)}"""
    hours = {}
    for method, system in (job for job in spaces if job[0] != "Emulator"):
        records = [record for job, record in found.items() if job[0] == method and job[1] in _targets(system)]
        each = tested_by_paper(method, system) * prod(RUNGS[-1]) * seconds_per_epoch(records)
        ours = sum(sum(record["table"]["cpu_s"]) for record in records)
        hours[method, system] = (len(records) * each / 3600, ours / 3600)
    return hours


def cost_table(hours):
    """Core hours as a table with their sum, and the sum on a cluster.  -> DataFrame of texts"""
    lines = {f"{method}, {SYSTEMS[system]}": pair for (method, system), pair in hours.items()}
    lines["together"] = tuple(np.sum(list(hours.values()), axis=0))
    lines["together, in days of one core"] = tuple(np.array(lines["together"]) / 24)
    texts = {
        name: [f"{value:,.1f}" if value < 10 else f"{value:,.0f}" for value in pair] for name, pair in lines.items()
    }
    return pd.DataFrame.from_dict(
        texts, orient="index", columns=["the paper's candidates, all to the end", "our searches"]
    )


def networks_a_second(model, problem, networks=32):
    """Networks times epochs that a device trains in a second, side by side.  -> float"""
    models = [clone(model).set_params(random_state=seed) for seed in range(networks)]
    start = time.perf_counter()
    fit_together(models, *problem.train)
    return networks * model.epochs / (time.perf_counter() - start)


def _targets(system):
    return WATER if system == "h2o" else ("moments",)


def _described(params):
    """Layers, learning rate and penalty of a candidate as texts."""
    layers = [params[part] for part in ("hidden", "encoder", "decoder") if part in params]
    shape = " / ".join("–".join(map(str, widths)) for widths in layers)
    kind = params.get("activation", "relu")
    shape += "" if kind == "relu" else f", {kind}"
    return {"layers": shape, "rate": power(params["learning_rate"]), "penalty": power(params["alpha"])}
