"""The methods of the paper: algebra that must hold, scikit-learn's own checks, and bad input."""

import numpy as np
import pytest
import torch
from made_data import two_directions
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from nnca import ECA, EDNN, NNCA, Emulator, PolynomialEmulator, covered_variance
from nnca.methods.directions import _projection_losses
from nnca.methods.network import fit_seeds, fit_together
from nnca.networks import ACTIVATIONS, EncoderDecoder, Projection, leaves, mlp
from nnca.training import Stack

pytestmark = pytest.mark.filterwarnings("ignore:.*steps of training are few", "ignore:the fit covers")
QUICK = {"epochs": 3, "random_state": 0}
EXCUSED = {"check_n_features_in_after_fitting": "it calls score(X, y=...); the targets of this project are called Y"}


@parametrize_with_checks(
    [
        PolynomialEmulator(degree=2),
        Emulator(hidden=(8,), **QUICK),
        EDNN(**QUICK),
        NNCA(**QUICK),
        ECA(Emulator(hidden=(8,), **QUICK), n_starts=1, random_state=0),
    ],
    expected_failed_checks=lambda estimator: EXCUSED,
)
def test_scikit_learn_accepts_the_estimators(estimator, check):
    check(estimator)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data():
    return two_directions()


def linear_emulator(X, Y):
    return Emulator(hidden=(), epochs=300, learning_rate=2e-2, alpha=0, validation_fraction=0, random_state=0).fit(X, Y)


def span_angle(V, W):
    """Sine of the largest angle between two row spaces."""
    V, W = np.linalg.qr(V.T)[0], np.linalg.qr(W.T)[0]
    return np.linalg.norm(W - V @ (V.T @ W), 2)


def test_a_linear_emulator_is_least_squares(data):
    X, Y, *_ = data
    expected = np.linalg.lstsq(np.c_[X, np.ones(len(X))], Y, rcond=None)[0]
    np.testing.assert_allclose(linear_emulator(X, Y).predict(X), np.c_[X, np.ones(len(X))] @ expected, atol=2e-3)


def test_eca_of_a_linear_emulator_finds_its_row_space():
    rng = np.random.default_rng(1)
    X, rows = rng.normal(size=(500, 7)), rng.normal(size=(2, 7))
    X = np.linalg.qr(X - X.mean(axis=0))[0] * np.sqrt(len(X))  # uncorrelated, or the best directions leave that space
    emulator = linear_emulator(X, X @ rows.T @ rng.normal(size=(2, 5)))
    _, _, basis = np.linalg.svd(emulator.module_[0].weight.double().numpy())
    eca = ECA(emulator, n_components=2, random_state=0).fit(X, emulator.predict(X))
    assert span_angle(basis[:2], eca.components_) < 1e-5
    assert eca.score(X, emulator.predict(X)) == pytest.approx(1.0, abs=1e-8)


def test_eca_covers_more_with_more_components_whatever_the_seed(data):
    X, Y, *_ = data
    emulator = Emulator(random_state=0, epochs=60).fit(X, Y)
    scores = [[ECA(emulator, k, random_state=seed).fit(X, Y).score(X, Y) for k in (1, 2, 3)] for seed in (0, 1)]
    assert scores[0] == sorted(scores[0])
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-3)


def test_eca_keeps_the_emulator_it_is_given(data):
    X, Y, *_ = data
    emulator = Emulator(**QUICK).fit(X, Y)
    before = emulator.predict(X)
    eca = ECA(emulator, random_state=0).fit(X[:100], Y[:100])
    assert eca.emulator_ is emulator
    np.testing.assert_array_equal(emulator.predict(X), before)


def test_the_orthonormal_layer_follows_its_weights_continuously():
    encoder = Projection(3, 1)
    encoder.weight.data = torch.tensor([[1e-6], [0.5], [0.5]])
    before = encoder.vectors.detach()
    encoder.weight.data[0] = -1e-6
    np.testing.assert_allclose(encoder.vectors.detach(), before, atol=1e-5)


NETWORKS = {
    "Emulator": lambda: mlp((5, 7, 6, 4)),
    "EDNN": lambda: EncoderDecoder(mlp((5, 7, 2), "tanh", "relu"), mlp((2, 6, 4), "tanh")),
    "NNCA": lambda: EncoderDecoder(Projection(5, 2), mlp((2, 6, 4))),
}


