"""Latent variables of given spectra: least squares through a decoder, for all spectra together.

A decoder need not be one-to-one, so the error |decoder(t) - y|^2 can have several minima.  Every spectrum is held
against a grid over latent space; its low points are refined by damped Gauss-Newton steps, and the lowest minimum wins.
"""

import copy
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from scipy.linalg import orth
from scipy.ndimage import minimum_filter
from torch import nn

POINTS = {1: 1024, 2: 64, 3: 16}  # of the grid along each latent variable; more of them: 6
VALLEYS, LOWEST = 6, 6  # starts for one spectrum: points that no neighbour undercuts, and the lowest points at all


class LatentFit(NamedTuple):
    """Fitted latent variables (n, k), what they leave of each spectrum (sum of squares, (n,)), minima met (n,)."""

    T: np.ndarray
    residual: np.ndarray
    minima: np.ndarray


def fit_latent(decoder, Y, low, high):
    """Latent variables whose decoded spectra are nearest to Y.  torch module, (n, outputs), (k,), (k,) -> LatentFit

    `low` and `high` bound the grid of first guesses; the refined minima may lie outside.  Raises ValueError for more
    than six latent variables, for which no grid is small enough.
    """
    k, range_ = len(low), np.maximum(high - low, 1e-12)
    if k > 6:
        raise ValueError(f"a grid over latent space serves up to 6 latent variables; these are {k}")
    exact, goal, missed = reduce_outputs(decoder, Y)
    rough = copy.deepcopy(exact).float()  # half the time, and good enough to tell the lowest valley
    side = (np.arange(POINTS.get(k, 6)) + 0.5) / POINTS.get(k, 6)
    grid = low + range_ * np.stack(np.meshgrid(*[side] * k, indexing="ij"), axis=-1)  # (points, ..., k)
    goal, grid, width = torch.tensor(goal), torch.tensor(grid), torch.tensor(range_ / len(side))
    T, starts = _starts(rough, grid.float(), goal.float())
    row, column = starts.nonzero(as_tuple=True)
    residual, wanted = torch.full(starts.shape, torch.inf), goal[row].float()
    T[row, column], residual[row, column] = _gauss_newton(rough, T[row, column], wanted, width, 12, tolerance=1e-3)
    minima = _count_minima(rough, T[:, :VALLEYS], residual[:, :VALLEYS], goal.float())
    T = _lowest(T, residual, 3).double().flatten(0, 1)  # rivals that single precision does not tell apart yet
    T, residual = _gauss_newton(exact, T, goal.repeat_interleave(3, dim=0), width, 20, tolerance=1e-9)
    T = _lowest(T.view(-1, 3, k), residual.view(-1, 3), 1)
    near = _zoom(rough, T[:, 0].float(), goal.float(), width.float())
    T = torch.hstack([T, near[:, None].double()])  # (n, 2, k)
    T = _lowest(T, ((exact(T) - goal[:, None]) ** 2).sum(dim=2), 1)[:, 0]
    return LatentFit(T.numpy(), ((exact(T) - goal) ** 2).sum(dim=1).numpy() + missed, minima.numpy())


def _lowest(T, residual, count):
    """The starts of each row with the lowest residuals.  (n, s, k), (n, s) -> (n, count, k)"""
    return T.take_along_dim(residual.topk(count, dim=1, largest=False).indices[:, :, None], dim=1)


def reduce_outputs(module, Y):
    """A decoder without the output directions that its last layer cannot reach, and the spectra in the others.

    torch module, (n, outputs) -> module to (n, directions), (n, directions), (n,): squared distances of the two
    modules' outputs from their goals differ by the last array, which no input can change.  A module that does not end
    in a linear layer keeps all its outputs.
    """
    module, Y = copy.deepcopy(module).double().requires_grad_(False), np.asarray(Y, float)
    if not (isinstance(module, nn.Sequential) and isinstance(module[-1], nn.Linear)):
        return module, Y, np.zeros(len(Y))
    *layers, last = module
    basis = orth(last.weight.numpy(), rcond=1e-6)  # (outputs, directions)
    distance = Y - (0.0 if last.bias is None else last.bias.numpy())
    goal = distance @ basis
    small = nn.Linear(last.in_features, basis.shape[1], bias=False, dtype=torch.double).requires_grad_(False)
    small.weight.copy_(torch.tensor(basis.T) @ last.weight)
    return nn.Sequential(*layers, small), goal, ((distance - goal @ basis.T) ** 2).sum(axis=1)


