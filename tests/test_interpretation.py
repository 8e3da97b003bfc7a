"""Filter and pattern against known mixing, what is told against closed forms of the linear Gaussian case."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from nnca import ECA, NNCA, Emulator
from nnca.book import decisive_results
from nnca.book import interpretation_claims as claims
from nnca.book import interpretation_results as results
from nnca.book.verdicts import HOLDS, NOT, PARTLY
from nnca.data import load_geo2, load_h2o
from nnca.interpretation.patterns import conditional_mean, direct, likeness
from nnca.interpretation.told import alone, brought_back, following, recovered, response, told, within
from nnca.problem import glass_problem, water_problem
from nnca.reconstruction import reconstruct

LINEAR = {"decoder": (), "learning_rate": 0.03, "epochs": 60, "batch_size": 500, "validation_fraction": 0}
LINEAR |= {"random_state": 0}  # NNCA with a linear decoder: reduced-rank regression


def mixed(n=10_000, hidden=1, seed=0):
    """Sources s mixed into features x = s A + noise whose covariance is no multiple of one, and spectra of s.

    -> X (n, 6), Y (n, 5), mixing A (hidden, 6).  The best filter is Cov(x)^-1 A^T, which is not A.
    """
    rng = np.random.default_rng(seed)
    A, s = rng.normal(size=(hidden, 6)), rng.normal(size=(n, hidden))
    noise = rng.multivariate_normal(np.zeros(6), 0.02 * np.eye(6) + 0.3 * np.outer(*2 * [np.linspace(-1, 1, 6)]), n)
    X = s @ A + noise
    X, A = (X - X.mean(axis=0)) / X.std(axis=0), A / X.std(axis=0)
    Y = s @ rng.normal(size=(hidden, 5))
    return X, (Y - Y.mean(axis=0)) / Y.std(), A


def off(found, wanted):
    """Distance of two directions, as a share of their length, whatever their signs."""
    found, wanted = found / np.linalg.norm(found), wanted / np.linalg.norm(wanted)
    return min(np.linalg.norm(found - wanted), np.linalg.norm(found + wanted))


def test_the_pattern_recovers_the_mixing_and_the_filter_does_not():
    X, Y, A = mixed()
    nnca = NNCA(**LINEAR).fit(X, Y)
    assert off(nnca.patterns_[0], A[0]) < 0.02
    assert off(nnca.components_[0], A[0]) > 0.2
    assert off(nnca.components_[0], LinearRegression().fit(X, Y).coef_[0]) < 0.01  # the best filter there is


def test_patterns_are_the_closed_form_of_the_gaussian_case():
    X, Y, _ = mixed(hidden=2)
    model = NNCA(n_components=2, **LINEAR).fit(X, Y)
    C, V = np.cov(X.T), model.components_
    np.testing.assert_allclose(model.patterns_, np.linalg.solve(V @ C @ V.T, V @ C), atol=1e-6)
    T = model.transform(X)
    line = LinearRegression().fit(T, X)
    np.testing.assert_allclose(model.inverse_transform(T, by="pattern"), line.predict(T), atol=1e-5)


def test_expansion_and_pattern_have_the_same_latent_variables():
    X, Y, _ = mixed(hidden=2)
    model = NNCA(n_components=2, **LINEAR).fit(X + 0.3, Y)  # a mean that is not zero
    T = model.fit_latent(Y[:50])
    for by in ("expansion", "pattern"):
        x = model.reconstruct(Y[:50], by=by)
        np.testing.assert_allclose(model.transform(x), T, atol=1e-5)
    np.testing.assert_allclose(model.patterns_ @ model.components_.T, np.eye(2), atol=1e-6)
    np.testing.assert_array_equal(model.reconstruct(Y[:5]), model.reconstruct(Y[:5], by="expansion"))
    mean = model.inverse_transform(model.transform((X + 0.3).mean(axis=0, keepdims=True)), by="pattern")
    np.testing.assert_allclose(mean[0], (X + 0.3).mean(axis=0), atol=1e-5)


def test_filter_and_pattern_are_one_where_features_do_not_vary_together():
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.normal(size=(4000, 6)) - rng.normal(size=(4000, 6)).mean(axis=0))[0]
    Q = np.linalg.qr(Q - Q.mean(axis=0))[0] * np.sqrt(4000)  # Cov is exactly the identity
    Y = Q @ rng.normal(size=(6, 1))
    model = NNCA(**LINEAR).fit(Q, Y / Y.std())
    np.testing.assert_allclose(model.patterns_, model.components_, atol=1e-5)


def test_another_way_of_reconstruction_is_refused():
    X, Y, _ = mixed(400)
    with pytest.raises(ValueError, match="by must be expansion or pattern; got 'filter'"):
        NNCA(**LINEAR).fit(X, Y).reconstruct(Y[:3], by="filter")


def test_patterns_follow_rotations_shorter_analyses_and_files(tmp_path):
    X, Y, _ = mixed(1000, hidden=2)
    model = NNCA(n_components=2, **LINEAR).fit(X, Y)
    eca = ECA(Emulator(hidden=(), random_state=0), n_components=2, random_state=0).fit(X, Y)
    centred = X - X.mean(axis=0)
    for one in (model.rotated(X, Y), eca, eca.first(1)):
        T = one.transform(centred)
        np.testing.assert_allclose(one.patterns_, np.linalg.lstsq(T, centred, rcond=None)[0], atol=1e-5)
        one.save(tmp_path / "one")
        again = type(one).load(tmp_path / "one")
        np.testing.assert_array_equal(again.patterns_, one.patterns_)
        np.testing.assert_array_equal(again.feature_mean_, one.feature_mean_)


def test_a_pattern_reconstructs_distances_of_a_glass():
    glass = load_geo2(sites=400)
    task = glass_problem(glass)
    nnca = NNCA(decoder=(16,), epochs=20, random_state=0).fit(*task.train)
    m = task.targets.inverse_transform(task.Y[task.test_rows[:5]])
    by = {way: reconstruct(nnca, task, m, by=way).distances for way in ("expansion", "pattern")}
    np.testing.assert_array_equal(reconstruct(nnca, task, m).distances, by["expansion"])
    assert np.nanmax(np.abs(by["expansion"] - by["pattern"])) > 0.01


def test_a_bent_conditional_mean_is_found_and_goes_on_straight():
    t = np.random.default_rng(0).uniform(-2, 2, (2000, 1))
    model = conditional_mean(t, np.hstack([t**2, t]))
    grid = np.linspace(-1.9, 1.9, 20)[:, None]
    np.testing.assert_allclose(model.predict(grid), np.hstack([grid**2, grid]), atol=0.02)
    beyond = model.predict(np.array([[3.0], [4.0], [5.0]]))
    np.testing.assert_allclose(np.diff(beyond, n=2, axis=0), 0, atol=1e-8)


def test_direct_regression_inverts_a_linear_spectrum():
    rng = np.random.default_rng(0)
    X, B = rng.normal(size=(50, 3)), rng.normal(size=(3, 8))
    np.testing.assert_allclose(direct(X, X @ B).predict(X @ B), X, atol=1e-10)


def test_likeness_knows_no_sign_and_no_length():
    a, b = np.array([3.0, 4.0]), np.array([4.0, -3.0])
    assert likeness(a, -2 * a) == pytest.approx(1) and likeness(a, b) == pytest.approx(0)


def linear_gaussian(n, seed=0):
    """Three features, the first two correlated by 0.8, and two outputs that do not depend on the second.

    -> X (n, 3), Y (n, 2), covariance, slopes (3, 2), variance of the noise
    """
    rng = np.random.default_rng(seed)
    C, B, noise = np.array([[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1.0]]), np.array([[1, 0.5], [0, 0], [0.3, -1]]), 0.5
    X = rng.multivariate_normal(np.zeros(3), C, n)
    return X, X @ B + np.sqrt(noise) * rng.normal(size=(n, 2)), C, B, noise


def test_recovered_and_told_are_those_of_the_gaussian_case():
    train, test = (linear_gaussian(20_000, seed)[:2] for seed in (0, 1))
    _, _, C, B, noise = linear_gaussian(10)

    def share(covariance):  # of each feature's variance, known from Y
        among = B.T @ covariance @ B + noise * np.eye(2)
        return np.diag(covariance @ B @ np.linalg.solve(among, B.T @ covariance)) / np.diag(covariance)

    np.testing.assert_allclose(recovered(train, test), share(C), atol=0.015)
    emulator = LinearRegression().fit(*train)
    cut = [share(np.where(np.eye(3, dtype=bool)[j] | np.eye(3, dtype=bool)[:, [j]], np.eye(3), C))[j] for j in range(3)]
    found = told(emulator, train, test, random_state=0)
    np.testing.assert_allclose(found, cut, atol=0.015)
    # the second does nothing to the spectrum: all that comes back of it is added by the first
    assert abs(found[1]) < 0.01 and recovered(train, test)[1] > 0.3
    assert found[2] == pytest.approx(recovered(train, test)[2], abs=0.015)


def test_responses_are_slopes_times_steps():
    X, Y, C, B, _ = linear_gaussian(20_000)
    wide = np.array([2.0, 1, 1])  # the first feature in another unit: one standard deviation stays one step
    X, C, B, spread = X * wide, C * np.outer(wide, wide), B / wide[:, None], wide
    emulator = LinearRegression().fit(X, Y)
    np.testing.assert_allclose(response(emulator, X[:50], np.eye(3)), np.linalg.norm(B, axis=1), atol=0.03)
    found = response(emulator, X[:50], alone(X))
    np.testing.assert_allclose(found, spread * np.linalg.norm(B, axis=1), atol=0.03)
    found = response(emulator, X[:50], following(X))
    np.testing.assert_allclose(found, np.linalg.norm(C @ B, axis=1) / spread, atol=0.03)


def test_within_a_level_nothing_of_its_mean_is_left():
    levels, A = np.array([5.0, 0, 5, 0]), np.array([[1.0, 2], [3, 4], [3, 8], [5, 4]])
    (found,) = within(levels, A)
    np.testing.assert_array_equal(found, [[-1, -3], [-1, 0], [1, 3], [1, 0]])


def test_what_is_brought_back_is_r2_of_every_column():
    X = np.array([[0.0, 1], [2, 3], [4, 8]])
    np.testing.assert_allclose(brought_back(X, X), 1)
    np.testing.assert_allclose(brought_back(X, np.tile(X.mean(axis=0), (3, 1))), 0)


def errors_of(shift, noise, seed=0):
    """Errors of two ways back that differ by `shift`, over five splits, two seeds, boxes as noise."""
    rng = np.random.default_rng(seed)
    shared = 1 + 0.3 * rng.normal(size=(5, 1, 21, 17))  # what splits and boxes do to both
    pair = [level + shared + noise * rng.normal(size=(5, 2, 21, 17)) for level in (1 + shift, 1)]
    return results.Errors(dict(zip(("one", "other"), pair, strict=True)), random_state=0)


def test_intervals_of_errors_are_paired_over_splits_and_boxes():
    rows = np.arange(17)
    mean, low, high = errors_of(0.05, 0.0).excess("one", "other", rows)
    np.testing.assert_allclose([mean, low, high], 0.05, atol=1e-12)  # what both share leaves no width
    mean, low, high = errors_of(0.05, 0.1).excess("one", "other", rows)
    assert low < mean < high and low > 0 and high - low < 0.1
    _, low, high = errors_of(0.0, 0.1).excess("one", "other", rows)
    assert low < 0 < high


def test_a_tie_made_by_choice_is_in_the_training_data_alone():
    task = water_problem(load_h2o(snapshots=400), "xps")
    tied = results.tied(task)
    X, _ = tied.train
    assert np.corrcoef(X[:, 0], X[:, 1] + X[:, 2])[0, 1] > 0.3
    assert np.corrcoef(tied.test[0][:, 0], tied.test[0][:, 1:].sum(axis=1))[0, 1] < -0.3
    np.testing.assert_allclose(X.mean(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(X.std(axis=0), 1)
    back = tied.inputs.inverse_transform(tied.X)
    np.testing.assert_allclose(back, task.inputs.inverse_transform(task.X))
    assert len(tied.train_rows) + len(tied.test_rows) == 400


def test_neighbours_are_named_by_kind_and_rank():
    assert results.names_of(np.array([False, True, True, False])).tolist() == ["Ge1", "O1", "O2", "Ge2"]


@pytest.mark.parametrize(
    ("lead", "word"), [((0.7, 0.6, 0.8), HOLDS), ((0.3, 0.1, 0.5), PARTLY), ((-0.1, -0.3, 0.1), NOT)]
)
def test_a_criterion_is_judged_by_the_interval_of_its_correlation(lead, word):
    found = {(name, judge): (0.2, 0.1, 0.3) for name in decisive_results.CRITERIA for judge in decisive_results.JUDGES}
    for judge in ("recovered", "told"):
        found["lead", judge] = lead
    for judged in (claims.comes_back(found), claims.tells(found)):
        _, verdict, why = judged
        assert verdict.word == word and why[word]
