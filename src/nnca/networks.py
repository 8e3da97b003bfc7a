"""Feed-forward networks in torch, and one trainer for many networks of one shape at once.

Seeds, folds, learning rates and penalties of equal shape train side by side: every weight of a `Stack` has a leading
axis over networks, and one batched product serves them all.  The networks do not know of each other.
"""

from dataclasses import dataclass

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


class Stack(nn.Module):
    """Networks of one architecture side by side.  (networks, n, inputs) -> (networks, n, outputs)"""

    def __init__(self, architecture, seeds):
        super().__init__()
        self.architecture = architecture
        self.act = nn.ModuleList(ACTIVATIONS[name]() for name in architecture.activations())
        generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for fan_in, fan_out in zip(architecture.widths, architecture.widths[1:], strict=False):
            bound = (6.0 / (fan_in + fan_out)) ** 0.5  # Glorot's, as in scikit-learn
            draw = [torch.rand(fan_in + 1, fan_out, generator=g) * 2 * bound - bound for g in generators]
            both = torch.stack(draw)
            self.weights.append(nn.Parameter(both[:, :-1].clone()))
            self.biases.append(nn.Parameter(both[:, -1:].clone()))
        if architecture.orthonormal:
            self.biases[0].requires_grad_(False).zero_()

    def weight(self, layer):
        """Weights of one layer, (networks, inputs, outputs); NNCA's first is made orthonormal by QR.

        Householder's Q changes its sign with that of an entry of the weight, under the decoder's feet; with the
        diagonal of R made positive, Q follows the weight continuously.
        """
        weight = self.weights[layer]
        if layer > 0 or not self.architecture.orthonormal:
            return weight
        Q, R = torch.linalg.qr(weight)
        return Q * R.diagonal(dim1=1, dim2=2).sign().unsqueeze(1)

    def forward(self, X):
        for layer, act in enumerate(self.act):
            X = act(torch.baddbmm(self.biases[layer], X, self.weight(layer)))
        return X

    def penalty(self):
        """Sum of the squared weights of each network, (networks,); an orthonormal layer has a fixed norm."""
        first = 1 if self.architecture.orthonormal else 0
        return sum((weight**2).sum(dim=(1, 2)) for weight in list(self.weights)[first:])

    def module(self, number):
        """One network as an ordinary `torch.nn.Sequential`."""
        module = sequential(self.architecture)
        linears = [layer for layer in module if isinstance(layer, nn.Linear)]
        for layer, linear in enumerate(linears):
            linear.weight.data = self.weight(layer)[number].detach().T.contiguous().cpu()
            if linear.bias is not None:
                linear.bias.data = self.biases[layer][number, 0].detach().clone().cpu()
        return module


def sequential(architecture):
    """An untrained `torch.nn.Sequential` of an architecture; linear layers have no activation module behind them."""
    pairs = zip(architecture.widths, architecture.widths[1:], architecture.activations(), strict=False)
    layers = []
    for number, (fan_in, fan_out, name) in enumerate(pairs):
        layers.append(nn.Linear(fan_in, fan_out, bias=not (number == 0 and architecture.orthonormal)))
        layers += [] if name == "identity" else [ACTIVATIONS[name]()]
    return nn.Sequential(*layers).requires_grad_(False)


def train(architecture, X, Y, runs, epochs, batch_size, patience=None, device="cpu", progress=None):
    """Train one network per run; return their modules and the held-out loss of each epoch, (epochs, networks).

    `X` (n, inputs) and `Y` (n, outputs) are standardised.  Every run trains on its `rows` and is held against its
    `held_out` rows after each epoch; the weights of its best epoch are kept, of the last one where nothing is held out.
    The objective is scikit-learn's: half the squared error, summed over outputs and averaged over the batch, plus
    alpha / 2 times the squared weights over the batch size.  The learning rate rises for a tenth of the epochs and
    falls to zero along a cosine.  Training ends early when no network has improved for `patience` epochs.
    All runs must have equally many rows; ValueError otherwise.
    """
    if len({(len(run.rows), len(run.held_out)) for run in runs}) > 1:
        raise ValueError("runs trained together must have equally many rows and equally many held-out rows")
    X, Y = (torch.as_tensor(np.asarray(A, np.float32), device=device) for A in (X, Y))
    Y_small, back = _principal(Y)
    inner = Architecture(**{**vars(architecture), "widths": (*architecture.widths[:-1], Y_small.shape[1])})
    stack = Stack(inner, [run.seed for run in runs]).to(device)
    best, history = _descend(stack, X, Y_small, runs, epochs, batch_size, patience, progress)
    stack.load_state_dict(best)
    return [_expand(stack.module(number), *back) for number in range(len(runs))], history


