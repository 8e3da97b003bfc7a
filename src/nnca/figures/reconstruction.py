"""Figures of the reconstruction chapter, the counterpart of Fig. 5 among them."""

import matplotlib.pyplot as plt
import numpy as np

from nnca.figures import MARKERS, METHODS, SPECIES
from nnca.reconstruction import OXYGEN

NEIGHBOURS = {"O": OXYGEN, "Ge": ~OXYGEN}


def distances(pressure, panels):
    """Distances from the central Ge against pressure, Fig. 5.  (levels,), {title: [(levels, 17), ...]} -> fig

    The first set of a panel is drawn solid (one component), the second dashed (two components).
    """
    fig, axes = plt.subplots(1, len(panels), sharey=True, figsize=(7.2, 3.6))
    for ax, letter, (title, sets) in zip(axes, "abcd", panels.items(), strict=False):
        for style, values in zip(("-", "--"), sets, strict=False):
            for symbol, rows in NEIGHBOURS.items():
                lines = ax.plot(pressure, values[:, rows], style, color=SPECIES[symbol], lw=1)
                if style == "-":
                    lines[0].set_label(f"Ge–{symbol}")
        ax.set(title=f"({letter}) {title}", xlabel="pressure (GPa)")
    axes[0].set_ylabel("distance (Å)")
    axes[0].legend(loc="upper right", fontsize=8)
    return fig


def errors(table, baseline):
    """Error of every distance, methods side by side.  {name: (seeds, 17)}, (17,) -> fig

    Markers are means over seeds, lines the whole range; grey is what the mean structure earns.
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.2), width_ratios=(OXYGEN.sum(), (~OXYGEN).sum()))
    for ax, letter, (symbol, rows) in zip(axes, "ab", NEIGHBOURS.items(), strict=False):
        place = np.arange(1, rows.sum() + 1)
        ax.bar(place, baseline[rows], 0.85, color="0.88", label="mean structure")
        for number, (name, values) in enumerate(table.items()):
            here, method = values[:, rows], name.split(",")[0]
            x = place + 0.18 * (number - (len(table) - 1) / 2)
            style = {"color": METHODS[method], "mfc": METHODS[method] if name.endswith("one component") else "white"}
            ax.vlines(x, here.min(axis=0), here.max(axis=0), color=METHODS[method], lw=1)
            ax.plot(x, here.mean(axis=0), MARKERS[method], ms=4, ls="", label=name, **style)
        ax.set(title=f"({letter}) Ge–{symbol}", xlabel="neighbour", xticks=place, ylim=(0, None))
    axes[0].set_ylabel("mean absolute error (Å)")
    axes[0].legend(fontsize=8)
    return fig


def landscape(T, loss, fitted, pressure):
    """Error of one latent variable at each pressure.  (points,), (levels, points), (levels,), (levels,) -> fig"""
    fig, ax = plt.subplots(figsize=(5.6, 3))
    colours = plt.get_cmap("viridis")(np.linspace(0, 0.95, len(pressure)))
    for level, curve, t, colour in zip(pressure, loss, fitted, colours, strict=True):
        ax.plot(T, curve, color=colour, lw=1.1, label=f"{level:g}")
        ax.plot(t, np.interp(t, T, curve), "o", color=colour, ms=4)
    ax.set(xlabel="latent variable $t_1$", ylabel="sum of squared errors", yscale="log")
    ax.legend(title="GPa", loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    return fig
