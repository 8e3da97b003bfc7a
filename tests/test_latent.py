"""From spectra back to latent variables and structures, and the two forms of NNCA."""

import copy

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.base import clone
from torch import nn
from torch.nn.utils import parametrizations

from nnca import ECA, EDNN, NNCA, Emulator, covered_variance
from nnca.book.trained_networks import fit_once
from nnca.methods.latent import fit_latent
from nnca.methods.network import fit_seeds

SHORT = {"epochs": 30, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    """Five inputs, of which two directions matter and the last input not at all; eight outputs.  X, Y"""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5))
    t = X[:, :4] @ np.linalg.qr(rng.normal(size=(4, 2)))[0]
    Y = np.column_stack([t[:, 0], np.sin(2 * t[:, 0]), np.tanh(2 * t[:, 1]), t[:, 0] * t[:, 1]])
    return X, Y @ rng.normal(size=(4, 8)) / 2


@pytest.fixture(scope="module", params=["EDNN 1", "NNCA 1", "NNCA 2", "ECA 1", "ECA 2", "NNCA 3"])
def model(request, data):
    method, k = request.param.split()
    kinds = {"EDNN": EDNN, "NNCA": NNCA}
    if method == "ECA":
        return ECA(Emulator(**SHORT).fit(*data), int(k), n_starts=2, random_state=0).fit(*data)
    return kinds[method](n_components=int(k), **SHORT).fit(*data)


def squares(model, T, Y):
    return ((model.decode(T) - Y) ** 2).sum(axis=-1)


def test_the_residual_is_that_of_the_fitted_latent_variables(model, data):
    Y = data[1][:50]
    found = model.fit_latent(Y, return_fit=True)
    np.testing.assert_allclose(squares(model, found.T, Y), found.residual, atol=1e-9)
    assert (found.minima >= 1).all()
    np.testing.assert_array_equal(model.fit_latent(Y), found.T)


def test_no_point_of_a_fine_grid_lies_lower(model, data):
    if model.n_components > 2:
        pytest.skip("a fine grid in three dimensions is too large")
    Y = data[1][:30]
    low, high = model.latent_range_
    sides = [np.linspace(a, b, 20_001 if len(low) == 1 else 301) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, len(low))
    spectra = model.decode(grid)
    lowest = [((spectra - y) ** 2).sum(axis=1).min() for y in Y]
    above = model.fit_latent(Y, return_fit=True).residual - lowest
    assert above.max() < 1e-6


def test_a_generic_optimiser_from_twenty_starts_finds_nothing_lower(model, data):
    Y, (low, high), rng = data[1][:12], model.latent_range_, np.random.default_rng(0)
    decoder = copy.deepcopy(model._decoder()).double()

    def loss(t, y):
        t = torch.tensor(t, requires_grad=True)
        value = ((decoder(t) - torch.tensor(y)) ** 2).sum()
        return value.item(), torch.autograd.grad(value, t)[0].numpy()

    found = model.fit_latent(Y, return_fit=True)
    for y, residual in zip(Y, found.residual, strict=True):
        starts = rng.uniform(low, high, (20, len(low)))
        other = min(minimize(loss, start, (y,), jac=True).fun for start in starts)
        assert residual <= other + (1e-4 if len(low) < 3 else 2e-3), "with three latent variables the grid is coarse"


def test_latent_variables_of_decoded_spectra_decode_to_the_same_spectra(model, data):
    Y = model.predict(data[0][:100])
    assert model.fit_latent(Y, return_fit=True).residual.max() < (1e-5 if model.n_components < 3 else 1e-3)


def test_all_minima_are_met():
    """A decoder that folds the line has two latent variables for one spectrum."""
    fold = nn.Sequential(nn.Linear(1, 2, bias=False), nn.ReLU(), nn.Linear(2, 1))
    fold[0].weight.data, fold[2].weight.data = torch.tensor([[1.0], [-1.0]]), torch.tensor([[1.0, 1.0]])
    fold[2].bias.data = torch.zeros(1)
    found = fit_latent(fold.requires_grad_(False), [[0.7], [0.0]], np.array([-1.0]), np.array([1.0]))
    np.testing.assert_allclose(np.abs(found.T[:, 0]), [0.7, 0.0], atol=1e-4)
    np.testing.assert_array_equal(found.minima, [2, 1])


@pytest.mark.parametrize(("act", "slope", "spectrum"), [(nn.ReLU(), 1.0, 0.7), (nn.Tanh(), 5.0, 0.0)])
def test_a_plateau_is_no_minimum(act, slope, spectrum):
    flat = nn.Sequential(nn.Linear(1, 1, bias=False), act, nn.Linear(1, 1))
    flat[0].weight.data, flat[2].weight.data = torch.tensor([[slope]]), torch.ones(1, 1)
    flat[2].bias.data = torch.zeros(1)
    found = fit_latent(flat.requires_grad_(False), [[spectrum]], np.array([-3.0]), np.array([3.0]))
    assert found.residual[0] < 1e-8 and found.minima[0] == 1


