"""Spectral moments: integrals over windows around the lines of a spectrum, Section II."""

import numpy as np
import xarray as xr

# eV.  Set on training sites of the first boxes alone: each window holds 95 % or more of its line's sticks at every
# pressure, and between them 2 eV are left out around -12.5, near the minimum of the mean spectrum.  No score of any
# network was looked at.
GEO2_WINDOWS = {"K-beta''": (-23.0, -13.5), "K-beta2": (-11.5, 1.0)}
MOMENTS = ("mean", "standard deviation", "skewness", "excess kurtosis")
NEGATIVE = 0.05  # the most of a spectrum that noise around zero may take away


def windowed_moments(S, windows=GEO2_WINDOWS):
    """The moments of spectra inside windows, four for each.  DataArray (n, energy) -> DataArray (n, moment)

    Edges of a window may lie between two channels: the spectrum is interpolated there.  Raises ValueError for a window
    that does not rise, does not lie inside the spectra or holds fewer than four channels, and as `moments` does.
    """
    _check_grid(S)
    first, last = S.energy.values[[0, -1]]
    values = []
    for line, window in windows.items():
        low, high = _pair(window, f"window of {line}")
        if not first <= low < high <= last:
            raise ValueError(f"window of {line} must rise and lie within {first:g} to {last:g} eV; got {(low, high)}")
        values.append(moments(_cut(S, low, high, line), line))
    names = [f"{moment} of {line}" for line in windows for moment in MOMENTS]
    return xr.DataArray(np.concatenate(values, axis=1), dims=(S.dims[0], "moment"), coords={"moment": names})


def moments(S, line="the spectrum"):
    """Mean, standard deviation, skewness and excess kurtosis of spectra.  DataArray (n, energy) -> (n, 4)

    Integrals by the trapezoidal rule, on any grid that rises.  Raises ValueError, which calls the spectra `line`, for
    energies that do not rise, values that are not finite, and spectra that are no distribution: without strength, in
    one channel, or with more than 5 % of their weight negative.
    """
    _check_grid(S)
    E, values = S.energy.values.astype(float), S.values.astype(float)
    weight = values * _trapezoid(E)
    area = weight.sum(axis=1)
    gain, loss = weight.clip(0).sum(axis=1), -weight.clip(None, 0).sum(axis=1)
    _refuse(S, ~(area > 0) & (loss == 0), f"{line} has no strength; choose another window or shift the energies")
    _refuse(S, loss > NEGATIVE * gain, _background(line, E))
    weight /= area[:, None]
    mean = weight @ E
    centred = E - mean[:, None]
    second, third, fourth = ((weight * centred**power).sum(axis=1) for power in (2, 3, 4))
    _refuse(S, (second <= 0) & (loss > 0), _background(line, E))
    _refuse(S, second <= 1e-12 * np.ptp(E) ** 2, f"{line} is in one channel alone, which has no width; broaden it")
    return np.column_stack([mean, np.sqrt(second), third / second**1.5, fourth / second**2 - 3.0])


def window_edges(window):
    """The two energies (eV) of a window, which must rise.  -> low, high"""
    low, high = _pair(window, "window")
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"window must rise from low to high in eV; got {window!r}")
    return low, high


def peaks(S, window):
    """Whether each spectrum has a maximum of its own inside the window.  DataArray (n, energy) -> (n,)"""
    inside = S.sel(energy=slice(*window)).values
    rises, falls = inside[:, 1:-1] > inside[:, :-2], inside[:, 1:-1] > inside[:, 2:]
    return (rises & falls).any(axis=1)


def _pair(window, name):
    try:
        low, high = (float(edge) for edge in window)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be two energies in eV, (low, high); got {window!r}") from None
    return low, high


def _trapezoid(E):
    """Weight of each channel in an integral: half of the way to both neighbours.  (channels,) -> (channels,)"""
    step = np.diff(E)
    return (np.r_[0, step] + np.r_[step, 0]) / 2


def _cut(S, low, high, line):
    """Spectra from one energy to another, interpolated at both.  DataArray (n, energy) -> (n, inside + 2)"""
    E, values = S.energy.values.astype(float), S.values
    inside = (low < E) & (high > E)
    if inside.sum() < 4:
        raise ValueError(
            f"window of {line}, {low:g} to {high:g} eV, holds {inside.sum()} channels; four moments need four or more"
        )
    ends = []
    for edge in (low, high):
        right = np.clip(np.searchsorted(E, edge), 1, len(E) - 1)
        share = (edge - E[right - 1]) / (E[right] - E[right - 1])
        ends.append((1 - share) * values[:, right - 1] + share * values[:, right])
    values = np.column_stack([ends[0], values[:, inside], ends[1]])
    return S.isel(energy=0, drop=True).expand_dims(energy=np.r_[low, E[inside], high], axis=1).copy(data=values)


def _check_grid(S):
    """Energies are finite and rise; spectra are finite."""
    E = S.energy.values
    if len(E) < 2 or not np.isfinite(E).all():
        raise ValueError("energy must hold two or more finite numbers in eV")
    wrong = np.flatnonzero(np.diff(E) <= 0)
    if len(wrong):
        before, after = E[wrong[0]], E[wrong[0] + 1]
        what = "comes twice" if before == after else f"is followed by {after:g} eV"
        raise ValueError(f"energy must rise from channel to channel: {before:g} eV {what}; sort and merge the channels")
    bad = ~np.isfinite(S.values)
    if bad.any():
        row, channel = np.argwhere(bad)[0]
        raise ValueError(f"{S.dims[0]} {row} is {S.values[row, channel]} at {E[channel]:g} eV; leave such channels out")


def _refuse(S, wrong, why):
    if wrong.any():
        raise ValueError(f"{S.dims[0]} {int(wrong.argmax())}: {why}")


def _background(line, E):
    return (
        f"{line} has too much negative weight between {E[0]:g} and {E[-1]:g} eV for moments (more than {NEGATIVE:.0%}, "
        f"or far from the line); correct its background or narrow the window"
    )
