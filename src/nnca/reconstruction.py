"""From the mean spectrum at each pressure back to distances from the central Ge: Section III C, Fig. 5."""

from dataclasses import dataclass

import numpy as np

from nnca.data import DataError
from nnca.features import SITE, coulomb_features, distances_from_coulomb
from nnca.spectra import check_windows, geo2_spectra, moment_windows, windowed_moments

OXYGEN = np.array(SITE[1:]) == "O"  # which of the 17 neighbours; within a species they come by distance
SHELLS = {  # groups of neighbours that the chapter judges together
    "first four O": np.flatnonzero(OXYGEN)[:4],
    "fifth and sixth O": np.flatnonzero(OXYGEN)[4:6],
    "outer O": np.flatnonzero(OXYGEN)[6:],
    "Ge": np.flatnonzero(~OXYGEN),
}


@dataclass(frozen=True)
class Ensemble:
    """What is known of the sites at each pressure: moments of their mean spectrum, mean distances."""

    pressure: np.ndarray  # (levels,) GPa
    moments: np.ndarray  # (levels, 8)
    distances: np.ndarray  # (levels, 17) angstrom

    def error(self, distances):
        """Mean absolute error of each distance over the levels.  (levels, 17) or (17,) -> (17,) angstrom

        NaN, where a level has no such distance at all, stays NaN: nothing is left out to look better.
        """
        return np.abs(distances - self.distances).mean(axis=0)


def ensemble(ds, rows, windows=None, shift=0.0, **broadening):
    """The ensemble of some sites of a GeO2 Dataset at each pressure.  `shift`, `broadening` go to `geo2_spectra`.

    Raises DataError for sites of other atoms than `SITE`'s: distances are told apart by their place in the descriptor.
    Raises ValueError for no rows, and for windows that miss their line as `geo2_moments` does.
    """
    if sorted(ds.species.values) != sorted(SITE):
        raise DataError(f"species must be {SITE.count('Ge')} Ge and {SITE.count('O')} O; got {list(ds.species.values)}")
    if not len(rows):
        raise ValueError("an ensemble needs one site or more; rows are empty")
    sites, windows = ds.isel(site=rows), moment_windows(ds) if windows is None else windows
    check_windows(sites, windows, shift)
    distances = distances_from_coulomb(coulomb_features(sites))
    by_pressure = sites.groupby("pressure").groups
    spectra = geo2_spectra(sites, shift=shift, **broadening).assign_coords(pressure=("site", sites.pressure.values))
    return Ensemble(
        np.array(list(by_pressure)),
        windowed_moments(spectra.groupby("pressure").mean(), windows).values,
        np.array([distances[group].mean(axis=0) for group in by_pressure.values()]),
    )


@dataclass(frozen=True)
class Reconstruction:
    """Distances from fitted latent variables, and what to think of them.

    `T` (levels, k), `residual` and `minima` (levels,) are those of `fit_latent`, in standardised units; `distances`
    (levels, 17) in angstrom are NaN where a Coulomb element is not positive, so that no distance gives it.
    """

    T: np.ndarray
    residual: np.ndarray
    minima: np.ndarray
    distances: np.ndarray

    @property
    def impossible(self):
        """How many Coulomb elements no distance gives."""
        return int(np.isnan(self.distances).sum())

    @property
    def crossings(self):
        """How often an atom comes out nearer than one of its species that should be nearer: of neighbours in rank."""
        rows = [row[like & np.isfinite(row)] for row in self.distances for like in (OXYGEN, ~OXYGEN)]
        return int(sum((np.diff(row) < 0).sum() for row in rows))


def reconstruct(model, task, moments, by="expansion"):
    """Structures behind spectral moments: least-squares latent variables, Eq. (3), distances.  -> Reconstruction

    `model` is a fitted NNCA or ECA, `task` the `nnca.problem.Problem` it was fitted on, `moments` (levels, 8) in units.
    `by` "expansion", as in the paper, or "pattern": see `model.inverse_transform`.
    """
    fit = model.fit_latent(task.targets.transform(moments), return_fit=True)
    x = task.inputs.inverse_transform(model.inverse_transform(fit.T, by))
    return Reconstruction(fit.T, fit.residual, fit.minima, distances_from_coulomb(x))
