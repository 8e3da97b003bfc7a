"""The networks of the chapters: trained with the chosen hyperparameters, and read from files the next time."""

import hashlib
import inspect
import json
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone

from nnca import networks, training
from nnca.book.hyperparameters import tuned
from nnca.methods import base, directions, eca, ednn, emulator, latent, network, nnca
from nnca.methods.eca import ECA
from nnca.methods.network import fit_together

NETWORKS = Path(__file__).resolve().parents[3] / "book" / "chapters" / ".networks"
LEARNING = (networks, training, base, network, emulator, ednn, nnca, eca, directions, latent)  # decide how a fit ends
ECA_SETS = {"ECA": "test", "ECA, training set": "train"}  # where its vectors are found; the paper takes the test set


def fit_networks(tasks, networks, seeds, **changes):
    """Chosen networks trained on the training data of tasks, on all cores.

    {target: Problem}, [(method, *n_components)], seeds -> {(target, method, *n_components): estimators, one a seed};
    `changes` override parameters.
    """
    jobs = [(target, *network) for target in tasks for network in networks]
    groups = Parallel(n_jobs=-1)(
        delayed(_train)(tuned(method, target, *k, **changes), *tasks[target].train, seeds)
        for target, method, *k in jobs
    )
    return dict(zip(jobs, groups, strict=True))


def fit_eca(tasks, fitted, sets=ECA_SETS):
    """ECA through the emulators of `fit_networks`, one and two vectors.  -> {(target, name, k): list of ECA}"""
    jobs = [(target, name) for name in sets for target in tasks]
    groups = Parallel(n_jobs=-1)(
        delayed(_analyse)(fitted[target, "Emulator"], *getattr(tasks[target], sets[name])) for target, name in jobs
    )
    both = {(*job, 2): two for job, two in zip(jobs, groups, strict=True)}
    return both | {(*job, 1): [one.first(1) for one in two] for job, two in zip(jobs, groups, strict=True)}


def _train(model, X, Y, seeds):
    models = [clone(model).set_params(random_state=seed) for seed in seeds]
    return fit_once(models, X, Y, NETWORKS, fit_together)


def _analyse(emulators, X, Y):
    models = [ECA(emulator, n_components=2, n_starts=2, random_state=0) for emulator in emulators]
    return fit_once(models, X, Y, NETWORKS, lambda models, X, Y: [model.fit(X, Y) for model in models])


def fit_once(models, X, Y, folder, fit):
    """Fitted models: read from `folder` where the same ones were fitted to the same data, else fitted and kept there.

    `fit(models, X, Y)` fits those that are missing, all together.  A file is found by what decides its contents:
    parameters, data, the emulator under an ECA, and the code of this module.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{_fingerprint(model, X, Y)}.safetensors" for model in models]
    known = [path.exists() for path in paths]
    if not all(known):
        fit([model for model, there in zip(models, known, strict=True) if not there], X, Y)
    for model, path, there in zip(models, paths, known, strict=True):
        if not there:
            model.save(path)
    return [type(model).load(path) for model, path in zip(models, paths, strict=True)]


def _fingerprint(model, X, Y):
    """What decides the outcome of a fit, as a short text."""
    parameters = dict(model.get_params(deep=False))
    emulator = parameters.pop("emulator", None)
    told = [type(model).__name__, repr(sorted(parameters.items()))]
    parts = ["\n".join(told).encode(), *(np.ascontiguousarray(A).tobytes() for A in (X, Y))]
    if emulator is not None:
        tensors, meta = emulator._to_tensors()
        parts += [
            json.dumps(meta, default=base._json).encode(),
            *(np.ascontiguousarray(value).tobytes() for value in tensors.values()),
        ]
    parts += [inspect.getsource(module).encode() for module in LEARNING]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]
