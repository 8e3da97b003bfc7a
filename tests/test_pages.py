"""What chapters say, and what the page makes of it."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from sphinx.errors import ExtensionError

from nnca.book import say, verdicts
from nnca.book.page import cells_of, markdown
from nnca.book.verdicts import HOLDS, NOT, PARTLY, UNKNOWN, Verdict

KEYS = {"10.1098/rsos.220093": "niskanen2022", "2406.14044": "passilahti2024"}


@pytest.fixture
def shown(monkeypatch):
    """What a chapter's calls display: (text or pictures, mark)."""
    found = []

    def display(what, metadata, raw=False):
        found.append((what if raw else what.data, metadata["book"]))

    monkeypatch.setattr(say, "display", display)
    return found


def test_a_sentence_without_its_number_is_not_said(shown):
    say.say(f"It covers {0.5:.2f}. The spread is {float('nan'):.2f} eV. Noise of infinite size stays, information too.")
    assert shown[0][0] == "It covers 0.50. Noise of infinite size stays, information too."
    say.say("None of them is lost.")
    assert shown.pop()[0] == "None of them is lost."
    say.say(f"Nothing but {None}.")
    assert len(shown) == 1
    say.say(f"- One is {1}.\n- Two is {float('inf')}.\n\n**Next:** more.")
    assert shown[1][0] == "- One is 1.\n\n**Next:** more."


def test_a_table_is_markdown_with_numbers_to_the_right(shown):
    frame = pd.DataFrame({"score": ["0.5", "nan"], "word | other": ["a", "b|c"]}, index=["one", "two"])
    say.table(frame, "scores", "Scores.", data=[{"what": "score"}])
    text, mark = shown[0]
    assert mark["name"] == "tab-scores" and mark["data"] == [{"what": "score"}]
    assert mark["grid"].splitlines() == [
        "|  | score | word \\| other |",
        "| --- | ---: | --- |",
        "| one | 0.5 | a |",
        "| two | – | b\\|c |",
    ]
    assert text.startswith('<a id="tab-scores"></a>**Table scores.** Scores.')


def test_a_figure_has_both_pictures_and_words_for_those_who_do_not_see_it(shown):
    fig, ax = plt.subplots()
    ax.plot([0, 1])
    say.show(fig, "line", "A line.", alt="A line that rises.")
    (pictures, mark), (caption, _) = shown
    assert {"image/svg+xml", "image/png", "text/plain"} == set(pictures)
    assert 'aria-label="A line that rises."' in pictures["image/svg+xml"]
    assert mark == {"kind": "figure", "name": "fig-line", "caption": "A line.", "alt": "A line that rises."}
    assert caption == '<a id="fig-line"></a>**Figure line.** A line.'


def test_a_claim_says_its_rule_and_needs_a_sentence_for_its_verdict(shown):
    say.claim("x", "One covers more", "0.8", "0.9", Verdict(HOLDS, "it holds above 0.5"), "It is so.")
    text, mark = shown[0]
    assert "**Claim: One covers more.**" in text and "(Rule: it holds above 0.5.)" in text and "It is so." in text
    assert mark["name"] == "claim-x" and mark["verdict"] == HOLDS
    say.claim("y", "t", "p", "o", Verdict(NOT, "r"), "It is so.")
    assert "It is so." not in shown[1][0], "the sentence belongs to a claim that holds"
    with pytest.raises(KeyError):
        say.claim("z", "t", "p", "o", Verdict(NOT, "r"), {HOLDS: "yes"})


@pytest.mark.parametrize(
    ("plain", "myst"),
    [
        ("[Figure a](#fig-a-b)", "{numref}`fig-a-b`"),
        ("[Figure a](03_ednn.ipynb#fig-a)", "{numref}`fig-a`"),
        ("[Table t](#tab-t)", "{numref}`tab-t`"),
        ("Eq. [(r2)](#eq-r2)", "Eq. {eq}`eq-r2`"),
        ("[words](#term-covered_variance)", "{term}`words <covered variance>`"),
        ("[Niskanen et al. (2022)](https://doi.org/10.1098/rsos.220093)", "{cite:t}`niskanen2022`"),
        ("[the paper](https://arxiv.org/abs/2406.14044)", "{cite:p}`passilahti2024`"),
        ("[next](04_inverse_attempts.ipynb)", "[next](04_inverse_attempts.ipynb)"),
        ("`T[0](#fig-x)` stays", "`T[0](#fig-x)` stays"),
        ("$$\na = b \\tag{name}\n$$", "$$\na = b\n$$ (eq-name)"),
        (
            "> **Deviation 3: a thing.** It\n> differs.",
            ":::{admonition} Deviation 3: a thing\n:class: warning\nIt\ndiffers.\n:::",
        ),
    ],
)
def test_plain_markdown_becomes_numbered(plain, myst):
    assert markdown(plain, KEYS) == myst


def test_a_paper_that_is_not_in_the_references_fails_the_build():
    with pytest.raises(ExtensionError, match="no entry with this DOI"):
        markdown("[Nobody (1900)](https://doi.org/10.1/none)", KEYS)


def cell(source, *tags, kind="markdown"):
    return {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)}} | (
        {"outputs": []} if kind == "code" else {}
    )


def test_exercises_and_their_solutions_are_gated():
    notebook = [
        cell("### Exercise: a try\n\nDo it."),
        cell("#### Solution", "solution"),
        cell("x = 1", "solution", kind="code"),
        cell("## Next"),
    ]
    sources = ["".join(one["source"]) for one in cells_of({"cells": notebook}, KEYS)]
    assert sources[0] == "````{exercise} a try\n:label: ex-a-try\nDo it.\n````"
    assert sources[1] == "```{solution-start} ex-a-try\n:class: dropdown\n```"
    assert sources[-2:] == ["```{solution-end}\n```", "## Next"] and "x = 1" in sources


def test_rules_judge_by_their_thresholds():
    assert verdicts.above((0.1, 0.05, 0.2)).word == HOLDS
    assert verdicts.above((0.1, 0.05, 0.2), (0.1, -0.05, 0.2)).word == PARTLY
    assert verdicts.above((0.1, -0.05, 0.2)).word == UNKNOWN and verdicts.above((-0.1, -0.2, -0.05)).word == NOT
    assert verdicts.equal((0, -0.004, 0.004)).word == HOLDS and verdicts.equal((0.1, 0.02, 0.2)).word == NOT
    assert verdicts.equal((0, -0.01, 0.004)).word == UNKNOWN
    assert verdicts.all_of({"a": True, "b": False}).word == PARTLY and verdicts.all_of({"a": False}).word == NOT
    assert (
        verdicts.first_of({"a": False, "b": True}).word == NOT
        and verdicts.first_of({"a": True, "b": False}).word == PARTLY
    )
    assert verdicts.count(3, 3, "x").word == HOLDS and verdicts.count(0, 3, "x").word == NOT
    assert verdicts.discriminates(0.9, 0.01, level=0.8, margin=0.1).word == UNKNOWN
    assert verdicts.discriminates(0.7, 0.5, level=0.8, margin=0.1).word == NOT
    assert verdicts.at_least({"A": 0.99}, {"A": 0.9}) == Verdict(HOLDS, "it holds if A covers 0.9 or more")
