"""A water molecule and its three spectra: what one number of a method does not see can be felt with the hand."""

import numpy as np
import torch
from scipy.spatial import cKDTree
from traitlets import Bool, Float, TraitError, Tuple, Unicode, observe, validate

from nnca.explorer.base import Explorer, drawing, one_of, some, within
from nnca.explorer.export import bytes_of, export_network, gradient, packed
from nnca.figures import METHODS, TARGETS
from nnca.methods.base import evaluate

LENGTHS, ANGLES = (0.8, 1.25), (70.0, 150.0)  # angstrom, degree: how far the handles go, a little beyond the data
CLOUD = 800  # training molecules in the picture
NEAR = 0.99  # of the other training molecules are nearer to the cloud than what counts as leaving it
EXACT = 1e-4  # of the range of t: nearer than this it is reached


class Molecule(Explorer):
    """Drag a hydrogen atom, and XPS, XES and XAS move; hold a method's one number, and one of them stands still.

    >>> molecule = Molecule(problems, emulators, {"EDNN": ednn, "NNCA": nnca, "ECA": eca})
    >>> molecule.angle, molecule.t = 110, 0.5  # an angle; then the nearest molecule with t = 0.5
    >>> molecule.observe(print, "oh_lengths")

    `problems` and `emulators` are {"xps" | "xes" | "xas": ...}; `methods` {name: EDNN, NNCA or ECA with one component},
    trained for the spectrum `target`, the ECA through its emulator here.  Small networks keep the page small.

    Traits: `oh_lengths` (angstrom), `angle` (degree), `method`, `t` (that method's number; setting it moves the
    molecule the shortest way), `hold` (whether t is held), `held_at` (angle and lengths where holding began).
    """

    script, kept = "molecule", ("oh_lengths", "angle", "method", "hold", "held_at")
    alt = (
        "A water molecule over a cloud of the places that its hydrogen atoms take in the training data, and beside it "
        "the XPS, XES and XAS spectra of this molecule in front of the spread of all of them."
    )
    oh_lengths = Tuple(Float(), Float()).tag(sync=True)
    angle = Float().tag(sync=True)
    method = Unicode().tag(sync=True)
    hold = Bool(False).tag(sync=True)
    held_at = Tuple(Float(), Float(), Float()).tag(sync=True)
    t = Float().tag(sync=True)

    def __init__(self, problems, emulators, methods, target="xes"):
        self._problems, self._emulators, self._methods, self._target = problems, emulators, methods, target
        inputs = problems[target].inputs
        x = np.round(inputs.mean, 3)  # the mean molecule, both bonds alike
        x[1:] = round(x[1:].mean(), 3)
        start = {"oh_lengths": tuple(x[1:].tolist()), "angle": x[0].item(), "method": next(iter(methods))}
        start |= {"hold": False, "held_at": tuple(x.tolist())}
        figure = {
            "mean": inputs.mean.tolist(),
            "scale": inputs.scale.tolist(),
            "lengths": LENGTHS,
            "angles": ANGLES,
            "cloud": _cloud(problems[target].train[0]),
            "spectra": {kind: _spectrum(problems[kind], kind, emulators[kind]) for kind in problems},
            "target": target,
            "methods": {name: _method(one, problems[target], emulators[target]) for name, one in methods.items()},
        }
        super().__init__(figure, start)

    @property
    def x(self):
        """The molecule's features: angle (degree) and lengths (angstrom).  (3,)"""
        return np.array([self.angle, *self.oh_lengths])

    def spectra(self):
        """The emulated spectra of the molecule.  -> {kind: energies (m,) in eV, strengths per eV (m,)}"""
        found = {}
        for kind, problem in self._problems.items():
            Y = evaluate(self._emulators[kind].module_, problem.inputs.transform(self.x[None]))
            found[kind] = problem.energy, problem.targets.inverse_transform(Y)[0]
        return found

    def predicted(self):
        """What the method's one number says of the target's spectrum.  -> strengths per eV (m,)"""
        Y = self._methods[self.method].predict(self._z(self.x)[None])
        return self._problems[self._target].targets.inverse_transform(Y)[0]

    def still(self):
        fig, axes = drawing(height=3.4, ncols=2, width_ratios=(1, 1.2))
        for ax in axes:
            ax.set_axis_off()
        cloud = self._problems[self._target]
        _draw_molecule(axes[0], self.x, cloud.inputs.inverse_transform(some(CLOUD, cloud.train[0])))
        for number, (kind, (energy, S)) in enumerate(self.spectra().items()):
            ax = axes[1].inset_axes((0, 0.72 - 0.345 * number, 1, 0.26))
            low, high = _band(self._problems[kind])
            ax.fill_between(energy, low, high, color="0.88", lw=0)
            ax.plot(energy, S, color="black")
            if kind == self._target:
                ax.plot(energy, self.predicted(), "--", color=METHODS.get(self.method, "C0"))
            ax.set(yticks=[], xlim=(energy[0], energy[-1]))
            ax.tick_params(labelsize=7)
            ax.text(0.01, 0.78, TARGETS[kind], transform=ax.transAxes, weight="bold")
        return fig

    @validate("oh_lengths")
    def _lengths_exist(self, proposal):
        for number, value in enumerate(proposal["value"], start=1):
            within(f"oh_lengths: length {number}", value, *LENGTHS, " Å")
        return proposal["value"]

    @validate("angle")
    def _angle_exists(self, proposal):
        return within("angle", proposal["value"], *ANGLES, "°")

    @validate("method")
    def _method_exists(self, proposal):
        return one_of("method", proposal["value"], self._methods)

    @validate("t")
    def _t_exists(self, proposal):
        if not self._is(proposal["value"], self._t(self.x)):
            self._reached(proposal["value"])
        return proposal["value"]

    @observe("oh_lengths", "angle", "method")
    def _follow(self, change):
        t = self._t(self.x)
        moved = change["name"] == "method" or not self._is(t, self._t(np.array(self.held_at)), 0.01)
        if self.hold and moved:
            self.hold = False  # set from outside, t is held no longer
        if not self._is(self.t, t, EXACT):
            self.t = t

    @observe("t")
    def _move(self, change):
        if not self._is(change["new"], self._t(self.x)):
            x = self._reached(change["new"])
            with self.hold_trait_notifications():
                self.angle, self.oh_lengths = x[0].item(), tuple(x[1:].tolist())

    @observe("hold")
    def _take_hold(self, change):
        if change["new"]:
            self.held_at = tuple(self.x.tolist())

    def _z(self, x):
        return self._problems[self._target].inputs.transform(x)

    def _t(self, x):
        return float(self._methods[self.method].transform(self._z(x)[None])[0, 0])

    def _is(self, a, b, share=EXACT):
        """Whether two values of t are the same within a share of its range."""
        low, high = self._methods[self.method].latent_range_[:, 0]
        return abs(a - b) <= share * (high - low)

    def _reached(self, t):
        """The molecule with a given t that is next to the present one, by steps along the gradient.  -> (3,)"""
        encoder, z = _encoder(self._methods[self.method]), self._z(self.x)
        for _ in range(50):
            here, g = gradient(encoder, z)
            if self._is(here, t, EXACT / 10) or not g.any():
                break
            step = (t - here) * g / (g @ g)
            z = z + step * min(1, 0.5 / np.linalg.norm(step))
        x = self._problems[self._target].inputs.inverse_transform(z)
        inside = ANGLES[0] <= x[0] <= ANGLES[1] and (x[1:] >= LENGTHS[0]).all() and (x[1:] <= LENGTHS[1]).all()
        if not (inside and self._is(self._t(x), t)):
            raise TraitError(f"t: no molecule with t = {t:g} of {self.method} was found from here")
        return x


