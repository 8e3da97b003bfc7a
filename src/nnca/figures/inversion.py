"""Figures of the chapter on inverse attempts, the counterparts of Figs. 6 and 7 among them."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from nnca.figures import METHODS
from nnca.figures.data import SPECTRA

SYSTEMS = SPECTRA | {"moments": "GeO₂"}
KINDS = {"encoder": "#0072B2", "bottleneck": "#D55E00", "decoder": "#009E73"}


def glass_errors(errors):
    """Errors of the inversion for GeO2, Fig. 6.  {threshold: LayerErrors} -> fig"""
    return _errors({"moments": errors})


def water_errors(errors):
    """Errors of the inversion for the three spectra of water, Fig. 7.  {kind: {threshold: LayerErrors}} -> fig"""
    return _errors(errors)


def _errors(systems):
    """A row of two panels for each system: at every layer, and at the input; one curve for each threshold."""
    fig, axes = plt.subplots(len(systems), 2, figsize=(7.2, 0.9 + 2.2 * len(systems)), squeeze=False, sharey="row")
    letters = iter("abcdef")
    for row, (system, curves) in zip(axes, systems.items(), strict=True):
        shades = plt.get_cmap("plasma")(np.linspace(0, 0.85, len(curves) - 1))
        bottleneck = next(iter(curves.values())).bottleneck
        for number, (threshold, found) in enumerate(curves.items()):
            style = {"color": "black", "lw": 2.6, "label": "default"}
            if threshold is not None:
                style = {"color": shades[number - 1], "marker": "osv^D<>"[number - 1], "ms": 3.5, "lw": 1.1}
                style["label"] = f"th = {threshold:.0e}"
            for ax, values in zip(row, (found.at_layers, found.at_input), strict=True):
                ax.semilogy(_drawable(values), **style)
        for ax, what in zip(row, ("at every layer", "at the input"), strict=True):
            _layers(ax, bottleneck, len(found.at_layers))
            ax.set_title(f"({next(letters)}) {SYSTEMS[system]}: {what}")
        row[0].set_ylabel("maximum absolute error")
    axes[-1, 0].set_xlabel("layer (0: input; last: output)")
    axes[-1, 1].set_xlabel("layer turned round at")
    return _with_legend(fig, axes[0, 0], 3)


def divergence(starts):
    """Errors at every layer from several starting values.  {system: {name: LayerErrors}} -> fig"""
    fig, axes = _four(starts)
    for ax, curves in zip(axes, starts.values(), strict=True):
        for number, (name, found) in enumerate(curves.items()):
            style = {"color": f"C{number}", "marker": "os^Dv"[number], "ls": ("-", "--", "-.", ":", "-")[number]}
            ax.semilogy(_drawable(found.at_layers), ms=3.5, label=name, **style)
        _layers(ax, found.bottleneck, len(found.at_layers))
    return _with_legend(fig, axes[0], 5)


def growth(curves):
    """Measured errors at every layer and the bounds that singular values give.  -> fig

    {system: {name: (LayerErrors from the prediction, bounds (layers + 1,))}}
    """
    fig, axes = _four(curves)
    for ax, both in zip(axes, curves.values(), strict=True):
        for number, (name, (found, bounds)) in enumerate(both.items()):
            style = {"color": f"C{number}", "marker": "os"[number], "ms": 3.5}
            ax.semilogy(_drawable(found.at_layers), label=f"{name}, measured", **style)
            ax.semilogy(_drawable(bounds), "--", color=f"C{number}", lw=1, label=f"{name}, bound")
        _layers(ax, found.bottleneck, len(found.at_layers))
    return _with_legend(fig, axes[0], 4)


def spectra_of_weights(values, untrained):
    """Singular values of every square weight matrix, trained and (grey) as drawn.  -> fig

    Both {system: {"encoder": list of arrays, "decoder": list of arrays}}
    """
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 4.8), sharey=True)
    for ax, system in zip(axes.flat, values, strict=True):
        for part, colour in (("encoder", KINDS["encoder"]), ("decoder", KINDS["decoder"])):
            style = "-" if part == "encoder" else "--"
            for s in untrained[system][part]:
                ax.semilogy(np.linspace(0, 1, len(s)), s, color="0.75", lw=0.9, zorder=0)
            for number, s in enumerate(values[system][part]):
                look = {"color": colour, "marker": "o" if len(s) < 20 else "", "ms": 3}
                look["label"] = f"{part}, {len(s)} × {len(s)}" if number == 0 else None
                ax.semilogy(np.linspace(0, 1, len(s)), s, style, **look)
        ax.set_title(SYSTEMS[system])
        ax.legend(fontsize=7, loc="lower left")
    for ax in axes[1]:
        ax.set_xlabel("place among the singular values (0: largest)")
    for ax in axes[:, 0]:
        ax.set_ylabel("singular value")
    return fig


def shared_latent(t, fitted, plane, near):
    """What a fitted latent variable knows.  (n,), (n,), (n, 2), (n,) bool -> fig

    (a) fitted against encoded latent variables; (b) structures in the plane of two features, those of nearly one latent
    variable in colour.
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.2))
    axes[0].plot(t, fitted, ".", ms=2, color=METHODS["EDNN"], rasterized=True)
    axes[0].set(xlabel="$t$ of the encoder", ylabel="$t$ fitted to the spectrum", title="(a) latent variable")
    axes[1].plot(*plane.T, ".", ms=2, color="0.75", rasterized=True, label="all test molecules")
    axes[1].plot(*plane[near].T, "o", ms=3, color=METHODS["EDNN"], label="almost one $t$")
    axes[1].set(xlabel="H–O–H angle (degree)", ylabel="mean O–H length (Å)", title="(b) structures")
    return _with_legend(fig, axes[1], 2)


def _four(systems):
    """A panel for each system, with a common scale of errors.  -> fig, flat axes"""
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 4.8), sharey=True)
    for ax, system in zip(axes.flat, systems, strict=True):
        ax.set_title(SYSTEMS[system])
    for ax in axes[1]:
        ax.set_xlabel("layer (0: input; last: output)")
    for ax in axes[:, 0]:
        ax.set_ylabel("maximum absolute error")
    return fig, axes.ravel()


def _with_legend(fig, ax, columns):
    """The legend of one panel below all of them, where it covers no curve."""
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=columns, fontsize=8)
    return fig


def _layers(ax, bottleneck, count):
    """Whole numbers for layers, a dashed line at the bottleneck, and one at an error of one."""
    ax.axvline(bottleneck, color="0.6", lw=1, ls="--", zorder=0)
    ax.axhline(1, color="0.85", lw=0.8, zorder=0)
    ax.set_xlim(-0.3, count - 0.7)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _drawable(errors):
    """Errors for a logarithmic axis: nothing where they are zero or overflowed."""
    return np.where((errors > 0) & np.isfinite(errors), errors, np.nan)
