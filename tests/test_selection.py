import numpy as np
import pytest
from sklearn.base import clone

from nnca import NNCA
from nnca.resumable import ResumeError
from nnca.selection import _best, combinations, search, spaces
from nnca.spaces import Layers

SPACE = {"learning_rate": (1e-4, 2e-2), "alpha": (1e-6, 1e-2)}
RUNGS = ((5, 1), (20, 2), (60, 3))


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(240, 5))
    Y = np.column_stack([np.tanh(X[:, 0] + X[:, 1]), X[:, 0] + X[:, 1]]) @ rng.normal(size=(2, 6))
    return X, Y


def find(data, **options):
    model = NNCA(decoder=(32,), batch_size=40)
    return search(model, SPACE, *data, n_candidates=12, cv=3, rungs=RUNGS, random_state=1, **options)


@pytest.fixture(scope="module")
def result(data):
    return find(data)


def test_spaces_are_the_tables_of_the_paper():
    water, geo2 = spaces["EDNN", "h2o"], spaces["EDNN", "geo2"]
    assert water["alpha"] == tuple(10.0**n for n in (-9, -8, -7, -6, -5, -4))
    assert len(water["encoder"]) == 3**2 + 3**3 + 3**4
    assert len(geo2["decoder"]) == 5**2 + 5**3 + 5**4
    assert len(spaces["NNCA", "h2o"]["alpha"]) == 17 and len(spaces["NNCA", "geo2"]["alpha"]) == 7
    inverse = spaces["EDNN inverse", "geo2"]
    assert len(inverse["encoder"]) * len(inverse["decoder"]) * len(inverse["alpha"]) == 5 * 5 * 4


def test_an_exhaustive_search_tries_every_combination_once(data):
    space = SPACE | {"decoder": Layers((1, 2), (4, 8))}
    table = search(NNCA(batch_size=40), space, *data, n_candidates=None, cv=3, rungs=RUNGS[:1]).cv_results_
    tried = {(one["learning_rate"], one["alpha"], one["decoder"]) for one in table["params"]}
    assert len(tried) == len(table["params"]) == 2 * 2 * (2 + 4)
    assert len(combinations(spaces["EDNN inverse", "h2o"])) == 100


def test_candidates_climb_and_the_best_has_the_full_cross_validation(result):
    table = result.cv_results_
    assert sorted(table["rung"]) == [0] * 9 + [1] * 2 + [2]
    best = int(np.argmin(table["rank_test_score"]))
    assert table["rung"][best] == 2 and table["params"][best] == result.best_params_
    assert table["mean_test_score"][best] == result.best_score_ > 0.9
    assert result.best_params_["learning_rate"] == 2e-2, "the slower one cannot learn in so few epochs"


def test_the_same_seed_gives_the_same_table(data, result):
    again = find(data)
    assert again.best_params_ == result.best_params_
    np.testing.assert_array_equal(again.cv_results_["mean_test_score"], result.cv_results_["mean_test_score"])


def test_cut_anywhere_the_search_ends_the_same(data, result, tmp_path):
    find(data, resume=tmp_path)
    chunks = sorted(tmp_path.glob("rung-*.json"))
    for lost in (chunks[:2], chunks[-1:], chunks[::3]):
        for path in lost:
            path.write_bytes(path.read_bytes()[:-5])
        resumed = find(data, resume=tmp_path)
        np.testing.assert_array_equal(resumed.cv_results_["mean_test_score"], result.cv_results_["mean_test_score"])


def test_nothing_finished_is_computed_again(data, tmp_path, monkeypatch):
    find(data, resume=tmp_path)
    monkeypatch.setattr("nnca.selection._assess", lambda *_: pytest.fail("computed again"))
    find(data, resume=tmp_path)


def test_the_folder_of_another_search_is_refused(data, tmp_path):
    find(data, resume=tmp_path)
    with pytest.raises(ResumeError, match="holds chunks made with data = "):
        find((data[0], 2 * data[1]), resume=tmp_path)


def test_jobs_do_not_change_the_result(data, result):
    np.testing.assert_array_equal(
        find(data, n_jobs=2).cv_results_["mean_test_score"], result.cv_results_["mean_test_score"]
    )


def test_the_better_third_goes_on():
    scores = {number: {"scores": [score]} for number, score in enumerate([0.1, 0.9, 0.5, 0.9, 0.2, 0.0])}
    assert _best(list(scores), scores, 1 / 3) == [1, 3]


def test_scores_come_from_the_held_out_folds(data):
    X, Y = data[0], np.random.default_rng(5).normal(size=data[1].shape)  # noise: what was trained on fits, nothing else
    estimator = NNCA(decoder=(32,), batch_size=40, random_state=0, learning_rate=2e-2)
    found = search(estimator, {"alpha": (1e-6,)}, X, Y, n_candidates=None, rungs=((100, 5),))
    assert found.best_score_ < 0 < clone(estimator).fit(X, Y).score(X, Y)
