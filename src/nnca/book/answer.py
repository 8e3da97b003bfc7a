"""The answer on the first page, in three sentences and two figures, from what the executed chapters keep."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from nnca.book.scoreboard import ScoreboardError, collect, scores_of
from nnca.figures import METHODS, TARGETS, use_style

SHOWN = ("xps", "xes", "xas", "moments")
METHODS_SHOWN = ("EDNN", "NNCA", "ECA")


def write(notebooks, folder):
    """`answer.inc`, `answer.svg` and `molecule.inc` in a folder, from executed notebooks.

    Raises ScoreboardError for a number or a figure that no chapter keeps.
    """
    _, results = collect(notebooks)
    scores, errors = scores_of(results), [one for one in results if one["what"] == "distance error"]
    missing = [(target, method, k) for target in SHOWN for method in METHODS_SHOWN for k in (1, 2)]
    if lost := [key for key in missing if key not in scores]:
        raise ScoreboardError(f"no chapter keeps a score of {lost[0]}, which the first page tells")
    if not errors:
        raise ScoreboardError("no chapter keeps errors of reconstructed distances, which the first page tells")
    (Path(folder) / "answer.inc").write_text(text(scores, errors))
    (Path(folder) / "molecule.inc").write_text(explorer(notebooks, "molecule"))
    use_style()
    figure(scores, errors).savefig(Path(folder) / "answer.svg", metadata={"Date": None})


def explorer(notebooks, name):
    """The HTML of a figure that moves, from the chapter that shows it.  -> str"""
    for path in notebooks:
        for cell in json.loads(Path(path).read_text())["cells"]:
            for output in cell.get("outputs", []):
                if output.get("metadata", {}).get("book", {}).get("name") == f"fig-{name}":
                    return "".join(output["data"]["text/html"])
    raise ScoreboardError(f"no chapter shows the figure {name}, which the first page needs")


def text(scores, errors):
    """The answer in three sentences.  -> MyST"""
    one, two = ({target: scores[target, "NNCA", k]["score"] for target in SHOWN} for k in (1, 2))
    water = ", ".join(f"{one[kind]:.0%} ({TARGETS[kind]})" for kind in SHOWN[:3])
    worst = min(two[kind] for kind in SHOWN[:3])
    back, lost = (_shell(errors, name) for name in ("fifth and sixth O", "Ge"))
    return (
        f"**How much passes.** One number about a water molecule, a straight direction found by NNCA, covers {water} "
        f"of what its spectra do; two cover at least {worst:.0%}. "
        f"For GeO₂ one number covers {one['moments']:.0%} of the eight moments, two {two['moments']:.0%}.\n\n"
        f"**What comes back.** From the mean spectrum of a glass NNCA finds the O atoms that enter the first shell "
        f"to within {back['error']:.2f} Å, where a guess of the mean structure errs by {back['guess']:.2f} Å. "
        f"Ge neighbours {'do not come' if lost['error'] > 0.8 * lost['guess'] else 'come'} back: "
        f"{lost['error']:.2f} Å against {lost['guess']:.2f} Å.\n\n"
        "**What is new here.** The data come from open programs and can be computed again. Every difference has an "
        "interval, every verdict prints its rule, and whole glasses are left out beside single sites.\n"
    )


def _shell(errors, name):
    return next(one for one in errors if one["shell"] == name and one["method"] == "NNCA" and one["k"] == 1)


def figure(scores, errors):
    """How much passes through one number and two, and what comes back of the structure.  -> fig"""
    fig, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.2), width_ratios=(1.6, 1))
    for number, method in enumerate(METHODS_SHOWN):
        place = np.arange(len(SHOWN)) + 0.27 * (number - 1)
        for k, style in ((2, {"alpha": 0.35}), (1, {"label": method})):
            left.bar(
                place, [scores[target, method, k]["score"] for target in SHOWN], 0.25, color=METHODS[method], **style
            )
    left.set_xticks(range(len(SHOWN)), [TARGETS[target].replace(" ", "\n") for target in SHOWN])
    left.set(title="(a) what passes", ylabel="covered variance", ylim=(0, 1.02))
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=3)
    shells = list(dict.fromkeys(one["shell"] for one in errors))
    ours = [_shell(errors, name) for name in shells]
    right.barh(shells, [one["guess"] for one in ours], color="0.85", label="mean structure")
    right.barh(shells, [one["error"] for one in ours], 0.45, color=METHODS["NNCA"], label="NNCA, one number")
    right.invert_yaxis()
    right.set(title="(b) what comes back", xlabel="error of a distance (Å)")
    right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=1)
    return fig
