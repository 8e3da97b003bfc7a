"""Networks as text that a page can hold and evaluate: float32 weights, and a last layer no wider than its rank."""

from base64 import b64encode

import numpy as np
import torch
from torch import nn

from nnca.methods.base import evaluate
from nnca.networks import Projection, leaves

SLOPES = {nn.ReLU: 0.0, nn.Identity: 1.0}  # of activations that are straight on either side of zero, below it
RANK = 1e-6  # singular values of the last layer below this, relative to the largest, are rounding
CHECKED = 2  # inputs whose outputs are stored with a network, for the page to compare


def export_network(module, X=None, exact=False):
    """A network of linear layers and activations as JSON can hold it.  torch module -> dict

    `layers`, in the order in which data meet them: `shape` (outputs, inputs), `weight` and `bias` as base64 of little
    float32, and the activation behind: "tanh", or `slope` below zero of a straight one.  Two linear layers without an
    activation between them are one, where that is fewer numbers.  The rows of a last layer that are combinations of few
    others (targets that were reduced to principal components) are kept as these few.  `exact` keeps all layers as they
    are.  With inputs X (n, inputs), `check` holds some of them and torch's outputs.
    Raises ValueError for a layer that the page cannot evaluate.
    """
    layers = []
    for part in leaves(module):
        if isinstance(part, Projection):
            layers.append(_linear(part.vectors, None))
        elif isinstance(part, nn.Linear):
            layers.append(_linear(part.weight, part.bias))
        elif layers and (behind := _activation(part)):
            layers[-1] |= behind
        else:
            raise ValueError(f"the page evaluates Linear, Projection, ReLU, LeakyReLU and Tanh; got {part}")
    if not exact:
        layers = _merged(layers)
        layers = [*layers[:-1], *_reduced(layers[-1])]
    exported = {"layers": [_packed(layer) for layer in layers]}
    if X is not None:
        X = np.asarray(X, np.float32)[:CHECKED]
        exported["check"] = {"x": X.tolist(), "y": packed(evaluate(module, X))}
    return exported


def packed(A):
    """An array as base64 of little float32, row by row.  -> str"""
    return b64encode(np.ascontiguousarray(A, "<f4").tobytes()).decode()


def bytes_of(A, low, high, kind="<u1"):
    """An array as base64 of whole numbers, 0 for `low` and the largest of their `kind` for `high`.  -> str"""
    share, most = (np.asarray(A, float) - low) / (np.asarray(high, float) - low), np.iinfo(kind).max
    return b64encode(np.round(most * np.clip(share, 0, 1)).astype(kind).tobytes()).decode()


def _linear(weight, bias):
    weight = weight.detach().cpu().double().numpy()
    return {"weight": weight, "bias": None if bias is None else bias.detach().cpu().double().numpy(), "slope": 1.0}


def _activation(part):
    if isinstance(part, nn.LeakyReLU):
        return {"slope": part.negative_slope}
    if isinstance(part, nn.Tanh):
        return {"slope": "tanh"}
    return {"slope": SLOPES[type(part)]} if type(part) in SLOPES else None


def _merged(layers):
    """Layers without an activation between them as one, where that is fewer numbers.  -> list of layers"""
    kept = layers[:1]
    for layer in layers[1:]:
        inner = kept[-1]
        weight = layer["weight"] @ inner["weight"]
        if inner["slope"] == 1.0 and weight.size <= inner["weight"].size + layer["weight"].size:
            through = 0 if inner["bias"] is None else layer["weight"] @ inner["bias"]
            bias = through + (0 if layer["bias"] is None else layer["bias"])
            kept[-1] = layer | {"weight": weight, "bias": bias if np.ndim(bias) else None}
        else:
            kept.append(layer)
    return kept


def _reduced(layer):
    """A linear layer as two through its rank, where that is fewer numbers.  -> list of layers"""
    if layer["slope"] != 1.0:
        return [layer]
    U, s, V = np.linalg.svd(layer["weight"], full_matrices=False)
    rank = int((s > RANK * s[0]).sum())
    if rank * sum(layer["weight"].shape) >= layer["weight"].size:
        return [layer]
    inner = {"weight": s[:rank, None] * V[:rank], "bias": None, "slope": 1.0}
    return [inner, layer | {"weight": U[:, :rank]}]


def _packed(layer):
    bias = layer["bias"]
    return {
        "shape": list(layer["weight"].shape),
        "weight": packed(layer["weight"]),
        "bias": None if bias is None else packed(bias),
        "slope": layer["slope"],
    }


def gradient(module, x):
    """A module's one output and its gradient at a point.  torch module, (inputs,) -> float, (inputs,)"""
    x = torch.tensor(np.asarray(x, np.float64), requires_grad=True)
    y = module.double()(x[None])[0, 0]
    return y.item(), torch.autograd.grad(y, x, allow_unused=True)[0].numpy()
