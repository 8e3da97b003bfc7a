"""Figures of the EDNN chapter, the counterparts of Table I and Fig. 3 among them."""

import matplotlib.pyplot as plt
import numpy as np
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from skimage.measure import marching_cubes

from nnca.figures import MARKERS, METHODS, TARGETS, method_label
from nnca.figures.data import SPECTRA


def emulated(energies, truth, predicted):
    """Emulated test spectra beside the computed ones.  {kind: (m,)}, {kind: (n, m)}, {kind: (n, m)} -> fig

    For each kind the spectra whose error is the median of the test set (below) and its 99th percentile (above).
    """
    fig, axes = plt.subplots(1, len(truth))
    for ax, letter, kind in zip(axes, "abc", truth, strict=False):
        error = ((truth[kind] - predicted[kind]) ** 2).sum(axis=1)
        scale = truth[kind].max()
        for number, share in enumerate((0.5, 0.99)):
            row = np.argsort(error)[int(share * (len(error) - 1))]
            ax.plot(energies[kind], truth[kind][row] / scale + number, color="black", lw=2.4, label="computed")
            ax.plot(energies[kind], predicted[kind][row] / scale + number, "--", color="C1", label="emulated")
        ax.set(title=f"({letter}) {SPECTRA[kind]}", xlabel="energy (eV)", yticks=[])
    axes[-1].legend(*(part[:2] for part in axes[-1].get_legend_handles_labels()), loc="upper left", fontsize=8)
    axes[0].set_ylabel("median (below), 99th percentile")
    return fig


def scores(rows, paper):
    """Covered variances with intervals, ours filled and the paper's hollow: Tables I and II drawn.

    {(target, k): Comparison}, {(target, k): {method: value}} -> fig; the paper finds ECA's vectors on the test set.
    """
    fig, ax = plt.subplots(figsize=(7.2, 0.55 * len(rows) + 0.9))
    for position, (row, ours) in enumerate(rows.items()):
        for number, (method, source) in enumerate(ours.scores):
            y = -position - 0.2 * (number - (len(ours.scores) - 1) / 2)
            colour, marker, label = METHODS[method], MARKERS[method, source], method_label(method, source)
            ax.plot(ours.interval((method, source)), [y, y], color=colour, lw=2)
            ax.plot(
                ours.mean((method, source)), y, marker, color=colour, ms=6, label=None if position else f"{label}, here"
            )
            if source != "train" and method in paper.get(row, {}):
                name = None if position else f"{method}, paper"
                ax.plot(paper[row][method], y, marker, mfc="none", mec=colour, ms=7, label=name)
    names = [f"{TARGETS[target]}, $k$ = {k}" for target, k in rows]
    ax.set(yticks=-np.arange(len(rows)), yticklabels=names, xlabel="covered variance $R^2$ of the test set")
    ax.axvline(1, color="0.7", lw=0.8)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def isosurfaces(fields, axes_values, names):
    """Isosurfaces in the space of water's three features, Fig. 3.  -> fig

    `fields` is a list of rows of panels, each panel (title, values (a, b, c), levels); `axes_values` the three
    coordinate axes in units, `names` their labels.
    """
    rows, columns = len(fields), len(fields[0])
    fig = plt.figure(figsize=(7.2, 3.0 * rows))
    low, step = [a[0] for a in axes_values], [a[1] - a[0] for a in axes_values]
    for number, (title, values, levels) in enumerate(panel for row in fields for panel in row):
        ax = fig.add_subplot(rows, columns, number + 1, projection="3d", computed_zorder=False)
        colours = plt.get_cmap("cividis")(np.linspace(0.05, 0.95, len(levels)))
        for level, colour in zip(levels, colours, strict=True):
            if not values.min() < level < values.max():
                continue
            points, faces, _, _ = marching_cubes(values, level, step_size=2)
            mesh = Poly3DCollection(
                (points * step + low)[faces], alpha=0.55, rasterized=True, shade=True, facecolors=colour
            )
            ax.add_collection3d(mesh)
        ax.set(title=title, xlim=axes_values[0][[0, -1]], ylim=axes_values[1][[0, -1]], zlim=axes_values[2][[0, -1]])
        ax.set_xlabel(names[0], fontsize=7, labelpad=-4)
        ax.set_ylabel(names[1], fontsize=7, labelpad=-4)
        ax.text2D(0.97, 0.62, names[2], fontsize=7, transform=ax.transAxes)  # a z label would be clipped
        ax.tick_params(labelsize=6, pad=-2)
        ax.locator_params(nbins=4)
        ax.view_init(elev=22, azim=-60)
    return fig


def folds(grids, extent, scores):
    """The latent variable over a plane through the structures, one panel for each training.

    {title: (a, b)}, (left, right, bottom, top), {title: R2} -> fig.  Grey levels repeat, so that folds show as bands.
    """
    fig, axes = plt.subplots(1, len(grids), sharey=True)
    for ax, (title, grid) in zip(axes, grids.items(), strict=True):
        rank = np.searchsorted(np.sort(grid.ravel()), grid) / grid.size
        ax.imshow(rank.T, origin="lower", extent=extent, aspect="auto", cmap="cividis", interpolation="bilinear")
        ax.contour(rank.T, levels=8, extent=extent, colors="white", linewidths=0.6)
        ax.set(title=f"{title}\n$R^2$ = {scores[title]:.3f}", xlabel="H–O–H angle (degree)")
    axes[0].set_ylabel("both O–H lengths (Å)")
    return fig


def score_of_length(curves):
    """Covered variance against epochs, a curve for each width.  {name: ((n,), (n,))} -> fig"""
    fig, ax = plt.subplots(figsize=(5, 2.8))
    markers = iter("os^D")
    for name, (epochs, score) in curves.items():
        ax.semilogx(epochs, score, marker=next(markers), label=name)
    ax.set(xlabel="epochs", ylabel="covered variance $R^2$ of the test set")
    ax.minorticks_off()
    ax.set_xticks(epochs, [f"{e:g}" for e in epochs])
    ax.legend(title="hidden layers")
    return fig
