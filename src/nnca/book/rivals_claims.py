"""The claims of the chapter on rivals: text, the paper's number, ours, the verdict with its rule, and why.

Each function gives what `nnca.book.say.claim` takes behind a name.  None of the claims is the paper's own.
"""

import numpy as np

from nnca.book import verdicts
from nnca.book.degeneracy_results import KINDS, NOISE
from nnca.book.rivals_results import BOX, FREE, KS, LINEAR, OWN, RIVAL, TASKS, WHOLE, gap
from nnca.book.say import BEYOND
from nnca.book.width_results import PAPER
from nnca.problem import WATER
from nnca.uncertainty import over_splits

REFERENCE_6 = "its reference 6 finds so"
WHY_RIVAL = {
    verdicts.HOLDS: "Training vectors and decoder together pays.",
    verdicts.PARTLY: "It does in some entries. In the others a closed form with a free decoder does as well or better.",
    verdicts.NOT: "A closed form with a free decoder does as well. What NNCA has over ECA is its decoder.",
}
WHY_PLS = {
    verdicts.HOLDS: "PLS decodes along a straight line, ECA through an emulator.",
    verdicts.PARTLY: "In some entries only is the lead of ECA settled.",
    verdicts.NOT: "PLS covers as much or more in one entry at least.",
    verdicts.UNKNOWN: "The intervals include zero.",
}
WHY_FREE = {
    verdicts.HOLDS: "ECA's direction is the better one, too.",
    verdicts.PARTLY: "In some entries it does. The advantage over PLS was mostly that of a bent decoder.",
    verdicts.NOT: "With the same freedom PLS covers more in one entry at least. ECA's advantage was its decoder.",
    verdicts.UNKNOWN: "The intervals include zero.",
}
WHY_DIRECT = {
    verdicts.HOLDS: "Regression uses what the ensemble knows of every feature; an expansion moves two directions.",
    verdicts.PARTLY: "It does where spectra follow structures nearly on straight lines, and loses where they bend.",
    verdicts.NOT: "What bends, least squares cannot follow.",
    verdicts.UNKNOWN: "The intervals include zero.",
}
WHY_REGIONS = {
    verdicts.HOLDS: "The strength in a region bends with structure, and ECA's decoder bends too.",
    verdicts.PARTLY: "It does in some regions. In others strength follows structure on a straight line, or the "
    "interval includes zero.",
    verdicts.NOT: "In one region at least PLS covers more.",
    verdicts.UNKNOWN: "The intervals include zero.",
}
WHY_COOLER = {
    verdicts.HOLDS: "Every score comes nearer.",
    verdicts.PARTLY: "Some scores come nearer, others do not: in a narrower sample spectra follow structure "
    "more nearly on a straight line, and scores rise whether the paper's lie above or below.",
    verdicts.NOT: "In a narrower sample spectra follow structure more nearly on a straight line. Scores rise, also "
    "those that are above the paper's.",
    verdicts.UNKNOWN: "The intervals include zero.",
}
WHY_WHOLE = {
    verdicts.HOLDS: "A whole spectrum holds more of the structure than eight moments, and the expansion shows it.",
    verdicts.PARTLY: "It does for one of the two groups of distances.",
    verdicts.NOT: "For one group at least the error is larger: what a spectrum holds more of is not distances along "
    "the vectors.",
    verdicts.UNKNOWN: "The intervals include zero.",
}
WHY_MIRROR = {
    verdicts.HOLDS: "The two hydrogens are equal, and the emulator has learnt it.",
    verdicts.NOT: "The two hydrogens are equal; what parts the images is the emulator's own error.",
}
WHY_ANSWERS = {
    verdicts.HOLDS: "One or two latent variables are enough to land in the set.",
    verdicts.PARTLY: "It depends on the method and on the spectrum. Where a spectrum asks for more than the latent "
    "variables hold, the answer lies outside.",
    verdicts.NOT: "It depends on the spectrum. An expansion keeps every other feature at its mean, and such a "
    "molecule may have another spectrum.",
}


def rival(scores):
    """NNCA against the simplest projection with a free decoder, every entry of the tables."""
    gaps = [gap(scores, task, k, ("NNCA", OWN), RIVAL) for task in TASKS for k in KS[task]]
    more, less = sum(low > 0 for _, low, _ in gaps), sum(high < 0 for *_, high in gaps)
    rule = "a lead is settled where its 95 % interval over splits excludes zero; it holds if NNCA's is settled in most "
    rule += "entries, partly if in more entries than the rival's"
    word = verdicts.HOLDS if 2 * more > len(gaps) else verdicts.PARTLY if more > less else verdicts.NOT
    words = f"of {len(gaps)} entries NNCA leads in {more}, the rival in {less}; differences from "
    words += f"{min(mean for mean, *_ in gaps):+.3f} to {max(mean for mean, *_ in gaps):+.3f}"
    text = "NNCA covers more than a reduced-rank projection with a free decoder"
    return text, BEYOND, words, verdicts.Verdict(word, rule), WHY_RIVAL


