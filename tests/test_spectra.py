import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnca.data import load_geo2, load_h2o
from nnca.features import h2o_features
from nnca.spectra import FWHM_PER_SIGMA, gaussians, geo2_moments, h2o_spectra, h2o_sticks, strength_in_window


def test_features_are_angle_and_lengths_in_this_order(water):
    x = h2o_features(water)
    assert x.shape == (40, 3)
    np.testing.assert_array_equal(x[:, 0], water.hoh_angle)
    np.testing.assert_array_equal(x[:, 1:], water.oh_length)


@pytest.mark.parametrize("kind", ["xps", "xes", "xas"])
def test_area_of_a_spectrum_is_the_sum_of_its_strengths(water, kind):
    S = h2o_spectra(water, kind, fwhm=0.5, window=(490, 580), channels=20_001)
    area = S.integrate("energy")
    np.testing.assert_allclose(area, h2o_sticks(water, kind)[1].sum(axis=1), rtol=1e-6)


@given(centre=st.floats(510, 520), fwhm=st.floats(0.2, 3.0), strength=st.floats(0.1, 100), shift=st.floats(-2, 2))
def test_a_line_has_its_width_height_and_place(centre, fwhm, strength, shift):
    at = np.array([centre, centre + fwhm / 2, centre - fwhm / 2])
    line = gaussians(np.array([[centre]]), np.array([[strength]]), np.array([[fwhm]]), at)[0]
    np.testing.assert_allclose(line[1:], line[0] / 2, rtol=1e-6)
    np.testing.assert_allclose(line[0], strength / (np.sqrt(2 * np.pi) * fwhm / FWHM_PER_SIGMA), rtol=1e-9)
    moved = gaussians(np.array([[centre + shift]]), np.array([[strength]]), np.array([[fwhm]]), at + shift)[0]
    np.testing.assert_allclose(moved, line, rtol=1e-6)


def test_blocks_change_nothing(water):
    energy, strength = h2o_sticks(water, "xes")
    grid, width = np.linspace(515, 532, 31), np.full_like(energy, 1.0)
    np.testing.assert_array_equal(gaussians(energy, strength, width, grid, 7), gaussians(energy, strength, width, grid))


def test_padding_adds_nothing(water):
    padded = h2o_spectra(water, "xas")
    trimmed = h2o_spectra(water.isel(state=slice(4)), "xas")
    np.testing.assert_allclose(padded[::2], trimmed[::2])


def test_xas_lines_widen_above_the_threshold_only(water):
    one = water.isel(snapshot=slice(1), state=slice(1)).copy(deep=True)
    one.xas_strength[:] = 1.0
    peaks = []
    for energy in (535.0, 537.0, 539.2, 540.2):
        one.xas_energy[:] = energy
        peaks.append(float(h2o_spectra(one, "xas", window=(530, 545), channels=1501).max()))
    assert peaks[0] == pytest.approx(peaks[1], rel=1e-4)
    assert peaks[2] == pytest.approx(peaks[0] / 1.5, rel=1e-3)
    assert peaks[3] == pytest.approx(peaks[0] / 2.0, rel=1e-3)


def test_schemes_share_the_dipole_and_differ_in_energy(water):
    (e_ip, i_ip), (e_ks, i_ks) = (h2o_sticks(water, "xes", scheme) for scheme in ("ip", "ks"))
    np.testing.assert_allclose(i_ip / e_ip**3, i_ks / e_ks**3)
    np.testing.assert_array_equal(e_ip, water.xes_energy)
    np.testing.assert_array_equal(e_ks, water.xes_energy_ks)
    assert np.abs(e_ip - e_ks).max() > 0.1, "rtol of allclose is 5 meV at 525 eV: say how far apart"


