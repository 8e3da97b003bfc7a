"""Amorphous GeO2 under pressure: glasses and their Ge K-beta emission sticks from first principles.

Glasses come from `nnca.simulate.glass`, spectra from GPAW: one ground-state calculation of a periodic box gives the
lines of all its Ge sites.  A frame's sticks depend on its stored box alone.
"""

from functools import lru_cache
from io import StringIO

import numpy as np
import xarray as xr
from ase.units import Hartree
from gpaw import KohnShamConvergenceError, Mixer
from gpaw.atom.aeatom import AllElectronAtom
from gpaw.old.calculator import GPAW  # the default calculator hides the arrays that are read here
from scipy.interpolate import CubicSpline
from scipy.ndimage import map_coordinates

from nnca.simulate import glass

PRESSURES = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 120.0)  # GPa, those of the paper
SETTINGS = {
    "electronic_structure": "GPAW LCAO, LDA, Gamma point, frozen core with Ge 3d",
    "basis": "dzp",
    "grid_spacing_angstrom": 0.24,
    "density_convergence": 1e-3,
    "energy_convergence_eV": 1e-2,
    "mixing": "0.3, 4, 1.0 with smearing 0.2 eV; where that fails 0.1, 8, 1.0 with 0.4 eV",
    "coordination_cutoff_angstrom": 2.4,
    "glasses_to_choose_from_at_0_GPa": 2,
    "glasses_at_0_GPa_where_all_those_are_bad": 4,
    "bad_share_of_oxygens": 0.04,
}
# Mixing, smearing (eV) and patience of the self-consistent field: fast first, then sure.
FIELDS = (((0.3, 4, 1.0), 0.2, 60), ((0.1, 8, 1.0), 0.4, 200))
# Emission energies count from the valence-band top of quartz-type GeO2: eV above its 1s level, in its experimental
# structure (Smith and Isaacs, Acta Cryst. 17, 842, 1964; 72 atoms) and with the settings above.
QUARTZ_TOP = 10933.756
NEIGHBOURS = 9  # atoms of each species in a site, the central Ge among its own
FAILURES_ALLOWED = 5  # glasses in a row; more means that something else is wrong

DIMS = {
    "pressure": ("site",),
    "coordination": ("site",),
    "position": ("site", "atom", "xyz"),
    "band_energy": ("frame", "band"),
    "core_level": ("site",),
    "strength": ("site", "band"),
    "gap": ("frame",),
    "frame_position": ("frame", "frame_atom", "xyz"),
    "cell": ("frame", "xyz"),
}
LABELS = {
    "pressure": ("GPa", "pressure the glass was made at"),
    "coordination": ("1", "number of O atoms within the coordination cutoff of the central Ge"),
    "frame": ("1", "number of the simulation box that the site is in"),
    "position": ("angstrom", "positions relative to the central Ge, which is first; each species by distance"),
    "species": ("1", "chemical symbols of the atoms of a site"),
    "band_energy": ("eV", "energies of the occupied bands, on the scale of core_level"),
    "core_level": ("eV", "Ge 1s levels; band_energy - core_level is emission energy above quartz's valence-band top"),
    "strength": ("bohr2", "emission strength, |<1s|r|band>|^2"),
    "line": ("1", "line of each band: 0 K-beta'' (O 2s), 1 K-beta2 (O 2p and Ge 4s, 4p)"),
    "gap": ("eV", "energy from the highest occupied to the lowest empty band at the Gamma point"),
    "frame_position": ("angstrom", "positions of all atoms of the simulation boxes"),
    "frame_species": ("1", "chemical symbols of the atoms of a simulation box"),
    "cell": ("angstrom", "edges of the orthogonal, periodic simulation boxes"),
}


class FrameFailed(RuntimeError):
    """A frame whose electronic structure did not succeed."""


class BoxError(ValueError):
    """A box that no sites or sticks can be made of."""


class BoxTooSmall(BoxError):
    """A box whose sites would hold their own periodic images."""


# ---------------------------------------------------------------- one chunk, and the whole


