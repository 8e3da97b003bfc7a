"""From stored sticks to spectra S: broadening, window and channels are the reader's choice."""

from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.special import voigt_profile

WINDOWS = {"xps": (537.5, 543.5), "xes": (515.0, 532.0), "xas": (527.0, 540.0)}  # eV
XAS_THRESHOLD = 538.2  # eV; above it the lines of a finite basis stand for a continuum
XAS_SLOPE = 0.5  # growth of the width above the threshold, eV per eV
FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))

LORENTZ = 2.0  # eV, full width: about the lifetime of a hole in Ge 1s
GEO2_AXIS = (-28.0, 6.0)  # eV above the valence-band top of quartz-type GeO2
# eV.  Set on training sites of the first boxes alone: each window holds 95 % or more of its line's sticks at every
# pressure, and between them 2 eV are left out around -12.5, near the minimum of the mean spectrum.  No score of any
# network was looked at.
GEO2_WINDOWS = {"K-beta''": (-23.0, -13.5), "K-beta2": (-11.5, 1.0)}
GEO2_LINES = {"K-beta''": "Kβ″", "K-beta2": "Kβ₂"}  # as tables and figures write them
MOMENTS = ("mean", "standard deviation", "skewness", "excess kurtosis")


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
    if not (np.isfinite(fwhm) and fwhm > 0):
        raise ValueError(f"fwhm must be a positive width in eV; got {fwhm!r}")
    grid = _channels(WINDOWS[kind] if window is None else window, channels, energy[strength > 0])
    width = np.full_like(energy, fwhm)
    if kind == "xas":
        width += XAS_SLOPE * np.clip(energy - XAS_THRESHOLD, 0, None)
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
    return _padded(energy, strength)


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


def geo2_spectra(ds, gauss=2.5, lorentz=LORENTZ, window=GEO2_AXIS, channels=341):
    """Broadened Ge K-beta spectra of GeO2 sites.  ds -> DataArray (site, energy), strength per eV

    Every stick becomes a Voigt line: `lorentz` (eV, full width) is the lifetime of the Ge 1s hole, `gauss` all else;
    together 3.7 eV by default.  Energies count from the valence-band top of quartz-type GeO2.
    Raises ValueError for an impossible width, number of channels or window.
    """
    if not (np.isfinite([gauss, lorentz]).all() and gauss > 0 and lorentz >= 0):
        raise ValueError(f"gauss must be positive and lorentz not negative, in eV; got {gauss!r} and {lorentz!r}")
    energy, strength = geo2_sticks(ds)
    grid = _channels(window, channels, energy[strength > 0])
    axis = xr.Variable("energy", grid, {"units": "eV", "long_name": "energy above quartz's valence-band top"})
    S = voigts(energy, strength, gauss, lorentz, grid)
    return xr.DataArray(S, dims=("site", "energy"), coords={"energy": axis}, name="K-beta")


def geo2_sticks(ds):
    """Energies (eV, from the site's Ge 1s level up) and strengths, each (site, line); padding has strength 0."""
    if "xes_energy" in ds:
        return _padded(ds.xes_energy.values, ds.xes_strength.values)
    energy = ds.band_energy.values[ds.frame.values] - ds.core_level.values[:, None]
    return energy, ds.strength.values


def voigts(energy, strength, gauss, lorentz, grid, step=0.02, block=1024):
    """Sum of Voigt lines of one width.  (n, lines), (n, lines), eV, eV, (channels,) eV -> (n, channels)

    Sticks are shared between the two nearest points of a fine grid, which the line shape then carries to the channels.
    """
    low = np.floor(energy.min() / step) * step
    bins = int(np.ceil((energy.max() - low) / step)) + 2
    fine = low + step * np.arange(bins)
    line = voigt_profile(grid - fine[:, None], gauss / FWHM_PER_SIGMA, lorentz / 2)  # (bins, channels)
    S = np.empty((len(energy), len(grid)))
    for start in range(0, len(energy), block):
        rows = slice(start, start + block)
        place = (energy[rows] - low) / step
        left = place.astype(int)
        share = place - left
        index = left + bins * np.arange(len(left))[:, None]
        size = len(left) * bins
        fine_S = np.bincount(index.ravel(), ((1 - share) * strength[rows]).ravel(), size)
        fine_S += np.bincount(index.ravel() + 1, (share * strength[rows]).ravel(), size)
        S[rows] = fine_S.reshape(-1, bins) @ line
    return S


