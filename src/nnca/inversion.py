"""Running a network backwards: the inverse attempts of Section III and the supplement, Figs. 6 and 7.

Layer l maps the activations of the layer before it to a_l = g(W a_(l-1) + b); layer 0 is the input.  To undo it, undo
g, subtract b, and solve with W: exactly where W is square and well conditioned, else by its Moore-Penrose
pseudo-inverse.
"""

from dataclasses import dataclass
from numbers import Real

import numpy as np
from scipy.linalg import lu_factor, lu_solve
from threadpoolctl import threadpool_limits
from torch import nn

from nnca.networks import leaves

TINY = 1e-15  # relative threshold of the default method where a pseudo-inverse is needed, as in the paper
THRESHOLDS = (None, 1e-15, 1e-6, 1e-3, 1e-2, 1e-1)  # of the figures, ours: the paper's text does not list its own


@dataclass(frozen=True)
class Layer:
    """One affine map and the activation behind it: `slope` is that of leaky ReLU below zero, 1 for none."""

    weight: np.ndarray  # (outputs, inputs)
    bias: np.ndarray  # (outputs,)
    slope: float

    def forward(self, a):
        """(n, inputs) -> (n, outputs)"""
        z = a @ self.weight.T + self.bias
        return np.where(z < 0, self.slope * z, z)

    def inverse(self, rcond=None):
        """The way back as a function (n, outputs) -> (n, inputs); see `invert_layers` for `rcond`."""
        solve = _solver(self.weight, rcond)
        return lambda a: solve(np.where(a < 0, a / self.slope, a) - self.bias)


@dataclass(frozen=True)
class LayerErrors:
    """Maximum absolute errors of an inversion over all rows and neurons, layer 0 being the input.  Figs. 6 and 7.

    `at_layers` (layers + 1,): at every layer, having started from the outputs; panels a, c, e.  `at_input` (layers +
    1,): at the input, having gone forward to a layer and back from there; panels b, d, f.  `bottleneck` is the layer of
    the latent variables.
    """

    at_layers: np.ndarray
    at_input: np.ndarray
    bottleneck: int


def layers_of(module, dtype=float):
    """The layers of a network of Linear and LeakyReLU.  module -> list of Layer

    Raises ValueError for any other activation: ReLU gives zero for all negative numbers, and what they were is lost.
    """
    layers = []
    for position, part in enumerate(leaves(module)):
        if isinstance(part, nn.Linear):
            weight = part.weight.detach().cpu().numpy().astype(dtype)
            bias = np.zeros(len(weight), dtype) if part.bias is None else part.bias.detach().cpu().numpy().astype(dtype)
            layers.append(Layer(weight, bias, 1.0))
        elif isinstance(part, nn.LeakyReLU) and part.negative_slope > 0 and layers:
            layers[-1] = Layer(layers[-1].weight, layers[-1].bias, part.negative_slope)
        else:
            raise ValueError(f"only Linear and LeakyReLU can be undone; part {position} of the network is {part}")
    return layers


def activations_of(module, X, dtype=float):
    """Activations of every layer, the input first.  module, (n, inputs) -> list of (n, width)"""
    activations = [_finite(X, "X").astype(dtype)]
    for layer in layers_of(module, dtype):
        activations.append(layer.forward(activations[-1]))
    return activations


def bottleneck_of(module):
    """Number of the narrowest hidden layer, the latent variables; 1 where none is hidden."""
    widths = [len(layer.bias) for layer in layers_of(module)]
    return int(np.argmin(widths[:-1] or widths)) + 1


def invert_layers(module, activations, layer=None, rcond=None, dtype=float):
    """From the activations of one layer back to the input.  module, (n, width) -> list of (n, width), the input first

    `layer` says whose activations they are, counted from 1 for the first after the input (default: the outputs).
    `rcond` is the threshold of the pseudo-inverse: singular values below it, relative to the largest, count as zero.
    None is the paper's default: square matrices are solved exactly unless they are singular to working precision, all
    others have the pseudo-inverse with 1e-15 (or the precision of `dtype`, if that is coarser).
    Raises ValueError for a network that is not bijective, a layer that does not exist, `rcond` outside [0, 1), and
    activations that are not finite or of another width.
    """
    layers = layers_of(module, dtype)
    layer = len(layers) if layer is None else layer
    if not isinstance(layer, (int, np.integer)) or not 1 <= layer <= len(layers):
        raise ValueError(f"layer must be a whole number from 1 to {len(layers)}; got {layer!r}")
    return _back(_checked(activations, layers, layer, dtype), [one.inverse(rcond) for one in layers[:layer]])


@threadpool_limits.wrap(limits=1)  # many small matrices: threads cost more than they save
def layerwise_errors(module, X, rcond=None, outputs=None, dtype=float):
    """How far the inverse is from the forward pass, layer by layer: one curve of Figs. 6 and 7.  -> LayerErrors

    module, X (n, inputs); the inversion starts from the module's own prediction, or from `outputs` (n, outputs), e.g.
    the known ones or ones with noise.  `rcond`, `dtype` and what is raised as in `invert_layers`.
    """
    layers, truth = layers_of(module, dtype), activations_of(module, X, dtype)
    inverses = [layer.inverse(rcond) for layer in layers]
    start = truth[-1] if outputs is None else _checked(outputs, layers, len(layers), dtype)
    if len(start) != len(truth[0]):
        raise ValueError(f"outputs must have one row for each of the {len(truth[0])} rows of X; got {len(start)}")
    at_layers = [_largest(a, b) for a, b in zip(_back(start, inverses), truth, strict=True)]
    at_input = [_largest(_back(a, inverses[:number])[0], truth[0]) for number, a in enumerate(truth)]
    return LayerErrors(np.array(at_layers), np.array(at_input), bottleneck_of(module))


