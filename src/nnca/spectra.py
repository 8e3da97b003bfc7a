"""From stored sticks to spectra S: broadening, window, shift and channels are the reader's choice."""

import warnings
from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.special import voigt_profile

from nnca.moments import GEO2_WINDOWS, window_edges, windowed_moments
from nnca.moments import MOMENTS as MOMENTS
from nnca.moments import moments as moments
from nnca.moments import peaks as peaks

WINDOWS = {"xps": (537.5, 543.5), "xes": (515.0, 532.0), "xas": (527.0, 540.0)}  # eV
XAS_THRESHOLD = 538.2  # eV; above it the lines of a finite basis stand for a continuum
XAS_SLOPE = 0.5  # growth of the width above the threshold, eV per eV
FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))

LORENTZ = 2.0  # eV, full width: about the lifetime of a hole in Ge 1s
GEO2_AXIS = (-28.0, 6.0)  # eV above the valence-band top of quartz-type GeO2
MARGIN = 5.0  # eV; an axis goes at least so far beyond windows
FAR = 100.0  # eV beyond the axis; lines farther away add nothing that could be seen
GEO2_LINES = {"K-beta''": "Kβ″", "K-beta2": "Kβ₂"}  # as tables and figures write them


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

XAS_BOUND = (
    XAS_THRESHOLD - H2O_LINES["4a₁"].energy
)  # eV; how far above its first line a spectrum is below the continuum

SHARE_SAID = 0.9  # of the strength inside a window: what is less is said
SHARE_REFUSED = 0.5  # and what is less than this is refused


def h2o_spectra(ds, kind, fwhm=1.0, window=None, channels=121, scheme="ip", shift=0.0, min_share=SHARE_REFUSED):
    """Broadened spectra of water.  ds -> DataArray (snapshot, energy), strength per eV

    `kind` is "xps", "xes" or "xas"; `fwhm` (eV) the Gaussian full width at half maximum, which for XAS grows linearly
    above the ionisation threshold; `window` (low, high) in eV, by default `h2o_window(ds, kind)`; `scheme` chooses
    the XES energies: "ip" (ionisation energy plus orbital energy) or "ks" (difference of orbital energies); `shift`
    (eV) is added to all energies, for calculations with another zero.
    Raises ValueError for any other kind or scheme, an impossible width or shift, or a window with less than `min_share`
    of the strength in it; warns below 90 %.
    """
    energy, strength = h2o_sticks(ds, kind, scheme, shift)
    if not (np.isfinite(fwhm) and fwhm > 0):
        raise ValueError(f"fwhm must be a positive width in eV; got {fwhm!r}")
    window = h2o_window(ds, kind) if window is None else window
    grid = _channels(window, channels)
    _check_share(kind, window, energy, _below_continuum(kind, energy, strength), min_share)
    width = np.full_like(energy, fwhm, float)
    if kind == "xas":
        width += XAS_SLOPE * np.clip(energy - XAS_THRESHOLD, 0, None)
    axis = xr.Variable("energy", grid, {"units": "eV", "long_name": "energy"})
    return xr.DataArray(
        gaussians(energy, strength, width, grid), dims=("snapshot", "energy"), coords={"energy": axis}, name=kind
    )


def h2o_window(ds, kind):
    """Where a spectrum of water begins and ends: as `load_h2o` was told, else `WINDOWS[kind]`.  -> (low, high) eV"""
    return ds.attrs.get(f"{kind} window", WINDOWS[kind])


def moment_windows(ds):
    """Where moments are taken: as `load_geo2` was told, else `GEO2_WINDOWS`.  -> {line: (low, high)}, eV"""
    return {line: ds.attrs.get(f"{line} window", window) for line, window in GEO2_WINDOWS.items()}


def geo2_axis(ds):
    """Where spectra of GeO2 begin and end: `GEO2_AXIS`, or farther out where windows are.  -> (low, high) eV"""
    edges = np.array(list(moment_windows(ds).values()))
    return min(GEO2_AXIS[0], edges.min() - MARGIN), max(GEO2_AXIS[1], edges.max() + MARGIN)


def strength_in_window(ds, kind, window=None, scheme="ip", shift=0.0):
    """Share of water's strength whose sticks lie inside a window.  Dataset -> float

    Of XAS only the lines up to the ionisation threshold count, which experiment has 4.2 eV above the first line: the
    continuum behind has no end, and any window cuts it.  Arguments are those of `h2o_spectra`.
    """
    energy, strength = h2o_sticks(ds, kind, scheme, shift)
    return _share(h2o_window(ds, kind) if window is None else window, energy, _below_continuum(kind, energy, strength))


