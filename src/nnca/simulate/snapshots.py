"""What the molecules share: a trajectory of snapshots with their sticks, and many trajectories as one data set."""

from functools import partial

import numpy as np
import xarray as xr

from nnca import resumable
from nnca.simulate.water_sampling import SnapshotFailed

SNAPSHOTS_PER_TRAJECTORY = 25
DIMS = {
    "xps_energy": ("snapshot",),
    "xes_energy": ("snapshot", "orbital"),
    "xes_energy_ks": ("snapshot", "orbital"),
    "xes_strength": ("snapshot", "orbital"),
    "xas_energy": ("snapshot", "state"),
    "xas_strength": ("snapshot", "state"),
    "total_energy": ("snapshot",),
}
LABELS = {
    "xes_energy": ("eV", "emission energy, scheme ip: ionisation energy plus orbital energy"),
    "xes_energy_ks": ("eV", "emission energy, scheme ks: difference of ground-state orbital energies"),
    "xes_strength": ("hartree3 bohr2", "emission strength, |<1s|r|v>|^2 omega^3"),
    "xas_energy": ("eV", "absorption energy, half core hole"),
    "xas_strength": ("hartree bohr2", "absorption strength, |<1s|r|a>|^2 omega"),
    "total_energy": ("eV", "ground-state total energy"),
}


def compute(trajectory, snapshots, folder, plan, jobs, seed, label):
    """So many trajectories, `trajectory(index, seed=seed)`, that they hold `snapshots`.  -> list of Datasets"""
    indices = range(-(-snapshots // SNAPSHOTS_PER_TRAJECTORY))
    return [*resumable.compute(partial(trajectory, seed=seed), indices, folder, plan, jobs, label).values()]


def collect(geometries, row, dims, index, snapshots):
    """Snapshots of one trajectory: `row(geometry)` is a dict of arrays; failed ones are replaced and recorded."""
    good, failed = [], []
    for geometry in geometries:
        try:
            if isinstance(geometry, SnapshotFailed):
                raise geometry
            good.append(row(geometry))
        except SnapshotFailed as failure:
            failed.append(f"trajectory {index}, after snapshot {len(good)}: {failure}")
        if len(failed) > snapshots:
            raise RuntimeError(f"trajectory {index} fails again and again; last: {failed[-1]}")
        if len(good) == snapshots:
            break
    columns = {name: (dim, np.array([one[name] for one in good])) for name, dim in dims.items()}
    return xr.Dataset(columns, attrs={"failures": "\n".join(failed)})


def join(trajectories, snapshots, title, labels, alignment):
    """One Dataset of the first `snapshots` snapshots of the trajectories, with units and counted failures."""
    ds = xr.concat(trajectories, "snapshot", combine_attrs="drop").isel(snapshot=slice(snapshots))
    failures = [line for part in trajectories for line in part.attrs["failures"].splitlines()]
    ds.attrs = {"title": title, "failed": len(failures)}
    ds.attrs |= {"failures": "\n".join(failures), "snapshots_per_trajectory": SNAPSHOTS_PER_TRAJECTORY}
    ds.attrs |= {f"alignment_{line}_eV": shift for line, shift in alignment.items()}
    for name, (units, long_name) in labels.items():
        ds[name].attrs = {"units": units, "long_name": long_name}
    return ds
