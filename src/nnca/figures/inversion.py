"""Figures of the chapter on inverse attempts, the counterparts of Figs. 6 and 7 among them.

Errors are in standard deviations.  Axes end at LIMIT, where an error has long lost its meaning: what lies beyond is
drawn in a grey band at the top, and an inversion that left no finite number is marked there as diverged.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator, NullLocator

from nnca.figures import METHODS, TARGETS

LIMIT = 1e6
BEYOND, TOP = LIMIT * 10**0.9, LIMIT * 10**1.8  # where errors above the limit are drawn, and the end of the axis
FLOOR = 1e-17
EDGE = 0.02  # of the axis of scores
PRECISIONS = {"decoder": ("o", "double precision"), "decoder_single": ("s", "single precision")}
PARTS = {"encoder": ("#882255", "-"), "decoder": ("#BB8822", "--")}
SHADES = ("#3B0F70", "#8C2981", "#DE4968", "#FE9F6D", "#C8B400")  # of thresholds, falling and rising


def layer_errors(systems):
    """Errors of inversions at every layer and at the input, Figs. 6 and 7.  {title: {threshold: LayerErrors}} -> fig

    A row of two panels for each title, a curve for each threshold of the pseudo-inverse; None is the default method.
    """
    fig, axes = plt.subplots(len(systems), 2, figsize=(7.2, 1.1 + 2.2 * len(systems)), squeeze=False, sharey=True)
    letters = iter("abcdefgh")
    for row, (title, curves) in zip(axes, systems.items(), strict=True):
        default = curves[None]
        for ax, values, what in zip(row, ("at_layers", "at_input"), ("at every layer", "at the input"), strict=True):
            _error_axis(ax)
            for number, (threshold, found) in enumerate(curves.items()):
                style = {"color": SHADES[number - 1], "marker": "osv^D"[number - 1], "ms": 3.5, "lw": 1.1}
                style |= {"label": f"threshold {_power(threshold)}"} if threshold else {}
                black = {"color": "black", "lw": 2.4, "label": "default"}
                _curve(ax, getattr(found, values), **(black if threshold is None else style))
            _layers(ax, default.bottleneck, len(default.at_layers))
            ax.set_title(f"({next(letters)}) {title}: {what}")
        row[0].set_ylabel("largest error")
    axes[-1, 0].set_xlabel("layer (0: input; last: output)")
    axes[-1, 1].set_xlabel("layer where we turn back")
    return _with_legend(fig, axes[0, 0], 3)


def divergence(starts):
    """Errors at every layer from several starting values.  {target: {name: LayerErrors}} -> fig"""
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 5.2), sharey=True)
    for ax, (target, curves) in zip(axes.flat, starts.items(), strict=True):
        _error_axis(ax)
        for number, (name, found) in enumerate(curves.items()):
            style = {"color": f"C{number}", "marker": "os^Dv"[number], "ls": ("-", "--", "-.", ":", "-")[number]}
            _curve(ax, found.at_layers, ms=3.5, label=name, **style)
        _layers(ax, found.bottleneck, len(found.at_layers))
        ax.set_title(TARGETS[target])
    for ax in axes[1]:
        ax.set_xlabel("layer (0: input; last: output)")
    for ax in axes[:, 0]:
        ax.set_ylabel("largest error")
    return _with_legend(fig, axes[0, 0], 3)


def penalties(facts, folds):
    """What the penalty decides: test scores (above) and the decoder's error (below), a mark for each network.  -> fig

    `facts` has columns target, penalty, score, decoder, decoder_single; `folds` {target: (penalty chosen by the search,
    standard deviation of its score over folds)}.
    """
    fig, axes = plt.subplots(2, len(folds), figsize=(7.2, 4.6), sharex=True, sharey="row")
    for (above, below), (target, (chosen, spread)) in zip(axes.T, folds.items(), strict=True):
        rows = facts[facts.target == target]
        gained = rows.score - rows.score[rows.penalty == chosen].median()
        above.axhspan(-spread, spread, color="0.88", lw=0)
        above.plot(rows.penalty, gained.clip(-EDGE, EDGE), "o", ms=5, mfc="none", color=METHODS["EDNN"])
        above.set(title=TARGETS[target].replace(" moments", ""), ylim=(-1.1 * EDGE, 1.1 * EDGE))
        _error_axis(below)
        for column, (marker, name) in PRECISIONS.items():
            look = {"mfc": "none"} if column == "decoder_single" else {}
            below.plot(rows.penalty, _drawn(rows[column]), marker, ms=5, color=METHODS["EDNN"], label=name, **look)
            _mark_diverged(below, rows.penalty, rows[column])
        below.set(xlabel="penalty", xscale="log", xlim=(4e-5, 2.5e-1), xticks=sorted(set(rows.penalty)))
        for ax in (above, below):
            ax.axvline(chosen, color="0.6", lw=1, ls=":", zorder=0)
    axes[0, 0].set_ylabel("difference in $R^2$")
    axes[1, 0].set_ylabel("error of $t$")
    return _with_legend(fig, axes[1, 0], 2)


def singular_values(trained, drawn):
    """Singular values of every square weight matrix, trained and (grey) as drawn.  -> fig

    Both {target: {"encoder": list of arrays, "decoder": list of arrays}}
    """
    fig, axes = plt.subplots(2, 2, figsize=(7.2, 5.2), sharey=True)
    for ax, target in zip(axes.flat, trained, strict=True):
        for part, (colour, line) in PARTS.items():
            for s in drawn[target][part]:
                ax.semilogy(np.linspace(0, 1, len(s)), s, color="0.7", lw=0.9, zorder=0)
            for number, s in enumerate(trained[target][part]):
                name = f"{part}, {len(s)} × {len(s)}" if number == 0 else None
                look = {"color": colour, "ls": line, "marker": "o" if len(s) < 20 else "", "ms": 3, "label": name}
                ax.semilogy(np.linspace(0, 1, len(s)), s, **look)
        ax.set_title(TARGETS[target])
        ax.legend(fontsize=9, loc="lower left")
    for ax in axes[1]:
        ax.set_xlabel("place among them (0: largest)")
    for ax in axes[:, 0]:
        ax.set_ylabel("singular value")
    return fig


def shared_latent(t, fitted, plane, near):
    """What a fitted latent variable knows.  (n,), (n,), (n, 2), (n,) bool -> fig

    (a) fitted against encoded latent variables; (b) structures in the plane of two features, those of nearly one latent
    variable in colour.
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.4))
    axes[0].plot(t, fitted, ".", ms=2, color=METHODS["EDNN"], rasterized=True)
    axes[0].set(xlabel="$t$ of the encoder", ylabel="$t$ fitted to the spectrum", title="(a) latent variable")
    axes[1].plot(*plane.T, ".", ms=2, color="0.75", rasterized=True, label="all test molecules")
    axes[1].plot(*plane[near].T, "o", ms=3, color=METHODS["EDNN"], label="almost one $t$")
    axes[1].set(xlabel="H–O–H angle (degree)", ylabel="mean O–H length (Å)", title="(b) structures")
    return _with_legend(fig, axes[1], 2)


