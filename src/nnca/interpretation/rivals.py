"""Simple rivals of ECA and NNCA: older ways to a projection t = V x, and regression without any bottleneck.

A way to a projection is a function (X, Y, k) -> (k, inputs); `Projected` puts a decoder behind it.  X and Y are
standardised as everywhere.
"""

from functools import partial

import numpy as np
import torch
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin, clone
from sklearn.cluster import KMeans
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted
from torch.func import jacfwd, jacrev, vmap

from nnca.methods.frozen import frozen
from nnca.methods.latent import reduce_outputs
from nnca.metrics import covered_variance

SMALL = 1e-3  # penalty of a free decoder, which has far fewer Gaussians than rows


class Projected(TransformerMixin, RegressorMixin, BaseEstimator):
    """A projection that is found first and a decoder that is fitted behind it: t = V x, y = decoder(t).

    With the linear decoder, the default, `principal`, `partial_least_squares` and `reduced_rank` make textbook
    regressions: on principal components, by partial least squares, of reduced rank.

    >>> Projected(partial_least_squares, n_components=2, decoder=smooth()).fit(X, Y).score(X_test, Y_test)

    Parameters:
    directions : function (X, Y, k) -> (k, inputs)
    n_components : directions, k in the paper
    decoder : scikit-learn regressor from t to y; None is least squares

    Attributes after `fit`:
    components_ : orthonormal rows that span the directions, (n_components, inputs)
    decoder_ : the fitted decoder
    """

    def __init__(self, directions, n_components=1, decoder=None):
        self.directions = directions
        self.n_components = n_components
        self.decoder = decoder

    def fit(self, X, Y):
        """Find the directions, then fit the decoder.  (n, inputs), (n, outputs) -> self"""
        found = self.directions(X, Y, self.n_components)
        self.components_ = np.linalg.qr(np.asarray(found).T)[0].T  # (k, inputs)
        decoder = LinearRegression() if self.decoder is None else clone(self.decoder)
        self.decoder_, self._targets = decoder.fit(self.transform(X), Y), np.shape(Y)[1:]
        return self

    def transform(self, X):
        """Latent variables.  (n, inputs) -> (n, n_components)"""
        check_is_fitted(self)
        return X @ self.components_.T

    def predict(self, X):
        """(n, inputs) -> (n, outputs)"""
        return self.decoder_.predict(self.transform(X)).reshape(-1, *self._targets)  # some decoders drop one column

    def score(self, X, Y):
        """Covered variance, Eq. (1).  (n, inputs), (n, outputs) -> float"""
        return covered_variance(Y, self.predict(X))


def principal(X, Y, k):
    """Principal components of the structures, which ask no spectrum.  (n, inputs), any, k -> (k, inputs)"""
    return PCA(k).fit(X).components_


def partial_least_squares(X, Y, k):
    """Directions of partial least squares, the rival in the paper's reference 6.  -> (k, inputs)"""
    return PLSRegression(k, scale=False).fit(X, Y).x_rotations_.T


def reduced_rank(X, Y, k):
    """Directions of the linear map of rank k that is best in least squares (Izenman 1975).  -> (k, inputs)

    Raises ValueError for a k above the number of targets, which a linear map has no use for.
    """
    if k > Y.shape[1]:
        raise ValueError(f"reduced-rank regression of {Y.shape[1]} targets has no {k} directions")
    X, Y = X - X.mean(axis=0), Y - Y.mean(axis=0)
    coefficients = np.linalg.lstsq(X, Y)[0]  # (inputs, outputs)
    outputs = np.linalg.svd(X @ coefficients, full_matrices=False)[2][:k]  # (k, outputs)
    return outputs @ coefficients.T


def sliced_inverse(X, Y, k, slices=30):
    """Directions of sliced inverse regression (Li 1991): where mean structures of like spectra differ most.

    Spectra have many channels, so the slices are clusters of them (Setodji and Cook 2004).  -> (k, inputs)
    """
    label = KMeans(slices, n_init=1, random_state=0).fit_predict(Y)
    share = np.bincount(label, minlength=slices) / len(X)
    means = np.array([X[label == one].mean(axis=0) for one in range(slices)]) - X.mean(axis=0)
    covariance = np.cov(X.T)
    covariance += 1e-6 * np.trace(covariance) / len(covariance) * np.eye(len(covariance))  # features may be collinear
    return eigh(means.T * share @ means, covariance)[1][:, ::-1][:, :k].T


def active_subspace(X, Y, k, emulator, rows=500):
    """Directions along which an emulator's spectra change most, on average over structures (Constantine 2014).

    The leading eigenvectors of the mean of J^T J over the first `rows` structures, J being their slopes (outputs,
    inputs).  `emulator` is what `nnca.methods.frozen` accepts.  -> (k, inputs)
    """
    module = reduce_outputs(frozen(emulator), Y[:2])[0]  # an orthonormal change of outputs keeps J^T J
    x = torch.tensor(np.asarray(X[:rows], float))
    outputs = module(x[:1]).shape[1]
    slopes = (jacrev if outputs < X.shape[1] else jacfwd)(lambda one: module(one[None])[0])
    J = vmap(slopes, chunk_size=100)(x).flatten(0, 1)  # (rows * outputs, inputs)
    return torch.linalg.eigh(J.T @ J)[1].flip(1)[:, :k].T.numpy()


def smooth(landmarks=150, width=1.0):
    """A free decoder for few latent variables: ridge on Gaussians around some of the points.  -> scikit-learn regressor

    Fitted in closed form, so that a comparison of projections is not one of trainings.  `width` is in standard
    deviations of a latent variable.
    """
    gaussians = Nystroem(gamma=1 / (2 * width**2), n_components=landmarks, random_state=0)
    return make_pipeline(StandardScaler(), gaussians, Ridge(SMALL))


def kernel_ridge(inputs):
    """Kernel ridge regression without a bottleneck, width and penalty by cross-validation.  -> scikit-learn regressor

    `inputs` is how many features there are; squared distances between structures grow with them.
    """
    choices = {"gamma": np.array([0.03, 0.1, 0.3, 1.0]) / inputs, "alpha": (1e-5, 1e-2)}
    return GridSearchCV(KernelRidge(kernel="rbf"), choices, scoring=make_scorer(covered_variance), cv=3)


DIRECTIONS = {
    "PCR": principal,
    "PLS": partial_least_squares,
    "reduced rank": reduced_rank,
    "SIR": sliced_inverse,
}


def rivals(emulator):
    """All ways to a projection by name, the active subspace of a fitted emulator among them.  -> {name: function}"""
    return DIRECTIONS | {"active subspace": partial(active_subspace, emulator=emulator)}
