"""What the spectrum tells of a feature, and what is added because the ensemble ties it to others.

Features X (n, p) and targets Y (n, m) are standardised; `emulator` is any fitted regressor from X to Y.  A pair of
training or test data is (X, Y), as in `nnca.problem`.
"""

import numpy as np

from nnca.interpretation.patterns import direct


def response(emulator, X, steps):
    """Change of the spectrum when structures move by each step.  (n, p), (d, p) -> (d,)

    From half a step back to half a step ahead; root of the sum of squares over outputs, mean over structures.
    """
    changes = (emulator.predict(X + step / 2) - emulator.predict(X - step / 2) for step in steps)
    return np.array([np.sqrt((change.reshape(len(X), -1) ** 2).sum(axis=1).mean()) for change in changes])


def alone(X):
    """Steps by one standard deviation of each feature, the others held.  (n, p) -> (p, p)"""
    return np.diag(X.std(axis=0))


def following(X):
    """The same steps, where the others follow as they do on the average in the ensemble.  (n, p) -> (p, p)"""
    C = np.cov(X.T, ddof=0)
    return C / np.sqrt(np.diag(C))[:, None]


def recovered(train, test):
    """Share of each feature's variance that least squares brings back from spectra.  (X, Y), (X, Y) -> (p,)

    Fitted to one pair and judged on the other: 1 - squared errors / variance.  Latent variables may stand for Y.
    """
    (X, Y), (X_test, Y_test) = train, test
    return brought_back(X_test, direct(X, Y).predict(Y_test))


def brought_back(X, found):
    """Share of each feature's variance that a reconstruction brings back: R2 of every column.  (n, p) twice -> (p,)"""
    return 1 - ((X - found) ** 2).sum(axis=0) / ((X - X.mean(axis=0)) ** 2).sum(axis=0)


def within(levels, *arrays):
    """Arrays less their means at each level, such as a pressure.  (n,), (n, m) each -> tuple of (n, m)"""
    _, number = np.unique(levels, return_inverse=True)
    member = np.eye(number.max() + 1)[number]  # (n, levels)
    return tuple(A - member @ (member.T @ A / member.sum(axis=0)[:, None]) for A in arrays)


def told(emulator, train, test, random_state):
    """What the spectrum tells of each feature by itself: `recovered` once it is cut from all others.  -> (p,)

    To cut a feature, its column is shuffled over the structures, which keeps its distribution.  The emulator gives the
    new spectra, and what it missed of the old ones is added again as noise.  For independent features this is
    `recovered`; what that has more is added by the ensemble.
    """
    rng, found = np.random.default_rng(random_state), []
    parts = [(X, Y - emulator.predict(X)) for X, Y in (train, test)]
    for column in range(train[0].shape[1]):
        cut = []
        for X, missed in parts:
            X = X.copy()
            X[:, column] = rng.permutation(X[:, column])
            cut.append((X[:, [column]], emulator.predict(X) + missed))
        found.append(recovered(*cut)[0])
    return np.array(found)
