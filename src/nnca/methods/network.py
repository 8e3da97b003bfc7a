"""Methods that are networks: their parameters, and their training, several at once."""

import inspect
import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from nnca.methods.base import Latent, Method, check_components, evaluate, is_count, latent_range, warn_of_score
from nnca.metrics import covered_variance
from nnca.networks import ACTIVATIONS
from nnca.training import Run, train

MAX_RESTARTS = 10
FEW_STEPS, GOOD_STEPS = 200, 1000  # of the optimiser: with fewer a fit warns, so many it recommends
FEW_ROWS = 500  # of so few every one is worth more in training than for the choice of an epoch

TRAINING = """
Parameters of the training, by name only:
activation : relu, leaky_relu, tanh or identity, behind every hidden layer
alpha : strength of the L2 penalty, as scikit-learn defines it
learning_rate : the highest of the one-cycle schedule
epochs, batch_size, patience : length of the training, rows in a step, epochs without improvement before it ends
validation_fraction : part of the training data on which the best epoch is chosen; 0 keeps the last epoch
reduce_targets : train on the targets' principal components: the same predictions, faster, but the last weight matrix
    has their rank only; False where the weights themselves are the question
n_starts : networks begun from different weights; the one with the lowest error on the held-out part is kept
random_state : seed; the same one gives the same network
device : where torch trains, "cpu" or "cuda"

Attributes after `fit`:
module_ : the network as a `torch.nn.Module` from standardised X to standardised Y
history_ : squared error on the held-out part after each epoch, (epochs,)
n_restarts_ : how often a dead bottleneck was begun anew
"""


@dataclass(eq=False, repr=False, kw_only=True)
class Network(Method):
    """A method that is a network: `_network(inputs, outputs)` makes it, `nnca.training` trains it."""

    activation: str = "relu"
    alpha: float = 1e-6
    learning_rate: float = 1e-2
    epochs: int = 100
    batch_size: int = 200
    patience: int | None = None
    validation_fraction: float = 0.1
    reduce_targets: bool = True
    n_starts: int = 1
    random_state: int | None = None
    device: str = "cpu"

    def __init_subclass__(cls):
        cls.__doc__ = f"{inspect.cleandoc(cls.__doc__)}\n{TRAINING}"

    def fit(self, X, Y):
        """Train on X (n, inputs) and Y (n, outputs).  -> self"""
        return fit_together([self], X, Y)[0]

    def predict(self, X):
        """(n, inputs) -> (n, outputs)"""
        X = self._checked(X)
        return self._shaped(evaluate(self.module_, X))

    def architecture(self, inputs, outputs):
        """The untrained network's layers in words; estimators with the same words can be trained together.  -> str"""
        with torch.device("meta"):
            return repr(self._network(inputs, outputs))

    def _check_parameters(self, inputs):
        """Raise ValueError for a parameter that cannot be, before any training."""
        check_activation(self, "activation")
        for name in ("epochs", "batch_size", "patience", "n_starts"):
            if not (is_count(getattr(self, name)) or (name == "patience" and self.patience is None)):
                raise ValueError(f"{name} must be a whole number of 1 or more; got {getattr(self, name)!r}")
        if not 0 <= self.validation_fraction < 1:
            raise ValueError(f"validation_fraction must be in [0, 1); got {self.validation_fraction!r}")
        for name in ("alpha", "learning_rate"):
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ValueError(f"{name} must be finite and not negative; got {getattr(self, name)!r}")
        if self.n_starts > 1 and self.validation_fraction == 0:
            raise ValueError(f"n_starts {self.n_starts} needs a validation_fraction above 0, to judge the starts on")

    def _alive(self, X):
        """Whether the trained network is worth keeping."""
        return True

    def _to_tensors(self):
        tensors, meta = super()._to_tensors()
        weights = {f"module_.{name}": value.numpy() for name, value in self.module_.state_dict().items()}
        meta["fitted"]["n_restarts_"] = self.n_restarts_
        return tensors | weights | {"history_": self.history_}, meta

    @classmethod
    def _from_tensors(cls, tensors, meta):
        estimator = super()._from_tensors(tensors, meta)
        estimator.history_ = tensors["history_"]
        with torch.device("meta"):
            estimator.module_ = estimator._network(estimator.n_features_in_, estimator.n_outputs_)
        estimator.module_.to_empty(device="cpu").requires_grad_(False)
        named = [(name.removeprefix("module_."), value) for name, value in tensors.items() if "module_." in name]
        estimator.module_.load_state_dict({name: torch.as_tensor(value) for name, value in named})
        return estimator


@dataclass(eq=False, repr=False)
class Bottleneck(Latent, Network):
    """A network with a bottleneck of `n_components` neurons: `module_` is an `nnca.networks.EncoderDecoder`."""

    n_components: int = 1
    decoder: tuple = (64, 64)

    def transform(self, X):
        """Latent variables t, the activations of the bottleneck.  (n, inputs) -> (n, n_components)"""
        X = self._checked(X)
        return evaluate(self.module_.encoder, X)

    def _decoder(self):
        return self.module_.decoder

    def _check_parameters(self, inputs):
        super()._check_parameters(inputs)
        check_widths(self, "decoder")
        check_components(self.n_components, inputs)

    def _alive(self, X):
        """Every latent variable must vary over the data; one that never does tells the decoder nothing."""
        T = evaluate(self.module_.encoder, X)
        self.latent_range_ = latent_range(T)
        return bool((T.std(axis=0) > 1e-6).all())


