"""From mean spectra back to distances."""

import numpy as np
import pytest
from scipy.integrate import simpson
from scipy.special import voigt_profile

from nnca import ECA, NNCA, Emulator
from nnca.data import DataError, load_geo2
from nnca.features import coulomb_features, distances_from_coulomb
from nnca.problem import glass_problem
from nnca.reconstruction import OXYGEN, SHELLS, Ensemble, Reconstruction, ensemble, reconstruct
from nnca.spectra import GEO2_WINDOWS, geo2_moments, geo2_spectra, geo2_sticks, windowed_moments


@pytest.fixture(scope="module")
def glass():
    return load_geo2(sites=400)


@pytest.fixture(scope="module")
def task(glass):
    return glass_problem(glass)


def test_an_ensemble_is_the_moments_of_mean_spectra_and_the_means_of_distances(glass, task):
    known = ensemble(glass, task.test_rows)
    here = task.test_rows[glass.pressure.values[task.test_rows] == known.pressure[2]]
    S = geo2_spectra(glass.isel(site=here))
    np.testing.assert_allclose(known.moments[2], windowed_moments(S.mean("site").expand_dims("site"))[0])
    x = coulomb_features(glass.isel(site=here))
    np.testing.assert_allclose(known.distances[2], distances_from_coulomb(x).mean(axis=0))
    assert known.pressure.tolist() == sorted(set(glass.pressure.values.tolist()))
    assert known.moments.shape == (11, 8) and known.distances.shape == (11, 17)


def test_moments_of_sites_are_those_of_lines_drawn_one_by_one(glass):
    """Voigt lines summed and integrated here, by Simpson's rule on a fine grid."""
    few = glass.isel(site=slice(5))
    found = geo2_moments(few, gauss=2.0, lorentz=1.5)
    energy, strength = (values.astype(float) for values in geo2_sticks(few))
    for column, (low, high) in zip((0, 4), GEO2_WINDOWS.values(), strict=True):
        E = np.linspace(low, high, 2001)
        lines = voigt_profile(E - energy[..., None], 2.0 / np.sqrt(8 * np.log(2)), 0.75)
        S = np.einsum("nl,nlc->nc", strength, lines)
        S /= simpson(S, x=E)[:, None]
        mean = simpson(S * E, x=E)
        d = E - mean[:, None]
        second, third, fourth = (simpson(S * d**power, x=E) for power in (2, 3, 4))
        expected = [mean, np.sqrt(second), third / second**1.5, fourth / second**2 - 3]
        np.testing.assert_allclose(found[:, column : column + 4].T, expected, atol=2e-3)


def test_an_ensemble_needs_sites_and_windows_that_hold_their_lines(glass):
    with pytest.raises(ValueError, match="an ensemble needs one site or more"):
        ensemble(glass, [])
    with pytest.raises(ValueError, match=r"K-beta2: window .* holds .*set shift= or windows="):
        ensemble(glass, np.arange(50), {"K-beta''": (-23, -13.5), "K-beta2": (-1, 1)})


def test_one_pressure_and_one_site_make_an_ensemble(glass):
    known = ensemble(glass, [7])
    assert known.moments.shape == (1, 8) and known.distances.shape == (1, 17)
    np.testing.assert_allclose(known.moments, geo2_moments(glass.isel(site=[7])))


@pytest.mark.parametrize("method", ["NNCA", "ECA"])
def test_what_a_model_predicts_is_reconstructed_to_the_projection(task, method):
    quick = {"epochs": 20, "random_state": 0}
    model = NNCA(**quick) if method == "NNCA" else ECA(Emulator(**quick), n_starts=1, random_state=0)
    X, _ = task.train
    model.fit(*task.train)
    back = reconstruct(model, task, task.targets.inverse_transform(model.predict(X[:20])))
    projected = task.inputs.inverse_transform(model.inverse_transform(model.transform(X[:20])))
    single = back.minima == 1  # elsewhere another latent variable may give the same moments
    assert single.sum() > 5 and back.residual.max() < 1e-6
    expected = distances_from_coulomb(projected)
    assert np.nanmedian(np.abs(back.distances - expected)[single]) < 1e-3


def test_structures_that_cannot_be_are_counted():
    distances = np.tile(np.r_[np.linspace(2.5, 4, 8), np.linspace(1.7, 3.5, 9)], (3, 1))
    sound = Reconstruction(np.zeros((3, 1)), np.zeros(3), np.ones(3), distances)
    assert sound.crossings == 0 and sound.impossible == 0
    wrong = distances.copy()
    wrong[0, [0, 1]] = wrong[0, [1, 0]]  # two Ge change places
    wrong[1, 8] = np.nan
    wrong[2, 9:12] = 2.0, np.nan, 1.9  # the third O nearer than the first, with no second between them
    broken = Reconstruction(np.zeros((3, 1)), np.zeros(3), np.ones(3), wrong)
    assert broken.crossings == 2 and broken.impossible == 2


def test_sites_of_other_atoms_are_refused(glass):
    other = glass.assign(species=("atom", np.array(["Ge"] * 12 + ["O"] * 6)))
    with pytest.raises(DataError, match="species must be 9 Ge and 9 O; got"):
        ensemble(other, np.arange(10))


def test_the_error_is_a_mean_over_pressures_for_each_distance():
    known = Ensemble(np.array([0.0, 10.0]), np.zeros((2, 8)), np.ones((2, 17)))
    np.testing.assert_allclose(known.error(np.full((2, 17), 1.5)), 0.5)
    partly = np.full((2, 17), 1.5)
    partly[0, 3] = np.nan  # no distance there: not judged by the rest
    np.testing.assert_array_equal(np.isnan(known.error(partly)), np.arange(17) == 3)


def test_shells_are_every_neighbour_once():
    assert sorted(np.concatenate(list(SHELLS.values()))) == list(range(17))
    assert OXYGEN.sum() == 9
