"""Figures of the reconstruction chapter, the counterpart of Fig. 5 among them."""

import matplotlib.pyplot as plt
import numpy as np

from nnca.figures import MARKERS, METHODS, SPECIES, method_label
from nnca.reconstruction import OXYGEN

NEIGHBOURS = {"O": OXYGEN, "Ge": ~OXYGEN}
PLACES = {"Ge–O": np.flatnonzero(OXYGEN), "Ge–Ge": np.flatnonzero(~OXYGEN)}
DECADES = 3  # an error beyond so many powers of ten above the smallest fit says nothing more


def distances(pressure, panels, marked):
    """Distances from the central Ge against pressure, Fig. 5.  (levels,), {title: [(levels, 17), ...]} -> fig

    The first set of a panel is drawn solid (one component), the second dashed (two).  Neighbours `marked`, {name:
    column}, are thick and named at their ends, the others are named by kind.
    """
    fig, axes = plt.subplots(1, len(panels), sharey=True, figsize=(7.2, 3.9))
    for ax, letter, (title, sets) in zip(axes, "abcd", panels.items(), strict=False):
        for style, values in zip(("-", "--"), sets, strict=False):
            for symbol, rows in NEIGHBOURS.items():
                ax.plot(pressure, values[:, rows], style, color=SPECIES[symbol], lw=0.8)
            ax.plot(pressure, values[:, list(marked.values())], style, color=SPECIES["O"], lw=2.2)
        ends = {name: sets[0][-1, column] for name, column in marked.items()}
        rest = [column for column in np.flatnonzero(OXYGEN) if column not in marked.values()]
        ends["O1–O4"] = np.nanmean(sets[0][-1, [column for column in rest if column < min(marked.values())]])
        ends["other O"] = np.nanmean(sets[0][-1, [column for column in rest if column > min(marked.values())]])
        ends["Ge"] = np.nanmax(sets[0][-1, ~OXYGEN])
        for name, y in _apart(ends, 0.13).items():
            colour = SPECIES["Ge" if name == "Ge" else "O"]
            weight = "bold" if name in marked else "normal"
            ax.text(pressure[-1] * 1.03, y, name, color=colour, va="center", fontsize=9, fontweight=weight)
        ax.set(title=f"({letter}) {title}", xlim=(pressure[0], pressure[-1] * 1.36))
        ax.set_xlabel("pressure (GPa)", x=0.5 / 1.36)
        ax.spines.bottom.set_bounds(pressure[0], pressure[-1])
        ax.set_xticks([tick for tick in (0, 40, 80, 120) if tick <= pressure[-1]])
    axes[0].set_ylabel("distance (Å)")
    return fig


def _apart(places, least):
    """Places of labels on a vertical axis, moved up where they would touch.  {name: y} -> {name: y}"""
    moved, last = {}, -np.inf
    for name, y in sorted(places.items(), key=lambda pair: pair[1]):
        last = moved[name] = max(y, last + least)
    return moved


def errors(values, baseline):
    """Error of every distance, methods side by side.  {(method, k): (seeds, 17)}, (17,) -> fig

    Markers are means over seeds (filled: one component), lines the whole range; grey is what the mean structure earns.
    """
    fig, axes = plt.subplots(2, 1, figsize=(7.2, 5.4))
    for ax, letter, (title, rows) in zip(axes, "ab", PLACES.items(), strict=True):
        place = np.arange(1, len(rows) + 1)
        ax.bar(place, baseline[rows], 0.85, color="0.88", label="mean structure")
        for number, (((name, source), k), each) in enumerate(values.items()):
            here, colour = each[:, rows], METHODS[name]
            x = place + 0.14 * (number - (len(values) - 1) / 2)
            ax.vlines(x, here.min(axis=0), here.max(axis=0), color=colour, lw=1)
            style = {"color": colour, "mfc": colour if k == 1 else "white", "ms": 4.5, "ls": ""}
            ax.plot(
                x, here.mean(axis=0), MARKERS[name, source], label=f"{method_label(name, source)}, k = {k}", **style
            )
        top = 1.15 * np.nanmax([baseline[rows].max(), *(each[:, rows].mean(axis=0).max() for each in values.values())])
        ax.set(title=f"({letter}) {title}", xticks=place, ylim=(0, top), ylabel="error (Å)")
    axes[1].set_xlabel("neighbour, by distance")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return fig


def landscape(T, loss, fitted, pressure):
    """Error of one latent variable at each pressure.  (points,), (levels, points), (levels,), (levels,) -> fig"""
    fig, ax = plt.subplots(figsize=(6.2, 3.2))
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.92, len(pressure)))
    lowest = np.inf
    for level, curve, t, colour in zip(pressure, loss, fitted, colours, strict=True):
        bottom = np.interp(t, T, curve)
        ax.plot(T, curve, color=colour, lw=1.1, label=f"{level:g}")
        ax.plot(t, bottom, "o", color=colour, ms=5)
        lowest = min(lowest, bottom)
    ax.set(xlabel="latent variable $t_1$", ylabel="sum of squared errors", yscale="log")
    ax.set_ylim(lowest / 2, lowest * 10**DECADES)
    ax.legend(title="GPa", loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def weights(vectors, correlations):
    """What a vector gives to each distance (above), and how each goes with t (below).  {method: (seeds, 17)} -> fig"""
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 4.6), sharex="col", sharey="row", width_ratios=(9, 8))
    rows_of = {"component of $\\mathbf{v}_1$": vectors, "correlation with $t_1$": correlations}
    for line, (name, found) in zip(axes, rows_of.items(), strict=True):
        for ax, rows in zip(line, PLACES.values(), strict=True):
            place = np.arange(1, len(rows) + 1)
            ax.axhline(0, color="0.5", lw=0.8)
            for number, ((method, source), each) in enumerate(found.items()):
                x, here = place + 0.24 * (number - (len(found) - 1) / 2), each[:, rows]
                ax.vlines(x, here.min(axis=0), here.max(axis=0), color=METHODS[method], lw=1)
                ax.plot(
                    x,
                    here.mean(axis=0),
                    MARKERS[method, source],
                    color=METHODS[method],
                    ms=5,
                    label=method_label(method, source),
                )
            ax.set_xticks(place)
        line[0].set_ylabel(name)
    for ax, title in zip(axes[0], PLACES, strict=True):
        ax.set_title(title)
    for ax in axes[1]:
        ax.set_xlabel("neighbour, by distance")
    axes[0, 1].legend(loc="best")
    return fig
