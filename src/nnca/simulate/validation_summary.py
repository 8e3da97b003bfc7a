"""What the boxes of the validation say together with the data file: numbers for data/geo2_validation.json."""

import numpy as np

from nnca.glass import COORDINATION_CUTOFF, density, most_order, order, periodic_distances
from nnca.simulate.crystals import bonds, quartz, relaxed, rutile
from nnca.spectra import GEO2_WINDOWS, geo2_moments, geo2_sticks

STRUCTURE = ("order", "coordination", "density")


def summary(compared, large, refined, ds):
    """What the cases and the larger boxes say beside the data file.  -> dict

    `compared` is {Case: Dataset}; `large` the larger boxes with spectra, `refined` {pressure: all larger boxes there},
    as (species, positions, edges).
    """
    return {
        "crystals": crystals_beside_experiment(compared),
        "settings_compared": settings_compared(compared, ds),
        "recomputed": recomputed(compared, ds),
        "larger_boxes": [moments_beside(large, ds, pressure) for pressure in np.unique(large.pressure.values)],
        "larger_structures": [structure_beside(boxes, ds, pressure) for pressure, boxes in refined.items()],
        "frames_in_data": ds.sizes["frame"],
        "windows": GEO2_WINDOWS,
    }


def frames_at(ds, pressure):
    """Numbers of the boxes at a pressure (GPa)."""
    return np.unique(ds.frame.values[ds.pressure.values == np.float32(pressure)])


def sites_of(ds, frame):
    """The sites of one box."""
    return ds.isel(site=ds.frame.values == frame)


def line_means(ds):
    """Strength-weighted mean energy of each line's sticks.  Dataset -> (site, 2) eV"""
    energy, strength = geo2_sticks(ds)
    here = [(ds.line.values == line) * strength for line in (0, 1)]
    return np.column_stack([(energy * weight).sum(axis=1) / weight.sum(axis=1) for weight in here])


def top(ds):
    """The valence-band top above the mean 1s level: the zero of energy, taken from quartz in the same basis.  eV"""
    return float(ds.band_energy.max() - ds.core_level.mean())


def crystals_beside_experiment(compared):
    """Structures in experiment and in the pair potential, lines and gaps in two bases.  {Case: Dataset} -> dict"""
    parts = {(case.structure, case.change): part for case, part in compared.items()}
    table = {}
    for name, make, coordination in (("quartz", quartz, 4), ("rutile", rutile, 6)):
        box = make()
        table[name] = {"experiment": bonds(box, coordination), "pair_potential": bonds(relaxed(box), coordination)}
        for change, basis in (("", "dzp"), ("basis sz", "sz")):
            part = parts[name, change]
            means = line_means(part).mean(axis=0) - top(parts["quartz", change])
            table[name][basis] = {"K-beta''": means[0], "K-beta2": means[1], "gap": part.gap.values[0]}
    lines = ("K-beta''", "K-beta2")
    table["shift"] = {
        basis: {line: table["rutile"][basis][line] - table["quartz"][basis][line] for line in lines}
        for basis in ("dzp", "sz")
    }
    return table


def settings_compared(compared, ds):
    """Stored sites against the same sites with other settings: one row for each change and frame."""
    rows = []
    for case, part in compared.items():
        if case.structure == "frame":
            here = sites_of(ds, frames_at(ds, case.pressure)[0])
            row = {"change": case.change or f"shifted by {case.shift:g} grid spacings", "pressure": case.pressure}
            rows.append(row | agreement(here, part))
    return rows


def recomputed(compared, ds):
    """Random stored boxes against themselves, computed once more: the largest differences, one row for each box."""
    rows = []
    for case, part in compared.items():
        if case.structure == "random":
            here, frame = sites_of(ds, case.frame(ds)), case.frame(ds)
            energy = np.abs(geo2_sticks(here)[0] - geo2_sticks(part)[0]).max()
            strength = np.abs(here.strength.values - part.strength.values).max() / here.strength.values.max()
            row = {"frame": frame, "pressure": here.pressure.values[0], "energy": energy, "strength": strength}
            rows.append(row | {"line_means": np.abs(line_means(here) - line_means(part)).max()})
    return rows


def agreement(ds, other):
    """Correlation over sites and mean difference of line means (eV), and correlation of the eight moments.

    Before the moments are taken one constant, the mean difference of all energies, is removed.
    """
    old, new = line_means(ds), line_means(other)
    aligned = other.assign(core_level=other.core_level + (new - old).mean())  # the zero of energy would move along
    moments = [geo2_moments(part).values for part in (ds, aligned)]
    same = [_correlation(*columns) for columns in zip(*(m.T for m in moments), strict=True)]
    return {
        "r": [_correlation(a, b) for a, b in zip(old.T, new.T, strict=True)],
        "bias": (new - old).mean(axis=0),
        "rms_without_bias": (new - old).std(axis=0),
        "spread": old.std(axis=0),
        "r_moments": same,
    }


def _correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


def moments_beside(large, ds, pressure):
    """The moments of sites in larger boxes beside those of all stored boxes at this pressure.  -> dict"""
    small = [geo2_moments(sites_of(ds, frame)).values for frame in frames_at(ds, pressure)]
    big = [geo2_moments(sites_of(large, frame)).values for frame in frames_at(large, pressure)]
    means = np.array([m.mean(axis=0) for m in small])
    return {
        "pressure": pressure,
        "atoms": large.sizes["frame_atom"],
        "large_boxes": len(big),
        "small_boxes": len(small),
        "large_mean": np.mean([m.mean(axis=0) for m in big], axis=0),
        "large_spread": np.mean([m.std(axis=0) for m in big], axis=0),
        "small_mean": means.mean(axis=0),
        "small_mean_scatter": _scatter(means),
        "small_spread": np.mean([m.std(axis=0) for m in small], axis=0),
        "small_spread_scatter": _scatter([m.std(axis=0) for m in small]),
    }


def structure_beside(boxes, ds, pressure):
    """Order, coordination and density of larger boxes beside those of all stored boxes at this pressure.  -> dict"""
    symbols = ds.frame_species.values
    stored = [(symbols, ds.frame_position.values[n], ds.cell.values[n]) for n in frames_at(ds, pressure)]
    small, large = (np.array([_structure(*box) for box in several]) for several in (stored, boxes))
    rows = zip(STRUCTURE, large.mean(axis=0), small.mean(axis=0), _scatter(small), strict=True)
    found = {name: {"large": big, "small": mean, "small_scatter": scatter} for name, big, mean, scatter in rows}
    counts = {"atoms": len(boxes[0][0]), "large_boxes": len(large), "small_boxes": len(small)}
    return {"pressure": pressure} | counts | found


def _structure(symbols, xyz, edges):
    """Order (as far as 32 Ge would show it), mean coordination of Ge and density of a box."""
    germanium = symbols == "Ge"
    bonded = periodic_distances(xyz, edges)[np.ix_(germanium, ~germanium)] < COORDINATION_CUTOFF
    scaled = order(xyz[germanium], edges) / most_order(germanium.sum())
    return scaled, bonded.sum(axis=1).mean(), density(symbols, edges.prod())


def _scatter(values):
    """Standard deviation from box to box; 0 of a single one."""
    return np.std(values, axis=0, ddof=1) if len(values) > 1 else np.zeros_like(values[0])
