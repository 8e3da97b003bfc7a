"""Water: thermal snapshots and their O K-edge sticks (XPS, XES, XAS) from first principles.

Structures come from Langevin dynamics on GFN2-xTB, spectra from B3LYP/def2-TZVPD; the chapter on data
explains each choice.
"""

from functools import partial

import numpy as np
import xarray as xr

from nnca import resumable
from nnca.simulate import water_sampling, water_sticks
from nnca.simulate.water_sampling import SnapshotFailed, sample_geometries
from nnca.simulate.water_sticks import ALIGNMENT, sticks

SNAPSHOTS_PER_TRAJECTORY = 25
SETTINGS = water_sampling.SETTINGS | water_sticks.SETTINGS

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


def simulate(snapshots, folder, plan, jobs=1, seed=0):
    """The first `snapshots` snapshots with their sticks; chunks of whole trajectories lie in `folder`.  -> Dataset"""
    trajectories = range(-(-snapshots // SNAPSHOTS_PER_TRAJECTORY))
    parts = resumable.compute(partial(trajectory, seed=seed), trajectories, folder, plan, jobs, "trajectories of water")
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
