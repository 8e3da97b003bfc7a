"""Made-up data for the tests of the methods."""

import numpy as np


def two_directions():
    """Six inputs of which two directions matter, nonlinearly, and ten outputs; train and test."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, 6))
    directions = np.linalg.qr(rng.normal(size=(6, 2)))[0]
    t = X @ directions
    Y = np.column_stack([t[:, 0], np.tanh(t[:, 0]), 0.4 * t[:, 1], t[:, 0] * t[:, 1] / 3]) @ rng.normal(size=(4, 10))
    Y = (Y - Y.mean(axis=0)) / Y.std()
    return X[:600], Y[:600], X[600:], Y[600:], directions
