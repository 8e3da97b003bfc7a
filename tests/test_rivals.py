"""Simple rivals against closed forms, and reweighted samples against known widths."""

import numpy as np
import pytest
from made_data import two_directions
from numpy.testing import assert_allclose
from scipy.constants import atomic_mass, c, e, hbar
from scipy.linalg import subspace_angles
from scipy.stats import ttest_1samp
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from torch import nn

from nnca.data import load_geo2
from nnca.interpretation import reweighting, rivals
from nnca.interpretation.rivals import DIRECTIONS, Projected, active_subspace, kernel_ridge, smooth
from nnca.problem import glass_problem
from nnca.spectra import geo2_spectra
from nnca.uncertainty import over_splits


def linear_data(rank=2, n=300, seed=0):
    """Five correlated inputs, a linear map of some rank to seven outputs, noise."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5)) @ rng.normal(size=(5, 5))
    X -= X.mean(axis=0)
    B = rng.normal(size=(5, rank)) @ rng.normal(size=(rank, 7))
    return X, X @ B + rng.normal(size=(n, 7)), B


def same_span(one, other, within=1e-6):
    return subspace_angles(one.T, other.T).max() < within


def test_reduced_rank_regression_is_the_best_linear_fit_of_its_rank():
    X, Y, _ = linear_data(rank=5)
    Y -= Y.mean(axis=0)
    fitted = LinearRegression().fit(X, Y).predict(X)
    U, s, V = np.linalg.svd(fitted, full_matrices=False)
    for k in (1, 2, 3):
        model = Projected(rivals.reduced_rank, k).fit(X, Y)
        assert_allclose(model.predict(X), U[:, :k] * s[:k] @ V[:k], atol=1e-8)  # Eckart and Young
    with pytest.raises(ValueError, match="1 targets has no 2"):
        Projected(rivals.reduced_rank, 2).fit(X, Y[:, :1])


@pytest.mark.parametrize("name", ["PCR", "PLS", "reduced rank", "SIR"])
def test_with_all_directions_every_projection_is_least_squares(name):
    X, Y, _ = linear_data()
    assert_allclose(
        Projected(DIRECTIONS[name], 5).fit(X, Y).predict(X), LinearRegression().fit(X, Y).predict(X), atol=1e-6
    )


@pytest.mark.parametrize("k", [1, 2, 3])
def test_with_a_linear_decoder_the_classics_are_those_of_scikit_learn(k):
    X, Y, _ = linear_data()
    pls = PLSRegression(k, scale=False).fit(X, Y)
    assert_allclose(Projected(rivals.partial_least_squares, k).fit(X, Y).predict(X), pls.predict(X), atol=1e-8)
    T = PCA(k).fit_transform(X)
    pcr = LinearRegression().fit(T, Y).predict(T)
    assert_allclose(Projected(rivals.principal, k).fit(X, Y).predict(X), pcr, atol=1e-8)


def test_active_subspace_of_a_linear_map_is_its_row_space():
    X, Y, B = linear_data(rank=2)
    layer = nn.Linear(5, 7).double()
    layer.weight.data[:] = layer.weight.new_tensor(B.T)
    found = active_subspace(X, Y, 2, emulator=nn.Sequential(layer))
    assert same_span(found, np.linalg.svd(B.T)[2][:2])
    assert not same_span(found, np.eye(5)[:2], 1e-2)


@pytest.mark.parametrize("outputs", [3, 9])  # slopes by rows or by columns, whichever are fewer
def test_active_subspace_weighs_directions_by_the_mean_square_of_their_slopes(outputs):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(400, 6)), np.zeros((400, outputs))
    module = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, outputs)).double()
    step, total = 1e-5, np.zeros((6, 6))
    for x in X[:50]:
        both = np.vstack([x + step * np.eye(6), x - step * np.eye(6)])
        y = module(module[0].weight.new_tensor(both)).detach().numpy()
        J = (y[:6] - y[6:]) / (2 * step)  # (inputs, outputs)
        total += J @ J.T
    leading = np.linalg.eigh(total)[1][:, ::-1][:, :2].T
    assert same_span(active_subspace(X, Y, 2, module, rows=50), leading, 1e-4)


def test_sliced_inverse_regression_finds_known_directions():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 6)) @ np.triu(np.ones((6, 6)))  # correlated, so that the covariance matters
    v = np.linalg.qr(rng.normal(size=(6, 2)))[0].T
    t = X @ v.T
    Y = np.column_stack([np.tanh(t[:, 0]), t[:, 0] ** 3 / 30, np.exp(t[:, 1] / 2), t.sum(axis=1)])
    Y = (Y - Y.mean(axis=0)) / Y.std(axis=0) + 0.05 * rng.normal(size=Y.shape)
    found = Projected(rivals.sliced_inverse, 2).fit(X, Y).components_
    assert same_span(found, v, 0.1)
    assert not same_span(Projected(rivals.principal, 2).fit(X, Y).components_, v, 0.1)


def test_a_free_decoder_bends_where_a_line_cannot():
    X, Y, X_test, Y_test, directions = two_directions()

    def known(X, Y, k):
        return directions.T[:k]

    free = Projected(known, 2, decoder=smooth()).fit(X, Y)
    assert free.score(X_test, Y_test) > 0.99
    assert Projected(known, 2).fit(X, Y).score(X_test, Y_test) < 0.9
    assert Projected(known, 1, decoder=smooth()).fit(X, Y).score(X_test, Y_test) < free.score(X_test, Y_test)


def test_kernel_ridge_needs_no_bottleneck():
    X, Y, X_test, Y_test, _ = two_directions()
    assert kernel_ridge(X.shape[1]).fit(X, Y).score(X_test, Y_test) > 0.98


def test_projected_is_a_scikit_learn_estimator():
    X, Y, *_ = two_directions()
    model = Projected(rivals.partial_least_squares, 2, decoder=smooth(landmarks=20))
    again = clone(model)
    assert_allclose(model.fit(X, Y).predict(X), again.fit(X, Y).predict(X))
    assert_allclose(model.components_ @ model.components_.T, np.eye(2), atol=1e-12)
    assert model.transform(X).shape == (len(X), 2)
    assert model.fit(X, Y[:, :1]).predict(X).shape == (len(X), 1)


def test_boltzmann_weights_give_a_harmonic_sample_the_width_of_the_other_temperature():
    x = np.random.default_rng(0).normal(size=200_000) * np.sqrt(reweighting.BOLTZMANN * 1500)  # force constant 1 eV
    for wanted in (600, 1000, 1500):
        weights = reweighting.boltzmann(x**2 / 2, 1500, wanted)
        assert_allclose(weights.sum(), 1)
        assert_allclose(weights @ x**2, reweighting.BOLTZMANN * wanted, rtol=0.02)
        s = wanted / 1500
        assert_allclose(reweighting.effective_size(weights) / len(x), np.sqrt(s * (2 - s)), rtol=0.02)


def test_matched_weights_give_any_sample_the_wanted_covariance():
    rng = np.random.default_rng(1)
    Q = np.exp(0.3 * rng.normal(size=(5000, 2))) @ [[1.0, 0.4], [0.0, 0.7]]  # not normal
    wanted = np.cov(Q.T) * [[1.5, 0.9], [0.9, 0.8]]
    weights = reweighting.matched(Q, wanted)
    assert weights.min() > 0
    assert_allclose(weights @ Q, Q.mean(axis=0), atol=1e-5)
    assert_allclose((Q - weights @ Q).T * weights @ (Q - weights @ Q), wanted, atol=1e-5)
    with pytest.raises(ValueError, match="no weights give"):
        reweighting.matched(Q, 1000 * wanted)


def test_matched_weights_of_a_normal_sample_are_a_ratio_of_normal_densities():
    Q = np.random.default_rng(2).normal(size=(50_000, 1))
    weights = reweighting.matched(Q, np.array([[0.5]]))
    assert_allclose(np.polyfit(Q[:, 0], np.log(weights), 2)[0], -0.5, rtol=0.05)  # 1/2 (1/0.5 - 1)


def test_resampled_rows_follow_their_weights():
    weights = np.array([0.0, 1.0, 3.0])
    rows = reweighting.resample(weights, 40_000, 0)
    assert_allclose(np.bincount(rows, minlength=3) / len(rows), weights / 4, atol=0.01)
    assert_allclose(rows, reweighting.resample(weights, 40_000, 0))


def test_a_quantum_diatomic_has_the_textbook_width():
    mass, force = 0.5, 30.0  # u, eV / angstrom^2
    classical = np.array([[reweighting.BOLTZMANN * 1500 / force]])
    frequency = np.sqrt(force * e / 1e-20 / (mass * atomic_mass))
    width, quanta = reweighting.quantum_covariance(classical, np.array([[1 / mass]]), 1500)
    assert_allclose(quanta, hbar * frequency / e)
    assert_allclose(width, hbar / (2 * mass * atomic_mass * frequency) / 1e-20)
    hot, _ = reweighting.quantum_covariance(classical, np.array([[1 / mass]]), 1500, wanted=50_000)
    assert_allclose(hot, classical * 50_000 / 1500, rtol=0.01)  # where kT is large, quantum is classical


def test_g_matrix_is_that_of_the_slopes_of_waters_coordinates():
    length, angle, step = 0.96, np.radians(104.5), 1e-6
    place = length * np.array(
        [[0, 0, 0], [np.sin(angle / 2), np.cos(angle / 2), 0], [-np.sin(angle / 2), np.cos(angle / 2), 0]]
    )

    def coordinates(place):
        one, other = place[1:].reshape(2, 3) - place[0]
        r, s = np.linalg.norm(one), np.linalg.norm(other)
        return np.array([r, s, np.arccos(one @ other / (r * s))])

    moved = step * np.eye(9).reshape(9, 3, 3)
    B = np.array([(coordinates(place + d) - coordinates(place - d)) / (2 * step) for d in moved]).T  # (3, 9)
    masses = np.repeat([reweighting.MASS[symbol] for symbol in "OHH"], 3)
    assert_allclose(reweighting.water_g_matrix(length, angle), B / masses @ B.T, rtol=1e-6)


def test_g_matrix_turns_waters_known_force_field_into_its_frequencies():
    # harmonic force field of water (Hoy, Mills and Strey 1972), aJ and angstrom, and the wavenumbers it stands for
    rr, cross, ra, aa = 8.454, -0.101, 0.219, 0.697
    force = np.array([[rr, cross, ra], [cross, rr, ra], [ra, ra, aa]]) * 1e-18 / e
    classical = reweighting.BOLTZMANN * 1500 * np.linalg.inv(force)
    G = reweighting.water_g_matrix(0.9572, np.radians(104.52))
    _, quanta = reweighting.quantum_covariance(classical, G, 1500)
    assert_allclose(quanta * e / (2 * np.pi * hbar * c * 100), [1649, 3832, 3943], rtol=0.01)


def test_whole_spectra_of_glass_are_scaled_as_those_of_water():
    glass = load_geo2(sites=200)
    task = glass_problem(glass, targets="spectra", channels=40)
    assert task.Y.shape == (200, 40) and len(set(task.targets.scale)) == 1
    assert_allclose(task.targets.inverse_transform(task.Y), geo2_spectra(glass, channels=40), atol=1e-9)
    with pytest.raises(ValueError, match="targets must be moments or spectra"):
        glass_problem(glass, targets="sticks")


def test_interval_over_splits_is_the_corrected_one():
    scores = [0.1, 0.2, 0.3]
    mean, low, high = over_splits(scores)
    assert_allclose([mean, (high + low) / 2], 0.2)
    plain = ttest_1samp(scores, 0).confidence_interval()
    assert_allclose((high - low) / (plain.high - plain.low), np.sqrt((1 / 3 + 1 / 4) / (1 / 3)))
