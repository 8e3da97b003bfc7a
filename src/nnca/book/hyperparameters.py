"""The hyperparameters that the book trains with: found by `nnca.selection.search`, kept in JSON with their provenance.

`make select` repeats all searches that the book rests on, `make select S='EDNN xes 1'` one of them.
"""

import argparse
import json
import shlex
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from sklearn.base import clone

from nnca import EDNN, NNCA, Emulator
from nnca.cluster import ClusterError, cluster
from nnca.data import load_geo2, load_h2o
from nnca.files import replaced
from nnca.problem import TARGETS, WATER, glass_problem, water_problem
from nnca.resumable import ResumeError
from nnca.selection import RUNGS, search
from nnca.spaces import Layers, spaces

FOUND = Path(__file__).with_name("searches")
CHUNKS = Path("data/chunks/searches")
BIJECTIVE = EDNN(activation="leaky_relu", latent_activation="leaky_relu", reduce_targets=False)
METHODS = {"Emulator": Emulator(), "EDNN": EDNN(), "NNCA": NNCA(), "EDNN inverse": BIJECTIVE}
DRAWN, TRIED_WHOLE = 60, 600  # drawn from a space; spaces of no more combinations than the latter are tried whole
CHANNELS = spaces["EDNN inverse", "h2o"]["decoder"].widths[0]  # its decoder is as wide as the paper's spectra
# What our searches change in the paper's spaces.  Its learning rates are those of scikit-learn's constant schedule,
# ours the peak of one cycle.  On our GeO2, emulator and EDNN want penalties between, or beyond, those of its tables.
RATES = (5e-3, 1e-2, 2e-2)
OURS = {
    ("EDNN", "geo2"): {"alpha": (*spaces["EDNN", "geo2"]["alpha"], 1.0, 10.0)},
    ("Emulator", "geo2"): {
        "alpha": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0),
        "activation": ("relu", "tanh"),
        "hidden": Layers((1, 2, 3), (64, 128)),
    },
}
# Starts of a network that will be used, where its latent variables can settle in the wrong place; a search starts once.
STARTS = {("NNCA", "h2o"): 2, ("NNCA", "geo2"): 2, ("EDNN", "geo2"): 3}
SEARCHES = [("Emulator", target, None) for target in TARGETS]
SEARCHES += [(method, target, k) for method in ("EDNN", "NNCA") for target in TARGETS for k in (1, 2)]
SEARCHES += [("EDNN inverse", target, 1) for target in TARGETS]


def tuned(method, target, n_components=None, **changes):
    """An unfitted estimator with the hyperparameters that the search chose.  "EDNN", "xes", 1 -> EDNN

    `method` is "Emulator", "EDNN", "NNCA" or "EDNN inverse" (bijective activations, Section III A), `target` "xps",
    "xes", "xas" or "moments"; `changes` override parameters.  Raises ValueError where no search has been done.
    """
    found = read_search(method, target, n_components)["chosen"]
    found = {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
    starts = {"n_starts": STARTS.get((method, _system(target)), 1)}
    return _plain(method, n_components).set_params(**found | starts | changes)


def search_space(method, target):
    """The space of our searches: the paper's, with what they change.  "EDNN", "xes" -> {parameter: choices}"""
    system = _system(target)
    return spaces[method, system] | {"learning_rate": RATES} | OURS.get((method, system), {})


def read_search(method, target, n_components=None):
    """All that is kept of a search: chosen parameters, score, provenance and the table of its candidates.  -> dict"""
    path = _path(method, target, n_components)
    if not path.exists():
        raise ValueError(f"no search of {path.stem} is kept; {sorted(p.stem for p in FOUND.glob('*.json'))} are")
    return json.loads(path.read_text())


def select(method, target, n_components=None, candidates=None, jobs=1, random_state=0):
    """Search one space on the training data of a target and keep what it found; goes on where it was interrupted.

    `candidates` are drawn at random, by default DRAWN, or all there are in a space of no more than TRIED_WHOLE.
    """
    options = {"channels": CHANNELS} if method == "EDNN inverse" else {}
    task = water_problem(load_h2o(), target, **options) if target in WATER else glass_problem(load_geo2())
    path = _path(method, target, n_components)
    how = {"random_state": random_state, "n_jobs": jobs, "resume": CHUNKS / path.stem, "progress": path.stem}
    space = search_space(method, target)
    combinations = int(np.prod([len(choices) for choices in space.values()]))
    drawn = candidates or (None if combinations <= TRIED_WHOLE else DRAWN)
    result = search(_plain(method, n_components), space, *task.train, n_candidates=drawn, **how)
    table = {name: np.asarray(column).tolist() for name, column in result.cv_results_.items() if name != "params"}
    table["params"] = result.cv_results_["params"]
    record = {
        "command": _command(method, target, n_components, candidates=candidates),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {name: version(name) for name in ("nnca", "torch")},
        "training_rows": len(task.train_rows),
        "rungs": RUNGS,
        "combinations_in_the_space": combinations,
        "chosen": result.best_params_,
        "score": result.best_score_,
        "table": table,
    }
    with replaced(path) as part:
        part.write_text(json.dumps(record, indent=1) + "\n")
    return record


def _plain(method, n_components):
    model = clone(METHODS[method])
    return model if n_components is None else model.set_params(n_components=n_components)


def _system(target):
    return "h2o" if target in WATER else "geo2"


def _words(method, target, n_components):
    return [method, target] + ([] if n_components is None else [str(n_components)])


def _path(*asked):
    return FOUND / f"{'-'.join(_words(*asked)).replace(' ', '_')}.json"


def _command(*asked, candidates):
    budget = [] if candidates is None else ["--candidates", str(candidates)]
    return f"make select S={shlex.quote(shlex.join([*_words(*asked), *budget]))}"


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="python -m nnca.book.hyperparameters", description="Repeat the searches of the book."
    )
    parser.add_argument("method", nargs="?", choices=METHODS, help="default: every search of the book")
    parser.add_argument("target", nargs="?", choices=TARGETS)
    parser.add_argument("n_components", nargs="?", type=int)
    parser.add_argument("--candidates", type=int, help=f"drawn at random; default: {DRAWN}, all of up to {TRIED_WHOLE}")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(arguments)
    asked = (options.method, options.target, options.n_components)
    if options.method and asked not in SEARCHES:
        parser.error(f"no such search; there are {', '.join(shlex.join(_words(*one)) for one in SEARCHES)}")
    try:
        with cluster():
            for one in [asked] if options.method else SEARCHES:
                record = select(*one, candidates=options.candidates, jobs=options.jobs)
                print(f"{record['command']}: R2 {record['score']:.4f} with {record['chosen']}", file=sys.stderr)
    except (ClusterError, ResumeError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
