"""Running networks backwards: exact where possible, within the bound elsewhere, refused where it makes no sense."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from nnca import EDNN
from nnca.book.inverse_results import judge, spoken
from nnca.figures import inversion as figures
from nnca.inversion import (
    LayerErrors,
    activations_of,
    bottleneck_of,
    error_bound,
    evidence,
    invert_layers,
    layers_of,
    layerwise_errors,
    square_matrices,
)

RNG = np.random.default_rng(0)


def network(*weights, slope=0.01, biases=True):
    """A leaky-ReLU network of given weight matrices (outputs, inputs), linear at its end."""
    parts = []
    for weight in weights:
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight.data = torch.tensor(weight, dtype=torch.float64)
        linear.bias.data = torch.tensor(RNG.normal(size=len(weight)) * biases)
        parts += [linear, nn.LeakyReLU(slope)]
    return nn.Sequential(*parts[:-1])


def matrix(size, condition, seed=0):
    """A square matrix with singular values that fall evenly, on a logarithmic scale, from 1 to 1/condition."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.normal(size=(size, size)))[0] for _ in range(2))
    return left @ np.diag(np.geomspace(1, 1 / condition, size)) @ right


X = np.random.default_rng(1).normal(size=(50, 6))
WELL = network(*(matrix(6, 3, seed) for seed in range(4)))
ILL = network(matrix(6, 10), matrix(6, 1e6), matrix(6, 10, 3), slope=0.5)
NARROW = network(RNG.normal(size=(6, 6)), RNG.normal(size=(1, 6)), RNG.normal(size=(6, 1)), RNG.normal(size=(6, 6)))


def test_activations_are_those_of_torch():
    found = activations_of(WELL, X)
    assert len(found) == 5 and found[0].shape == X.shape
    np.testing.assert_allclose(found[-1], WELL(torch.tensor(X)).detach().numpy(), atol=1e-12)


@pytest.mark.parametrize("rcond", [None, 0.0, 1e-15, 1e-3])
def test_a_well_conditioned_square_network_is_undone_exactly(rcond):
    errors = layerwise_errors(WELL, X, rcond)
    assert errors.at_layers.max() < 1e-8 and errors.at_input.max() < 1e-8
    back = invert_layers(WELL, WELL(torch.tensor(X)).detach().numpy(), rcond=rcond)
    np.testing.assert_allclose(back[0], X, atol=1e-8)


def test_one_layer_by_hand():
    one = network(np.array([[2.0, 1.0], [1.0, 1.0]]), np.eye(2), slope=0.1, biases=False)
    # z = (1, 2) came from x = (-1, 3); z = (-1, 2), seen as (-0.1, 2) behind the activation, from x = (-3, 5)
    np.testing.assert_allclose(
        invert_layers(one, [[1.0, 2.0], [-0.1, 2.0]], layer=1)[0], [[-1, 3], [-3, 5]], atol=1e-12
    )


def test_the_inverse_may_start_at_any_layer():
    for layer in range(1, 5):
        back = invert_layers(WELL, activations_of(WELL, X)[layer], layer)
        assert len(back) == layer + 1
        np.testing.assert_allclose(back[0], X, atol=1e-8)


@pytest.mark.parametrize("noise", [0.0, 1e-8, 1e-2])
@pytest.mark.parametrize("rcond", [None, 1e-3, 0.3])
@pytest.mark.parametrize("module", [WELL, ILL, NARROW], ids=["well", "ill", "narrow"])
def test_errors_grow_within_the_bound(module, rcond, noise):
    outputs = activations_of(module, X)[-1]
    outputs = outputs + noise * np.random.default_rng(2).normal(size=outputs.shape)
    start = np.linalg.norm(outputs - activations_of(module, X)[-1], axis=1).max()
    measured = layerwise_errors(module, X, rcond, outputs).at_layers
    assert (measured <= error_bound(module, X, start, rcond)).all()