def _descend(stack, X, Y, runs, epochs, batch_size, patience, progress):
    """The loop over epochs and batches; returns the best state of every network and the held-out losses."""
    rows, held_out = (torch.as_tensor(np.stack([getattr(run, name) for run in runs])) for name in ("rows", "held_out"))
    alpha = torch.tensor([run.alpha for run in runs], device=X.device, dtype=X.dtype)
    rate = torch.tensor([run.learning_rate for run in runs], device=X.device, dtype=X.dtype)[:, None, None]
    generators = [torch.Generator().manual_seed(int(run.seed) + 1) for run in runs]
    batch_size = min(batch_size, rows.shape[1])
    batches = -(-rows.shape[1] // batch_size)
    adam = Adam([p for p in stack.parameters() if p.requires_grad])
    best = {name: value.clone() for name, value in stack.state_dict().items()}
    lowest, history, since = torch.full((len(runs),), torch.inf, device=X.device), [], 0

    for epoch in tqdm(range(epochs), desc=progress, disable=progress is None, leave=False):
        order = torch.stack(
            [row[torch.randperm(len(row), generator=g)] for row, g in zip(rows, generators, strict=True)]
        )
        for number, batch in enumerate(order.to(X.device).split(batch_size, dim=1)):
            error = ((stack(X[batch]) - Y[batch]) ** 2).sum(dim=(1, 2))
            loss = (error + alpha * stack.penalty()).sum() / (2 * batch.shape[1])
            adam.step(torch.autograd.grad(loss, adam.parameters), rate * _one_cycle(epoch + number / batches, epochs))
        loss = _loss(stack, X, Y, held_out if held_out.shape[1] else order[:, :0])
        better = loss < lowest if held_out.shape[1] else torch.ones_like(lowest, dtype=bool)
        lowest = torch.where(better, loss, lowest)
        for name, value in stack.state_dict().items():
            best[name][better] = value[better]
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
    """Adam with a learning rate of its own for every network of a stack, which `torch.optim.Adam` has not."""

    def __init__(self, parameters, beta=(0.9, 0.999), eps=1e-8):
        self.parameters, self.beta, self.eps, self.t = parameters, beta, eps, 0
        self.first = [torch.zeros_like(p) for p in parameters]
        self.second = [torch.zeros_like(p) for p in parameters]

    @torch.no_grad()
    def step(self, gradients, rate):
        """One update; `rate` is (networks, 1, 1)."""
        self.t += 1
        (b1, b2), t = self.beta, self.t
        for p, g, m, v in zip(self.parameters, gradients, self.first, self.second, strict=True):
            m.lerp_(g, 1 - b1)
            v.mul_(b2).addcmul_(g, g, value=1 - b2)
            p.sub_(rate / (1 - b1**t) * m / ((v / (1 - b2**t)).sqrt_().add_(self.eps)))


def _principal(Y, lost=1e-6):
    """Targets in the basis of the principal components that carry all but `lost` of their variance, and the way back.

    A linear output layer learns the same in this basis: errors and weights keep their norms.
    """
    mean = Y.mean(dim=0)
    _, s, basis = torch.linalg.svd((Y - mean).double(), full_matrices=False)
    share = 1 - torch.cumsum(s**2, 0) / (s**2).sum().clamp(min=torch.finfo(torch.float64).tiny)
    basis = basis[: int((share > lost).sum()) + 1].to(Y.dtype)  # (components, outputs)
    return (Y - mean) @ basis.T, (basis.cpu(), mean.cpu())


def _expand(module, basis, mean):
    """The module with its last layer turned from principal components back to the outputs."""
    last = module[-1]
    full = nn.Linear(last.in_features, basis.shape[1])
    full.weight.data = basis.T @ last.weight.data
    full.bias.data = basis.T @ last.bias.data + mean
    return nn.Sequential(*module[:-1], full).requires_grad_(False)
