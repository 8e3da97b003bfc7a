"""The networks of the paper as scikit-learn estimators on standardised arrays: Emulator, EDNN, NNCA.

All of them `fit(X, Y)`, `predict(X)` and `score(X, Y)` with the covered variance of Eq. (1); those with latent
variables also `transform(X) -> T` and `decode(T) -> Y`, and where the encoder is linear `inverse_transform(T) -> X`.
"""

import copy
import warnings
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from nnca.latent import fit_latent
from nnca.metrics import covered_variance
from nnca.networks import ACTIVATIONS, Architecture, Run, sequential, train
from nnca.storage import Stored

MAX_RESTARTS = 10


class Method(Stored, RegressorMixin, BaseEstimator):
    """What all methods share: the score, and outputs in the shape of the targets they were fitted on."""

    def score(self, X, Y):
        """Covered variance of the prediction, Eq. (1).  (n, inputs), (n, outputs) -> float"""
        return covered_variance(Y, self.predict(X))

    def _checked(self, X):
        """X as finite numbers of the width that was fitted."""
        check_is_fitted(self)
        return validate_data(self, X, reset=False, dtype=float)

    def _checked_pair(self, X, Y):
        """X (n, inputs) and Y (n, outputs) as finite numbers; their widths are remembered."""
        X, Y = validate_data(self, X, Y, dtype=float, multi_output=True, y_numeric=True, ensure_min_samples=2)
        self.single_output_ = Y.ndim == 1
        return X, Y.reshape(len(Y), -1).astype(float)

    def _shaped(self, Y):
        return Y[:, 0] if self.single_output_ else Y

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # defaults are made for thousands of rows
        return tags


@dataclass(eq=False, repr=False)
class PolynomialEmulator(Method):
    """Least-squares polynomial of all features up to `degree`, the emulator behind Fig. 3 d-f of the paper.

    `random_state` is there because every method here has one; least squares draws nothing.
    """

    degree: int = 4
    random_state: int | None = None

    def fit(self, X, Y):
        X, Y = self._checked_pair(X, Y)
        self.model_ = make_pipeline(PolynomialFeatures(self.degree), LinearRegression()).fit(X, Y)
        return self

    def predict(self, X):
        X = self._checked(X)
        return self._shaped(self.model_.predict(X))

    def _to_tensors(self):
        tensors, meta = super()._to_tensors()
        linear = self.model_[-1]
        return tensors | {"coef": linear.coef_, "intercept": linear.intercept_}, meta

    @classmethod
    def _from_tensors(cls, tensors, meta):
        estimator = super()._from_tensors(tensors, meta)
        none = np.zeros((2, estimator.n_features_in_))  # fitting on it sets the widths
        estimator.model_ = make_pipeline(PolynomialFeatures(estimator.degree), LinearRegression()).fit(none, none)
        estimator.model_[-1].coef_, estimator.model_[-1].intercept_ = tensors["coef"], tensors["intercept"]
        return estimator


