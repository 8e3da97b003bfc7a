"""The set of structures that explain a spectrum, against maps whose set is known."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.special import ndtr
from torch import nn

from nnca.interpretation.degeneracy import Grid, Map, shape, threshold
from nnca.problem import Standardiser


def as_they_are(features):
    return Standardiser(np.zeros(features), np.ones(features))


def grid(points=81, features=3, low=-2.0, high=2.0):
    return Grid((np.linspace(low, high, points),) * features)


class Squares(nn.Module):
    """Spectra that know features without their sign."""

    def forward(self, x):
        return x**2


def linear(matrix):
    layer = nn.Linear(*reversed(matrix.shape), bias=False)
    layer.weight.data = torch.tensor(matrix, dtype=torch.float32)
    return nn.Sequential(layer)


def test_the_set_of_a_linear_map_is_an_ellipsoid_of_known_volume():
    matrix = np.vstack([np.diag([1.0, 2.0, 3.0]), np.zeros((4, 3))])  # directions that cannot be reached change nothing
    mapped = Map(linear(matrix), grid(), as_they_are(3))
    y = matrix @ [0.25, -0.3, 0.1] + [0, 0, 0, 5, 5, 5, 5]
    for radius in (0.5, 1.0):
        found = shape(mapped.distance(y) <= radius**2, mapped.grid)
        assert_allclose(found.volume, 4 / 3 * np.pi * radius**3 / 6, rtol=0.05)
        assert_allclose(found.extent, 2 * radius / np.array([1, 2, 3]), atol=0.11)
        assert found.pieces == 1


def test_the_set_is_as_large_as_noise_asks():
    """The region of 95 % holds the truth in 95 % of noisy spectra."""
    rng = np.random.default_rng(0)
    matrix, noise = rng.normal(size=(20, 2)), 0.5
    mapped = Map(linear(matrix), grid(161, 2), as_they_are(2))
    truth = np.array([0.133, -0.217])  # between points
    spectra = matrix @ truth + noise * rng.normal(size=(400, 20))
    hits = [mapped.distance(y, truth[None])[-1] <= threshold(noise, 2) for y in spectra]
    assert abs(np.mean(hits) - 0.95) < 0.035


def test_threshold_is_the_quantile_of_a_normal_variable_for_one_parameter():
    edge = np.sqrt(threshold(2.0, 1)) / 2.0
    assert_allclose(ndtr(edge) - ndtr(-edge), 0.95)


def test_structures_that_a_spectrum_cannot_tell_apart_are_all_found():
    mapped = Map(Squares(), grid(), as_they_are(3))
    inside = mapped.distance(np.array([1.0, 1.0, 1.0])) <= 0.2**2
    assert shape(inside, mapped.grid).pieces == 8
    assert inside[mapped.grid.nearest(np.array([[1.0, -1.0, 1.0]]))[0]]
    on_a_plane = mapped.distance(np.array([1.0, 1.0, 0.0])) <= 0.2**2
    assert shape(on_a_plane, mapped.grid).pieces == 4


def test_what_no_structure_reproduces_is_left_out():
    mapped = Map(Squares(), grid(), as_they_are(3))
    inside = mapped.distance(np.array([-1.0, 1.0, 1.0])) <= 0.2**2  # no square is -1; the nearest is 0
    assert inside.any() and np.abs(mapped.grid.X[inside][:, 0]).max() <= 0.2


def test_points_that_touch_at_a_corner_are_one_piece():
    square = grid(5, 2)
    inside = np.zeros((5, 5), bool)
    inside[[0, 1, 4], [0, 1, 4]] = True
    assert shape(inside.ravel(), square).pieces == 2


def test_features_are_standardised_on_their_way_into_the_emulator():
    inputs = Standardiser(np.array([3.0, 10.0]), np.array([0.5, 2.0]))
    axes = (np.linspace(2, 4, 41), np.linspace(6, 14, 41))
    mapped = Map(linear(np.eye(2)), Grid(axes), inputs)
    best = mapped.grid.X[mapped.distance(np.array([0.5, -1.0])).argmin()]
    assert_allclose(best, [3.25, 8.0])


def test_grid_finds_its_own_points():
    uneven = Grid((np.linspace(0, 1, 4), np.linspace(-1, 1, 5), np.linspace(2, 3, 6)))
    assert_allclose(uneven.nearest(uneven.X), np.arange(4 * 5 * 6))
    assert uneven.nearest(np.array([[-9.0, 9.0, 2.05]]))[0] == uneven.nearest(np.array([[0.0, 1.0, 2.0]]))[0]


def test_an_empty_set_has_no_shape():
    with pytest.raises(ValueError, match="empty"):
        shape(np.zeros(9, bool), grid(3, 2))