@pytest.mark.parametrize("build", NETWORKS.values(), ids=NETWORKS)
def test_a_stack_is_the_same_network_many_times(build):
    with torch.device("meta"):
        network = build()
    stack, X = Stack(network, [3, 4]), torch.randn(2, 9, 5, generator=torch.Generator().manual_seed(0))
    modules = [stack.module(number).requires_grad_() for number in (0, 1)]
    stack.parameters.data = torch.stack([in_a_row(module, "data") for module in modules])  # vectors orthonormal
    together = stack(X)
    (together**2).sum().backward()
    for number, module in enumerate(modules):
        alone = module(X[number])
        (alone**2).sum().backward()
        torch.testing.assert_close(alone, together[number])
        torch.testing.assert_close(in_a_row(module, "grad"), stack.parameters.grad[number], rtol=1e-4, atol=1e-5)


def in_a_row(module, what):
    """All weights (inputs, outputs) and biases of a module, or their gradients, as a stack keeps them."""
    parts = []
    for layer in leaves(module):
        for value in layer.parameters():
            value = getattr(value, what)
            parts.append((value if isinstance(layer, Projection) or value.ndim == 1 else value.T).ravel())
    return torch.cat(parts)


def test_the_architecture_is_what_estimators_must_share():
    assert EDNN(encoder=(4,)).architecture(3, 2) != EDNN(encoder=(5,)).architecture(3, 2)
    assert EDNN(encoder=(4,)).architecture(3, 2) == EDNN(encoder=(4,), alpha=1.0).architecture(3, 2)


@pytest.mark.parametrize("k", [1, 2])
def test_nnca_with_a_linear_decoder_is_reduced_rank_regression(data, k):
    X, Y = (A - A.mean(axis=0) for A in data[:2])
    fitted = X @ np.linalg.lstsq(X, Y, rcond=None)[0]
    basis = np.linalg.svd(fitted, full_matrices=False)[2][:k]
    best = covered_variance(Y, fitted @ basis.T @ basis)
    linear = {"decoder": (), "alpha": 0, "validation_fraction": 0, "epochs": 800, "learning_rate": 2e-2}
    for seed in range(3):
        nnca = NNCA(n_components=k, **linear, random_state=seed)
        assert nnca.fit(X, Y).score(X, Y) == pytest.approx(best, abs=1e-4)


def test_the_first_vectors_of_eca_are_a_shorter_eca(data):
    X, Y, X_test, *_ = data
    emulator = Emulator(**QUICK).fit(X, Y)
    two, one = (ECA(emulator, k, random_state=0).fit(X, Y) for k in (2, 1))
    np.testing.assert_allclose(two.first(1).predict(X_test), one.predict(X_test))
    assert two.n_components == 2 and two.first(1).n_components == 1
    with pytest.raises(ValueError, match="from 1 to the 2"):
        two.first(3)


