"""The structure of glasses in numbers: density, coordination, distances and defects of simulation boxes."""

import numpy as np
import pandas as pd

MASS = {"Ge": 72.630, "O": 15.999}  # atomic mass units
GRAMS_PER_CM3 = 1.66053907  # one atomic mass unit in a cubic angstrom
COORDINATION_CUTOFF = 2.4  # angstrom; nearer atoms of the other species are bonded

# Measured on the glass: lowest and highest pressure (GPa), lowest and highest value.  Density and distance at 0 GPa:
# review of Micoulaut et al. (2006).  Tetrahedra, about 5, octahedra: Guthrie et al. (2004).  No more than six up to 158
# GPa: arXiv 2507.04076 (2025).  Longest bonds, near 20 GPa and as long as rutile's: Hong et al. (2014); the range is
# wide because measurements differ, and was not read off any one of them.
EXPERIMENT = {
    "density": [(0, 0, 3.65, 3.65)],
    "coordination": [(0, 5, 4.0, 4.0), (6, 10, 5.0, 5.0), (15, 158, 6.0, 6.0)],
    "ge_o": [(0, 0, 1.73, 1.74), (20, 30, 1.86, 1.90)],
}
BOXES = ("density", "O-2", "O-3", "O-other", "closest_ge_ge", "median_closest_ge_ge")


def density(species, volume):
    """Density of atoms of these species in a volume of angstrom^3.  -> g/cm3"""
    return sum(MASS[symbol] for symbol in species) * GRAMS_PER_CM3 / volume


def glasses(ds):
    """What pressure does to the glass: one row for each pressure.  Dataset -> DataFrame

    Means over boxes and sites: `density` (g/cm3), `coordination` and its standard error over boxes, the share of
    4-, 5-, 6- and 7-fold sites, `ge_o` of bonds and `first_six` neighbours (angstrom); of whole boxes, the shares
    `O-2`, `O-3` and `O-other` of O with so many Ge, and the closest Ge pair (angstrom) of all boxes and of the median
    box.
    """
    rows = []
    for pressure in np.unique(ds.pressure.values):
        sites = ds.isel(site=ds.pressure.values == pressure)
        frames = np.unique(sites.frame.values)
        rows.append({"pressure": float(pressure), "boxes": len(frames)} | _sites(sites) | _boxes(ds, frames))
    return pd.DataFrame(rows).set_index("pressure")