def test_scheme_ks_without_its_energies_is_refused_and_the_rest_runs(water):
    bare = water.drop_vars("xes_energy_ks")
    np.testing.assert_array_equal(h2o_spectra(bare, "xes"), h2o_spectra(water, "xes"))
    with pytest.raises(ValueError, match=r"scheme ks needs the variable xes_energy_ks.* take scheme ip"):
        h2o_spectra(bare, "xes", scheme="ks")


@pytest.mark.parametrize("kind", ["xps", "xes", "xas"])
@pytest.mark.parametrize("scheme", ["ip", "ks"])
def test_a_shift_undoes_another_zero(water, kind, scheme):
    names = [f"{kind}_energy"] + (["xes_energy_ks"] if kind == "xes" else [])
    lower = water.assign({name: water[name] - 20.0 for name in names})
    back = h2o_spectra(lower, kind, scheme=scheme, shift=20.0)
    np.testing.assert_allclose(back, h2o_spectra(water, kind, scheme=scheme), rtol=1e-3)


def test_strength_outside_the_window_is_said_then_refused(water):
    said = r"xes: window 515 to 532 eV holds 75% of the strength of the lines, which lie between .* eV; set shift= or"
    one = water.assign(xes_strength=water.xes_strength * 0 + [0.0, 1.0, 1.0, 1.0])
    assert strength_in_window(one, "xes") == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        h2o_spectra(one, "xes")
    partly = one.assign(xes_strength=one.xes_strength * 0 + [0.25, 0.25, 0.25, 0.25])
    assert strength_in_window(partly, "xes") == pytest.approx(0.75)
    with pytest.warns(UserWarning, match=said):
        h2o_spectra(partly, "xes")
    with pytest.raises(ValueError, match=r"holds 33% of the strength .*or min_share= below 0\.33 to leave lines out"):
        h2o_spectra(one, "xes", shift=9.0)
    with pytest.warns(UserWarning, match="holds 33%"):
        h2o_spectra(one, "xes", shift=9.0, min_share=0.3)
    with pytest.raises(ValueError, match=r"holds none of the lines, which lie between .*; set shift= or window="):
        h2o_spectra(one, "xes", shift=30, min_share=0)


@pytest.mark.parametrize(("shift", "held"), [(0, 1.0), (-4, 1.0), (4, 0.65), (6, 0.22), (-30, 0.0)])
def test_the_share_of_xas_counts_what_lies_below_the_continuum(shift, held):
    assert strength_in_window(load_h2o(snapshots=500), "xas", shift=shift) == pytest.approx(held, abs=0.05)


def test_our_own_spectra_need_no_word():
    water, glass = load_h2o(), load_geo2(sites=2000)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for kind in ("xps", "xes", "xas"):
            h2o_spectra(water, kind)
        geo2_moments(glass)
    assert min(strength_in_window(water, kind) for kind in ("xps", "xes", "xas")) > 0.95


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "xrd"}, "kind must be one of xps, xes, xas; got 'xrd'"),
        ({"kind": "xes", "scheme": "gw"}, "scheme must be ip or ks; got 'gw'"),
        ({"kind": "xes", "fwhm": 0}, "fwhm must be a positive width in eV; got 0"),
        ({"kind": "xes", "fwhm": float("nan")}, "fwhm must be a positive width"),
        ({"kind": "xes", "window": (100, 200)}, "window 100 to 200 eV holds none of the lines"),
        ({"kind": "xes", "window": (532, 515)}, "window must rise"),
        ({"kind": "xes", "window": 520}, "window must be two energies"),
        ({"kind": "xes", "window": (515, float("inf"))}, "window must rise"),
        ({"kind": "xes", "shift": float("nan")}, "shift must be a number in eV; got nan"),
        ({"kind": "xes", "shift": "4"}, "shift must be a number in eV; got '4'"),
        ({"kind": "xes", "channels": 1}, "channels must be a whole number of 2 or more"),
    ],
)
def test_bad_arguments_get_one_clear_error(water, arguments, message):
    with pytest.raises(ValueError, match=message):
        h2o_spectra(water, **arguments)
