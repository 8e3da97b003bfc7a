"""Ammonia: thermal snapshots and their N K-edge sticks (XPS, XES, XAS), by water's recipe.

Six internal coordinates lie between the three of water and the 153 features of GeO2.  Dynamics, temperature,
functional, basis and double-basis technique are water's; the molecule and the alignment to experiment are ammonia's.
"""

import ase
import numpy as np
from ase.io import write as write_structures

from nnca.files import replaced
from nnca.simulate import snapshots as shared
from nnca.simulate import water_sampling, water_sticks
from nnca.simulate.snapshots import SNAPSHOTS_PER_TRAJECTORY
from nnca.simulate.water_sampling import Molecule, sample_geometries
from nnca.simulate.water_sticks import sticks
from nnca.spectra import h2o_spectra

SETTINGS = water_sampling.SETTINGS | water_sticks.SETTINGS
SETTINGS |= {"xas_basis": SETTINGS["xas_basis"].replace("on O", "on N")}
DIMS = {"nh_length": ("snapshot", "bond"), "hnh_angle": ("snapshot", "pair"), **shared.DIMS}
LABELS = {
    "nh_length": ("angstrom", "N-H bond lengths"),
    "hnh_angle": ("degree", "H-N-H angles, of bonds 1 and 2, 1 and 3, 2 and 3"),
    "xps_energy": ("eV", "N 1s ionisation energy, difference of self-consistent energies"),
    **shared.LABELS,
}

FWHM, STEP = 1.0, 0.1  # eV, of the Gaussians and between the energies of the column files
# eV, where the column files begin and end: around N 1s; without the deep line 2a1; up to the ionisation threshold.
WINDOWS = {"xps": (403.5, 407.6), "xes": (385.0, 397.5), "xas": (399.0, 405.6)}


def positions(r1, r2, r3, angle12, angle13, angle23):
    """Cartesian coordinates (N, H, H, H) in angstrom: N at the origin, H1 along x, H2 in the xy plane, H3 at z >= 0.

    Mirror images have the same internal coordinates and the same spectra.
    """
    c12, c13, c23 = np.cos(np.radians([angle12, angle13, angle23]))
    s12 = np.sqrt(1 - c12**2)
    y = (c23 - c12 * c13) / s12
    z = np.sqrt(max(0.0, 1 - c13**2 - y**2))  # rounding can take a planar molecule below zero
    bonds = np.array([[1.0, 0.0, 0.0], [c12, s12, 0.0], [c13, y, z]])
    return np.vstack([np.zeros(3), bonds * np.array([[r1], [r2], [r3]])])


# Geometry: experiment.  Alignments bring the vertical lines of the equilibrium molecule to gas-phase experiment (eV):
# N 1s ionisation at 405.6, 3a1 emission at 394.75 (that less the vertical ionisation energy), 4a1 absorption at 400.66.
ALIGNMENT = {"xps": -0.363, "xes_ip": -3.736, "xes_ks": 13.167, "xas": -13.915}
AMMONIA = Molecule("NHHH", (1.0124,) * 3 + (106.67,) * 3, positions, ALIGNMENT)


def simulate(snapshots, folder, plan, jobs=1, seed=0):
    """The first `snapshots` snapshots with their sticks; chunks of whole trajectories lie in `folder`.  -> Dataset"""
    parts = shared.compute(trajectory, snapshots, folder, plan, jobs, seed, "trajectories of ammonia")
    return shared.join(parts, snapshots, "Ammonia: thermal snapshots and N K-edge sticks", LABELS, ALIGNMENT)


def trajectory(index, seed, snapshots=SNAPSHOTS_PER_TRAJECTORY):
    """Snapshots of one independent trajectory with their sticks; failed ones are replaced and recorded."""

    def row(geometry):
        return {"nh_length": geometry[:3], "hnh_angle": geometry[3:], **sticks(*geometry, molecule=AMMONIA)}

    geometries = sample_geometries(np.random.default_rng([seed, index]), AMMONIA)
    return shared.collect(geometries, row, DIMS, index, snapshots)


def write_folder(ds, folder):
    """The snapshots as a user's own data come: a file of structures, and for each spectrum a table of curves."""
    frames = [
        ase.Atoms(
            AMMONIA.symbols, positions(*lengths, *angles), info={"trajectory": number // SNAPSHOTS_PER_TRAJECTORY}
        )
        for number, (lengths, angles) in enumerate(zip(ds.nh_length.values, ds.hnh_angle.values, strict=True))
    ]
    for place in ("structures", *(f"spectra/{kind}" for kind in WINDOWS)):
        (folder / place).mkdir(parents=True, exist_ok=True)
    with replaced(folder / "structures" / "snapshots.xyz") as part:
        write_structures(part, frames, format="extxyz")
    for kind, (low, high) in WINDOWS.items():
        S = h2o_spectra(ds, kind, FWHM, (low, high), round((high - low) / STEP) + 1)  # names of variables are water's
        header = ",".join(["energy (eV)", *(f"snapshot {number}" for number in range(len(S)))])
        with replaced(folder / "spectra" / kind / "snapshots.csv") as part:
            table = np.c_[S.energy, S.values.T / S.values.max()]
            np.savetxt(part, table, ["%.2f"] + len(S) * ["%.5f"], delimiter=",", header=header, comments="")