def fit_seeds(estimator, X, Y, seeds):
    """The estimator fitted once for every seed, side by side.  -> list of estimators"""
    return fit_together([clone(estimator).set_params(random_state=seed) for seed in seeds], X, Y)


def fit_together(estimators, X, Y, rows=None):
    """Fit estimators of one architecture side by side on the same data, e.g. several seeds.  -> the estimators

    Faster than one after another, and each gets what it would get alone up to rounding.  `rows`, one array of row
    numbers for each estimator and all of one length, lets each see its own part of the data, e.g. a fold.
    """
    for estimator in estimators:
        checked_X, checked_Y = estimator._checked_pair(X, Y)
        estimator._check_parameters(checked_X.shape[1])
        estimator.n_restarts_ = 0
    _check_varies(checked_X)
    estimators[0]._warn_of_scale(checked_X, checked_Y)
    whole = rows is None  # a search's folds are short on purpose
    rows = [np.arange(len(checked_X))] * len(estimators) if whole else rows
    draws = [check_random_state(estimator.random_state) for estimator in estimators]
    waiting = list(range(len(estimators)))
    while waiting:
        _train([(estimators[i], draws[i], rows[i]) for i in waiting], checked_X, checked_Y)
        waiting = [i for i in waiting if not estimators[i]._alive(checked_X[rows[i]])]
        for i in list(waiting):
            if estimators[i].n_restarts_ == MAX_RESTARTS:
                warnings.warn(f"bottleneck still dead after {MAX_RESTARTS} restarts", ConvergenceWarning, stacklevel=2)
                waiting.remove(i)
            else:
                estimators[i].n_restarts_ += 1
    for estimator in estimators if whole else ():
        _warn_of_training(estimator, checked_X, checked_Y)
    return estimators


def _warn_of_training(estimator, X, Y):
    """Warn of a training of few steps, and of one that taught nothing; not where the learning rate is 0."""
    if not estimator.learning_rate:
        return
    steps = estimator.epochs * -(-(len(X) - _held_out(estimator, len(X))) // estimator.batch_size)
    if steps < FEW_STEPS:
        size = min(estimator.batch_size, max(8, len(X) // 4))
        text = f"{steps} steps of training are few: set batch_size={size}, epochs={-(-GOOD_STEPS * size // len(X))}"
        few = ", validation_fraction=0" if len(X) <= FEW_ROWS and estimator.n_starts == 1 else ""
        warnings.warn(text + few, ConvergenceWarning, stacklevel=3)
    if np.ptp(Y, axis=0).any() and np.isfinite(found := evaluate(estimator.module_, X)).all():
        warn_of_score(covered_variance(Y, found))


def _held_out(estimator, n):
    """How many of n rows the best epoch is chosen on."""
    return round(estimator.validation_fraction * n) if n >= 20 else 0


def _train(crew, X, Y):
    """One training of (estimator, generator, rows) of one architecture; sets what `fit` leaves behind."""
    first, runs, widths = crew[0][0], [], (X.shape[1], Y.shape[1])
    shared = ("epochs", "batch_size", "patience", "device", "validation_fraction", "reduce_targets", "n_starts")
    for estimator, rng, rows in crew:
        same = all(getattr(estimator, name) == getattr(first, name) for name in shared)
        if not same or estimator.architecture(*widths) != first.architecture(*widths):
            raise ValueError(f"estimators fitted together must share their architecture and {', '.join(shared)}")
        seeds, order = [rng.randint(2**31 - 1)], rng.permutation(rows)
        seeds += [rng.randint(2**31 - 1) for _ in range(first.n_starts - 1)]
        held_out = _held_out(first, len(rows))
        parts = estimator.learning_rate, estimator.alpha, order[held_out:], order[:held_out]
        runs += [Run(int(seed), *parts) for seed in seeds]
    lengths = (first.epochs, first.batch_size, first.patience)
    build = partial(first._network, X.shape[1])
    modules, history = train(build, X, Y, runs, *lengths, first.device, reduce=first.reduce_targets)
    lowest = np.nan_to_num(history, nan=np.inf).min(axis=0).reshape(len(crew), first.n_starts)
    for number, (estimator, *_) in enumerate(crew):
        best = number * first.n_starts + lowest[number].argmin()
        estimator.module_, estimator.history_ = modules[best], history[:, best]
        if not all(weight.isfinite().all() for weight in estimator.module_.parameters()):
            text = f"training diverged: learning_rate {estimator.learning_rate:g} is too high"
            warnings.warn(text, ConvergenceWarning, stacklevel=4)


def check_activation(estimator, name):
    if (value := getattr(estimator, name)) not in ACTIVATIONS:
        raise ValueError(f"{name} must be one of {', '.join(ACTIVATIONS)}; got {value!r}")


def check_widths(estimator, name):
    widths = getattr(estimator, name)
    if not (isinstance(widths, (tuple, list)) and all(is_count(width) for width in widths)):
        raise ValueError(f"{name} must be a tuple of widths of 1 or more; got {widths!r}")


def _check_varies(X):
    constant = np.flatnonzero(np.ptp(X, axis=0) == 0)
    if len(constant):
        raise ValueError(f"feature {constant[0]} of X is constant; leave it out")
