"""Latent variables of given spectra: least squares through a decoder, for all spectra together.

A decoder need not be one-to-one, so the error as a function of t can have several minima.  Each spectrum is first held
against a grid over latent space; every low point of the grid is then refined, and the lowest minimum wins.
"""

import copy
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from scipy.linalg import orth
from scipy.ndimage import minimum_filter
from torch import nn

TILES = {1: (64, 16), 2: (24, 8), 3: (8, 4)}  # along each axis of latent space, and grid points in each; else (4, 2)
STARTS = 6  # of each kind that are refined for one spectrum
APART = 0.02  # minima nearer than this part of the latent range are one


class LatentFit(NamedTuple):
    """Fitted latent variables (n, k), what they leave of each spectrum (sum of squares, (n,)), minima met (n,)."""

    T: np.ndarray
    residual: np.ndarray
    minima: np.ndarray


def fit_latent(decoder, Y, low, high):
    """Latent variables whose decoded spectra are nearest to Y.  torch module, (n, outputs), (k,), (k,) -> LatentFit

    `low` and `high` bound the grid of first guesses; the refined minima may lie outside.
    """
    small, goal, missed = reach(decoder, Y)
    tiles, points = TILES.get(len(low), (4, 2))
    range_ = np.maximum(high - low, 1e-12)
    grid = low + range_ * _grid(len(low), tiles, points)
    rows, starts = _low_points(small, grid, goal)
    lowest = _lowest(rows, *_levenberg_marquardt(small, starts, goal[rows]), len(Y), range_)
    T, residual = _zoom(small, lowest.T, goal, 2 * range_ / (tiles * points))
    return LatentFit(T, residual + missed, lowest.minima)


def reach(module, Y):
    """A decoder without the output directions that its last layer cannot reach, and the spectra in the others.

    torch module, (n, outputs) -> module to (n, directions), (n, directions), (n,): squared distances of the two
    modules' outputs from their goals differ by the last array, which no input can change.
    """
    *layers, last = copy.deepcopy(module).double()
    basis = orth(last.weight.numpy(), rcond=1e-6)  # (outputs, directions)
    distance = np.asarray(Y, float) - last.bias.numpy()
    goal = distance @ basis
    small = nn.Linear(last.in_features, basis.shape[1], bias=False, dtype=torch.double)
    small.weight.data = torch.tensor(basis.T) @ last.weight.data
    return nn.Sequential(*layers, small).requires_grad_(False), goal, ((distance - goal @ basis.T) ** 2).sum(axis=1)


def _grid(k, tiles, points):
    """Middle points of a regular grid over the unit cube, tile by tile.  -> (tiles, ..., points in a tile, k)"""
    side = ((np.arange(tiles * points) + 0.5) / (tiles * points)).reshape(tiles, points)
    grid = np.stack(np.meshgrid(*[side] * k, indexing="ij"), axis=-1)  # (tiles, points, tiles, points, ..., k)
    grid = grid.reshape(*(tiles, points) * k, k).transpose(*range(0, 2 * k, 2), *range(1, 2 * k, 2), 2 * k)
    return grid.reshape(*[tiles] * k, points**k, k)


def _low_points(decoder, grid, goal, block=128):
    """Points to start from: of the lowest tiles, and of the lowest that no neighbour undercuts.  -> rows (s,), T (s, k)

    The former lie close together and resolve what is narrower than a tile, the latter find minima far apart.
    """
    *shape, points, k = grid.shape
    flat = grid.reshape(-1, points, k)
    spectra = decoder(torch.tensor(grid.reshape(-1, k))).float().numpy()  # (points, directions)
    rows, starts = [], []
    for first in range(0, len(goal), block):
        wanted = goal[first : first + block].astype(np.float32)
        error = (spectra**2).sum(axis=1) - 2 * wanted @ spectra.T  # up to a constant of the row
        error = error.reshape(len(wanted), -1, points)
        where, floor = error.argmin(axis=2), error.min(axis=2)  # (rows, tiles)
        around = minimum_filter(floor.reshape(-1, *shape), size=(1, *[3] * k), mode="nearest").reshape(floor.shape)
        apart = np.where(floor > around, np.inf, floor)
        levels = np.hstack([np.sort(level, axis=1)[:, :STARTS] for level in (floor, apart)])
        tiles = np.hstack([np.argsort(level, axis=1)[:, :STARTS] for level in (floor, apart)])
        row, column = np.nonzero(np.isfinite(levels))
        tile = tiles[row, column]
        rows.append(first + row)
        starts.append(flat[tile, where[row, tile]])
    return np.concatenate(rows), np.concatenate(starts)