def test_bad_spectra_get_one_clear_error(model, data):
    with pytest.raises(ValueError, match=r"Y must be \(n, 8\); got \(4, 7\)"):
        model.fit_latent(data[1][:4, :7])
    with pytest.raises(ValueError, match="contains NaN"):
        model.fit_latent(np.full((4, 8), np.nan))


def test_reconstruction_expands_the_fit_and_leaves_what_does_not_matter_at_the_mean(data):
    X, Y = data
    model = NNCA(n_components=2, epochs=100, random_state=1).fit(X, Y)
    back = model.reconstruct(Y)
    expansion = back @ model.components_.T @ model.components_
    np.testing.assert_allclose(back, expansion, atol=1e-5)
    left, of_the_truth = (((model.predict(one) - Y) ** 2).sum(axis=1) for one in (back, X))
    assert (left <= of_the_truth + 1e-5).all(), "no structure's spectrum is nearer than that of the reconstruction"
    assert np.median(np.abs(back[:, 4])) < 0.1 * np.median(np.abs(back[:, :4]))
    matters = model.components_.T @ model.components_
    assert covered_variance(X @ matters, back) > 0.8


def test_rotated_vectors_predict_the_same_and_are_in_order(data):
    X, Y = data
    for seed in range(3):
        model = NNCA(n_components=3, epochs=30, random_state=seed).fit(X, Y)
        turned = model.rotated(X, Y)
        np.testing.assert_allclose(turned.predict(X), model.predict(X), atol=1e-4)
        V, W = model.components_, turned.components_
        np.testing.assert_allclose(W @ W.T, np.eye(3), atol=1e-5)
        np.testing.assert_allclose(W.T @ W, V.T @ V, atol=1e-5)
        first, before = (one_component(each, X, Y) for each in (turned, model))
        assert first[0] == max(first) and first[0] >= max(before) - 1e-3
        T = turned.transform(X)
        np.testing.assert_allclose(turned.latent_range_, [T.min(axis=0), T.max(axis=0)], atol=1e-5)


def one_component(model, X, Y):
    """What each latent variable covers alone, the others at zero."""
    T = model.transform(X)
    return [covered_variance(Y, model.decode(T * keep)) for keep in np.eye(T.shape[1])]


def test_weight_decay_takes_torch_s_own_orthonormal_layer_to_zero():
    """Why the layer is made by QR: `parametrizations.orthogonal` reads signs off a diagonal by truncation to integers.

    Any decay of that diagonal, from 1 to 0.999..., makes the sign 0 and with it the whole vector, for good.
    """
    layer = parametrizations.orthogonal(nn.Linear(6, 1, bias=False), orthogonal_map="householder")
    assert layer.weight.norm().item() == pytest.approx(1)
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.1, weight_decay=1e-3)
    layer(torch.ones(1, 6)).sum().backward()
    optimiser.step()
    assert layer.weight.norm().item() == 0


@pytest.mark.parametrize("alpha", [0.0, 1e-2, 10.0])
def test_no_penalty_breaks_the_orthonormal_layer(data, alpha):
    X, Y = data
    for model in fit_seeds(NNCA(n_components=2, alpha=alpha, epochs=5, learning_rate=5e-2), X, Y, range(3)):
        np.testing.assert_allclose(model.components_ @ model.components_.T, np.eye(2), atol=1e-6)


@pytest.mark.parametrize("method", ["NNCA", "ECA"])
def test_what_was_fitted_once_is_read_the_next_time(data, tmp_path, method):
    X, Y = data
    emulator = Emulator(**SHORT).fit(X, Y)
    models = [NNCA(epochs=2, random_state=s) if method == "NNCA" else ECA(emulator, 1, 1, s) for s in (0, 1)]
    asked = []

    def again(models, X, Y):
        asked.append(len(models))
        return [model.fit(X, Y) for model in models]

    first = fit_once([clone(one) for one in models] if method == "NNCA" else models, X, Y, tmp_path, again)
    second = fit_once(models, X, Y, tmp_path, again)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.predict(X), other.predict(X))
    fit_once(models, X, Y + 1e-9, tmp_path, again)
    fit_once([models[0], models[1].set_params(random_state=2)], X, Y, tmp_path, again)
    assert asked == [2, 2, 1], "nothing the second time, all on other data, one of two with another seed"


def test_an_eca_is_kept_under_its_emulator(data, tmp_path):
    X, Y = data
    emulators = [Emulator(epochs=2, random_state=seed).fit(X, Y) for seed in (0, 1)]
    first, second = (
        fit_once([ECA(emulator, n_starts=1, random_state=0)], X, Y, tmp_path, lambda m, X, Y: m[0].fit(X, Y))[0]
        for emulator in emulators
    )
    assert not np.array_equal(first.predict(X), second.predict(X))
    np.testing.assert_array_equal(first.emulator_.predict(X), emulators[0].predict(X))
