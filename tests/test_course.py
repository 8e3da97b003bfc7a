"""Notebooks for a class: what nbgrader makes of them, and what no student may see."""

import os
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from nnca.book.course import ASKED, WRITE, CourseError, student, teacher

CHAPTER = """# %% [markdown]
# # A chapter

# %% tags=["parameters"]
preset = "book"  # how much

# %% [markdown]
# ### Exercise: think
# What is narrow?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# The secret bottleneck.

# %% [markdown]
# ### Exercise: add
# Call the sum `total`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
secret = 20 + 22
total = secret

# %% tags=["solution", "check"]
assert total == 42, "Add both numbers."

# %% [markdown] tags=["solution"]
# The secret is addition.

# %% [markdown]
# ## Summary
"""


@pytest.fixture(scope="module")
def chapter():
    notebook = jupytext.reads(CHAPTER, "py:percent")
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook


def test_a_student_gets_prompts_stubs_and_checks_and_no_solution(chapter):
    sources = [cell.source for cell in student(teacher(chapter)).cells]
    assert not any("secret" in source for source in sources)
    assert f"total = ...  # {ASKED}" in sources and sources.count(WRITE) == 2
    assert any("assert total == 42" in source for source in sources) and 'preset = "quick"  # how much' in sources
    assert "#### Solution" not in sources and sources[-1] == "## Summary"


def test_a_teacher_s_notebook_is_nbgrader_s(chapter):
    cells = {c.metadata.nbgrader.grade_id: c for c in teacher(chapter).cells if "nbgrader" in c.metadata}
    points = {name: cell.metadata.nbgrader.get("points") for name, cell in cells.items()}
    assert points == {"think-4": 1, "add-7": None, "add-8": 1, "add-9": 0}
    assert cells["add-8"].metadata.nbgrader.locked and not cells["add-7"].metadata.nbgrader.locked


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("assert total == 42", "assert 42 == 42", "exercise add: its check reads nothing that the solution assigns"),
        ('# %% tags=["solution"]\nsecret = 20 + 22\ntotal = secret\n', "", "exercise add: a check stands before"),
        ("# ### Exercise: think\n", "", "cell 3 is a solution, but no exercise"),
    ],
)
def test_an_exercise_that_cannot_be_taught_is_named(old, new, error):
    with pytest.raises(CourseError, match=error):
        teacher(jupytext.reads(CHAPTER.replace(old, new), "py:percent"))


@pytest.fixture(scope="module")
def marks(chapter, tmp_path_factory):
    """Points that nbgrader gives for the exercise `add`: to a right answer, a wrong one, and none.  -> {who: points}"""
    folder, made = tmp_path_factory.mktemp("course"), teacher(chapter)
    (folder / "source" / "one").mkdir(parents=True)
    nbformat.write(made, folder / "source" / "one" / "add.ipynb")
    (folder / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.root = {str(folder)!r}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")  # nbgrader calls alembic by name
        nbgrader(folder, "generate_assignment", "one")
        released = nbformat.read(folder / "release" / "one" / "add.ipynb", 4)
        assert not any("secret" in cell.source for cell in released.cells), "nbgrader takes the solutions out, too"
        for who, answer in {"right": "total = 42", "wrong": "total = 41", "idle": None}.items():
            hand_in(student(made), answer, folder / "submitted" / who / "one" / "add.ipynb")
        nbgrader(folder, "autograde", "one", "--create")
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
            return {who: book.find_submission("one", who).code_score for who in ("right", "wrong", "idle")}


def hand_in(notebook, answer, path):
    path.parent.mkdir(parents=True)
    for cell in notebook.cells:
        if answer and ASKED in cell.source and cell.cell_type == "code":
            cell.source = answer
    nbformat.write(notebook, path)


def nbgrader(folder, *command):
    command = [sys.executable, "-m", "nbgrader", *command]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_nbgrader_gives_a_point_for_a_right_answer_only(marks):
    assert marks == {"right": 1, "wrong": 0, "idle": 0}