def _encoder(method):
    """The way from standardised features to latent variables as a torch module."""
    if hasattr(method, "emulator_"):
        return _linear(method.components_)
    return method.module_.encoder


def _linear(weight):
    layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=torch.double)
    layer.weight.data = torch.tensor(np.ascontiguousarray(weight))
    return layer


def _method(method, problem, emulator):
    """A method's encoder and decoder; of an ECA the expansion only, behind which the emulator stands already."""
    X, low_high = some(3, problem.train[0]), method.latent_range_[:, 0].tolist()
    T = method.transform(X)
    found = {"encoder": export_network(_encoder(method), X), "range": low_high}
    if not hasattr(method, "emulator_"):
        return found | {"decoder": export_network(method.module_.decoder, T)}
    if not np.allclose(method.predict(X), evaluate(emulator.module_, method.inverse_transform(T))):
        raise ValueError("methods: the ECA looked through another emulator than the one in `emulators`")
    return found | {"expansion": export_network(_linear(method.components_.T), T)}


def _cloud(X):
    """Some training molecules, and how far from them the rest lie.  (n, 3) -> dict"""
    points, rest = some(CLOUD, X), some(len(X), X)[CLOUD:]
    low, high = points.min(axis=0), points.max(axis=0)
    tree = cKDTree(points)
    far = tree.query(rest)[0] if len(rest) > 20 else tree.query(points, k=[2])[0][:, 0]
    near = np.quantile(far, NEAR).item()
    return {"points": bytes_of(points, low, high), "low": low.tolist(), "high": high.tolist(), "near": near}


def _spectrum(problem, kind, emulator):
    """An emulator, and what turns its outputs into a spectrum in front of the spread of all.  -> dict"""
    low, high = _band(problem)
    top = np.quantile(problem.targets.inverse_transform(problem.train[1]).max(axis=1), 0.98).item()
    return {
        "name": TARGETS[kind],
        "window": problem.energy[[0, -1]].tolist(),
        "mean": packed(problem.targets.mean),
        "scale": problem.targets.scale[0].item(),
        "low": packed(low),
        "high": packed(high),
        "top": top,
        "network": export_network(emulator.module_, some(3, problem.train[0])),
    }


def _band(problem):
    """Mean of the training spectra, less and more one standard deviation.  -> (m,), (m,)"""
    S = problem.targets.inverse_transform(problem.train[1])
    return np.maximum(S.mean(axis=0) - S.std(axis=0), 0), S.mean(axis=0) + S.std(axis=0)


def _places(x):
    """Where the two hydrogen atoms are, oxygen at 0 and its bisector downwards.  (n, 3) -> (n, 2), (n, 2)"""
    half = np.radians(x[:, :1]) / 2
    away = np.hstack([np.sin(half), -np.cos(half)])
    return x[:, 1:2] * away * [-1, 1], x[:, 2:3] * away


def _draw_molecule(ax, x, cloud):
    for here, all_ in zip(_places(x[None]), _places(cloud), strict=True):
        ax.plot(*all_.T, ".", color="0.75", ms=2, alpha=0.6, zorder=0)
        ax.plot(*np.vstack([[0, 0], here]).T, color="0.35", lw=5, zorder=1)
        ax.plot(*here.T, "o", ms=20, mfc="white", mec="0.2", zorder=2)
        ax.annotate("H", here[0], ha="center", va="center")
    ax.plot(0, 0, "o", ms=32, color="#c8402f", zorder=2)
    ax.annotate("O", (0, 0), ha="center", va="center", color="white", weight="bold")
    ax.set(xlim=(-1.25, 1.25), ylim=(-1.2, 0.3), aspect="equal")
