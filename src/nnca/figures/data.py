"""Figures of the water chapter, the counterpart of Fig. 2 a-c among them, and of the checks of its data."""

import matplotlib.pyplot as plt
import numpy as np

from nnca.features import H2O_FEATURES

SPECTRA = {"xps": "XPS", "xes": "XES", "xas": "XAS"}
DATA, MARK = "0.35", "#CC79A7"  # no method has these colours


def feature_distributions(x):
    """Histograms of water's three features and the joint distribution of the two lengths.  (n, 3) -> fig"""
    fig, axes = plt.subplots(1, 3)
    axes[0].hist(x[:, 0], bins=60, color=DATA, density=True)
    axes[0].set(xlabel="H–O–H angle (degree)", ylabel="density", title="(a) angle")
    for column, style in ((1, {"color": DATA}), (2, {"color": MARK, "linestyle": "--"})):
        axes[1].hist(x[:, column], bins=60, density=True, histtype="step", label=H2O_FEATURES[column], **style)
    axes[1].set(xlabel="O–H length (Å)", title="(b) bond lengths")
    axes[1].set_ylim(0, 1.35 * axes[1].get_ylim()[1])
    axes[1].legend(loc="upper left", fontsize=9)
    axes[2].hexbin(x[:, 1], x[:, 2], gridsize=40, mincnt=1, cmap="cividis", linewidths=0.2)
    axes[2].set(xlabel="O–H length 1 (Å)", ylabel="O–H length 2 (Å)", title="(c) both lengths")
    return fig


def mean_spectra(spectra, experiment=None):
    """Mean and standard deviation of each kind of spectrum, Fig. 2 a-c.  {kind: (n, energy)} -> fig

    `experiment` {kind: energies in eV} marks measured line positions below the axis.
    """
    fig, axes = plt.subplots(1, len(spectra))
    for ax, letter, (kind, S) in zip(np.atleast_1d(axes), "abc", spectra.items(), strict=False):
        mean, sigma = S.mean("snapshot"), S.std("snapshot")
        scale = float(mean.max())
        ax.fill_between(S.energy, np.maximum(mean - sigma, 0) / scale, (mean + sigma) / scale, color="0.8", lw=0)
        ax.plot(S.energy, mean / scale, color="black")
        for line in (experiment or {}).get(kind, ()):
            ax.plot([line, line], [-0.12, -0.02], color=MARK, lw=2.5)
        ax.set(xlabel="energy (eV)", title=f"({letter}) {SPECTRA[kind]}", yticks=[])
        ax.set_xlim(float(S.energy[0]), float(S.energy[-1]))
    np.atleast_1d(axes)[0].set_ylabel("mean ± σ (maximum of mean = 1)")
    return fig


def broadening(sticks, spectra):
    """The same sticks at several widths: one snapshot, the mean, the spread.  -> fig

    Sticks of the first snapshot (energies (lines,) in eV, strengths (lines,)), {fwhm: (n, energy)}.
    """
    fig, axes = plt.subplots(1, 3, sharex=True)
    for fwhm, S, shade, dashes in zip(spectra, spectra.values(), (0.0, 0.5, 0.8), ("-", "--", "-."), strict=False):
        style = {"color": plt.get_cmap("cividis")(shade), "ls": dashes, "label": f"{fwhm:g} eV"}
        mean = S.mean("snapshot")
        for ax, curve in zip(axes, (S[0], mean, S.std("snapshot")), strict=True):
            ax.plot(S.energy, curve / float(mean.max() if ax is axes[2] else 1), **style)
    energy, strength = sticks
    top = axes[0].get_ylim()[1]
    axes[0].vlines(energy, 0, top * strength / strength.max(), color="0.7", lw=4, zorder=0)
    axes[0].set(title="(a) one snapshot", ylabel="strength per eV")
    axes[1].set(title="(b) mean of all")
    axes[2].set(title="(c) spread / peak of mean")
    axes[1].legend(title="FWHM", fontsize=9, loc="upper left")
    for ax in axes:
        ax.set(xlabel="energy (eV)", xlim=S.energy[[0, -1]])
        ax.set_ylim(bottom=0)
    return fig


def autocorrelations(curves, interval):
    """Autocorrelation against time for named quantities.  {name: (lags,)}, fs -> fig"""
    fig, ax = plt.subplots(figsize=(5, 2.8))
    markers = iter("os^DvP")
    for name, curve in curves.items():
        ax.plot(interval * np.arange(len(curve)), curve, marker=next(markers), ms=4, label=name)
    ax.axhline(0, color="0.5", lw=0.8)
    ax.set(xlabel="time between snapshots (fs)", ylabel="autocorrelation")
    ax.legend()
    return fig
