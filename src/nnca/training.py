"""One trainer for many networks of one shape at once.

Seeds, folds, learning rates and penalties train side by side: a `Stack` is the same network many times, its weights
with a leading axis over networks, and one batched product serves them all.  The networks do not know of each other.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from nnca.networks import Projection, leaves, orthonormal

FEW = 2  # networks that train faster on one thread than on two


@dataclass(frozen=True)
class Run:
    """What sets one network of a stack apart: its seed, its learning rate, its L2 penalty, its rows of the data."""

    seed: int
    learning_rate: float
    alpha: float
    rows: np.ndarray
    held_out: np.ndarray


class Stack:
    """A network many times, side by side.  (networks, n, inputs) -> (networks, n, outputs)

    All numbers of a network lie in one row of `parameters` (networks, numbers), the weights (inputs, outputs) and then
    the biases of each layer in turn: the optimiser needs a few operations for all of them together.
    """

    def __init__(self, network, seeds, device="cpu"):
        self.network, self.layers = network, leaves(network)
        weighted = [layer for layer in self.layers if isinstance(layer, (nn.Linear, Projection))]
        self.sizes = [sum(value.numel() for value in layer.parameters()) for layer in weighted]
        self.parameters = torch.stack([_drawn(weighted, seed) for seed in seeds]).to(device).requires_grad_()
        self.penalised = torch.cat([_is_penalised(layer) for layer in weighted]).to(device)

    def __call__(self, X):
        parts = iter(self.parameters.split(self.sizes, dim=1))
        for layer in self.layers:
            if isinstance(layer, nn.Linear):
                both = next(parts).view(-1, layer.in_features + 1, layer.out_features)
                X = torch.baddbmm(both[:, -1:], X, both[:, :-1])
            elif isinstance(layer, Projection):
                X = X @ orthonormal(next(parts).view(-1, *layer.weight.shape))
            else:
                X = layer(X)
        return X

    @torch.no_grad()
    def module(self, number):
        """One network of the stack as an ordinary module."""
        module = copy.deepcopy(self.network).to_empty(device="cpu").requires_grad_(False)
        parts = iter(self.parameters[number].cpu().split(self.sizes))
        for layer in leaves(module):
            if isinstance(layer, nn.Linear):
                both = next(parts).view(layer.in_features + 1, layer.out_features)
                layer.weight.copy_(both[:-1].T)
                layer.bias.copy_(both[-1])
            elif isinstance(layer, Projection):
                layer.weight.copy_(orthonormal(next(parts).view_as(layer.weight)))
        return module


def _drawn(layers, seed):
    """Fresh weights and biases of all layers in a row, drawn as in scikit-learn (Glorot).  -> (numbers,)"""
    generator, parts = torch.Generator().manual_seed(int(seed)), []
    for layer in layers:
        inputs, outputs = layer.weight.shape if isinstance(layer, Projection) else layer.weight.T.shape
        bound = (6.0 / (inputs + outputs)) ** 0.5
        both = (2 * torch.rand((inputs + 1, outputs), generator=generator) - 1) * bound
        parts.append(both[:-1].ravel() if isinstance(layer, Projection) else both.ravel())
    return torch.cat(parts)


def _is_penalised(layer):
    """1 for every number that the L2 penalty acts on: weights, not biases, nor orthonormal vectors of fixed norm."""
    if isinstance(layer, Projection):
        return torch.zeros(layer.weight.numel())
    return torch.cat([torch.ones(layer.weight.numel()), torch.zeros(layer.bias.numel())])


def train(build, X, Y, runs, epochs, batch_size, patience=None, device="cpu", progress=None, reduce=True):
    """Train one network per run; return their modules and the held-out loss of each epoch, (epochs, networks).

    `build(outputs)` makes the network; `X` (n, inputs) and `Y` (n, outputs) are standardised.  Every run trains on its
    `rows` and is held against its `held_out` rows after each epoch; the weights of its best epoch are kept, of the last
    one where nothing is held out.  The objective is scikit-learn's: half the squared error, summed over outputs and
    averaged over the batch, plus alpha / 2 times the squared weights over the batch size.  The learning rate rises for
    a tenth of the epochs and falls to zero along a cosine.  Training ends early when no network has improved for
    `patience` epochs.  With `reduce` targets are trained in the basis of their principal components, and the last
    layer, turned back, has their rank.  All runs must have equally many rows; ValueError otherwise.
    """
    if len({(len(run.rows), len(run.held_out)) for run in runs}) > 1:
        raise ValueError("runs trained together must have equally many rows and equally many held-out rows")
    X, Y = (torch.as_tensor(np.asarray(A, np.float32), device=device) for A in (X, Y))
    Y_small, back = _principal(Y) if reduce else (Y, None)
    with torch.device("meta"):  # a shape without numbers: nothing is drawn from torch's global generator
        network = build(Y_small.shape[1])
    stack = Stack(network, [run.seed for run in runs], device)
    threads = torch.get_num_threads()
    torch.set_num_threads(1 if len(runs) <= FEW else threads)  # few small matrices: threads cost more than they save
    try:
        stack.parameters, history = _descend(stack, X, Y_small, runs, epochs, batch_size, patience, progress)
    finally:
        torch.set_num_threads(threads)
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
    decay, step = alpha * stack.penalised, torch.zeros_like(stack.parameters)
    adam = torch.optim.Adam([step], lr=1.0, fused=True)  # fills `step`, of which each network takes its own rate
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
            step.grad = gradient
            adam.step()
            with torch.no_grad():
                stack.parameters.addcmul_(step, rate * _one_cycle(epoch + number / batches, epochs))
            step.zero_()
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
    layers = getattr(module, "decoder", module)
    full = nn.Linear(layers[-1].in_features, basis.shape[1], device="meta").to_empty(device="cpu").requires_grad_(False)
    full.weight.copy_(basis.T @ layers[-1].weight)
    full.bias.copy_(basis.T @ layers[-1].bias + mean)
    layers[-1] = full
    return module
