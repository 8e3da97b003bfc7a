"""Surfaces on which a latent variable is constant, in the space of water's three features: Fig. 3, to be turned."""

import numpy as np
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from skimage.measure import marching_cubes
from traitlets import Float, Tuple, Unicode, validate

from nnca.explorer.base import Explorer, drawing, one_of, within
from nnca.explorer.export import bytes_of
from nnca.figures import METHODS, TARGETS
from nnca.methods.emulator import PolynomialEmulator
from nnca.metrics import spectral_deviation

POINTS = 17  # of the grid along each feature
REACH = 2.5  # standard deviations to either side of the mean
SHARES = np.linspace(0.05, 0.95, 91)  # of the training molecules: where levels may be
NAMES = ("angle (degree)", "r₁ (Å)", "r₂ (Å)")
DEVIATION = "M"  # the spectral deviation, Eq. (4), which stands beside the methods


class Isosurfaces(Explorer):
    """Turn a surface on which a latent variable, or the spectral deviation M of Eq. (4), is constant; move its level.

    >>> surfaces = Isosurfaces(problems, {"xes": {"EDNN": ednn, "ECA": eca}})  # also of "xas", "xps"
    >>> surfaces.method, surfaces.level, surfaces.view = "ECA", 0.3, (-60, 22)
    >>> surfaces.value(), surfaces.field()

    `problems` are water's and `methods` fitted to them, of one component, the same for each kind of spectrum.  M is of
    a polynomial of fourth degree, as in the chapter.

    Traits: `kind`, `method` (or "M"), `level` (the share of the training molecules below, 0.05 to 0.95), `view`
    (azimuth and elevation, degree).
    """

    script, kept = "isosurfaces", ("kind", "method", "level", "view")
    alt = (
        "A three-dimensional box with the axes angle, first and second bond length, and in it a surface on which the "
        "one latent variable of a method is constant."
    )
    kind = Unicode().tag(sync=True)
    method = Unicode().tag(sync=True)
    level = Float().tag(sync=True)
    view = Tuple(Float(), Float()).tag(sync=True)

    def __init__(self, problems, methods):
        side = np.linspace(-REACH, REACH, POINTS)
        grid = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(-1, 3)
        self._fields, self._levels, fields = {}, {}, {}
        for kind, models in methods.items():
            functions = {name: _latent(one) for name, one in models.items()} | {DEVIATION: _deviation(problems[kind])}
            self._fields[kind] = {name: of(grid).reshape([POINTS] * 3) for name, of in functions.items()}
            X = problems[kind].train[0]
            self._levels[kind] = {name: np.quantile(of(X), SHARES) for name, of in functions.items()}
            fields[kind] = {name: self._packed(kind, name, models.get(name)) for name in functions}
        inputs = problems[kind].inputs  # the same molecules for each kind
        self._edges = inputs.mean + inputs.scale * np.array([[-REACH], [REACH]])  # (2, 3), in units
        figure = {
            "kinds": {kind: TARGETS[kind] for kind in methods},
            "fields": fields,
            "points": POINTS,
            "reach": REACH,
            "shares": SHARES[[0, -1]].tolist(),
            "names": NAMES,
            "edges": self._edges.tolist(),
        }
        start = {"kind": next(iter(methods)), "method": next(iter(models)), "level": 0.5, "view": (-60.0, 22.0)}
        super().__init__(figure, start)

    def field(self):
        """The latent variable, or M, over the grid of standardised features.  -> (POINTS, POINTS, POINTS)"""
        return self._fields[self.kind][self.method]

    def value(self):
        """What the latent variable, or M, is on the surface.  -> float"""
        return float(np.interp(self.level, SHARES, self._levels[self.kind][self.method]))

    def still(self):
        fig, ax = drawing(4.2, 3.6, subplot_kw={"projection": "3d"})
        low, high = self._edges
        colour = METHODS.get(self.method, "0.7")
        points, faces, _, _ = marching_cubes(self.field(), self.value())
        places = low + points / (POINTS - 1) * (high - low)
        ax.add_collection3d(Poly3DCollection(places[faces], shade=True, facecolors=colour, antialiased=False))
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
        ax.set(xlabel=NAMES[0], ylabel=NAMES[1], zlabel=NAMES[2])
        ax.set_title(f"{'' if self.method == DEVIATION else '$t_1$ of '}{self.method}, {TARGETS[self.kind]}")
        ax.set_box_aspect(None, zoom=0.85)  # room for the last label
        ax.locator_params(nbins=4)
        ax.view_init(elev=self.view[1], azim=self.view[0])
        return fig

    def _packed(self, kind, name, model):
        """A field as the page has it: a vector where it is a projection, else whole numbers over the grid."""
        found = {"levels": self._levels[kind][name].tolist()}
        if hasattr(model, "components_"):
            return found | {"v": model.components_[0].tolist()}
        values = self._fields[kind][name]
        low, high = values.min().item(), values.max().item()
        return found | {"low": low, "high": high, "values": bytes_of(values, low, high, "<u2")}

    @validate("kind")
    def _kind_exists(self, proposal):
        return one_of("kind", proposal["value"], self._fields)

    @validate("method")
    def _method_exists(self, proposal):
        return one_of("method", proposal["value"], next(iter(self._fields.values())))

    @validate("level")
    def _level_exists(self, proposal):
        return within("level", proposal["value"], *SHARES[[0, -1]])

    @validate("view")
    def _view_exists(self, proposal):
        within("view: azimuth", proposal["value"][0], -180, 180, "°")
        within("view: elevation", proposal["value"][1], -90, 90, "°")
        return proposal["value"]


def _latent(model):
    """The one latent variable as a function of standardised features."""
    if model.n_components != 1:
        raise ValueError(f"methods must have one component; {type(model).__name__} has {model.n_components}")
    return lambda X: model.transform(X)[:, 0]


def _deviation(problem):
    """M, Eq. (4), as a function of standardised features: the polynomial's distance from its central spectrum."""
    emulator = PolynomialEmulator(degree=4).fit(*problem.train)
    centre = problem.targets.inverse_transform(emulator.predict(np.zeros((1, 3))))[0]
    return lambda X: spectral_deviation(problem.targets.inverse_transform(emulator.predict(X)), centre)
