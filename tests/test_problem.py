"""Learning problems: splits and standardisation."""

import numpy as np
import pytest
import xarray as xr

from nnca.data import load_geo2, load_h2o
from nnca.features import H2O_FEATURES, soft_distances
from nnca.problem import Standardiser, glass_problem, split, water_problem


@pytest.fixture(scope="module")
def glass():
    return load_geo2(sites=400)


def test_water_is_standardised_by_its_training_rows_alone():
    task = water_problem(load_h2o(snapshots=200), "xes", seed=3)
    X, Y = task.train
    assert X.shape == (160, 3) and Y.shape == (160, 121) and task.test[0].shape == (40, 3)
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(X.std(axis=0), 1)
    assert Y.std() == pytest.approx(1) and Y.std(axis=0).max() > 1.5, "one scale for all channels"
    assert not np.allclose(task.test[0].mean(axis=0), 0, atol=1e-3)


def test_targets_come_back_in_their_units():
    ds = load_h2o(snapshots=100)
    task = water_problem(ds, "xps", fwhm=0.8)
    back = task.targets.inverse_transform(task.Y)
    assert back.min() > -1e-9 and back.max() == pytest.approx(2 * np.sqrt(np.log(2) / np.pi) / 0.8, rel=1e-2)


def test_glass_has_153_features_and_8_moments_and_splits_by_box(glass):
    task = glass_problem(glass, by="box")
    assert task.X.shape == (400, 153) and task.Y.shape == (400, 8)
    boxes = glass.frame.values
    assert not set(boxes[task.train_rows]) & set(boxes[task.test_rows])
    with pytest.raises(ValueError, match="by must be site or box; got 'row'"):
        glass_problem(glass, by="row")


def test_another_descriptor_takes_the_place_of_the_coulomb_matrix(glass):
    assert glass_problem(glass, descriptor=soft_distances).X.shape == (400, 80)


def test_boxes_of_one_parent_stay_together(glass):
    parents = np.arange(glass.sizes["frame"]) // 11
    ds = glass.assign(parent=("frame", parents))
    task = glass_problem(ds, by="parent")
    of_site = parents[ds.frame.values]
    assert not set(of_site[task.train_rows]) & set(of_site[task.test_rows])
    assert len(task.test_rows) == pytest.approx(80, abs=15)


def test_a_split_that_the_data_do_not_allow_is_refused(glass):
    if "parent" in glass:
        glass = glass.drop_vars("parent")
    with pytest.raises(ValueError, match=r"by='parent' needs the variable parent \(frame\).*; take by='box'"):
        glass_problem(glass, by="parent")
    one = glass.isel(site=np.flatnonzero(glass.frame.values == glass.frame.values[0]))
    with pytest.raises(ValueError, match="by='box' needs sites of two boxes or more; there is one"):
        glass_problem(one, by="box")
    with pytest.raises(ValueError, match="by='parent' needs sites of two parents or more; there is one"):
        glass_problem(glass.assign(parent=("frame", np.zeros(glass.sizes["frame"], int))), by="parent")
    with pytest.raises(ValueError, match="need two rows or more; there is 1"):
        split(1, 0)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-9, 539.9, 1.1e4, -1e9])
def test_a_column_constant_up_to_rounding_is_refused(value):
    rng = np.random.default_rng(0)
    still = value * (1 + 1e-14 * rng.normal(size=50))
    A = np.column_stack([rng.normal(size=50), still])
    with pytest.raises(ValueError, match=r"column 1 does not vary beyond rounding \(all .*\) and cannot"):
        Standardiser.fit(A)
    with pytest.raises(ValueError, match=r"column 1 \(O-H length\) does not vary"):
        Standardiser.fit(A, names=["angle", "O-H length"])
    with pytest.raises(ValueError, match="the spectra do not vary beyond rounding"):
        Standardiser.fit(np.repeat(still[:, None], 3, axis=1), one_scale=True)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_small_and_large_columns_that_vary_are_standardised(scale, offset):
    A = scale * (offset + np.random.default_rng(0).normal(size=(200, 3)))
    np.testing.assert_allclose(Standardiser.fit(A).transform(A).std(axis=0), 1)
    np.testing.assert_allclose(Standardiser.fit(A, one_scale=True).transform(A).std(), 1)


def test_a_column_that_is_not_finite_is_named():
    with pytest.raises(ValueError, match="column 2 holds NaN or inf and cannot be standardised"):
        Standardiser.fit(np.array([[0.0, 1, 2], [3, 4, np.nan]]))


def test_a_problem_names_its_column():
    ds = load_h2o(snapshots=100)
    still = ds.assign(hoh_angle=xr.full_like(ds.hoh_angle, 104.5))
    with pytest.raises(
        ValueError, match=rf"column 0 \({H2O_FEATURES[0]}\) does not vary beyond rounding \(all 104\.5\)"
    ):
        water_problem(still, "xes")


def test_another_zero_is_shifted_away():
    ds = load_h2o(snapshots=100)
    lower = ds.assign(xps_energy=ds.xps_energy - 20)
    np.testing.assert_allclose(water_problem(lower, "xps", shift=20).Y, water_problem(ds, "xps").Y, atol=1e-9)
    with pytest.raises(ValueError, match=r"xps: window 537\.5 to 543\.5 eV holds none of the lines, .*shift="):
        water_problem(lower, "xps")