def test_noise_along_the_smallest_singular_vector_reaches_the_bound():
    W = matrix(6, 1e4)
    left, s, _ = np.linalg.svd(W)
    module = network(W)
    outputs = activations_of(module, X)[-1] + 1e-3 * left[:, -1]
    back = invert_layers(module, outputs)[0]
    assert layerwise_errors(module, X).bottleneck == 1
    bound = error_bound(module, X, 1e-3)[0]
    assert np.linalg.norm(back - X, axis=1).max() == pytest.approx(1e-3 / s[-1], rel=1e-6)
    assert bound == pytest.approx(1e-3 / s[-1], rel=1e-6)


def test_a_pseudo_inverse_loses_what_lies_outside_its_row_space():
    W = matrix(6, 1e4)
    _, s, rows = np.linalg.svd(W)
    module, kept = network(W), s > 1e-2 * s[0]
    back = invert_layers(module, activations_of(module, X)[-1], rcond=1e-2)[0]
    np.testing.assert_allclose(back, X @ rows[kept].T @ rows[kept], atol=1e-9)


def test_the_bottleneck_gives_the_shortest_of_the_structures_that_share_a_latent_variable():
    w = np.array([[3.0, 4.0]])
    module = network(w, np.eye(1), biases=False)
    back = invert_layers(module, [[10.0]])[0]
    np.testing.assert_allclose(back, [[1.2, 1.6]])
    assert bottleneck_of(NARROW) == 2


def test_a_singular_matrix_is_undone_by_the_pseudo_inverse():
    module = network(np.array([[1.0, 1.0], [1.0, 1.0]]), biases=False)
    np.testing.assert_allclose(invert_layers(module, [[2.0, 2.0]])[0], [[1, 1]])


def test_single_precision_loses_what_double_precision_keeps():
    double, single = (layerwise_errors(ILL, X, dtype=dtype).at_layers[0] for dtype in (float, np.float32))
    assert double < 1e-8 and single > 1e4 * double
    assert (layerwise_errors(ILL, X, dtype=np.float32).at_layers <= error_bound(ILL, X, dtype=np.float32)).all()


def test_evidence_tells_the_encoder_from_the_bottleneck_and_the_decoder():
    Y = activations_of(NARROW, X)[-1]
    found = evidence(NARROW, X, Y + 10 * RNG.normal(size=Y.shape))
    assert found["encoder"] < 1e-8 and found["decoder"] < 1e-8
    assert found["decoder"] < found["decoder_single"] < 1e-2
    assert found["bottleneck"] > 0.1 and found["whole"] == pytest.approx(found["bottleneck"], rel=1e-3)
    assert found["known"] > 1
    assert {part: len(s) for part, s in square_matrices(NARROW).items()} == {"encoder": 1, "decoder": 1}


@pytest.mark.parametrize("size", [1e-7, 1e-12, 1e-25])
def test_a_solve_that_overflows_has_diverged(size):
    """Matrices that a penalty has taken near zero; single precision ends at 3e38."""
    weights = [size * matrix(6, 3, seed) for seed in range(6)]
    module = network(RNG.normal(size=(6, 6)), RNG.normal(size=(1, 6)), RNG.normal(size=(6, 1)), *weights)
    found = evidence(module, X, activations_of(module, X)[-1] + 1.0)
    assert found["decoder_single"] == np.inf
    assert not np.isnan(list(found.values())).any()


def test_claims_are_judged_over_networks_penalties_and_systems():
    rows = [(target, penalty) for target in ("xps", "xes") for penalty in (1e-3, 1e-2, 1e-1) for _ in range(3)]
    facts = pd.DataFrame(rows, columns=["target", "penalty"])
    facts["decoder"] = [1e-9] * 5 + [1.0] + [np.inf] * 3 + [1e-9] * 9
    numbers, verdict = judge(facts, facts.decoder < 0.01, "t is back")
    assert numbers == "so in XPS 3, 2, 0; XES 3, 3, 3 of 3 networks at the penalties 0.001, 0.01, 0.1"
    assert verdict.word == "holds"
    assert "t is back in most networks, at most penalties, for every spectrum" in verdict.rule
    assert judge(facts, facts.decoder > 0.01, "t is lost")[1].word == "holds partly"
    assert judge(facts, facts.decoder < 0, "t is better than exact")[1].word == "does not hold here"
    assert judge(facts[facts.target == "xps"], facts.decoder[:9] < 0.01, "t is back")[1].word == "holds"


