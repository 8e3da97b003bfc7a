"""What the appendix on the data computes: is the water independent and symmetric, is the glass a glass?"""

import numpy as np
import pandas as pd

from nnca.book import glass_checks as checks
from nnca.glass import (
    beside_experiment,
    closest_pairs,
    coordination,
    most_order,
    order,
    oxygen_distances,
    periodic_distances,
    structure_factor,
)
from nnca.spectra import moment_windows
from nnca.uncertainty import autocorrelation

LIMIT = 0.5  # order of 32 Ge above which a box counts as a crystal; the simulator's gate
CONTACT = 2.45  # angstrom, the distance of neighbours in elemental germanium: no two Ge of an oxide come so near
LAGS = 6
PAIRS = {"Ge–O": ("Ge", "O"), "Ge–Ge": ("Ge", "Ge"), "O–O": ("O", "O")}
FARTHEST, STEP = 4.5, 0.05  # angstrom: range and channels of the pair distributions
LONGEST, WAVE_STEP = 5.0, 0.1  # 1/angstrom: range and channels of the structure factor


def memory(water):
    """Autocorrelation of four quantities along the trajectories.  Dataset -> {name: (lags + 1,)}"""
    quantities = {
        "H–O–H angle": water.hoh_angle.values,
        "O–H length": water.oh_length.values[:, 0],
        "O 1s energy": water.xps_energy.values,
        "1b₁ energy": water.xes_energy.values[:, -1],
    }
    length = int(water.attrs.get("snapshots_per_trajectory", 25))
    if len(water.hoh_angle) < 2 * length:
        return {}
    return {name: autocorrelation(values, length, min(LAGS, length - 1)) for name, values in quantities.items()}


def independent(curves, snapshots):
    """How many independent snapshots carry as much: the fewest of all quantities.  {name: (lags + 1,)} -> float"""
    return min((snapshots / (1 + 2 * rho[1:].clip(0).sum()) for rho in curves.values()), default=np.nan)


def hydrogens(water):
    """Whether the two hydrogens are equal: means and spreads of both lengths, and what a line makes of them."""
    lengths, lowest = water.oh_length.values.T, water.xas_energy.values[:, 0]  # 4a1 feels the bonds most
    gap = lengths[0] - lengths[1]
    rows = {
        "mean length (Å)": [f"{r.mean():.4f}" for r in lengths],
        "spread of the length (Å)": [f"{r.std():.4f}" for r in lengths],
        "correlation with the 4a₁ energy": [f"{np.corrcoef(r, lowest)[0, 1]:+.3f}" for r in lengths],
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["first hydrogen", "second hydrogen"])
    return table, abs(gap.mean()) / (gap.std() / np.sqrt(len(gap)))


def germanium(ds, box):
    """The Ge of one stored box.  -> positions (n, 3), edges (3,), angstrom"""
    return ds.frame_position.values[box][ds.frame_species.values == "Ge"], ds.cell.values[box]


def boxes(ds):
    """Every stored box: pressure, order of its Ge, and the limit for so many.  -> DataFrame, None without boxes

    `contact` is the share of Ge with another nearer than 2.45 angstrom, `closest` the closest pair (angstrom).
    """
    if "frame_position" not in ds:
        return None
    frames, first = np.unique(ds.frame.values, return_index=True)
    rows = {}
    for frame, pressure in zip(frames, ds.pressure.values[first], strict=True):
        xyz, edges = germanium(ds, frame)
        closest = closest_pairs(xyz, edges)
        shares = {"contact": (closest < CONTACT).mean(), "closest": closest.min()}
        rows[frame] = {"pressure": float(pressure), "order": order(xyz, edges), "limit": limit(len(xyz))} | shares
    return pd.DataFrame.from_dict(rows, orient="index")


def limit(count):
    """The limit of order for a number of Ge.  -> float"""
    return min(1.0, LIMIT * most_order(count)) if count > 1 else np.nan


