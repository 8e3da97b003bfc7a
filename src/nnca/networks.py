"""The networks of the paper as torch modules, Figs. 1 and 4.  x is (n, inputs), t (n, k), y (n, outputs)."""

from itertools import pairwise

import torch
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(0.01), "tanh": nn.Tanh, "identity": nn.Identity}


class EncoderDecoder(nn.Module):
    """Encoder, bottleneck of k neurons, decoder.

    EDNN where the encoder is an `mlp` (Fig. 1), NNCA where it is a `Projection` (Fig. 4).
    """

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder = encoder  # (n, inputs) -> (n, k)
        self.decoder = decoder  # (n, k) -> (n, outputs)

    def forward(self, x):
        return self.decoder(self.encoder(x))  # (n, outputs)


class Projection(nn.Module):
    """NNCA's encoder, t_j = v_j . x with orthonormal vectors v_j: linear, without bias, trained as any weight."""

    def __init__(self, inputs, k):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, k))

    @property
    def vectors(self):
        return orthonormal(self.weight).T  # (k, inputs)

    def forward(self, x):
        return x @ self.vectors.T  # (n, k)


def orthonormal(weight):
    """The orthonormal factor of a matrix, or of a stack of them.  (..., inputs, k) -> (..., inputs, k)"""
    Q, R = torch.linalg.qr(weight)
    # Householder's Q changes its sign with that of an entry of the weight, under the decoder's feet; with the diagonal
    # of R made positive, Q follows the weight continuously.
    return Q * R.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)


def mlp(widths, activation="relu", last="identity"):
    """Linear layers from widths[0] to widths[-1], an activation behind each, `last` behind the last one.  -> module"""
    layers = []
    for number, (inputs, outputs) in enumerate(pairwise(widths), start=2):
        layers.append(nn.Linear(inputs, outputs))
        name = last if number == len(widths) else activation
        layers += [] if name == "identity" else [ACTIVATIONS[name]()]
    return nn.Sequential(*layers)


def leaves(module):
    """The layers of a network in the order in which data meet them.  module -> list of modules"""
    return [part for part in module.modules() if not list(part.children())]
