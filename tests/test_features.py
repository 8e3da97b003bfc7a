"""Descriptors of GeO2 where atoms change places; what they promise elsewhere stands in test_geo2.py."""

import numpy as np
import pytest
import xarray as xr
from scipy.spatial.transform import Rotation

from nnca.data import load_geo2
from nnca.features import coulomb_features, jumping_sites, soft_distances


@pytest.fixture(scope="module")
def glass():
    return load_geo2(sites=1000)


def at(ds, position):
    return ds.assign(position=(ds.position.dims, position))


def test_coulomb_features_jump_at_a_tie_and_soft_distances_do_not(glass):
    """Two O at one distance, moved by less than the rounding of any measurement."""
    site = glass.isel(site=[0, 1])
    tie = site.position.values.astype(float)
    first, second = np.flatnonzero(site.species.values == "O")[:2]
    tie[:, second] *= (np.linalg.norm(tie[:, first], axis=-1) / np.linalg.norm(tie[:, second], axis=-1))[:, None]
    left, right = tie.copy(), tie.copy()
    left[:, first] *= 1 - 1e-9
    right[:, first] *= 1 + 1e-9
    jump, smooth = (
        np.abs(descriptor(at(site, left)) - descriptor(at(site, right))).max()
        for descriptor in (coulomb_features, soft_distances)
    )
    assert jump > 1 and smooth < 1e-6


def test_the_share_of_sites_that_jump(glass):
    often = jumping_sites(glass)
    assert 0.08 < often < 0.16 and often == jumping_sites(glass, random_state=0)
    assert jumping_sites(glass, noise=1e-5) < 0.01
    assert jumping_sites(glass, noise=0) == 0
    assert jumping_sites(glass, soft_distances) < 0.002
    with pytest.raises(ValueError, match="two or more are needed; got 1"):
        jumping_sites(glass.isel(site=[0]))


def test_soft_distances_do_not_feel_rotation_or_exchange(glass):
    ds, rng = glass.isel(site=slice(20)), np.random.default_rng(0)
    oxygen = ds.species.values == "O"
    order = np.r_[0, 1 + rng.permutation(17)]
    turned = (ds.position.values @ Rotation.random(rng=rng).as_matrix().T)[:, order]
    moved = at(ds, turned).assign(species=("atom", ds.species.values[order]))
    x = soft_distances(ds)
    np.testing.assert_allclose(soft_distances(moved), x, rtol=1e-4, atol=1e-6)
    assert x.shape == (20, 80) and oxygen.sum() == 9


def test_soft_distances_count_pairs_of_each_kind():
    """Ge at the origin, O at 1.75, Ge at 3.0 angstrom: one pair of the first two kinds, and one Ge-O of neighbours."""
    ds = xr.Dataset(
        {
            "position": (("site", "atom", "xyz"), [[[0, 0, 0], [1.75, 0, 0], [0, 3.0, 0]]]),
            "species": ("atom", np.array(["Ge", "O", "Ge"])),
        }
    )
    x = soft_distances(ds).reshape(5, 16)  # kinds, centres from 1.75 angstrom by 0.25
    assert x[0, 0] == 1 and x[1, 5] == 1 and x[0, 1] == pytest.approx(np.exp(-0.5))
    assert x[3].argmax() == 7 and x[3].max() > 0.9, "between neighbours: 3.47 angstrom"
    assert not x[[2, 4]].any()
