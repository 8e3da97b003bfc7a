"""Water: thermal snapshots and their O K-edge sticks (XPS, XES, XAS) from first principles.

Structures come from Langevin dynamics on GFN2-xTB, spectra from B3LYP/def2-TZVPD; the chapter on data
explains each choice.  A snapshot's sticks depend on its three internal coordinates alone.
"""

from functools import lru_cache, partial

import ase
import numpy as np
import xarray as xr
from ase import units
from ase.calculators.calculator import CalculationFailed
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import thermalize_momenta
from pyscf import dft, gto
from pyscf.data.nist import HARTREE2EV
from scipy.linalg import eigh, inv, sqrtm
from tblite.ase import TBLite

from nnca.simulate import run

SNAPSHOTS_PER_TRAJECTORY = 25
SETTINGS = {
    "sampling": "GFN2-xTB Langevin dynamics, 0.5 fs step, friction 0.05 / fs",
    "temperature_K": 1500.0,
    "frame_interval_fs": 40.0,
    "burn_in_fs": 400.0,
    "dissociation_length_angstrom": 1.75,
    "electronic_structure": "PySCF B3LYP/def2-TZVPD, grid level 1, conv_tol 1e-6 hartree",
    "xas_basis": "def2-TZVPD and 3 s, 3 p, 3 d diffuse functions on O, each exponent 1/2.5 of the last",
}

# Constants that bring the vertical lines of the equilibrium molecule to gas-phase experiment (eV):
# O 1s ionisation at 539.9, 1b1 emission at 526.8, 4a1 absorption at 534.0.
ALIGNMENT = {"xps": -0.187, "xes_ip": -4.460, "xes_ks": 14.872, "xas": -15.694}
EQUILIBRIUM = (0.9572, 0.9572, 104.52)  # angstrom, angstrom, degree; experiment
XAS_STATES = 40  # the lowest unoccupied orbitals, up to about 547 eV: well above the spectrum's window

DIMS = {
    "oh_length": ("snapshot", "bond"),
    "hoh_angle": ("snapshot",),
    "xps_energy": ("snapshot",),
    "xes_energy": ("snapshot", "orbital"),
    "xes_energy_ks": ("snapshot", "orbital"),
    "xes_strength": ("snapshot", "orbital"),
    "xas_energy": ("snapshot", "state"),
    "xas_strength": ("snapshot", "state"),
    "total_energy": ("snapshot",),
}
LABELS = {
    "oh_length": ("angstrom", "O-H bond lengths"),
    "hoh_angle": ("degree", "H-O-H angle"),
    "xps_energy": ("eV", "O 1s ionisation energy, difference of self-consistent energies"),
    "xes_energy": ("eV", "emission energy, scheme ip: ionisation energy plus orbital energy"),
    "xes_energy_ks": ("eV", "emission energy, scheme ks: difference of ground-state orbital energies"),
    "xes_strength": ("hartree3 bohr2", "emission strength, |<1s|r|v>|^2 omega^3"),
    "xas_energy": ("eV", "absorption energy, half core hole"),
    "xas_strength": ("hartree bohr2", "absorption strength, |<1s|r|a>|^2 omega"),
    "total_energy": ("eV", "ground-state total energy"),
}


class SnapshotFailed(RuntimeError):
    """A snapshot whose dynamics or self-consistent field did not succeed."""


