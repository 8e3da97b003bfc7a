"""Figures of the chapter on model selection."""

import matplotlib.pyplot as plt
import numpy as np

from nnca.figures import METHODS, TARGETS

RUNG_MARKERS = (("o", "none"), ("s", "none"), ("^", "full"))  # of the last rung a candidate reached; only the last full
TARGET_MARKERS = dict(zip(TARGETS, "os^D", strict=True))
CHANCE = 0.05  # a difference that chance makes more often than this is drawn hollow


def score_against_cost(tables):
    """Cross-validated score against processor time of every candidate.  {method: {target: cv_results_}} -> fig"""
    targets = list(next(iter(tables.values())))
    fig, axes = plt.subplots(len(tables), len(targets), figsize=(7.2, 2.2 * len(tables) + 0.3), squeeze=False)
    for row, (method, searches) in zip(axes, tables.items(), strict=True):
        for ax, (target, table) in zip(row, searches.items(), strict=True):
            _candidates(ax, table, METHODS[method])
            ax.set_title(f"{method}, {TARGETS[target].replace('GeO₂ ', '')}", fontsize=9.5)
    fig.supxlabel("processor time of a candidate (s)", fontsize=9.5)
    fig.supylabel("cross-validated $R^2$", fontsize=9.5)
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return fig


def _candidates(ax, table, colour):
    """One search: marker by rung, a ring around the chosen one; the lowest quarter of the scores is cut off."""
    rung, score, cost = (np.array(table[name]) for name in ("rung", "mean_test_score", "cpu_s"))
    best = int(np.argmin(table["rank_test_score"]))
    for number, (marker, fill) in enumerate(RUNG_MARKERS):
        here, style = rung == number, {"fillstyle": fill, "color": "0.2" if fill == "full" else colour}
        ax.plot(cost[here], score[here], marker, ms=4.5, mew=0.9, label=f"rung {number + 1}", **style)
    ax.plot(cost[best], score[best], "o", ms=11, mfc="none", mec="black", mew=1.2, label="chosen")
    low, high = np.quantile(score, 0.25), score.max()
    ax.margins(x=0.12)
    ax.set(xscale="log", ylim=(low - 0.1 * (high - low) - 1e-4, high + 0.15 * (high - low) + 1e-4))
    ax.ticklabel_format(axis="y", useOffset=False)
    ax.locator_params(axis="y", nbins=4)
    ax.tick_params(labelsize=9)


def decisive(shares):
    """How much of the ranks each hyperparameter accounts for, a marker for each search.  -> fig

    {method: {hyperparameter: {(target, k): (share, probability that chance does as well)}}}
    """
    rows = [len(by) for by in shares.values()]
    heights = {"height_ratios": rows}
    fig, axes = plt.subplots(len(rows), 1, sharex=True, figsize=(7.2, 0.3 * sum(rows) + 1.3), gridspec_kw=heights)
    for ax, (method, by) in zip(np.atleast_1d(axes), shares.items(), strict=True):
        for row, searches in enumerate(by.values()):
            for number, ((target, _), (share, chance)) in enumerate(searches.items()):
                y = -row - 0.5 * ((number + 0.5) / len(searches) - 0.5)
                full = METHODS[method] if chance < CHANCE else "none"
                ax.plot(share, y, TARGET_MARKERS[target], ms=5.5, mec=METHODS[method], mfc=full, mew=0.9)
        ax.set(yticks=-np.arange(len(by)), yticklabels=list(by), title=method, ylim=(0.5 - len(by), 0.5))
        ax.axvline(0, color="0.6", lw=0.8)
        ax.grid(axis="x", color="0.9")
    np.atleast_1d(axes)[-1].set_xlabel("share of the candidates' ranks")
    used = {target for by in shares.values() for searches in by.values() for target, _ in searches}
    handles = [
        plt.Line2D([], [], color="0.3", ls="", marker=TARGET_MARKERS[target], label=name)
        for target, name in TARGETS.items()
        if target in used
    ]
    fig.legend(handles=handles, loc="outside upper right", ncols=4)
    return fig


def ranks_by_value(panels):
    """Ranks of candidates over the values of hyperparameters.  {(method, name): (labels, [ranks (n,)])} -> fig"""
    fig, axes = plt.subplots(1, len(panels), sharey=True, figsize=(7.2, 2.9), squeeze=False)
    for ax, ((method, name), (labels, groups)) in zip(axes[0], panels.items(), strict=True):
        for x, ranks in enumerate(groups):
            ax.plot(
                x + np.linspace(-0.2, 0.2, len(ranks)), np.sort(ranks), "o", ms=3, mfc="none", color=METHODS[method]
            )
            ax.plot([x - 0.35, x + 0.35], [np.median(ranks)] * 2, color="black", lw=2)
        step = -(-len(labels) // 4)  # more labels would run into each other
        ax.set_xticks(range(0, len(labels), step), labels[::step])
        ax.set(title=method, xlabel=name.replace("'s ", "'s\n"))
        ax.tick_params(labelsize=9)
    axes[0, 0].invert_yaxis()
    axes[0, 0].set_ylabel("rank (1 is best)")
    return fig