def test_the_reduced_loss_of_eca_is_the_uncovered_variance(data):
    X, Y, *_ = data
    emulator = Emulator(**QUICK).fit(X, Y)
    v = np.eye(6)[:2]
    expected = 1 - covered_variance(Y, emulator.predict(X @ v.T @ v))
    single, double = _projection_losses(emulator.module_, X, Y)
    assert double(v)[0] == pytest.approx(expected, abs=1e-9) and single(v)[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("method", [NNCA, ECA])
def test_components_are_orthonormal_and_invert_the_projection(data, method):
    X, Y, *_ = data
    model = (NNCA(n_components=3, **QUICK) if method is NNCA else ECA(Emulator(**QUICK), 3, random_state=0)).fit(X, Y)
    V, T = model.components_, model.transform(X)
    np.testing.assert_allclose(V @ V.T, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(T, X @ V.T, atol=1e-6)
    np.testing.assert_allclose(model.inverse_transform(T), X @ V.T @ V, atol=1e-5)
    np.testing.assert_allclose(model.transform(model.inverse_transform(T)), T, atol=1e-5)


def test_nnca_finds_the_two_directions_that_matter(data):
    X, Y, X_test, Y_test, directions = data
    nnca = NNCA(n_components=2, random_state=0).fit(X, Y)
    assert nnca.score(X_test, Y_test) > 0.98
    assert span_angle(directions.T, nnca.components_) < 0.1


@pytest.mark.parametrize("model", [EDNN(n_components=2, **QUICK), NNCA(n_components=2, **QUICK)])
def test_decoding_the_latent_variables_is_predicting(data, model):
    X, Y, *_ = data
    model = clone(model).fit(X, Y)
    assert model.transform(X).shape == (600, 2)
    np.testing.assert_allclose(model.decode(model.transform(X)), model.predict(X), atol=1e-5)
    with pytest.raises(ValueError, match=r"T must be \(n, 2\); got \(5, 3\)"):
        model.decode(np.zeros((5, 3)))


@pytest.mark.parametrize("model", [Emulator(**QUICK), EDNN(**QUICK), NNCA(**QUICK)])
def test_the_same_seed_gives_the_same_bits(data, model):
    X, Y, *_ = data
    first, second = (clone(model).fit(X, Y).predict(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, clone(model).set_params(random_state=1).fit(X, Y).predict(X))


def test_company_does_not_change_a_fit(data):
    X, Y, *_ = data
    together = fit_together([NNCA(epochs=20, random_state=seed) for seed in range(3)], X, Y)
    for seed, model in enumerate(together):
        alone = NNCA(epochs=20, random_state=seed).fit(X, Y)
        np.testing.assert_allclose(model.predict(X), alone.predict(X), atol=1e-3)


def test_a_dead_bottleneck_is_begun_anew(data):
    X, Y, *_ = data
    models = fit_together([EDNN(encoder=(2,), epochs=5, random_state=seed) for seed in range(12)], X, Y)
    assert sum(model.n_restarts_ for model in models) > 0
    assert all(model.transform(X).std() > 0 for model in models)


def test_of_several_starts_the_best_on_held_out_data_is_kept(data):
    X, Y, *_ = data
    alone, many = (fit_seeds(NNCA(n_starts=starts, epochs=5), X, Y, range(4)) for starts in (1, 5))
    lowest = [[model.history_.min() for model in models] for models in (alone, many)]
    assert all(b <= a * (1 + 1e-4) for a, b in zip(*lowest, strict=True)) and np.less(*lowest[::-1]).any()
    for model in many:
        assert len(model.history_) == 5
        held_out = np.random.RandomState(model.random_state)  # the part that its own generator sets aside
        held_out.randint(2**31 - 1)
        rows = held_out.permutation(len(X))[: round(0.1 * len(X))]
        error = ((model.predict(X[rows]) - Y[rows]) ** 2).sum(axis=1).mean()
        assert error == pytest.approx(model.history_.min(), rel=0.02), "the kept network is the one the loss is of"


def test_module_is_an_ordinary_torch_module(data):
    X, Y, *_ = data
    model = EDNN(**QUICK).fit(X, Y)
    assert isinstance(model.module_, EncoderDecoder)
    prediction = model.module_(torch.as_tensor(X, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(prediction, model.predict(X), atol=1e-5)


def test_whole_targets_leave_the_last_layer_its_rank(data):
    X, Y, X_test, Y_test, _ = data
    few, all_of_them = (Emulator(epochs=40, random_state=0, reduce_targets=r).fit(X, Y) for r in (True, False))
    ranks = [np.linalg.matrix_rank(one.module_[-1].weight.double().numpy(), rtol=1e-5) for one in (few, all_of_them)]
    assert ranks == [4, 10], "the targets have four components"
    assert all_of_them.score(X_test, Y_test) == pytest.approx(few.score(X_test, Y_test), abs=0.02)


SAVED = [Emulator(**QUICK), EDNN(**QUICK), NNCA(**QUICK), ECA(Emulator(**QUICK), random_state=0), PolynomialEmulator(3)]


@pytest.mark.parametrize("model", SAVED, ids=lambda model: type(model).__name__)
def test_saving_and_loading(data, model, tmp_path):
    X, Y, *_ = data
    model = clone(model).fit(X, Y)
    model.save(tmp_path / "model.safetensors")
    back = type(model).load(tmp_path / "model.safetensors")
    np.testing.assert_allclose(back.predict(X), model.predict(X), atol=1e-12)
    assert repr(back.get_params(deep=False)) == repr(model.get_params(deep=False))
    assert vars(back).keys() == vars(model).keys(), "what fit leaves behind"
    other = EDNN if type(model) is not EDNN else NNCA
    with pytest.raises(ValueError, match=f"holds {type(model).__name__}, not {other.__name__}"):
        other.load(tmp_path / "model.safetensors")


def test_parameters_of_numpy_are_saved_and_generators_are_not(tmp_path):
    EDNN(n_components=np.int64(1), epochs=1).fit(X, Y).save(tmp_path / "model")
    assert EDNN.load(tmp_path / "model").n_components == 1
    with pytest.raises(ValueError, match="an estimator with such a parameter cannot be saved"):
        EDNN(random_state=np.random.RandomState(0), epochs=1).fit(X, Y).save(tmp_path / "model")


def test_training_that_diverged_says_so():
    with pytest.warns(ConvergenceWarning, match="training diverged: learning_rate 1e\\+30 is too high"):
        Emulator(learning_rate=1e30, validation_fraction=0, epochs=5, random_state=0).fit(X, Y)


def test_loading_something_else_is_refused(tmp_path):
    (tmp_path / "model").write_bytes(b"\x80\x04K\x01.")  # a pickle
    with pytest.raises(ValueError, match="not an estimator saved by nnca"):
        EDNN.load(tmp_path / "model")


X, Y = np.random.default_rng(0).normal(size=(30, 3)), np.random.default_rng(1).normal(size=(30, 4))
CONSTANT = X.copy()
CONSTANT[:, 1] = 2.0


@pytest.mark.parametrize(
    ("model", "X", "Y", "message"),
    [
        (EDNN(), np.full_like(X, np.nan), Y, "contains NaN"),
        (EDNN(), X[:, 0], Y, "2D array"),
        (EDNN(), X, Y[:20], "inconsistent numbers of samples"),
        (EDNN(), CONSTANT, Y, "feature 1 of X is constant"),
        (EDNN(), X[:1], Y[:1], "minimum of 2 is required"),
        (EDNN(n_components=4), X, Y, "n_components must be a whole number from 1 to the 3 features; got 4"),
        (ECA(n_components=0), X, Y, "n_components must be a whole number from 1 to the 3 features; got 0"),
        (EDNN(activation="gelu"), X, Y, f"activation must be one of {', '.join(ACTIVATIONS)}; got 'gelu'"),
        (Emulator(alpha=-1), X, Y, "alpha must be finite and not negative; got -1"),
        (EDNN(latent_activation="gelu"), X, Y, "latent_activation must be one of"),
        (NNCA(n_starts=0), X, Y, "n_starts must be a whole number of 1 or more; got 0"),
        (NNCA(n_starts=2, validation_fraction=0), X, Y, "n_starts 2 needs a validation_fraction above 0"),
        (Emulator(epochs=0), X, Y, "epochs must be a whole number of 1 or more; got 0"),
        (Emulator(batch_size=0.5), X, Y, "batch_size must be a whole number of 1 or more; got 0.5"),
        (Emulator(hidden=64), X, Y, "hidden must be a tuple of widths of 1 or more; got 64"),
        (ECA(n_starts=0), X, Y, "n_starts must be a whole number of 1 or more; got 0"),
        (ECA(RandomForestRegressor()), X, Y, r"emulator must be an nnca estimator .*; got RandomForestRegressor\(\)"),
        (ECA(make_pipeline(MinMaxScaler(), MLPRegressor())), X, Y, r"must be .*; got \[MinMaxScaler\(\)\]"),
        (ECA("emulator"), X, Y, "must be .*; got 'emulator'"),
        (ECA(PolynomialEmulator(2).fit(X[:, :2], Y)), X, Y, "does not take the 3 inputs of the data: it takes 2"),
        (ECA(torch.nn.Linear(2, 4)), X, Y, "does not take the 3 inputs of the data: mat1 and mat2"),
        (ECA(torch.nn.Linear(3, 5)), X, Y, r"gives an array \(2, 5\) for two rows .* targets are \(2, 4\)"),
        (Emulator(validation_fraction=1), X, Y, r"validation_fraction must be in \[0, 1\)"),
    ],
)
def test_bad_input_gets_one_clear_error(model, X, Y, message):
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y)


def test_estimators_of_different_shape_are_not_fitted_together():
    with pytest.raises(ValueError, match="must share their architecture"):
        fit_together([Emulator(hidden=(8,)), Emulator(hidden=(9,))], X, Y)


@pytest.mark.parametrize("model", [EDNN(2, **QUICK), NNCA(2, **QUICK), ECA(Emulator(**QUICK), 2, random_state=0)])
def test_latent_variables_as_a_table_of_pandas(data, model):
    X, Y, *_ = data
    model = clone(model).fit(X, Y).set_output(transform="pandas")
    table = model.transform(X)
    name = type(model).__name__.lower()
    assert list(table.columns) == list(model.get_feature_names_out()) == [f"{name}0", f"{name}1"]
    np.testing.assert_array_equal(table, clone(model).fit(X, Y).set_output(transform="default").transform(X))
    assert isinstance(model.predict(X), np.ndarray) and isinstance(model.fit_latent(Y[:5]), np.ndarray)
    if isinstance(model, NNCA):
        model.rotated(X, Y)
