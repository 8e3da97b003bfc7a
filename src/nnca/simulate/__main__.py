"""Command line of the simulators: `python -m nnca.simulate h2o --snapshots 10000 --jobs 2`."""

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from nnca import resumable
from nnca.cluster import ClusterError, cluster
from nnca.data import DataError, write


def main(arguments=None):
    options = _parse(arguments)
    try:
        print(f"{options.out}: {options.action(options)}")
    except ModuleNotFoundError as missing:
        sys.exit(f"error: this simulator needs {missing.name}, which is not installed: {options.install} installs it")
    except (resumable.ResumeError, ClusterError, DataError) as error:
        sys.exit(f"error: {error}")


def _simulate(options):
    settings, packages, simulate = options.system(options)
    plan = settings | {name: version(name) for name in packages} | {"seed": options.seed}
    folder = options.folder.resolve()  # the workers of a cluster start in other places
    with cluster(packages, folder if options.steps else None):
        ds = simulate(folder=folder, plan=plan, jobs=options.jobs)
    ds.attrs |= plan | {"date": datetime.now(UTC).date().isoformat()}
    write(ds, options.out)
    if options.command == "nh3":
        import_module("nnca.simulate.nh3").write_folder(ds, options.out.with_suffix(""))
    return f"{dict(ds.sizes)}, failed and replaced: {ds.attrs['failed']}"


def _validate(options):
    from nnca.simulate import geo2
    from nnca.simulate.validate import validate

    folder = options.folder.resolve()
    with cluster(geo2.settings_of()[1], folder):
        validate(options.data.resolve(), folder, options.out, options.jobs)
    return f"{options.data} held against crystals, better settings and larger boxes"


def _molecule(options):
    system = import_module(f"nnca.simulate.{options.command}")
    simulate = partial(system.simulate, options.snapshots, seed=options.seed)
    return system.SETTINGS, ("nnca", "pyscf", "tblite", "ase"), simulate


def _glasses(options):
    from nnca.simulate import geo2

    settings, packages = geo2.settings_of(options.path)
    settings |= {"atoms": options.atoms}
    simulate = partial(geo2.simulate, options.chains, seed=options.seed, atoms=options.atoms, path=options.path)
    return settings, packages, simulate


def _parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m nnca.simulate", description=__doc__)
    parser.set_defaults(path="compressed")
    systems = parser.add_subparsers(dest="command", required=True)
    water = _command(systems, "h2o", "water molecules: XPS, XES and XAS", "h2o.nc", "simulate-h2o")
    ammonia = _command(systems, "nh3", "ammonia molecules: XPS, XES and XAS", "nh3.nc", "simulate-nh3")
    for molecule, snapshots in ((water, 10_000), (ammonia, 2_000)):
        molecule.add_argument("--snapshots", type=_positive, default=snapshots)
        molecule.set_defaults(system=_molecule, steps=False)
    glasses = _command(systems, "geo2", "GeO2 glasses under pressure: Ge K-beta XES", "geo2.nc", "simulate-geo2")
    glasses.add_argument("--chains", type=_positive, default=40, help="glasses, each at 11 pressures")
    glasses.add_argument("--atoms", type=_atoms, default=96, help="in a box, a multiple of 3, 12 or more")
    how = "cold compression, or each box annealed at its pressure as this project's first ones, which crystallised"
    glasses.add_argument("--path", choices=("compressed", "annealed"), default="compressed", help=how)
    glasses.set_defaults(system=_glasses, steps=True)  # a step reads what the last one wrote
    for system in (water, ammonia, glasses):
        system.add_argument("--seed", type=_seed, default=0)
        system.set_defaults(action=_simulate)
    what = "crystals, other settings and larger boxes beside the glasses"
    checks = _command(systems, "validate-geo2", what, "geo2_validation.json", "validate-geo2")
    checks.add_argument("--data", type=Path, default=Path("data/geo2.nc"))
    checks.set_defaults(action=_validate)

    options = parser.parse_args(arguments)
    name = Path(options.result).stem + ("" if options.path == "compressed" else f"_{options.path}")
    options.folder = options.folder or Path("data/chunks") / name
    options.out = options.out or Path("data") / (name + Path(options.result).suffix)
    return options


def _command(systems, name, what, result, install):
    """A command with the options that all have; `make install` installs what it needs to make `result`."""
    command = systems.add_parser(name, help=what)
    command.add_argument(
        "--folder", type=Path, help=f"of the finished chunks (default: data/chunks/{Path(result).stem})"
    )
    command.add_argument("--out", type=Path, help=f"the file (default: data/{result})")
    command.add_argument("--jobs", type=_positive, default=2, help="processes of one thread; on a cluster its workers")
    command.set_defaults(result=result, install=f"make {install}")
    return command


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
