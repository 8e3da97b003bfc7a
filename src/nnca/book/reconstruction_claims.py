"""The claims of chapter 6 judged: from errors of distances to what `nnca.book.say.claim` takes last.

Every function returns our numbers in words, the Verdict, and a reason for each verdict.
"""

import numpy as np

from nnca.book import tables, verdicts
from nnca.book.reconstruction_results import SIX
from nnca.reconstruction import SHELLS

NNCA1, ECA1 = (tables.NNCA, 1), (tables.ECA, 1)  # with one component
FLAT = 0.5  # angstrom for 1 angstrom of the known distance: a slope below is called much too flat
NARROW = "An interval includes zero: with these boxes and networks the difference is not settled."
WHY_COORDINATION = {
    verdicts.HOLDS: "The spectrum follows the O atoms that enter the first shell, and the bonds as well.",
    verdicts.NOT: "Too little of the blind error is removed.",
}
WHY_GERMANIUM = {
    verdicts.HOLDS: "NNCA's vector gives them little weight, ECA's gives them more.",
    verdicts.PARTLY: "Not all of the conditions are met.",
    verdicts.NOT: "None of the conditions is met.",
}
WHY_NEARER = {
    verdicts.HOLDS: "It does for one component and for two.",
    verdicts.PARTLY: "It does for one of the two numbers of components.",
    verdicts.NOT: "For one number of components at least ECA, with vectors from the test set, comes nearer.",
    verdicts.UNKNOWN: NARROW,
}
WHY_ONE = {
    verdicts.HOLDS: "The moments are met better with two components, the structure is not.",
    verdicts.NOT: "The second component helps the structure as well.",
    verdicts.UNKNOWN: NARROW,
}


def coordination(found, known, half):
    """Whether one component of NNCA brings back the O that enter the shell, and the bonds.  Errors, GPa, GPa -> ...

    `known` and `half` are the pressures at which the fifth O is half of its way in, in the glass and in the fit.
    """
    shell, bonds = (found.removed(NNCA1, SHELLS[group]) for group in ("fifth and sixth O", "first four O"))
    conditions = {
        "more than 20 % of the blind error is removed for the fifth and sixth O": shell[1] > 0.2,
        "more than 50 % is": shell[1] > 0.5,
        "some is for the first four O, each by the lower end of its 95 % interval": bonds[1] > 0,
    }
    words = _shares({"fifth and sixth O": shell, "first four O": bonds})
    if np.isfinite([known, half]).all():
        words += f". The fifth O has made half of its way in at {half:.0f} GPa (in the glass at {known:.0f} GPa)"
    why = "" if shell[1] > 0.5 else "Of the fifth and sixth O's error less than half is shown to be removed."
    if bonds[1] <= 0:
        why += f" The first four O come back {'worse' if bonds[2] < 0 else 'no better'} than by a blind guess."
    return words, verdicts.first_of(conditions), WHY_COORDINATION | {verdicts.PARTLY: why}


def germanium(found):
    """Whether NNCA leaves the Ge–Ge distances out and ECA does not.  Errors -> ..."""
    nnca, eca = (found.removed(key, SHELLS["Ge"]) for key in (NNCA1, ECA1))
    _, low, _ = found.excess(NNCA1, ECA1, SHELLS["Ge"])
    conditions = {
        "NNCA removes less than 20 % of the blind error, by the upper end of the 95 % interval": nnca[2] < 0.2,
        "ECA removes some, by the lower end of its interval": eca[1] > 0,
        "the 95 % interval of NNCA's error less ECA's lies above zero": low > 0,
    }
    return _shares({"NNCA": nnca, "ECA": eca}), verdicts.all_of(conditions), WHY_GERMANIUM


def nearer(found):
    """Whether NNCA errs less than ECA in the first six O, for one and two components.  Errors -> ..."""
    papers, cleaner = (
        {f"k = {k}": found.excess((eca, k), (tables.NNCA, k), SIX) for k in (1, 2)}
        for eca in (tables.ECA, tables.ECA_TRAIN)
    )
    words = (
        _excesses(papers, "ECA", "NNCA") + ". " + _excesses(cleaner, "With vectors from the training set, ECA", "NNCA")
    )
    return words, verdicts.above(*papers.values()), WHY_NEARER


def one_component(found):
    """Whether NNCA errs less in the first six O with one component than with two.  Errors -> ..."""
    gap = found.excess((tables.NNCA, 2), NNCA1, SIX)
    return _excesses({"NNCA": gap}, "two components", "one"), verdicts.above(gap), WHY_ONE


def irrelevant(scores, gain, slope):
    """A statement about flat curves that no data can contradict, and what its reverse is worth.

    Kernel ridge's {features: R2}, the gain by Ge–Ge (mean, low, high), slopes by group -> words, Verdict, reasons.
    """
    without, with_ = scores.values()
    words = (
        f"kernel ridge covers {without:.3f} of the moments without Ge–Ge distances and {with_:.3f} with them (gain "
        f"{gain[1]:+.3f} to {gain[2]:+.3f}). Where a known Ge–Ge distance moves by 1 Å with pressure, NNCA's moves by "
        f"{slope['Ge']:.2f} Å; that of the fifth and sixth O moves by {slope['fifth and sixth O']:.2f} Å"
    )
    why = "Whether Ge–Ge distances matter to the moments is not settled."
    if gain[1] > 0:
        flat = "come back much too flat, and yet" if slope["Ge"] < FLAT else "do not come back flat, and"
        why = f"Its reverse can be tested: Ge–Ge distances {flat} they matter to the moments."
    rule = "the expansion makes it true whatever the data are, so that none could contradict it"
    return words, verdicts.unsettled(rule), {verdicts.UNKNOWN: why}


def _shares(parts):
    """Shares of the blind error removed, in words.  {name: (mean, low, high)} -> str"""
    told = [f"{name} {mean:.0%} ({low:.0%} to {high:.0%})" for name, (mean, low, high) in parts.items()]
    return "of the blind guess's error removed, k = 1: " + ", ".join(told).replace("%", " %")


def _excesses(gaps, one, other):
    """Differences of errors of the first six O, in words.  {name: (mean, low, high)} -> str"""
    told = [f"{mean:+.3f} Å ({name}; {low:+.3f} to {high:+.3f})" for name, (mean, low, high) in gaps.items()]
    return f"{one} less {other}, error of the first six O: " + ", ".join(told)
