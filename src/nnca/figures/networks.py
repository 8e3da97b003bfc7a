"""Networks drawn as networks: Fig. 1 (EDNN) and Fig. 4 (NNCA)."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from nnca.figures import METHODS


def diagram(method="EDNN", latent=1):
    """A network with a bottleneck of `latent` neurons, Fig. 1 ("EDNN") or Fig. 4 ("NNCA").  -> fig"""
    encoder = [5, 4] if method == "EDNN" else []
    widths = [3, *encoder, latent, 4, 5]
    x = np.linspace(0.17, 0.75, len(widths))
    fig, ax = plt.subplots(figsize=(7.2, 2.7))
    places = [[(x[i], 0.5 + 0.14 * (n - (w - 1) / 2)) for n in range(w)] for i, w in enumerate(widths)]
    for layer, (left, right) in enumerate(pairwise(places)):
        linear = method == "NNCA" and layer == 0
        for a in left:
            for b in right:
                ax.plot(*zip(a, b, strict=True), color=METHODS["NNCA"] if linear else "0.7", lw=1.4 if linear else 0.6)
    bottleneck = len(encoder) + 1
    for layer, nodes in enumerate(places):
        colour = METHODS[method] if layer == bottleneck else "0.4" if layer > 0 else "black"
        ax.scatter(*zip(*nodes, strict=True), s=150 if layer == bottleneck else 70, color=colour, zorder=3)
    _spectrum(ax, x[-1] + 0.06)
    for place, text in zip(places[0], ("angle", "$r_1$", "$r_2$"), strict=True):
        ax.text(place[0] - 0.03, place[1], text, ha="right", va="center")
    name = "latent variable $t_1$" if latent == 1 else "latent variables $t$"
    ax.text(x[bottleneck], 0.62 + 0.07 * latent, name, ha="center", color=METHODS[method])
    parts = {"structure $\\mathbf{x}$": x[:1], "decoder": x[bottleneck + 1 :], "encoder": x[1:bottleneck]}
    for part, where in parts.items():
        if len(where):
            ax.text(where.mean(), 0.04, part, ha="center")
    if method == "NNCA":
        ax.text((x[0] + x[1]) / 2, 0.2, "$t_j = \\mathbf{v}_j\\cdot\\mathbf{x}$", color=METHODS["NNCA"], ha="center")
    ax.set(xlim=(0.05, 1), ylim=(0, 1))
    ax.axis("off")
    return fig


def _spectrum(ax, start):
    """Output neurons as a small spectrum."""
    energy = np.linspace(0, 1, 80)
    shape = np.exp(-(((energy - 0.3) / 0.09) ** 2)) * 0.5 + np.exp(-(((energy - 0.62) / 0.12) ** 2))
    ax.plot(start + 0.14 * energy, 0.3 + 0.4 * shape, color="black")
    ax.plot([start, start + 0.15], [0.3, 0.3], color="black", lw=0.8)
    ax.text(start + 0.07, 0.04, "spectrum $\\mathbf{S}$", ha="center")