def singular_values(module):
    """Singular values of every weight matrix, falling.  module -> list of arrays"""
    return [np.linalg.svd(layer.weight, compute_uv=False) for layer in layers_of(module)]


def error_bound(module, X, start=0.0, rcond=None, dtype=float):
    """What the singular values allow the errors of `layerwise_errors` to become, at every layer.  -> (layers + 1,)

    `start` is the largest Euclidean norm of an error of the outputs.  Each layer divides it by the slope of its
    activation and the smallest singular value in use, adds rounding, and loses for good the part of the activations
    that is outside the row space in use.
    """
    layers, truth, threshold = layers_of(module), activations_of(module, X), _threshold(rcond, dtype)
    bounds = [start]
    for layer, a in zip(layers[::-1], truth[-2::-1], strict=True):
        _, s, rows = np.linalg.svd(layer.weight, full_matrices=False)
        rows = rows[s > threshold * s[0]]
        lost = np.linalg.norm(a - a @ rows.T @ rows, axis=1).max()
        size = s[0] * np.linalg.norm(a, axis=1).max() + np.linalg.norm(layer.bias)
        rounding = 4 * max(layer.weight.shape) * float(np.finfo(dtype).eps) * size
        bounds.append(np.hypot((bounds[-1] / layer.slope + rounding) / s[len(rows) - 1], lost))
    return np.array(bounds[::-1])


def square_matrices(module):
    """Singular values of the square weight matrices around the bottleneck.  module -> {part: list of arrays}"""
    b, found = bottleneck_of(module), {"encoder": [], "decoder": []}
    for number, s in enumerate(singular_values(module), start=1):
        if number not in (b, b + 1):
            found["encoder" if number < b else "decoder"].append(s)
    return found


def evidence(module, X, Y):
    """How far inversion is off in Figs. 6 and 7, in numbers.  module, X (n, inputs), known Y (n, outputs) -> dict

    Largest errors with the default method.  Of the latent variables, in their standard deviations: "decoder", reached
    from the predicted outputs, "decoder_single", the same in single precision, and "known", from the known outputs.  Of
    the input: "encoder", reached from the layer before the bottleneck, "bottleneck", from the latent variables, and
    "whole", from the predicted outputs.  "amplification": by how much the encoder multiplies the error that the
    bottleneck leaves.  "smaller" and "larger": median condition number of the smaller and the larger square matrices.
    A solve that overflows has diverged: its error is inf.
    """
    from_prediction, from_known = layerwise_errors(module, X), layerwise_errors(module, X, outputs=Y)
    b, backwards, through = from_prediction.bottleneck, from_prediction.at_layers, from_prediction.at_input
    spread, single = activations_of(module, X)[b].std(), layerwise_errors(module, X, dtype=np.float32)
    smaller, larger = sorted(square_matrices(module).values(), key=lambda part: len(part[0]))
    return {
        "decoder": backwards[b] / spread,
        "decoder_single": single.at_layers[b] / spread,
        "known": from_known.at_layers[b] / spread,
        "encoder": through[b - 1],
        "bottleneck": through[b],
        "whole": through[-1],
        "amplification": _ratio(backwards[0], backwards[b - 1]),
        "smaller": float(np.median([_ratio(s[0], s[-1]) for s in smaller])),
        "larger": float(np.median([_ratio(s[0], s[-1]) for s in larger])),
    }


def _solver(W, rcond):
    """Function that solves W x = y for rows y, exactly or in least squares.  (outputs, inputs) -> function"""
    threshold = _threshold(rcond, W.dtype)
    U, s, rows = np.linalg.svd(W, full_matrices=False)
    if rcond is None and W.shape[0] == W.shape[1] and s[-1] > threshold * s[0]:
        factors = lu_factor(W)
        return lambda y: lu_solve(factors, y.T, check_finite=False).T  # an overflow goes on as inf
    used = s > threshold * s[0]
    pseudo = (rows[used].T / s[used]) @ U[:, used].T  # (inputs, outputs)
    return lambda y: y @ pseudo.T


def _threshold(rcond, dtype):
    if rcond is None:
        return max(TINY, float(np.finfo(dtype).eps))
    if not isinstance(rcond, Real) or not 0 <= rcond < 1:
        raise ValueError(f"rcond must be a number in [0, 1); got {rcond!r}")
    return rcond


def _back(a, inverses):
    """Undo layers from the last to the first.  (n, width), list of functions -> list, the input first"""
    found = [a]
    with np.errstate(over="ignore", invalid="ignore"):  # a diverging inversion is a result here
        for inverse in inverses[::-1]:
            found.append(inverse(found[-1]))
    return found[::-1]


def _checked(activations, layers, layer, dtype):
    """Activations of a layer as finite numbers of its width."""
    a, width = _finite(activations, "activations").astype(dtype), len(layers[layer - 1].bias)
    if a.ndim != 2 or a.shape[1] != width:
        raise ValueError(f"activations of layer {layer} must be (n, {width}); got {a.shape}")
    return a


def _largest(a, b):
    """Largest absolute difference; infinite where an overflow left no number."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.nan_to_num(np.abs(a - b), nan=np.inf, posinf=np.inf).max())


def _ratio(a, b):
    """a / b; infinite where b is zero or both have overflowed."""
    with np.errstate(all="ignore"):
        return float(np.nan_to_num(np.divide(a, b), nan=np.inf, posinf=np.inf))


def _finite(A, name):
    A = np.asarray(A, float)
    if not np.isfinite(A).all():
        raise ValueError(f"{name} must be finite; at least one value is NaN or infinite")
    return A