def frame(index, seed, atoms=96):
    """One glass with the sticks of all its Ge sites; frames go round the pressures, failed ones are replaced."""
    pressure, failed = PRESSURES[index % len(PRESSURES)], []
    while len(failed) < FAILURES_ALLOWED:
        try:
            box = _glass(pressure, [seed, index, len(failed)], atoms)
            return dataset(box, pressure).assign_attrs(failures="\n".join(failed))
        except (glass.GlassFailed, FrameFailed, BoxTooSmall) as failure:
            failed.append(f"frame {index}, glass {len(failed)}: {failure}")
    raise RuntimeError(f"frame {index} fails again and again; last: {failed[-1]}")


def _glass(pressure, seed, atoms):
    """A glass; at 0 GPa, where some O miss a bond or have one too many after any anneal, the best of several."""
    few, many = SETTINGS["glasses_to_choose_from_at_0_GPa"], SETTINGS["glasses_at_0_GPa_where_all_those_are_bad"]
    best = glass.make(pressure, [*seed, 0], atoms)
    for n in range(1, many if pressure == 0 else 1):
        if n < few or miscoordinated(best) > SETTINGS["bad_share_of_oxygens"]:
            best = min(best, glass.make(pressure, [*seed, n], atoms), key=miscoordinated)
    return best


def miscoordinated(box):
    """Share of the O atoms of a box (`ase.Atoms`) without exactly two Ge within the coordination cutoff."""
    oxygen = _checked_symbols(box) == "O"
    bonds = box.get_all_distances(mic=True)[np.ix_(oxygen, ~oxygen)] < SETTINGS["coordination_cutoff_angstrom"]
    return (bonds.sum(axis=1) != 2).mean()


def dataset(box, pressure, **sticks_settings):
    """Sites and sticks of one box (`ase.Atoms`) in the schema of the data file."""
    columns = sites(box) | sticks(box, **sticks_settings)
    columns["pressure"] = np.full(len(columns["coordination"]), pressure)
    per_frame = {"frame_position": box.positions, "cell": box.cell.lengths()}
    per_frame |= {name: columns[name] for name in ("band_energy", "gap")}
    columns |= {name: np.array(values)[None] for name, values in per_frame.items()}
    ds = xr.Dataset({name: (dims, np.float32(columns[name])) for name, dims in DIMS.items()})
    ds["coordination"] = ds["coordination"].astype("int8")
    ds["line"] = "band", columns["line"]
    ds["species"] = "atom", ["Ge"] * NEIGHBOURS + ["O"] * NEIGHBOURS
    ds["frame_species"] = "frame_atom", box.get_chemical_symbols()
    return ds


def assemble(frames):
    """One Dataset of all frames, with units and counted failures."""
    same = {"data_vars": "minimal", "coords": "minimal", "compat": "equals", "join": "exact", "combine_attrs": "drop"}
    per_site = [name for name, dims in DIMS.items() if dims[0] == "site"]
    ds = xr.concat([part.drop_vars(per_site) for part in frames], "frame", **same)
    for name in per_site:
        ds[name] = xr.concat([part[name] for part in frames], "site")
    ds["frame"] = "site", np.repeat(np.arange(len(frames)), [part.sizes["site"] for part in frames])
    failures = [line for part in frames for line in part.attrs["failures"].splitlines()]
    ds.attrs = {"title": "Amorphous GeO2 under pressure: Ge sites and K-beta sticks", "failed": len(failures)}
    ds.attrs |= {"failures": "\n".join(failures), "energy_zero_eV": QUARTZ_TOP}
    for name, (units, long_name) in LABELS.items():
        ds[name].attrs = {"units": units, "long_name": long_name}
    return ds


# ---------------------------------------------------------------- sites