def h2o_sticks(ds, kind, scheme="ip", shift=0.0):
    """Energies (eV, moved by `shift`) and strengths of one spectrum's lines, each (snapshot, line).

    Padding has strength 0.  Raises ValueError for another kind or scheme, for scheme "ks" where the data have no
    `xes_energy_ks`, and for a shift that is not a number.
    """
    if kind not in WINDOWS:
        raise ValueError(f"kind must be one of {', '.join(WINDOWS)}; got {kind!r}")
    if scheme not in ("ip", "ks"):
        raise ValueError(f"scheme must be ip or ks; got {scheme!r}")
    _check_shift(shift)
    if kind == "xps":
        return ds.xps_energy.values[:, None] + shift, np.ones((ds.sizes["snapshot"], 1))
    energy, strength = ds[f"{kind}_energy"].values, ds[f"{kind}_strength"].values
    if kind == "xes" and scheme == "ks":
        if "xes_energy_ks" not in ds:
            raise ValueError("scheme ks needs the variable xes_energy_ks, which these data do not hold; take scheme ip")
        strength = strength * (ds.xes_energy_ks.values / energy) ** 3  # the strength holds a factor omega^3
        energy = ds.xes_energy_ks.values
    return _padded(energy + shift, strength)


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


def geo2_spectra(ds, gauss=2.5, lorentz=LORENTZ, window=None, channels=341, shift=0.0, min_share=SHARE_REFUSED):
    """Broadened Ge K-beta spectra of GeO2 sites.  ds -> DataArray (site, energy), strength per eV

    Every stick becomes a Voigt line: `lorentz` (eV, full width) is the lifetime of the Ge 1s hole, `gauss` all else;
    together 3.7 eV by default.  Energies count from the valence-band top of quartz-type GeO2; `shift` (eV) is added to
    those of calculations with another zero.  `window` (low, high) in eV is by default `geo2_axis(ds)`.
    Raises ValueError for an impossible width, shift, number of channels or window, or one with less than `min_share` of
    the strength in it; warns below 90 %.
    """
    if not (np.isfinite([gauss, lorentz]).all() and gauss > 0 and lorentz >= 0):
        raise ValueError(f"gauss must be positive and lorentz not negative, in eV; got {gauss!r} and {lorentz!r}")
    energy, strength = geo2_sticks(ds, shift)
    window = geo2_axis(ds) if window is None else window
    grid = _channels(window, channels)
    _check_share("K-beta", window, energy, strength, min_share)
    axis = xr.Variable("energy", grid, {"units": "eV", "long_name": "energy above quartz's valence-band top"})
    S = voigts(energy, strength, gauss, lorentz, grid)
    return xr.DataArray(S, dims=("site", "energy"), coords={"energy": axis}, name="K-beta")


def geo2_sticks(ds, shift=0.0):
    """Energies (eV, from the site's Ge 1s level up, moved by `shift`) and strengths, each (site, line).

    Padding has strength 0.
    """
    _check_shift(shift)
    if "xes_energy" in ds:
        return _padded(ds.xes_energy.values + shift, ds.xes_strength.values)
    energy = ds.band_energy.values[ds.frame.values] - ds.core_level.values[:, None]
    return energy + shift, ds.strength.values


def voigts(energy, strength, gauss, lorentz, grid, step=0.02, block=1024):
    """Sum of Voigt lines of one width.  (n, lines), (n, lines), eV, eV, (channels,) eV -> (n, channels)

    Sticks are shared between the two nearest points of a fine grid, which the line shape then carries to the channels;
    those more than 100 eV outside the channels are left out.
    """
    near = energy.clip(float(grid[0]) - FAR, float(grid[-1]) + FAR)
    energy, strength = near, np.where(near == energy, strength, 0)
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


def geo2_moments(ds, windows=None, shift=0.0, min_share=SHARE_REFUSED, **broadening):
    """The eight spectral moments of each GeO2 site, four for each line.  ds -> DataArray (site, moment=8)

    Section II of the paper, after Vladyka et al. 2023: mean (eV), standard deviation (eV), skewness and excess kurtosis
    of the broadened spectrum inside a fixed window around each line, by default `moment_windows(ds)`.  `shift` (eV) and
    `broadening` go to `geo2_spectra`.  Raises ValueError as `windowed_moments` does, and for a window with less than
    `min_share` of its line; warns below 90 %.
    """
    windows = moment_windows(ds) if windows is None else windows
    found = windowed_moments(geo2_spectra(ds, shift=shift, min_share=min_share, **broadening), windows)
    check_windows(ds, windows, shift, min_share)
    return found


