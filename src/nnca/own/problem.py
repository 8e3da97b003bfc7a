"""Structures and spectra paired, described, put on common channels: a learning problem of one's own."""

import re
from dataclasses import dataclass, field, replace

import numpy as np

from nnca.own.descriptors import describe
from nnca.own.spectra import Spectra, read_spectra, to_channels
from nnca.own.structures import Structures, read_structures
from nnca.problem import ROUNDING, Problem, Standardiser, split
from nnca.schema import DataError

FEWEST = 30  # pairs; with fewer no split can say anything
REDUCED_ABOVE = 0.2  # features a training row; more of them are reduced to principal components
KEPT = 0.99  # of the variance of the features, by the components that are kept
NAMED = 5  # names that a message lists


@dataclass(frozen=True)
class OwnData:
    """Paired structures and spectra: features X (n, features), spectra S (n, channels) per eV, and what was noticed."""

    names: list
    features: list
    X: np.ndarray
    energy: np.ndarray
    S: np.ndarray
    groups: np.ndarray | None = None
    notes: list = field(default_factory=list)

    def thinned(self, most):
        """At most so many of the pairs, evenly over them.  -> OwnData"""
        if most is None or len(self.X) <= most:
            return self
        rows = np.linspace(0, len(self.X) - 1, most).round().astype(int)
        names = [self.names[row] for row in rows]
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, names=names, X=self.X[rows], S=self.S[rows], groups=groups)

    def problem(self, seed=0):
        """One split, standardised with what its training rows know.  -> OwnProblem

        Raises DataError for spectra that do not vary among the training rows.
        """
        X, S = self.X, self.S
        try:
            train, test = split(len(X), seed, self.groups)
            varies = X[train].std(axis=0) > ROUNDING * np.abs(X[train]).max(axis=0)
            x_scale, S_scale = Standardiser.fit(X[train][:, varies]), Standardiser.fit(S[train], one_scale=True)
        except ValueError as error:
            raise DataError(str(error)) from None
        Z = x_scale.transform(X[:, varies])
        basis = principal(Z[train]) if varies.sum() > REDUCED_ABOVE * len(train) else None
        Z = Z if basis is None else Z @ basis.T
        inputs = Standardiser.fit(Z[train])
        return OwnProblem(
            X=inputs.transform(Z),
            Y=S_scale.transform(S),
            train_rows=train,
            test_rows=test,
            inputs=inputs,
            targets=S_scale,
            energy=self.energy,
            x_scale=x_scale,
            basis=basis,
            features=[name for name, does in zip(self.features, varies, strict=True) if does],
        )


@dataclass(frozen=True, kw_only=True)
class OwnProblem(Problem):
    """A Problem whose inputs may be principal components of features, with the way back to these.

    `features` names those that vary, `x_scale` standardises them, `basis` (inputs, features) holds the components or
    None.
    """

    x_scale: Standardiser
    basis: np.ndarray | None
    features: list

    def to_features(self, X):
        """Inputs of the networks back to features in their units.  (n, inputs) -> (n, features)"""
        Z = self.inputs.inverse_transform(X)
        return self.x_scale.inverse_transform(Z if self.basis is None else Z @ self.basis)

    def from_features(self, X, names):
        """Features in their units, in columns called `names`, to inputs.  (n, features) -> (n, inputs)"""
        place = {name: column for column, name in enumerate(names)}
        Z = self.x_scale.transform(X[:, [place[name] for name in self.features]])
        return self.inputs.transform(Z if self.basis is None else Z @ self.basis.T)

    def weights(self, V):
        """Directions among inputs as weights of the standardised features.  (k, inputs) -> (k, features)"""
        V = np.asarray(V) / self.inputs.scale
        return V if self.basis is None else V @ self.basis


def principal(Z):
    """Principal components of standardised features that hold KEPT of the variance, at most a fifth of the rows."""
    most = max(1, int(REDUCED_ABOVE * len(Z)))
    singular, rows = np.linalg.svd(Z - Z.mean(axis=0), full_matrices=False)[1:]
    share = np.cumsum(singular**2) / (singular**2).sum()
    return rows[: min(most, int(np.searchsorted(share, KEPT)) + 1)]


