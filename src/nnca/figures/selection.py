"""Figures of the chapter on model selection."""

import matplotlib.pyplot as plt
import numpy as np


def score_against_cost(tables, chosen):
    """Cross-validated score against processor time of every candidate.  {title: table}, {title: number} -> fig

    A table is `cv_results_` of a search; the marker says how far a candidate came, a ring which one was chosen.
    """
    columns = min(4, len(tables))
    rows = -(-len(tables) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(7.2, 2.1 * rows), squeeze=False)
    for ax, (title, table) in zip(axes.flat, tables.items(), strict=False):
        rung, score, cost = (np.array(table[name]) for name in ("rung", "mean_test_score", "cpu_s"))
        for number in range(rung.max() + 1):
            here = rung == number
            style = {"marker": "os^D"[number], "color": f"C{number}", "label": f"rung {number + 1}"}
            ax.scatter(cost[here], score[here], s=16, **style)
        ax.scatter(cost[chosen[title]], score[chosen[title]], s=110, fc="none", ec="black", label="chosen")
        ax.set_title(title, fontsize=9)
        low = np.quantile(score, 0.25)
        ax.set(xscale="log", ylim=(low - 0.02, score.max() + 0.1 * (score.max() - low) + 0.005))
    for ax in axes[-1]:
        ax.set_xlabel("processor time (s)")
    for ax in axes[:, 0]:
        ax.set_ylabel("cross-validated $R^2$")
    axes[0, 0].legend(fontsize=6.5, loc="lower right")
    for ax in axes.flat[len(tables) :]:
        ax.axis("off")
    return fig


def what_matters(ranks):
    """Rank of candidates against each hyperparameter.  {name: (labels, list of arrays of ranks)} -> fig"""
    fig, axes = plt.subplots(1, len(ranks), sharey=True)
    for ax, letter, (name, (labels, groups)) in zip(axes, "abcd", ranks.items(), strict=False):
        ax.boxplot(groups, widths=0.6, medianprops={"color": "C1", "lw": 2}, flierprops={"ms": 3})
        ax.set_xticks(range(1, len(labels) + 1), labels, rotation=45, fontsize=8)
        ax.set(title=f"({letter}) {name}")
    axes[0].invert_yaxis()
    axes[0].set_ylabel("rank (1 is best)")
    return fig
