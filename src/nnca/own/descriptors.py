"""Descriptors of the surroundings of an absorber: what the networks see of a structure.

SOAP, ACSF and the Coulomb matrix are dscribe's.  Its LMBTR fails with today's ASE, so that pairs are counted here.
"""

import warnings
from itertools import combinations, combinations_with_replacement

import ase
import numpy as np
import pandas as pd
from ase.data import atomic_numbers
from ase.neighborlist import neighbor_list

from nnca.schema import DataError

DESCRIPTORS = ("internal", "soap", "acsf", "lmbtr", "coulomb")
SMALL = 6  # atoms of a molecule whose bonds and angles at the absorber are its coordinates
CUTOFF = 5.0  # angstrom
CENTRES, WIDTH = np.arange(1.0, CUTOFF + 0.01, 0.25), 0.25  # angstrom, of the Gaussians that count distances
NEIGHBOURS = 18  # atoms of a Coulomb matrix, the absorber among them
RADIAL = [[eta, centre] for eta, centre in ((0.5, 0.0), (4.0, 1.5), (4.0, 2.0), (4.0, 2.5), (4.0, 3.0), (4.0, 4.0))]
ANGULAR = [[0.05, zeta, sign] for zeta in (1, 4) for sign in (-1, 1)]


def describe(structures, descriptor=None):
    """Features of every structure and their names.  Structures -> (n, features), list of str

    `descriptor` is "internal" (lengths and angles at the absorber), "soap", "acsf", "lmbtr" (softly counted distances
    by element), "coulomb" (sorted Coulomb matrix of the nearest atoms), or the path of a table of your own with a
    header of names.  None: internal for small molecules of one kind, else soap.  Raises DataError.
    """
    if descriptor is None:
        descriptor = "internal" if _is_small(structures) else "soap"
    if descriptor not in DESCRIPTORS:
        return own_table(descriptor, structures)
    if descriptor in ("internal", "coulomb"):
        _check_single(structures, descriptor)
    X, names = {"internal": _internal, "soap": _soap, "acsf": _acsf, "lmbtr": _lmbtr, "coulomb": _coulomb}[descriptor](
        structures
    )
    return np.asarray(X, float), names


def _is_small(structures):
    kinds = {str(atoms.symbols) for atoms in structures.atoms}
    alone = all(len(indices) == 1 for indices in structures.absorbers)
    return alone and len(kinds) == 1 and 2 <= len(structures.atoms[0]) <= SMALL and not structures.atoms[0].pbc.any()


def _check_single(structures, descriptor):
    for name, indices in zip(structures.names, structures.absorbers, strict=True):
        if len(indices) > 1:
            raise DataError(
                f"{structures.source}: structure {name} has {len(indices)} absorbers; descriptor {descriptor} "
                "needs one: give its index or a per-frame entry"
            )


def _elements(structures):
    """Every element that occurs, by atomic number."""
    return sorted({symbol for atoms in structures.atoms for symbol in atoms.symbols}, key=atomic_numbers.get)


def _internal(structures):
    """Distances from the absorber, then the angles between them, atoms in the order of the file."""
    kinds = {str(atoms.symbols) for atoms in structures.atoms}
    size = len(structures.atoms[0])
    if len(kinds) > 1 or not 2 <= size <= SMALL:
        raise DataError(
            f"{structures.source}: internal coordinates need one small molecule throughout, 2 to {SMALL} atoms in one "
            f"order; there are {len(kinds)} kinds, the first has {size} atoms"
        )
    rows = []
    for atoms, (centre,) in zip(structures.atoms, structures.absorbers, strict=True):
        others = [other for other in range(size) if other != centre]
        angles = [atoms.get_angle(one, centre, other) for one, other in combinations(others, 2)]
        rows.append([*atoms.get_distances(centre, others, mic=bool(atoms.pbc.any())), *angles])
    symbols = [f"{symbol}{number}" for number, symbol in enumerate(structures.atoms[0].get_chemical_symbols())]
    names = [f"{symbols[centre]}-{symbols[other]}" for other in others]
    return rows, names + [f"{symbols[one]}-{symbols[centre]}-{symbols[two]}" for one, two in combinations(others, 2)]


def _soap(structures):
    from dscribe.descriptors import SOAP

    elements = _elements(structures)
    soap = SOAP(species=elements, r_cut=CUTOFF, n_max=6, l_max=4, periodic=_periodic(structures))
    names = np.empty(soap.get_number_of_features(), object)
    for pair in combinations_with_replacement(elements, 2):
        part = soap.get_location(pair)
        names[part] = [f"{'-'.join(pair)} {number}" for number in range(part.stop - part.start)]
    return _created(soap, structures), list(names)


