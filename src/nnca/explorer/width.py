"""The width of lines: sticks of one molecule, its spectrum, and mean and spread of many."""

import numpy as np
from traitlets import Float, Integer, Unicode, validate

from nnca.data import WATER
from nnca.explorer.base import Explorer, drawing, one_of, some, within
from nnca.explorer.export import packed
from nnca.figures import TARGETS
from nnca.spectra import FWHM_PER_SIGMA, XAS_SLOPE, XAS_THRESHOLD, gaussians, h2o_sticks, h2o_window

MOLECULES = 80
CHANNELS = 201
WIDTHS = (0.1, 5.0)  # eV, what a chapter allows
FAR, WEAK = 3.0, 1e-3  # sticks farther than this (eV) from the window, or weaker than this share, are left out


class Width(Explorer):
    """Broaden the sticks: one molecule's lines melt into a spectrum, and the spread of many into a band.

    >>> width = Width(water)  # a Dataset with water's sticks
    >>> width.fwhm, width.kind = 0.4, "xas"
    >>> energy, mean, sigma = width.spread()

    Traits: `fwhm` (eV, 0.1 to 5), `kind` ("xps", "xes" or "xas"), `molecule` (which one's sticks are drawn, from 0).
    """

    script, kept = "width", ("kind", "fwhm", "molecule")
    alt = (
        "Sticks of one water molecule and its broadened spectrum, in front of the mean of many molecules and a band of "
        "one standard deviation."
    )
    kind = Unicode().tag(sync=True)
    fwhm = Float().tag(sync=True)
    molecule = Integer().tag(sync=True)

    def __init__(self, ds, scheme="ip", fwhm=1.0):
        rows = np.sort(some(MOLECULES, np.arange(ds.sizes["snapshot"])))
        self._windows = {kind: h2o_window(ds, kind) for kind in WATER}
        sticks = {kind: h2o_sticks(ds.isel(snapshot=rows), kind, scheme) for kind in WATER}
        self._sticks = {kind: _near(*sticks[kind], *self._windows[kind]) for kind in WATER}
        kinds = {
            kind: {
                "name": TARGETS[kind],
                "window": self._windows[kind],
                "lines": energy.shape[1],
                "energy": packed(energy - self._windows[kind][0]),  # small numbers keep more digits
                "strength": packed(strength),
                "threshold": XAS_THRESHOLD if kind == "xas" else None,
            }
            for kind, (energy, strength) in self._sticks.items()
        }
        figure = {"kinds": kinds, "molecules": len(rows), "channels": CHANNELS, "widths": WIDTHS, "slope": XAS_SLOPE}
        super().__init__(figure | {"perSigma": FWHM_PER_SIGMA}, {"kind": "xes", "fwhm": float(fwhm), "molecule": 0})

    def spectra(self):
        """Energies (m,) in eV and the spectra of all molecules of the figure (n, m), strength per eV."""
        energy, strength = self._sticks[self.kind]
        grid = np.linspace(*self._windows[self.kind], CHANNELS)
        width = np.full_like(energy, self.fwhm)
        if self.kind == "xas":
            width += XAS_SLOPE * np.clip(energy - XAS_THRESHOLD, 0, None)
        return grid, gaussians(energy, strength, width, grid)

    def spread(self):
        """Energies, mean spectrum and standard deviation.  -> (m,), (m,), (m,)"""
        grid, S = self.spectra()
        return grid, S.mean(axis=0), S.std(axis=0)

    def still(self):
        fig, ax = drawing(height=3.0)
        grid, S = self.spectra()
        mean, sigma = S.mean(axis=0), S.std(axis=0)
        energy, strength = (A[self.molecule] for A in self._sticks[self.kind])
        ax.fill_between(grid, np.maximum(mean - sigma, 0), mean + sigma, color="0.85", lw=0, label="mean ± σ")
        ax.plot(grid, mean, color="0.45", label="mean")
        ax.plot(grid, S[self.molecule], color="C1", label="one molecule")
        ax.vlines(energy, 0, strength / strength.max() * S[self.molecule].max(), color="C1", lw=1)
        ax.set(title=TARGETS[self.kind], xlim=self._windows[self.kind], yticks=[])
        ax.set(xlabel="energy (eV)", ylabel="strength per eV")
        ax.legend(loc="upper left")
        return fig

    @validate("kind")
    def _kind_exists(self, proposal):
        return one_of("kind", proposal["value"], WATER)

    @validate("fwhm")
    def _fwhm_exists(self, proposal):
        return within("fwhm", proposal["value"], *WIDTHS, " eV")

    @validate("molecule")
    def _molecule_exists(self, proposal):
        return within("molecule", proposal["value"], 0, self.figure["molecules"] - 1)


def _near(energy, strength, low, high):
    """The sticks that a window shows, strongest first.  (n, lines) -> (n, fewer), (n, fewer)"""
    seen = (energy > low - FAR) & (energy < high + FAR) & (strength > WEAK * strength.max())
    strength = np.where(seen, strength, 0)
    order = np.argsort(-strength, axis=1)[:, : seen.sum(axis=1).max()]
    energy, strength = (np.take_along_axis(A, order, axis=1) for A in (energy, strength))
    energy = np.where(strength > 0, energy, low)
    return energy.astype(np.float32).astype(float), strength.astype(np.float32).astype(float)  # as the page has them
