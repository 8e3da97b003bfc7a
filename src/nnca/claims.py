"""The paper's claims, each with the numbers of ours that judge it and a sentence for every verdict it can get."""

from collections.abc import Callable
from dataclasses import dataclass

HOLDS, PARTLY, NOT, UNKNOWN = "holds", "holds partly", "does not hold here", "cannot be judged"
NARROW = "The interval includes zero: with these data and seeds the difference is not settled."


@dataclass(frozen=True)
class Claim:
    """A statement of the paper; `ours` and the reasons are filled with notes, `judge` turns notes into a verdict."""

    text: str
    paper: str
    ours: str
    judge: Callable
    reasons: dict
    where: str


def some(*tests):
    """All hold, some hold, or none."""
    return HOLDS if all(tests) else PARTLY if any(tests) else NOT


def above(notes, *differences):
    """Whether differences are above zero: judged by their intervals."""
    low, high = ([notes[f"{name}_{end}"] for name in differences] for end in ("low", "high"))
    if min(low) > 0:
        return HOLDS
    if max(high) < 0:
        return NOT
    return PARTLY if max(low) > 0 else UNKNOWN


def inverted(*keys):
    """The verdict of claims that chapter 3 has judged over its networks."""
    words = {"holds": HOLDS, "holds in part": PARTLY, "does not hold": NOT}

    def judge(notes):
        found = {words[notes[f"claim_{key}"]] for key in keys}
        return found.pop() if len(found) == 1 else PARTLY

    return judge


def between(notes):
    """NNCA not beyond doubt below ECA (training set) or above EDNN, in how many of the rows."""
    rows = [f"{target}{k}" for target in ("xes", "xas", "xps", "moments") for k in (1, 2)]
    right = [notes[f"NNCA_over_ECA_train_{row}_high"] >= 0 and notes[f"EDNN_over_NNCA_{row}_high"] >= 0 for row in rows]
    return some(*right)


