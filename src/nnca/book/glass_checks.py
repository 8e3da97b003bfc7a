"""The tables of data/geo2_validation.json, which `make validate-geo2` computes."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from nnca.data import DATA
from nnca.spectra import GEO2_LINES, MOMENTS

CRYSTALS = {"quartz": "quartz-type", "rutile": "rutile-type"}


def load_validation(path=None):
    """The checks of the GeO2 data as a dict.  path (default: this project's) -> dict"""
    return json.loads(Path(path or DATA / "geo2_validation.json").read_text())


def crystal_structures(report):
    """Bonds and density of the crystals, measured and in the pair potential.  dict -> DataFrame"""
    rows = {}
    for name, title in CRYSTALS.items():
        measured, potential = (report["crystals"][name][key] for key in ("experiment", "pair_potential"))
        row = {}
        for key, label in (("ge_o", "Ge–O (Å)"), ("density", "density (g/cm³)")):
            row[f"{label}, measured"], row[f"{label}, potential"] = measured[key], potential[key]
            row[f"{label}, %"] = 100 * (potential[key] / measured[key] - 1)
        rows[title] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def crystal_lines(report):
    """Mean energies of both lines (eV) and gaps of the crystals in two bases, and their shifts.  dict -> DataFrame"""
    crystals, rows = report["crystals"], {}
    for basis in ("dzp", "sz"):
        for name, title in CRYSTALS.items():
            here = crystals[name][basis]
            rows[basis, title] = {label: here[line] for line, label in GEO2_LINES.items()} | {"gap": here["gap"]}
        shift = {label: crystals["shift"][basis][line] for line, label in GEO2_LINES.items()}
        rows[basis, "rutile − quartz"] = shift | {
            "gap": rows[basis, "rutile-type"]["gap"] - rows[basis, "quartz-type"]["gap"]
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def settings(report):
    """The worst that each change of the settings does to the stored sites of any frame tried.  dict -> DataFrame

    Correlation `r` over the sites of a frame and the mean difference of each line's mean (eV), and the lowest
    correlation of any of the eight moments.
    """
    rows = {}
    for change, frames in pd.DataFrame(report["settings_compared"]).groupby("change", sort=False):
        r, bias = np.array(frames.r.tolist()), np.array(frames.bias.tolist())
        row = {"pressures (GPa)": ", ".join(f"{pressure:g}" for pressure in frames.pressure)}
        for column, label in enumerate(GEO2_LINES.values()):
            row[f"r, {label}"] = r[:, column].min()
            row[f"bias (eV), {label}"] = bias[np.abs(bias[:, column]).argmax(), column]
        rows[change] = row | {"lowest r of a moment": np.min(frames.r_moments.tolist())}
    return pd.DataFrame.from_dict(rows, orient="index")


def recomputed(report):
    """Random stored boxes computed once more: the largest differences.  dict -> DataFrame, or None where not made"""
    if "recomputed" not in report:
        return None
    labels = {
        "energy": "energies (meV)",
        "line_means": "mean energies of lines (meV)",
        "strength": "strengths (% of the largest)",
    }
    table = pd.DataFrame(report["recomputed"]).set_index("frame").rename_axis("box")
    factors = pd.Series({"energy": 1000.0, "line_means": 1000.0, "strength": 100.0})
    return (table[list(labels)] * factors).rename(columns=labels).assign(**{"pressure (GPa)": table.pressure})


def box_sizes(report):
    """Moments of sites in boxes of 96 atoms (mean ± scatter between boxes) and in larger ones.  dict -> DataFrame"""
    columns = {}
    for box in report["larger_boxes"]:
        at = f"{box['pressure']:g} GPa"
        small = zip(box["small_mean"], box["small_mean_scatter"], strict=True)
        columns[at, f"{box['small_boxes']} boxes of 96"] = [f"{mean:.2f} ± {scatter:.2f}" for mean, scatter in small]
        columns[at, _larger(box)] = [f"{mean:.2f}" for mean in box["large_mean"]]
        columns[at, "ratio of spreads"] = [
            f"{large / small:.2f}" for large, small in zip(box["large_spread"], box["small_spread"], strict=True)
        ]
    names = [f"{moment}, {label}" for label in GEO2_LINES.values() for moment in MOMENTS]
    return pd.DataFrame(columns, index=names)


def box_structures(report):
    """Order, coordination and density in small boxes and larger ones.  dict -> DataFrame, or None where not made

    Order is scaled to what 32 Ge would show.
    """
    if "larger_structures" not in report:
        return None
    rows = {}
    for box in report["larger_structures"]:
        row = {}
        for name, label in {"order": "order", "coordination": "coordination", "density": "density (g/cm³)"}.items():
            small, scatter, large = (box[name][key] for key in ("small", "small_scatter", "large"))
            row[label, f"{box['small_boxes']} boxes of 96"] = f"{small:.2f} ± {scatter:.2f}"
            row[label, _larger(box)] = f"{large:.2f}"
        rows[f"{box['pressure']:g} GPa"] = row
    return pd.DataFrame.from_dict(rows, orient="index")


def _larger(box):
    """How the larger boxes are called: the first validation had one at a pressure."""
    count = box.get("large_boxes", 1)
    return f"{count} box{'es' if count > 1 else ''} of {box['atoms']}"


def box_size_effect(report):
    """Moments in larger boxes less those in small ones, over the scatter between those.  dict -> (boxes, 8)"""
    names = ("large_mean", "small_mean", "small_mean_scatter")
    large, small, scatter = (np.array([box[name] for box in report["larger_boxes"]]) for name in names)
    return np.abs(large - small) / scatter


def drift(report, change):
    """How far a change of the settings moves a line's mean differently at different pressures.  dict, str -> eV"""
    frames = pd.DataFrame(report["settings_compared"])
    return np.ptp(np.array(frames.bias[frames.change == change].tolist()), axis=0).max()
