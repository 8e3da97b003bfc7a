"""The measures of the paper: covered variance, Eq. (1), and spectral deviation, Eq. (4)."""

import numpy as np


def covered_variance(S, S_pred):
    """Generalised covered variance R2, Eq. (1).  (n, m), (n, m) -> float in ]-inf, 1]

    1 is a perfect prediction, 0 what the constant prediction of the mean earns.  The same number as
    `sklearn.metrics.r2_score(S, S_pred, multioutput="variance_weighted")`.  Raises ValueError for arrays of
    different shapes, non-finite values, or targets that do not vary (R2 is then undefined).
    """
    S, S_pred = np.asarray(S, float), np.asarray(S_pred, float)
    if S.shape != S_pred.shape:
        raise ValueError(f"S and S_pred must have one shape; they have {S.shape} and {S_pred.shape}")
    if not (np.isfinite(S).all() and np.isfinite(S_pred).all()):
        raise ValueError("S and S_pred must be finite; at least one value is NaN or infinite")
    total = ((S - S.mean(axis=0)) ** 2).sum()
    if total == 0:
        raise ValueError(f"covered variance needs targets that vary; all {len(S)} rows of S are equal")
    return float(1.0 - ((S - S_pred) ** 2).sum() / total)


def spectral_deviation(S, S_centre):
    """Relative deviation M of spectra from the one at the centre of the training set, Eq. (4).  (n, m), (m,) -> (n,)"""
    S, S_centre = np.asarray(S, float), np.asarray(S_centre, float)
    return np.linalg.norm(S - S_centre, axis=-1) / np.linalg.norm(S_centre)
