"""From a mean spectrum's moments back to the neighbours of Ge: the fit, and two ways from it to a structure, Fig. 5."""

import numpy as np
from traitlets import Float, Integer, TraitError, Tuple, Unicode, observe, validate

from nnca.explorer.base import Explorer, drawing, one_of, within
from nnca.explorer.export import export_network, packed
from nnca.features import SITE, distances_from_coulomb
from nnca.figures import METHODS
from nnca.glass import COORDINATION_CUTOFF
from nnca.moments import MOMENTS
from nnca.reconstruction import OXYGEN, ensemble
from nnca.spectra import GEO2_LINES, geo2_axis, geo2_spectra, moment_windows

NEIGHBOURS = len(SITE) - 1
CHANNELS = 137  # of the mean spectra in the page
BEYOND = 0.1  # of the range of t in the training data: how far a hand may go beyond it
WAYS = ("expansion", "pattern")


class Reconstruction(Explorer):
    """Choose a pressure, or drag t: moments, the valley of the fit, 17 distances and a cluster, by two ways back.

    >>> reconstruction = Reconstruction(glass, problem, {"NNCA": [nnca, nnca_2], "ECA": [eca, eca_2]})
    >>> reconstruction.pressure = 40  # GPa; t goes to the fit
    >>> reconstruction.t = (0.5, 0)
    >>> reconstruction.error(), reconstruction.distances("pattern")

    `problem` is of the Dataset `ds`; each method has one estimator for each number of components, from one on, at most
    two.  What is known, and given, is the ensemble of the test sites at each pressure.

    Traits: `method`, `components`, `pressure` (one of the data's), `t` (the second counts where there are two), `view`
    (azimuth and elevation of the clusters, degree).  A new method, number or pressure takes t to its fit.
    """

    script, kept = "reconstruction", ("method", "components", "pressure", "t", "view")
    alt = (
        "The squared error of the fit against the latent variable, with a valley, and the distances of 17 neighbours "
        "from the central Ge by two ways back, beside the known ones."
    )
    method = Unicode().tag(sync=True)
    components = Integer().tag(sync=True)
    pressure = Float().tag(sync=True)
    t = Tuple(Float(), Float()).tag(sync=True)
    view = Tuple(Float(), Float()).tag(sync=True)

    def __init__(self, ds, problem, models):
        for name, group in models.items():
            if [one.n_components for one in group] not in ([1], [1, 2]):
                raise ValueError(f"models: {name} must have one component, or one and two; give a list in this order")
        self._problem, self._models, self._known = problem, models, ensemble(ds, problem.test_rows)
        self._given = problem.targets.transform(self._known.moments)
        self._fits = {name: [_padded(one.fit_latent(self._given)) for one in group] for name, group in models.items()}
        sites = ds.isel(site=problem.test_rows)
        S = geo2_spectra(sites, channels=CHANNELS).groupby(sites.pressure).mean().values
        figure = {
            "pressures": self._known.pressure.tolist(),
            "spectra": {"values": packed(S), "channels": CHANNELS, "window": geo2_axis(ds), "top": S.max().item()},
            "lines": [{"name": GEO2_LINES[line], "window": window} for line, window in moment_windows(ds).items()],
            "moments": {
                "names": MOMENTS,
                "mean": problem.targets.mean.tolist(),
                "scale": problem.targets.scale.tolist(),
            },
            "given": packed(self._given),
            "distances": self._elements() | {"known": packed(self._known.distances)},
            "directions": packed(_directions(ds, problem)),
            "bonded": COORDINATION_CUTOFF,
            "models": {name: [self._model(name, one) for one in group] for name, group in models.items()},
        }
        name = next(iter(models))
        start = {"method": name, "components": 1, "pressure": float(self._known.pressure[0])}
        start |= {"t": tuple(self._fits[name][0][0].tolist()), "view": (-60.0, 20.0)}
        super().__init__(figure, start)

    def moments(self):
        """What the latent variables decode to, standardised.  -> (8,)"""
        return self._here().decode(self._T())[0]

    def error(self):
        """Sum of squared errors of the moments, standardised: what the fit makes least.  -> float"""
        return float(((self.moments() - self._given[self._level()]) ** 2).sum())

    def distances(self, by="expansion"):
        """Distances of the neighbours from the central Ge, by "expansion", Eq. (3), or "pattern".  -> (17,) angstrom"""
        x = self._problem.inputs.inverse_transform(self._here().inverse_transform(self._T(), by))
        return distances_from_coulomb(x)[0]

    def still(self):
        fig, (valley, places) = drawing(ncols=2, width_ratios=(2, 3))
        model, level = self._here(), self._level()
        low, high = self._reach(self.method, model)[:, 0]
        T = np.tile(self._T(), (300, 1))
        T[:, 0] = np.linspace(low, high, len(T))
        valley.semilogy(T[:, 0], ((model.decode(T) - self._given[level]) ** 2).sum(axis=1), color="black")
        valley.plot(self.t[0], self.error(), "o", color=METHODS.get(self.method), ms=9)
        valley.set(xlabel="latent variable $t_1$", ylabel="squared error")
        order = [*np.flatnonzero(OXYGEN), *np.flatnonzero(~OXYGEN)]
        place = np.arange(NEIGHBOURS) + 1.0 * ~OXYGEN[order]  # a gap between the species
        places.plot(place, self._known.distances[level][order], "_", color="black", ms=14, mew=2, label="known")
        for by, symbol in zip(WAYS, "os", strict=True):
            places.plot(place, self.distances(by)[order], symbol, mfc="none", color=METHODS.get(self.method), label=by)
        places.set(xlabel="neighbours: O (left) and Ge (right), by distance", ylabel="distance (Å)", xticks=[])
        places.legend(fontsize=8)
        return fig

    def _here(self):
        return self._models[self.method][self.components - 1]

    def _level(self):
        return self.figure["pressures"].index(self.pressure)

    def _T(self):
        return np.array([self.t[: self.components]])

    def _elements(self):
        """What makes of a standardised Coulomb element a distance, charge / (mean + scale x).  -> dict"""
        inputs, of_one = self._problem.inputs, np.ones((1, len(self._problem.inputs.mean)))
        found = {"mean": inputs.mean[:NEIGHBOURS], "scale": inputs.scale[:NEIGHBOURS]}
        found["charge"] = distances_from_coulomb(of_one)[0]
        return {name: values.tolist() for name, values in found.items()} | {"species": SITE[1:]}

    def _model(self, name, model):
        """A decoder, the fits, and both ways back: elements are the first of `ways`, plus t times the others."""
        T = np.vstack([np.zeros(model.n_components), np.eye(model.n_components)])
        ways = {}
        for by in WAYS:
            x = model.inverse_transform(T, by)[:, :NEIGHBOURS]
            ways[by] = packed(np.vstack([x[:1], x[1:] - x[0]]))
        fits = self._fits[name][model.n_components - 1]
        decoder = export_network(model._decoder(), fits[:, : model.n_components])
        return {"decoder": decoder, "fits": fits.tolist(), "reach": self._reach(name, model).tolist(), "ways": ways}

    def _reach(self, name, model):
        """How far t may go: a little beyond the training data, and to every fit.  -> (2, k)"""
        low, high = model.latent_range_
        fits, more = self._fits[name][model.n_components - 1][:, : model.n_components], BEYOND * (high - low)
        return np.array([np.minimum(low - more, fits.min(axis=0)), np.maximum(high + more, fits.max(axis=0))])

    @observe("method", "components", "pressure")
    def _to_the_fit(self, change):
        self.t = tuple(self._fits[self.method][self.components - 1][self._level()].tolist())

    @validate("method")
    def _method_exists(self, proposal):
        return one_of("method", proposal["value"], self._models)

    @validate("components")
    def _components_exist(self, proposal):
        return within("components", proposal["value"], 1, len(self._models[self.method]))

    @validate("pressure")
    def _pressure_exists(self, proposal):
        known = self.figure["pressures"]
        if proposal["value"] not in known:
            raise TraitError(
                f"pressure must be one of {', '.join(f'{p:g}' for p in known)} GPa; got {proposal['value']!r}"
            )
        return proposal["value"]

    @validate("t")
    def _t_is_near_the_data(self, proposal):
        reach = self._reach(self.method, self._here()).T
        for number, (value, (low, high)) in enumerate(zip(proposal["value"], reach, strict=False), start=1):
            within(f"t: t{number} of {self.method}", value, low, high)
        return proposal["value"]

    @validate("view")
    def _view_exists(self, proposal):
        within("view: azimuth", proposal["value"][0], -180, 180, "°")
        within("view: elevation", proposal["value"][1], -90, 90, "°")
        return proposal["value"]


def _padded(T):
    """Latent variables as pairs, the second zero where there is one.  (n, k) -> (n, 2)"""
    return np.pad(T, ((0, 0), (0, 2 - T.shape[1])))


def _directions(ds, problem):
    """Unit vectors to the neighbours of the training site that is nearest to the mean structure.  -> (17, 3)"""
    row = problem.train_rows[(problem.train[0][:, :NEIGHBOURS] ** 2).sum(axis=1).argmin()]
    xyz, species = ds.position.values[row].astype(float), ds.species.values
    away = xyz[1:] - xyz[0]
    length = np.linalg.norm(away, axis=1)
    order = np.lexsort((length, species[1:] == "O"))  # Ge first, each species by distance, as in the descriptor
    return away[order] / length[order, None]
