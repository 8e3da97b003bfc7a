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
LOW, APART = 20, 6  # starts for one spectrum: lowest tiles, and lowest tiles that no neighbour undercuts
FEW, FLAT = 4, 0.2  # more than the few lowest tiles are tried where their error is no higher than so much above it
STEEP = 1e-4  # a minimum with a larger slope of the error, relative to error and decoder, is none
SAME = 0.02  # minima nearer than this part of the latent range are one


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
    if len(low) > 6:
        raise ValueError(f"a grid over latent space serves up to 6 latent variables; these are {len(low)}")
    small, goal, missed = reduce_outputs(decoder, Y)
    tiles, points = TILES.get(len(low), (4, 2))
    range_ = np.maximum(high - low, 1e-12)
    grid = low + range_ * _grid(len(low), tiles, points)
    rough = copy.deepcopy(small).float()  # half the time, and good enough to tell the lowest valley
    rows, starts = _low_points(rough, grid, goal)
    rows, T, residual = _valleys(rows, *_levenberg_marquardt(rough, starts, goal[rows], steps=5), len(Y), range_)
    minima = np.bincount(rows[_apart(rough, rows, T, residual, goal)], minlength=len(Y))
    lowest = np.minimum.reduceat(residual, _first(rows, len(Y)))
    rivals = residual <= 1.2 * lowest[rows] + 1e-3  # too near the lowest to be told from it yet
    rows, width = rows[rivals], 2 * range_ / (tiles * points)
    near, _ = _zoom(rough, T[rivals], goal[rows], width, rounds=3)  # a lower valley close by, narrower than the grid
    T, residual = _levenberg_marquardt(small, near, goal[rows])
    order = np.lexsort((residual, rows))[_first(rows, len(Y))]
    T = T[order]
    stuck = _slopes(small, T, goal) > STEEP  # on a crease of a ReLU decoder, where steps along the slope end
    T[stuck], _ = _zoom(rough, T[stuck], goal[stuck], width)
    residual = ((small(torch.tensor(T)).numpy() - goal) ** 2).sum(axis=1)
    return LatentFit(T, residual + missed, minima)


def reduce_outputs(module, Y):
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
    spectra = decoder(torch.tensor(grid.reshape(-1, k)).float()).numpy()  # (points, directions)
    rows, starts = [], []
    for first in range(0, len(goal), block):
        wanted = goal[first : first + block].astype(np.float32)
        error = (spectra**2).sum(axis=1) - 2 * wanted @ spectra.T + (wanted**2).sum(axis=1, keepdims=True)
        error = error.reshape(len(wanted), -1, points)
        where, floor = error.argmin(axis=2), error.min(axis=2)  # (rows, tiles)
        around = minimum_filter(floor.reshape(-1, *shape), size=(1, *[3] * k), mode="nearest").reshape(floor.shape)
        apart = np.where(floor > around, np.inf, floor)
        tiles = np.hstack([np.argsort(floor, axis=1)[:, :LOW], np.argsort(apart, axis=1)[:, :APART]])
        real = np.isfinite(np.take_along_axis(apart, tiles, axis=1))
        real[:, :FEW] = True
        lowest = np.take_along_axis(floor, tiles, axis=1)
        real[:, FEW:LOW] = lowest[:, FEW:LOW] <= lowest[:, :1] + FLAT
        row, column = np.nonzero(real)
        tile = tiles[row, column]
        rows.append(first + row)
        starts.append(flat[tile, where[row, tile]])
    return np.concatenate(rows), np.concatenate(starts)


def _levenberg_marquardt(decoder, T, goal, steps=20, tolerance=1e-9):
    """Damped Gauss-Newton steps, one damping for each start.  (s, k), (s, directions) -> T (s, k), residual (s,)"""
    dtype = decoder[-1].weight.dtype
    T, goal = torch.tensor(T, dtype=dtype), torch.tensor(goal, dtype=dtype)
    loss, moving = ((decoder(T) - goal) ** 2).sum(dim=1), torch.arange(len(T))
    damping, eye = torch.full((len(T), 1, 1), 1e-2, dtype=dtype), torch.eye(T.shape[1], dtype=dtype)
    for _ in range(steps):
        spectra, J = _with_slope(decoder, T[moving])
        A, slope = J @ J.mT, J @ (spectra - goal[moving])[:, :, None]
        scale = A.diagonal(dim1=1, dim2=2).amax(dim=1).clamp(min=1e-12)[:, None, None]
        trial = T[moving] - torch.linalg.solve(A + damping[moving] * scale * eye, slope)[:, :, 0]
        gain = loss[moving] - ((decoder(trial) - goal[moving]) ** 2).sum(dim=1)
        better = gain > 0
        T[moving[better]] = trial[better]
        loss[moving[better]] -= gain[better]
        damping[moving] *= torch.where(better, 0.3, 5.0).to(dtype)[:, None, None]
        moving = moving[torch.where(better, gain > tolerance * loss[moving], damping[moving, 0, 0] < 1e6)]
    return T.double().numpy(), loss.double().numpy()


