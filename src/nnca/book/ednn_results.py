"""What chapter 3 computes around its networks: the data of its figures and tables."""

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.neighbors import KNeighborsRegressor

from nnca import PolynomialEmulator
from nnca.book import verdicts
from nnca.figures import method_label
from nnca.metrics import spectral_deviation

NAMES = ("angle (degree)", "$r_1$ (Å)", "$r_2$ (Å)")  # of water's features, in units
REACH = 2.5  # standard deviations to either side of the mean that the maps show
LATENT_LEVELS, DEVIATION_LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9), (0.2, 0.5)  # quantiles where surfaces are drawn

WHY_SURFACES = {
    verdicts.HOLDS: "Knowing the EDNN's $t_1$ one knows $M$, and ECA's flat one does not do as well.",
    verdicts.NOT: "Knowing $t_1$ leaves much of $M$ open.",
    verdicts.UNKNOWN: "ECA's flat $t_1$ predicts $M$ about as well: a good match says nothing of bending.",
}


def ceiling(problems, fitted):
    """The lowest covered variance that an emulator reaches on any spectrum, mean over seeds.  -> float"""
    return min(
        np.mean([one.score(*problem.test) for one in fitted[kind, "Emulator"]]) for kind, problem in problems.items()
    )


def emulated_spectra(problems, fitted):
    """Test spectra, computed and emulated, in units.  -> energies {kind: (m,)}, computed and emulated {kind: (n, m)}"""
    energies, truth, emulated = {}, {}, {}
    for kind, problem in problems.items():
        X, Y = problem.test
        energies[kind] = problem.energy
        truth[kind] = problem.targets.inverse_transform(Y)
        emulated[kind] = problem.targets.inverse_transform(fitted[kind, "Emulator"][0].predict(X))
    return energies, truth, emulated


def start_spread(fitted):
    """How far the starts of one analysis of ECA end apart, at most, in covered variance.  -> float"""
    analyses = [one for key, models in fitted.items() if "ECA" in key for one in models]
    return max(np.ptp(one.start_scores_, axis=1).max() for one in analyses)


def surfaces(problems, fitted, points=41):
    """Fields for Fig. 3: the latent variable of an EDNN above, the spectral deviation M, Eq. (4), below.

    -> rows of panels (title, values (points,) * 3, levels), coordinate axes in units, their names
    """
    side = np.linspace(-REACH, REACH, points)
    grid = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(-1, 3)
    above, below = [], []
    for letter, other, (kind, problem) in zip("abc", "def", problems.items(), strict=False):
        one = fitted[kind, "EDNN", 1][0]
        polynomial = PolynomialEmulator(degree=4).fit(*problem.train)
        spectra = problem.targets.inverse_transform(polynomial.predict(np.r_[[[0] * 3], grid]))
        M, t = spectral_deviation(spectra[1:], spectra[0]), one.transform(grid)[:, 0]
        levels = np.quantile(one.transform(problem.train[0]), LATENT_LEVELS)
        above.append((f"({letter}) $t_1$, {kind.upper()}", t.reshape([points] * 3), levels))
        M_levels = np.quantile(M, DEVIATION_LEVELS)
        below.append((f"({other}) $M$, {kind.upper()}", M.reshape([points] * 3), M_levels))
    return [above, below], [_units(problem, i, side) for i in range(3)], NAMES


def deviation_from_latent(problems, fitted):
    """Share of the variance of M over test molecules that is known once t is.  -> DataFrame (spectra, methods)"""
    rows = {}
    for kind, problem in problems.items():
        centre = problem.targets.inverse_transform(fitted[kind, "Emulator"][0].predict(np.zeros((1, 3))))
        M = spectral_deviation(problem.targets.inverse_transform(problem.Y), centre[0])
        row = {}
        for method, source in (("EDNN", None), ("ECA", "train")):
            T = fitted[(kind, method, 1, source)[: 4 if source else 3]][0].transform(problem.X)
            smooth = KNeighborsRegressor(25).fit(T[problem.train_rows], M[problem.train_rows])
            row[method_label(method, source)] = smooth.score(T[problem.test_rows], M[problem.test_rows])
        rows[kind.upper()] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def grow(shapes, lengths, problem):
    """Networks of several shapes trained for several numbers of epochs.  -> {(shape, epochs): estimator}"""
    jobs = [(name, length) for length in lengths for name in shapes]
    models = [clone(shapes[name]).set_params(epochs=length, random_state=0) for name, length in jobs]
    return dict(zip(jobs, Parallel(n_jobs=-1)(delayed(one.fit)(*problem.train) for one in models), strict=True))


def planes(models, problem, points=121):
    """The latent variable over molecules with two equal bonds.  -> {name: (points, points)}, edges, {name: score}"""
    across = np.linspace(-REACH, REACH, points)
    plane = np.array([(angle, bond, bond) for angle in across for bond in across])
    maps = {name: one.transform(plane).reshape(points, points) for name, one in models.items()}
    edges = [value for i in (0, 1) for value in _units(problem, i, across[[0, -1]])]
    return maps, edges, {name: one.score(*problem.test) for name, one in models.items()}


def _units(problem, feature, values):
    """Standardised values of a feature in its units."""
    return problem.inputs.mean[feature] + problem.inputs.scale[feature] * values
