"""Figures of the glass: structure, spectra (the counterpart of Fig. 2 d), descriptor, and the checks of its boxes."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap, LogNorm

from nnca.figures import SPECIES
from nnca.glass import COORDINATION_CUTOFF, EXPERIMENT
from nnca.spectra import GEO2_LINES

ATOM = {"Ge": {"color": SPECIES["Ge"], "s": 160}, "O": {"color": SPECIES["O"], "s": 70}}
SPLITS = (  # the paper's, by site, then the strict one
    {"color": "C0", "marker": "o", "ls": "-"},
    {"color": "C1", "marker": "s", "ls": "--"},
)


def against_pressure(table):
    """What pressure does to the glass, beside experiment (grey).  `nnca.glass.glasses` -> fig"""
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 5.0), sharex=True)
    (number, shares), (distance, dense) = axes
    P = table.index.values
    number.errorbar(P, table.coordination, table.coordination_error, marker="o", ms=3)
    number.set(title="(a) coordination of Ge", ylabel="O within the cutoff")
    for n, style in ((4, "o-"), (5, "s--"), (6, "^:"), (7, "D-.")):
        shares.plot(P, table[f"{n}-fold"], style, ms=3.5, label=f"{n}-fold")
    shares.set(title="(b) sites by coordination", ylabel="share of sites", ylim=(-0.03, 1.03))
    shares.legend(loc="center right", handlelength=2.5)
    distance.plot(P, np.array(table.first_six.tolist()), color="0.6", lw=0.9)
    distance.plot(P, table.ge_o, marker="o", ms=3)
    distance.set(title="(c) Ge–O distance", ylabel="distance (Å)", ylim=(1.68, 2.32))
    dense.plot(P, table.density, marker="o", ms=3)
    dense.set(title="(d) density", ylabel="density (g/cm³)", ylim=(3, None))
    for ax, name in ((number, "coordination"), (distance, "ge_o"), (dense, "density")):
        _experiment(ax, name, P.max())
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
    fig, axes = plt.subplots(1, len(sites), figsize=(7.2, 2.5), subplot_kw={"projection": "3d"})
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
        ax.set_box_aspect((1, 1, 1), zoom=1.6)
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


def descriptor(M, distances, symbols):
    """One Coulomb matrix as an image, and the distances that its first row stands for.

    (atoms, atoms), (atoms - 1,) angstrom, symbols of the atoms, the centre first -> fig
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.3))
    off = np.ma.masked_where(np.eye(len(M), dtype=bool), M)
    image = axes[0].imshow(off, norm=LogNorm(), cmap="cividis")
    fig.colorbar(image, ax=axes[0], shrink=0.85, label="element (atomic units)")
    places, names = [0], ["centre"]
    for symbol, marker in (("Ge", "s"), ("O", "o")):
        rows = 1 + np.flatnonzero(np.asarray(symbols[1:]) == symbol)
        places.append(rows.mean())
        names.append(f"{len(rows)} {symbol}")
        for line in (axes[0].axhline, axes[0].axvline):
            line(rows.min() - 0.5, color="white", lw=1)
        style = {"color": ATOM[symbol]["color"], "marker": marker, "ms": 5, "label": symbol, "ls": ""}
        axes[1].plot(np.arange(1, len(rows) + 1), distances[rows - 1], **style)
    axes[0].set_xticks(places, names)
    axes[0].set_yticks(places, names, rotation=90, va="center")
    axes[0].tick_params(length=0)
    axes[0].set_title("(a) Coulomb matrix of one site")
    axes[1].axhline(COORDINATION_CUTOFF, color="0.5", lw=0.8, ls="--")
    axes[1].set(xlabel="neighbour, by distance", ylabel="distance from the centre (Å)", title="(b) its first row")
    axes[1].legend()
    return fig