def _slopes(decoder, T, goal):
    """Slope of the error as the cosine between the error and what the decoder can change: 0 at a minimum.  -> (n,)"""
    spectra, J = _with_slope(decoder, torch.tensor(T))
    error = spectra - torch.tensor(goal)
    size = J.flatten(1).norm(dim=1) * error.norm(dim=1)
    return ((J @ error[:, :, None]).norm(dim=(1, 2)) / size.clamp(min=1e-12)).numpy()


def _with_slope(decoder, T):
    """Outputs and their derivatives by every latent variable.  (s, k) -> (s, directions), (s, k, directions)"""
    x, J = T, torch.eye(T.shape[1], dtype=T.dtype).expand(len(T), -1, -1)
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
    """Search ever smaller boxes around T.  (n, k), (n, directions), (k,) -> T (n, k), residual (n,)"""
    k = T.shape[1]
    dtype = decoder[-1].weight.dtype
    side = torch.linspace(-1, 1, 5 if k < 3 else 3, dtype=dtype)
    box = torch.cartesian_prod(*[side] * k).reshape(-1, k) * torch.tensor(width, dtype=dtype)  # (points, k)
    T, goal, residual = torch.tensor(T, dtype=dtype), torch.tensor(goal, dtype=dtype), torch.empty(len(T), dtype=dtype)
    for rows in torch.arange(len(T)).split(block):  # few enough to stay in the processor's cache
        wanted, here = goal[rows, None], torch.arange(len(rows))
        for number in range(rounds):
            trial = T[rows, None] + box / 2**number  # (block, points, k)
            residual[rows], best = ((decoder(trial) - wanted) ** 2).sum(dim=2).min(dim=1)
            T[rows] = trial[here, best]
    return T.double().numpy(), residual.double().numpy()


def _valleys(rows, T, residual, n, range_):
    """The different minima among refined starts, row by row, the lowest of a row first.  -> rows, T, residual"""
    order = np.lexsort((residual, rows))
    rows, T, residual = rows[order], T[order], residual[order]
    place = np.arange(len(rows)) - _first(rows, n)[rows]  # 0 is the lowest of its row
    known = np.full((n, LOW + APART, T.shape[1]), np.nan)
    known[rows, place] = T / range_
    new = np.isfinite(known[..., 0])
    for one, other in combinations(range(LOW + APART), 2):
        near = np.linalg.norm(known[:, one] - known[:, other], axis=1) < SAME
        new[near, other] = False
    kept = new[rows, place]
    return rows[kept], T[kept], residual[kept]


def _apart(decoder, rows, T, residual, goal, points=7):
    """Which minima a ridge parts from every lower one of their row, along the straight line.  -> (s,) of bool

    Starts that a plateau or a crease has stopped on the way down count no minimum of their own.
    """
    parted = np.ones(len(rows), bool)
    share = np.linspace(0, 1, points + 2)[1:-1, None]
    for back in range(1, LOW + APART):  # within a row the lowest comes first
        high = back + np.flatnonzero(rows[back:] == rows[:-back])
        line = T[high, None] + share * (T[high - back] - T[high])[:, None]  # (s, points, k)
        spectra = decoder(torch.tensor(line, dtype=decoder[-1].weight.dtype)).numpy()
        top = ((spectra - goal[rows[high], None]) ** 2).sum(axis=2).max(axis=1, initial=0)
        parted[high] &= top > 1.001 * residual[high] + 1e-6
    return parted


def _first(rows, n):
    """Where each of n rows begins in a sorted array of row numbers.  -> (n,)"""
    return np.searchsorted(rows, np.arange(n))
