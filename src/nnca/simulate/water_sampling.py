"""Thermal snapshots of a water molecule, and of others by its recipe: Langevin dynamics on GFN2-xTB."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

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


@dataclass(frozen=True, eq=False)
class Molecule:
    """A hydride of ten electrons: its heavy atom and hydrogens, and what leads from internal to Cartesian coordinates.

    A geometry is a tuple of the bond lengths (angstrom), then the angles (degree) of all pairs of bonds.
    """

    symbols: str  # the heavy atom first
    equilibrium: tuple
    positions: Callable  # (*geometry) -> (atoms, xyz) in angstrom, the heavy atom at the origin
    alignment: dict  # eV, constants that bring lines to experiment

    @property
    def bonds(self):
        return len(self.symbols) - 1


class SnapshotFailed(RuntimeError):
    """A snapshot whose dynamics or self-consistent field did not succeed."""


def positions(r1, r2, angle):
    """Cartesian coordinates (O, H, H) in angstrom: O at the origin, the bisector along z, in the xz plane."""
    half = np.radians(angle) / 2
    hydrogens = [[r1 * np.sin(half), 0, r1 * np.cos(half)], [-r2 * np.sin(half), 0, r2 * np.cos(half)]]
    return np.array([[0.0, 0.0, 0.0], *hydrogens])


# Alignments bring the vertical lines of the equilibrium molecule to gas-phase experiment (eV):
# O 1s ionisation at 539.9, 1b1 emission at 526.8, 4a1 absorption at 534.0.
WATER = Molecule("OHH", EQUILIBRIUM, positions, {"xps": -0.187, "xes_ip": -4.460, "xes_ks": 14.872, "xas": -15.694})


def sample_geometries(rng, molecule=WATER):
    """Yield geometries of thermal snapshots, of water (r1, r2, angle) in angstrom and degree, without end.

    One trajectory; after dissociation or an xTB failure it yields a `SnapshotFailed` and starts anew.
    """
    while True:
        try:
            yield from _trajectory(rng, molecule)
        except (SnapshotFailed, CalculationFailed) as failure:
            yield SnapshotFailed(f"dynamics: {failure}")


def _trajectory(rng, molecule):
    atoms = ase.Atoms(molecule.symbols, positions=molecule.positions(*molecule.equilibrium))
    atoms.calc = TBLite(method="GFN2-xTB", verbosity=0)
    thermalize_momenta(atoms, temperature_K=SETTINGS["temperature_K"], rng=rng)
    dynamics = Langevin(
        atoms, 0.5 * units.fs, temperature_K=SETTINGS["temperature_K"], friction=0.05 / units.fs, fixcm=False, rng=rng
    )
    dynamics.run(round(SETTINGS["burn_in_fs"] / 0.5))
    hydrogens = range(1, molecule.bonds + 1)
    while True:
        dynamics.run(round(SETTINGS["frame_interval_fs"] / 0.5))
        lengths = [atoms.get_distance(0, hydrogen) for hydrogen in hydrogens]
        if max(lengths) > SETTINGS["dissociation_length_angstrom"]:
            said = " and ".join(f"{length:.3f}" for length in lengths)
            raise SnapshotFailed(f"dissociated, {molecule.symbols[0]}-H lengths {said} angstrom")
        yield *lengths, *(atoms.get_angle(one, 0, other) for one, other in combinations(hydrogens, 2))
