"""From structures to the input features x of the networks, and the way back."""

import numpy as np
from scipy.spatial.distance import pdist, squareform

H2O_FEATURES = ("H-O-H angle", "O-H length 1", "O-H length 2")
SITE = ("Ge",) + 8 * ("Ge",) + 9 * ("O",)  # a GeO2 site: the central Ge, then each species by distance
NUCLEAR_CHARGE = {"O": 8.0, "Ge": 32.0}
BOHR = 0.529177210903  # angstrom
CENTRES = np.arange(1.75, 5.6, 0.25)  # angstrom, of the Gaussians that count distances
WIDTH = 0.25  # angstrom, their standard deviation


def h2o_features(ds):
    """Features of the water molecule: H-O-H angle (degree) and the two O-H lengths (angstrom).  ds -> (n, 3)

    Section II of the paper.  The order is that of `H2O_FEATURES`; nothing is standardised here.
    """
    return np.column_stack([ds.hoh_angle, ds.oh_length])


def coulomb_matrix(ds):
    """Coulomb matrices of GeO2 sites in atomic units, Rupp et al. 2012.  ds -> (n, atoms, atoms)

    M_ij = Z_i Z_j / |R_i - R_j| off the diagonal and Z_i^2.4 / 2 on it.  The central Ge comes first, then the atoms of
    each species by their distance from it, so that neither a rotation nor an exchange of like atoms changes a number.
    This order is not continuous: where two like atoms are equally far, the least motion exchanges their rows, and
    elements between neighbours jump (those of the central Ge do not).  `jumping_sites` says how often; `soft_distances`
    has no such jump.  Raises ValueError where two atoms of a site are at one place.
    """
    xyz, Z = _by_distance(ds.position.values, ds.species.values)
    M = np.array([squareform(pdist(site)) for site in xyz]) / BOHR  # (n, atoms, atoms)
    diagonal = np.arange(len(Z))
    M[:, diagonal, diagonal] = 1
    if not M.all():
        raise ValueError(f"position of site {np.argwhere(M == 0)[0, 0]} has two atoms at one place")
    M = Z[:, None] * Z / M
    M[:, diagonal, diagonal] = Z**2.4 / 2
    return M


def coulomb_features(ds):
    """The off-diagonal upper triangle of the Coulomb matrices, row by row: the descriptor of GeO2.  ds -> (n, 153)

    The first 17 belong to the pairs of the central Ge.  Invariant, but not continuous: see `coulomb_matrix`.
    """
    M = coulomb_matrix(ds)
    return M[:, *np.triu_indices(M.shape[1], k=1)]


def soft_distances(ds):
    """How many pairs of each kind are how far apart, counted softly: a descriptor without jumps.  ds -> (n, 80)

    Sums of Gaussians of the distances (after Behler and Parrinello 2007), at `CENTRES` and of `WIDTH`, for the pairs
    Ge-O and Ge-Ge of the central atom, then for Ge-Ge, Ge-O and O-O of its neighbours.  A sum needs no order of atoms:
    it is invariant to rotation and exchange, and smooth in every position.  It does not give back the distances of
    single neighbours.
    """
    species, xyz = ds.species.values, ds.position.values.astype(float)
    first, second = np.triu_indices(len(species), k=1)
    length = np.array([pdist(site) for site in xyz])  # (n, pairs)
    kind = np.array(["-".join(sorted(pair)) for pair in zip(species[first], species[second], strict=True)])
    groups = [(first == 0) & (kind == pair) for pair in ("Ge-O", "Ge-Ge")]
    groups += [(first > 0) & (kind == pair) for pair in ("Ge-Ge", "Ge-O", "O-O")]
    counts = [
        np.exp(-((length[:, group] - centre) ** 2) / (2 * WIDTH**2)).sum(axis=1)
        for group in groups
        for centre in CENTRES
    ]
    return np.column_stack(counts)


def jumping_sites(ds, descriptor=coulomb_features, noise=0.001, random_state=0):
    """Share of sites with a feature that jumps when the atoms hardly move.  Dataset of two or more sites -> float

    Every neighbour moves by normal noise of `noise` (angstrom) in x, y and z; a jump is a change by more than the
    feature's standard deviation over the sites.  `descriptor` takes a Dataset to (n, features).
    """
    if ds.sizes["site"] < 2:
        raise ValueError("a jump is measured against the spread over sites, so that two or more are needed; got 1")
    moved = ds.position.values.astype(float)
    moved[:, 1:] += np.random.default_rng(random_state).normal(0, noise, moved[:, 1:].shape)
    x = descriptor(ds)
    change = np.abs(descriptor(ds.assign(position=(ds.position.dims, moved, ds.position.attrs))) - x)
    return float((change > x.std(axis=0)).any(axis=1).mean())


def distances_from_coulomb(coulomb, species=SITE):
    """Distances of the neighbours from the central Ge in angstrom, from matrices or features.  -> (n, 17)

    `coulomb` is (n, 18, 18) or (n, 153), and may be a reconstruction.  An element that is not positive belongs to no
    distance, and NaN says so.  Raises ValueError when the shape does not fit the number of atoms.
    """
    coulomb, atoms = np.asarray(coulomb, float), len(species)
    if coulomb.shape[1:] == (atoms, atoms):
        pairs = coulomb[:, 0, 1:]
    elif coulomb.shape[1:] == (atoms * (atoms - 1) // 2,):
        pairs = coulomb[:, : atoms - 1]
    else:
        raise ValueError(
            f"coulomb must be (n, {atoms}, {atoms}) or (n, {atoms * (atoms - 1) // 2}) for {atoms} atoms; "
            f"got {coulomb.shape}"
        )
    Z = np.array([NUCLEAR_CHARGE[symbol] for symbol in species])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(pairs > 0, Z[0] * Z[1:] / pairs * BOHR, np.nan)


def _by_distance(xyz, species):
    """Positions with the atoms of each species in order of their distance from atom 0, and their nuclear charges."""
    distance = np.linalg.norm(xyz - xyz[:, :1], axis=-1)  # (n, atoms)
    order = [np.zeros((len(xyz), 1), int)]
    for symbol in dict.fromkeys(species):
        columns = np.flatnonzero(species == symbol)
        columns = columns[columns > 0]
        order.append(columns[np.argsort(distance[:, columns], axis=1, kind="stable")])
    order = np.concatenate(order, axis=1)
    Z = np.array([NUCLEAR_CHARGE[symbol] for symbol in species[order[0]]])
    return np.take_along_axis(xyz, order[:, :, None], axis=1), Z
