"""All structures that explain a spectrum within its noise, mapped with an emulator on a fine grid."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import label
from scipy.stats import chi2

from nnca.methods.frozen import frozen
from nnca.methods.latent import reduce_outputs


@dataclass(frozen=True)
class Grid:
    """Structures on a regular grid: `axes`, one rising array for each feature; C order, the last feature fastest."""

    axes: tuple

    @property
    def shape(self):
        return tuple(len(axis) for axis in self.axes)

    @property
    def cell(self):
        """Volume that one point stands for."""
        return float(np.prod([axis[1] - axis[0] for axis in self.axes]))

    @property
    def X(self):
        """Every structure.  -> (points, features)"""
        return np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, len(self.axes))

    def nearest(self, X):
        """Numbers of the points nearest to structures; those outside go to the edge.  (n, features) -> (n,)"""
        columns = [
            np.abs(axis - x[:, None]).argmin(axis=1) for axis, x in zip(self.axes, np.asarray(X, float).T, strict=True)
        ]
        return np.ravel_multi_index(columns, self.shape)


class Map:
    """The emulator's spectra of every structure of a grid, ready to be held against measured ones.

    >>> mapped = Map(emulator, grid, problem.inputs)
    >>> inside = mapped.distance(y) <= threshold(noise, parameters=3)  # (points,): explains y or not

    `inputs` standardises the grid's structures for the emulator.  Output directions that the emulator's last layer
    cannot reach are left out.
    """

    def __init__(self, emulator, grid, inputs, block=50_000):
        self.grid, self.inputs, self._module = grid, inputs, frozen(emulator)
        outputs = self._module(torch.zeros(1, len(grid.axes), dtype=torch.double)).shape[1]
        self._reduced = reduce_outputs(self._module, np.zeros((1, outputs)))[0].float()
        parts = np.array_split(grid.X, -(-len(grid.X) // block))
        self.spectra = torch.cat([self._of(part) for part in parts])  # (points, directions)

    def distance(self, y, others=None):
        """Squared distance of a spectrum from every structure's, less the nearest point's.  (outputs,) -> (points,)

        What no structure can reproduce is thereby left out, as in a ratio of likelihoods.  Structures beside the grid,
        `others` (m, features), follow at the end; one that is nearer than every point has a negative number.
        """
        spectra = self.spectra if others is None else torch.cat([self.spectra, self._of(others)])
        goal = torch.tensor(reduce_outputs(self._module, y[None])[1][0], dtype=torch.float32)
        squared = ((spectra - goal) ** 2).sum(dim=1)
        return (squared - squared[: len(self.spectra)].min()).numpy()

    @torch.no_grad()
    def _of(self, X):
        return self._reduced(torch.tensor(self.inputs.transform(X), dtype=torch.float32))


def threshold(noise, parameters, level=0.95):
    """Largest squared distance that independent noise of one size in every channel explains.  -> float

    The likelihood-ratio region (Wilks): noise^2 times the quantile of chi-squared with as many degrees of freedom as
    structures have parameters.  Distances of several spectra are added after division by their noise squared.
    """
    return noise**2 * chi2.ppf(level, parameters)


@dataclass(frozen=True)
class Shape:
    """Size and shape of a set of structures on a grid."""

    volume: float  # in the units of the features
    pieces: int  # parts that do not touch
    extent: np.ndarray  # (features,) from the lowest to the highest value


def shape(inside, grid):
    """Size and shape of a set of grid points.  (points,) of bool, Grid -> Shape

    Points touch when they are neighbours along an axis or a diagonal.  Raises ValueError for an empty set.
    """
    if not inside.any():
        raise ValueError("the set is empty: no structure of the grid explains the spectrum")
    cube, numbers = inside.reshape(grid.shape), set(range(len(grid.axes)))
    held = [axis[cube.any(axis=tuple(numbers - {n}))] for n, axis in enumerate(grid.axes)]
    pieces = label(cube, np.ones((3,) * len(grid.axes)))[1]
    return Shape(inside.sum() * grid.cell, int(pieces), np.array([values[-1] - values[0] for values in held]))
