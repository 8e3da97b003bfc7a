"""The scoreboard: verdicts that follow from numbers, and a build that fails rather than contradict them."""

import json
import random
import re
from dataclasses import replace

import pytest

import nnca.book.scoreboard
from nnca.book.claims import CLAIMS, HOLDS, NOT, PARTLY, UNKNOWN, above, ladder, some, within
from nnca.book.paper import TABLE_I, TABLE_II
from nnca.book.scoreboard import ScoreboardError, lines, read_notes, write

WORDS = ("decoder", "single", "known", "encoder", "after")


@pytest.fixture
def notes():
    """What the chapters would keep, had they found the paper's numbers exactly."""
    found = {
        "glass_emulator": 0.9,
        "glass_sites": 13_920,
        "six_guess": 0.2,
        "flat_Ge": 0.2,
        "flat_O": 0.9,
    }
    for (target, k), row in (TABLE_I | TABLE_II).items():
        for method, value in (row | {"ECA_train": row["ECA"]}).items():
            found |= {f"{method}_{target}{k}{end}": value for end in ("", "_low", "_high")}
        for one, other in (("EDNN", "ECA"), ("EDNN", "NNCA"), ("NNCA", "ECA"), ("NNCA", "ECA_train")):
            gap = row[one] - row[other.split("_")[0]]
            found |= {
                f"{one}_over_{other}_{target}{k}{end}": gap + e
                for end, e in (("", 0), ("_low", -0.01), ("_high", 0.01))
            }
    found |= {f"deviation_EDNN_{kind}": 0.9 for kind in ("xes", "xas", "xps")}
    found |= {f"claim_{system}_{word}": "holds" for system in ("glass", "water") for word in WORDS}
    found |= {"six_NNCA1": 0.05, "six_NNCA2": 0.06, "six_ECA1": 0.07, "six_ECA2": 0.08}
    with_interval = {"gain_fifth_and_sixth_O_NNCA1": 0.8, "gain_first_four_O_NNCA1": 0.1, "gain_Ge_NNCA1": 0.05}
    with_interval |= {"gain_Ge_ECA1": 0.3, "six_gained1": 0.02, "six_gained2": 0.02, "two_over_one": 0.01}
    with_interval |= {"ednn1_over_eca2": 0.01, "central_gap": 0.2}
    for name, value in with_interval.items():
        found |= {name: value, f"{name}_low": value - 0.005, f"{name}_high": value + 0.005}
    found |= {
        "claim_bottleneck": "holds",
        "nested_all": 16,
        "nested_right": 16,
        "nested_wrong": 0,
        "fall_known": 12,
        "fall_NNCA1": 12,
    }
    return found | {"order_gained": 0.1, "ordered": 4, "central_NNCA": 0.6, "central_ECA": 0.4}


def test_the_paper_s_own_numbers_agree_with_the_paper(notes):
    claims, numbers = lines(notes)
    assert {line.verdict for line in claims} == {HOLDS}, [line.claim for line in claims if line.verdict != HOLDS]
    assert {line.verdict for line in numbers} == {HOLDS}
    assert len(numbers) == 3 * len(TABLE_I | TABLE_II)


@pytest.mark.parametrize(
    ("changed", "start", "verdict"),
    [
        ({"EDNN_over_ECA_xes1_low": -0.02}, "One component of EDNN", PARTLY),
        ({"EDNN_over_ECA_moments1_high": -0.1, "EDNN_over_ECA_moments2_high": -0.1,
          "EDNN_over_ECA_moments1_low": -0.2, "EDNN_over_ECA_moments2_low": -0.2}, "EDNN covers more of the GeO", NOT),
        ({"nested_wrong": 1}, "NNCA lies between", PARTLY),
        ({"nested_right": 3}, "NNCA lies between", UNKNOWN),
        ({"EDNN_over_NNCA_moments1_low": 0.04, "EDNN_over_NNCA_moments1_high": 0.06}, "NNCA with one", NOT),
        ({"deviation_EDNN_xas": 0.1}, "Isosurfaces", PARTLY),
        ({"claim_glass_known": "does not hold"}, "Inverting the GeO", PARTLY),
        ({"gain_Ge_NNCA1_high": 0.7}, "Ge–Ge distances", NOT),
        ({"gain_first_four_O_NNCA1_low": -0.3}, "NNCA brings back", PARTLY),
        ({"two_over_one_low": -0.01}, "One component reconstructs", UNKNOWN),
        ({"flat_Ge": 0.4, "flat_O": 0.3}, "Features that do not matter", NOT),
        ({"order_gained": 0.0, "ordered": 3}, "NNCA loses the order", NOT),
    ],
)  # fmt: skip
def test_a_verdict_follows_its_numbers(notes, changed, start, verdict):
    claims, _ = lines(notes | changed)
    (line,) = [one for one in claims if one.claim.startswith(start)]
    assert line.verdict == verdict and line.reason
    others = [one.verdict for one in claims if one is not line]
    assert others.count(HOLDS) >= len(others) - 2, "one number moves few claims"


