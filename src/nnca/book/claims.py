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


def ladder(*tests):
    """The first decides whether anything holds, the others whether all does."""
    return NOT if not tests[0] else HOLDS if all(tests) else PARTLY


def above(notes, *differences):
    """Whether differences are above zero: judged by their intervals."""
    low, high = ([notes[f"{name}_{end}"] for name in differences] for end in ("low", "high"))
    if min(low) > 0:
        return HOLDS
    if max(low) > 0:
        return PARTLY
    return NOT if min(high) < 0 else UNKNOWN


def within(notes, difference, margin=0.03):
    """Whether two numbers are equal: the interval of their difference lies inside, outside or across a margin."""
    low, high = notes[f"{difference}_low"], notes[f"{difference}_high"]
    if -margin < low and high < margin:
        return HOLDS
    return NOT if low > margin or high < -margin else UNKNOWN


def inverted(*keys):
    """The verdict of claims that chapter 3 has judged over its networks."""
    words = {"holds": HOLDS, "holds in part": PARTLY, "does not hold": NOT}

    def judge(notes):
        found = {words[notes[f"claim_{key}"]] for key in keys}
        return found.pop() if len(found) == 1 else PARTLY

    return judge


def between(notes):
    """NNCA between ECA (training set) and EDNN: by the differences of all rows that are settled either way."""
    right, wrong = notes["nested_right"], notes["nested_wrong"]
    return (
        UNKNOWN
        if right < notes["nested_all"] / 2 and not wrong
        else HOLDS
        if not wrong
        else PARTLY
        if wrong < right
        else NOT
    )


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
            PARTLY: "For one of the two spectra.",
            UNKNOWN: NARROW,
            NOT: "For one of the two at least it covers less: an interval lies below zero.",
        },
        "{numref}`fig-table1`",
    ),
    Claim(
        "EDNN covers more of the GeO₂ moments than ECA of equal k",
        "0.84 / 0.77, 0.90 / 0.83",
        "k = 1: {EDNN_moments1:.3f} / {ECA_moments1:.3f}, difference [{EDNN_over_ECA_moments1_low:.3f}, "
        "{EDNN_over_ECA_moments1_high:.3f}]; k = 2: {EDNN_moments2:.3f} / {ECA_moments2:.3f}, "
        "[{EDNN_over_ECA_moments2_low:.3f}, {EDNN_over_ECA_moments2_high:.3f}]",
        lambda n: above(n, "EDNN_over_ECA_moments1", "EDNN_over_ECA_moments2"),
        {
            HOLDS: "As in the paper.",
            PARTLY: "For one of the two k.",
            UNKNOWN: NARROW,
            NOT: "For one k at least it covers less: an interval lies below zero.",
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
            PARTLY: "One of the two methods covers what the paper reports.",
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
            HOLDS: "Of {nested_all} differences {nested_right} are settled, all in this order.",
            PARTLY: "Of {nested_all} differences {nested_right} are settled in this order, {nested_wrong} against it: "
            "nesting orders the fit to training data, not the score on test data.",
            UNKNOWN: "Of {nested_all} differences only {nested_right} are settled.",
            NOT: "Of {nested_all} differences {nested_right} are settled in this order, {nested_wrong} against it.",
        },
        "{numref}`fig-table1-all`",
    ),
    Claim(
        "EDNN with one component covers at least as much of the GeO₂ moments as ECA with two",
        "0.84 / 0.83",
        "{EDNN_moments1:.3f} / {ECA_moments2:.3f}, difference [{ednn1_over_eca2_low:.3f}, {ednn1_over_eca2_high:.3f}]; "
        "ECA from training data {ECA_train_moments2:.3f}",
        lambda n: above(n, "ednn1_over_eca2"),
        {
            HOLDS: "The interval lies above zero.",
            UNKNOWN: NARROW,
            NOT: "Our second component of ECA is worth more than a bent encoder with one.",
        },
        "{numref}`fig-table2`",
    ),
    Claim(
        "NNCA with one component equals EDNN with one for GeO₂",
        "0.84, 0.84",
        "{NNCA_moments1:.3f}, {EDNN_moments1:.3f}; difference [{EDNN_over_NNCA_moments1_low:.3f}, "
        "{EDNN_over_NNCA_moments1_high:.3f}]",
        lambda n: within(n, "EDNN_over_NNCA_moments1"),
        {
            HOLDS: "The whole interval is within 0.03 of zero, whether or not it includes it.",
            UNKNOWN: "The interval is not wholly within 0.03 of zero.",
            NOT: "They differ by more than 0.03.",
        },
        "{numref}`fig-table2`",
    ),
    Claim(
        "NNCA comes nearer to EDNN where the system is more complex",
        "k = 1: GeO₂ 0.00; XES 0.08, XAS 0.09 behind",
        "behind EDNN by {EDNN_over_NNCA_moments1:+.3f} (GeO₂), {EDNN_over_NNCA_xes1:+.3f} (XES), "
        "{EDNN_over_NNCA_xas1:+.3f} (XAS)",
        lambda n: some(
            *(n["EDNN_over_NNCA_moments1_high"] < n[f"EDNN_over_NNCA_{kind}1_low"] for kind in ("xes", "xas"))
        ),
        {
            HOLDS: "With many correlated inputs a straight direction is freer than with three.",
            PARTLY: "Nearer than for one of the two spectra of water.",
            NOT: "No difference of these differences is settled.",
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
            NOT: "Where t is torn or folds, like M lie at unlike t, in every case.",
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
            PARTLY: "One half of the statement, or not in every network trained.",
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
        "of the error of a blind guess {gain_fifth_and_sixth_O_NNCA1:.0%} removed for the fifth and sixth O, "
        "{gain_first_four_O_NNCA1:.0%} for the first four; half of the fifth's fall by {fall_NNCA1:.0f} GPa "
        "(known: {fall_known:.0f})",
        lambda n: ladder(
            n["gain_fifth_and_sixth_O_NNCA1_low"] > 0.2,
            n["gain_fifth_and_sixth_O_NNCA1_low"] > 0.5,
            n["gain_first_four_O_NNCA1_low"] > 0,
        ),
        {
            HOLDS: "The spectrum follows the O that enter the first shell, and the bonds as well.",
            PARTLY: "The O that enter the first shell come back, but not all of the way, or the first four do not.",
            NOT: "Less than a fifth of the error is removed.",
        },
        "{numref}`fig-distances`",
    ),
    Claim(
        "Ge–Ge distances are not brought back by NNCA, in part by ECA",
        "Fig. 5",
        "of the error of a blind guess {gain_Ge_NNCA1:.0%} removed by NNCA, {gain_Ge_ECA1:.0%} by ECA",
        lambda n: some(n["gain_Ge_NNCA1_high"] < 0.2, n["gain_Ge_ECA1_low"] > n["gain_Ge_NNCA1_high"]),
        {
            HOLDS: "NNCA's vector gives them little weight, ECA's more. It does not prove the moments blind to them.",
            PARTLY: "One half of the statement holds.",
            NOT: "Neither half holds.",
        },
        "{numref}`fig-errors`",
    ),
    Claim(
        "NNCA outperforms ECA for the Ge–O distances",
        "Fig. 5",
        "first six: {six_NNCA1:.3f} Å (NNCA) / {six_ECA1:.3f} Å (ECA), one component",
        lambda n: above(n, "six_gained1", "six_gained2"),
        {
            HOLDS: "For one component and for two.",
            PARTLY: "For one of the two numbers of components.",
            UNKNOWN: NARROW,
            NOT: "For one of the two at least ECA, with vectors from the test set, comes nearer.",
        },
        "{numref}`fig-errors`",
    ),
    Claim(
        "One component reconstructs better than two",
        "Fig. 5",
        "first six Ge–O: {six_NNCA1:.3f} Å (one), {six_NNCA2:.3f} Å (two), difference [{two_over_one_low:.3f}, "
        "{two_over_one_high:.3f}] Å",
        lambda n: above(n, "two_over_one"),
        {
            HOLDS: "The moments are met better with two, the structure is not.",
            NOT: "The second component helps the structure as well.",
            UNKNOWN: NARROW,
        },
        "{numref}`fig-errors`",
    ),
    Claim(
        "Features that do not matter are predicted at their mean",
        "Section III C",
        "reconstructed Ge–Ge distances follow the known ones with a slope of {flat_Ge:.2f}, the fifth and sixth Ge–O "
        "with {flat_O:.2f}",
        lambda n: ladder(n["flat_Ge"] < n["flat_O"], n["flat_Ge"] < 0.5),
        {
            HOLDS: "What no vector leans on stays at zero in standardised units.",
            PARTLY: "The order is as expected, the size is not.",
            NOT: "Ge–Ge distances move with the rest.",
        },
        "{numref}`fig-distances`",
    ),
    Claim(
        "Elements of the active site weigh most in NNCA's vectors, and more than in ECA's",
        "Fig. 8",
        "share of squared length, one component: {central_NNCA:.2f} (NNCA), {central_ECA:.2f} (ECA), difference "
        "[{central_gap_low:.2f}, {central_gap_high:.2f}]",
        lambda n: some(n["central_NNCA"] > 0.5, n["central_gap_low"] > 0),
        {
            HOLDS: "More than half, and more than ECA's.",
            PARTLY: "One half of the statement holds.",
            NOT: "Less than half, and not settled to be more than ECA's.",
        },
        "{numref}`fig-coulomb-vectors`",
    ),
    Claim(
        "NNCA loses the order of the components; a rotation could restore it",
        "Sections III C, IV",
        "a rotation lets the first component cover up to {order_gained:.3f} more, in {ordered} of "
        "4 systems at least as much",
        lambda n: ladder(n["order_gained"] > 0.01, n["ordered"] == 4),
        {
            HOLDS: "Any rotation of the latent variables serves a free decoder as well.",
            PARTLY: "The order can be restored in part of the systems.",
            NOT: "Rotations gain less than 0.01 in every system.",
        },
        "{numref}`fig-hierarchy`",
    ),
]
