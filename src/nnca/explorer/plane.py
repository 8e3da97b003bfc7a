"""The plane of two latent variables: any rotation of it predicts the same, and one puts the components in order."""

import numpy as np
from traitlets import Float, validate

from nnca.explorer.base import Explorer, drawing, some, within
from nnca.explorer.covering import covered_by, scores_along
from nnca.explorer.export import packed
from nnca.figures import METHODS, TARGETS
from nnca.metrics import covered_variance

ROWS = 300  # test molecules on which the page scores
STEP = 2.0  # degree, between points of the curve


class Plane(Explorer):
    """Turn the axes of an NNCA's latent plane: the total stays, the share of the first component comes and goes.

    >>> plane = Plane(xes, nnca, "xes")  # an NNCA with two components
    >>> plane.turn = 30  # degree
    >>> plane.score(), plane.total()

    Traits: `turn`, the angle in degree, from 0 (as trained) to 180, by which the first axis is turned.
    """

    script, kept = "plane", ("turn",)
    alt = (
        "Left, test molecules in the plane of two latent variables with turned axes; right, covered variance of the "
        "first component alone against the angle of the turn, a wave below the constant total of both components."
    )
    turn = Float().tag(sync=True)

    def __init__(self, problem, model, target="xes"):
        if model.n_components != 2:
            raise ValueError(f"model must have two components; it has {model.n_components}")
        X, self._Y = (some(ROWS, A) for A in problem.test)
        self._model, self._T = model, model.transform(X)
        turns = np.arange(0, 180 + STEP, STEP)
        decoder = model.module_.decoder
        figure = {
            "name": TARGETS[target],
            "covered": covered_by(decoder, self._T, self._Y),
            "curve": packed(scores_along(decoder, self._T, self._Y, _axis(turns))),
            "range": np.abs(self._T).max().item(),
        }
        super().__init__(figure, {"turn": 0.0})

    def score(self):
        """Covered variance of the first turned component, the second set to zero.  -> float"""
        u = _axis(self.turn)
        return covered_variance(self._Y, self._model.decode(np.outer(self._T @ u, u)))

    def total(self):
        """Covered variance of both components, whatever the turn.  -> float"""
        return covered_variance(self._Y, self._model.decode(self._T))

    def still(self):
        fig, (plane, curve) = drawing(ncols=2)
        span, u = 1.1 * self.figure["range"], _axis(self.turn)
        plane.plot(*self._T.T, ".", color="0.6", ms=3)
        plane.plot(*np.outer([-span, span], u).T, color=METHODS["NNCA"], lw=2)
        plane.plot(*np.outer([-span, span], u[::-1] * [-1, 1]).T, "--", color=METHODS["NNCA"], lw=1)
        plane.set(xlabel="$t_1$ as trained", ylabel="$t_2$ as trained", aspect="equal")
        plane.set(xlim=(-span, span), ylim=(-span, span))
        turns = np.arange(0, 180 + STEP, STEP)
        curve.plot(turns, scores_along(self._model.module_.decoder, self._T, self._Y, _axis(turns)), color="black")
        curve.axhline(self.total(), color="0.5", ls="--")
        curve.plot(self.turn, self.score(), "o", color=METHODS["NNCA"], ms=9)
        curve.set(xlabel="turn (degree)", ylabel="covered variance $R^2$", ylim=(min(0, self.score()), 1.02))
        return fig

    @validate("turn")
    def _turn_exists(self, proposal):
        return within("turn", proposal["value"], 0, 180, "°")


def _axis(turn):
    """The first axis after a turn in degree.  (...,) -> (..., 2)"""
    angle = np.radians(turn)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)
