"""The networks of the chapters: trained with the hyperparameters that a search found, read from files the next time.

Fitted estimators are {(target, method, ...): list, one a seed}: ("xes", "Emulator"), ("xes", "EDNN", k), and
("xes", "ECA", k, vectors_from), where vectors_from is "test", as in the paper, or "train".
"""

import hashlib
import inspect
import json
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from tqdm import tqdm

from nnca import networks, training
from nnca.book.hyperparameters import tuned
from nnca.data import DATA
from nnca.methods import base, directions, eca, ednn, emulator, frozen, latent, network, nnca
from nnca.methods.eca import ECA
from nnca.methods.network import fit_together

LEARNING = (networks, training, base, network, emulator, ednn, nnca, eca, frozen, directions, latent)
BOOK = DATA.parent / "book"  # of a checkout; a module installed elsewhere keeps its networks in the user's cache
NETWORKS = BOOK / "chapters" / ".networks" if BOOK.is_dir() else Path.home() / ".cache" / "nnca"


def fit_networks(problems, networks, seeds, **changes):
    """Tuned networks trained on the training data of problems, on all cores.

    {target: Problem}, [(method, *n_components)], seeds -> {(target, method, *n_components): estimators};
    `changes` override parameters.
    """
    keys = [(target, *network) for target in problems for network in networks]
    jobs = (
        delayed(_train)(tuned(method, target, *k, **changes), *problems[target].train, seeds)
        for target, method, *k in keys
    )
    return dict(zip(keys, _on_all_cores(jobs, len(keys), "networks"), strict=True))


def fit_eca(problems, fitted, vectors_from=("test", "train")):
    """ECA through the emulators of `fit_networks`, one and two vectors.  -> {(target, "ECA", k, set): estimators}"""
    keys = [(target, source) for source in vectors_from for target in problems]
    jobs = (
        delayed(_analyse)(fitted[target, "Emulator"], *getattr(problems[target], source)) for target, source in keys
    )
    found = {}
    for (target, source), models in zip(keys, _on_all_cores(jobs, len(keys), "ECA"), strict=True):
        found[target, "ECA", 2, source] = models
        found[target, "ECA", 1, source] = [one.first(1) for one in models]
    return found


def _on_all_cores(jobs, count, label):
    """Results of joblib's jobs in order, with a bar in terminals and live sessions."""
    return list(tqdm(Parallel(n_jobs=-1, return_as="generator")(jobs), total=count, desc=label, leave=False))


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
