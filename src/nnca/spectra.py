"""From stored sticks to spectra S: broadening, window and channels are the reader's choice."""

from typing import NamedTuple

import numpy as np
import xarray as xr

WINDOWS = {"xps": (537.5, 543.5), "xes": (515.0, 532.0), "xas": (527.0, 540.0)}  # eV
XAS_THRESHOLD = 538.2  # eV; above it the lines of a finite basis stand for a continuum
XAS_SLOPE = 0.5  # growth of the width above the threshold, eV per eV
FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))


class Line(NamedTuple):
    """A measured line: the spectrum it is in, which of its sticks it is, and its energy in eV."""

    kind: str
    index: int
    energy: float


# Gas-phase experiment: Sankari 2003 (XPS), Weinhardt 2012 (XES), Schirmer 1993 (XAS).
H2O_LINES = {
    "O 1s": Line("xps", 0, 539.9),
    "1b₂": Line("xes", 1, 520.5),
    "3a₁": Line("xes", 2, 525.0),
    "1b₁": Line("xes", 3, 526.8),
    "4a₁": Line("xas", 0, 534.0),
    "2b₂": Line("xas", 1, 535.9),
}


def h2o_spectra(ds, kind, fwhm=1.0, window=None, channels=121, scheme="ip"):
    """Broadened spectra of water.  ds -> DataArray (snapshot, energy), strength per eV

    `kind` is "xps", "xes" or "xas"; `fwhm` (eV) the Gaussian full width at half maximum, which for XAS grows linearly
    above the ionisation threshold; `window` (low, high) in eV, by default `WINDOWS[kind]`; `scheme` chooses the XES
    energies: "ip" (ionisation energy plus orbital energy) or "ks" (difference of orbital energies).
    Raises ValueError for any other kind or scheme, an impossible width, or a window without a line in it.
    """
    energy, strength = h2o_sticks(ds, kind, scheme)
    low, high = _checked_window(WINDOWS[kind] if window is None else window, energy)
    if not (np.isfinite(fwhm) and fwhm > 0):
        raise ValueError(f"fwhm must be a positive width in eV; got {fwhm!r}")
    if int(channels) != channels or channels < 2:
        raise ValueError(f"channels must be a whole number of 2 or more; got {channels!r}")
    width = np.full_like(energy, fwhm)
    if kind == "xas":
        width += XAS_SLOPE * np.clip(energy - XAS_THRESHOLD, 0, None)
    grid = np.linspace(low, high, int(channels))
    axis = xr.Variable("energy", grid, {"units": "eV", "long_name": "energy"})
    return xr.DataArray(
        gaussians(energy, strength, width, grid), dims=("snapshot", "energy"), coords={"energy": axis}, name=kind
    )


def h2o_sticks(ds, kind, scheme="ip"):
    """Energies (eV) and strengths of one spectrum's lines, each (snapshot, line); padding has strength 0."""
    if kind not in WINDOWS:
        raise ValueError(f"kind must be one of {', '.join(WINDOWS)}; got {kind!r}")
    if scheme not in ("ip", "ks"):
        raise ValueError(f"scheme must be ip or ks; got {scheme!r}")
    if kind == "xps":
        return ds.xps_energy.values[:, None], np.ones((ds.sizes["snapshot"], 1))
    energy, strength = ds[f"{kind}_energy"].values, ds[f"{kind}_strength"].values
    if kind == "xes" and scheme == "ks":
        strength = strength * (ds.xes_energy_ks.values / energy) ** 3  # the strength holds a factor omega^3
        energy = ds.xes_energy_ks.values
    return np.nan_to_num(energy), np.nan_to_num(strength)


def gaussians(energy, strength, fwhm, grid, block=256):
    """Sum of normalised Gaussian lines.  (n, lines), (n, lines), (n, lines) eV, (channels,) eV -> (n, channels)"""
    sigma = fwhm / FWHM_PER_SIGMA
    height = strength / (np.sqrt(2 * np.pi) * sigma)
    S = np.empty((len(energy), len(grid)))
    for start in range(0, len(energy), block):  # blocks that stay in the processor's cache
        rows = slice(start, start + block)
        distance = (grid - energy[rows, :, None]) / sigma[rows, :, None]  # (block, lines, channels)
        S[rows] = np.einsum("nl,nlc->nc", height[rows], np.exp(-0.5 * distance**2))
    return S


def _checked_window(window, energy):
    """The window as two floats; it must be ordered and hold at least one line."""
    try:
        low, high = (float(edge) for edge in window)
    except (TypeError, ValueError):
        raise ValueError(f"window must be two energies in eV, (low, high); got {window!r}") from None
    if not low < high:
        raise ValueError(f"window must rise from low to high in eV; got {window!r}")
    if not ((energy >= low) & (energy <= high)).any():
        lines = energy[energy > 0]
        raise ValueError(
            f"window {low:g} to {high:g} eV holds none of the lines, which lie between {lines.min():.1f} and "
            f"{lines.max():.1f} eV"
        )
    return low, high
