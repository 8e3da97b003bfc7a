"""The networks of the chapters: trained with the chosen hyperparameters, and read from files the next time."""

from pathlib import Path

from joblib import Parallel, delayed
from sklearn.base import clone

from nnca.chosen import chosen
from nnca.eca import ECA
from nnca.estimators import fit_together
from nnca.storage import fit_once

NETWORKS = Path(__file__).resolve().parents[2] / "book" / "chapters" / ".networks"
ECA_SETS = {"ECA": "test", "ECA, training set": "train"}  # where its vectors are found; the paper takes the test set


def trained(tasks, networks, seeds, **changes):
    """Chosen networks trained on the training data of tasks, on all cores.

    {target: Task}, [(method, *n_components)], seeds -> {(target, method, *n_components): estimators, one a seed};
    `changes` override parameters.
    """
    jobs = [(target, *network) for target in tasks for network in networks]
    groups = Parallel(n_jobs=-1)(
        delayed(_train)(chosen(method, target, *k, **changes), *tasks[target].train, seeds)
        for target, method, *k in jobs
    )
    return dict(zip(jobs, groups, strict=True))


def analysed(tasks, fitted, sets=ECA_SETS):
    """ECA through the emulators of `trained`, one and two vectors.  -> {(target, name, n_components): list of ECA}"""
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
