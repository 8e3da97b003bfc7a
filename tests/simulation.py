"""A quick stand-in for a simulator, which the tests run as a process: python simulation.py FOLDER COUNT JOBS."""

import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from nnca.data import write
from nnca.simulate.run import compute


def chunk(index, log):
    """A seeded chunk that takes a moment and leaves a line for every time it was computed to the end."""
    time.sleep(0.05)
    ds = xr.Dataset({"value": ("row", np.random.default_rng([7, index]).normal(size=2000))})
    with open(log, "a") as lines:
        lines.write(f"{index}\n")
    return ds


if __name__ == "__main__":
    folder, count, jobs = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    folder.mkdir(exist_ok=True)
    from simulation import chunk as task  # by its module's name, so that worker processes find it

    parts = compute(partial(task, log=folder / "log"), range(count), folder / "chunks", {"seed": 7}, jobs)
    write(xr.concat(parts.values(), "row"), folder / "all.nc")
