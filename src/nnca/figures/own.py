"""Figures of the chapter on your own spectra."""

import matplotlib.pyplot as plt
import numpy as np

from nnca.figures import METHODS, TARGETS

LINES = {**METHODS, "PLS": "#CC79A7"}
SHOWN = 12  # features, or groups of them, in one figure
LOWEST = -0.25  # covered variance below which axes are cut


def _panels(count, height=2.7, **options):
    fig, axes = plt.subplots(1, count, figsize=(7.2, height), squeeze=False, **options)
    return fig, axes[0]


def _title(number, kind):
    return f"({'abcdefgh'[number]}) {TARGETS.get(kind, kind)}"


def spectra(data):
    """All spectra of each kind as bands, and five of them.  {kind: OwnData} -> fig"""
    fig, axes = _panels(len(data))
    for number, (ax, (kind, one)) in enumerate(zip(axes, data.items(), strict=True)):
        for low, high, shade in ((0, 100, 0.15), (10, 90, 0.3)):
            ax.fill_between(one.energy, *np.percentile(one.S, [low, high], axis=0), color="C0", alpha=shade, lw=0)
        ax.plot(one.energy, one.S[np.linspace(0, len(one.S) - 1, 5).astype(int)].T, color="0.4", lw=0.6)
        ax.plot(one.energy, one.S.mean(axis=0), color="black", lw=1.8)
        ax.set(title=_title(number, kind), xlabel="energy (eV)")
    axes[0].set_ylabel("intensity")
    return fig


def features(one):
    """How the first features are distributed.  OwnData -> fig"""
    names = one.features[:SHOWN]
    columns = min(6, len(names))
    rows = -(-len(names) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(7.2, 1.5 * rows), squeeze=False)
    for ax, name, values in zip(axes.flat, names, one.X.T, strict=False):
        ax.hist(values, 30, color="C0")
        ax.set_title(name, fontsize=8, fontweight="normal")
        ax.set_yticks([])
    for ax in axes.flat[len(names) :]:
        ax.axis("off")
    return fig


def learning(studies):
    """Covered variance against training rows, all splits.  {kind: list of Split} -> fig"""
    fig, ax = plt.subplots(figsize=(5.4, 3.0))
    for number, (kind, splits) in enumerate(studies.items()):
        curves = np.array([split.curve for split in splits])
        ax.plot(splits[0].sizes, curves.mean(axis=0), "o-", color=f"C{number}", label=TARGETS.get(kind, kind))
        ax.plot(splits[0].sizes, curves.T, color=f"C{number}", lw=0.5, alpha=0.5)
    ax.set(
        xscale="log", xlabel="training rows", ylabel="covered variance $R^2$", ylim=(max(LOWEST, ax.get_ylim()[0]), 1)
    )
    sizes = splits[0].sizes
    ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
    ax.minorticks_off()
    ax.legend()
    return fig


def methods(scores):
    """Covered variance with k components, and of the emulator.  {kind: {(method, k): Interval}} -> fig"""
    fig, axes = _panels(len(scores), 3.0, sharey=True)
    for number, (ax, (kind, found)) in enumerate(zip(axes, scores.items(), strict=True)):
        emulator = found["emulator", None]
        ax.axhspan(emulator.low, emulator.high, color=LINES["emulator"], alpha=0.2, lw=0)
        ax.axhline(emulator.mean, color=LINES["emulator"], ls="--", label="emulator")
        for place, method in enumerate(("EDNN", "NNCA", "ECA", "PLS")):
            ks = [k for one, k in found if one == method]
            line = np.array([found[method, k] for k in ks])
            x = np.array(ks) + 0.08 * (place - 1.5)
            reach = np.abs(line[:, 1:].T - line[:, 0])
            ax.errorbar(x, line[:, 0], reach, fmt="sDo^"[place] + "-", color=LINES[method], ms=5, label=method)
        ax.set(title=_title(number, kind), xlabel="components $k$", xticks=ks)
    axes[0].set(ylabel="covered variance $R^2$", ylim=(LOWEST, 1.05))
    axes[-1].legend(fontsize=8, loc="lower right")
    return fig


def decisive(lost):
    """What the emulator loses when features are shuffled.  {kind: {group: Interval}} -> fig"""
    rows = max(min(SHOWN, len(found)) for found in lost.values())
    fig, axes = _panels(len(lost), 0.9 + 0.22 * rows)
    for number, (ax, (kind, found)) in enumerate(zip(axes, lost.items(), strict=True)):
        names = list(found)[:SHOWN]
        line = np.array([found[name] for name in names])
        ax.barh(names, line[:, 0], xerr=np.abs(line[:, 1:].T - line[:, 0]), color="C0", error_kw={"lw": 1})
        ax.invert_yaxis()
        ax.set(title=_title(number, kind), xlabel="loss of $R^2$")
    return fig


def back(shares, names):
    """Share of every feature's variance that comes back from a spectrum.  {kind: list of Interval}, names -> fig"""
    fig, axes = _panels(len(shares), 0.9 + 0.22 * min(SHOWN, len(names)), sharey=True)
    for number, (ax, (kind, found)) in enumerate(zip(axes, shares.items(), strict=True)):
        line = np.array(found[:SHOWN])
        place = np.arange(len(line))
        reach = np.abs(line[:, 1:].T - line[:, 0])
        ax.errorbar(line[:, 0], place, xerr=reach, fmt="o", color=LINES["NNCA"])
        for mark in (0, 1):
            ax.axvline(mark, color="0.7", lw=0.8)
        ax.set(title=_title(number, kind), xlabel="share that comes back", xlim=(-1.05, 1.05))
        ax.set_yticks(place, names[:SHOWN])
    axes[0].invert_yaxis()
    return fig
