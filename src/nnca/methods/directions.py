"""Directions in which a frozen network sees most: what ECA looks for in structures, and NNCA among its components."""

import numpy as np
import torch
from scipy.linalg import null_space
from scipy.optimize import minimize

from nnca.methods.latent import reduce_outputs


def best_directions(module, X, Y, n_components, n_starts, rng):
    """Orthonormal vectors, found one at a time, whose projection, Eq. (3), lets the module cover most of Y's variance.

    torch module, X (n, inputs), Y (n, outputs) -> vectors (n_components, inputs), covered variance that each start
    reached (n_components, n_starts).
    """
    steps = (10, 1) if len(X) >= 1000 else (1,)  # first on every tenth row: most of the way at a tenth of the cost
    losses = [_projection_loss(module, X[::step], Y[::step]) for step in steps]
    vectors, scores = np.empty((0, X.shape[1])), []
    for _ in range(n_components):
        basis = null_space(vectors) if len(vectors) else np.eye(X.shape[1])  # (inputs, free directions)
        found = [_best_direction(losses, vectors, basis, rng) for _ in range(n_starts)]
        vectors = np.vstack([vectors, min(found, key=lambda pair: pair[0])[1]])
        scores.append([1 - value for value, _ in found])
    return vectors, np.array(scores)


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
