"""Thermal snapshots of a water molecule: Langevin dynamics on GFN2-xTB."""

import ase
import numpy as np
from ase import units
from ase.calculators.calculator import CalculationFailed
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import thermalize_momenta
from tblite.ase import TBLite

SETTINGS = {
    "sampling": "GFN2-xTB Langevin dynamics, 0.5 fs step, friction 0.05 / fs",
    "temperature_K": 1500.0,
    "frame_interval_fs": 40.0,
    "burn_in_fs": 400.0,
    "dissociation_length_angstrom": 1.75,
}
EQUILIBRIUM = (0.9572, 0.9572, 104.52)  # angstrom, angstrom, degree; experiment


class SnapshotFailed(RuntimeError):
    """A snapshot whose dynamics or self-consistent field did not succeed."""


def sample_geometries(rng):
    """Yield (r1, r2, angle) of thermal snapshots in angstrom and degree, without end.

    One trajectory; after dissociation or an xTB failure it yields a `SnapshotFailed` and starts anew.
    """
    while True:
        try:
            yield from _trajectory(rng)
        except (SnapshotFailed, CalculationFailed) as failure:
            yield SnapshotFailed(f"dynamics: {failure}")


def _trajectory(rng):
    water = ase.Atoms("OH2", positions=positions(*EQUILIBRIUM))
    water.calc = TBLite(method="GFN2-xTB", verbosity=0)
    thermalize_momenta(water, temperature_K=SETTINGS["temperature_K"], rng=rng)
    dynamics = Langevin(
        water, 0.5 * units.fs, temperature_K=SETTINGS["temperature_K"], friction=0.05 / units.fs, fixcm=False, rng=rng
    )
    dynamics.run(round(SETTINGS["burn_in_fs"] / 0.5))
    while True:
        dynamics.run(round(SETTINGS["frame_interval_fs"] / 0.5))
        r1, r2 = water.get_distance(0, 1), water.get_distance(0, 2)
        if max(r1, r2) > SETTINGS["dissociation_length_angstrom"]:
            raise SnapshotFailed(f"dissociated, O-H lengths {r1:.3f} and {r2:.3f} angstrom")
        yield r1, r2, water.get_angle(1, 0, 2)


def positions(r1, r2, angle):
    """Cartesian coordinates (O, H, H) in angstrom: O at the origin, the bisector along z, in the xz plane."""
    half = np.radians(angle) / 2
    hydrogens = [[r1 * np.sin(half), 0, r1 * np.cos(half)], [-r2 * np.sin(half), 0, r2 * np.cos(half)]]
    return np.array([[0.0, 0.0, 0.0], *hydrogens])
