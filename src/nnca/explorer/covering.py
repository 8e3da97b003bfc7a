"""What a page needs to compute covered variance, Eq. (1), of a network on a few hundred rows."""

import numpy as np
import torch

from nnca.explorer.export import export_network, packed
from nnca.methods.latent import reduce_outputs


def covered_by(module, X, Y):
    """A network, inputs (n, k) and targets (n, m) for the page to score.  -> dict

    The outputs are those directions only that the last layer reaches, as in `reduce_outputs`; what is missed outside
    of them no input changes, and it is one number.
    """
    small, goal, missed = reduce_outputs(module, Y)
    return {
        "network": export_network(small, X),
        "rows": len(X),
        "columns": X.shape[1],
        "X": packed(X),
        "goal": packed(goal),
        "missed": float(missed.sum()),
        "total": float(((Y - Y.mean(axis=0)) ** 2).sum()),
    }


def scores_along(module, X, Y, directions):
    """Covered variance when only what lies along each unit vector is let through.  (d, k) -> (d,)"""
    small, goal, missed = reduce_outputs(module, Y)
    small, goal, X = small.float(), torch.tensor(goal).float(), torch.tensor(X).float()
    found = []
    for v in torch.tensor(np.asarray(directions)).float().split(32):
        flat = (X @ v.T).T[:, :, None] * v[:, None]  # (32, n, k)
        found.append(((small(flat) - goal) ** 2).sum(dim=(1, 2)).double())
    uncovered = torch.cat(found).numpy() + missed.sum()
    return 1 - uncovered / ((Y - Y.mean(axis=0)) ** 2).sum()
