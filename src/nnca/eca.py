"""Emulator-based component analysis: the projection through which a finished emulator still sees the spectra."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import null_space
from scipy.optimize import minimize
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from nnca.estimators import Emulator, LinearLatent, Method, check_components, is_count, latent_range
from nnca.latent import reduce_outputs

LEARNT = ("components_", "start_scores_", "latent_range_")


@dataclass(eq=False, repr=False)
class ECA(LinearLatent, Method):
    """Emulator-based component analysis, Niskanen et al. 2022: orthonormal vectors found through a frozen emulator.

    `fit(X, Y)` finds the vectors one at a time, each where the emulator's prediction from the projection, Eq. (3),
    covers most of the variance of Y.  The paper gives it the test set; any data will do, and the book shows both.
    `emulator` is used as it is when it is fitted, else trained on X and Y.  Each vector is the best of `n_starts`
    optimisations on the sphere; `start_scores_` (n_components, n_starts) holds what each of them reached.
    """

    emulator: object = None
    n_components: int = 1
    n_starts: int = 8
    random_state: int | None = None

    def fit(self, X, Y):
        """Find the vectors on X (n, inputs) and Y (n, outputs).  -> self"""
        X, Y = self._checked_pair(X, Y)
        check_components(self.n_components, X.shape[1])
        if not is_count(self.n_starts):
            raise ValueError(f"n_starts must be a whole number of 1 or more; got {self.n_starts!r}")
        self.emulator_ = self._fitted_emulator(X, Y)
        steps = (10, 1) if len(X) >= 1000 else (1,)  # first on every tenth row: most of the way at a tenth of the cost
        losses = [_projection_loss(self.emulator_.module_, X[::step], Y[::step]) for step in steps]
        rng = check_random_state(self.random_state)
        vectors, scores = np.empty((0, X.shape[1])), []
        for _ in range(self.n_components):
            basis = null_space(vectors) if len(vectors) else np.eye(X.shape[1])  # (inputs, free directions)
            found = [_best_direction(losses, vectors, basis, rng) for _ in range(self.n_starts)]
            vectors = np.vstack([vectors, min(found, key=lambda pair: pair[0])[1]])
            scores.append([1 - value for value, _ in found])
        self.components_, self.start_scores_ = vectors, np.array(scores)
        self.latent_range_ = latent_range(X @ vectors.T)
        return self

    def first(self, n_components):
        """The same analysis with its first vectors only: found one by one, they are those of a shorter one.  -> ECA"""
        check_components(n_components, len(self.components_))
        shorter = copy.copy(self).set_params(n_components=n_components)
        shorter.components_, shorter.start_scores_ = self.components_[:n_components], self.start_scores_[:n_components]
        shorter.latent_range_ = self.latent_range_[:, :n_components]
        return shorter

    def transform(self, X):
        """Latent variables t, the projections on the vectors.  (n, inputs) -> (n, n_components)"""
        return self._checked(X) @ self.components_.T

    def predict(self, X):
        """(n, inputs) -> (n, outputs)"""
        return self.decode(self.transform(X))

    def _decoder(self):
        """The emulator behind the expansion of Eq. (3)."""
        expansion = torch.nn.Linear(*self.components_.shape, bias=False, dtype=torch.double)
        expansion.weight.data = torch.tensor(self.components_.T)
        return torch.nn.Sequential(expansion, *self.emulator_.module_)

    def _to_tensors(self):
        tensors, meta = super()._to_tensors()
        inner, meta["emulator"] = self.emulator_._to_tensors()
        meta["parameters"] |= {"emulator": None}
        tensors |= {name: getattr(self, name) for name in LEARNT}
        return tensors | {f"emulator.{name}": value for name, value in inner.items()}, meta

    @classmethod
    def _from_tensors(cls, tensors, meta):
        estimator = super()._from_tensors(tensors, meta)
        for name in LEARNT:
            setattr(estimator, name, tensors[name])
        inner = {name.removeprefix("emulator."): v for name, v in tensors.items() if name.startswith("emulator.")}
        estimator.emulator = estimator.emulator_ = Emulator._from_tensors(inner, meta["emulator"])
        return estimator

    def _fitted_emulator(self, X, Y):
        if self.emulator is None:
            return Emulator(random_state=self.random_state).fit(X, Y)
        if not isinstance(self.emulator, Emulator):
            raise ValueError(f"emulator must be an nnca.Emulator; got {type(self.emulator).__name__}")
        try:
            check_is_fitted(self.emulator)
        except NotFittedError:
            return clone(self.emulator).fit(X, Y)
        widths = self.emulator.module_[0].in_features, self.emulator.module_[-1].out_features
        if widths != (X.shape[1], Y.shape[1]):
            raise ValueError(
                f"emulator goes from {widths[0]} to {widths[1]} numbers, the data from {X.shape[1]} to {Y.shape[1]}"
            )
        return self.emulator


def _projection_loss(module, X, Y):
    """Uncovered variance of the emulator's prediction from a projection, as a function of its basis, with gradient."""
    emulator, goal, missed = reduce_outputs(module, Y)
    X, goal, missed, total = torch.tensor(X), torch.tensor(goal), missed.sum(), ((Y - Y.mean(axis=0)) ** 2).sum()

    def loss(vectors):  # (k, inputs) -> float, (k, inputs)
        vectors = torch.as_tensor(vectors).requires_grad_()
        value = (((emulator(X @ vectors.T @ vectors) - goal) ** 2).sum() + missed) / total
        return value.item(), torch.autograd.grad(value, vectors)[0].numpy()

    return loss


def _best_direction(losses, vectors, basis, rng):
    """One local optimum over unit vectors in the span of `basis`, from a random start.  -> loss, (inputs,)

    The losses are minimised one after the other, each from where the last one ended.
    """

    def on_sphere(u, loss):
        norm = np.linalg.norm(u)
        direction = basis @ u / norm
        value, gradient = loss(np.vstack([vectors, direction]))
        gradient = basis.T @ gradient[-1]
        return value, (gradient - (gradient @ u) * u / norm**2) / norm

    options = {"maxiter": 500, "ftol": 1e-8, "gtol": 1e-9}  # scores stay within 1e-4 of those of 1e-12
    u = rng.normal(size=basis.shape[1])
    for loss in losses:
        found = minimize(on_sphere, u / np.linalg.norm(u), (loss,), jac=True, method="L-BFGS-B", options=options)
        u = found.x
    return found.fun, basis @ u / np.linalg.norm(u)
