"""Moments are integrals: the grid, its edges and a background must not decide them."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from nnca.data import load_geo2
from nnca.moments import GEO2_WINDOWS, moments, windowed_moments
from nnca.spectra import LORENTZ, geo2_moments, geo2_spectra, geo2_sticks, strength_in_windows, voigts


def spectra(values, energy):
    return xr.DataArray(np.atleast_2d(values), dims=("site", "energy"), coords={"energy": energy})


@pytest.fixture(scope="module")
def curves():
    """Spectra of some of our sites as functions of energy, from a grid of 0.02 eV."""
    grid = np.linspace(-29, 7, 1801)
    return CubicSpline(grid, voigts(*geo2_sticks(load_geo2(sites=12)), 2.5, LORENTZ, grid), axis=1)


@pytest.fixture(scope="module")
def fine(curves):
    return on_grid(curves, np.linspace(-28, 6, 6801)).pipe(windowed_moments)


def on_grid(curves, grid):
    return spectra(curves(grid), grid)


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), largest=st.floats(0.02, 0.2), evenness=st.floats(0.05, 1.0))
@example(seed=0, largest=0.2, evenness=1.0)
def test_moments_do_not_depend_on_the_grid(curves, fine, seed, largest, evenness):
    steps = largest * np.random.default_rng(seed).uniform(evenness, 1, int(80 / largest / evenness))
    grid = -28.3 + np.cumsum(steps)
    found = windowed_moments(on_grid(curves, grid[: np.searchsorted(grid, 6.3) + 1]))
    error = np.abs(found - fine).values.reshape(-1, 2, 4)
    assert error[..., :2].max() < 0.02, "mean and standard deviation, eV"
    assert error[..., 2:].max() < 0.02, "skewness and kurtosis"


def test_a_grid_as_of_xafs_gives_the_line_s_mean():
    """Steps of 0.1 eV at the line and 1 eV behind it: a sum over channels is off by 0.6 eV."""
    E = np.concatenate([np.arange(-10, 0, 0.1), np.arange(0, 12, 0.5)])
    line = np.exp(-0.5 * (E / 2) ** 2)
    found = moments(spectra(line, E))[0]
    np.testing.assert_allclose(found[:2], [0, 2], atol=0.02)
    assert abs((line @ E) / line.sum()) > 0.6


@given(low=st.floats(-23.5, -23.0), high=st.floats(-13.5, -13.0))
def test_a_moving_edge_moves_moments_smoothly(curves, low, high):
    S = on_grid(curves, np.linspace(-28, 6, 171))  # 0.2 eV a channel
    here, there = (windowed_moments(S, {"line": (low + step, high)}) for step in (0, 1e-4))
    assert np.abs(here - there).max() < 1e-3


def test_our_moments_agree_with_a_fine_grid():
    ds = load_geo2(sites=300)
    ours, fine = geo2_moments(ds), geo2_moments(ds, channels=3401)
    assert (np.abs(ours - fine).max("site") / ours.std("site")).max() < 5e-3


def test_the_edges_of_windows_are_interpolated():
    E = np.arange(0.0, 11)
    found = windowed_moments(spectra(E, E), {"ramp": (0.5, 9.5)})[0]
    np.testing.assert_allclose(found[0], (9.5**3 - 0.5**3) / 3 / ((9.5**2 - 0.5**2) / 2), rtol=5e-3)


E = np.linspace(-25, 5, 301)
LINE = np.exp(-0.5 * ((E + 4) / 1.5) ** 2) + 0.3 * np.exp(-0.5 * ((E + 18) / 1.5) ** 2)


@pytest.mark.parametrize(
    ("values", "energy", "message"),
    [
        (LINE, np.r_[E[:5], E[4:-1]], r"energy must rise .*: -24\.6 eV comes twice; sort and merge the channels"),
        (LINE, E[::-1], r"energy must rise .*: 5 eV is followed by 4\.9 eV"),
        (LINE, np.r_[np.nan, E[1:]], "energy must hold two or more finite numbers"),
        (np.r_[LINE[:-1], np.nan], E, r"site 0 is nan at 5 eV; leave such channels out"),
        (np.zeros(301), E, "site 0: K-beta'' has no strength"),
        (np.eye(301)[100], E, "site 0: K-beta'' is in one channel alone"),
        (LINE - 0.1, E, r"site 0: K-beta'' has too much negative weight between -23 and -13\.5 eV .*narrow the window"),
        (-LINE, E, "site 0: K-beta'' has too much negative weight"),
    ],
)
def test_what_has_no_moments_is_refused(values, energy, message):
    with np.errstate(all="raise"), pytest.raises(ValueError, match=message):
        windowed_moments(spectra(values, energy), GEO2_WINDOWS)


@settings(max_examples=200)
@given(seed=st.integers(0, 100_000), level=st.floats(-0.5, 0.5), noise=st.floats(0, 0.5))
def test_moments_are_finite_or_refused(seed, level, noise):
    values = LINE + level + np.random.default_rng(seed).normal(0, noise, LINE.shape)
    try:
        found = windowed_moments(spectra(values, E))
    except ValueError as refusal:
        assert "correct its background or narrow the window" in str(refusal)
    else:
        assert np.isfinite(found).all() and (found.values[0, [1, 5]] > 0).all()


def test_noise_around_zero_is_no_background():
    noisy = LINE + np.random.default_rng(0).normal(0, 0.003, LINE.shape)
    np.testing.assert_allclose(
        windowed_moments(spectra(noisy, E))[0, [0, 4]], windowed_moments(spectra(LINE, E))[0, [0, 4]], atol=0.05
    )


def test_a_window_needs_channels():
    with pytest.raises(ValueError, match=r"window of K-beta2, -4 to -3\.9 eV, holds \d channels; four moments need"):
        windowed_moments(spectra(LINE, E), {"K-beta2": (-4.0, -3.9)})
    with pytest.raises(ValueError, match="window of K-beta2 must be two energies in eV"):
        windowed_moments(spectra(LINE, E), {"K-beta2": 4})


@pytest.fixture(scope="module")
def own():
    """Ten of our sites as a reader's own sticks, which do not say which line they belong to."""
    ds = load_geo2(sites=10)
    energy, strength = geo2_sticks(ds)
    ds = ds.drop_vars(["band_energy", "core_level", "strength", "line"])
    return ds.assign(xes_energy=(("site", "state"), energy), xes_strength=(("site", "state"), strength))


