"""Emulator-based component analysis, Eq. (3): the projection through which an emulator still sees the spectra."""

import copy
from dataclasses import dataclass

import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from nnca.methods.base import LinearLatent, Method, check_components, is_count, latent_range, warn_of_score
from nnca.methods.directions import best_directions
from nnca.methods.ednn import EDNN
from nnca.methods.emulator import Emulator, PolynomialEmulator
from nnca.methods.frozen import check_kind, check_widths, frozen
from nnca.methods.nnca import NNCA

LEARNT = ("components_", "start_scores_")
SAVED = {kind.__name__: kind for kind in (Emulator, PolynomialEmulator, EDNN, NNCA)}


@dataclass(eq=False, repr=False)
class ECA(LinearLatent, Method):
    """Emulator-based component analysis, Niskanen et al. 2022: orthonormal vectors found through a frozen emulator.

    `fit(X, Y)` finds the vectors one at a time, each where the emulator's prediction from the projection, Eq. (3),
    covers most of the variance of Y.  The paper gives it the test set; any data will do, and the book shows both.

    >>> emulator = Emulator(random_state=0).fit(X, Y)
    >>> eca = ECA(emulator, n_components=2, random_state=0).fit(X, Y)
    >>> eca.score(X_test, Y_test), eca.components_  # covered variance; the vectors v_j, (2, inputs)

    Parameters:
    emulator : used as it is when it is fitted, else trained on X and Y; None trains the default `Emulator`.  An nnca
        estimator, a torch module, or scikit-learn's MLPRegressor, also in a Pipeline behind a StandardScaler
    n_components : vectors, k in the paper
    n_starts : optimisations on the sphere for each vector; the best is kept
    random_state : seed of their starts

    Attributes after `fit`:
    components_ : orthonormal vectors v_j as rows, (n_components, inputs)
    emulator_ : the emulator that was used
    start_scores_ : covered variance that each start reached, (n_components, n_starts)
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
        self._warn_of_scale(X, Y)
        self.emulator_ = self._fitted_emulator(X, Y)
        rng = check_random_state(self.random_state)
        found = best_directions(frozen(self.emulator_), X, Y, self.n_components, self.n_starts, rng)
        self.components_, self.start_scores_ = found
        warn_of_score(self.start_scores_[-1].max())
        self.latent_range_ = latent_range(X @ self.components_.T)
        self._remember(X)
        return self

    def first(self, n_components):
        """The same analysis with its first vectors only: found one by one, they are those of a shorter one.  -> ECA"""
        check_components(n_components, len(self.components_))
        shorter = copy.copy(self).set_params(n_components=n_components)
        shorter.components_, shorter.start_scores_ = self.components_[:n_components], self.start_scores_[:n_components]
        shorter.latent_range_ = self.latent_range_[:, :n_components]
        shorter.covariance_ = self.covariance_[:n_components]
        return shorter

    def transform(self, X):
        """Latent variables t, the projections on the vectors.  (n, inputs) -> (n, n_components)"""
        return self._checked(X) @ self.components_.T

    def predict(self, X):
        """(n, inputs) -> (n, outputs)"""
        return self.decode(self._checked(X) @ self.components_.T)

    def _decoder(self):
        """The emulator behind the expansion of Eq. (3)."""
        expansion = torch.nn.Linear(*self.components_.shape, bias=False, dtype=torch.double)
        expansion.weight.data = torch.tensor(self.components_.T)
        return torch.nn.Sequential(expansion, *frozen(self.emulator_))

    def _to_tensors(self):
        tensors, meta = super()._to_tensors()
        if type(self.emulator_) not in SAVED.values():
            name = type(self.emulator_).__name__
            raise ValueError(f"an ECA of {name} cannot be saved; one of {', '.join(SAVED)} can")
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
        kind = SAVED[meta["emulator"]["class"]]
        estimator.emulator = estimator.emulator_ = kind._from_tensors(inner, meta["emulator"])
        return estimator

    def _fitted_emulator(self, X, Y):
        if self.emulator is None:
            return Emulator(random_state=self.random_state).fit(X, Y)
        check_kind(self.emulator)
        try:
            if not isinstance(self.emulator, torch.nn.Module):
                check_is_fitted(self.emulator)
        except NotFittedError:
            return clone(self.emulator).fit(X, self._shaped(Y))
        check_widths(self.emulator, X.shape[1], Y.shape[1])
        return self.emulator
