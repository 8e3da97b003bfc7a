"""What chapter 4 says about its results: why verdicts are what they are, and sentences with numbers in them."""

import numpy as np

from nnca.book import verdicts
from nnca.book.inverse_results import GENTLE, SMALL, by_penalty, lead, spoken
from nnca.figures.inversion import EDGE

DECODER = {
    verdicts.HOLDS: "Small square matrices forgive rounding, unless a strong penalty shrinks them.",
    verdicts.PARTLY: "It depends on the penalty, and on the network that training happens to end in.",
    verdicts.NOT: "The small matrices of these decoders are too ill-conditioned even for rounding.",
}
KNOWN = {
    verdicts.HOLDS: "A known spectrum lies off the curve that the decoder can reach, and the distance is amplified.",
    verdicts.PARTLY: "Some networks leave the latent variable within its spread.",
    verdicts.NOT: "These decoders amplify little.",
}
ENCODER = {
    verdicts.HOLDS: "Its large matrices are ill-conditioned, and undoing leaky ReLU multiplies as well.",
    verdicts.PARTLY: "Not in most networks at most penalties.",
    verdicts.NOT: "Training left these encoders well conditioned.",
}
AFTER = {
    verdicts.HOLDS: "What the bottleneck loses is so large that a small error of the latent variable adds nothing.",
    verdicts.PARTLY: "Where the decoder fails by itself, its error comes on top.",
    verdicts.NOT: "The decoder's own error comes on top.",
}
WATER = {
    verdicts.HOLDS: "Matrices of a hundred by a hundred carry signals that lie on a curve.",
    verdicts.PARTLY: "In double precision it depends on the spectrum and on the penalty.",
    verdicts.NOT: "In double precision these decoders can be undone from the prediction.",
}
SMALL_ENCODER = {
    verdicts.HOLDS: "Matrices of three by three are well conditioned.",
    verdicts.PARTLY: "Not in most networks at most penalties.",
    verdicts.NOT: "Small matrices, too, can be ill-conditioned.",
}
BOTTLENECK = {
    verdicts.HOLDS: "Many structures share one latent variable.",
    verdicts.PARTLY: "Some networks come near the structure.",
    verdicts.NOT: "One number was enough to find the structure.",
}
LARGER = {
    verdicts.HOLDS: "For water these are the decoder's, for GeO₂ the encoder's.",
    verdicts.PARTLY: "In some systems or at some penalties the smaller ones are worse.",
    verdicts.NOT: "Here the smaller matrices are worse.",
}
DIVERGENCE = (
    "Going back from the prediction, from the prediction with Gaussian noise (in standard deviations of the targets), "
    f"and from known outputs, at the penalty {GENTLE:g}. More noise at the right is as much more error further left. "
    "Known outputs act like noise as large as the network's own error. Errors above a million lie in the grey band."
)
WEIGHTS = (
    "Singular values of all square matrices, before training (grey) and after it, with the penalty that the search "
    "chose. Compare the large matrices with the small ones, and both with what they were before."
)
SETS = (
    "So a spectrum gives us $t$, and $t$ does not give us a structure. The honest answer is a *set* of structures. An "
    "EDNN has no simple description of that set. A simpler encoder would help: one whose sets are planes, with one "
    "shortest vector to stand for each."
)


def penalties_caption(facts):
    """What the figure of penalties shows, with its numbers.  -> str"""
    scores = max(np.ptp(by_penalty(facts, target, "score")) for target in facts.target.unique())
    errors = [by_penalty(facts, target, "decoder") for target in facts.target.unique()]
    decades = sorted(np.log10(one.iloc[-1] / one.iloc[0]) for one in errors)
    return (
        "What the penalty decides, a mark for each network. Above: test scores, as differences to the penalty that the "
        f"search chose (dotted; grey: how its score scatters over folds; above {EDGE:g} drawn at the edge). Between "
        f"penalties the medians differ by {scores:.3f} at most. Below: the largest error of the latent variable, going "
        "back from the network's own prediction, in its standard deviations (above a million: in the band). From "
        f"the weakest to the strongest penalty its median changes by {decades[0]:+.0f} to {decades[-1]:+.0f} "
        "orders of magnitude."
    )


def choice_in_words(facts, chosen):
    """Why the search's choice for GeO2 is the cautionary case, where it is.  -> str"""
    (penalty, spread), off = chosen["moments"], by_penalty(facts, "moments", "decoder")
    text = f"For GeO₂ the search chose the penalty {penalty:g}. The best network of another penalty scored "
    text += f"{lead('moments'):.3f} less. Over folds one score scatters by {spread:.3f}."
    able = [f"{one:g}" for one, error in off.items() if error < SMALL]
    if off[penalty] > 1 and able:
        text += " This choice is the cautionary case. The decoder of the chosen penalty cannot be undone even from the "
        text += f"network's own prediction. With weaker penalties ({', '.join(able)}) most decoders can."
    return text


def precision_in_words(facts):
    """How much single precision costs where double precision brings the latent variable back.  -> str"""
    rows = facts[(facts.decoder < 1) & np.isfinite(facts.decoder_single)]
    decades = np.log10(rows.decoder_single / rows.decoder).median()
    return (
        f"In single precision the error of the latent variable is {decades:.0f} orders of magnitude larger (median of "
        "the networks whose decoders can be undone in double precision). Nothing else has changed. A way back that "
        "needs the last digits of a *prediction* will not survive a *measurement*."
    )


def bound_in_words(margins):
    """How the bound fares.  (n,) decades above the measured errors -> str"""
    return (
        f"The bound of Eq. [(growth)](#eq-growth) is {'never' if margins.min() >= 0 else 'sometimes'} exceeded between "
        f"outputs and latent variable. It is too high by {np.median(margins):.0f} orders of magnitude "
        "(median), because it supposes that every error points in the worst direction."
    )


def sharing_in_words(near, spread):
    """How far molecules of one latent variable spread, as shares of the spread of all.  (n,) bool, (3,) -> str"""
    return (
        f"Fitting brings back the latent variable. The {near.sum()} molecules in colour have almost the same one. "
        f"Their angles still spread over {spread[0]:.0%} of the standard deviation of all angles, their bond lengths "
        f"over {spread[1:].mean():.0%}."
    )


def summary(facts, latent):
    """What to remember, with the numbers of this run.  -> str"""
    lost, off = int((facts.known > 1).sum()), latent.iloc[:, 1]
    return (
        "- Networks made for it, bijective and square, still cannot be run backwards. From known outputs "
        f"{lost} of {len(facts)} miss the latent variable by more than its standard deviation.\n"
        "- Two different things fail. Ill-conditioned matrices and leaky ReLU amplify errors. More digits would cure "
        "that. The bottleneck loses information. Nothing cures that.\n"
        "- Penalties that give nearly the same score can give very different decoders. A search by score does not see "
        "it.\n"
        f"- Fitting the latent variable works: median errors are {spoken(off.min())} to {spoken(off.max())} of its "
        "standard deviations. What is missing is a way from it to a structure."
    )