def test_a_shift_undoes_another_zero(own):
    absolute = own.assign(xes_energy=own.xes_energy.astype(float) + 11_100)
    np.testing.assert_allclose(geo2_moments(absolute, shift=-11_100), geo2_moments(own), atol=1e-3)
    with pytest.raises(
        ValueError, match=r"K-beta: window -28 to 6 eV holds none of the lines, .*set shift= or window="
    ):
        geo2_moments(absolute)


@pytest.mark.filterwarnings("ignore:K-beta''.*holds")  # the other line is partly outside
@pytest.mark.parametrize("shift", [-13, 13])
def test_a_lost_line_is_refused(own, shift):
    with pytest.raises(ValueError, match=r"K-beta.*: window .* holds .* of the (strength of the )?lines"):
        geo2_moments(own, shift=shift, window=(-45, 25), channels=701)


def test_strength_outside_a_window_is_said(own):
    assert strength_in_windows(own).mean(axis=0).min() > 0.95
    narrow = GEO2_WINDOWS | {"K-beta2": (-9.0, -2.0)}
    share = strength_in_windows(load_geo2(sites=10), narrow)[:, 1].mean()
    assert 0.5 < share < 0.9
    with pytest.warns(UserWarning, match=r"K-beta2: window -9 to -2 eV holds \d\d% .*set shift= or windows= \(eV\)"):
        geo2_moments(load_geo2(sites=10), narrow)
    one = {"K-beta2": GEO2_WINDOWS["K-beta2"]}
    np.testing.assert_array_equal(geo2_moments(own, one), geo2_moments(own)[:, 4:])
    assert strength_in_windows(own, one).shape == (10, 1)


def test_a_stray_line_far_away_costs_and_changes_nothing(own):
    energy, strength = own.xes_energy.values.astype(float).copy(), own.xes_strength.values.copy()
    strength[:, 0] = 0
    stray = own.assign(xes_strength=(("site", "state"), strength))
    energy[:, 0], strength = 19_000.0, strength.copy()
    strength[:, 0] = 1e-9 * strength.max()
    far = stray.assign(xes_energy=(("site", "state"), energy), xes_strength=(("site", "state"), strength))
    np.testing.assert_allclose(geo2_spectra(far), geo2_spectra(stray), rtol=1e-4)