CLAIMS = [
    Claim(
        "One component of EDNN covers more of water's XES and XAS than one of ECA",
        "0.86 / 0.74, 0.85 / 0.75",
        "XES {EDNN_xes1:.3f} / {ECA_xes1:.3f}, difference [{EDNN_over_ECA_xes1_low:.3f}, "
        "{EDNN_over_ECA_xes1_high:.3f}]; "
        "XAS {EDNN_xas1:.3f} / {ECA_xas1:.3f}, [{EDNN_over_ECA_xas1_low:.3f}, {EDNN_over_ECA_xas1_high:.3f}]",
        lambda n: above(n, "EDNN_over_ECA_xes1", "EDNN_over_ECA_xas1"),
        {
            HOLDS: "A bent encoder follows what a straight direction cannot.",
            PARTLY: "One of the two differences is settled.",
            UNKNOWN: NARROW,
            NOT: "ECA's vectors are found on the test set, which can outweigh the bend.",
        },
        "{numref}`fig-table1`",
    ),
    Claim(
        "EDNN covers more of the GeO₂ moments than ECA of equal k",
        "0.84 / 0.77, 0.90 / 0.83",
        "k = 1: {EDNN_moments1:.3f} / {ECA_moments1:.3f}; k = 2: {EDNN_moments2:.3f} / "
        "{ECA_moments2:.3f}; with ECA's vectors found on the "
        "training set {ECA_train_moments1:.3f} and {ECA_train_moments2:.3f}",
        lambda n: above(n, "EDNN_over_ECA_moments1", "EDNN_over_ECA_moments2"),
        {
            HOLDS: "As in the paper.",
            PARTLY: "For one of the two k.",
            UNKNOWN: NARROW,
            NOT: "153 numbers of a vector, fitted to the test set itself, are worth more here than a bend.",
        },
        "{numref}`fig-table2`",
    ),
    Claim(
        "Two components cover XES of water by either method",
        "1.00, 1.00",
        "EDNN {EDNN_xes2:.3f}, ECA {ECA_xes2:.3f}",
        lambda n: some(n["EDNN_xes2"] >= 0.99, n["ECA_xes2"] >= 0.99),
        {
            HOLDS: "Two numbers about a structure decide its spectrum.",
            PARTLY: "One of the two methods reaches 0.99.",
            NOT: "Neither reaches 0.99.",
        },
        "{numref}`fig-table1`",
    ),
    Claim(
        "One component covers XPS of water",
        "1.00 (EDNN), 0.99 (ECA)",
        "EDNN {EDNN_xps1:.3f}, ECA {ECA_xps1:.3f}",
        lambda n: some(n["EDNN_xps1"] >= 0.995, n["ECA_xps1"] >= 0.985),
        {
            HOLDS: "A single line has one position, and one number says where it is.",
            PARTLY: (
                "The position of the line is one number, but over our range of structures its "
                "surfaces of equal energy are not quite flat."
            ),
            NOT: "Neither method covers what the paper reports.",
        },
        "{numref}`fig-table1`",
    ),
    Claim(
        "NNCA lies between EDNN and ECA",
        "in every row",
        "EDNN / NNCA / ECA with vectors from training data, k = 1: XES {EDNN_xes1:.3f} / {NNCA_xes1:.3f} / "
        "{ECA_train_xes1:.3f}; XAS {EDNN_xas1:.3f} / {NNCA_xas1:.3f} / {ECA_train_xas1:.3f}; "
        "GeO₂ {EDNN_moments1:.3f} / {NNCA_moments1:.3f} / {ECA_train_moments1:.3f}",
        between,
        {
            HOLDS: "The methods are nested, and training finds networks good enough to show it.",
            PARTLY: (
                "The methods are nested, the trained networks not quite: the best network of a kind need not be found."
            ),
            NOT: "Training does not find the networks that nesting promises.",
        },
        "{numref}`fig-table1-all`",
    ),
    Claim(
        "EDNN with one component covers at least as much of the GeO₂ moments as ECA with two",
        "0.84 / 0.83",
        "{EDNN_moments1:.3f} / {ECA_moments2:.3f}; ECA from training data {ECA_train_moments2:.3f}",
        lambda n: some(n["EDNN_moments1"] >= n["ECA_moments2"], n["EDNN_moments1"] >= n["ECA_train_moments2"]),
        {
            HOLDS: "As in the paper.",
            PARTLY: "Against ECA from training data, not against ECA found on the test set.",
            NOT: "Our second component of ECA is worth more than the bend of an encoder.",
        },
        "{numref}`fig-table2`",
    ),
    Claim(
        "NNCA with one component equals EDNN with one for GeO₂",
        "0.84, 0.84",
        "{NNCA_moments1:.3f}, {EDNN_moments1:.3f}; difference [{EDNN_over_NNCA_moments1_low:.3f}, "
        "{EDNN_over_NNCA_moments1_high:.3f}]",
        lambda n: some(abs(n["EDNN_over_NNCA_moments1"]) < 0.01, abs(n["EDNN_over_NNCA_moments1"]) < 0.03),
        {
            HOLDS: "With many correlated inputs a straight direction is free enough.",
            PARTLY: "Nearly: they differ by less than 0.03.",
            NOT: "They differ by more than 0.03.",
        },
        "{numref}`fig-table2`",
    ),
    Claim(
        "Isosurfaces of the EDNN's latent variable follow those of the spectral deviation M",
        "good match (by eye)",
        "R² of M from t: XES {deviation_EDNN_xes:.2f}, XAS {deviation_EDNN_xas:.2f}, XPS {deviation_EDNN_xps:.2f}",
        lambda n: some(*(n[f"deviation_EDNN_{kind}"] > 0.8 for kind in ("xes", "xas", "xps"))),
        {
            HOLDS: "Knowing t, one knows M.",
            PARTLY: "Where t is torn or folds, like M lie at unlike t.",
            NOT: "M is a distance, blind to the direction in which the spectrum changes; t is not.",
        },
        "{numref}`fig-isosurfaces`",
    ),
    Claim(
        "Inverting the GeO₂ network: harmless through the decoder from the exact prediction, fatal from known moments",
        "Fig. 6",
        "decoder: {claim_glass_decoder}; known moments: {claim_glass_known}",
        inverted("glass_decoder", "glass_known"),
        {
            HOLDS: "Square matrices forgive rounding, not the distance between prediction and truth.",
            PARTLY: "Not for every network trained.",
            NOT: "Our networks are conditioned otherwise.",
        },
        "{numref}`fig-glass-errors`",
    ),
    Claim(
        "For GeO₂ the large matrices of the encoder amplify the error",
        "Fig. 6",
        "{claim_glass_encoder}",
        inverted("glass_encoder"),
        {
            HOLDS: "They multiply what the bottleneck has left by more than a hundred.",
            PARTLY: "Not in every network trained.",
            NOT: "Training left ours well conditioned: what is lost is lost at the bottleneck.",
        },
        "{numref}`fig-glass-errors`",
    ),
    Claim(
        "For water the error builds up in decoder and bottleneck, while the encoder is inverted accurately",
        "Fig. 7",
        "decoder: {claim_water_decoder} (single precision: {claim_water_single}); encoder: "
        "{claim_water_encoder}; bottleneck: "
        "{claim_bottleneck}",
        inverted("water_decoder", "water_encoder", "bottleneck"),
        {
            HOLDS: "Matrices of a hundred by a hundred carry signals of very few dimensions.",
            PARTLY: "In part a matter of precision and penalty: the chapter shows both.",
            NOT: "Ours can be inverted but for the bottleneck.",
        },
        "{numref}`fig-water-errors`",
    ),
    Claim(
        "NNCA brings back the Ge–O distances and with them the change of coordination",
        "Fig. 5",
        "{gain_fifth_and_sixth_O_NNCA1:.0%} of the error of a blind guess removed for the fifth and sixth O",
        lambda n: some(n["gain_fifth_and_sixth_O_NNCA1"] > 0.5, n["gain_fifth_and_sixth_O_NNCA1"] > 0.2),
        {
            HOLDS: "The spectrum follows the O that enter the first shell.",
            PARTLY: "The trend comes back, part of its size does not: a straight expansion cannot bend as sharply.",
            NOT: "The trend hardly comes back.",
        },
        "{numref}`fig-distances`",
    ),
    Claim(
        "Ge–Ge distances are not brought back by NNCA",
        "Fig. 5",
        "{gain_Ge_NNCA1:.0%} of the error of a blind guess removed",
        lambda n: some(n["gain_Ge_NNCA1"] < 0.2, n["gain_Ge_NNCA1"] < 0.5),
        {
            HOLDS: "The moments hardly depend on them.",
            PARTLY: "Some of the Ge–Ge distances follow the Ge–O ones.",
            NOT: "Here the vectors of NNCA do lean on them.",
        },
        "{numref}`fig-errors`",
    ),
    Claim(
        "NNCA outperforms ECA for the Ge–O distances",
        "Fig. 5",
        "first six: {six_NNCA1:.3f} Å (NNCA) / {six_ECA1:.3f} Å (ECA), one component",
        lambda n: some(n["six_NNCA1"] < n["six_ECA1"], n["six_NNCA2"] < n["six_ECA2"]),
        {
            HOLDS: "For one component and for two.",
            PARTLY: "For one of the two numbers of components.",
            NOT: "ECA, with vectors from the test set, comes nearer here.",
        },
        "{numref}`fig-errors`",
    ),
    Claim(
        "One component reconstructs better than two",
        "Fig. 5",
        "first six Ge–O: {six_NNCA1:.3f} Å (one), {six_NNCA2:.3f} Å (two)",
        lambda n: (
            HOLDS
            if n["six_NNCA1"] < n["six_NNCA2"] - n["six_spread"]
            else (NOT if n["six_NNCA1"] > n["six_NNCA2"] + n["six_spread"] else UNKNOWN)
        ),
        {
            HOLDS: "A second component follows details of the moments that the structure does not explain.",
            NOT: "The second component helps the structure as well.",
            UNKNOWN: "The difference is within the spread over networks, {six_spread:.3f} Å.",
        },
        "{numref}`fig-errors`",
    ),
    Claim(
        "Features that do not matter are predicted at their mean",
        "Section III C",
        "reconstructed Ge–Ge distances change by {flat_Ge:.0%} of what the known ones do, the "
        "fifth and sixth Ge–O by {flat_O:.0%}",
        lambda n: some(n["flat_Ge"] < n["flat_O"], n["flat_Ge"] < 0.5),
        {
            HOLDS: "What no vector leans on stays at zero in standardised units.",
            PARTLY: "The order is as expected, the size is not.",
            NOT: "Ge–Ge distances move with the rest.",
        },
        "{numref}`fig-distances`",
    ),
    Claim(
        "NNCA loses the order of the components; a rotation could restore it",
        "Sections III C, IV",
        "a rotation lets the first component cover up to {order_gained:.3f} more, in {ordered} of "
        "4 systems at least as much",
        lambda n: some(n["order_gained"] > 0.01, n["ordered"] == 4),
        {
            HOLDS: "Any rotation of the latent variables serves a free decoder as well.",
            PARTLY: "Here the trained order happens to be the right one, or the rotation misses it once.",
            NOT: "No order was lost.",
        },
        "{numref}`fig-hierarchy`",
    ),
]