def voigt_width(gauss, lorentz):
    """Full width at half maximum of a Voigt line, to 0.02 % (Olivero and Longbothum 1977).  eV, eV -> eV"""
    return 0.5346 * lorentz + np.sqrt(0.2166 * lorentz**2 + gauss**2)


def geo2_moments(ds, windows=GEO2_WINDOWS, **broadening):
    """The eight spectral moments of each GeO2 site, four for each line.  ds -> DataArray (site, moment=8)

    Section II of the paper, after Vladyka et al. 2023: mean (eV), standard deviation (eV), skewness and excess kurtosis
    of the broadened spectrum inside a fixed window around each line.  `broadening` goes to `geo2_spectra`.
    """
    return windowed_moments(geo2_spectra(ds, **broadening), windows)


def windowed_moments(S, windows=GEO2_WINDOWS):
    """The moments of spectra inside windows, four for each.  DataArray (n, energy) -> DataArray (n, moment)

    Raises ValueError for a window that does not rise or does not lie inside the spectra.
    """
    first, last = S.energy.values[[0, -1]]
    for line, (low, high) in windows.items():
        if not first <= low < high <= last:
            raise ValueError(f"window of {line} must rise and lie within {first:g} to {last:g} eV; got {(low, high)}")
    names = [f"{moment} of {line}" for line in windows for moment in MOMENTS]
    values = [moments(S.sel(energy=slice(*window))) for window in windows.values()]
    return xr.DataArray(np.concatenate(values, axis=1), dims=(S.dims[0], "moment"), coords={"moment": names})


def strength_in_windows(ds, windows=GEO2_WINDOWS):
    """Share of each line's strength whose sticks lie inside the line's window.  Dataset -> (site, 2)

    Sticks that do not say which line they belong to go to the nearer window.
    """
    energy, strength = geo2_sticks(ds)
    (_, below), (above, _) = windows.values()
    upper = ds.line.values == 1 if "line" in ds else energy > (below + above) / 2
    shares = []
    for here, (low, high) in zip((~upper, upper), windows.values(), strict=True):
        inside = (energy >= low) & (energy <= high)
        shares.append((inside * here * strength).sum(axis=1) / (here * strength).sum(axis=1))
    return np.column_stack(shares)


def peaks(S, window):
    """Whether each spectrum has a maximum of its own inside the window.  DataArray (n, energy) -> (n,)"""
    inside = S.sel(energy=slice(*window)).values
    rises, falls = inside[:, 1:-1] > inside[:, :-2], inside[:, 1:-1] > inside[:, 2:]
    return (rises & falls).any(axis=1)


def moments(S):
    """Mean, standard deviation, skewness and excess kurtosis of spectra.  DataArray (n, energy) -> (n, 4)"""
    E, weight = S.energy.values, S.values / S.values.sum(axis=1, keepdims=True)
    mean = weight @ E
    centred = E - mean[:, None]
    second, third, fourth = ((weight * centred**power).sum(axis=1) for power in (2, 3, 4))
    return np.column_stack([mean, np.sqrt(second), third / second**1.5, fourth / second**2 - 3.0])


def _padded(energy, strength):
    """Sticks with padding, NaN, as lines of no strength at the first energy of their row."""
    padding = np.isnan(energy)
    first = np.take_along_axis(energy, padding.argmin(axis=1)[:, None], axis=1)
    return np.where(padding, first, energy), np.where(padding, 0, strength)


def _channels(window, channels, lines):
    """Energies of the channels of a window; it must be ordered and hold at least one of the lines."""
    try:
        low, high = (float(edge) for edge in window)
    except (TypeError, ValueError):
        raise ValueError(f"window must be two energies in eV, (low, high); got {window!r}") from None
    if not low < high:
        raise ValueError(f"window must rise from low to high in eV; got {window!r}")
    if int(channels) != channels or channels < 2:
        raise ValueError(f"channels must be a whole number of 2 or more; got {channels!r}")
    if not ((lines >= low) & (lines <= high)).any():
        raise ValueError(
            f"window {low:g} to {high:g} eV holds none of the lines, which lie between "
            f"{lines.min(initial=np.inf):.1f} and {lines.max(initial=-np.inf):.1f} eV"
        )
    return np.linspace(low, high, int(channels))