def beside_experiment(table):
    """Density, coordination and bonds at each pressure, each with what was measured there.  `glasses` -> DataFrame"""
    titles = {"density": "density (g/cm³)", "coordination": "coordination", "ge_o": "Ge–O (Å)"}
    lines = {}
    for pressure, row in table.iterrows():
        line = {"boxes": row.boxes}
        for name, title in titles.items():
            if np.isnan(row[name]):  # a file of sites alone has no density
                line[title] = line[f"{title}, measured"] = ""
                continue
            known = [(least, most) for low, high, least, most in EXPERIMENT[name] if low <= pressure <= high]
            line[title] = f"{row[name]:.2f}"
            line[f"{title}, measured"] = "–".join(f"{value:g}" for value in sorted(set(known[0]))) if known else ""
        lines[f"{pressure:g} GPa"] = line | {
            "two-fold O (%)": "" if np.isnan(row["O-2"]) else f"{100 * row['O-2']:.1f}"
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def oxygen_distances(ds):
    """Distances of the nearest O from the central Ge, in order.  Dataset -> (site, oxygens) angstrom"""
    oxygen = ds.position.values[:, ds.species.values == "O"]
    return np.sort(np.linalg.norm(oxygen, axis=-1), axis=1)


def coordination(ds):
    """Number of O bonded to the central Ge.  Dataset -> (site,)"""
    return (oxygen_distances(ds) < COORDINATION_CUTOFF).sum(axis=1)


def typical(ds, bonds):
    """The most typical site with so many O: the one whose bonds are nearest to the mean of its kind.  -> row

    Raises ValueError where no site has so many.
    """
    bonded = coordination(ds)
    rows = np.flatnonzero(bonded == bonds)
    if not len(rows):
        there = ", ".join(map(str, np.unique(bonded)))
        raise ValueError(f"no site has {bonds} O within {COORDINATION_CUTOFF} angstrom; sites have {there}")
    lengths = oxygen_distances(ds)[rows, :bonds]
    return rows[np.linalg.norm(lengths - lengths.mean(axis=0), axis=1).argmin()]


def _sites(sites):
    distance = oxygen_distances(sites)
    bonded = distance < COORDINATION_CUTOFF
    bonds = bonded.sum(axis=1)
    per_frame = pd.Series(bonds).groupby(sites.frame.values).mean()
    return {
        "coordination": bonds.mean(),
        "coordination_error": per_frame.std() / np.sqrt(len(per_frame)) if len(per_frame) > 1 else np.nan,
        **{f"{n}-fold": (bonds == n).mean() for n in (4, 5, 6, 7)},
        "ge_o": distance[bonded].mean() if bonded.any() else np.nan,
        "first_six": distance[:, :6].mean(axis=0),
    }


def _boxes(ds, frames):
    """Density, coordination of O and smallest Ge-Ge distances of some boxes."""
    if "frame_position" not in ds:  # a file of sites alone
        return dict.fromkeys(BOXES, np.nan)
    symbols = ds.frame_species.values
    germanium = symbols == "Ge"
    bonds, closest = [], []
    for frame in frames:
        distance = periodic_distances(ds.frame_position.values[frame], ds.cell.values[frame])
        bonds.append((distance[np.ix_(~germanium, germanium)] < COORDINATION_CUTOFF).sum(axis=1))
        pairs = distance[np.ix_(germanium, germanium)]
        closest.append(pairs[np.triu_indices(len(pairs), k=1)].min() if len(pairs) > 1 else np.nan)
    bonds = np.concatenate(bonds)
    volumes = ds.cell.values[frames].prod(axis=1)
    dense = np.mean([density(symbols, volume) for volume in volumes])
    shares = (bonds == 2).mean(), (bonds == 3).mean(), (~np.isin(bonds, (2, 3))).mean()
    return dict(zip(BOXES, (dense, *shares, np.min(closest), np.median(closest)), strict=True))


def periodic_distances(xyz, edges):
    """All distances between atoms of an orthogonal periodic box, to the nearest images.  (n, 3), (3,) -> (n, n)"""
    step = xyz[:, None] - xyz
    return np.linalg.norm(step - edges * np.round(step / edges), axis=-1)


def structure_factor(xyz, edges, longest=5.0):
    """Structure factor of one kind of atom in a periodic box, |sum_j exp(i k r_j)|^2 / N.

    At all wave vectors of the box (edges (3,), angstrom) up to `longest` (1/angstrom), for the N atoms at `xyz` (N, 3).
    -> lengths of the wave vectors (m,) 1/angstrom, values (m,)
    """
    most = np.floor(longest * edges / (2 * np.pi)).astype(int)
    n = np.stack(np.meshgrid(*(np.arange(-m, m + 1) for m in most), indexing="ij"), axis=-1).reshape(-1, 3)
    length = np.linalg.norm(2 * np.pi * n / edges, axis=1)
    here = (length > 0) & (length <= longest)
    waves = np.exp(2j * np.pi * (xyz / edges) @ n[here].T)  # (N, m)
    return length[here], np.abs(waves.sum(axis=0)) ** 2 / len(xyz)


def order(xyz, edges, longest=5.0):
    """How crystalline a periodic box is: the highest peak of its structure factor over N, 1 for a perfect crystal.

    Arguments are those of `structure_factor`.  A glass of 32 Ge stays under about 0.45.  -> float
    """
    return float(structure_factor(xyz, edges, longest)[1].max() / len(xyz))


def most_order(n):
    """How the limit of order changes with the number of atoms: 1 for 32.  int -> float

    The highest of n random intensities falls as log(n) / n.
    """
    return np.log(n) / n / (np.log(32) / 32)


def closest_pairs(xyz, edges):
    """Distance of every atom of a periodic box from its nearest other one.  (n, 3), (3,) -> (n,) angstrom"""
    distance = periodic_distances(xyz, edges)
    np.fill_diagonal(distance, np.inf)
    return distance.min(axis=1)
