"""The study of one's own spectra, on made data whose truth is known."""

from types import SimpleNamespace

import numpy as np
import pytest

from nnca.book import own_results as results
from nnca.book.parameters import ParameterError, check
from nnca.data import DataError
from nnca.own import OwnData
from nnca.own.study import Split, drops, feature_groups, learning_curve, one_split, tuned_emulator
from nnca.uncertainty import over_splits

CHANNELS = np.linspace(0, 1, 20)


def made(n=160, noise=0.0, seed=0, told=True):
    """Four features; the spectrum follows a + b, c a little, and d not at all; or nothing, where it is not `told`."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    t = X[:, 0] + X[:, 1] if told else rng.normal(size=n)
    S = np.sinh(t / 2)[:, None] * np.sin(3 * CHANNELS) + 0.3 * X[:, 2:3] * told * (CHANNELS - 0.5)
    S = S + noise * rng.normal(size=S.shape)
    return OwnData([str(row) for row in range(n)], ["a", "b", "c", "d"], X, CHANNELS, S)


@pytest.fixture(scope="module")
def split():
    return one_split(made(), seed=0)


def test_a_known_map_is_learnt_and_passes_through_two_numbers(split):
    assert split.scores["emulator", None] > 0.97
    assert split.scores["NNCA", 2] > 0.97 and split.scores["NNCA", 1] < split.scores["NNCA", 2]
    assert split.scores["PLS", 1] < split.scores["PLS", 3]


def test_what_decides_and_what_comes_back(split):
    """d decides nothing and cannot come back; a and b come back as their sum alone, each as half of it."""
    assert split.drop[3] == pytest.approx(0, abs=0.02) and split.drop[:2].min() > 0.3 > split.drop[2] > 0.02
    data = made()
    X = data.X[data.problem(0).test_rows]
    half = (X[:, :1] + X[:, 1:2]) / 2
    share = 1 - ((X[:, :2] - half) ** 2).sum(axis=0) / ((X[:, :2] - X[:, :2].mean(axis=0)) ** 2).sum(axis=0)
    np.testing.assert_allclose(split.back[2][:2], share, atol=0.15)
    assert split.back[2][2] > 0.8 and split.back[2][3] == pytest.approx(0, abs=0.1)


def test_a_spectrum_that_follows_nothing_is_not_learnt():
    data = made(told=False)
    task = data.problem(0)
    assert tuned_emulator(task, 0)[0].score(*task.test) < 0.2
    sizes, curve = learning_curve(data.problem(0), 0)
    assert curve[-1] < 0.2 and list(sizes) == sorted(set(sizes))


def test_no_test_row_is_seen_by_a_choice():
    """Nonsense in the test targets changes scores and nothing else."""
    data, task = made(40), made(40).problem(0)
    broken = data.S.copy()
    broken[task.test_rows] = 0
    other = OwnData(data.names, data.features, data.X, data.energy, broken)
    assert tuned_emulator(data.problem(0), 0)[1] == tuned_emulator(other.problem(0), 0)[1]
    np.testing.assert_array_equal(data.problem(0).Y[task.train_rows], other.problem(0).Y[task.train_rows])


def test_shuffling_goes_through_principal_components():
    """Twenty copies of a feature, and their shuffling together, decide as the feature does."""
    data = made(200)
    rng = np.random.default_rng(4)
    X = np.hstack([data.X[:, :1] + 0.01 * rng.normal(size=(200, 20)), data.X[:, 1:], rng.normal(size=(200, 30))])
    names = [f"a {number}" for number in range(20)] + ["b 0", "c 0", "d 0"] + [f"e {number}" for number in range(30)]
    many = OwnData(data.names, names, X, data.energy, data.S)
    assert list(feature_groups(names)) == ["a", "b", "c", "d", "e"]
    task = many.problem(0)
    assert task.basis is not None
    np.testing.assert_allclose(task.from_features(task.to_features(task.X), task.features), task.X, atol=1e-9)
    lost = drops(many, task, tuned_emulator(task, 0)[0], 0)
    assert lost[0] > 0.1 and lost[1] > 0.1 and abs(lost[4]) < 0.1


def test_the_interval_over_splits_covers():
    """Means over overlapping splits: their interval holds the truth in about 95 of 100 cases."""
    rng, hits = np.random.default_rng(0), 0
    for _ in range(300):
        common, own = rng.normal(0, 0.5), rng.normal(size=5)  # what overlap shares varies as the correction supposes
        one = over_splits(common + own)
        hits += one.low <= 0 <= one.high
    assert 0.9 < hits / 300 < 0.99


@pytest.mark.parametrize(
    ("interval", "rising", "word"),
    [
        ((0.95, 0.92, 0.98), True, "learnt"),
        ((0.8, 0.7, 0.89), False, "not learnt"),
        ((0.8, 0.7, 0.89), True, "too few data"),
        ((0.9, 0.8, 1.0), False, "too few data"),
    ],
)
def test_verdicts(interval, rising, word):
    assert results.verdict(SimpleNamespace(mean=interval[0], low=interval[1], high=interval[2]), 0.9, rising) == word


def test_few_rows_are_never_called_not_learnt():
    """A flat learning curve of 79 rows at zero has not begun to climb; one of 2,000 has ended."""
    flat = {"curve": np.zeros(2), "scores": {}, "back": {}, "drop": None, "chosen": {}}
    few, many = ([Split(**flat, sizes=np.array([size // 2, size]))] * 3 for size in (79, 2000))
    assert results.may_rise(few) and not results.may_rise(many)
    assert "cannot say" in results.on_learning({"xes": few})


def test_the_tables_say_what_the_study_found(split):
    less = split._replace(scores={key: score - 0.02 for key, score in split.scores.items()})
    studies = {"xes": [split, less]}
    table = results.score_table(studies)
    assert list(table.index) == ["XES, no bottleneck", "XES, k = 1", "XES, k = 2", "XES, k = 3"]
    assert f"{np.mean([one.scores['NNCA', 2] for one in studies['xes']]):.2f}" in table.loc["XES, k = 2", "NNCA"]
    assert results.verdict_table(studies).loc["XES", "emulated"] in (results.LEARNT, results.FEW)
    assert next(iter(results.decided(studies["xes"], ["a", "b", "c", "d"]))) in ("a", "b")
    assert "XES" in results.on_learning(studies) and "XES" in results.on_verdicts(studies)


def test_kinds_of_spectra(tmp_path):
    for name in ("xes", "xps", "own"):
        (tmp_path / name).mkdir()
    assert list(results.kinds(tmp_path)) == ["xps", "xes", "own"]
    assert list(results.kinds("runs/*/xmu.dat")) == ["spectra"]
    for number in range(5):
        (tmp_path / f"run{number}").mkdir()
    with pytest.raises(DataError, match=r"holds 8 folders; 6 kinds of spectra at most"):
        results.kinds(tmp_path)


def test_parameters_of_the_chapter():
    check({"preset": "quick", "absorber": 3, "descriptor": "soap", "window": [7100, 7180.5], "groups": "run"})
    with pytest.raises(
        ParameterError, match=r"absorber is 1\.5; it must be an element, an index from 0 or a per-frame"
    ):
        check({"preset": "quick", "absorber": 1.5})
    with pytest.raises(ParameterError, match="structures is 5; it must be a path"):
        check({"preset": "quick", "structures": 5})
