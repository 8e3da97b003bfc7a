"""Ge K-beta emission of GeO2 from GPAW: one ground-state calculation of a periodic box gives all its Ge sites."""

from functools import lru_cache
from io import StringIO

import numpy as np
from ase.units import Hartree
from gpaw import KohnShamConvergenceError, Mixer
from gpaw.atom.aeatom import AllElectronAtom
from gpaw.old.calculator import GPAW  # the default calculator hides the arrays that are read here
from scipy.interpolate import CubicSpline
from scipy.ndimage import map_coordinates

from nnca.simulate.sites import checked_symbols

SETTINGS = {
    "electronic_structure": "GPAW LCAO, LDA, Gamma point, frozen core with Ge 3d",
    "basis": "dzp",
    "grid_spacing_angstrom": 0.24,
    "density_convergence": 1e-3,
    "energy_convergence_eV": 1e-2,
    "mixing": "0.3, 4, 1.0 with smearing 0.2 eV; where that fails 0.1, 8, 1.0 with 0.4 eV",
}
# Mixing, smearing (eV) and patience of the self-consistent field: fast first, then sure.
FIELDS = (((0.3, 4, 1.0), 0.2, 60), ((0.1, 8, 1.0), 0.4, 200))
# Emission energies count from the valence-band top of quartz-type GeO2: eV above its 1s level, in its experimental
# structure (Smith and Isaacs, Acta Cryst. 17, 842, 1964; 72 atoms) and with the settings above.
QUARTZ_TOP = 10933.756


class FieldFailed(RuntimeError):
    """A box whose electronic structure did not converge."""


def sticks(box, settings=SETTINGS):
    """All sticks of a periodic GeO2 box (`ase.Atoms`) as a dict of arrays named as in the data file.

    `band_energy` (band) of the occupied bands, `core_level` (site) and `gap` in eV, `strength` (site, band) in bohr2,
    `line` (band); sites are the box's Ge in order.  Emission energies are band_energy - core_level: they count from
    the valence-band top of quartz-type GeO2, both levels being those of the ground state (no core-hole relaxation).
    Settings may name a `functional` and `k_points` (as GPAW's `kpts`): then all bands of a point come before the next
    point's, and strengths hold its weight.
    """
    symbols = checked_symbols(box)
    calc = _ground_state(box, settings)
    germanium, oxygens = np.flatnonzero(symbols == "Ge"), (symbols == "O").sum()
    occupied = calc.wfs.setups.nvalence // 2
    levels = np.array([kpt.eps_n for kpt in calc.wfs.kpt_u]) * Hartree
    return {
        "band_energy": levels[:, :occupied].ravel(),
        "core_level": np.array([_core_level(calc, a) for a in germanium]) + QUARTZ_TOP,
        "strength": np.array([_strength(calc, a, occupied) for a in germanium]),
        # one O 2s band for each O lies deepest
        "line": np.tile(np.repeat([0, 1], [oxygens, occupied - oxygens]), len(levels)),
        "gap": levels[:, occupied].min() - levels[:, occupied - 1].max(),
    }


def grid_points(box, settings=SETTINGS):
    """Points of the real-space grid along each edge of the box: even numbers, no coarser than the settings say."""
    return 2 * np.ceil(box.cell.lengths() / settings["grid_spacing_angstrom"] / 2).astype(int)


def _ground_state(box, settings):
    """The converged GPAW calculator of the box."""
    accuracy = {"density": settings["density_convergence"], "energy": settings["energy_convergence_eV"]}
    for mixing, smearing, patience in FIELDS:
        atoms = box.copy()
        atoms.calc = GPAW(
            mode="lcao",
            basis=settings["basis"],
            xc=settings.get("functional", "LDA"),
            gpts=grid_points(box, settings),
            kpts=settings.get("k_points", {"size": (1, 1, 1)}),
            symmetry={"point_group": False},
            occupations={"name": "fermi-dirac", "width": smearing},
            mixer=Mixer(*mixing),
            poissonsolver={"name": "fft"},
            convergence=accuracy,
            maxiter=patience,
            txt=None,
        )
        try:
            atoms.get_potential_energy()
            return atoms.calc
        except KohnShamConvergenceError:
            continue
    raise FieldFailed("self-consistent field not converged")


def _strength(calc, a, occupied):
    """|<1s| r |band>|^2 of Ge atom `a` in bohr2, summed over x, y, z, times the weight of the k-point: (k-point band,).

    Near the nucleus a band is its l = 1 all-electron partial waves, weighted with the PAW projections.
    """
    setup = calc.wfs.setups[a]
    core = _free_atom()[0](setup.rgd.r_g)
    projections = np.array([kpt.P_ani[a][:occupied] for kpt in calc.wfs.kpt_u])  # (k-point, band, partial wave)
    amplitude, first = 0, 0
    for l, wave in zip(setup.l_j, setup.data.phi_jg, strict=True):
        if l == 1:
            radial = setup.rgd.integrate(core * wave, n=1) / (4 * np.pi)
            amplitude += radial / np.sqrt(3) * projections[..., first : first + 3]
        first += 2 * l + 1
    return (calc.wfs.kd.weight_k[:, None] * (np.abs(amplitude) ** 2).sum(axis=-1)).ravel()


def _core_level(calc, a):
    """1s level of Ge atom `a` in eV: the free atom's, in the electrostatic potential of this box.

    The potential is averaged over the 1s density.  It is the smooth potential at the nucleus and, inside the PAW
    sphere, that of the true minus the smooth minus the compensation charge.  The core is frozen, and the
    exchange-correlation potential in it taken as the free atom's.
    """
    density, correction = calc.density, calc.wfs.setups[a].xc_correction
    place = calc.spos_ac[a] * density.finegd.N_c
    # cubic splines would move the level by up to 0.1 eV with the nucleus's place between grid points
    smooth = map_coordinates(calc.hamiltonian.vHt_g, place[:, None], order=5, mode="grid-wrap")[0]

    pairs = density.D_asp[a].sum(axis=0) @ correction.B_pqL[:, :, 0]
    charge = pairs @ (correction.n_qg - correction.nt_qg) - density.Q_aL[a][0] * calc.wfs.setups[a].g_lg[0]
    charge = charge / np.sqrt(4 * np.pi) + correction.nc_g - correction.nct_g
    orbital, bare_level = _free_atom()
    inside = _average(correction.rgd, correction.rgd.poisson(charge), orbital(correction.rgd.r_g))
    return (bare_level + smooth + inside) * Hartree


@lru_cache(maxsize=1)
def _free_atom():
    """1s orbital (a function of r in bohr) of the free Ge atom and its level (hartree) less the electrons' repulsion.

    Scalar-relativistic LDA; a box's own electrostatic potential takes the place of the repulsion.
    """
    atom = AllElectronAtom("Ge", "LDA", log=StringIO())
    atom.run()
    atom.refine()
    orbital = atom.channels[0].phi_ng[0]
    repulsion = _average(atom.rgd, atom.vHr_g, orbital)
    return CubicSpline(atom.rgd.r_g, orbital), atom.channels[0].e_n[0] - repulsion


def _average(grid, potential, orbital):
    """Average over a radial orbital's density of a potential given times r (hartree bohr).  hartree"""
    return grid.integrate(orbital**2 * potential, n=-1) / grid.integrate(orbital**2)
