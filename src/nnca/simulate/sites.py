"""The sites of a periodic GeO2 box: every Ge with its neighbours."""

import numpy as np

from nnca.glass import COORDINATION_CUTOFF

NEIGHBOURS = 9  # atoms of each species in a site, the central Ge among its own


class BoxError(ValueError):
    """A box that no sites or sticks can be made of."""


class BoxTooSmall(BoxError):
    """A box whose sites would hold their own periodic images."""


def sites(box):
    """The neighbourhoods of all Ge of a periodic box (`ase.Atoms`): `position` (site, 18, 3) and `coordination` (site).

    Positions are relative to the central Ge, which comes first; 8 more Ge follow by distance, then 9 O.
    """
    symbols = checked_symbols(box)
    box = box.copy()
    box.wrap()
    shifts = np.array(list(np.ndindex(3, 3, 3))) - 1
    images = (box.positions + (shifts @ box.cell.array)[:, None]).reshape(-1, 3)
    symbols_of_images = np.tile(symbols, len(shifts))
    kinds = [images[symbols_of_images == kind] for kind in ("Ge", "O")]
    nearest_image = np.linalg.norm(shifts[np.any(shifts, axis=1)] @ box.cell.array, axis=1).min()

    position, coordination = [], []
    for center in box.positions[symbols == "Ge"]:
        around = [kind - center for kind in kinds]
        distance = [np.linalg.norm(vectors, axis=1) for vectors in around]
        order = [np.argsort(d, kind="stable")[:NEIGHBOURS] for d in distance]
        position.append(np.concatenate([vectors[i] for vectors, i in zip(around, order, strict=True)]))
        coordination.append((distance[1] < COORDINATION_CUTOFF).sum())
    reach = np.linalg.norm(position, axis=2).max()
    if reach >= nearest_image:
        raise BoxTooSmall(
            f"box too small: a site's {2 * NEIGHBOURS} atoms reach {reach:.2f} angstrom, where its own periodic image "
            f"lies at {nearest_image:.2f}; take more atoms"
        )
    return {"position": np.array(position), "coordination": np.array(coordination)}


def checked_symbols(box):
    """Chemical symbols of a periodic GeO2 box as an array."""
    symbols = np.array(box.get_chemical_symbols())
    if set(symbols) != {"Ge", "O"} or (symbols == "O").sum() != 2 * (symbols == "Ge").sum():
        raise BoxError(f"box is {box.get_chemical_formula()}, expected Ge and O in the ratio 1:2")
    if not box.pbc.all():
        raise BoxError(f"box is periodic along {box.pbc.tolist()}, expected all three directions")
    if not np.allclose(box.cell.angles(), 90):
        raise BoxError(
            f"box has angles of {box.cell.angles().round(2).tolist()} degree, expected 90: it must be orthogonal"
        )
    return symbols
