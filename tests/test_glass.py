"""GeO2 in the data chapter: structure of the glasses, learnability, tables of the validation."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import nnca.learning_curve as kernel_ridge
from nnca.book.glass_checks import (
    box_size_effect,
    box_sizes,
    box_structures,
    crystal_lines,
    crystal_structures,
    drift,
    load_validation,
    recomputed,
    settings,
)
from nnca.data import load_geo2
from nnca.features import SITE
from nnca.glass import closest_pairs, density, glasses, order, oxygen_distances, periodic_distances, typical
from nnca.learning_curve import by_level, learning_curve
from nnca.problem import split


def octahedra(bonds=(1.9, 1.8), edges=(10.0, 10.0, 10.0)):
    """Sites with six O at one distance each, in boxes of two Ge and four O: one box and pressure for each bond."""
    directions = np.concatenate([np.eye(3), -np.eye(3)])
    position = np.full((len(bonds), 18, 3), 5.0)
    position[:, 0] = 0
    for site, bond in enumerate(bonds):
        position[site, 9:15] = bond * directions
    box = np.array([[0, 0, 0], [3.6, 0, 0], [1.8, 0, 0], [0, 1.8, 0], [0, 0, 1.8], [3.6, 1.8, 0]])
    return xr.Dataset(
        {
            "pressure": ("site", np.arange(len(bonds), dtype=float)),
            "frame": ("site", np.arange(len(bonds))),
            "position": (("site", "atom", "xyz"), position),
            "species": ("atom", np.array(SITE)),
            "frame_species": ("frame_atom", np.array(["Ge"] * 2 + ["O"] * 4)),
            "frame_position": (("frame", "frame_atom", "xyz"), np.array([box] * len(bonds))),
            "cell": (("frame", "xyz"), np.array([edges] * len(bonds))),
        }
    )


def test_distances_reach_across_the_border():
    distance = periodic_distances(np.array([[0.1, 0, 0], [3.9, 2, 0], [2.0, 0, 0]]), np.array([4.0, 4, 4]))
    np.testing.assert_allclose(distance[0], [0, np.hypot(0.2, 2), 1.9], atol=1e-12)
    np.testing.assert_allclose(distance, distance.T)


def test_density_of_rutile_type_geo2():
    assert density(["Ge", "O", "O"] * 2, 4.4066**2 * 2.8619) == pytest.approx(6.25, abs=0.01)


def test_the_table_of_glasses_counts_bonds_on_both_sides():
    table = glasses(octahedra())
    assert list(table.index) == [0.0, 1.0]
    assert list(table.coordination) == [6, 6] and list(table["6-fold"]) == [1, 1]
    np.testing.assert_allclose(table.ge_o, [1.9, 1.8])
    assert table["O-2"].tolist() == [0.25, 0.25] and table["O-other"].tolist() == [0.75, 0.75]
    np.testing.assert_allclose(table.closest_ge_ge, 3.6)
    np.testing.assert_allclose(table.density, density(2 * ["Ge", "O", "O"], 1000.0))


def test_sites_without_boxes_have_a_table_too():
    table = glasses(octahedra().drop_vars(["frame_position", "cell", "frame_species"]))
    assert list(table.coordination) == [6, 6] and table.density.isna().all()


def test_the_typical_site_has_the_bonds_of_the_mean():
    ds = octahedra((1.7, 1.84, 1.86, 2.0))
    assert typical(ds, 6) in (1, 2)
    assert oxygen_distances(ds).shape == (4, 9)
    with pytest.raises(ValueError, match=r"no site has 4 O within 2\.4 angstrom"):
        typical(ds, 4)


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    level = np.repeat(np.arange(4.0), 100)
    Y = np.column_stack([np.sin(X[:, 0]) + level, X[:, 1]])
    return X, Y, level


def test_a_smooth_function_is_learnt_and_more_rows_help(problem):
    X, Y, level = problem
    curve = learning_curve(np.column_stack([X, level]), Y, *split(400, 0), 0)
    assert curve.sizes == [20, 40, 80, 160, 320]
    assert curve.scores[-1] > 0.98 and curve.scores[-1] > curve.scores[0]
    assert curve.each().mean() == pytest.approx(curve.scores[-1], abs=0.02)
    low, high = curve.interval(0)
    assert low < curve.scores[-1] < high


def test_noise_cannot_be_learnt(problem):
    X, Y, level = problem
    curve = learning_curve(X, np.random.default_rng(1).normal(size=Y.shape), *split(400, 0, level), 0, level)
    assert curve.scores[-1] < 0.1


def test_groups_stay_together_in_the_search(monkeypatch, problem):
    X, Y, level = problem
    seen = []
    true_split = kernel_ridge.GroupKFold.split

    def watched(self, X, y=None, groups=None):
        for folds in true_split(self, X, y, groups):
            seen.append([set(groups[rows]) for rows in folds])
            yield folds

    monkeypatch.setattr(kernel_ridge.GroupKFold, "split", watched)
    kernel_ridge.tuned_kernel(X, Y, np.arange(400), level)
    assert seen and all(not inside & outside for inside, outside in seen)


def test_a_level_alone_explains_what_varies_between_levels():
    level = np.repeat([0.0, 1.0], 50)
    Y = np.column_stack([level, np.tile([0.0, 1.0], 50)])
    assert by_level(level, Y, np.arange(0, 100), np.arange(100)) == pytest.approx(0.5)


def test_order_is_1_for_a_crystal_and_low_for_random_positions():
    edges = np.array([8.0, 10.0, 12.0])
    crystal = np.array(list(np.ndindex(2, 2, 4))) * edges / (2, 2, 4)
    assert order(crystal, edges) == pytest.approx(1)
    rng = np.random.default_rng(0)
    warm = order(crystal + 0.2 * rng.normal(size=crystal.shape), edges)
    assert 0.6 < warm < 0.99
    assert max(order(rng.uniform(0, 1, (32, 3)) * edges, edges) for _ in range(5)) < 0.4


@settings_of_hypothesis(max_examples=20)
@given(arrays(float, 3, elements=st.floats(-20, 20)), st.integers(0, 5))
def test_order_and_contacts_do_not_feel_where_the_box_is_cut(shift, seed):
    edges = np.array([8.0, 10.0, 12.0])
    xyz = np.random.default_rng(seed).uniform(0, 1, (20, 3)) * edges
    moved = (xyz + shift) % edges
    assert order(moved, edges) == pytest.approx(order(xyz, edges), rel=1e-6)
    np.testing.assert_allclose(closest_pairs(moved, edges), closest_pairs(xyz, edges), atol=1e-9)


def test_the_tables_of_the_validation_say_what_decides():
    report = load_validation()
    structures, lines = crystal_structures(report), crystal_lines(report)
    assert structures["Ge–O (Å), %"].abs().max() < 2
    assert (lines.loc[("sz", "rutile − quartz"), ["Kβ″", "Kβ₂"]] < 0).all()
    assert (lines.loc[("dzp", "rutile − quartz"), ["Kβ″", "Kβ₂"]] > 0.3).all()
    assert abs(lines.loc[("dzp", "quartz-type"), "Kβ₂"]) < 6
    table = settings(report)
    assert table.filter(like="r, ").drop("basis sz").min().min() > 0.98
    assert 0 < drift(report, "PBE instead of LDA") < 0.3
    assert box_sizes(report).shape == (8, 3 * len(report["larger_boxes"])) and box_size_effect(report).mean() < 2
    again, structures = recomputed(report), box_structures(report)
    assert again is None or again.filter(like="energies").max(axis=None) < 5
    assert structures is None or structures.shape == (11, 6)
    assert report["frames_in_data"] == load_geo2().sizes["frame"], "made with other data"
