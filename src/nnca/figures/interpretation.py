"""Figures of the chapter on what a spectrum tells: filters and patterns, told and added, leakage."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from nnca.figures import MARKERS, METHODS, SPECIES, method_label
from nnca.figures.reconstruction import PLACES

WAYS = {"expansion": "#E69F00", "pattern": "#CC79A7", "direct": "#56B4E9", "known": "0.35"}  # no method's colour
DIAMOND = {"color": "black", "mfc": "white", "ms": 4}
STYLES = {"expansion": "--", "pattern": "-", "direct": "-.", "known": "-"}


def filters_and_patterns(filters, patterns):
    """What reads t out of x (above) and what x does when t moves (below).  {method: (networks, 17)} twice -> fig

    Markers are means over networks of all splits, lines their whole range.
    """
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 4.6), sharex="col", sharey="row", width_ratios=(9, 8))
    for line, (title, found) in zip(axes, {"filter": filters, "pattern": patterns}.items(), strict=True):
        for ax, rows in zip(line, PLACES.values(), strict=True):
            place = np.arange(1, len(rows) + 1)
            ax.axhline(0, color="0.5", lw=0.8)
            for shift, (method, each) in zip((-0.12, 0.12), found.items(), strict=True):
                here, style = each[:, rows], {"color": METHODS[method[0]], "ms": 5, "label": method_label(*method)}
                ax.vlines(place + shift, here.min(axis=0), here.max(axis=0), color=style["color"], lw=1)
                ax.plot(place + shift, here.mean(axis=0), MARKERS[method], **style)
            ax.set_xticks(place)
        line[0].set_ylabel(title)
    for ax, below, title in zip(axes[0], axes[1], PLACES, strict=True):
        ax.set_title(title)
        below.set_xlabel("neighbour, by distance")
    axes[0, 1].legend(loc="best")
    return fig


def told_and_added(names, found):
    """Share of each distance's variance that comes back, and what the spectrum tells by itself.  -> fig

    `names` (17,); `found` holds "recovered", "told" and "pressure", (splits, 17) each.  Bars and diamonds (the pressure
    alone) are means, lines the range over splits.
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.6), sharex=True)
    for ax, (title, rows) in zip(axes, PLACES.items(), strict=True):
        colour, place = SPECIES["O" if "O" in title else "Ge"], np.arange(len(rows))
        bars = {"recovered": (0.3, -0.15), "told": (1.0, 0.15)}
        for name, (alpha, shift) in bars.items():
            each = found[name][:, rows]
            ax.barh(place, each.mean(axis=0), 0.75, color=colour, alpha=alpha)
            ax.hlines(place + shift, each.min(axis=0), each.max(axis=0), color="black", lw=1)
        ax.plot(found["pressure"][:, rows].mean(axis=0), place, "D", **DIAMOND)
        ax.set(title=title, yticks=place, yticklabels=names[rows], xlabel="share of the variance")
        ax.axvline(0, color="0.5", lw=0.8)
        ax.invert_yaxis()
    told, back = Patch(color="0.35"), Patch(color="0.35", alpha=0.3)
    words = ["told by the spectrum", "comes back: told and added", "the pressure alone gives"]
    fig.legend([told, back, Line2D([], [], marker="D", ls="", **DIAMOND)], words, loc="outside upper center", ncols=3)
    return fig


def leak(found, limit, pressure, known):
    """Mean distances of groups against pressure, brought back without training above `limit`.  Leak -> fig

    `pressure` (levels,) GPa and `known` {group: (levels,)} are of the whole range; bands span the splits.
    """
    fig, axes = plt.subplots(1, len(known), figsize=(7.2, 3.4))
    for ax, (group, values) in zip(axes, known.items(), strict=True):
        ax.axvspan(pressure[0], limit, color="0.93", lw=0)
        ax.plot(pressure, values, "o-", color=WAYS["known"], ms=4, label="known")
        for way in ("expansion", "pattern", "direct"):
            each = found.ways[way][group]
            ax.fill_between(found.pressure, each.min(axis=0), each.max(axis=0), color=WAYS[way], alpha=0.2, lw=0)
            ax.plot(found.pressure, each.mean(axis=0), STYLES[way], color=WAYS[way], label=way)
        ax.set(title=group, xlabel="pressure (GPa)")
    axes[0].set_ylabel("mean distance (Å)")
    axes[-1].legend(loc="best")
    return fig
