"""Figures of the NNCA chapter, the counterpart of Fig. 8 among them."""

import matplotlib.pyplot as plt
import numpy as np

from nnca.figures import METHODS

FEATURES = ("angle", "$r_1$", "$r_2$")


def water_vectors(vectors):
    """Basis vectors of water as bars over its three features.  {title: {method: (seeds, 3)}} -> fig

    Bars are means over seeds, whiskers their whole range.
    """
    fig, axes = plt.subplots(1, len(vectors), sharey=True, figsize=(7.2, 2.7))
    for ax, letter, (title, methods) in zip(axes, "abc", vectors.items(), strict=False):
        for number, (method, v) in enumerate(methods.items()):
            place = np.arange(3) + 0.38 * (number - (len(methods) - 1) / 2)
            mean = v.mean(axis=0)
            reach = np.abs([v.min(axis=0), v.max(axis=0)] - mean)
            style = {"color": METHODS[method], "hatch": ("", "//")[number], "edgecolor": "white"}
            ax.bar(place, mean, 0.36, yerr=reach, error_kw={"lw": 1}, label=method, **style)
        ax.axhline(0, color="0.4", lw=0.8)
        ax.set(title=f"({letter}) {title}", xticks=np.arange(3), xticklabels=FEATURES, ylim=(-1.05, 1.05))
    axes[0].set_ylabel("component of $\\mathbf{v}_1$")
    axes[-1].legend(loc="lower right", fontsize=8)
    return fig


def coulomb_vectors(vectors, atoms=18, germanium=9):
    """Basis vectors of GeO2 in the shape of the Coulomb matrix, Fig. 8.  {title: (153,)} -> fig

    `germanium` of the `atoms` come first, the central one leading.
    """
    columns = min(3, len(vectors))
    rows = -(-len(vectors) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(7.2, 2.6 * rows), squeeze=False)
    largest = max(np.abs(v).max() for v in vectors.values())
    for ax, (title, v) in zip(axes.flat, vectors.items(), strict=False):
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
        ax.set_title(title, fontsize=9)
    for ax in axes.flat[len(vectors) :]:
        ax.axis("off")
    fig.colorbar(image, ax=axes, shrink=0.7, label="component")
    return fig


def hierarchy(shares):
    """What the first latent variable covers alone, and both.  {title: {name: (first, both)}} -> fig"""
    fig, axes = plt.subplots(1, len(shares), sharey=True, figsize=(7.2, 2.8))
    for ax, letter, (title, methods) in zip(axes, "abcd", shares.items(), strict=False):
        for place, (name, (first, both)) in enumerate(methods.items()):
            colour = METHODS[name.split(",")[0]]
            ax.bar(place, both, 0.7, color=colour, alpha=0.35)
            ax.bar(place, first, 0.7, color=colour)
        ax.axhline(0, color="0.4", lw=0.8)
        names = [name.replace(", ", "\n") for name in methods]
        ax.set(title=f"({letter}) {title}", xticks=range(len(methods)), xticklabels=names)
        ax.tick_params(axis="x", labelsize=8)
    axes[0].set_ylabel("covered variance $R^2$")
    return fig
