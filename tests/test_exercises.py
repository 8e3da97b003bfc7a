"""Exercises: each can be taught, none tells its answer, and a wrong answer is refused in words."""

import ast
import re
from functools import cache
from pathlib import Path

import jupytext
import pytest
from planted import PLANTED, exercises, plant

from nnca.book.course import names_asked, student, teacher

CHAPTERS = {path.stem: path for path in sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*_*.py"))}
QUIZ = "three questions on "


@cache
def read(name):
    return jupytext.read(CHAPTERS[name])


@pytest.fixture(params=CHAPTERS)
def chapter(request):
    return request.param, read(request.param)


def test_a_chapter_has_three_to_five_exercises_and_a_quiz(chapter):
    *before, last = exercises(chapter[1])
    assert 3 <= len(before) <= 5 and not any(one["title"].startswith(QUIZ) for one in before)
    assert any("No Python needed" in one["prompt"] for one in before), "one for readers without Python"
    assert last["title"].startswith(QUIZ) and re.findall(r"^(\d)\. ", last["prompt"], re.M) == ["1", "2", "3"]


def test_no_two_exercises_of_the_book_have_one_name():
    titles = [one["title"] for name in CHAPTERS for one in exercises(read(name))]
    assert len(set(titles)) == len(titles), "their titles are their labels on the pages"


def test_every_solution_in_code_has_a_check_and_a_planted_answer(chapter):
    name, notebook = chapter
    in_code = [one for one in exercises(notebook) if one["solution"]]
    assert all(one["check"] for one in in_code)
    assert {one["title"] for one in in_code} == set(PLANTED.get(name, {}))
    for one in in_code:
        for asked in names_asked(one["solution"], one["check"], one["title"]):
            assert re.search(rf"`{asked}\b", one["prompt"]), f"{one['title']}: the prompt does not ask for {asked}"


def test_every_check_speaks(chapter):
    for one in exercises(chapter[1]):
        assert "assert " not in (one["solution"] or ""), f"{one['title']}: what is asserted belongs to the check"
        for node in ast.walk(ast.parse(one["check"] or "")):
            if isinstance(node, ast.Assert):
                assert node.msg is not None, f"{one['title']}: {ast.unparse(node)} has no message"


def test_no_solution_reaches_a_student(chapter):
    given = [cell.source for cell in student(teacher(chapter[1])).cells]
    hidden = [cell for cell in chapter[1].cells if "solution" in cell.metadata.get("tags", [])]
    for cell in hidden:
        if "check" not in cell.metadata.tags and not cell.source.startswith("#### Solution"):
            assert not any(cell.source in source for source in given)


MADE = """# %%
two = 2

# %% [markdown]
# ### Exercise: add
# Call the sum `total`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
total = two + 40

# %% tags=["solution", "check"]
assert total is not ..., "total: a number."
assert total == 42, "total: add both numbers."
"""


def run(text, wrong, monkeypatch):
    """The cells of a made chapter, planted and run; what they leave.  -> dict"""
    monkeypatch.setitem(PLANTED, "made", {"add": wrong})
    left = {}
    for cell in plant(jupytext.reads(text, "py:percent"), "made").cells:
        if cell.cell_type == "code":
            exec(cell.source, left)
    return left


def test_a_planted_answer_is_tried_where_no_solution_ran_and_leaves_nothing(monkeypatch):
    assert run(MADE, "total = two + 41", monkeypatch)["total"] == 42
    with pytest.raises(NameError, match="total"):
        run(MADE, "total = total + 1", monkeypatch)


@pytest.mark.parametrize(
    ("old", "new", "wrong", "error"),
    [
        ("", "", "total = 42", "its check lets this pass"),
        ("total == 42", "total > 0", "total = 41", "its check lets this pass"),
        ("is not ...", "is not None", "total = 41", None),  # the second assertion refuses the stub
        (', "total: add both numbers."', "", "total = 41", "without a word of help"),
        ("total", "two", "two = 41", "its stub overwrites"),
    ],
)
def test_a_check_that_is_too_kind_is_found(monkeypatch, old, new, wrong, error):
    text = MADE.replace(old, new) if old else MADE
    if error is None:
        run(text, wrong, monkeypatch)
    else:
        with pytest.raises((AssertionError, RuntimeError), match=error):
            run(text, wrong, monkeypatch)


def test_planted_cells_stay_off_the_page():
    name = next(iter(CHAPTERS))
    added = [cell for cell in plant(read(name), name).cells if "remove-cell" in cell.metadata.get("tags", [])]
    assert len(added) == 1 + len(PLANTED[name])
