"""How far the GeO2 data can be trusted: crystals beside experiment, settings beside better ones, boxes beside larger.

`make validate-geo2` computes what is missing under data/chunks and sums it up in data/geo2_validation.json.
"""

import hashlib
import json
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import NamedTuple

import numpy as np
import xarray as xr

from nnca import resumable
from nnca.data import DataError, load_geo2
from nnca.files import replaced
from nnca.simulate import emission, geo2
from nnca.simulate.crystals import quartz, rutile
from nnca.simulate.validation_summary import frames_at, summary

CHANGES = {  # the settings that change, and the pressures (GPa) whose first stored box is computed again with them
    "PBE instead of LDA": ({"functional": "PBE"}, (0.0, 20.0, 120.0)),
    "grid 0.19 Å": ({"grid_spacing_angstrom": 0.19}, (0.0, 20.0)),
    "grid 0.30 Å": ({"grid_spacing_angstrom": 0.30}, (20.0,)),
    "self-consistency 100 times tighter": ({"density_convergence": 1e-5, "energy_convergence_eV": 1e-4}, (120.0,)),
    "2 × 2 × 2 k-points": ({"k_points": {"size": (2, 2, 2)}}, (0.0, 60.0)),
    "basis sz": ({"basis": "sz(dzp)"}, (20.0,)),
}
RANDOM = 3  # stored boxes that are computed once more as they were
LARGE = {"chains": 2, "atoms": 216, "spectra_at": (0.0, 20.0, 60.0, 120.0)}  # the paper's boxes probably had 216 atoms


class Case(NamedTuple):
    """One box to compute: a crystal by name, a stored glass by its pressure or at random."""

    structure: str  # "quartz", "rutile", "frame" (the first at its pressure) or "random"
    pressure: float = 0.0  # GPa
    change: str = ""  # key of CHANGES, or nothing
    shift: float = 0.0  # of all atoms along each axis, in grid spacings
    draw: int = 0  # which of the random ones

    def frame(self, ds):
        """Number of the stored box that is meant."""
        if self.structure == "random":
            return int(np.random.default_rng(RANDOM).permutation(ds.sizes["frame"])[self.draw])
        return int(frames_at(ds, self.pressure)[0])


CASES = (
    *[Case(name, change=change) for change in ("", "basis sz") for name in ("quartz", "rutile")],
    *[Case("frame", pressure, change) for change, (_, pressures) in CHANGES.items() for pressure in pressures],
    Case("frame", 20.0, shift=0.5),
    *[Case("random", draw=draw) for draw in range(RANDOM)],
)


def validate(data, folder, out, jobs):
    """Compute the cases that are missing and write what all say.  data file, folder of chunks, JSON file, processes"""
    ds = load_geo2(data)
    settings, packages = geo2.settings_of()
    plan = settings | {name: version(name) for name in packages}
    plan_of_cases = plan | {"cases": [list(case) for case in CASES], "boxes": _fingerprint(ds, data)}
    task = partial(compute, data=data)
    chunks = resumable.compute(task, range(len(CASES)), folder / "cases", plan_of_cases, jobs, "boxes to compare")
    large, refined = larger_boxes(folder / "large", plan, jobs)
    report = {"date": datetime.now(UTC).date().isoformat(), "settings": plan_of_cases | {"larger_boxes": LARGE}}
    report |= summary(dict(zip(CASES, chunks.values(), strict=True)), large, refined, ds)
    with replaced(out) as part:
        part.write_text(json.dumps(report, indent=1, ensure_ascii=False, default=_plain) + "\n")


def _fingerprint(ds, data):
    """Which stored boxes the cases compute again.  Raises DataError where there are none."""
    if "frame_position" not in ds:
        raise DataError(f"{data}: variable frame_position is missing; whole boxes are needed to compute them again")
    if lacking := [pressure for pressure in geo2.PRESSURES if not len(frames_at(ds, pressure))]:
        raise DataError(f"{data}: no box at {lacking[0]:g} GPa, where larger ones are compared")
    frames = [case.frame(ds) for case in CASES if case.structure in ("frame", "random")]
    parts = [ds[name].values[frames].tobytes() for name in ("frame_position", "cell")]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def compute(index, data):
    """Sites and sticks of one case.  -> Dataset in the schema of the data file"""
    case = CASES[index]
    settings = emission.SETTINGS | (CHANGES[case.change][0] if case.change else {})
    if case.structure in ("quartz", "rutile"):
        box, pressure = {"quartz": quartz, "rutile": rutile}[case.structure](), 0.0
    else:
        ds = load_geo2(data)
        box = stored_box(ds, case.frame(ds))
        pressure = float(ds.pressure[ds.frame == case.frame(ds)][0])
    box.positions += case.shift * box.cell.lengths() / emission.grid_points(box, settings)
    return geo2.assemble([geo2.dataset(box, pressure, settings=settings)])


def stored_box(ds, frame):
    """A simulation box of the data file.  Dataset, its number -> `ase.Atoms`"""
    (box,) = geo2.boxes_of(ds[["frame_species", "frame_position", "cell"]].isel(frame=[frame]))
    return box


def larger_boxes(folder, plan, jobs):
    """Whole chains of larger boxes.  -> Dataset of those with spectra; {pressure: all boxes at it, refined}"""
    seed = atoms = LARGE["atoms"]
    chains, spectra_at = LARGE["chains"], LARGE["spectra_at"]
    plan = plan | {"seed": seed, "atoms": atoms}
    ds = geo2.simulate(chains, folder, plan, jobs, seed=seed, atoms=atoms, spectra_at=spectra_at)
    refined = {}
    for step, pressure in enumerate(geo2.PRESSURES):
        numbers = [len(geo2.PRESSURES) * int(chain) + step for chain in np.unique(ds.parent)]
        chunks = [xr.load_dataset(folder / "refined" / f"{number:05d}.nc") for number in numbers]
        refined[pressure] = [(c.frame_species.values, c.frame_position.values[0], c.cell.values[0]) for c in chunks]
    return ds, refined


def _plain(value):
    """What JSON can hold of a numpy value, rounded to what is meant."""
    return np.round(np.asarray(value, float), 5).tolist()
