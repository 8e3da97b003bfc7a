"""GeO2: descriptor, spectra and moments."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from nnca.data import DATA, DataError, load_geo2, write
from nnca.features import SITE, coulomb_features, coulomb_matrix, distances_from_coulomb
from nnca.glass import EXPERIMENT, glasses
from nnca.spectra import (
    GEO2_WINDOWS,
    geo2_moments,
    geo2_spectra,
    geo2_sticks,
    moments,
    peaks,
    strength_in_windows,
    voigt_width,
    voigts,
)

SPECIES = np.array(SITE)


def sites(n, seed=0):
    """Made-up sites in the schema of data/geo2.nc: two frames, five bands."""
    rng = np.random.default_rng(seed)
    position = rng.uniform(-4, 4, (n, 18, 3))
    position[:, 0] = 0
    bands = np.sort(rng.normal([-17, -15, -4, -3, -2], 0.4, (2, 5)))
    return xr.Dataset(
        {
            "pressure": ("site", np.repeat([0.0, 20.0], [n - n // 2, n // 2]), {"units": "GPa"}),
            "frame": ("site", np.repeat([0, 1], [n - n // 2, n // 2])),
            "position": (("site", "atom", "xyz"), position, {"units": "angstrom"}),
            "species": ("atom", SPECIES),
            "coordination": ("site", rng.integers(4, 7, n)),
            "band_energy": (("frame", "band"), bands, {"units": "eV"}),
            "core_level": ("site", rng.normal(0, 0.2, n), {"units": "eV"}),
            "strength": (("site", "band"), rng.uniform(0.5, 1, (n, 5))),
            "line": ("band", [0, 0, 1, 1, 1]),
        }
    )


@given(st.integers(0, 10_000))
def test_features_do_not_feel_rotation_or_exchange(seed):
    ds = sites(4, seed)
    rng = np.random.default_rng(seed)
    turned = ds.position.values @ Rotation.random(rng=rng).as_matrix().T
    order = np.r_[0, 1 + rng.permutation(8), 9 + rng.permutation(9)]
    moved = ds.assign(position=(ds.position.dims, turned[:, order]))
    np.testing.assert_allclose(coulomb_features(moved), coulomb_features(ds), rtol=1e-9)


def test_the_order_of_species_in_the_file_does_not_matter():
    ds = sites(3)
    order = np.r_[0, 9:18, 1:9]
    other = ds.isel(atom=order)
    np.testing.assert_allclose(coulomb_matrix(other), coulomb_matrix(ds), rtol=1e-12)


@pytest.mark.parametrize("descriptor", [coulomb_matrix, coulomb_features])
def test_distances_survive_the_round_trip(descriptor):
    ds = sites(20)
    distance = np.linalg.norm(ds.position.values[:, 1:], axis=-1)
    expected = np.concatenate([np.sort(distance[:, :8]), np.sort(distance[:, 8:])], axis=1)
    np.testing.assert_allclose(distances_from_coulomb(descriptor(ds)), expected, atol=1e-10)


def test_the_matrix_of_two_atoms_by_hand():
    ds = xr.Dataset(
        {
            "position": (("site", "atom", "xyz"), [[[0, 0, 0], [0, 0, 2 * 0.529177210903]]]),
            "species": ("atom", np.array(["Ge", "O"])),
        }
    )
    expected = [[32**2.4 / 2, 32 * 8 / 2], [32 * 8 / 2, 8**2.4 / 2]]
    np.testing.assert_allclose(coulomb_matrix(ds)[0], expected)


def test_an_element_without_a_distance_gives_nan():
    coulomb = coulomb_features(sites(1))
    coulomb[0, [2, 5]] = [0.0, -3.0]
    distance = distances_from_coulomb(coulomb)[0]
    assert np.isnan(distance[[2, 5]]).all() and np.isfinite(np.delete(distance, [2, 5])).all()


def test_a_descriptor_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"coulomb must be \(n, 18, 18\) or \(n, 153\) for 18 atoms; got \(2, 152\)"):
        distances_from_coulomb(np.ones((2, 152)))


def test_spectra_agree_with_one_voigt_line_per_stick():
    from scipy.special import voigt_profile

    ds = sites(6)
    S = geo2_spectra(ds, gauss=2.0, lorentz=1.5)
    energy, strength = geo2_sticks(ds)
    sigma = 2.0 / np.sqrt(8 * np.log(2))
    lines = voigt_profile(S.energy.values - energy[..., None], sigma, 0.75)
    np.testing.assert_allclose(S, np.einsum("nl,nlc->nc", strength, lines), rtol=1e-3, atol=1e-6)


def test_blocks_change_nothing():
    energy, strength = geo2_sticks(sites(20))
    grid = np.linspace(-20, 0, 50)
    np.testing.assert_allclose(
        voigts(energy, strength, 2.0, 1.0, grid, block=3), voigts(energy, strength, 2.0, 1.0, grid), rtol=1e-12
    )


def test_own_sticks_replace_bands():
    banded = sites(6)
    energy, strength = geo2_sticks(banded)
    own = banded.drop_vars(["band_energy", "core_level", "strength", "line"])
    own = own.assign(xes_energy=(("site", "state"), energy), xes_strength=(("site", "state"), strength))
    np.testing.assert_allclose(geo2_spectra(own), geo2_spectra(banded))


def test_moments_of_a_gaussian_mixture():
    E = np.linspace(-30, 30, 6001)
    weights, centres, sigmas = np.array([0.3, 0.7]), np.array([-2.0, 1.0]), np.array([0.5, 1.5])
    S = (weights / sigmas * np.exp(-0.5 * ((E[:, None] - centres) / sigmas) ** 2)).sum(axis=1)
    mean = weights @ centres
    d = centres - mean
    var = weights @ (sigmas**2 + d**2)
    third = weights @ (d**3 + 3 * d * sigmas**2)
    fourth = weights @ (d**4 + 6 * d**2 * sigmas**2 + 3 * sigmas**4)
    found = moments(xr.DataArray([S], dims=("site", "energy"), coords={"energy": E}))[0]
    np.testing.assert_allclose(found, [mean, np.sqrt(var), third / var**1.5, fourth / var**2 - 3], rtol=1e-6)


def test_moments_do_not_feel_the_strength_and_follow_a_shift_of_the_core_level():
    ds = sites(5)
    wide = {"K-beta''": (-24.0, -9.5), "K-beta2": (-9.5, 6.0)}
    one = geo2_moments(ds, wide, gauss=1.0, lorentz=0.0)
    assert one.shape == (5, 8) and str(one.moment[4].values) == "mean of K-beta2"
    stronger = geo2_moments(ds.assign(strength=3 * ds.strength), wide, gauss=1.0, lorentz=0.0)
    np.testing.assert_allclose(stronger, one)
    lower = geo2_moments(ds.assign(core_level=ds.core_level + 0.5), wide, gauss=1.0, lorentz=0.0)
    np.testing.assert_allclose(lower - one, np.tile([-0.5, 0, 0, 0], (5, 2)), atol=2e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gauss": 0}, "gauss must be positive"),
        ({"lorentz": -1}, "lorentz not negative"),
        ({"window": (50, 60)}, "holds none of the lines"),
    ],
)
def test_bad_arguments_get_one_clear_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        geo2_spectra(sites(4), **arguments)


@pytest.mark.parametrize("window", [(-13, -23), (-30, -13), (1, 8)])
def test_a_window_must_rise_and_lie_inside_the_spectrum(window):
    with pytest.raises(ValueError, match="window of K-beta2 must rise and lie within -28 to 6 eV"):
        geo2_moments(sites(4), {"K-beta2": window})


def test_padded_sticks_of_a_reader_s_own_add_nothing():
    energy, strength = np.array([[-15.0, -3.0], [-14.0, -4.0]]), np.ones((2, 2))
    padded = [np.hstack([values, np.full((2, 1), np.nan)]) for values in (energy, strength)]
    both = [
        sites(2).assign(xes_energy=(("site", "state"), E), xes_strength=(("site", "state"), f))
        for E, f in ((energy, strength), padded)
    ]
    np.testing.assert_array_equal(*map(geo2_spectra, both))
    far = both[1].assign(xes_energy=both[1].xes_energy + 11_100)
    with pytest.raises(ValueError, match=r"holds none of the lines, which lie between 11085\.0 and 11097\.0 eV"):
        geo2_spectra(far)


def test_two_atoms_at_one_place_are_refused():
    ds = sites(3)
    ds.position.values[1, 4] = ds.position.values[1, 5]
    with pytest.raises(ValueError, match="position of site 1 has two atoms at one place"):
        coulomb_features(ds)


def test_a_voigt_line_has_its_width():
    from scipy.special import voigt_profile

    E = np.linspace(-10, 10, 20_001)
    line = voigt_profile(E, 2.5 / np.sqrt(8 * np.log(2)), 1.0)
    assert np.ptp(E[line > line.max() / 2]) == pytest.approx(voigt_width(2.5, 2.0), rel=1e-3)


def test_windows_hold_the_strength_of_their_own_line():
    ds = sites(6)
    everything = {"K-beta''": (-24.0, -9.5), "K-beta2": (-9.5, 7.5)}
    np.testing.assert_allclose(strength_in_windows(ds, everything), 1)
    swapped = dict(zip(everything, reversed(everything.values()), strict=True))
    np.testing.assert_allclose(strength_in_windows(ds, swapped), 0)


def test_a_shoulder_is_not_a_line():
    E = np.linspace(-10, 10, 201)
    two = np.exp(-0.5 * (E + 5) ** 2) + np.exp(-0.5 * (E - 5) ** 2)
    one = np.exp(-0.5 * (E - 5) ** 2)
    S = xr.DataArray([two, one], dims=("site", "energy"), coords={"energy": E})
    assert list(peaks(S, (-8, -2))) == [True, False]
    assert list(peaks(S, (2, 8))) == [True, True]


def test_our_own_geo2_data():
    ds = load_geo2()
    assert len(np.unique(ds.pressure)) == 11 and ds.sizes["site"] == 32 * ds.sizes["frame"]
    assert (DATA / "geo2.nc").stat().st_size < 40e6
    assert all(np.isfinite(ds[name].values).all() for name in ds.data_vars if ds[name].dtype.kind == "f")
    S = geo2_spectra(ds)
    assert all((ds.strength.values[:, ds.line.values == line].sum(axis=1) > 0).all() for line in (0, 1))
    shoulders = [1 - peaks(S, window).mean() for window in GEO2_WINDOWS.values()]
    assert max(shoulders) < 1e-3, "a line without a maximum of its own, once it is broadened"
    for pressure in np.unique(ds.pressure):
        held = strength_in_windows(ds.isel(site=ds.pressure.values == pressure)).mean(axis=0)
        assert held.min() > 0.95, f"windows at {pressure:g} GPa"


def test_our_glasses_are_those_that_the_data_card_describes():
    """Coordination, density and defects within the limits that were set before the glasses were made."""
    table = glasses(load_geo2())
    n, error = table.coordination, table.coordination_error
    assert abs(n[0.0] - 4) < 0.1 and n[20.0] > 5.2 and n[40.0] > 5.7 and n[120.0] > 5.9
    assert (n.diff().dropna() > -2 * np.hypot(error, error.shift()).dropna()).all(), "rises within its error"
    assert table["O-2"][0.0] > 0.96
    assert table.density[0.0] == pytest.approx(EXPERIMENT["density"][0][2], rel=0.05)


def off_centre(ds):
    ds.position.values[1, 0] = 0.5
    return ds


def own_sticks(ds, energy, strength):
    energy, strength = (np.tile(values, (ds.sizes["site"], 1)) for values in (energy, strength))
    return ds.assign(
        xes_energy=(("site", "state"), energy, {"units": "eV"}), xes_strength=(("site", "state"), strength)
    )


BROKEN = {
    "negative pressure": (lambda ds: ds.assign(pressure=ds.pressure - 5), "pressure at site 0 is -5.0 GPa"),
    "wrong unit": (lambda ds: ds.assign(position=ds.position.assign_attrs(units="bohr")), "must be in angstrom"),
    "wrong species": (lambda ds: ds.assign(species=("atom", np.array(["Ge"] * 9 + ["Si"] * 9))), "must be Ge or O"),
    "no species": (lambda ds: ds.drop_vars("species"), "variable species .* is missing"),
    "no frame": (
        lambda ds: ds.assign_coords(frame=("site", np.full(6, 9))),
        "frame counts to 9; the file holds frames 0 to 1",
    ),
    "half a frame": (lambda ds: ds.assign(frame=ds.frame + 0.5), "frame at site 0 is 0.5 ; it must be a whole number"),
    "two coordinates": (lambda ds: ds.isel(xyz=[0, 1]), "dimension xyz must have length 3; it has 2"),
    "padding in different places": (
        lambda ds: own_sticks(ds, [[1.0, np.nan]], [[1.0, 1.0]]),
        "xes_energy and xes_strength of site 0 are NaN in different places",
    ),
    "no line": (lambda ds: own_sticks(ds, [[np.nan] * 2], [[np.nan] * 2]), "of site 0 are NaN for every line"),
    "not centred": (off_centre, "relative to the central Ge"),
    "mismatched arrays": (
        lambda ds: ds.assign(core_level=("frame", np.zeros(2), {"units": "eV"})),
        r"core_level must have dimensions \('site',\); it has \('frame',\)",
    ),
    "half of own sticks": (
        lambda ds: ds.assign(xes_energy=(("site", "state"), np.zeros((6, 2)), {"units": "eV"})),
        "variable xes_strength .* is missing",
    ),
    "no strength": (lambda ds: ds.drop_vars("strength"), "variable strength .* is missing"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_content_is_named(name, tmp_path):
    change, message = BROKEN[name]
    good = sites(6)
    good = good.assign(
        {
            name: good[name].assign_attrs(units=unit)
            for name, unit in {"pressure": "GPa", "position": "angstrom"}.items()
        }
    )
    path = tmp_path / "broken.nc"
    write(change(good), path)
    with pytest.raises(DataError, match=message):
        load_geo2(path)


def test_whole_numbers_may_be_stored_as_floats(tmp_path):
    ds = sites(6)
    ds = ds.assign(frame=ds.frame.astype(float), line=ds.line.astype(float))
    write(ds, tmp_path / "geo2.nc")
    assert geo2_moments(load_geo2(tmp_path / "geo2.nc")).shape == (6, 8)


def test_fewer_sites_are_spread_over_the_file(tmp_path):
    write(sites(40), tmp_path / "geo2.nc")
    some = load_geo2(tmp_path / "geo2.nc", 10)
    assert some.sizes["site"] == 10 and set(some.pressure.values) == {0.0, 20.0}
    assert some.sizes["frame"] == 2
    with pytest.raises(DataError, match="asked for 41 sites; the file holds 40"):
        load_geo2(tmp_path / "geo2.nc", 41)
