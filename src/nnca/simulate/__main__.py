"""Command line of the simulators: `python -m nnca.simulate h2o --snapshots 10000 --jobs 2`."""

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from nnca.data import write


def main(arguments=None):
    options = _parse(arguments)
    try:
        from nnca.simulate import h2o, run
    except ModuleNotFoundError as missing:
        sys.exit(f"the simulators need {missing.name}, which is not installed: pip install -e '.[simulate]'")
    packages = {name: version(name) for name in ("nnca", "pyscf", "tblite", "ase")}
    plan = h2o.SETTINGS | packages | {"seed": options.seed}
    trajectories = -(-options.snapshots // h2o.SNAPSHOTS_PER_TRAJECTORY)
    task = partial(h2o.trajectory, seed=options.seed)
    try:
        chunks = run.compute(task, trajectories, options.folder, plan, options.jobs, "trajectories of water")
    except run.RunError as error:
        sys.exit(f"error: {error}")
    ds = h2o.assemble(chunks, options.snapshots)
    ds.attrs |= plan | {"date": datetime.now(UTC).date().isoformat()}
    write(ds, options.out)
    print(f"{options.out}: {ds.sizes['snapshot']} snapshots, {ds.attrs['failed_snapshots']} failed and replaced")


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m nnca.simulate", description=__doc__)
    systems = parser.add_subparsers(dest="system", required=True)
    water = systems.add_parser("h2o", help="water molecules: XPS, XES and XAS")
    water.add_argument("--snapshots", type=_positive, default=10_000)
    water.add_argument("--folder", type=Path, default=Path("data/chunks/h2o"))
    water.add_argument("--out", type=Path, default=Path("data/h2o.nc"))
    water.add_argument("--jobs", type=_positive, default=2)
    water.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def _positive(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


if __name__ == "__main__":
    main()