def sites(box):
    """The neighbourhoods of all Ge of a periodic box (`ase.Atoms`): `position` (site, 18, 3) and `coordination` (site).

    Positions are relative to the central Ge, which comes first; 8 more Ge follow by distance, then 9 O.
    """
    symbols = _checked_symbols(box)
    box = box.copy()
    box.wrap()
    shifts = np.array(list(np.ndindex(3, 3, 3))) - 1
    images = (box.positions + (shifts @ box.cell.array)[:, None]).reshape(-1, 3)
    symbols_of_images = np.tile(symbols, len(shifts))
    kinds = [images[symbols_of_images == kind] for kind in ("Ge", "O")]
    nearest_image = np.linalg.norm(shifts[np.any(shifts, axis=1)] @ box.cell.array, axis=1).min()

    position, coordination = [], []
    for center in box.positions[symbols == "Ge"]:
        around = [kind - center for kind in kinds]
        distance = [np.linalg.norm(vectors, axis=1) for vectors in around]
        order = [np.argsort(d, kind="stable")[:NEIGHBOURS] for d in distance]
        position.append(np.concatenate([vectors[i] for vectors, i in zip(around, order, strict=True)]))
        coordination.append((distance[1] < SETTINGS["coordination_cutoff_angstrom"]).sum())
    reach = np.linalg.norm(position, axis=2).max()
    if reach >= nearest_image:
        raise BoxTooSmall(
            f"box too small: a site's {2 * NEIGHBOURS} atoms reach {reach:.2f} angstrom, where its own periodic image "
            f"lies at {nearest_image:.2f}; take more atoms"
        )
    return {"position": np.array(position), "coordination": np.array(coordination)}


def _checked_symbols(box):
    """Chemical symbols of a periodic GeO2 box as an array."""
    symbols = np.array(box.get_chemical_symbols())
    if set(symbols) != {"Ge", "O"} or (symbols == "O").sum() != 2 * (symbols == "Ge").sum():
        raise BoxError(f"box is {box.get_chemical_formula()}, expected Ge and O in the ratio 1:2")
    if not box.pbc.all():
        raise BoxError(f"box is periodic along {box.pbc.tolist()}, expected all three directions")
    if not np.allclose(box.cell.angles(), 90):
        raise BoxError(
            f"box has angles of {box.cell.angles().round(2).tolist()} degree, expected 90: it must be orthogonal"
        )
    return symbols


# ---------------------------------------------------------------- electronic structure


def sticks(box, settings=SETTINGS):
    """All sticks of a periodic GeO2 box (`ase.Atoms`) as a dict of arrays named as in the data file.

    `band_energy` (band) of the occupied bands, `core_level` (site) and `gap` in eV, `strength` (site, band) in bohr2,
    `line` (band); sites are the box's Ge in order.  Emission energies are band_energy - core_level: they count from
    the valence-band top of quartz-type GeO2, both levels being those of the ground state (no core-hole relaxation).
    """
    symbols = _checked_symbols(box)
    calc = _ground_state(box, settings)
    germanium, oxygens = np.flatnonzero(symbols == "Ge"), (symbols == "O").sum()
    occupied = calc.wfs.setups.nvalence // 2
    levels = calc.wfs.kpt_u[0].eps_n * Hartree
    return {
        "band_energy": levels[:occupied],
        "core_level": np.array([_core_level(calc, a) for a in germanium]) + QUARTZ_TOP,
        "strength": np.array([_strength(calc, a)[:occupied] for a in germanium]),
        "line": np.repeat([0, 1], [oxygens, occupied - oxygens]),  # one O 2s band for each O lies deepest
        "gap": levels[occupied] - levels[occupied - 1],
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
            symmetry="off",
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
    raise FrameFailed("self-consistent field not converged")


def _strength(calc, a):
    """|<1s| r |band>|^2 of Ge atom `a` in bohr2, summed over x, y, z: (band,).

    Near the nucleus a band is its l = 1 all-electron partial waves, weighted with the PAW projections.
    """
    setup, projections = calc.wfs.setups[a], calc.wfs.kpt_u[0].P_ani[a]
    core = _free_atom()[0](setup.rgd.r_g)
    amplitude, first = np.zeros((len(projections), 3)), 0
    for l, wave in zip(setup.l_j, setup.data.phi_jg, strict=True):
        if l == 1:
            radial = setup.rgd.integrate(core * wave, n=1) / (4 * np.pi)
            amplitude += radial / np.sqrt(3) * projections[:, first : first + 3]
        first += 2 * l + 1
    return (amplitude**2).sum(axis=1)


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