def learnability(curves, names):
    """What kernel ridge learns: R2 of each moment, and covered variance against training sites.

    {split: `learning_curve.Curve`}, names of the moments -> fig
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.6), width_ratios=[1.25, 1])
    rows, splits = np.arange(len(names)), dict(zip(curves, SPLITS, strict=False))
    best = max(curves, key=lambda split: curves[split].scores[-1])
    for shift, (split, curve) in zip((-0.17, 0.17), curves.items(), strict=False):
        style = splits[split]
        axes[0].barh(rows + shift, curve.each(), height=0.32, color=style["color"])
        axes[1].plot(curve.sizes, curve.scores, ms=4, **style)
        axes[1].annotate(
            split,
            (curve.sizes[-1], curve.scores[-1]),
            xytext=(0, 7 if split == best else -17),
            textcoords="offset points",
            ha="right",
            color=style["color"],
        )
    moment_and_line = [str(name).split(" of ") for name in names]
    axes[0].set_yticks(rows, [f"{moment}, {GEO2_LINES.get(line, line)}" for moment, line in moment_and_line])
    axes[0].invert_yaxis()
    axes[0].set(xlabel="$R^2$ on test sites", xlim=(0, 1), title="(a) each moment")
    axes[1].set(xscale="log", xlabel="training sites", ylabel="covered variance", title="(b) all eight", ylim=(0, 1))
    sizes = next(iter(curves.values())).sizes
    axes[1].set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=45)
    axes[1].minorticks_off()
    return fig


def soundness(boxes, table):
    """Whether the boxes are glasses: order of each, Ge too close to another, and O by the number of its Ge.

    `data_checks_results.boxes`, `nnca.glass.glasses` -> fig
    """
    fig, (ordered, contact, oxygen) = plt.subplots(1, 3, figsize=(7.2, 3.0))
    levels = np.unique(boxes.pressure)
    scatter = np.random.default_rng(0).uniform(-1.4, 1.4, len(boxes))
    ordered.scatter(boxes.pressure + scatter, boxes.order, s=6, color="C0", alpha=0.45, lw=0)
    by_pressure = boxes.groupby("pressure")
    ordered.plot(levels, by_pressure.order.median(), color="black")
    ordered.axhline(boxes.limit.median(), color="C1", ls="--", lw=1.1)
    ordered.text(levels[-1], boxes.limit.median() - 0.02, "limit", color="C1", ha="right", va="top")
    ordered.set(title="(a) order of Ge", ylabel="highest peak (crystal: 1)", ylim=(0, 1.03))
    contact.plot(levels, 100 * by_pressure.contact.mean(), marker="o", ms=3)
    contact.set(title="(b) Ge in contact", ylabel="Ge nearer than 2.45 Å (%)", ylim=(0, None))
    for n, style in (("2", "o-"), ("3", "s--"), ("other", "^:")):
        oxygen.plot(table.index, 100 * table[f"O-{n}"], style, ms=3.5, label=f"{n} Ge" if n != "other" else "other")
    oxygen.set(title="(c) O by its Ge", ylabel="share of O (%)", ylim=(0, 135), yticks=range(0, 101, 25))
    oxygen.legend(ncols=3, columnspacing=0.7, handlelength=1.3, handletextpad=0.4, loc="upper right", borderpad=0)
    for ax in (ordered, contact, oxygen):
        ax.set_xlabel("pressure (GPa)")
    return fig


def structure_factors(q, curves):
    """Structure factor of the Ge at up to five pressures.  (m,) 1/angstrom, {pressure: (m,)} -> fig"""
    fig, ax = plt.subplots(figsize=(7.2, 3.2))
    chosen = np.array(list(curves))[np.unique(np.linspace(0, len(curves) - 1, 5).round().astype(int))]  # 5 can be told
    levels, colours = _pressure_colours(chosen)
    for level, colour in zip(levels, colours.colors, strict=True):
        known = np.isfinite(curves[level])
        ax.plot(q[known], curves[level][known], color=colour, lw=1.4)
    ax.axhline(1, color="0.5", lw=0.8, ls="--")
    ax.set(xlabel="length of the wave vector (1/Å)", ylabel="structure factor of Ge", ylim=(0, None))
    _pressure_bar(fig, ax, levels, colours)
    return fig


def pair_distributions(r, found, marks):
    """Pair distributions at each pressure, and distances in measured crystals.

    (m,) angstrom, {pair: {pressure: (m,)}}, {pair: {crystal: angstrom}} -> fig
    """
    fig, axes = plt.subplots(1, len(found), figsize=(7.2, 3.1), sharex=True)
    for ax, letter, (pair, curves) in zip(axes, "abc", found.items(), strict=True):
        levels, colours = _pressure_colours(np.array(list(curves)))
        for level, colour in zip(levels, colours.colors, strict=True):
            ax.plot(r, curves[level], color=colour, lw=1.1)
        top = ax.get_ylim()[1]
        for height, (crystal, length) in zip((1.0, 0.9), marks.get(pair, {}).items(), strict=False):
            ax.plot([length, length], [0, height * top], color="0.3", lw=0.9, ls=":")
            ax.text(length + 0.04, height * top, crystal, va="top")
        ax.set(title=f"({letter}) {pair}", xlabel="distance (Å)", ylim=(0, 1.05 * top), xlim=(1.5, r[-1]))
    axes[0].set_ylabel("pair distribution")
    _pressure_bar(fig, axes[-1], levels, colours)
    return fig


def observables(sites):
    """Energy and strength of K-beta'' against the bonds of a site, by coordination.  DataFrame -> fig"""
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.2), sharex=True)
    for n, colour, marker in ((4, "C0", "o"), (5, "C4", "s"), (6, "C1", "^")):
        here = sites[sites.coordination == n]
        for ax, name in zip(axes, ("energy", "share"), strict=True):
            scale = 100 if name == "share" else 1
            ax.scatter(here.length, scale * here[name], s=4, color=colour, alpha=0.25, lw=0, rasterized=True)
            ax.plot([], [], marker, color=colour, ms=5, label=f"{n}-fold")
    axes[0].set(title="(a) energy of Kβ″", ylabel="mean (eV)", xlabel="mean Ge–O bond (Å)")
    axes[1].set(title="(b) strength of Kβ″", ylabel="share of the spectrum (%)", xlabel="mean Ge–O bond (Å)")
    axes[1].legend(handletextpad=0.2)
    return fig
