"""Tables I and II as the chapters print and quote them.  A row is (target, number of components)."""

import pandas as pd

from nnca.book.paper import TABLE_I, TABLE_II
from nnca.figures import TARGETS

PAPER = TABLE_I | TABLE_II


def score_table(rows, differences=()):
    """Covered variances (mean ± spread over seeds), paired differences (95 %), the paper's values.  -> DataFrame

    `rows` {(target, k): Comparison}, `differences` pairs of methods.
    """
    lines = {}
    for (target, k), row in rows.items():
        line = {method: f"{row.mean(method):.3f} ± {scores.std():.3f}" for method, scores in row.scores.items()}
        for one, other in differences:
            mean, low, high = row.difference(one, other)
            line[f"{one} − {other}"] = f"{mean:+.3f} [{low:.3f}, {high:.3f}]"
        known = PAPER.get((target, k), {})
        line |= {f"{method}, paper": f"{known[method]:.2f}" for method in row.scores if method in known}
        lines[f"{TARGETS[target]}, k = {k}"] = line
    return pd.DataFrame.from_dict(lines, orient="index")


def score_notes(rows, differences=()):
    """The same numbers under names for the prose, such as `EDNN_xes1` and `EDNN_over_ECA_xes1_low`.  -> dict"""
    notes = {}
    for (target, k), row in rows.items():
        at = f"{target}{k}"
        for method in row.scores:
            notes[f"{key(method)}_{at}"] = row.mean(method)
            notes |= dict(
                zip((f"{key(method)}_{at}_low", f"{key(method)}_{at}_high"), row.interval(method), strict=True)
            )
        for one, other in differences:
            mean, low, high = row.difference(one, other)
            gap = f"{key(one)}_over_{key(other)}_{at}"
            notes |= {gap: mean, f"{gap}_low": low, f"{gap}_high": high, f"{gap}_word": verdict(low, high)}
    return notes


def verdict(low, high):
    """What an interval of a difference allows to say."""
    return "more than" if low > 0 else "less than" if high < 0 else "not distinguishably more or less than"


def key(method):
    """A method's name as part of a note's: "ECA, training set" -> "ECA_train"."""
    return method.replace(", training set", "_train").replace(", test set", "")
