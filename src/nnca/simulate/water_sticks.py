"""K-edge sticks (XPS, XES, XAS) of a water molecule, and of others by its recipe: B3LYP/def2-TZVPD in PySCF.

A snapshot's sticks depend on its internal coordinates alone.
"""

from functools import lru_cache

import numpy as np
from pyscf import dft, gto
from pyscf.data.nist import HARTREE2EV
from scipy.linalg import eigh, inv, sqrtm

from nnca.simulate.water_sampling import WATER, SnapshotFailed

SETTINGS = {
    "electronic_structure": "PySCF B3LYP/def2-TZVPD, grid level 1, conv_tol 1e-6 hartree",
    "xas_basis": "def2-TZVPD and 3 s, 3 p, 3 d diffuse functions on O, each exponent 1/2.5 of the last",
}

ALIGNMENT = WATER.alignment
XAS_STATES = 40  # the lowest unoccupied orbitals, up to about 547 eV: well above the spectrum's window


def sticks(*geometry, molecule=WATER):
    """All sticks of one geometry (angstrom and degree) as a dict of arrays named as in the data file."""
    mol, alignment = _molecule(molecule, geometry), molecule.alignment
    ground, half, hole = _three_states(mol, _equilibrium_orbitals(molecule))
    dipole = mol.intor("int1e_r")
    ionisation = (hole.e_tot - ground.e_tot) * HARTREE2EV + alignment["xps"]

    core, valence = ground.mo_coeff[:, 0], ground.mo_coeff[:, 1:5]
    core_level, levels = ground.mo_energy[0] * HARTREE2EV, ground.mo_energy[1:5] * HARTREE2EV
    emission = ionisation - alignment["xps"] + levels + alignment["xes_ip"]

    xas_energy, xas_strength = _absorption(mol, half, alignment["xas"])
    return {
        "xps_energy": ionisation,
        "xes_energy": emission,
        "xes_energy_ks": levels - core_level + alignment["xes_ks"],
        "xes_strength": (np.einsum("xij,i,jv->xv", dipole, core, valence) ** 2).sum(0) * (emission / HARTREE2EV) ** 3,
        "xas_energy": xas_energy,
        "xas_strength": xas_strength,
        "total_energy": ground.e_tot * HARTREE2EV,
    }


def _molecule(molecule, geometry):
    atoms = list(zip(molecule.symbols, molecule.positions(*geometry), strict=True))
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
def _equilibrium_orbitals(molecule):
    """Orbitals of the three states at equilibrium: every snapshot starts from them, so none depends on another."""
    mol = _molecule(molecule, molecule.equilibrium)
    ground = _three_states(mol, (None, None, None))[0].mo_coeff
    return tuple(state.mo_coeff for state in _three_states(mol, (ground, ground, (ground, ground))))


def _absorption(mol, half, shift):
    """Energies (eV) and strengths of the unoccupied orbitals in a diffuse basis, the half-hole density kept."""
    heavy = mol.atom_symbol(0)
    smallest = {l: min(e for e, *_ in shell[1:]) for shell in mol._basis[heavy] if (l := shell[0]) <= 2}
    diffuse = [[l, [a / 2.5**k, 1.0]] for l, a in smallest.items() for k in (1, 2, 3)]
    big = mol + gto.M(atom=[(f"ghost-{heavy}", (0, 0, 0))], basis={f"ghost-{heavy}": diffuse}, verbose=0)
    density = np.zeros((big.nao, big.nao))
    density[: mol.nao, : mol.nao] = half.make_rdm1()

    method = dft.RKS(big)
    method.xc, method.grids = "b3lyp", half.grids
    fock = method.get_hcore() + method.get_veff(dm=density)
    levels, orbitals = eigh(fock, big.intor("int1e_ovlp"))
    amplitude = np.einsum("xij,i,ja->xa", big.intor("int1e_r"), orbitals[:, 0], orbitals[:, 5:])
    energy = (levels[5:] - levels[0]) * HARTREE2EV + shift
    strength = (amplitude**2).sum(0) * energy / HARTREE2EV
    return energy[:XAS_STATES], strength[:XAS_STATES]
