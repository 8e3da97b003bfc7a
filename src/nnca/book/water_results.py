"""What the water chapter computes around its spectra: the data of its figures and tables."""

import numpy as np
import pandas as pd

from nnca.book import verdicts
from nnca.spectra import H2O_LINES, h2o_spectra, h2o_sticks

WIDTHS = (0.3, 2.0)  # eV, to either side of the chapter's own
NOTICEABLE = 0.1  # of the maximum of the mean: a spread that the eye sees in Fig. 2
CARD = {  # attributes of the file that the chapter shows
    "sampling": "sampling",
    "temperature_K": "temperature (K)",
    "frame_interval_fs": "time between snapshots (fs)",
    "electronic_structure": "electronic structure",
    "xas_basis": "basis of the empty orbitals",
    "failed": "snapshots that failed and were replaced",
    "date": "made on",
}


def card(water):
    """What the file tells about its own making.  Dataset -> DataFrame of texts"""
    told = {"snapshots": f"{water.sizes['snapshot']:,}"}
    for key, name in CARD.items():
        value = water.attrs.get(key, "")
        told[name] = value if isinstance(value, str) else f"{value:,g}"
    return pd.DataFrame({"": {name: text for name, text in told.items() if text}})


def measured_lines():
    """Positions of gas-phase experiment.  -> {kind: [energies in eV]}"""
    return {kind: [line.energy for line in H2O_LINES.values() if line.kind == kind] for kind in ("xps", "xes", "xas")}


def line_table(water, scheme):
    """Where lines lie, measured and here.  -> DataFrame of numbers, eV"""
    rows = {}
    for name, line in H2O_LINES.items():
        here = h2o_sticks(water, line.kind, scheme)[0][:, line.index]
        rows[name] = {
            "spectrum": line.kind.upper(),
            "measured (eV)": line.energy,
            "mean here (eV)": here.mean(),
            "spread (eV)": here.std(),
            "difference (eV)": here.mean() - line.energy,
        }
    return pd.DataFrame.from_dict({name.replace(" ", "\u00a0"): row for name, row in rows.items()}, orient="index")


def schemes_apart(water):
    """How far the two schemes for an XES energy lie apart over the snapshots, standard deviation.  -> float, eV"""
    if "xes_energy_ks" not in water:
        return np.nan
    return (h2o_sticks(water, "xes", "ip")[0] - h2o_sticks(water, "xes", "ks")[0]).std()


def broadened(water, fwhm, scheme):
    """XES at a small, the chapter's and a large width.  -> sticks of the first snapshot, {fwhm: (n, energy)}"""
    energy, strength = h2o_sticks(water, "xes", scheme)
    spectra = {width: h2o_spectra(water, "xes", width, scheme=scheme) for width in sorted({*WIDTHS, fwhm})}
    return (energy[0], strength[0]), spectra


def variation(S):
    """The largest standard deviation of a channel over the maximum of the mean.  DataArray (n, energy) -> float"""
    return float(S.std("snapshot").max() / S.mean("snapshot").max())


def depends(spectra):
    """Whether each spectrum depends on structure.  {kind: (n, energy)} -> text, Verdict"""
    found = {kind.upper(): variation(S) for kind, S in spectra.items()}
    first, *others = (f"in {kind}" for kind in found)
    conditions = [
        f"the largest spread is {100 * NOTICEABLE:.0f}\u00a0% of the peak of the mean or more {first}",
        *others,
    ]
    reached = [one >= NOTICEABLE for one in found.values()]
    told = ", ".join(f"{100 * one:.0f}\u00a0% ({kind})" for kind, one in found.items())
    return f"largest spread {told}", verdicts.all_of(dict(zip(conditions, reached, strict=True)))
