"""The claims of chapter 7 judged: from its results to what `nnca.book.say.claim` takes last.

Every function returns our numbers in words, the Verdict, and a reason for each verdict.  None is a claim of the paper.
"""

import numpy as np

from nnca.book import tables, verdicts
from nnca.book.decisive_results import RATE
from nnca.book.interpretation_results import SIX
from nnca.reconstruction import SHELLS

EXPANSION, PATTERN = ((tables.NNCA, 1, way) for way in ("expansion", "pattern"))
ABOVE = "the 95 % interval of {} lies above {}"


def nearer(found):
    """Whether the pattern errs less than the expansion, for the first six O and for Ge.  Errors -> ..."""
    gaps = {group: found.excess(EXPANSION, PATTERN, rows) for group, rows in _groups().items()}
    words = "NNCA, k = 1, error of the expansion less that of the pattern: " + _told(gaps, " Å")
    why = {
        verdicts.HOLDS: "What goes along with $t_1$ in the glass is most of what changes.",
        verdicts.PARTLY: "It does for one of the two groups.",
        verdicts.NOT: "The vector itself is the better guide here.",
        verdicts.UNKNOWN: "With these boxes and networks the differences are not settled.",
    }
    return words, verdicts.above(*gaps.values()), why


def simpler(found):
    """Whether least squares without latent variables errs less than the pattern.  Errors -> ..."""
    gaps = {group: found.excess(PATTERN, ("direct",), rows) for group, rows in _groups().items()}
    words = "error of NNCA's pattern, k = 1, less that of least squares: " + _told(gaps, " Å")
    why = {
        verdicts.HOLDS: "One latent variable keeps less of the spectrum than the eight moments do.",
        verdicts.PARTLY: "It does for one of the two groups.",
        verdicts.NOT: "One latent variable is enough, and it averages out what the moments scatter.",
        verdicts.UNKNOWN: "With these boxes and networks the differences are not settled.",
    }
    return words, verdicts.above(*gaps.values()), why


def settled(alike):
    """Whether NNCA and ECA agree on the pattern and not on the filter.  {name: (mean, low, high)} -> ..."""
    conditions = {
        f"the 95 % interval of the cosine of patterns lies above {verdicts.LIKE:g}": alike["patterns"][1]
        > verdicts.LIKE,
        "that of patterns less that of filters lies above 0": alike["gap"][1] > 0,
    }
    words = "cosine of NNCA's and ECA's " + _told({name: alike[name] for name in ("filters", "patterns")}, "")
    why = {
        verdicts.HOLDS: "The data settle what goes along with $t_1$. They settle less which weights read it out.",
        verdicts.PARTLY: "One of the two conditions is met.",
        verdicts.NOT: "The patterns are no more alike than the filters.",
    }
    return words, verdicts.all_of(conditions), why


def ensemble_adds(parts):
    """Whether most of what comes back of Ge is added, and less than half of the O that enter.  {group: ...} -> ..."""
    ge, shell = parts["Ge"], parts["fifth and sixth O"]
    conditions = {
        "the 95 % interval of the share added lies above one half for Ge": ge[1] > 0.5,
        "it lies below one half for the fifth and sixth O": shell[2] < 0.5,
    }
    words = "of what comes back, added by the ensemble: " + _told(parts, "")
    why = {
        verdicts.HOLDS: "The spectrum answers to the O that enter the first shell. The Ge go along with them.",
        verdicts.PARTLY: "One of the two conditions is met.",
        verdicts.NOT: "Neither of the conditions is met.",
    }
    return words, verdicts.all_of(conditions), why


def sides(found):
    """Whether expansion and pattern err on opposite sides beyond the pressures of training.  Leak -> ..."""
    gaps = {way: found.signed(way, "fifth and sixth O") for way in ("expansion", "pattern", "direct")}
    conditions = {
        "the 95 % interval of the expansion's mean error lies above 0": gaps["expansion"][1] > 0,
        "the pattern's lies below 0": gaps["pattern"][2] < 0,
    }
    words = "found less known, fifth and sixth O: " + _told(gaps, " Å")
    why = {
        verdicts.HOLDS: "The expansion moves too little. The pattern goes on as it did at low pressure, and too far.",
        verdicts.PARTLY: "Only one of the two fails in this way.",
        verdicts.NOT: "Neither of the two fails in this way.",
    }
    return words, verdicts.all_of(conditions), why


def rate_kept(shares):
    """Whether knockoffs keep their rate on real structures with made spectra.  Of `made_truth` -> ..."""
    apart = max(share[0] for (_, kind), share in shares.items() if kind == "by pressure")
    one = shares["bent", "one Gaussian"]
    conditions = {
        f"the mean share of false discoveries is at most {RATE:g} with knockoffs drawn pressure by pressure": apart
        <= RATE,
        "its 95 % interval lies above that with one Gaussian for all and a bent response": one[1] > RATE,
    }
    words = _told({", ".join(name): share for name, share in sorted(shares.items())}, "")
    why = {
        verdicts.HOLDS: "A glass under many pressures is no Gaussian; within one pressure it is nearly one.",
        verdicts.PARTLY: "One of the two conditions is met.",
        verdicts.NOT: "Neither of the conditions is met: do not trust the rate on these data.",
    }
    return f"share of false discoveries, mean over runs: {words}", verdicts.all_of(conditions), why


def comes_back(found):
    """Whether the lead over knockoffs predicts what comes back on test data.  {(criterion, judge): ...} -> ..."""
    gaps = {name: found[name, "recovered"] for name in ("lead", "permutation", "pressure")}
    conditions = {
        ABOVE.format("the lead's rank correlation with what comes back", 0): gaps["lead"][1] > 0,
        "it lies above one half": gaps["lead"][1] > 0.5,
    }
    words = "rank correlation with the share that comes back: " + _told(gaps, "")
    why = {
        verdicts.HOLDS: "What decides the spectrum comes back.",
        verdicts.PARTLY: "It helps to predict what comes back, and no more.",
        verdicts.NOT: "What comes back need not be what decides. The ensemble brings back much that does not.",
    }
    return words, verdicts.first_of(conditions), why


def tells(found):
    """Whether the lead over knockoffs predicts what the spectrum tells.  {(criterion, judge): ...} -> ..."""
    gaps = {name: found[name, "told"] for name in ("lead", "permutation", "filter")}
    conditions = {
        ABOVE.format("the lead's rank correlation with what is told", 0): gaps["lead"][1] > 0,
        "it lies above one half": gaps["lead"][1] > 0.5,
    }
    words = "rank correlation with the share that is told: " + _told(gaps, "")
    best = max(gaps, key=lambda name: gaps[name][0])
    rival = "" if best == "lead" else " A simpler criterion has the higher correlation here."
    why = {
        verdicts.HOLDS: "The criterion finds what the spectrum answers to." + rival,
        verdicts.PARTLY: "The criterion points the right way." + rival,
        verdicts.NOT: "The criterion does not find what the spectrum answers to.",
    }
    return words, verdicts.first_of(conditions), why


def _groups():
    return {"first six O": SIX, "Ge": SHELLS["Ge"]}


def _told(gaps, unit):
    """Estimates with their intervals, in words.  {name: (mean, low, high)} -> str"""
    digits = "+.3f" if unit else "+.2f" if min(np.ravel(list(gaps.values()))) < 0 else ".2f"
    return ", ".join(f"{name} {a:{digits}}{unit} ({b:{digits}} to {c:{digits}})" for name, (a, b, c) in gaps.items())