def check_windows(ds, windows, shift=0.0, min_share=SHARE_REFUSED):
    """Warn of a window that holds less than 90 % of its line; ValueError for one with less than `min_share`."""
    energy, strength = geo2_sticks(ds, shift)
    for line, here in _lines(ds, energy, windows).items():
        _check_share(line, windows[line], energy, np.where(here, strength, 0), min_share, "windows")


def strength_in_windows(ds, windows=None, shift=0.0):
    """Share of each line's strength whose sticks lie inside the line's window.  Dataset -> (site, windows)

    Sticks that do not say which line they belong to, `line` in the data, go to the nearest window; a site without a
    line has a share of 0.
    """
    energy, strength = geo2_sticks(ds, shift)
    windows, shares = moment_windows(ds) if windows is None else windows, []
    for line, here in _lines(ds, energy, windows).items():
        low, high = windows[line]
        own = np.where(here, strength, 0)
        inside = np.where((energy >= low) & (energy <= high), own, 0).sum(axis=1)
        shares.append(inside / np.maximum(own.sum(axis=1), np.finfo(float).tiny))
    return np.column_stack(shares)


def _lines(ds, energy, windows):
    """Which sticks belong to the line of each window, by name or by energy.  -> {line: (site, stick) or (stick,)}"""
    names = list(GEO2_WINDOWS)
    if "line" in ds and "xes_energy" not in ds and set(windows) <= set(names):
        return {line: ds.line.values == names.index(line) for line in windows}
    every = GEO2_WINDOWS | dict(windows)
    far = [np.abs(energy - energy.clip(*window)) for window in every.values()]  # 0 inside
    nearest = np.argmin(far, axis=0)
    return {line: nearest == list(every).index(line) for line in windows}


def _below_continuum(kind, energy, strength):
    """The strength that a window should hold: of XAS, that of lines below the threshold.  -> (n, lines)"""
    if kind != "xas":
        return strength
    first = np.where(strength > 0, energy, np.inf).min(axis=1, keepdims=True)
    return np.where(energy <= first + XAS_BOUND, strength, 0)


def _share(window, energy, strength):
    low, high = window_edges(window)
    inside = np.where((energy >= low) & (energy <= high), strength, 0)
    return float(inside.sum(dtype=float) / max(strength.sum(dtype=float), np.finfo(float).tiny))


def _check_share(what, window, energy, strength, min_share, option="window"):
    """Warn of a window that holds less than 90 % of the strength, and refuse one with less than `min_share`."""
    share, (low, high) = _share(window, energy, strength), window_edges(window)
    if share >= SHARE_SAID:
        return
    there = energy[np.broadcast_to(strength > 0, energy.shape)]
    lines = f"lie between {there.min():.1f} and {there.max():.1f} eV" if there.size else "have no strength"
    held = f"{share:.0%} of the strength of the lines" if share > 0 else "none of the lines"
    said = f"{what}: window {low:g} to {high:g} eV holds {held}, which {lines}; set shift= or {option}= (eV)"
    if share == 0:
        raise ValueError(said)
    if share < min_share:
        raise ValueError(f"{said}, or min_share= below {share:.2f} to leave lines out on purpose")
    warnings.warn(said, stacklevel=3)


def _check_shift(shift):
    if not (isinstance(shift, (int, float, np.number)) and np.isfinite(shift)):
        raise ValueError(f"shift must be a number in eV; got {shift!r}")


def _padded(energy, strength):
    """Sticks with padding, NaN, as lines of no strength at the first energy of their row."""
    padding = np.isnan(energy)
    first = np.take_along_axis(energy, padding.argmin(axis=1)[:, None], axis=1)
    return np.where(padding, first, energy), np.where(padding, 0, strength)


def _channels(window, channels):
    """Energies of the channels of a window."""
    low, high = window_edges(window)
    if int(channels) != channels or channels < 2:
        raise ValueError(f"channels must be a whole number of 2 or more; got {channels!r}")
    return np.linspace(low, high, int(channels))
