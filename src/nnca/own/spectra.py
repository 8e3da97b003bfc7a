"""Spectra from columns of text, and the way to channels that all of them share."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.integrate import cumulative_trapezoid

from nnca.own.columns import read_columns
from nnca.own.structures import files, stems
from nnca.schema import DataError
from nnca.spectra import gaussians

KNOWN = ("mu", "xmu", "mutrans", "mufluor", "<xanes>", "xanes", "norm", "intensity")  # columns that are the spectrum
FEWEST = 10  # energies of a curve
MOST_CHANNELS = 250
NOT_EV = 2e5  # above every K edge: energies in 1/cm
KEV_SPAN, KEV_TOP = 1.5, 150.0  # a spectrum that spans less than so much, below so much, is in keV
NORMALISATIONS = ("none", "area", "maximum")
TINY = 1e-12


@dataclass(frozen=True)
class Spectra:
    """Spectra with their names: energies (eV, rising) and intensities of each; `sticks` says that these are lines."""

    names: list
    energy: list
    intensity: list
    sticks: bool
    single: bool
    source: str

    def __len__(self):
        return len(self.names)


@dataclass(frozen=True)
class Channels:
    """Spectra on common channels: their centres (eV), S (n, channels) per eV, and the mean share that lies outside."""

    energy: np.ndarray
    S: np.ndarray
    outside: float
    widest: float  # largest share outside of a single spectrum


def read_spectra(path, sticks=False, column=None):
    """Spectra of a folder, of a table with one a column, or of a pattern of files.  -> Spectra

    Energies are the first column, or one called energy, in eV or keV, rising or falling.  In files of one spectrum each
    the intensities are the column called `column`, else a known one (mu, xmu, xanes ...), else the second.  With
    `sticks` every row is a line.  Raises DataError naming file and line.
    """
    found, root = files(path, "spectra")
    names, energies, intensities = [], [], []
    for file, file_name in zip(found, stems(found, root), strict=True):
        table = read_columns(file)
        axis = _energy_column(table)
        energy, order = _energies(table, axis, file, sticks)
        if len(found) == 1:
            chosen = [number for number in range(table.values.shape[1]) if number != axis]
        else:
            chosen = [_intensity_column(table, axis, column, file)]
        if not chosen:
            raise DataError(f"{file}: has one column; energies and intensities are expected")
        for number in chosen:
            names.append(_name(file_name, table, number, len(found)))
            energies.append(energy)
            intensities.append(table.values[order, number])
            if sticks and intensities[-1].min() < 0:
                line = table.lines[order][intensities[-1].argmin()]
                raise DataError(
                    f"{file}, line {line}: a line of negative strength; strengths of 0 or more are expected"
                )
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise DataError(f"{path}: two spectra have the name {twice[0]!r}; each needs its own")
    return Spectra(names, energies, intensities, sticks, len(found) == 1, str(path))


def _name(file_name, table, number, n_files):
    if n_files > 1:
        return file_name
    return table.names[number] if table.names else str(number - 1)


def _energy_column(table):
    """The first column, unless another one alone is called energy."""
    words = [re.split(r"[\s(\[]", name.lower())[0] for name in table.names or ()]
    return words.index("energy") if "energy" in words else 0


def _intensity_column(table, axis, column, file):
    words = [re.split(r"[\s(\[]", name.lower())[0] for name in table.names or ()]
    if table.values.shape[1] < 2:
        raise DataError(f"{file}: has one column; energies and intensities are expected")
    if column is not None:
        if str(column).lower() not in words:
            raise DataError(f"{file}: has no column {column!r}; its columns: {', '.join(words) or 'without names'}")
        return words.index(str(column).lower())
    return next((words.index(known) for known in KNOWN if known in words), 1 if axis == 0 else 0)


def _energies(table, axis, file, sticks):
    """Energies in eV, rising, and the order of rows that makes them so."""
    energy = table.values[:, axis]
    if not sticks:
        if len(energy) < FEWEST:
            raise DataError(
                f"{file}: has {len(energy)} energies; a curve needs {FEWEST} or more (for sticks give a broadening)"
            )
        steps = np.diff(energy)
        steps = steps if energy[-1] >= energy[0] else -steps
        if (steps <= 0).any():
            row = int((steps <= 0).argmax()) + 1
            what = "repeats" if steps[row - 1] == 0 else "turns back"
            raise DataError(
                f"{file}, line {table.lines[row]}: the energy {energy[row]:g} {what}; "
                "energies must rise, or fall, throughout"
            )
    order = np.argsort(energy, kind="stable")
    energy = energy[order]
    name = table.names[axis] if table.names else ""
    if "kev" in name.lower() or (not sticks and energy[0] > 0 and energy[-1] < KEV_TOP and np.ptp(energy) < KEV_SPAN):
        energy = energy * 1000
    if np.abs(energy).max() > NOT_EV:
        raise DataError(f"{file}: energies reach {np.abs(energy).max():.3g}; eV or keV are expected, not 1/cm")
    return energy, order


def to_channels(spectra, window=None, broadening=None, shift=0.0, normalisation="none", channels=None):
    """Spectra on channels that all share.  Spectra -> Channels

    A curve's channel is the mean of the curve over the channel's width: an integral, so that no point is dropped.
    Sticks become Gaussians of `broadening` (eV, full width at half maximum).  `window` (low, high) in eV, by default
    where all curves are known; `shift` (eV) is added to all energies; `normalisation` is "none", "area" or "maximum".
    Raises DataError where windows do not overlap and for values that cannot be.
    """
    _check_options(spectra, window, broadening, shift, normalisation)
    energies = [energy + shift for energy in spectra.energy]
    reach = 0.0 if broadening is None else 2 * broadening
    starts, ends = (np.array([energy[end] for energy in energies]) for end in (0, -1))
    low, high = (starts.min() - reach, ends.max() + reach) if spectra.sticks else (starts.max(), ends.min())
    if low >= high:
        late, early = spectra.names[int(starts.argmax())], spectra.names[int(ends.argmin())]
        raise DataError(
            f"{spectra.source}: windows do not overlap: {late} begins at {low:g} eV, {early} ends at {high:g} eV"
        )
    if window is not None:
        _check_window(window, low, high, spectra)
        low, high = window
    if channels is None:
        steps = np.concatenate([np.diff(energy[(energy >= low) & (energy <= high)]) for energy in energies])
        step = broadening / 5 if spectra.sticks else np.median(steps) if len(steps) else (high - low) / FEWEST
        channels = int(np.clip(round((high - low) / step), FEWEST, MOST_CHANNELS))
    edges = np.linspace(low, high, channels + 1)
    rows, outside = (
        _lines(spectra, energies, broadening, edges) if spectra.sticks else _curves(spectra, energies, edges)
    )
    return Channels(
        (edges[:-1] + edges[1:]) / 2, _normalised(rows, normalisation, spectra), outside.mean(), outside.max()
    )


def _check_options(spectra, window, broadening, shift, normalisation):
    if spectra.sticks and broadening is None:
        raise DataError(f"{spectra.source}: sticks need a broadening, a full width in eV")
    if broadening is not None and not (np.isfinite(broadening) and broadening > 0):
        raise DataError(f"{spectra.source}: broadening is {broadening!r}; a positive width in eV is expected")
    if not np.isfinite(shift):
        raise DataError(f"{spectra.source}: shift is {shift!r}; a number of eV is expected")
    if normalisation not in NORMALISATIONS:
        raise DataError(f"normalisation is {normalisation!r}; one of {', '.join(NORMALISATIONS)} is expected")
    if window is not None and not (len(window) == 2 and np.isfinite(window).all() and window[0] < window[1]):
        raise DataError(f"{spectra.source}: window is {window!r}; two rising energies in eV are expected")


def _check_window(window, low, high, spectra):
    beyond = (
        window[1] <= low or window[0] >= high if spectra.sticks else window[0] < low - 1e-6 or window[1] > high + 1e-6
    )
    if beyond:
        raise DataError(
            f"{spectra.source}: window {window[0]:g} to {window[1]:g} eV; the spectra share {low:g} to {high:g} eV"
        )


def _curves(spectra, energies, edges):
    """Means of the curves over channels, exact for straight lines between points.  -> (n, channels), share outside"""
    S, outside = np.empty((len(spectra), len(edges) - 1)), np.empty(len(spectra))
    for row, (energy, intensity) in enumerate(zip(energies, spectra.intensity, strict=True)):
        inside = np.clip(edges, energy[0], energy[-1])  # rounding of the window's ends
        knots = np.union1d(energy, inside)
        curve = np.interp(knots, energy, intensity)
        area = cumulative_trapezoid(curve, knots, initial=0)
        S[row] = np.diff(area[np.searchsorted(knots, inside)]) / np.diff(edges)
        size = cumulative_trapezoid(np.abs(curve), knots, initial=0)
        within = size[np.searchsorted(knots, inside[-1])] - size[np.searchsorted(knots, inside[0])]
        outside[row] = 1 - within / max(size[-1], TINY)
    return S, outside


def _lines(spectra, energies, broadening, edges):
    """Gaussians of all lines at the channels' centres.  -> (n, channels), share of strength outside"""
    longest = max(map(len, energies))
    energy, strength = np.zeros((2, len(spectra), longest))
    for row, (place, height) in enumerate(zip(energies, spectra.intensity, strict=True)):
        energy[row, : len(place)], strength[row, : len(place)] = place, height
    total = strength.sum(axis=1)
    if (total <= 0).any():
        raise DataError(f"{spectra.source}: {spectra.names[int((total <= 0).argmax())]} has no strength in any line")
    within = ((energy >= edges[0]) & (energy <= edges[-1])) * strength
    centres = (edges[:-1] + edges[1:]) / 2
    return gaussians(energy, strength, np.full_like(energy, broadening), centres), 1 - within.sum(axis=1) / total


def _normalised(S, how, spectra):
    if how == "none":
        return S
    size = S.mean(axis=1) if how == "area" else S.max(axis=1)
    if (size <= TINY * np.abs(S).max()).any():
        name = spectra.names[int(size.argmin())]
        raise DataError(f"{spectra.source}: {name} cannot be normalised: its {how} is {size.min():.3g}")
    return S / size[:, None]
