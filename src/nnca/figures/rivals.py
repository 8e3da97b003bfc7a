"""Figures of the chapter on rivals and limits."""

import matplotlib.pyplot as plt
import numpy as np

from nnca.figures import METHODS

RIVAL = "#AA4499"  # closed forms, apart from the methods' colours (Tol, muted)
MARKS = {1: "o", 2: "s", 3: "^"}


def scores(values, titles):
    """Every method on every task, a row each.  {task: {(method, decoder): {k: (R2, low, high)}}}, {task: title} -> fig

    Markers say k.  Filled: a free decoder, or the network's own; hollow: a linear one.
    """
    fig, axes = plt.subplots(2, 3, sharey=True, figsize=(7.2, 6.2))
    names = list(next(iter(values.values())))
    for ax, letter, (task, methods) in zip(axes.flat, "abcdef", values.items(), strict=True):
        for place, name in enumerate(names):
            colour = METHODS.get(name[0], RIVAL)
            for k, (mean, low, high) in methods[name].items():
                face = "white" if name[1] == "linear" else colour
                ax.plot([low, high], [place, place], color=colour, lw=1)
                ax.plot(mean, place, MARKS[k], color=colour, mfc=face, ms=5)
        lowest = min(one[0] for method in methods.values() for one in method.values())
        ax.set(title=f"({letter}) {titles[task]}".replace(", ", ",\n"), xlim=(max(lowest - 0.05, 0), 1.01))
    axes[0, 0].set_yticks(range(len(names)), [f"{method}, {decoder}" for method, decoder in names])
    axes[0, 0].invert_yaxis()
    for ax in axes[1]:
        ax.set_xlabel("covered variance $R^2$")
    marks = [plt.Line2D([], [], marker=mark, color="0.3", ls="", label=f"k = {k}") for k, mark in MARKS.items()]
    fig.legend(handles=marks, loc="outside lower center", ncols=3)
    return fig


def widths(table, paper, titles):
    """Scores of one component in ensembles of one set of snapshots.  {kind: {method: {ensemble: (splits,)}}} -> fig

    Lines are means, bands the range over splits, dotted the paper's value, {kind: {method: R2}}.
    """
    fig, axes = plt.subplots(1, len(table), figsize=(7.2, 3.0))
    for ax, letter, (kind, methods) in zip(axes, "abc", table.items(), strict=False):
        for method, line in methods.items():
            values, places = np.array(list(line.values())), np.arange(len(line))
            ax.fill_between(places, values.min(axis=1), values.max(axis=1), color=METHODS[method], alpha=0.2, lw=0)
            ax.plot(places, values.mean(axis=1), "o-", ms=4, color=METHODS[method], label=method)
            ax.axhline(paper[kind][method], color=METHODS[method], ls=":", lw=1)
        ax.set(title=f"({letter}) {titles[kind]}")
        ax.set_xticks(places, list(line), rotation=35, ha="right", rotation_mode="anchor")
    axes[0].set_ylabel("covered variance $R^2$, $k$ = 1")
    axes[0].legend(fontsize=8.5)
    return fig


def intensity(ratio):
    """Ratio of the two lines' strength against pressure.  DataFrame (pressure; mean, std, size) -> fig"""
    fig, ax = plt.subplots(figsize=(4.4, 2.8))
    ax.fill_between(ratio.index, ratio["mean"] - ratio["std"], ratio["mean"] + ratio["std"], color="0.88", lw=0)
    ax.errorbar(
        ratio.index, ratio["mean"], 1.96 * ratio["std"] / np.sqrt(ratio["size"]), fmt="o-", color=METHODS["NNCA"]
    )
    ax.set(xlabel="pressure (GPa)", ylabel="strength of Kβ″ over Kβ₂")
    return fig


def sets(inside, grid, truth, answers, titles):
    """Sets of structures seen along the angle.  {kind: {noise: (points,)}}, Grid, (3,), {kind: {name: (3,)}} -> fig

    Darker is less noise.  A cross marks the truth, a plus its mirror image, other marks what methods answer.
    """
    fig, axes = plt.subplots(1, len(inside), sharex=True, sharey=True, figsize=(7.2, 2.9))
    axis, shades = grid.axes[1], plt.get_cmap("Blues")
    for ax, letter, (kind, masks) in zip(axes, "abcd", inside.items(), strict=True):
        for shade, mask in zip((0.25, 0.5, 0.85), reversed(masks.values()), strict=False):
            flat = mask.reshape(grid.shape).any(axis=0)  # (bond, bond): some angle explains it
            ax.contourf(axis, axis, flat.T.astype(float), [0.5, 1.5], colors=[shades(shade)])
        for name, x in answers.get(kind, {}).items():
            colour = METHODS.get(name.split(",")[0], RIVAL)
            ax.plot(x[1], x[2], "s" if "2" in name else "o", ms=5, color=colour, mec="white", mew=0.5, label=name)
        ax.plot(truth[1], truth[2], "x", color="black", ms=8, label="truth")
        ax.plot(truth[2], truth[1], "+", color="black", ms=8, label="mirror image")
        ax.set(title=f"({letter}) {titles[kind]}", xlabel="$r_1$ (Å)", aspect="equal")
    axes[0].set_ylabel("$r_2$ (Å)")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=8.5)
    return fig
