"""Feed-forward networks in torch, and one trainer for many networks of one shape at once.

Seeds, folds, learning rates and penalties of equal shape train side by side: the weights of a `Stack` have a leading
axis over networks, and one batched product serves them all.  The networks do not know of each other.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": lambda: nn.LeakyReLU(0.01), "tanh": nn.Tanh, "identity": nn.Identity}


@dataclass(frozen=True)
class Architecture:
    """Widths from input to output; `latent` is the position of the bottleneck among them, if there is one.

    With `orthonormal`, the first layer is NNCA's: linear, without bias, with orthonormal columns.
    """

    widths: tuple
    activation: str = "relu"
    latent: int | None = None
    latent_activation: str = "relu"
    orthonormal: bool = False

    def activations(self):
        """Name of the activation after each layer; the output is linear, and so is NNCA's bottleneck."""
        names = [self.activation] * (len(self.widths) - 2) + ["identity"]
        if self.latent is not None:
            names[self.latent - 1] = "identity" if self.orthonormal else self.latent_activation
        return names


@dataclass(frozen=True)
class Run:
    """What sets one network of a stack apart: its seed, its learning rate, its L2 penalty, its rows of the data."""

    seed: int
    learning_rate: float
    alpha: float
    rows: np.ndarray
    held_out: np.ndarray


class Stack:
    """Networks of one architecture side by side.  (networks, n, inputs) -> (networks, n, outputs)

    All numbers of a network lie in one row of `parameters` (networks, numbers), the weights and biases of each layer in
    turn: the optimiser then needs a few operations for all of them together.
    """

    def __init__(self, architecture, seeds, device="cpu"):
        self.architecture = architecture
        self.act = [ACTIVATIONS[name]() for name in architecture.activations()]
        self.shapes, rows = [(a + 1, b) for a, b in pairwise(architecture.widths)], []
        for seed in seeds:
            generator = torch.Generator().manual_seed(int(seed))
            bounds = [(6.0 / (a - 1 + b)) ** 0.5 for a, b in self.shapes]  # Glorot's, as in scikit-learn
            draws = [torch.rand(shape, generator=generator) for shape in self.shapes]
            rows.append(
                torch.cat([((2 * draw - 1) * bound).ravel() for draw, bound in zip(draws, bounds, strict=True)])
            )
        self.is_weight = torch.cat([(torch.arange(a * b) < (a - 1) * b).float() for a, b in self.shapes]).to(device)
        self.parameters = torch.stack(rows).to(device).requires_grad_()

    def layers(self):
        """Weights (networks, inputs, outputs) and biases (networks, 1, outputs) of every layer.

        The first layer of NNCA is made orthonormal by QR.  Householder's Q changes its sign with that of an entry of
        the weight, under the decoder's feet; with the diagonal of R made positive, Q follows the weight continuously.
        """
        parts = self.parameters.split([a * b for a, b in self.shapes], dim=1)
        both = [part.view(-1, *shape) for part, shape in zip(parts, self.shapes, strict=True)]
        layers = [(part[:, :-1], part[:, -1:]) for part in both]
        if self.architecture.orthonormal:
            Q, R = torch.linalg.qr(layers[0][0])
            layers[0] = Q * R.diagonal(dim1=1, dim2=2).sign().unsqueeze(1), torch.zeros_like(layers[0][1])
        return layers

    def __call__(self, X):
        for (weight, bias), act in zip(self.layers(), self.act, strict=True):
            X = act(torch.baddbmm(bias, X, weight))
        return X

    def penalised(self):
        """1 for every number that the L2 penalty acts on, (numbers,); an orthonormal layer has a fixed norm."""
        penalised = self.is_weight.clone()
        if self.architecture.orthonormal:
            penalised[: math.prod(self.shapes[0])] = 0
        return penalised

    @torch.no_grad()
    def module(self, number):
        """One network as an ordinary `torch.nn.Sequential`."""
        module = sequential(self.architecture)
        linears = [layer for layer in module if isinstance(layer, nn.Linear)]
        for (weight, bias), linear in zip(self.layers(), linears, strict=True):
            linear.weight.data = weight[number].T.contiguous().cpu()
            if linear.bias is not None:
                linear.bias.data = bias[number, 0].clone().cpu()
        return module


def sequential(architecture):
    """An untrained `torch.nn.Sequential` of an architecture; linear layers have no activation module behind them."""
    pairs = zip(architecture.widths, architecture.widths[1:], architecture.activations(), strict=False)
    layers = []
    for number, (fan_in, fan_out, name) in enumerate(pairs):
        layers.append(nn.Linear(fan_in, fan_out, bias=not (number == 0 and architecture.orthonormal)))
        layers += [] if name == "identity" else [ACTIVATIONS[name]()]
    return nn.Sequential(*layers).requires_grad_(False)


