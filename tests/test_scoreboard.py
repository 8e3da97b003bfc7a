"""The scoreboard: what chapters keep, collected; a build that fails rather than leave a claim out."""

import json

import pytest

from nnca.book import answer
from nnca.book.paper import TABLE_I, TABLE_II
from nnca.book.say import BEYOND, side_by_side
from nnca.book.scoreboard import ScoreboardError, collect, numbers, write
from nnca.book.verdicts import HOLDS, NOT, PARTLY

CLAIM = {
    "kind": "claim",
    "name": "claim-one",
    "text": "One covers more",
    "paper": "0.8",
    "ours": "0.9",
    "verdict": HOLDS,
}
CLAIM |= {"rule": "it holds above 0.5", "reason": "It is so."}
PAPER = [
    {"what": "score", "target": target, "method": method, "k": k, "vectors_from": source, "score": value}
    | {"low": value - 0.01, "high": value + 0.01}
    for (target, k), row in (TABLE_I | TABLE_II).items()
    for method, value in row.items()
    for source in (("test", "train") if method == "ECA" else (None,))
]
ERRORS = [
    {"what": "distance error", "shell": shell, "method": "NNCA", "k": 1, "error": 0.05, "guess": 0.1}
    for shell in ("first four O", "fifth and sixth O", "outer O", "Ge")
]
TABLE = {"kind": "table", "name": "tab-table-1", "data": PAPER + ERRORS}
MOLECULE = {"kind": "figure", "name": "fig-molecule"}


def output(mark):
    """What a cell displays: a mark, and something to see."""
    return {"metadata": {"book": mark}, "data": {"text/html": ["<p>drag ", "me</p>"]}}


@pytest.fixture
def chapter(tmp_path):
    """Write a notebook whose cells have given sources and marks.  -> path"""

    def make(*cells, name="one"):
        notebook = [
            {"cell_type": "code", "source": source, "outputs": [output(mark) for mark in marks]}
            for source, *marks in cells
        ]
        path = tmp_path / f"{name}.ipynb"
        path.write_text(json.dumps({"cells": notebook}))
        return path

    return make


def test_claims_and_numbers_are_collected_and_counted(chapter, tmp_path):
    path = chapter(('claim("one", "One covers more")', CLAIM), ("table()", TABLE))
    write([path], tmp_path / "out.inc", "quick")
    text = (tmp_path / "out.inc").read_text()
    assert text.startswith("This build, preset `quick`. Of 1 claims 1 hold, 0 hold partly, 0 do not hold here")
    assert f"Of the {3 * len(TABLE_I | TABLE_II)} numbers of Tables I and II {3 * len(TABLE_I | TABLE_II)} hold" in text
    assert "One covers more ({ref}`where it is shown <claim-one>`)" in text and "*Rule: it holds above 0.5.*" in text


def test_claims_beyond_the_paper_are_counted_and_listed_apart(chapter, tmp_path):
    further = CLAIM | {"name": "claim-two", "text": "Two covers more", "paper": BEYOND, "verdict": NOT}
    write([chapter(("", CLAIM, further), ("table()", TABLE))], tmp_path / "out.inc", "quick")
    text = (tmp_path / "out.inc").read_text()
    assert "Of 1 claims 1 hold, 0 hold partly, 0 do not" in text
    assert "Of 1 claims beyond the paper 0 hold, 0 hold partly, 1 do not" in text
    papers, own = text.split("{list-table} Claims beyond the paper")
    assert "One covers more" in papers and "Two covers more" not in papers and "Two covers more" in own
    assert BEYOND not in own.split("{list-table}")[0]
    assert side_by_side(further).startswith("Beyond the paper. Here: 0.9")


def test_a_claim_that_is_made_and_not_shown_fails(chapter):
    with pytest.raises(ScoreboardError, match="makes claim-two but does not show it"):
        collect([chapter(('claim("one", "x")\nclaim(\n    "two", "y")', CLAIM))])


def test_a_claim_that_is_judged_twice_and_differently_fails(chapter):
    paths = [chapter(("", CLAIM)), chapter(("", CLAIM | {"verdict": NOT}), name="two")]
    with pytest.raises(ScoreboardError, match="claim-one is judged twice, and differently"):
        collect(paths)


def test_a_missing_number_fails():
    with pytest.raises(ScoreboardError, match="no chapter keeps a score of ECA, k = 2, for moments"):
        numbers([one for one in PAPER if (one["target"], one["method"], one["k"]) != ("moments", "ECA", 2)])


@pytest.mark.parametrize(("off", "verdict"), [(0, HOLDS), (0.004, HOLDS), (-0.03, PARTLY), (-0.2, NOT)])
def test_a_number_is_judged_to_two_digits(off, verdict):
    moved = [one | {"score": one["score"] + off} for one in PAPER if one["vectors_from"] != "train"]
    assert {row[1] for row in numbers(moved)} == {verdict}
    low = [one | {"score": 0.0} for one in PAPER if one["vectors_from"] == "train"]
    assert numbers(moved + low) == numbers(moved), "the paper has no vectors from the training set"


def test_the_first_page_tells_what_was_found(chapter, tmp_path):
    answer.write([chapter(("table()", TABLE), ("explore()", MOLECULE))], tmp_path)
    text = (tmp_path / "answer.inc").read_text()
    assert "covers 99% (XPS), 79% (XES), 76% (XAS)" in text and "to within 0.05 Å" in text
    assert "come back" in text and (tmp_path / "answer.svg").stat().st_size > 1000
    assert (tmp_path / "molecule.inc").read_text() == "<p>drag me</p>"
    with pytest.raises(ScoreboardError, match="no chapter shows the figure molecule"):
        answer.write([chapter(("table()", TABLE))], tmp_path)
    with pytest.raises(ScoreboardError, match="errors of reconstructed distances"):
        answer.write([chapter(("table()", TABLE | {"data": PAPER}))], tmp_path)
