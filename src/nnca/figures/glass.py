"""Figures of GeO2 in the data chapter, the counterpart of Fig. 2 d among them."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap, LogNorm

from nnca.figures import SPECIES
from nnca.glass import COORDINATION_CUTOFF, EXPERIMENT
from nnca.spectra import GEO2_LINES

ATOM = {"Ge": {"color": SPECIES["Ge"], "s": 160}, "O": {"color": SPECIES["O"], "s": 70}}
SPLITS = {"by site": {"color": "C0", "marker": "o"}, "by box": {"color": "C1", "marker": "s"}}


def against_pressure(table):
    """What pressure does to the glass, beside experiment (grey).  `structure.glasses` -> fig"""
    fig, axes = plt.subplots(2, 3, figsize=(7.2, 4.6), sharex=True)
    (number, shares, distance), (dense, oxygen, contact) = axes
    P = table.index.values
    number.errorbar(P, table.coordination, table.coordination_error, marker="o", ms=3)
    number.set(title="(a) coordination of Ge", ylabel="O within the cutoff")
    for n, style in ((4, "-"), (5, "--"), (6, ":")):
        shares.plot(P, table[f"{n}-fold"], style, marker="o", ms=3, label=f"{n}-fold")
    shares.set(title="(b) sites by coordination", ylabel="share of sites")
    distance.plot(P, np.array(table.first_six.tolist()), color="0.6", lw=0.9)
    distance.plot(P, table.ge_o, marker="o", ms=3)
    distance.set(title="(c) Ge–O distance", ylabel="Å", ylim=(1.68, 2.32))
    dense.plot(P, table.density, marker="o", ms=3)
    dense.set(title="(d) density", ylabel="g/cm³", ylim=(3, None))
    for n, style in (("2", "-"), ("3", "--"), ("other", ":")):
        oxygen.plot(P, table[f"O-{n}"], style, marker="o", ms=3, label=f"{n} Ge" if n != "other" else "other")
    oxygen.set(title="(e) O by its Ge", ylabel="share of O")
    contact.plot(P, table.median_closest_ge_ge, marker="o", ms=3, label="median box")
    contact.plot(P, table.closest_ge_ge, "--", marker="o", ms=3, label="all boxes")
    contact.set(title="(f) closest Ge–Ge", ylabel="Å", ylim=(2.0, 2.9))
    for ax, name in ((number, "coordination"), (distance, "ge_o"), (dense, "density")):
        _experiment(ax, name, P.max())
    for ax in (shares, oxygen, contact):
        ax.legend(fontsize=8, handlelength=2)
    for ax in axes[1]:
        ax.set_xlabel("pressure (GPa)")
    return fig


def _experiment(ax, name, highest):
    """Measured ranges as grey boxes, as wide as the pressures they were measured at."""
    for low, high, least, most in EXPERIMENT[name]:
        if high - low < 1:
            ax.plot(low, (least + most) / 2, "s", ms=9, color="0.72", zorder=0, clip_on=False)
            continue
        thickness = max(most - least, 0.04 * np.ptp(ax.get_ylim()))
        middle = (least + most) / 2
        ax.fill_between([low, min(high, highest)], middle - thickness / 2, middle + thickness / 2, color="0.8", lw=0)


def local_structures(sites):
    """Sites drawn in space: the central Ge, its O, and the Ge that share them.  {title: Dataset of one site} -> fig"""
    fig, axes = plt.subplots(1, len(sites), figsize=(7.2, 2.9), subplot_kw={"projection": "3d"})
    for ax, (title, site) in zip(axes, sites.items(), strict=True):
        xyz, species = site.position.values[0], site.species.values
        distance = np.linalg.norm(xyz[:, None] - xyz, axis=-1)
        shell = np.flatnonzero((species == "O") & (distance[0] < COORDINATION_CUTOFF))
        for o in shell:
            for other in np.flatnonzero((species == "Ge") & (distance[o] < COORDINATION_CUTOFF)):
                ax.plot(*np.array([xyz[o], xyz[other]]).T, color="0.3", lw=2.2 if other == 0 else 0.8)
        near = [a for a in range(1, len(xyz)) if species[a] == "Ge" and distance[a, shell].min() < COORDINATION_CUTOFF]
        for atoms, symbol, alpha in ((shell, "O", 1), ([0], "Ge", 1), (near, "Ge", 0.35)):
            ax.scatter(*xyz[atoms].T, **ATOM[symbol], alpha=alpha, depthshade=False, edgecolors="black", linewidths=0.5)
        ax.set_title(title, fontsize=9.5)
        reach = 3.3
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach))
        ax.set_axis_off()
        ax.set_box_aspect((1, 1, 1), zoom=1.35)
    return fig


def spectra_by_pressure(S, pressure, windows):
    """Mean and standard deviation of all spectra and the mean at each pressure, Fig. 2 d.  (n, energy), (n,) -> fig"""
    fig, ax = plt.subplots(figsize=(7.2, 3.4))
    mean, sigma, scale = S.mean("site"), S.std("site"), float(S.mean("site").max())
    ax.fill_between(S.energy, np.maximum(mean - sigma, 0) / scale, (mean + sigma) / scale, color="0.8", lw=0)
    levels, colours = _pressure_colours(pressure)
    for level, colour in zip(levels, colours.colors, strict=True):
        ax.plot(S.energy, S[pressure == level].mean("site") / scale, color=colour, lw=1.1)
    ax.plot(S.energy, mean / scale, color="black", lw=1.8)
    for line, edges in windows.items():
        for edge in edges:
            ax.axvline(edge, color="0.3", lw=0.9, ls="--")
        ax.text(np.mean(edges), 1.16, GEO2_LINES.get(line, line), ha="center", va="top")
    ax.set(xlabel="energy above quartz's valence-band top (eV)", ylabel="strength (maximum of mean = 1)", yticks=[])
    ax.set(xlim=(float(S.energy[0]), float(S.energy[-1])), ylim=(0, 1.2))
    _pressure_bar(fig, ax, levels, colours)
    return fig


def _pressure_colours(pressure):
    levels = np.unique(pressure)
    return levels, ListedColormap(plt.get_cmap("viridis")(np.linspace(0, 0.95, len(levels))))


def _pressure_bar(fig, ax, levels, colours):
    """A colour bar with one field for each pressure."""
    norm = BoundaryNorm(np.arange(len(levels) + 1) - 0.5, len(levels))
    bar = fig.colorbar(plt.cm.ScalarMappable(norm, colours), ax=ax, ticks=np.arange(len(levels)), pad=0.01)
    bar.ax.set_yticklabels([f"{level:g}" for level in levels])
    bar.ax.tick_params(length=0)
    bar.set_label("pressure (GPa)")


def moments_by_pressure(moments, pressure):
    """The eight moments: median and the middle two thirds of the sites at each pressure.  (n, 8), (n,) -> fig"""
    fig, axes = plt.subplots(2, 4, figsize=(7.2, 3.9), sharex=True)
    levels = np.unique(pressure)
    for ax, name, values in zip(axes.flat, moments.moment.values, moments.values.T, strict=True):
        quantiles = np.array([np.quantile(values[pressure == level], [1 / 6, 1 / 2, 5 / 6]) for level in levels])
        ax.fill_between(levels, quantiles[:, 0], quantiles[:, 2], color="C0", alpha=0.25, lw=0)
        ax.plot(levels, quantiles[:, 1], marker="o", ms=3)
        kind = str(name).split(" of ")[0].replace("standard deviation", "std. deviation")
        ax.set_title(kind + (" (eV)" if kind in ("mean", "std. deviation") else ""), fontsize=9)
    for row, line in zip(axes, GEO2_LINES.values(), strict=True):
        row[0].set_ylabel(line, fontsize=11)
    for ax in axes[1]:
        ax.set_xlabel("pressure (GPa)")
    return fig


def descriptor(M, distances):
    """One Coulomb matrix as an image, and the distances that its first row stands for.  (18, 18), (17,) -> fig"""
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.3))
    off = np.ma.masked_where(np.eye(len(M), dtype=bool), M)
    image = axes[0].imshow(off, norm=LogNorm(), cmap="cividis")
    fig.colorbar(image, ax=axes[0], shrink=0.85, label="element (atomic units)")
    for edge in (0.5, 8.5):
        axes[0].axhline(edge, color="white", lw=1)
        axes[0].axvline(edge, color="white", lw=1)
    axes[0].set_xticks([0, 4.5, 13], ["centre", "8 Ge", "9 O"])
    axes[0].set_yticks([0, 4.5, 13], ["centre", "8 Ge", "9 O"], rotation=90, va="center")
    axes[0].tick_params(length=0)
    axes[0].set_title("(a) Coulomb matrix of one site")
    for symbol, values, label in (("O", distances[8:], "O"), ("Ge", distances[:8], "Ge")):
        ranks = np.arange(1, len(values) + 1)
        axes[1].plot(ranks, values, "o" if symbol == "O" else "s", color=ATOM[symbol]["color"], ms=5, label=label)
    axes[1].axhline(COORDINATION_CUTOFF, color="0.5", lw=0.8, ls="--")
    axes[1].set(
        xlabel="neighbour, by distance", ylabel="distance from the centre (Å)", title="(b) its first row, read back"
    )
    axes[1].legend()
    return fig


def learnability(curves, names):
    """What kernel ridge learns: R2 of each moment, and covered variance against training sites.

    {split: `learnability.Curve`}, names of the moments -> fig
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.4), width_ratios=[1.35, 1])
    rows = np.arange(len(names))
    for shift, (split, curve) in zip((-0.17, 0.17), curves.items(), strict=True):
        axes[0].barh(rows + shift, curve.each(), height=0.32, color=SPLITS[split]["color"], label=split)
        axes[1].plot(
            curves[split].sizes,
            curves[split].scores,
            ls="-" if split == "by site" else "--",
            ms=4,
            label=split,
            **SPLITS[split],
        )
    moment_and_line = [str(name).split(" of ") for name in names]
    labels = [f"{moment}, {GEO2_LINES.get(line, line)}" for moment, line in moment_and_line]
    axes[0].set_yticks(rows, labels)
    axes[0].invert_yaxis()
    axes[0].set(xlabel="$R^2$ on test sites", xlim=(0, 1), title="(a) each moment")
    axes[1].set(xscale="log", xlabel="training sites", ylabel="covered variance", title="(b) all eight", ylim=(0, 1))
    sizes = next(iter(curves.values())).sizes
    axes[1].set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=45)
    axes[1].minorticks_off()
    axes[1].legend(loc="upper left")
    return fig
