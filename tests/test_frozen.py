"""Emulators of any make, frozen for ECA: nnca's, torch's, scikit-learn's."""

import numpy as np
import pytest
import torch
from made_data import two_directions
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nnca import ECA, EDNN, NNCA, PolynomialEmulator
from nnca.methods.frozen import frozen

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
QUICK = {"epochs": 3, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    return two_directions()


@pytest.fixture(scope="module")
def scikit_mlp(data):
    X, Y, *_ = data
    return MLPRegressor(hidden_layer_sizes=(16, 16), max_iter=60, random_state=0).fit(X, Y)


class Wrapped(torch.nn.Module):
    """A user's own network, in single precision and with dropout."""

    def __init__(self, layers):
        super().__init__()
        self.layers, self.dropout = layers, torch.nn.Dropout(0.5)

    def forward(self, x):
        return self.dropout(self.layers(x))


def wrappers(mlp, X, Y):
    """One network in all the ways in which it can be handed over: {name: emulator, X, Y}"""
    shift, scale = np.arange(6.0) / 3, 1 + np.arange(6.0) / 6
    raw, raw_Y = X * scale + shift, 2 * Y + 1
    pipeline = make_pipeline(StandardScaler().fit(np.array([shift - scale, shift + scale])), mlp)
    target = TransformedTargetRegressor(mlp, transformer=StandardScaler())
    target.regressor_, target.transformer_ = mlp, StandardScaler().fit(np.array([[-1.0] * 10, [3.0] * 10]))
    return {
        "scikit-learn": (mlp, X, Y),
        "torch": (frozen(mlp), X, Y),
        "own": (Wrapped(frozen(mlp)), X, Y),
        "pipeline": (pipeline, raw, Y),
        "target": (target, X, raw_Y),
    }


@pytest.mark.parametrize("name", ["scikit-learn", "torch", "own", "pipeline", "target"])
def test_a_frozen_emulator_predicts_as_the_one_it_was(data, scikit_mlp, name):
    emulator, X, _ = wrappers(scikit_mlp, *data[:2])[name]
    expected = scikit_mlp.predict(data[0])
    expected = 2 * expected + 1 if name == "target" else expected
    np.testing.assert_allclose(frozen(emulator)(torch.tensor(X)).numpy(), expected, atol=1e-10)


def test_eca_scores_the_same_whatever_its_emulator_is_wrapped_in(data, scikit_mlp):
    scores = {}
    for name, (emulator, X, Y) in wrappers(scikit_mlp, *data[:2]).items():
        if name != "pipeline":  # there the directions are other ones: in raw inputs
            scores[name] = ECA(emulator, 2, n_starts=2, random_state=0).fit(X, Y).score(X, Y)
    assert np.ptp(list(scores.values())) < 1e-6, scores
    assert min(scores.values()) > 0.5


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_every_activation_of_scikit_learn_is_read(data, activation):
    X, Y, *_ = data
    mlp = MLPRegressor(hidden_layer_sizes=(5,), activation=activation, max_iter=2, random_state=0).fit(X, Y[:, 0])
    np.testing.assert_allclose(frozen(mlp)(torch.tensor(X))[:, 0].numpy(), mlp.predict(X), atol=1e-10)


@pytest.mark.parametrize("emulator", [PolynomialEmulator(3), EDNN(n_components=2, **QUICK), NNCA(2, **QUICK)])
def test_every_emulator_of_nnca_is_frozen_and_saved(data, emulator, tmp_path):
    X, Y, *_ = data
    emulator = emulator.fit(X, Y)
    np.testing.assert_allclose(frozen(emulator)(torch.tensor(X)).numpy(), emulator.predict(X), atol=1e-6)
    eca = ECA(emulator, n_starts=1, random_state=0).fit(X, Y)
    eca.save(tmp_path / "eca")
    np.testing.assert_allclose(ECA.load(tmp_path / "eca").predict(X), eca.predict(X), atol=1e-10)


def test_an_unfitted_emulator_is_trained_and_a_foreign_one_is_not_saved(data, tmp_path):
    X, Y, *_ = data
    eca = ECA(make_pipeline(StandardScaler(), MLPRegressor(max_iter=3, random_state=0)), random_state=0).fit(X, Y)
    np.testing.assert_allclose(eca.emulator_.predict(X), frozen(eca.emulator_)(torch.tensor(X)).numpy(), atol=1e-10)
    assert eca.fit_latent(Y[:5]).shape == (5, 1)
    with pytest.raises(ValueError, match="an ECA of Pipeline cannot be saved; one of Emulator, PolynomialEmulator, "):
        eca.save(tmp_path / "eca")