@dataclass(eq=False, repr=False, kw_only=True)
class _Network(Method):
    """A network trained by `nnca.networks`.

    activation : relu, leaky_relu, tanh or identity
    alpha : strength of the L2 penalty, as scikit-learn defines it
    learning_rate : the highest of the one-cycle schedule
    epochs, batch_size, patience : length of the training, rows in a step, epochs without improvement before it ends
    validation_fraction : part of the training data on which the best epoch is chosen; 0 keeps the last epoch
    reduce_targets : train on the targets' principal components: the same predictions, faster, but the last weight
        matrix has their rank only; False where the weights themselves are the question
    n_starts : networks begun from different weights; the one with the lowest error on the held-out part is kept
    random_state : seed; the same one gives the same network
    device : where torch trains, "cpu" or "cuda"

    After `fit`, `module_` is the network as a `torch.nn.Sequential` from standardised X to standardised Y, `history_`
    (epochs,) the squared error on the held-out part, `n_restarts_` how often a dead bottleneck was begun anew.
    """

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

    def fit(self, X, Y):
        """Train on X (n, inputs) and Y (n, outputs).  -> self"""
        return fit_together([self], X, Y)[0]

    def predict(self, X):
        """(n, inputs) -> (n, outputs)"""
        X = self._checked(X)
        return self._shaped(evaluate(self.module_, X))

    def _alive(self, X):
        """Whether the trained network is worth keeping."""
        return True

    def _to_tensors(self):
        tensors, meta = super()._to_tensors()
        weights = {f"module_.{name}": value.numpy() for name, value in self.module_.state_dict().items()}
        return tensors | weights | {"history_": self.history_}, meta | {"n_restarts_": self.n_restarts_}

    @classmethod
    def _from_tensors(cls, tensors, meta):
        estimator = super()._from_tensors(tensors, meta)
        estimator.history_, estimator.n_restarts_ = tensors["history_"], meta["n_restarts_"]
        named = [(name.removeprefix("module_."), value) for name, value in tensors.items() if "module_." in name]
        weights = {name: torch.as_tensor(value) for name, value in named}
        last = max(weights, key=lambda name: int(name.split(".")[0]))
        estimator.module_ = sequential(estimator._architecture(estimator.n_features_in_, len(weights[last])))
        estimator.module_.load_state_dict(weights)
        return estimator

    def _check_parameters(self, inputs):
        """Raise ValueError for a parameter that cannot be, before any training."""
        for name in ("activation", "latent_activation"):
            if getattr(self, name, "relu") not in ACTIVATIONS:
                raise ValueError(f"{name} must be one of {', '.join(ACTIVATIONS)}; got {getattr(self, name)!r}")
        for name in ("hidden", "encoder", "decoder"):
            widths = getattr(self, name, ())
            if not (isinstance(widths, (tuple, list)) and all(is_count(width) for width in widths)):
                raise ValueError(f"{name} must be a tuple of widths of 1 or more; got {widths!r}")
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
        check_components(getattr(self, "n_components", 1), inputs)


@dataclass(eq=False, repr=False)
class Emulator(_Network):
    """A multilayer perceptron from structure to spectrum, without a bottleneck: S_emu of the paper.

    `hidden` are the widths of its hidden layers; the other parameters are those of every network here.
    """

    hidden: tuple = (64, 64)

    def _architecture(self, inputs, outputs):
        return Architecture((inputs, *self.hidden, outputs), self.activation)


class Latent(TransformerMixin):
    """What methods with latent variables share; they have a `_decoder()` and the `latent_range_` of training (2, k)."""

    def decode(self, T):
        """The decoder alone.  (n, n_components) -> (n, outputs)"""
        check_is_fitted(self)
        return self._shaped(evaluate(self._decoder(), checked_latent(self, T)))

    def fit_latent(self, Y, return_fit=False):
        """Latent variables whose decoded outputs are nearest to Y in least squares.  (n, outputs) -> (n, n_components)

        The global minimum of each row (from three latent variables on, the grid behind it is coarse, and a narrow
        minimum may be missed); with `return_fit` an `nnca.latent.LatentFit`, which also holds what is left of
        each row and the number of minima that were met.  An EDNN's encoder need not be able to give the T found.
        Raises ValueError when Y has another width or is not finite, and for more than six latent variables.
        """
        check_is_fitted(self)
        decoder = self._decoder()
        Y = check_array(Y, dtype=float, ensure_2d=not self.single_output_).reshape(len(Y), -1)
        if Y.shape[1] != decoder[-1].out_features:
            raise ValueError(f"Y must be (n, {decoder[-1].out_features}); got {Y.shape}")
        found = fit_latent(decoder, Y, *self.latent_range_)
        return found if return_fit else found.T


