"""Figures of the NNCA chapter, the counterpart of Fig. 8 among them."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from nnca.figures import METHODS, TARGETS

LOWEST = -0.25  # covered variance below which bars are cut: a bad guess is not worse than a very bad one
FEATURES = ("angle", "$r_1$", "$r_2$")


def steps(scores):
    """The way from ECA to EDNN, a line for each target.  {target: {method's text: (R2, low, high)}} -> fig"""
    fig, ax = plt.subplots(figsize=(7.2, 3.2))
    names = list(next(iter(scores.values())))
    colours = [METHODS[name] for name in ("ECA", "ECA", "NNCA", "EDNN")]
    for number, row in enumerate(scores.values()):
        mean, low, high = np.array(list(row.values())).T
        places = np.arange(len(names)) + 0.06 * (number - (len(scores) - 1) / 2)  # so that intervals stand side by side
        ax.plot(places, mean, color="0.6", zorder=1)
        for step, (place, colour) in enumerate(zip(places, colours, strict=True)):
            ax.plot([place, place], [low[step], high[step]], color=colour, lw=2)
            ax.plot(place, mean[step], "DPso"[step], color=colour, ms=7)
    ends = np.array([list(row.values())[-1][0] for row in scores.values()])
    for target, end in zip(scores, apart(ends, 0.06 * np.diff(ax.get_ylim())[0]), strict=True):
        ax.text(len(names) - 0.82, end, TARGETS[target], va="center")
    ax.set(xticks=range(len(names)), xlim=(-0.3, len(names) - 0.2), ylabel="covered variance $R^2$")
    ax.set_xticklabels(names)
    return fig


def apart(heights, gap):
    """Heights of labels moved up where they would touch.  (n,) -> (n,)"""
    order = np.argsort(heights)
    moved = heights.astype(float)
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + gap)
    return moved


def water_vectors(vectors):
    """Basis vectors of water as bars over its three features.  {target: {method: (seeds, 3)}} -> fig

    Bars are means over seeds, whiskers their whole range.
    """
    fig, axes = plt.subplots(1, len(vectors), sharey=True, figsize=(7.2, 2.7))
    for ax, letter, (target, methods) in zip(axes, "abc", vectors.items(), strict=False):
        for number, (method, v) in enumerate(methods.items()):
            place = np.arange(3) + 0.38 * (number - (len(methods) - 1) / 2)
            mean = v.mean(axis=0)
            reach = np.abs([v.min(axis=0), v.max(axis=0)] - mean)
            style = {"color": METHODS[method], "hatch": ("", "//")[number], "edgecolor": "white"}
            ax.bar(place, mean, 0.36, yerr=reach, error_kw={"lw": 1}, label=method, **style)
        ax.axhline(0, color="0.4", lw=0.8)
        ax.set(title=f"({letter}) {TARGETS[target]}", xticks=np.arange(3), xticklabels=FEATURES, ylim=(-1.05, 1.05))
    axes[0].set_ylabel("component of $\\mathbf{v}_1$")
    axes[0].legend(loc="lower left", fontsize=9)
    return fig


def coulomb_vectors(vectors, atoms=18, germanium=9):
    """Basis vectors of GeO2 in the shape of the Coulomb matrix, Fig. 8.  {title: (153,)} -> fig

    `germanium` of the `atoms` come first, the central one leading.
    """
    columns = min(3, len(vectors))
    rows = -(-len(vectors) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(7.2, 2.6 * rows), squeeze=False)
    largest = max(np.abs(v).max() for v in vectors.values())
    for ax, letter, (title, v) in zip(axes.flat, "abcdef", vectors.items(), strict=False):
        M = np.full((atoms, atoms), np.nan)
        M[np.triu_indices(atoms, k=1)] = v
        M = np.fmax(M, M.T)
        image = ax.imshow(M, cmap="RdBu_r", vmin=-largest, vmax=largest)
        for edge in (0.5, germanium - 0.5):
            ax.axhline(edge, color="0.3", lw=0.7)
            ax.axvline(edge, color="0.3", lw=0.7)
        ticks = [0, (germanium - 1) / 2 + 0.5, (germanium + atoms - 1) / 2]
        ax.set_xticks(ticks, ["c.", "Ge", "O"])
        ax.set_yticks(ticks, ["c.", "Ge", "O"])
        ax.tick_params(length=0)
        ax.set_title(f"({letter}) {title}")
    for ax in axes.flat[len(vectors) :]:
        ax.axis("off")
    fig.colorbar(image, ax=axes, shrink=0.7, label="component (standardised features)")
    return fig


def hierarchy(shares):
    """What the first latent variable covers alone, and both.  {target: {name: (first, both)}} -> fig"""
    fig, axes = plt.subplots(1, len(shares), sharey=True, figsize=(7.2, 2.8))
    for ax, letter, (target, methods) in zip(axes, "abcd", shares.items(), strict=False):
        for place, (name, (first, both)) in enumerate(methods.items()):
            colour = METHODS[name.split(",")[0]]
            ax.bar(place, both, 0.7, color=colour, alpha=0.35)
            ax.bar(place, first, 0.7, color=colour)
        ax.axhline(0, color="0.4", lw=0.8)
        names = [name.replace("NNCA, ", "") for name in methods]
        ax.set(title=f"({letter}) {TARGETS[target]}", xticks=range(len(methods)))
        ax.set_xticklabels(names, rotation=35, ha="right", rotation_mode="anchor")
    axes[0].set(ylabel="covered variance $R^2$", ylim=(max(LOWEST, axes[0].get_ylim()[0]), None))
    return fig
