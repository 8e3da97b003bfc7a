"""What to expect of a structure with given latent variables, or a given spectrum: means beside `patterns_`."""

from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

LOST = 1e-4  # share of the spectra's variance that direct regression does without
KNOTS = 5  # of the splines along each latent variable
PENALTY = 1e-3  # on their weights, where few data settle them


def conditional_mean(T, X):
    """E[x | t] with bends: cubic splines of each latent variable.  (n, k), (n, inputs) -> model, from T to X

    A straight line in its place is the pattern, `patterns_` of NNCA and ECA.  Beyond the data it goes on straight.
    """
    splines = SplineTransformer(KNOTS, extrapolation="linear")
    return make_pipeline(splines, Ridge(PENALTY)).fit(T, X)


def direct(X, Y):
    """Least squares from spectra straight to structures, no latent variables between.  -> model, from Y to X

    The simple rival of every reconstruction: E[x | y], as far as it is linear.  Directions in which spectra hardly vary
    are left out, for beyond the data they would blow up.  (n, inputs), (n, outputs)
    """
    return make_pipeline(PCA(1 - LOST, svd_solver="full"), LinearRegression()).fit(Y, X)


def likeness(one, other):
    """How alike two vectors are, whatever their signs and lengths: |cosine|.  (inputs,), (inputs,) -> float"""
    return float(abs(one @ other) / ((one @ one) * (other @ other)) ** 0.5)
