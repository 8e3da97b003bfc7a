"""Emulators of any make as torch modules in double precision, for ECA to look through."""

import copy

import numpy as np
import torch
from sklearn.compose import TransformedTargetRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from nnca.methods.emulator import PolynomialEmulator
from nnca.methods.network import Network

ACTIVATIONS = {"identity": nn.Identity, "logistic": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}  # scikit-learn's
ACCEPTED = (
    "an nnca estimator (Emulator, EDNN, NNCA, PolynomialEmulator), a torch.nn.Module, or scikit-learn's MLPRegressor, "
    "also behind StandardScaler in a Pipeline or with StandardScaler in a TransformedTargetRegressor"
)


def frozen(emulator):
    """A fitted emulator as a torch module in double precision, without gradients.  (n, inputs) -> (n, outputs)

    What is accepted: see ACCEPTED.  Raises ValueError for anything else, naming it.
    """
    return nn.Sequential(*_layers(emulator)).cpu().double().eval().requires_grad_(False)


def check_kind(emulator):
    """Raise ValueError unless an emulator, fitted or not, is of a kind that `frozen` can read."""
    if isinstance(emulator, Pipeline):
        *before, emulator = (step for _, step in emulator.steps)
        _check(all(step == "passthrough" or isinstance(step, StandardScaler) for step in before), before)
    if isinstance(emulator, TransformedTargetRegressor):
        _check(isinstance(emulator.transformer, StandardScaler), emulator.transformer)
        return check_kind(emulator.regressor)
    _check(isinstance(emulator, (Network, PolynomialEmulator, nn.Module, MLPRegressor)), emulator)


def check_widths(emulator, inputs, outputs):
    """Raise ValueError unless a fitted emulator goes from `inputs` to `outputs` numbers."""
    try:
        if getattr(emulator, "n_features_in_", inputs) != inputs:
            raise RuntimeError(f"it takes {emulator.n_features_in_}")
        shape = tuple(frozen(emulator)(torch.zeros(2, inputs, dtype=torch.double)).shape)
    except RuntimeError as error:
        raise ValueError(f"emulator does not take the {inputs} inputs of the data: {error}") from error
    if shape != (2, outputs):
        raise ValueError(f"emulator gives an array {shape} for two rows of the data, whose targets are {(2, outputs)}")


def _check(accepted, found):
    if not accepted:
        raise ValueError(f"emulator must be {ACCEPTED}; got {found!r}")


def _layers(emulator):
    """The layers of a fitted emulator in the order in which data meet them.  -> list of modules"""
    if isinstance(emulator, Pipeline):
        return [layer for _, step in emulator.steps if step != "passthrough" for layer in _layers(step)]
    if isinstance(emulator, TransformedTargetRegressor):
        mean, scale = _learnt(emulator.transformer_)
        return [*_layers(emulator.regressor_), _linear(np.diag(scale), mean)]
    if isinstance(emulator, StandardScaler):
        mean, scale = _learnt(emulator)
        return [_linear(np.diag(1 / scale), -mean / scale)]
    if isinstance(emulator, MLPRegressor):
        linear = [_linear(W.T, b) for W, b in zip(emulator.coefs_, emulator.intercepts_, strict=True)]
        behind = [ACTIVATIONS[emulator.activation]() for _ in linear[1:]]
        return [*(layer for pair in zip(linear[:-1], behind, strict=True) for layer in pair), linear[-1]]
    if isinstance(emulator, PolynomialEmulator):
        terms, linear = emulator.model_
        return [Polynomial(terms.powers_), _linear(linear.coef_, linear.intercept_)]
    module = copy.deepcopy(emulator.module_ if isinstance(emulator, Network) else emulator)
    return list(module) if type(module) is nn.Sequential else [module]


def _learnt(scaler):
    """Mean and scale in use by a StandardScaler.  -> (columns,), (columns,)"""
    width = scaler.n_features_in_
    return (scaler.mean_ if scaler.with_mean else np.zeros(width)), (
        scaler.scale_ if scaler.with_std else np.ones(width)
    )


def _linear(weight, bias):
    """(outputs, inputs), (outputs,) -> module"""
    layer = nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.double)
    layer.weight.data, layer.bias.data = torch.tensor(weight).double(), torch.tensor(bias).double()
    return layer


class Polynomial(nn.Module):
    """All monomials of a fitted `PolynomialFeatures`, each a shorter one times one input.  (n, inputs) -> (n, terms)"""

    def __init__(self, powers):  # (terms, inputs), in order of degree
        super().__init__()
        known = {tuple(power): number for number, power in enumerate(powers)}
        degree, self.degrees = powers.sum(axis=1), []
        for d in range(1, degree.max() + 1):
            last = np.array([np.flatnonzero(power)[-1] for power in powers[degree == d]])
            shorter = powers[degree == d] - np.eye(powers.shape[1], dtype=int)[last]
            self.degrees.append(([known[tuple(power)] for power in shorter], last))

    def forward(self, x):
        terms = torch.ones_like(x[:, :1])
        for shorter, last in self.degrees:
            terms = torch.cat([terms, terms[:, shorter] * x[:, last]], dim=1)
        return terms
