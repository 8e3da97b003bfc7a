import numpy as np
import pytest
from sklearn.metrics import r2_score

from nnca import covered_variance
from nnca.book.tables import ECA_TRAIN, EDNN, score_table
from nnca.metrics import spectral_deviation
from nnca.uncertainty import autocorrelation, bootstrap, compare, interval, over_seeds


@pytest.fixture
def S():
    return np.random.default_rng(0).normal(size=(50, 7)) + 3.0


def test_covered_variance_is_one_for_a_perfect_and_zero_for_the_mean_prediction(S):
    assert covered_variance(S, S) == 1.0
    assert covered_variance(S, np.broadcast_to(S.mean(axis=0), S.shape)) == pytest.approx(0.0, abs=1e-12)


def test_covered_variance_is_negative_for_worse_than_the_mean(S):
    assert covered_variance(S, -S) < 0


def test_covered_variance_is_eq_1_with_traces(S):
    prediction = S + np.random.default_rng(1).normal(size=S.shape)
    centred, missing = S - S.mean(axis=0), S - prediction
    expected = 1 - np.trace(missing.T @ missing) / np.trace(centred.T @ centred)
    assert covered_variance(S, prediction) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("noise", [0.1, 1.0, 10.0])
def test_covered_variance_is_scikit_learn_s_variance_weighted_r2(S, noise):
    S = S * np.geomspace(0.1, 10, S.shape[1])  # columns of different weight
    prediction = S + noise * np.random.default_rng(2).normal(size=S.shape)
    expected = r2_score(S, prediction, multioutput="variance_weighted")
    assert covered_variance(S, prediction) == pytest.approx(expected, rel=1e-12)


def test_covered_variance_ignores_unit_and_offset(S):
    prediction = 0.9 * S
    assert covered_variance(1e6 * S + 5, 1e6 * prediction + 5) == pytest.approx(covered_variance(S, prediction))


@pytest.mark.parametrize(
    ("S", "S_pred", "message"),
    [
        (np.zeros((3, 2)), np.zeros((3, 1)), "one shape"),
        (np.eye(2), np.full((2, 2), np.nan), "finite"),
        (np.ones((3, 2)), np.ones((3, 2)), "targets that vary"),
    ],
)
def test_covered_variance_refuses(S, S_pred, message):
    with pytest.raises(ValueError, match=message):
        covered_variance(S, S_pred)


def test_spectral_deviation_of_scaled_spectra(S):
    centre = S[0]
    M = spectral_deviation(np.array([centre, 2 * centre, 0 * centre]), centre)
    np.testing.assert_allclose(M, [0, 1, 1], atol=1e-12)


def test_autocorrelation_of_an_autoregressive_process_falls_by_its_factor():
    rng = np.random.default_rng(0)
    runs = np.empty((4000, 20))
    runs[:, 0] = rng.normal(size=4000)
    for step in range(1, 20):
        runs[:, step] = 0.5 * runs[:, step - 1] + np.sqrt(0.75) * rng.normal(size=4000)
    np.testing.assert_allclose(autocorrelation(runs.ravel(), 20, 3), [1, 0.5, 0.25, 0.125], atol=0.02)


def test_autocorrelation_never_pairs_two_runs():
    alternating = np.repeat([1.0, -1.0] * 50, 10)  # each run constant, its neighbour the opposite
    np.testing.assert_allclose(autocorrelation(alternating, 10, 5), 1.0)


def test_bootstrap_scatters_around_the_score(S):
    predictions = S + 0.5 * np.random.default_rng(1).normal(size=(3, *S.shape))
    scores = bootstrap(S, {"a": predictions}, random_state=0)["a"]
    assert abs(scores.mean() - np.mean([covered_variance(S, one) for one in predictions])) < 0.02
    low, high = interval(scores)
    assert low < scores.mean() < high and 0.01 < high - low < 0.3


def test_a_resample_is_scored_like_any_data():
    rng = np.random.default_rng(4)
    S = rng.normal(size=(6, 3))
    prediction = S + 0.3 * rng.normal(size=S.shape)
    score = bootstrap(S, {"a": prediction[None]}, random_state=0, n_resamples=1)["a"][0]
    times = np.random.default_rng(0).multinomial(6, np.full(6, 1 / 6), size=1)[0]
    rows = np.repeat(np.arange(6), times)
    assert score == pytest.approx(covered_variance(S[rows], prediction[rows]))


def test_paired_differences_are_sharper_than_the_scores(S):
    noise = np.random.default_rng(1).normal(size=S.shape)
    scores = bootstrap(S, {"a": (S + 0.50 * noise)[None], "b": (S + 0.55 * noise)[None]}, random_state=0)
    low, high = interval(scores["a"] - scores["b"])
    assert low > 0
    assert high - low < np.diff(interval(scores["a"]))


def test_resampled_groups_are_drawn_whole():
    """Ten copies of each row as one group are as uncertain as the rows alone."""
    rng = np.random.default_rng(2)
    S = rng.normal(size=(60, 2))
    prediction = (S + rng.normal(size=S.shape))[None]
    copies, group = np.repeat(S, 10, axis=0), np.repeat(np.arange(60), 10)
    width = [
        np.diff(interval(bootstrap(truth, {"a": guess}, 0, groups=groups)["a"]))[0]
        for truth, guess, groups in (
            (S, prediction, None),
            (copies, np.repeat(prediction, 10, axis=1), group),
            (copies, np.repeat(prediction, 10, axis=1), None),
        )
    ]
    assert width[1] == pytest.approx(width[0]) and width[2] < 0.5 * width[0]


def test_means_over_seeds_have_intervals_that_hold_their_mean():
    a, b = np.array([1.0, 1.1, 0.9]), np.array([0.5, 0.4, 0.6])
    mean, low, high = over_seeds(a, b)
    assert mean == pytest.approx(0.5) and 0 < low < mean < high
    assert over_seeds(a)[0] == pytest.approx(1)


class Constant:
    """An estimator that always predicts the same."""

    def __init__(self, prediction):
        self.prediction = prediction

    def predict(self, X):
        return self.prediction


def test_a_comparison_pairs_its_differences():
    rng = np.random.default_rng(0)
    Y, noise = rng.normal(size=(200, 3)), rng.normal(size=(200, 3))
    good, better = [Constant(Y + 0.5 * noise)], [Constant(Y + 0.4 * noise)] * 2
    row = compare({EDNN: better, ECA_TRAIN: good}, Y, Y, 0)
    mean, low, high = row.difference(EDNN, ECA_TRAIN)
    assert row.scores[EDNN].shape == (2,) and row.mean(EDNN) == covered_variance(Y, Y + 0.4 * noise)
    assert 0 < low < mean < high
    width = np.ptp(row.interval(EDNN)) + np.ptp(row.interval(ECA_TRAIN))
    assert high - low < width / 2, "both methods err on the same rows"
    line = score_table({("xes", 1): row}).loc["XES, k = 1"]
    assert line["EDNN"].endswith("± 0.000 (0.86)"), "the paper's value in brackets"
    assert next(text for label, text in line.items() if label != "EDNN").endswith("± 0.000"), "the paper has none"
