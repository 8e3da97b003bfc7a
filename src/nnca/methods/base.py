"""What all methods share: the score, latent variables, files.  Each method has a file of its own."""

import copy
import json
import warnings

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, RegressorMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from nnca.files import replaced
from nnca.methods.latent import fit_latent
from nnca.metrics import covered_variance

REMEMBERED = ("feature_mean_", "covariance_")  # of the training structures, by methods that project
FAR, WIDE = 5.0, 10.0  # a mean so far from 0, or a standard deviation so many times above or below 1: not standardised


class ScaleWarning(UserWarning):
    """Data that are far from standardised."""


class Method(RegressorMixin, BaseEstimator):
    """A scikit-learn estimator on standardised arrays, scored by covered variance and kept in a file without pickle."""

    def score(self, X, Y):
        """Covered variance of the prediction, Eq. (1).  (n, inputs), (n, outputs) -> float"""
        return covered_variance(Y, self.predict(X))

    def save(self, path):
        """Write the fitted estimator as one safetensors file: weights as tensors, the rest as JSON, no pickle."""
        tensors, meta = self._to_tensors()
        tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}  # it ignores strides
        with replaced(path) as part:
            save_file(tensors, part, {"nnca": json.dumps(meta, default=_json)})

    @classmethod
    def load(cls, path):
        """The estimator that `save` wrote.  Raises ValueError when the file holds something else."""
        try:
            with safe_open(path, "np") as file:
                meta = json.loads(file.metadata()["nnca"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path}: not an estimator saved by nnca ({error})") from error
        if meta["class"] != cls.__name__:
            raise ValueError(f"{path}: holds {meta['class']}, not {cls.__name__}")
        return cls._from_tensors(tensors, meta)

    def _to_tensors(self):
        """Arrays by name, and what JSON can hold: class, parameters, widths."""
        check_is_fitted(self)
        widths = {name: getattr(self, name) for name in ("n_features_in_", "n_outputs_", "single_output_")}
        return {}, {"class": type(self).__name__, "parameters": self.get_params(deep=False), "fitted": widths}

    @classmethod
    def _from_tensors(cls, tensors, meta):
        values = {name: tuple(v) if isinstance(v, list) else v for name, v in meta["parameters"].items()}
        estimator = cls(**values)
        vars(estimator).update(meta["fitted"])
        return estimator

    def _checked(self, X):
        """X as finite numbers of the width that was fitted."""
        check_is_fitted(self)
        return validate_data(self, X, reset=False, dtype=float)

    def _checked_pair(self, X, Y):
        """X (n, inputs) and Y (n, outputs) as finite numbers; their widths are remembered."""
        X, Y = validate_data(self, X, Y, dtype=float, multi_output=True, y_numeric=True, ensure_min_samples=2)
        self.single_output_ = Y.ndim == 1
        Y = Y.reshape(len(Y), -1).astype(float)
        self.n_outputs_ = Y.shape[1]
        return X, Y

    def _warn_of_scale(self, X, Y):
        """Warn of the first column of X, or of the targets, that is far from mean 0 and standard deviation 1."""
        mean, spread = X.mean(axis=0), X.std(axis=0)
        wrong = np.flatnonzero((np.abs(mean) > FAR) | (spread > WIDE) | (spread < 1 / WIDE))
        if len(wrong):
            column = getattr(self, "feature_names_in_", range(len(mean)))[wrong[0]]
            _warn_to_standardise(f"column {column!s} of X", mean[wrong[0]], spread[wrong[0]])
        mean, spread = Y.mean(axis=0), np.sqrt(Y.var(axis=0).mean())  # spectra have one scale for all channels
        column = np.abs(mean).argmax()
        if abs(mean[column]) > FAR:
            _warn_to_standardise(f"column {column} of Y", mean[column], Y[:, column].std())
        elif not 1 / WIDE <= spread <= WIDE:
            _warn_to_standardise("Y", mean.mean(), spread)

    def _shaped(self, Y):
        return Y[:, 0] if self.single_output_ else Y

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # defaults are made for thousands of rows
        return tags


class Latent(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """What methods with latent variables share; they have a `_decoder()` and the `latent_range_` of training (2, k)."""

    @property
    def _n_features_out(self):  # scikit-learn's name, for `set_output` and `get_feature_names_out`
        return self.n_components

    def decode(self, T):
        """The decoder alone.  (n, n_components) -> (n, outputs)"""
        check_is_fitted(self)
        return self._shaped(evaluate(self._decoder(), checked_latent(self, T)))

    def fit_latent(self, Y, return_fit=False):
        """Latent variables whose decoded outputs are nearest to Y in least squares.  (n, outputs) -> (n, n_components)

        The global minimum of each row (from three latent variables on, the grid behind it is coarse, and a narrow
        minimum may be missed); with `return_fit` a `LatentFit` of `nnca.methods.latent`, which also holds what is left
        of each row and the number of minima that were met.  An EDNN's encoder need not be able to give the T found.
        Raises ValueError when Y has another width or is not finite, and for more than six latent variables.
        """
        check_is_fitted(self)
        Y = check_array(Y, dtype=float, ensure_2d=not self.single_output_).reshape(len(Y), -1)
        if Y.shape[1] != self.n_outputs_:
            raise ValueError(f"Y must be (n, {self.n_outputs_}); got {Y.shape}")
        found = fit_latent(self._decoder(), Y, *self.latent_range_)
        return found if return_fit else found.T

    def _to_tensors(self):
        tensors, meta = super()._to_tensors()
        return tensors | {"latent_range_": self.latent_range_}, meta

    @classmethod
    def _from_tensors(cls, tensors, meta):
        estimator = super()._from_tensors(tensors, meta)
        estimator.latent_range_ = tensors["latent_range_"]
        return estimator


class LinearLatent(Latent):
    """Latent variables by projection on orthonormal `components_` (n_components, inputs), Eq. (3).

    `fit` leaves the mean of the training structures, `feature_mean_` (inputs,), and how they vary with the latent
    variables, `covariance_` = Cov(t, x) (n_components, inputs).
    """

    @property
    def patterns_(self):
        """The change of x expected per unit of t on the training data, Cov(t)^-1 Cov(t, x).  (n_components, inputs)

        `components_` are filters: they read t out of x.  Patterns say what x does when t moves; the two are one where
        features do not vary together (Haufe et al. 2014).  patterns_ @ components_.T is the identity.
        """
        check_is_fitted(self)
        among = self.covariance_ @ self.components_.T  # Cov(t), (n_components, n_components)
        return np.linalg.pinv(among, hermitian=True) @ self.covariance_

    def inverse_transform(self, T, by="expansion"):
        """Structures of latent variables.  (n, n_components) -> (n, inputs)

        By "expansion" along the components, Eq. (3), or along the "pattern", the linear estimate of E[x | t] on the
        training data.  Both have the latent variables T.
        """
        T = checked_latent(self, T)
        if by == "expansion":
            return T @ self.components_
        if by == "pattern":
            return self.feature_mean_ + (T - self.components_ @ self.feature_mean_) @ self.patterns_
        raise ValueError(f"by must be expansion or pattern; got {by!r}")

    def reconstruct(self, Y, by="expansion"):
        """Structures from spectra: fitted latent variables, expanded or along the pattern.  (n, outputs) -> (n, inputs)

        By expansion, features on which the spectrum does not depend come out as their mean, zero.  By pattern they
        come out as they go along with the others in the training data.
        """
        return self.inverse_transform(self.fit_latent(Y), by)

    def _remember(self, X):
        """Keep what patterns need to know of the training structures.  (n, inputs)"""
        self.feature_mean_ = X.mean(axis=0)
        centred = X - self.feature_mean_
        self.covariance_ = (centred @ self.components_.T).T @ centred / len(X)

    def _to_tensors(self):
        tensors, meta = super()._to_tensors()
        return tensors | {name: getattr(self, name) for name in REMEMBERED}, meta

    @classmethod
    def _from_tensors(cls, tensors, meta):
        estimator = super()._from_tensors(tensors, meta)
        for name in REMEMBERED:
            setattr(estimator, name, tensors[name])
        return estimator


def warn_of_score(score):
    """Warn of a fit that covers less of its own training data than their mean does."""
    if score < 0:
        text = f"the fit covers {score:.2g} of the variance of its own training data, less than their mean does"
        warnings.warn(f"{text}: standardise X and Y, train longer or more slowly", ConvergenceWarning, stacklevel=4)


def _warn_to_standardise(what, mean, spread):
    text = f"{what} has mean {mean:.3g} and standard deviation {spread:.3g}"
    warnings.warn(f"{text}: standardise it first (nnca.problem.Standardiser)", ScaleWarning, stacklevel=4)


def evaluate(module, X):
    """A module applied to rows in double precision, without gradients.  (n, inputs) -> (n, outputs)"""
    with torch.no_grad():
        return copy.deepcopy(module).double()(torch.tensor(np.asarray(X, float))).numpy()


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


def _json(value):
    """What JSON can hold of a parameter."""
    if isinstance(value, np.generic):
        return value.item()
    raise ValueError(f"{value!r} is no number and no text; an estimator with such a parameter cannot be saved")
