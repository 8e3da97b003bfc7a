"""What a fit says about data and settings that it cannot do well with."""

import re
import warnings

import numpy as np
import pytest
import torch
from made_data import two_directions
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from nnca import ECA, EDNN, NNCA, Emulator, PolynomialEmulator, covered_variance
from nnca.methods.base import ScaleWarning

QUICK = {"epochs": 3, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    return two_directions()


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("model", [PolynomialEmulator(1), Emulator(**QUICK), NNCA(**QUICK), ECA(Emulator(**QUICK))])
@pytest.mark.parametrize(
    ("of_X", "of_Y", "message"),
    [
        (lambda X: X + 105 * np.eye(6)[2], lambda Y: Y, "column 2 of X has mean 105 and standard deviation"),
        (lambda X: X * 1e-6, lambda Y: Y, "column 0 of X has mean .* and standard deviation .*e-0.: standardise it"),
        (lambda X: X, lambda Y: Y * 1e6, r"Y has mean .* and standard deviation .*e\+0.: standardise it"),
        (lambda X: X, lambda Y: Y * 1e-9, "Y has mean .* and standard deviation .*e-.*: standardise it"),
        (lambda X: X, lambda Y: Y + 500 * np.eye(10)[3], "column 3 of Y has mean 500 and standard deviation"),
    ],
)
def test_data_that_are_not_standardised_are_named(data, model, of_X, of_Y, message):
    with pytest.warns(ScaleWarning, match=message):
        clone(model).fit(of_X(data[0]), of_Y(data[1]))


def test_standardised_data_pass_in_silence(data):
    X, Y, *_ = data
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        emulator = Emulator(random_state=0).fit(X, Y)
        for model in (ECA(emulator, random_state=0), NNCA(random_state=0), EDNN(random_state=0), PolynomialEmulator(2)):
            model.fit(X, Y)


def test_a_fit_that_is_worse_than_the_mean_says_so(data):
    X, Y, *_ = data
    with pytest.warns(ConvergenceWarning, match="the fit covers -.* of the variance of its own training data"):
        Emulator(epochs=1, learning_rate=1e-9, random_state=0).fit(X, Y)
    emulator = torch.nn.Linear(6, 10)
    torch.nn.init.constant_(emulator.bias, 3.0)
    with pytest.warns(ConvergenceWarning, match="the fit covers -"):
        ECA(emulator, random_state=0).fit(X, Y)


def small_data(n, seed):
    """n rows to learn from and 500 to test on, four inputs, twelve outputs with noise, standardised."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n + 500, 4))
    t = X @ np.linalg.qr(rng.normal(size=(4, 2)))[0]
    Y = np.column_stack([np.tanh(t[:, 0]), np.sin(t[:, 1]), t[:, 0] * t[:, 1] / 2]) @ rng.normal(size=(3, 12))
    Y += 0.1 * rng.normal(size=Y.shape)
    Y = (Y - Y[:n].mean(axis=0)) / Y[:n].std()
    return X[:n], Y[:n], X[n:], Y[n:]


@pytest.mark.parametrize("n", [80, 500])
def test_few_rows_are_learnt_from_as_well_as_by_scikit_learn(n):
    ours, theirs = [], []
    for seed in range(2):
        X, Y, X_test, Y_test = small_data(n, seed)
        with pytest.warns(ConvergenceWarning, match="steps of training are few: set ") as said:
            Emulator(epochs=50, random_state=seed).fit(X, Y)
        advice = next(str(one.message) for one in said if "few" in str(one.message))
        settings = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", advice)}
        for scores, models in (
            (ours, [Emulator(alpha=a, random_state=seed, **settings) for a in (1e-4, 1e-2, 1.0)]),
            (
                theirs,
                [MLPRegressor(hidden_layer_sizes=(64, 64), alpha=a, random_state=seed) for a in (1e-4, 1e-2, 1.0)],
            ),
        ):
            scores.append(max(covered_variance(Y_test, model.fit(X, Y).predict(X_test)) for model in models))
    assert np.mean(ours) >= np.mean(theirs), (ours, theirs)
