"""Knockoffs and the features they call decisive, against made data whose truth is known."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from nnca.interpretation.decisive import decisive, freedom, knockoffs, lead, threshold


def neighbours(p, r):
    """Correlations that fall with the distance of two features.  -> (p, p)"""
    place = np.arange(p)
    return r ** np.abs(place[:, None] - place)


def made(seed, p=40, deciding=20, n=2000, r=0.5):
    """Features of which some decide four outputs.  -> X (n, p), Y (n, 4), which decide (p,)"""
    rng = np.random.default_rng(seed)
    X = rng.multivariate_normal(np.zeros(p), neighbours(p, r), n)
    true = np.isin(np.arange(p), rng.choice(p, deciding, replace=False))
    B = 0.15 * true[:, None] * rng.choice([-1, 1], (p, 4))
    return X, X @ B + rng.normal(size=(n, 4)), true


def test_the_rate_is_kept_and_most_is_found():
    false, found = [], []
    for seed in range(20):
        X, Y, true = made(seed)
        selected = decisive(X, Y, 0.2, seed, draws=5).selected
        false.append((selected & ~true).sum() / max(selected.sum(), 1))
        found.append((selected & true).sum() / true.sum())
    assert np.mean(false) <= 0.2 and np.mean(found) > 0.9


def test_nothing_is_found_where_nothing_decides():
    X, Y, _ = made(0, deciding=0)
    assert not decisive(X, Y, 0.2, 0, draws=5).selected.any()


def test_knockoffs_have_the_moments_of_their_originals_and_know_nothing_else():
    X, Y, _ = made(1, p=8, deciding=4, n=100_000)
    X = 3 + 2 * X
    K = knockoffs(X, 0)
    both, s = np.corrcoef(np.hstack([X, K]).T), freedom(np.corrcoef(X.T))
    np.testing.assert_allclose(K.mean(axis=0), X.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(both[8:, 8:], both[:8, :8], atol=0.02)
    np.testing.assert_allclose(both[:8, 8:], both[:8, :8] - np.diag(s), atol=0.02)
    residual = Y - LinearRegression().fit(X, Y).predict(X)
    np.testing.assert_allclose(K.T @ residual / len(X), 0, atol=0.03)


def test_freedom_is_feasible_and_the_maximum_of_entropy():
    C = neighbours(12, 0.8)
    s = freedom(C)

    def entropy(s):
        return np.linalg.slogdet(2 * C - np.diag(s))[1] + np.log(s).sum()

    assert np.linalg.eigvalsh(2 * C - np.diag(s))[0] > 0 and (s > 0).all()
    rng = np.random.default_rng(0)
    assert all(entropy(s + 1e-3 * rng.normal(size=12)) < entropy(s) for _ in range(20))
    np.testing.assert_allclose(freedom(np.eye(3)), 1, atol=1e-6)  # independent: knockoffs are free


def test_a_mixture_keeps_its_shape_when_drawn_group_by_group():
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1], 5000)
    X = rng.normal(size=(10_000, 3)) * np.where(groups, 3, 0.3)[:, None] + groups[:, None] * 4
    K = knockoffs(X, 0, groups)
    for one in (0, 1):
        np.testing.assert_allclose(K[groups == one].std(axis=0), X[groups == one].std(axis=0), rtol=0.05)
        np.testing.assert_allclose(K[groups == one].mean(axis=0), 4 * one, atol=0.2)
    assert knockoffs(X, 0)[groups == 0].std() > 1  # as one Gaussian they do not


def test_a_feature_leads_its_knockoff_by_its_squared_weight():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50_000, 3))
    Y = X @ np.array([[2.0], [0], [1]]) + rng.normal(size=(50_000, 1))
    np.testing.assert_allclose(lead(X, Y, 1), np.array([4, 0, 1]) / 6, atol=0.02)


def test_the_threshold_counts_what_is_led():
    W = np.array([5.0, 4, 3, 2, 1, -1.5])
    assert threshold(W, 0.25) == 2  # (1 + 0) / 4
    assert threshold(W, 0.1) == np.inf  # fewer than ten discoveries
    assert threshold(np.array([5.0, 4, 3, 2, 1, -2.5]), 0.35) == 3  # 1 / 3; below 2.5 one is led
    assert threshold(np.zeros(4), 0.5) == np.inf


def test_features_without_knockoffs_are_refused():
    X = np.random.default_rng(0).normal(size=(100, 3))
    with pytest.raises(ValueError, match="depend on each other linearly"):
        knockoffs(np.column_stack([X, X[:, 0]]), 0)
    with pytest.raises(ValueError, match="need 6 rows; got 5"):
        knockoffs(X[:5], 0)


def test_small_groups_join_their_neighbours():
    X, groups = np.random.default_rng(0).normal(size=(100, 3)), np.repeat([0, 5, 10], [48, 2, 50])
    np.testing.assert_array_equal(knockoffs(X, 0, groups), knockoffs(X, 0, np.repeat([0, 10], [48, 52])))
    np.testing.assert_array_equal(knockoffs(X[:52], 0, groups[:52]), knockoffs(X[:52], 0, np.repeat([0, 1], [48, 4])))


def test_the_same_seed_gives_the_same_features():
    X, Y, _ = made(2, n=500)
    one, other = (decisive(X, Y, 0.2, 7, draws=3) for _ in range(2))
    np.testing.assert_array_equal(one.lead, other.lead)
    assert not np.array_equal(one.lead, decisive(X, Y, 0.2, 8, draws=3).lead)
