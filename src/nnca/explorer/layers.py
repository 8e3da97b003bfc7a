"""A network run backwards layer by layer: noise is amplified, what a threshold or a bottleneck leaves out is lost."""

import numpy as np
from traitlets import Float, Integer, validate

from nnca.explorer.base import Explorer, drawing, some, within
from nnca.explorer.export import export_network, packed
from nnca.figures import METHODS
from nnca.inversion import activations_of, bottleneck_of, invert_layers, singular_values

ROWS = 16  # test structures of which the largest error is shown
NOISES = 1e-10, 1.0  # below, rounding has a say, and it is another one on every machine
WIDEST = 0.5  # threshold: a larger one leaves out nearly all
CALMER = 1e-3  # of the noise: a second curve
LIMIT, FLOOR = 1e6, 1e-13  # standard deviations: errors beyond the one say nothing more, below the other are not drawn


class Layers(Explorer):
    """Go forward to a layer, add noise, and come back: errors of the inverse at every layer on the way, Figs. 6 and 7.

    >>> layers = Layers(xes, ednn, "XES")  # an EDNN of leaky ReLU, fitted to the problem with its whole targets
    >>> layers.layer, layers.noise, layers.rcond = 6, 1e-6, 1e-2
    >>> layers.errors()  # the largest at each layer, the input first

    Traits: `layer`, where to turn back, from 1 to the last, the outputs; `noise`, standard deviations, added there;
    `rcond`, below which share of the largest a singular value counts as zero.  All matrices are in the page: a network
    of several layers wider than 100 neurons makes it heavy.
    """

    script, kept = "layers", ("layer", "noise", "rcond")
    alt = (
        "Above, the largest error of an inverted network at each layer on a logarithmic axis, rising from the layer "
        "where we turn back towards the input, and the same with a thousandth of the noise. Below, the singular values "
        "of each matrix, and the threshold under which they are left out."
    )
    layer = Integer().tag(sync=True)
    noise = Float().tag(sync=True)
    rcond = Float().tag(sync=True)

    def __init__(self, problem, model, name):
        self._module, X = model.module_, some(ROWS, problem.test[0]).astype(np.float32)  # as the page has them
        self._activations = activations_of(self._module, X)
        self._singular = singular_values(self._module)
        widest = max(a.shape[1] for a in self._activations)
        self._noise = np.random.default_rng(0).normal(size=(len(X), widest)).astype(np.float32)
        smallest = 10.0 ** np.floor(np.log10(min(s[-1] / s[0] for s in self._singular)))
        last = len(self._singular)
        figure = {
            "name": name,
            "network": export_network(self._module, X, exact=True),
            "rows": len(X),
            "X": packed(X),
            "noise": packed(self._noise),
            "widest": widest,
            "bottleneck": bottleneck_of(self._module),
            "noises": NOISES,
            "thresholds": (smallest.item(), WIDEST),
            "calmer": CALMER,
            "limit": LIMIT,
            "floor": FLOOR,
        }
        super().__init__(figure, {"layer": last, "noise": 1e-9, "rcond": smallest.item()})

    def errors(self, calmer=1.0):
        """Largest error at each layer, the input first, where the noise is so many times `calmer`.  -> (layer + 1,)"""
        truth = self._activations[: self.layer + 1]
        noise = calmer * self.noise * self._noise[:, : truth[-1].shape[1]]
        back = invert_layers(self._module, truth[-1] + noise, self.layer, self.rcond)
        return np.array([np.abs(a - b).max() for a, b in zip(back, truth, strict=True)])

    def still(self):
        fig, (error, singular) = drawing(height=4.4, nrows=2, sharex=True, height_ratios=(3, 2))
        places, (calmer, here) = np.arange(self.layer + 1), (self.errors(CALMER), self.errors())
        error.axhspan(LIMIT, 100 * LIMIT, color="0.9", lw=0)
        error.plot(places, np.clip(calmer, FLOOR, 10 * LIMIT), "--", color="0.5", label="a thousandth of the noise")
        label = f"noise of $10^{{{np.log10(self.noise):.3g}}}$ at layer {self.layer}"
        error.plot(places, np.clip(here, FLOOR, 10 * LIMIT), "o-", color=METHODS["EDNN"], label=label)
        error.set(yscale="log", ylim=(FLOOR, 100 * LIMIT), ylabel="largest error")
        error.legend(loc="lower left", fontsize=8)
        for number, s in enumerate(self._singular, start=1):
            singular.plot(np.full(len(s), number - 0.5), s / s[0], ".", ms=3, color="0.3")
        singular.axhline(self.rcond, color="0.3", ls="--")
        singular.set(yscale="log", ylabel="singular values", xlabel="layer (0: input; last: output)")
        for ax in (error, singular):
            ax.axvline(self.figure["bottleneck"], color="0.6", lw=1, ls=":")
        return fig

    @validate("layer")
    def _layer_exists(self, proposal):
        return within("layer", proposal["value"], 1, len(self._singular))

    @validate("noise")
    def _noise_exists(self, proposal):
        return within("noise", proposal["value"], *NOISES, " standard deviations")

    @validate("rcond")
    def _threshold_exists(self, proposal):
        return within("rcond", proposal["value"], *self.figure["thresholds"])