def _starts(decoder, grid, goal, block=256):
    """Points of the grid to start from.  (points, ..., k), (n, directions) -> T (n, starts, k), which count (n, starts)

    The valleys are minima far apart; the lowest points lie along one valley, and of a crooked one, whose creases stop
    a descent, at least one start comes to the bottom.
    """
    shape, points = grid.shape[:-1], grid.flatten(0, -2)
    spectra, T, valid = decoder(points), [], []
    for wanted in goal.split(block):
        error = (spectra**2).sum(dim=1) - 2 * wanted @ spectra.T  # (block, points), but for |wanted|^2
        around = minimum_filter(error.view(-1, *shape).numpy(), size=(1, *[3] * len(shape)), mode="nearest")
        valleys = error.where(error <= torch.tensor(around).view_as(error), torch.inf).topk(VALLEYS, largest=False)
        lowest = error.topk(LOWEST, largest=False)
        T.append(points[torch.hstack([valleys.indices, lowest.indices])])
        valid.append(torch.hstack([valleys.values, lowest.values]).isfinite())
    return torch.cat(T), torch.cat(valid)


def _gauss_newton(decoder, T, goal, width, steps, tolerance):
    """Damped Gauss-Newton steps, one damping for each start.  (s, k), (s, directions), (k,) -> T (s, k), residual (s,)

    A step d solves (J J^T + damping) d = -J (decoder(t) - goal), J (k, directions) being the decoder's slopes by
    central differences; it is taken where it lowers the error, else the damping rises.
    """
    T, residual, moving = T.clone(), ((decoder(T) - goal) ** 2).sum(dim=1), torch.arange(len(T))
    damping, eye = torch.full((len(T), 1, 1), 1e-2, dtype=T.dtype), torch.eye(T.shape[1], dtype=T.dtype)
    h = width.to(T.dtype) * torch.finfo(T.dtype).eps ** (1 / 3)  # where rounding and curvature err least
    for _ in range(steps):
        here, wanted = T[moving], goal[moving]
        J = (decoder(here[:, None] + h * eye) - decoder(here[:, None] - h * eye)) / (2 * h[:, None])
        A, slope = J @ J.mT, J @ (decoder(here) - wanted)[:, :, None]
        scale = A.diagonal(dim1=1, dim2=2).amax(dim=1).clamp(min=1e-12)[:, None, None]
        trial = here - torch.linalg.solve(A + damping[moving] * scale * eye, slope)[:, :, 0]
        gain = residual[moving] - ((decoder(trial) - wanted) ** 2).sum(dim=1)
        better = gain > 0
        T[moving[better]] = trial[better]
        residual[moving[better]] -= gain[better]
        damping[moving] *= torch.where(better, 0.3, 5.0).to(T.dtype)[:, None, None]
        moving = moving[torch.where(better, gain > tolerance * residual[moving], damping[moving, 0, 0] < 1e6)]
    return T, residual


def _zoom(decoder, T, goal, width, rounds=10, block=64):
    """The lowest point of ever smaller boxes around T.  (n, k), (n, directions), (k,) -> (n, k)

    Needed for decoders of ReLU: on a crease, where two linear pieces meet, steps along the slope end above the minimum.
    """
    k, found = T.shape[1], []
    side = torch.linspace(-1, 1, 5 if k < 3 else 3, dtype=T.dtype)
    box = torch.cartesian_prod(*[side] * k).reshape(-1, k) * width  # (points, k)
    for t, wanted in zip(T.split(block), goal.split(block), strict=True):  # few enough for the processor's cache
        for number in range(rounds):
            trial = t[:, None] + box / 2**number  # (block, points, k)
            best = ((decoder(trial) - wanted[:, None]) ** 2).sum(dim=2).argmin(dim=1)
            t = trial[torch.arange(len(t)), best]
        found.append(t)
    return torch.cat(found)


def _count_minima(decoder, T, residual, goal, points=7):
    """How many refined starts a ridge parts from every lower one, along the straight line.  (n, s, k), (n, s) -> (n,)

    What a plateau or a crease stopped on its way down, or what came to the same minimum, does not count.
    """
    residual, order = residual.sort(dim=1)
    T, parted = T.take_along_dim(order[:, :, None], dim=1), residual.isfinite()
    share = torch.linspace(0, 1, points + 2)[1:-1, None]
    for low, high in combinations(range(T.shape[1]), 2):
        rows = parted[:, high].nonzero()[:, 0]
        line = T[rows, None, high] + share * (T[rows, low] - T[rows, high])[:, None]  # (rows, points, k)
        top = ((decoder(line) - goal[rows, None]) ** 2).sum(dim=2).amax(dim=1)
        parted[rows, high] = top > 1.001 * residual[rows, high] + 1e-6
    return parted.sum(dim=1)
