"""One direction through the space of structures: how much of the spectra passes along it, and along any other."""

import numpy as np
from matplotlib.patches import Circle
from traitlets import Float, TraitError, Tuple, validate

from nnca.explorer.base import Explorer, drawing, some
from nnca.explorer.covering import covered_by, scores_along
from nnca.explorer.export import bytes_of
from nnca.figures import METHODS, TARGETS
from nnca.metrics import covered_variance

ROWS = 300  # test molecules on which the page scores
SIZE = 61  # points of the map along each side
# The picture's right, its up, and what points at the reader: the angle is near the middle, the bonds left and right.
VIEW = np.array([[0, -1, 1], [1, -2, -2], [4, 1, 1]]) / np.sqrt([[2], [9], [18]])
FEATURES = ("angle", "left bond", "right bond")


class Direction(Explorer):
    """Drag a line through the space of structures: an emulator sees molecules flattened onto it, Eq. (3) with k = 1.

    >>> direction = Direction(xes, emulator, {"ECA": eca, "NNCA": nnca, "EDNN": ednn}, "xes")
    >>> direction.v, direction.score()
    >>> direction.v = (1, 0, 0)  # the angle alone; any length will do

    `problem` is water's, `emulator` fitted to it; `methods` have one component.  Traits: `v`, a unit vector over angle
    and bond lengths, standardised.
    """

    script, kept = "direction", ("v",)
    alt = (
        "A disc that stands for all directions in the space of angle and two bond lengths, coloured by the covered "
        "variance along each, with one best spot; beside it bars for one direction and for the methods."
    )
    v = Tuple(Float(), Float(), Float()).tag(sync=True)

    def __init__(self, problem, emulator, methods, target="xes"):
        X, Y = (some(ROWS, A) for A in problem.test)
        directions, inside = _disc()
        marks = {name: _mark(one, X, Y) for name, one in methods.items()}
        found = np.array([one["v"] for one in marks.values() if one["v"]]).reshape(-1, 3)
        scores = scores_along(emulator.module_, X, Y, np.vstack([directions, found]))
        best, scores = scores[np.append(inside, [True] * len(found))].max().item(), scores[: len(directions)]
        self._emulator, self._X, self._Y, self._map = emulator, X, Y, scores
        figure = {
            "name": TARGETS[target],
            "features": FEATURES,
            "view": VIEW.tolist(),
            "size": SIZE,
            "map": bytes_of(scores, 0, 1),
            "best": best,
            "covered": covered_by(emulator.module_, X, Y),
            "marks": marks,
        }
        super().__init__(figure, {"v": (1.0, 0.0, 0.0)})

    def score(self):
        """Covered variance of the emulator's prediction from molecules flattened onto v.  -> float"""
        v = np.array(self.v)
        return covered_variance(self._Y, self._emulator.predict(np.outer(self._X @ v, v)))

    def still(self):
        fig, (disc, bars) = drawing(ncols=2)
        image = disc.imshow(self._map.reshape(SIZE, SIZE), extent=(-1, 1, -1, 1), cmap="cividis", vmin=0, vmax=1)
        image.set(interpolation="bilinear", clip_path=Circle((0, 0), 1, transform=disc.transData))
        disc.set_axis_off()
        for v, name, side in zip(np.eye(3), FEATURES, ("left", "left", "right"), strict=True):
            disc.text(*(VIEW @ v)[:2], f" {name} ", color="white", fontsize=8, ha=side, va="center")
        for name, one in self.figure["marks"].items():
            if one["v"]:
                disc.plot(*_place(one["v"]), "o", color=METHODS[name], mec="white", ms=8)
        disc.plot(*_place(self.v), "o", mfc="none", mec="white", ms=13, mew=2)
        names = ["this line", *self.figure["marks"]]
        scores = [self.score(), *(one["r2"] for one in self.figure["marks"].values())]
        bars.barh(names, scores, color=["0.3", *(METHODS[name] for name in names[1:])])
        bars.invert_yaxis()
        bars.set(xlim=(0, 1), xlabel="covered variance $R^2$")
        return fig

    @validate("v")
    def _v_is_a_direction(self, proposal):
        v = np.array(proposal["value"])
        if not (np.isfinite(v).all() and np.linalg.norm(v) > 1e-9):
            raise TraitError(f"v must be three finite numbers, not all of them 0; got {proposal['value']!r}")
        return tuple((v / np.linalg.norm(v)).tolist())


def _disc():
    """Directions of the points of a square around the disc, from the top left.  -> (SIZE^2, 3), inside (SIZE^2,)

    Outside the disc stands the direction of the nearest point of its rim.
    """
    side = (np.arange(SIZE) + 0.5) / SIZE * 2 - 1
    x, y = (A.ravel() for A in np.meshgrid(side, -side))
    r = np.hypot(x, y)
    across = np.column_stack([x, y]) / np.maximum(r, 1)[:, None]
    towards = np.sqrt(np.maximum(1 - (across**2).sum(axis=1), 0))
    return np.column_stack([across, towards]) @ VIEW, r <= 1


def _place(v):
    """Where a direction, or its opposite, is on the disc.  (3,) -> (2,)"""
    x, y, towards = VIEW @ v
    return (x, y) if towards >= 0 else (-x, -y)


def _mark(method, X, Y):
    """A method's covered variance and, where it has one, its direction."""
    v = method.components_[0].tolist() if hasattr(method, "components_") else None
    return {"r2": method.score(X, Y), "v": v}