def partial_least_squares(scores, decoder):
    """ECA against PLS for water, with PLS's linear decoder as in the paper's reference 6, or with a free one."""
    keys = [(kind, k) for kind in WATER for k in KS[kind]]
    gaps = {key: gap(scores, *key, ("ECA", OWN), ("PLS", decoder)) for key in keys}
    words = ", ".join(f"{mean:+.3f} ({TASKS[kind]}, k = {k})" for (kind, k), (mean, *_) in gaps.items())
    text = f"ECA covers more of water's spectra than partial least squares with a {decoder} decoder"
    paper, why = {LINEAR: (REFERENCE_6, WHY_PLS), FREE: (BEYOND, WHY_FREE)}[decoder]
    return text, paper, f"ECA minus PLS: {words}", verdicts.above(*gaps.values()), why


def direct(table):
    """Least squares from spectra to structures against the expansion of NNCA, two components."""
    gaps = {task: over_splits(np.subtract(line["least squares"], line["NNCA, k = 2"])) for task, line in table.items()}
    words = ", ".join(
        f"{mean:+.2f} ({TASKS[task]}, {low:+.2f} to {high:+.2f})" for task, (mean, low, high) in gaps.items()
    )
    text = "Least squares from spectra straight to structures covers more of them than the expansion of NNCA (k = 2)"
    words = f"covered variance of structures, least squares less NNCA: {words}"
    return text, BEYOND, words, verdicts.above(*gaps.values()), WHY_DIRECT


def regions(table):
    """ECA against PLS for integrated regions, one component, each with its usual decoder."""
    gaps = {key: over_splits(line["ECA, k = 1"] - line["PLS, linear, k = 1"]) for key, line in table.items()}
    words = ", ".join(f"{mean:+.3f} ({TASKS[kind]} {name})" for (kind, name), (mean, *_) in gaps.items())
    text = "ECA with one component covers more of integrated regions than PLS does"
    return text, REFERENCE_6, f"ECA less PLS: {words}", verdicts.above(*gaps.values()), WHY_REGIONS


def cooler(table):
    """Whether the coldest ensemble has scores nearer to the paper's than the sampled one."""
    text = "A cooler sample brings the scores of one component nearer to the paper's"
    ensembles = [name for name in next(iter(table.values()))["ECA"] if name.endswith("K")]
    if len(ensembles) < 2:
        return text, BEYOND, "–", verdicts.unsettled("it takes two temperatures"), {verdicts.UNKNOWN: "There is one."}
    cold, sampled, gaps = ensembles[0], ensembles[-1], {}
    for kind, methods in table.items():
        for method, line in methods.items():
            off, off_cold = (np.abs(line[name] - PAPER[kind][method]) for name in (sampled, cold))
            gaps[kind, method] = over_splits(off - off_cold)
    words = ", ".join(f"{mean:+.3f} ({TASKS[kind]}, {method})" for (kind, method), (mean, *_) in gaps.items())
    words = f"gain in nearness from {sampled} to {cold}: {words}"
    return text, BEYOND, words, verdicts.ordered(list(gaps.values())), WHY_COOLER


def whole(errors, k=2):
    """Errors of distances from whole spectra against those from moments, NNCA."""
    gaps = [over_splits(errors[BOX, "NNCA", k][:, group] - errors[WHOLE, "NNCA", k][:, group]) for group in (0, 1)]
    oxygen, germanium = (f"{mean:+.3f} Å ({low:+.3f} to {high:+.3f})" for mean, low, high in gaps)
    words = f"error from moments less error from spectra, NNCA, k = {k}: {oxygen} for O, {germanium} for Ge"
    return (
        "Whole spectra bring distances in GeO₂ back better than their moments do",
        BEYOND,
        words,
        verdicts.above(*gaps),
        WHY_WHOLE,
    )


def mirror(found):
    """A molecule and its mirror image lie in a set together or not at all."""
    alike = {kind: (some.truth == some.mirror).mean() for kind, some in found.groupby("kind", sort=False)}
    rule = "truth and mirror image are in or out together in 95 % of the sets of every kind"
    words = ", ".join(f"{KINDS[kind]} {100 * one:.0f} %" for kind, one in alike.items())
    text = "No spectrum of water tells a molecule from its mirror image"
    return text, BEYOND, words, verdicts.all_of({rule: min(alike.values()) >= 0.95}), WHY_MIRROR


def answers(hits):
    """What NNCA and ECA bring back explains its own spectrum, at the middle noise."""
    shares = hits[hits.noise == NOISE[1]].groupby(["method", "kind"]).inside.mean().unstack()
    own = shares.drop(index="least squares")
    told = (
        f"{name}: {', '.join(f'{KINDS[kind]} {100 * one:.0f} %' for kind, one in row.items())}"
        for name, row in own.iterrows()
    )
    rules = {
        f"answers of both methods with k = {k} lie in the set for 90 % of the spectra of every kind": own[
            own.index.str.endswith(f"k = {k}")
        ].min(axis=None)
        >= 0.9
        for k in (1, 2)
    }
    text = "A structure that NNCA or ECA brings back explains the spectrum it came from"
    return text, BEYOND, "; ".join(told), verdicts.all_of(rules), WHY_ANSWERS
