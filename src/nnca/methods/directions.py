"""Directions in which a frozen network sees most: what ECA looks for in structures, and NNCA among its components."""

import copy

import numpy as np
import torch
from scipy.linalg import null_space
from scipy.optimize import minimize
from torch import nn

from nnca.methods.latent import reduce_outputs

ROUGH, FINE = 1e-5, 1e-7  # uncovered variance that a step must gain: of every start, and of the best one at the end


def best_directions(module, X, Y, n_components, n_starts, rng):
    """Orthonormal vectors, found one at a time, whose projection, Eq. (3), lets the module cover most of Y's variance.

    torch module, X (n, inputs), Y (n, outputs) -> vectors (n_components, inputs), covered variance that each start
    reached (n_components, n_starts).

    Every start is followed in single precision, first on every tenth row, which is most of the way at a tenth of the
    cost, then on all; the best one ends in double precision.
    """
    *rough, exact = _projection_losses(module, X, Y)
    vectors, scores = np.empty((0, X.shape[1])), []
    for _ in range(n_components):
        basis, found = null_space(vectors) if len(vectors) else np.eye(X.shape[1]), []  # (inputs, free directions)
        for _ in range(n_starts):
            lowest, u = np.inf, rng.normal(size=basis.shape[1])
            for loss in rough:
                lowest, u = _descend(loss, vectors, basis, u, ROUGH)
            found.append((lowest, u))
        lowest, u = min(found, key=lambda pair: pair[0])
        end, u = _descend(exact, vectors, basis, u, FINE)
        vectors = np.vstack([vectors, basis @ u])
        scores.append([1 - (end if value == lowest else value) for value, _ in found])
    return vectors, np.array(scores)


def _projection_losses(module, X, Y):
    """Uncovered variance of the emulator's prediction from a projection, as functions of its basis, with gradient.

    In the order of their use: of every tenth row, where there are many, and of all in single, of all in double
    precision.  -> list of functions (k, inputs) -> float, (k, inputs)
    """
    module, goal, missed = reduce_outputs(module, Y)
    total = Y.var(axis=0).sum()
    tenth = [(10, torch.float32)] if len(X) >= 1000 else []
    return [
        _projection_loss(copy.deepcopy(module).to(dtype), X[::step], goal[::step], missed[::step].mean(), total, dtype)
        for step, dtype in (*tenth, (1, torch.float32), (1, torch.double))
    ]


def _projection_loss(emulator, X, goal, missed, total, dtype):
    X, goal = torch.tensor(X, dtype=dtype), torch.tensor(goal, dtype=dtype)

    def loss(vectors):
        vectors = torch.tensor(vectors, dtype=dtype, requires_grad=True)
        value = ((_through(emulator, X @ vectors.T, vectors) - goal) ** 2).sum() / (len(X) * total)
        (gradient,) = torch.autograd.grad(value, vectors)
        return value.item() + missed / total, gradient.double().numpy()

    return loss


def _through(emulator, T, vectors):
    """The emulator's prediction from the expansion T V of Eq. (3).  module, (n, k), (k, inputs) -> (n, directions)

    A linear first layer W takes V W^T in its place: k columns instead of as many as there are inputs.
    """
    if not (isinstance(emulator, nn.Sequential) and isinstance(emulator[0], nn.Linear)):
        return emulator(T @ vectors)
    first, hidden = emulator[0], T @ (vectors @ emulator[0].weight.T)
    return emulator[1:](hidden if first.bias is None else hidden + first.bias)


def _descend(loss, vectors, basis, u, tolerance):
    """One local optimum over unit vectors in the span of `basis`, from u (free directions,).  -> loss, u"""

    def on_sphere(u):
        norm = np.linalg.norm(u)
        value, gradient = loss(np.vstack([vectors, basis @ u / norm]))
        gradient = basis.T @ gradient[-1]
        return value, (gradient - (gradient @ u) * u / norm**2) / norm

    options = {"maxiter": 500, "ftol": tolerance, "gtol": 1e-9}
    found = minimize(on_sphere, u / np.linalg.norm(u), jac=True, method="L-BFGS-B", options=options)
    return found.fun, found.x / np.linalg.norm(found.x)