@pytest.mark.parametrize(
    ("value", "text"),
    [(np.inf, "diverged"), (np.nan, "diverged"), (2e53, "over 10⁶"), (3e-8, "3·10⁻⁸"), (0.016, "0.016"), (351, "351")],
)
def test_errors_are_told_in_words_and_powers(value, text):
    assert spoken(value) == text


def test_what_diverged_is_drawn_as_that_and_axes_end_at_the_limit():
    finite = LayerErrors(np.array([1e53, 1.0, 0.0]), np.array([0.0, 1.0, 1e53]), 1)
    lost = LayerErrors(np.array([np.inf, 1.0, 0.0]), np.array([0.0, 1.0, 1e3]), 1)
    for errors, words in ((finite, []), (lost, ["diverged"])):
        axes = figures.layer_errors({"one": {None: errors}}).axes
        assert [text.get_text() for text in axes[0].texts] == words
        highest = [np.nanmax(line.get_ydata()) for ax in axes for line in ax.lines]
        assert max(highest) == figures.BEYOND < axes[0].get_ylim()[1] == figures.TOP


def test_the_network_of_an_estimator_can_be_inverted():
    Y = np.tanh(X @ RNG.normal(size=(6, 4)))
    model = EDNN(activation="leaky_relu", latent_activation="leaky_relu", encoder=(6,), decoder=(4,), epochs=3)
    model.set_params(reduce_targets=False, random_state=0).fit(X, Y)
    errors = layerwise_errors(model.module_, X)
    assert errors.bottleneck == 2 and len(errors.at_layers) == 5
    assert errors.at_layers[2] < 1e-3, "the decoder alone can be undone"
    assert errors.at_input[2] > 0.1, "the bottleneck cannot"


RELU = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6))
BAD = X.copy()
BAD[3, 2] = np.nan


@pytest.mark.parametrize(
    ("module", "activations", "options", "message"),
    [
        (RELU, X, {}, r"only Linear and LeakyReLU can be undone; part 1 of the network is ReLU\(\)"),
        (nn.Sequential(nn.Linear(6, 6), nn.LeakyReLU(0.0)), X, {}, "only Linear and LeakyReLU can be undone"),
        (WELL, X, {"rcond": 1.0}, r"rcond must be a number in \[0, 1\); got 1.0"),
        (WELL, X, {"rcond": -1e-3}, r"rcond must be a number in \[0, 1\); got -0.001"),
        (WELL, X, {"rcond": np.nan}, r"rcond must be a number in \[0, 1\); got nan"),
        (WELL, X, {"rcond": "small"}, r"rcond must be a number in \[0, 1\); got 'small'"),
        (WELL, X, {"layer": 5}, "layer must be a whole number from 1 to 4; got 5"),
        (WELL, X, {"layer": 0}, "layer must be a whole number from 1 to 4; got 0"),
        (WELL, X, {"layer": 2.0}, "layer must be a whole number from 1 to 4; got 2.0"),
        (WELL, BAD, {}, "activations must be finite"),
        (WELL, X[:, :4], {}, r"activations of layer 4 must be \(n, 6\); got \(50, 4\)"),
        (WELL, X[0], {}, r"activations of layer 4 must be \(n, 6\); got \(6,\)"),
    ],
)
def test_bad_input_gets_one_clear_error(module, activations, options, message):
    with pytest.raises(ValueError, match=message):
        invert_layers(module, activations, **options)


def test_errors_are_measured_on_finite_structures_of_bijective_networks_only():
    with pytest.raises(ValueError, match="X must be finite"):
        layerwise_errors(WELL, BAD)
    with pytest.raises(ValueError, match="can be undone"):
        layerwise_errors(RELU, X)
    with pytest.raises(ValueError, match=r"rcond must be a number in \[0, 1\)"):
        layerwise_errors(WELL, X, rcond=2)
    with pytest.raises(ValueError, match=r"activations of layer 4 must be \(n, 6\); got \(50, 5\)"):
        layerwise_errors(WELL, X, outputs=X[:, :5])
    with pytest.raises(ValueError, match="one row for each of the 50 rows of X; got 1"):
        layerwise_errors(WELL, X, outputs=X[:1])
    assert len(layers_of(WELL)) == 4