def train(architecture, X, Y, runs, epochs, batch_size, patience=None, device="cpu", progress=None, reduce=True):
    """Train one network per run; return their modules and the held-out loss of each epoch, (epochs, networks).

    `X` (n, inputs) and `Y` (n, outputs) are standardised.  Every run trains on its `rows` and is held against its
    `held_out` rows after each epoch; the weights of its best epoch are kept, of the last one where nothing is held out.
    The objective is scikit-learn's: half the squared error, summed over outputs and averaged over the batch, plus
    alpha / 2 times the squared weights over the batch size.  The learning rate rises for a tenth of the epochs and
    falls to zero along a cosine.  Training ends early when no network has improved for `patience` epochs.
    With `reduce` targets are trained in the basis of their principal components, and the last layer, turned back, has
    their rank.  All runs must have equally many rows; ValueError otherwise.
    """
    if len({(len(run.rows), len(run.held_out)) for run in runs}) > 1:
        raise ValueError("runs trained together must have equally many rows and equally many held-out rows")
    X, Y = (torch.as_tensor(np.asarray(A, np.float32), device=device) for A in (X, Y))
    Y_small, back = _principal(Y) if reduce else (Y, None)
    inner = Architecture(**{**vars(architecture), "widths": (*architecture.widths[:-1], Y_small.shape[1])})
    stack = Stack(inner, [run.seed for run in runs], device)
    stack.parameters, history = _descend(stack, X, Y_small, runs, epochs, batch_size, patience, progress)
    modules = [stack.module(number) for number in range(len(runs))]
    return [_expand(module, *back) for module in modules] if reduce else modules, history


def _descend(stack, X, Y, runs, epochs, batch_size, patience, progress):
    """The loop over epochs and batches; returns the best parameters of every network and the held-out losses."""
    rows, held_out = (torch.as_tensor(np.stack([getattr(run, name) for run in runs])) for name in ("rows", "held_out"))
    alpha, rate = (
        torch.tensor([[getattr(run, name)] for run in runs], device=X.device) for name in ("alpha", "learning_rate")
    )
    generators = [torch.Generator().manual_seed(int(run.seed) + 1) for run in runs]
    batch_size = min(batch_size, rows.shape[1])
    batches = -(-rows.shape[1] // batch_size)
    decay, adam = alpha * stack.penalised(), Adam(stack.parameters)
    best = stack.parameters.detach().clone()
    lowest, history, since = torch.full((len(runs),), torch.inf, device=X.device), [], 0

    for epoch in tqdm(range(epochs), desc=progress, disable=progress is None, leave=False):
        order = torch.stack(
            [row[torch.randperm(len(row), generator=g)] for row, g in zip(rows, generators, strict=True)]
        ).to(X.device)
        for number, batch in enumerate(order.split(batch_size, dim=1)):
            output = stack(X[batch])
            (gradient,) = torch.autograd.grad(output, stack.parameters, output.detach() - Y[batch])
            gradient = gradient.addcmul_(decay, stack.parameters.detach()).div_(batch.shape[1])
            adam.step(gradient, rate * _one_cycle(epoch + number / batches, epochs))
        loss = _loss(stack, X, Y, held_out)
        better = loss < lowest if held_out.shape[1] else torch.ones_like(lowest, dtype=bool)
        lowest = torch.where(better, loss, lowest)
        best[better] = stack.parameters.detach()[better]
        history.append(loss.cpu().numpy())
        since = 0 if better.any() else since + 1
        if patience is not None and since >= patience:
            break
    return best, np.array(history)


@torch.no_grad()
def _loss(stack, X, Y, rows):
    """Mean squared error of every network on its own rows, (networks,); zero without rows."""
    if not rows.shape[1]:
        return torch.zeros(len(rows), device=X.device)
    return ((stack(X[rows]) - Y[rows]) ** 2).sum(dim=2).mean(dim=1)


def _one_cycle(epoch, epochs, rise=0.1):
    """Factor of the learning rate: linearly up, then down a half cosine."""
    share = epoch / epochs
    return share / rise + 0.01 if share < rise else 0.5 + 0.5 * np.cos(np.pi * (share - rise) / (1 - rise))


class Adam:
    """Adam with a learning rate of its own for every row of its parameters, which `torch.optim.Adam` has not."""

    def __init__(self, parameters, beta=(0.9, 0.999), eps=1e-8):
        self.parameters, self.beta, self.eps, self.t = parameters, beta, eps, 0
        self.first, self.second = torch.zeros_like(parameters), torch.zeros_like(parameters)

    @torch.no_grad()
    def step(self, gradient, rate):
        """One update; `gradient` is (rows, numbers), `rate` (rows, 1)."""
        self.t += 1
        (b1, b2), t = self.beta, self.t
        self.first.lerp_(gradient, 1 - b1)
        self.second.mul_(b2).addcmul_(gradient, gradient, value=1 - b2)
        scale = self.second.sqrt().mul_((1 - b2**t) ** -0.5).add_(self.eps)
        self.parameters.sub_(self.first / scale * (rate / (1 - b1**t)))


def _principal(Y, lost=1e-6):
    """Targets in the basis of the principal components that carry all but `lost` of their variance, and the way back.

    A linear output layer learns the same in this basis: errors and weights keep their norms.
    """
    mean = Y.mean(dim=0)
    centred = (Y - mean).double()
    variance, basis = torch.linalg.eigh(centred.T @ centred)  # rising
    below = torch.cumsum(variance.clamp(min=0), 0) <= lost * variance.clamp(min=0).sum()
    below[-1] = False  # targets that do not vary keep one component
    basis = basis[:, ~below].flip(1).T.contiguous().to(Y.dtype)  # (components, outputs)
    return (Y - mean) @ basis.T, (basis.cpu(), mean.cpu())


def _expand(module, basis, mean):
    """The module with its last layer turned from principal components back to the outputs."""
    last = module[-1]
    full = nn.Linear(last.in_features, basis.shape[1])
    full.weight.data = basis.T @ last.weight.data
    full.bias.data = basis.T @ last.bias.data + mean
    return nn.Sequential(*module[:-1], full).requires_grad_(False)