@dataclass(eq=False, repr=False)
class _Bottleneck(Latent, _Network):
    """A network that is cut in two at its latent layer of `n_components` neurons."""

    n_components: int = 1
    decoder: tuple = (64, 64)

    def transform(self, X):
        """Latent variables t, the activations of the bottleneck.  (n, inputs) -> (n, n_components)"""
        X = self._checked(X)
        return evaluate(self._cut()[0], X)

    def _decoder(self):
        return self._cut()[1]

    def _cut(self):
        """Encoder and decoder as modules that share the weights of `module_`."""
        starts = [number for number, layer in enumerate(self.module_) if isinstance(layer, torch.nn.Linear)]
        latent = self._architecture(self.n_features_in_, 1).latent
        return self.module_[: starts[latent]], self.module_[starts[latent] :]

    def _alive(self, X):
        """Every latent variable must vary over the data; one that never does tells the decoder nothing."""
        T = evaluate(self._cut()[0], X)
        self.latent_range_ = latent_range(T)
        return bool((T.std(axis=0) > 1e-6).all())

    def _to_tensors(self):
        tensors, meta = super()._to_tensors()
        return tensors | {"latent_range_": self.latent_range_}, meta

    @classmethod
    def _from_tensors(cls, tensors, meta):
        estimator = super()._from_tensors(tensors, meta)
        estimator.latent_range_ = tensors["latent_range_"]
        return estimator


@dataclass(eq=False, repr=False)
class EDNN(_Bottleneck):
    """Encoder-decoder neural network, Section II and Fig. 1: encoder, bottleneck of `n_components`, decoder.

    `encoder` and `decoder` are the widths of their hidden layers, `latent_activation` acts on the bottleneck (ReLU in
    the paper).  A ReLU bottleneck can die at the start: such a fit is noticed and begun anew with another seed.
    """

    encoder: tuple = (64, 64)
    latent_activation: str = "relu"

    def _architecture(self, inputs, outputs):
        widths = (inputs, *self.encoder, self.n_components, *self.decoder, outputs)
        return Architecture(widths, self.activation, len(self.encoder) + 1, self.latent_activation)


class LinearLatent(Latent):
    """Latent variables by projection on orthonormal `components_` (n_components, inputs), Eq. (3)."""

    def inverse_transform(self, T):
        """Structures by expansion of the latent variables, Eq. (3).  (n, n_components) -> (n, inputs)"""
        return checked_latent(self, T) @ self.components_

    def reconstruct(self, Y):
        """Structures from spectra: fitted latent variables, expanded.  (n, outputs) -> (n, inputs)

        Features on which the spectrum does not depend come out as their mean, zero.
        """
        return self.inverse_transform(self.fit_latent(Y))


@dataclass(eq=False, repr=False)
class NNCA(LinearLatent, _Bottleneck):
    """Neural network component analysis, Section III C, Fig. 4: orthonormal linear encoder, trained with a decoder.

    The vectors turn more slowly than the decoder learns, so the default is more and smaller steps than elsewhere.
    """

    batch_size: int = 100

    @property
    def components_(self):
        """Orthonormal basis vectors v_j as rows.  (n_components, inputs)"""
        check_is_fitted(self)
        return self.module_[0].weight.double().numpy()

    def rotated(self, X, Y):
        """The same network with its latent variables in order of what they cover, as ECA's are.  -> NNCA

        ECA inside latent space, with the decoder as its emulator, gives an orthogonal matrix R.  The new vectors are
        R V and the decoder undoes R first: the predictions stay.  X (n, inputs) and Y (n, outputs) say what is covered.
        """
        from nnca.eca import ECA  # which builds on this file

        emulator = Emulator(hidden=self.decoder, activation=self.activation)
        emulator.module_ = self._decoder()
        T = self.transform(X)
        R = ECA(emulator, self.n_components, random_state=self.random_state).fit(T, Y).components_
        turned = copy.deepcopy(self)
        encoder, first = turned.module_[:2]
        R32 = torch.tensor(R, dtype=encoder.weight.dtype)
        encoder.weight.data, first.weight.data = R32 @ encoder.weight.data, first.weight.data @ R32.T
        turned.latent_range_ = latent_range(T @ R.T)
        return turned

    def _architecture(self, inputs, outputs):
        widths = (inputs, self.n_components, *self.decoder, outputs)
        return Architecture(widths, self.activation, 1, "identity", orthonormal=True)


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
    rows = [np.arange(len(checked_X))] * len(estimators) if rows is None else rows
    draws = [check_random_state(estimator.random_state) for estimator in estimators]
    waiting = list(range(len(estimators)))
    while waiting:
        _train([(estimators[i], draws[i], rows[i]) for i in waiting], checked_X, checked_Y)
        waiting = [i for i in waiting if not estimators[i]._alive(checked_X)]
        for i in list(waiting):
            if estimators[i].n_restarts_ == MAX_RESTARTS:
                warnings.warn(f"bottleneck still dead after {MAX_RESTARTS} restarts", ConvergenceWarning, stacklevel=2)
                waiting.remove(i)
            else:
                estimators[i].n_restarts_ += 1
    return estimators