def _levenberg_marquardt(decoder, T, goal, steps=60, tolerance=1e-9):
    """Damped Gauss-Newton steps, one damping for each start.  (s, k), (s, directions) -> T (s, k), residual (s,)"""
    T, goal = torch.tensor(T), torch.tensor(goal)
    loss, moving = ((decoder(T) - goal) ** 2).sum(dim=1), torch.arange(len(T))
    damping, eye = torch.full((len(T), 1, 1), 1e-2).double(), torch.eye(T.shape[1]).double()
    for _ in range(steps):
        spectra, J = _with_slope(decoder, T[moving])
        A, slope = J @ J.mT, J @ (spectra - goal[moving])[:, :, None]
        scale = A.diagonal(dim1=1, dim2=2).amax(dim=1).clamp(min=1e-12)[:, None, None]
        trial = T[moving] - torch.linalg.solve(A + damping[moving] * scale * eye, slope)[:, :, 0]
        gain = loss[moving] - ((decoder(trial) - goal[moving]) ** 2).sum(dim=1)
        better = gain > 0
        T[moving[better]] = trial[better]
        loss[moving[better]] -= gain[better]
        damping[moving] *= torch.where(better, 0.3, 5.0)[:, None, None].double()
        moving = moving[torch.where(better, gain > tolerance * loss[moving], damping[moving, 0, 0] < 1e6)]
    return T.numpy(), loss.numpy()


def _with_slope(decoder, T):
    """Outputs and their derivatives by every latent variable.  (s, k) -> (s, directions), (s, k, directions)"""
    x, J = T, torch.eye(T.shape[1]).double().expand(len(T), -1, -1)
    for layer in decoder:
        if isinstance(layer, nn.Linear):
            x, J = layer(x), J @ layer.weight.T
        else:
            x = x.requires_grad_()
            out = layer(x)
            J = J * torch.autograd.grad(out.sum(), x)[0][:, None]
            x = out.detach()
    return x, J


def _zoom(decoder, T, goal, width, rounds=10, block=64):
    """Search ever smaller boxes around T: creases of a ReLU decoder stop steps that follow its slope.  As above."""
    k = T.shape[1]
    side = torch.linspace(-1, 1, 5 if k < 3 else 3).double()
    box = torch.cartesian_prod(*[side] * k).reshape(-1, k) * torch.tensor(width)  # (points, k)
    T, residual = torch.tensor(T), torch.empty(len(T)).double()
    for rows in torch.arange(len(T)).split(block):  # few enough to stay in the processor's cache
        wanted, here = torch.tensor(goal)[rows, None], torch.arange(len(rows))
        for number in range(rounds):
            trial = T[rows, None] + box / 2**number  # (block, points, k)
            residual[rows], best = ((decoder(trial) - wanted) ** 2).sum(dim=2).min(dim=1)
            T[rows] = trial[here, best]
    return T.numpy(), residual.numpy()


def _lowest(rows, T, residual, n, range_):
    """The lowest of the minima of every row, and how many different ones there are."""
    order = np.lexsort((residual, rows))
    rows, T, residual = rows[order], T[order], residual[order]
    first = np.searchsorted(rows, np.arange(n))
    place = np.arange(len(rows)) - first[rows]  # 0 is the lowest of its row
    known = np.full((n, 2 * STARTS, T.shape[1]), np.nan)
    known[rows, place] = T / range_
    new = np.isfinite(known[..., 0])
    for one, other in combinations(range(2 * STARTS), 2):
        near = np.linalg.norm(known[:, one] - known[:, other], axis=1) < APART
        new[near, other] = False
    return LatentFit(T[first], residual[first], new.sum(axis=1))