def _acsf(structures):
    from dscribe.descriptors import ACSF

    elements = _elements(structures)
    acsf = ACSF(species=elements, r_cut=CUTOFF, g2_params=RADIAL, g4_params=ANGULAR, periodic=_periodic(structures))
    radial = ["coordination", *(f"at {centre:g} Å, η {eta:g}" for eta, centre in RADIAL)]
    angular = [f"ζ {zeta}, λ {sign}" for _, zeta, sign in ANGULAR]
    names = [f"{element} {what}" for element in elements for what in radial]
    pairs = [(one, two) for number, two in enumerate(elements) for one in elements[: number + 1]]
    return _created(acsf, structures), names + [f"{one}-{two} {what}" for one, two in pairs for what in angular]


def _periodic(structures):
    return any(atoms.pbc.any() for atoms in structures.atoms)


def _created(descriptor, structures):
    """dscribe's features at the absorbers, their mean where there are several."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of its use of ASE
        return [
            descriptor.create(atoms, centers=indices).mean(axis=0)
            for atoms, indices in zip(structures.atoms, structures.absorbers, strict=True)
        ]


def _lmbtr(structures):
    """How many atoms of each element are how far from the absorber, counted softly."""
    elements = _elements(structures)
    X = np.zeros((len(structures), len(elements), len(CENTRES)))
    for row, (atoms, indices) in enumerate(zip(structures.atoms, structures.absorbers, strict=True)):
        first, second, length = neighbor_list("ijd", atoms, CUTOFF + 2 * WIDTH)
        symbols = np.array(atoms.get_chemical_symbols())
        for number, element in enumerate(elements):
            near = length[np.isin(first, indices) & (symbols[second] == element)]
            X[row, number] = np.exp(-((near[:, None] - CENTRES) ** 2) / (2 * WIDTH**2)).sum(axis=0) / len(indices)
    names = [f"{element} at {centre:.2f} Å" for element in elements for centre in CENTRES]
    return X.reshape(len(X), -1), names


def _coulomb(structures):
    """Off-diagonal elements of the Coulomb matrix of the absorber and its nearest atoms, rows sorted by their norm."""
    from dscribe.descriptors import CoulombMatrix

    clusters = [_cluster(atoms, index) for atoms, (index,) in zip(structures.atoms, structures.absorbers, strict=True)]
    size = max(map(len, clusters))
    matrix = CoulombMatrix(n_atoms_max=size, permutation="sorted_l2")
    upper = np.triu_indices(size)
    X = [matrix.create(cluster).reshape(size, size)[upper] for cluster in clusters]
    return X, [f"{one + 1}-{other + 1}" for one, other in zip(*upper, strict=True)]


def _cluster(atoms, index):
    """The absorber and its nearest atoms, periodic images among them, as a molecule."""
    second, length, vector = neighbor_list("ijdD", atoms, CUTOFF)[1:]
    first = neighbor_list("i", atoms, CUTOFF)
    mine = np.flatnonzero(first == index)
    mine = mine[np.argsort(length[mine], kind="stable")][: NEIGHBOURS - 1]
    return ase.Atoms(
        numbers=[atoms.numbers[index], *atoms.numbers[second[mine]]], positions=np.vstack([np.zeros(3), vector[mine]])
    )


def own_table(path, structures):
    """A table of features of the user's own, with a header: rows by name in the first column, else in order."""
    try:
        frame = pd.read_csv(path, sep=None, engine="python")
    except FileNotFoundError:
        raise DataError(
            f"descriptor is {str(path)!r}; one of {', '.join(DESCRIPTORS)}, or a table of features, is expected"
        ) from None
    except Exception as error:  # pandas raises several kinds
        raise DataError(f"{path}: no table of features with a header ({error})") from None
    if not pd.api.types.is_numeric_dtype(frame.iloc[:, 0]):
        frame = frame.set_index(frame.columns[0])
        frame.index = frame.index.astype(str)
        missing = sorted(set(structures.names) - set(frame.index))
        if missing or frame.index.has_duplicates:
            raise DataError(
                f"{path}: each structure needs one row; "
                + (f"{missing[0]} has none" if missing else f"{frame.index[frame.index.duplicated()][0]} has several")
            )
        frame = frame.loc[structures.names]
    if len(frame) != len(structures):
        raise DataError(f"{path}: has {len(frame)} rows; there are {len(structures)} structures")
    wrong = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    if wrong:
        raise DataError(f"{path}: column {wrong[0]!r} is not numbers")
    return frame.to_numpy(float), [str(name) for name in frame.columns]