def evaluate(module, X):
    """A module applied to rows in double precision, without gradients.  (n, inputs) -> (n, outputs)"""
    with torch.no_grad():
        return copy.deepcopy(module).double()(torch.tensor(np.asarray(X, float))).numpy()


def _train(crew, X, Y):
    """One training of (estimator, generator, rows) of one architecture; sets what `fit` leaves behind."""
    first, runs = crew[0][0], []
    shared = ("epochs", "batch_size", "patience", "device", "validation_fraction", "reduce_targets", "n_starts")
    architecture = first._architecture(X.shape[1], Y.shape[1])
    for estimator, rng, rows in crew:
        same = all(getattr(estimator, name) == getattr(first, name) for name in shared)
        if not same or estimator._architecture(X.shape[1], Y.shape[1]) != architecture:
            raise ValueError(f"estimators fitted together must share their architecture and {', '.join(shared)}")
        seeds, order = [rng.randint(2**31 - 1)], rng.permutation(rows)
        seeds += [rng.randint(2**31 - 1) for _ in range(first.n_starts - 1)]
        held_out = round(first.validation_fraction * len(rows)) if len(rows) >= 20 else 0
        parts = estimator.learning_rate, estimator.alpha, order[held_out:], order[:held_out]
        runs += [Run(int(seed), *parts) for seed in seeds]
    lengths = (first.epochs, first.batch_size, first.patience)
    modules, history = train(architecture, X, Y, runs, *lengths, first.device, reduce=first.reduce_targets)
    lowest = np.nan_to_num(history, nan=np.inf).min(axis=0).reshape(len(crew), first.n_starts)
    for number, (estimator, *_) in enumerate(crew):
        best = number * first.n_starts + lowest[number].argmin()
        estimator.module_, estimator.history_ = modules[best], history[:, best]
        if not all(weight.isfinite().all() for weight in estimator.module_.parameters()):
            text = f"training diverged: learning_rate {estimator.learning_rate:g} is too high"
            warnings.warn(text, ConvergenceWarning, stacklevel=4)


def latent_range(T):
    """Lowest and highest value of every latent variable.  (n, k) -> (2, k)"""
    return np.array([T.min(axis=0), T.max(axis=0)])


def checked_latent(estimator, T):
    check_is_fitted(estimator)
    T = np.asarray(T, float)
    if T.ndim != 2 or T.shape[1] != estimator.n_components:
        raise ValueError(f"T must be (n, {estimator.n_components}); got {T.shape}")
    return T


def is_count(value):
    """Whether a parameter is a whole number of 1 or more."""
    return isinstance(value, (int, np.integer)) and value >= 1


def check_components(n_components, inputs):
    if not is_count(n_components) or n_components > inputs:
        raise ValueError(f"n_components must be a whole number from 1 to the {inputs} features; got {n_components!r}")


def _check_varies(X):
    constant = np.flatnonzero(np.ptp(X, axis=0) == 0)
    if len(constant):
        raise ValueError(f"feature {constant[0]} of X is constant; leave it out")
