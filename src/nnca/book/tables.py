"""Tables I and II as the chapters print them.

Rows are {(target, k): Comparison}; a method is (name, where its vectors were found), which for all but ECA is None.
"""

import pandas as pd

from nnca.book.paper import TABLE_I, TABLE_II
from nnca.figures import TARGETS, method_label
from nnca.uncertainty import compare

PAPER = TABLE_I | TABLE_II
EDNN, NNCA, ECA, ECA_TRAIN = ("EDNN", None), ("NNCA", None), ("ECA", "test"), ("ECA", "train")
PAPERS_CHOICE = (None, "test")  # where the paper finds its vectors


def compare_methods(problems, fitted, methods, random_state, ks=(1, 2), groups=None):
    """Every method on the test data of every problem, for each number of components.  -> {(target, k): Comparison}

    `fitted` as in `nnca.book.trained_networks`, `methods` [(name, vectors_from)], `groups` {target: (rows,)} whole
    groups of test rows to resample.
    """
    rows = {}
    for target, problem in problems.items():
        for k in ks:
            models = {
                (name, source): fitted[(target, name, k, source)[: 4 if source else 3]] for name, source in methods
            }
            rows[target, k] = compare(models, *problem.test, random_state, (groups or {}).get(target))
    return rows


def tidy(rows, split):
    """One line for every score: target, method, vectors_from, k, seed, split, score.  -> DataFrame"""
    lines = [
        {"target": target, "method": method, "vectors_from": source, "k": k, "seed": seed, "split": split, "score": one}
        for (target, k), row in rows.items()
        for (method, source), scores in row.scores.items()
        for seed, one in enumerate(scores)
    ]
    return pd.DataFrame(lines)


def score_table(rows):
    """Covered variances, mean and spread over seeds, the paper's value in brackets.  -> DataFrame"""
    lines = {}
    for (target, k), row in rows.items():
        line = {}
        for (method, source), scores in row.scores.items():
            known = PAPER.get((target, k), {}).get(method) if source in PAPERS_CHOICE else None
            text = f"{scores.mean():.3f} ± {scores.std():.3f}"
            line[method_label(method, source)] = text + ("" if known is None else f" ({known:.2f})")
        lines[f"{TARGETS[target]}, k = {k}"] = line
    return pd.DataFrame.from_dict(lines, orient="index")


def kept_scores(rows):
    """The same for pages that collect results: mean and 95 % interval of every method.  -> list of dict"""
    return [
        {"what": "score", "target": target, "method": method, "k": k, "vectors_from": source}
        | dict(
            zip(("score", "low", "high"), (row.mean((method, source)), *row.interval((method, source))), strict=True)
        )
        for (target, k), row in rows.items()
        for method, source in row.scores
    ]


def difference_table(rows, pairs):
    """Paired differences of methods with their 95 % intervals.  rows, [(method, other)] -> DataFrame"""
    lines = {}
    for (target, k), row in rows.items():
        line = {}
        for one, other in pairs:
            mean, low, high = row.difference(one, other)
            line[f"{method_label(*one)} − {method_label(*other)}"] = f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
        lines[f"{TARGETS[target]}, k = {k}"] = line
    return pd.DataFrame.from_dict(lines, orient="index")


def in_words(rows, keys, one, other):
    """Two methods side by side with their difference, for the text of a claim.  rows, [(target, k)] -> str"""
    parts = []
    for target, k in keys:
        row = rows[target, k]
        _, low, high = row.difference(one, other)
        both = f"{row.mean(one):.3f} and {row.mean(other):.3f}"
        parts.append(f"{both} ({TARGETS[target]}, k = {k}; difference {low:+.3f} to {high:+.3f})")
    return ", ".join(parts)


def means(row, methods):
    """Mean covered variance of methods by name.  Comparison, [(name, vectors_from)] -> {name: float}"""
    return {name: row.mean((name, source)) for name, source in methods}
