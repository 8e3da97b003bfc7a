"""Quick stand-ins for simulators, run as processes: python simulation.py runner|chains FOLDER COUNT JOBS."""

import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import xarray as xr

from nnca.data import write
from nnca.resumable import compute


def chunk(index, log):
    """A seeded chunk that takes a moment and leaves a line for every time it was computed to the end."""
    time.sleep(0.05)
    ds = xr.Dataset({"value": ("row", np.random.default_rng([7, index]).normal(size=2000))})
    with open(log, "a") as lines:
        lines.write(f"{index}\n")
    return ds


def runner(folder, count, jobs):
    """The runner alone."""
    from simulation import chunk as task  # by its module's name, so that worker processes find it

    return xr.concat(
        compute(partial(task, log=folder / "log"), range(count), folder / "chunks", {"seed": 7}, jobs).values(), "row"
    )


def chains(folder, count, jobs):
    """The three steps of GeO2, their programs replaced; chains 1 and 4 fail the gate, 2 when it is refined."""
    for program in ("emission", "glass", "refine"):  # never loaded, so that a process starts at once
        sys.modules[f"nnca.simulate.{program}"] = SimpleNamespace(SETTINGS={}, ANNEALED={}, QUARTZ_TOP=0.0)
    from nnca.simulate import geo2

    steps = len(geo2.PRESSURES)

    def chain(number, seed, atoms):
        time.sleep(0.05)
        rng = np.random.default_rng([seed, number])
        return geo2._no("ordered") if number in (1, 4) else xr.Dataset({"value": ("box", rng.normal(size=steps))})

    def refined_box(index, folder, seed):
        time.sleep(0.02)
        value = xr.load_dataset(folder / f"{index // steps:05d}.nc").value.values[index % steps]
        return geo2._no("in contact") if index == 2 * steps + 3 else xr.Dataset({"value": value})

    def spectra(index, folder):
        time.sleep(0.02)
        value = xr.load_dataset(folder / f"{index:05d}.nc").value.values
        size = {"site": 2, "frame": 1, "band": 3, "atom": 2, "xyz": 3, "frame_atom": 4}
        ds = xr.Dataset({name: (dims, np.full([size[d] for d in dims], value)) for name, dims in geo2.DIMS.items()})
        return ds.assign(parent=("frame", [index // steps]))

    geo2.chain, geo2.refined_box, geo2.spectra = chain, refined_box, spectra
    return geo2.simulate(count, folder / "chunks", {"seed": 7}, jobs, seed=7)


if __name__ == "__main__":
    what, folder, count, jobs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    folder.mkdir(exist_ok=True)
    write({"runner": runner, "chains": chains}[what](folder, count, jobs), folder / "all.nc")