def by_pressure(found):
    """The same at each pressure, in text.  `boxes` -> DataFrame"""
    rows = {}
    for pressure, here in found.groupby("pressure"):
        low, high = here.order.quantile([0.1, 0.9])
        rows[f"{pressure:g}"] = {
            "boxes": len(here),
            "order, median": f"{here.order.median():.2f}",
            "order, middle 80 %": f"{low:.2f}–{high:.2f}",
            "boxes above the limit (%)": f"{100 * (here.order > here.limit).mean():.0f}",
            "Ge in contact (%)": f"{100 * here.contact.mean():.1f}",
            "closest Ge–Ge (Å)": f"{here.closest.min():.2f}",
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("pressure (GPa)")


def crystalline(found):
    """Median order at the pressures where it is above the limit.  `boxes` -> Series, empty for glasses"""
    medians = found.groupby("pressure")[["order", "limit"]].median()
    return medians.order[medians.order > medians.limit]


def order_in_words(found):
    """Whether the boxes are glasses, as a box of text that the numbers decide.  `boxes` or None -> str"""
    if found is None:
        return ""
    ordered, highest = crystalline(found), found.limit.median()
    if ordered.empty:
        worst, beyond = found.groupby("pressure").order.median().max(), 100 * (found.order > found.limit).mean()
        return (
            f"> **The boxes are glasses.** At no pressure is the order of the typical box above {worst:.2f}. The limit "
            f"is {highest:.2f}; a perfect crystal has 1. Of all boxes {beyond:.1f} % are above the limit."
        )
    where, low, high = _where(ordered, found), ordered.min(), ordered.max()
    return (
        f"> **Compressed boxes are crystals.** {where[0].upper()}{where[1:]} the order of the typical box lies "
        f"between {low:.2f} and {high:.2f}. A glass stays below {highest:.2f}; a perfect crystal has 1. The Ge of "
        "these boxes have settled on a lattice. New glasses are being computed, by cold compression. Until they are "
        f"here, what this book says of GeO₂ {where} it says of strained crystals."
    )


def _where(ordered, found):
    """The pressures of a Series in words: from one on, or each by name."""
    above = np.unique(found.pressure[found.pressure >= ordered.index.min()])
    if len(above) == len(ordered) > 1:
        return f"from {ordered.index.min():g} GPa on"
    return "at " + ", ".join(f"{pressure:g}" for pressure in ordered.index) + " GPa"


def structure_factors(ds):
    """Structure factor of the Ge at each pressure, mean over boxes and directions.  -> q (m,), {pressure: (m,)}"""
    edges_of_bins = np.arange(0.4, LONGEST + WAVE_STEP, WAVE_STEP)
    frames, first = np.unique(ds.frame.values, return_index=True)
    pressure, curves = ds.pressure.values[first], {}
    for level in np.unique(pressure):
        parts = [structure_factor(*germanium(ds, frame), LONGEST) for frame in frames[pressure == level]]
        q, S = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        total, waves = (np.histogram(q, edges_of_bins, weights=w)[0] for w in (S, None))
        curves[float(level)] = np.where(waves > 0, total / np.maximum(waves, 1), np.nan)
    return edges_of_bins[:-1] + WAVE_STEP / 2, curves


def pair_distributions(ds):
    """Pair distribution functions at each pressure.  -> r (m,) angstrom, {pair: {pressure: (m,)}}"""
    bins = np.arange(1.5, FARTHEST + STEP / 2, STEP)
    shell, symbols = 4 / 3 * np.pi * np.diff(bins**3), ds.frame_species.values
    frames, first = np.unique(ds.frame.values, return_index=True)
    pressure, found = ds.pressure.values[first], {pair: {} for pair in PAIRS}
    for level in np.unique(pressure):
        counts, here = dict.fromkeys(PAIRS, 0.0), frames[pressure == level]
        for frame in here:
            distance = periodic_distances(ds.frame_position.values[frame], ds.cell.values[frame])
            volume = float(ds.cell.values[frame].prod())
            for pair, (one, other) in PAIRS.items():
                block = distance[np.ix_(symbols == one, symbols == other)]
                counts[pair] = counts[pair] + np.histogram(block[block > 0.1], bins)[0] * volume / block.size
        for pair in PAIRS:
            found[pair][float(level)] = counts[pair] / len(here) / shell
    return (bins[1:] + bins[:-1]) / 2, found


def contacts_in_words(ds, moments):
    """How much lower the lines of sites with a Ge in contact lie, at the same pressure.  Dataset, (site, 8) -> str"""
    xyz, other = ds.position.values[:, 1:], ds.species.values[1:] == "Ge"
    near = np.linalg.norm(xyz[:, other], axis=-1).min(axis=1) < CONTACT
    means = pd.DataFrame(moments.values[:, [0, 4]]).groupby([ds.pressure.values, near]).mean().unstack()
    if not near.any() or near.all():
        return "No site has a Ge in contact." if not near.any() else ""
    gap = means.xs(True, axis=1, level=1) - means.xs(False, axis=1, level=1)
    weights = pd.Series(near).groupby(ds.pressure.values).sum()[gap.dropna().index]
    low, high = np.average(gap.dropna(), axis=0, weights=weights) if len(weights) else (np.nan, np.nan)
    return (
        f"A Ge in contact shows. At the same pressure, sites with another Ge nearer than {CONTACT:g} Å have Kβ″ moved "
        f"by {low:+.2f} eV and Kβ₂ by {high:+.2f} eV. They are {100 * near.mean():.1f} % of all sites."
    )


def observables(ds, S, moments):
    """Energy and strength of Kβ″ of every site beside its bonds.  -> DataFrame"""
    window = next(iter(moment_windows(ds).values()))
    whole, line = S.integrate("energy"), S.sel(energy=slice(*window)).integrate("energy")
    distance, bonds = oxygen_distances(ds), coordination(ds)
    length = [row[: max(n, 1)].mean() for row, n in zip(distance, bonds, strict=True)]
    return pd.DataFrame(
        {"energy": moments.values[:, 0], "share": (line / whole).values, "coordination": bonds, "length": length}
    )


def strengths_in_words(sites):
    """How the strength of Kβ″ goes with the bonds inside one coordination.  `observables` -> str"""
    r = {
        n: here.share.corr(here.length) for n, here in sites.groupby("coordination") if n in (4, 5, 6) and len(here) > 9
    }
    said = ", ".join(f"{value:+.2f} ({n}-fold)" for n, value in r.items() if np.isfinite(value))
    return f"Inside one coordination, strength and mean bond correlate by {said}." if said else ""


def marks(report):
    """Distances in the measured crystals.  dict -> {pair: {crystal: angstrom}}"""
    measured = {name: report["crystals"][name]["experiment"] for name in checks.CRYSTALS}
    keys = {"Ge–O": "ge_o", "Ge–Ge": "ge_ge"}
    return {pair: {name: known[key] for name, known in measured.items()} for pair, key in keys.items()}


def summary(found):
    """The verdict on the boxes in one line.  `boxes` or None -> str"""
    if found is None:
        return "Whether the GeO₂ is a glass cannot be told from a file of sites alone."
    ordered = crystalline(found)
    if ordered.empty:
        return "The GeO₂ boxes are glasses at every pressure."
    return f"The present GeO₂ boxes are crystals {_where(ordered, found)}."


def experiment_table(structure):
    """The glass at each pressure, in brackets what was measured there.  `nnca.glass.glasses` -> DataFrame"""
    both, rows = beside_experiment(structure), {}
    for name, line in both.iterrows():
        row = {}
        for title in (title for title in both.columns if f"{title}, measured" in both.columns):
            known = line[f"{title}, measured"]
            row[title] = line[title] + (f" ({known})" if known else "")
        rows[name.removesuffix(" GPa")] = row | {"two-fold O (%)": line["two-fold O (%)"]}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("pressure (GPa)")


def crystals_table(report):
    """Bonds and density of the crystals, in text.  dict -> DataFrame"""
    found, rows = checks.crystal_structures(report), {}
    for crystal, line in found.iterrows():
        for quantity in ("Ge–O (Å)", "density (g/cm³)"):
            measured, potential, off = (line[f"{quantity}, {what}"] for what in ("measured", "potential", "%"))
            rows[f"{quantity}, {crystal}"] = [f"{measured:.3f}", f"{potential:.3f}", f"{off:+.1f}"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=["measured", "potential", "difference (%)"])


def crystals_in_words(report):
    """How near the potential's crystals are to the measured ones.  dict -> str"""
    found = checks.crystal_structures(report).abs()
    bonds, dense = (found[column].max() for column in ("Ge–O (Å), %", "density (g/cm³), %"))
    return f"The potential's crystals have bonds within {bonds:.1f} % and densities within {dense:.1f} % of experiment."


def lines_table(report):
    """Lines of the crystals in two bases, in text and with one name a row.  dict -> DataFrame"""
    found = checks.crystal_lines(report).map("{:+.2f}".format)
    return found.set_axis([f"{title}, {basis}" for basis, title in found.index])


def settings_table(report):
    """What each change of the settings does, in text.  dict -> DataFrame"""
    found = checks.settings(report)
    biases = [name for name in found.columns if "bias" in name]
    rest = [name for name in found.columns[1:] if name not in biases]
    text = {name: (found[name].round(2) + 0.0).map("{:+.2f}".format) for name in biases}  # no negative zero
    return found.assign(**text, **{name: found[name].map("{:.3f}".format) for name in rest})


def side_by_side(table):
    """Small boxes and larger ones in one cell, for each heading.  DataFrame with two levels of columns -> DataFrame"""
    joined = {}
    for heading in dict.fromkeys(table.columns.get_level_values(0)):
        part = table[heading].drop(columns="ratio of spreads", errors="ignore")
        joined[heading] = part.apply(lambda row: "; ".join(cell for cell in row if isinstance(cell, str)), axis=1)
    return pd.DataFrame(joined)


def bases_in_words(report):
    """What the two bases say of the step from quartz to rutile.  dict -> str"""
    shift = report["crystals"]["shift"]
    large, small = (next(iter(shift[basis].values())) for basis in ("dzp", "sz"))
    said = (
        f"From four to six neighbours Kβ″ moves by {large:+.2f} eV in the larger basis (dzp) and by {small:+.2f} eV in "
        "the smaller one (sz). "
    )
    if large * small < 0:
        said += "The two disagree even in the sign. "
    return said + "The larger one is nearer to convergence, and all data use it; a still larger one was not at hand."


def settings_in_words(report):
    """The lowest correlations that changes of the settings leave.  dict -> str"""
    found = checks.settings(report).drop(index="basis sz", errors="ignore")
    lines, moment = found.filter(like="r, ").min().min(), found["lowest r of a moment"]
    said = (
        f"But for the small basis, no change lowers the correlation of a line's mean below {lines:.3f}. The most "
        f"delicate of the eight moments keeps {moment.min():.3f} ({moment.idxmin()}). "
    )
    if "PBE instead of LDA" in found.index:
        drift = checks.drift(report, "PBE instead of LDA")
        said += (
            "A functional moves all energies, and a constant drops out with the mean. What does not drop out is its "
            f"drift with pressure: PBE and LDA come apart by {drift:.2f} eV at most."
        )
    return said


def sizes_in_words(report):
    """How far larger boxes lie from small ones.  dict -> str"""
    off = checks.box_size_effect(report)
    beside = ", ".join(
        f"{box['small_boxes']} small boxes and {box.get('large_boxes', 1)} of {box['atoms']} atoms at "
        f"{box['pressure']:g} GPa"
        for box in report["larger_boxes"]
    )
    return (
        f"Compared are {beside}. "
        f"The moments of larger boxes differ from those of small ones by {off.mean():.1f} times the scatter between "
        f"small boxes in the mean, and by {off.max():.1f} times at worst."
    )
