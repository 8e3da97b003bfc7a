"""Emulators: from structure to spectrum without a bottleneck, S_emu of the paper."""

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from nnca.methods.base import Method
from nnca.methods.network import Network, check_widths
from nnca.networks import mlp


@dataclass(eq=False, repr=False)
class Emulator(Network):
    """A multilayer perceptron from structure to spectrum, S_emu of Section II.

    >>> emulator = Emulator(hidden=(64, 64), random_state=0).fit(X, Y)
    >>> emulator.score(X_test, Y_test)  # covered variance, Eq. (1)
    >>> emulator.predict(X_test)  # (n, outputs)

    Parameters:
    hidden : widths of its hidden layers
    """

    hidden: tuple = (64, 64)

    def _network(self, inputs, outputs):
        return mlp((inputs, *self.hidden, outputs), self.activation)

    def _check_parameters(self, inputs):
        super()._check_parameters(inputs)
        check_widths(self, "hidden")


@dataclass(eq=False, repr=False)
class PolynomialEmulator(Method):
    """Least-squares polynomial of all features up to `degree`, the emulator behind Fig. 3 d-f of the paper.

    `random_state` is there because every method here has one; least squares draws nothing.
    """

    degree: int = 4
    random_state: int | None = None

    def fit(self, X, Y):
        X, Y = self._checked_pair(X, Y)
        self._warn_of_scale(X, Y)
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