def simulate(snapshots, folder, plan, jobs=1, seed=0):
    """The first `snapshots` snapshots with their sticks; chunks of whole trajectories lie in `folder`.  -> Dataset"""
    trajectories = range(-(-snapshots // SNAPSHOTS_PER_TRAJECTORY))
    parts = run.compute(partial(trajectory, seed=seed), trajectories, folder, plan, jobs, "trajectories of water")
    return assemble([*parts.values()], snapshots)


def trajectory(index, seed, snapshots=SNAPSHOTS_PER_TRAJECTORY):
    """Snapshots of one independent trajectory with their sticks; failed ones are replaced and recorded."""
    good, failed = [], []
    for geometry in sample_geometries(np.random.default_rng([seed, index])):
        try:
            if isinstance(geometry, SnapshotFailed):
                raise geometry
            good.append({"oh_length": geometry[:2], "hoh_angle": geometry[2], **sticks(*geometry)})
        except SnapshotFailed as failure:
            failed.append(f"trajectory {index}, after snapshot {len(good)}: {failure}")
        if len(failed) > snapshots:
            raise RuntimeError(f"trajectory {index} fails again and again; last: {failed[-1]}")
        if len(good) == snapshots:
            break
    columns = {name: (dims, np.array([row[name] for row in good])) for name, dims in DIMS.items()}
    return xr.Dataset(columns, attrs={"failures": "\n".join(failed)})


def assemble(trajectories, snapshots):
    """One Dataset of the first `snapshots` snapshots of the trajectories, with units and counted failures."""
    ds = xr.concat(trajectories, "snapshot", combine_attrs="drop").isel(snapshot=slice(snapshots))
    failures = [line for part in trajectories for line in part.attrs["failures"].splitlines()]
    ds.attrs = {"title": "Water: thermal snapshots and O K-edge sticks", "failed": len(failures)}
    ds.attrs |= {"failures": "\n".join(failures), "snapshots_per_trajectory": SNAPSHOTS_PER_TRAJECTORY}
    ds.attrs |= {f"alignment_{line}_eV": shift for line, shift in ALIGNMENT.items()}
    for name, (units_, long_name) in LABELS.items():
        ds[name].attrs = {"units": units_, "long_name": long_name}
    return ds


# ---------------------------------------------------------------- structures


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


# ---------------------------------------------------------------- electronic structure


def sticks(r1, r2, angle):
    """All sticks of one geometry (angstrom, angstrom, degree) as a dict of arrays named as in the data file."""
    mol = _molecule(r1, r2, angle)
    ground, half, hole = _three_states(mol, _equilibrium_orbitals())
    dipole = mol.intor("int1e_r")
    ionisation = (hole.e_tot - ground.e_tot) * HARTREE2EV + ALIGNMENT["xps"]

    core, valence = ground.mo_coeff[:, 0], ground.mo_coeff[:, 1:5]
    core_level, levels = ground.mo_energy[0] * HARTREE2EV, ground.mo_energy[1:5] * HARTREE2EV
    emission = ionisation - ALIGNMENT["xps"] + levels + ALIGNMENT["xes_ip"]

    xas_energy, xas_strength = _absorption(mol, half)
    return {
        "xps_energy": ionisation,
        "xes_energy": emission,
        "xes_energy_ks": levels - core_level + ALIGNMENT["xes_ks"],
        "xes_strength": (np.einsum("xij,i,jv->xv", dipole, core, valence) ** 2).sum(0) * (emission / HARTREE2EV) ** 3,
        "xas_energy": xas_energy,
        "xas_strength": xas_strength,
        "total_energy": ground.e_tot * HARTREE2EV,
    }


def _molecule(r1, r2, angle):
    atoms = list(zip("OHH", positions(r1, r2, angle), strict=True))
    return gto.M(atom=atoms, basis="def2-tzvpd", verbose=0)


def _three_states(mol, guess):
    """Ground state, half core hole and full core hole, each converged; `guess` holds their orbitals elsewhere."""
    grids = dft.gen_grid.Grids(mol)
    grids.level = 1
    grids.build()
    integrals = mol.intor("int2e", aosym="s8")
    cation = mol.copy()
    cation.charge, cation.spin = 1, 1

    def converge(method, orbitals, occupation):
        method.xc, method.grids, method.conv_tol, method._eri = "b3lyp", grids, 1e-6, integrals
        method.get_occ = lambda *_: occupation
        method.kernel(dm0=_density(orbitals, occupation, mol.intor("int1e_ovlp")))
        if not method.converged:
            raise SnapshotFailed("self-consistent field not converged")
        return method

    def fixed(core, electrons=2.0):
        return np.array([core, *[electrons] * 4] + [0.0] * (mol.nao - 5))

    return (
        converge(dft.RKS(mol), guess[0], fixed(2.0)),
        converge(dft.RKS(mol), guess[1], fixed(1.5)),
        converge(dft.UKS(cation), guess[2], np.array([fixed(1.0, 1.0), fixed(0.0, 1.0)])),
    )


def _density(orbitals, occupation, overlap):
    """Density matrix of orbitals made orthonormal (Loewdin) in this geometry's overlap; None stays None."""
    if orbitals is None:
        return None
    if np.ndim(occupation) == 2:
        return np.array([_density(c, n, overlap) for c, n in zip(orbitals, occupation, strict=True)])
    orbitals = orbitals[:, :5] @ np.real(inv(sqrtm(orbitals[:, :5].T @ overlap @ orbitals[:, :5])))
    return (orbitals * occupation[:5]) @ orbitals.T


@lru_cache(maxsize=1)
def _equilibrium_orbitals():
    """Orbitals of the three states at equilibrium: every snapshot starts from them, so none depends on another."""
    mol = _molecule(*EQUILIBRIUM)
    ground = _three_states(mol, (None, None, None))[0].mo_coeff
    return tuple(state.mo_coeff for state in _three_states(mol, (ground, ground, (ground, ground))))


def _absorption(mol, half):
    """Energies (eV) and strengths of the unoccupied orbitals in a diffuse basis, the half-hole density kept."""
    smallest = {l: min(e for e, *_ in shell[1:]) for shell in mol._basis["O"] if (l := shell[0]) <= 2}
    diffuse = [[l, [a / 2.5**k, 1.0]] for l, a in smallest.items() for k in (1, 2, 3)]
    big = mol + gto.M(atom=[("ghost-O", (0, 0, 0))], basis={"ghost-O": diffuse}, verbose=0)
    density = np.zeros((big.nao, big.nao))
    density[: mol.nao, : mol.nao] = half.make_rdm1()

    method = dft.RKS(big)
    method.xc, method.grids = "b3lyp", half.grids
    fock = method.get_hcore() + method.get_veff(dm=density)
    levels, orbitals = eigh(fock, big.intor("int1e_ovlp"))
    amplitude = np.einsum("xij,i,ja->xa", big.intor("int1e_r"), orbitals[:, 0], orbitals[:, 5:])
    energy = (levels[5:] - levels[0]) * HARTREE2EV + ALIGNMENT["xas"]
    strength = (amplitude**2).sum(0) * energy / HARTREE2EV
    return energy[:XAS_STATES], strength[:XAS_STATES]