def test_a_number_off_by_more_than_a_digit_says_so(notes):
    _, numbers = lines(notes | {"NNCA_xas1": 0.78})
    (line,) = [one for one in numbers if one.verdict != HOLDS]
    assert line.verdict == PARTLY and line.ours.startswith("0.780")


class Extreme(dict):
    """Notes that all say the same: the numbers of a claim far above, far below or about what it needs."""

    def __init__(self, notes, rng):
        self.rng, self.drawn = rng, {}
        super().__init__(notes)

    def __getitem__(self, name):
        value = super().__getitem__(name)
        if name not in self.drawn:
            words = isinstance(value, str)
            self.drawn[name] = self.rng.choice(
                ["holds", "holds in part", "does not hold"] if words else [-1, 0, 1, 4, 9]
            )
        return self.drawn[name]


def test_every_claim_has_a_sentence_for_every_verdict_it_can_get(notes):
    rng = random.Random(0)
    for claim in CLAIMS:
        reached = {claim.judge(Extreme(notes, rng)) for _ in range(1000)}
        assert {HOLDS, NOT} <= reached, claim.text
        assert reached <= set(claim.reasons), claim.text
        assert claim.where.startswith("{numref}`fig-")


def test_a_missing_number_or_sentence_stops_the_build(notes, monkeypatch):
    del notes["six_NNCA1"]
    with pytest.raises(ScoreboardError, match="needs the note 'six_NNCA1', which no chapter keeps"):
        lines(notes)
    speechless = [replace(CLAIMS[0], reasons={})]
    monkeypatch.setattr(nnca.book.scoreboard, "CLAIMS", speechless)
    with pytest.raises(ScoreboardError, match="is judged 'holds'; there is no sentence for that"):
        lines(notes)


def test_words_for_tests_and_intervals():
    assert [some(True, True), some(True, False), some(False, False)] == [HOLDS, PARTLY, NOT]
    notes = {"a_low": 0.1, "a_high": 0.2, "b_low": -0.1, "b_high": 0.1, "c_low": -0.2, "c_high": -0.1}
    assert [above(notes, *names) for names in ("a", "ab", "b", "bc", "c")] == [HOLDS, PARTLY, UNKNOWN, NOT, NOT]
    assert [within(notes, "a", margin) for margin in (0.05, 0.15, 0.3)] == [NOT, UNKNOWN, HOLDS]
    assert [ladder(False, True), ladder(True, False), ladder(True, True)] == [NOT, PARTLY, HOLDS]


def test_notes_are_read_from_executed_notebooks_and_written_as_tables(notes, tmp_path):
    outputs = [
        {"metadata": {"scrapbook": {"name": name}}, "data": {"application/papermill.record/text/plain": repr(value)}}
        for name, value in (notes | {"endless": float("inf")}).items()
    ]
    notebook = tmp_path / "one.ipynb"
    notebook.write_text(json.dumps({"cells": [{"outputs": outputs}, {"source": "no outputs"}]}))
    assert read_notes([notebook]) == notes | {"endless": float("inf")}
    write([notebook], tmp_path / "scoreboard", "book")
    text = (tmp_path / "scoreboard").read_text()
    assert text.startswith(
        f"This build, preset `book`, 13,920 GeO₂ sites: of {len(CLAIMS)} claims {len(CLAIMS)} hold, 0 "
    )
    assert len(re.findall(r"^\* - ", text, re.M)) == 2 + len(CLAIMS) + 24