def _with_legend(fig, ax, columns):
    """The legend of one panel below all of them, where it covers no curve."""
    fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=columns, fontsize=9)
    return fig


def _curve(ax, errors, **style):
    """Errors at every layer."""
    ax.plot(range(len(errors)), _drawn(errors), **style)
    _mark_diverged(ax, np.arange(len(errors)), errors)


def _drawn(errors):
    """Where errors are drawn: nowhere if zero, in the band if beyond the limit.  (n,) -> (n,)"""
    errors = np.asarray(errors, float)
    return np.where(errors > LIMIT, BEYOND, np.where(errors > 0, np.maximum(errors, FLOOR), np.nan))


def _mark_diverged(ax, places, errors):
    """The word for errors that are not finite, once in a panel."""
    infinite = np.asarray(places)[~np.isfinite(np.asarray(errors, float))]
    if len(infinite) and not ax.texts:
        ax.annotate("diverged", (infinite.min(), LIMIT), (0, -10), textcoords="offset points", fontsize=9)


def _error_axis(ax):
    """A logarithmic axis of errors, a line at one standard deviation and the band beyond the limit."""
    ax.set(yscale="log", ylim=(FLOOR / 3, TOP), yticks=[1e-12, 1e-6, 1, LIMIT])
    ax.yaxis.set_minor_locator(NullLocator())
    ax.axhspan(LIMIT, TOP, color="0.9", lw=0, zorder=-1)
    ax.axhline(1, color="0.8", lw=0.8, zorder=0)


def _layers(ax, bottleneck, count):
    """Whole numbers for layers and a dashed line at the bottleneck."""
    ax.axvline(bottleneck, color="0.6", lw=1, ls="--", zorder=0)
    ax.set_xlim(-0.3, count - 0.7)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def _power(value):
    return f"$10^{{{round(np.log10(value))}}}$"
