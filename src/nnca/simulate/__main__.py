"""Command line of the simulators: `python -m nnca.simulate h2o --snapshots 10000 --jobs 2`."""

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from nnca.data import DataError, write
from nnca.simulate import run


def main(arguments=None):
    options = _parse(arguments)
    try:
        print(f"{options.out}: {options.action(options)}")
    except ModuleNotFoundError as missing:
        sys.exit(f"error: this simulator needs {missing.name}, which is not installed: {options.install} installs it")
    except (run.RunError, DataError) as error:
        sys.exit(f"error: {error}")


def _simulate(options):
    settings, packages, simulate = options.system(options)
    plan = settings | {name: version(name) for name in packages} | {"seed": options.seed}
    ds = simulate(folder=options.folder, plan=plan, jobs=options.jobs)
    ds.attrs |= plan | {"date": datetime.now(UTC).date().isoformat()}
    write(ds, options.out)
    return f"{dict(ds.sizes)}, failed and replaced: {ds.attrs['failed']}"


def _validate(options):
    from nnca.simulate.validate import validate

    validate(options.data, options.folder, options.out, options.jobs)
    return f"{options.data} held against crystals, better settings and larger boxes"


def _water(options):
    from nnca.simulate import h2o

    return h2o.SETTINGS, ("nnca", "pyscf", "tblite", "ase"), partial(h2o.simulate, options.snapshots, seed=options.seed)


def _glasses(options):
    from nnca.simulate import geo2

    settings = geo2.SETTINGS | {"atoms": options.atoms}
    return settings, geo2.PACKAGES, partial(geo2.simulate, options.chains, seed=options.seed, atoms=options.atoms)


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m nnca.simulate", description=__doc__)
    systems = parser.add_subparsers(dest="command", required=True)
    water = systems.add_parser("h2o", help="water molecules: XPS, XES and XAS")
    water.add_argument("--snapshots", type=_positive, default=10_000)
    water.set_defaults(system=_water, install="make simulate-h2o")
    glasses = systems.add_parser("geo2", help="GeO2 glasses under pressure: Ge K-beta XES")
    glasses.add_argument("--chains", type=_positive, default=40, help="glasses, each compressed through 11 pressures")
    glasses.add_argument("--atoms", type=_atoms, default=96, help="in a box, a multiple of 3, 12 or more")
    glasses.set_defaults(system=_glasses, install="make simulate-geo2")
    checks = systems.add_parser("validate-geo2", help="crystals, other settings and larger boxes beside the glasses")
    checks.add_argument("--data", type=Path, default=Path("data/geo2.nc"))
    checks.set_defaults(action=_validate, install="make validate-geo2")
    for system, chunks, out in (
        (water, "h2o", "h2o.nc"),
        (glasses, "geo2", "geo2.nc"),
        (checks, "geo2_validation", "geo2_validation.json"),
    ):
        system.add_argument("--folder", type=Path, default=Path("data/chunks") / chunks, help="of the finished chunks")
        system.add_argument("--out", type=Path, default=Path("data") / out)
        system.add_argument("--jobs", type=_positive, default=2, help="processes, one thread each")
    for system in (water, glasses):
        system.add_argument("--seed", type=_seed, default=0)
        system.set_defaults(action=_simulate)
    return parser.parse_args(arguments)


def _atoms(text):
    if not text.isdigit() or int(text) % 3 or int(text) < 12:
        raise argparse.ArgumentTypeError(f"{text!r} is not a multiple of 3 (GeO2) of 12 or more")
    return int(text)


def _seed(text):
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _positive(text):
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


if __name__ == "__main__":
    main()
