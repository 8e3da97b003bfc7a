"""Water: thermal snapshots and their O K-edge sticks (XPS, XES, XAS) from first principles.

Structures come from Langevin dynamics on GFN2-xTB, spectra from B3LYP/def2-TZVPD; the chapter on data
explains each choice.
"""

import numpy as np

from nnca.simulate import snapshots as shared
from nnca.simulate import water_sampling, water_sticks
from nnca.simulate.snapshots import SNAPSHOTS_PER_TRAJECTORY
from nnca.simulate.water_sampling import sample_geometries
from nnca.simulate.water_sticks import ALIGNMENT, sticks

SETTINGS = water_sampling.SETTINGS | water_sticks.SETTINGS
DIMS = {"oh_length": ("snapshot", "bond"), "hoh_angle": ("snapshot",), **shared.DIMS}
LABELS = {
    "oh_length": ("angstrom", "O-H bond lengths"),
    "hoh_angle": ("degree", "H-O-H angle"),
    "xps_energy": ("eV", "O 1s ionisation energy, difference of self-consistent energies"),
    **shared.LABELS,
}


def simulate(snapshots, folder, plan, jobs=1, seed=0):
    """The first `snapshots` snapshots with their sticks; chunks of whole trajectories lie in `folder`.  -> Dataset"""
    parts = shared.compute(trajectory, snapshots, folder, plan, jobs, seed, "trajectories of water")
    return assemble(parts, snapshots)


def trajectory(index, seed, snapshots=SNAPSHOTS_PER_TRAJECTORY):
    """Snapshots of one independent trajectory with their sticks; failed ones are replaced and recorded."""

    def row(geometry):
        return {"oh_length": geometry[:2], "hoh_angle": geometry[2], **sticks(*geometry)}

    return shared.collect(sample_geometries(np.random.default_rng([seed, index])), row, DIMS, index, snapshots)


def assemble(trajectories, snapshots):
    """One Dataset of the first `snapshots` snapshots of the trajectories, with units and counted failures."""
    title = "Water: thermal snapshots and O K-edge sticks"
    return shared.join(trajectories, snapshots, title, LABELS, ALIGNMENT)