def own_data(
    structures, spectra, absorber=None, descriptor=None, window=None, broadening=None, shift=0.0, normalisation="none",
    groups=None,
):  # fmt: skip
    """Structures and spectra, read or to be read from paths, as paired features and channels.  -> OwnData

    With a `broadening` the spectra are sticks.  `groups` is a per-frame entry; rows that share it stay together in a
    split.  The other options are those of `read_structures`, `describe` and `to_channels`.  Raises DataError.
    """
    structures = structures if isinstance(structures, Structures) else read_structures(structures, absorber)
    spectra = spectra if isinstance(spectra, Spectra) else read_spectra(spectra, sticks=broadening is not None)
    spectra = pair(structures, spectra)
    channels = to_channels(spectra, window, broadening, shift, normalisation)
    X, names = describe(structures, descriptor)
    X, names, notes = _varying(X, names, structures.source)
    if channels.outside > 1e-3:
        notes.append(
            f"Of the spectra {channels.outside:.1%} on average lies outside the window, {channels.widest:.1%} at most."
        )
    if np.ptp(channels.S, axis=0).max() <= ROUNDING * np.abs(channels.S).max():
        raise DataError(f"{spectra.source}: the spectra do not vary in the window")
    groups = None if groups is None else structures.entry(groups)
    if groups is not None and len(set(groups)) < NAMED:
        raise DataError(f"{structures.source}: there are {len(set(groups))} groups; {NAMED} or more are expected")
    return OwnData(structures.names, names, X, channels.energy, channels.S, groups, notes)


def problem(structures, spectra, absorber=None, seed=0, **options):
    """From a folder of structures and one of spectra to a learning problem, split 80 to 20.  -> OwnProblem

    `options` are those of `own_data`.
    """
    return own_data(structures, spectra, absorber, **options).problem(seed)


def _varying(X, names, source):
    """Features without the constant ones, and a note that says so."""
    bad = ~np.isfinite(X)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"{source}: feature {names[column]} of row {row} is {X[row, column]}; finite numbers are expected"
        )
    varies = X.std(axis=0) > ROUNDING * np.maximum(np.abs(X).max(axis=0), 1e-300)
    if not varies.any():
        raise DataError(f"{source}: the descriptor does not vary: all {X.shape[1]} features are constant")
    dropped = int((~varies).sum())
    notes = [f"{dropped} of {len(varies)} features are constant and were left out."] if dropped else []
    return X[:, varies], [name for name, does in zip(names, varies, strict=True) if does], notes


def pair(structures, spectra):
    """The spectra in the order of their structures: by name, or by order where each side is one file.  -> Spectra"""
    if structures.single and spectra.single:
        if len(structures) != len(spectra):
            raise DataError(
                f"{spectra.source}: holds {len(spectra)} spectra; "
                f"{structures.source} holds {len(structures)} structures"
            )
        order = range(len(spectra))
    else:
        order = _by_name(structures, spectra)
    if len(structures) < FEWEST:
        raise DataError(f"{structures.source}: there are {len(structures)} pairs; {FEWEST} or more are expected")
    picked = ([part[number] for number in order] for part in (spectra.names, spectra.energy, spectra.intensity))
    return Spectra(*picked, spectra.sticks, spectra.single, spectra.source)


def _by_name(structures, spectra):
    """For each structure the number of its spectrum; each must have exactly one, and none be left."""
    owner = [_owner(name, set(structures.names)) for name in spectra.names]
    numbers = {}
    for number, name in enumerate(owner):
        if name is None:
            raise DataError(
                f"{spectra.source}: spectrum {spectra.names[number]} has no structure of its name; "
                f"structures are {_listed(structures.names)}"
            )
        if name in numbers:
            raise DataError(
                f"{spectra.source}: {spectra.names[numbers[name]]} and {spectra.names[number]} both belong to "
                f"structure {name}; one spectrum is expected (a pattern such as folder/*_conv.txt chooses)"
            )
        numbers[name] = number
    missing = [name for name in structures.names if name not in numbers]
    if missing:
        raise DataError(
            f"{structures.source}: structure {missing[0]} has no spectrum of its name; "
            f"spectra are {_listed(spectra.names)}"
        )
    return [numbers[name] for name in structures.names]


def _owner(name, stems):
    """The structure whose name a spectrum has, alone or before a sign, in its own name or that of a folder above it."""
    for part in [name, *reversed(name.split("/"))]:
        cuts = [len(part), *(m.start() for m in reversed(list(re.finditer(r"[^A-Za-z0-9]", part))))]
        for cut in cuts:
            if part[:cut] in stems:
                return part[:cut]
    return None


def _listed(names):
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
