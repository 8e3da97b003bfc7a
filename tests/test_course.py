"""Notebooks for a class: what nbgrader makes of them, and what no student may see."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from nnca.book.course import ASKED, WRITE, CourseError, student, teacher
from nnca.book.provenance import fetch

ROOT = Path(__file__).parents[1]
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


def test_no_notebook_of_a_class_is_paired_with_a_file(chapter):
    assert "jupytext" in chapter.metadata, "JupyterLab would write its solutions beside it, and nbgrader hand them out"
    assert [set(made.metadata) for made in (teacher(chapter), student(teacher(chapter)))] == [{"kernelspec"}] * 2


def test_the_first_cell_stays_folded(chapter):
    first = fetch("")
    first.metadata["jupyter"] = {"source_hidden": True}
    given = student(teacher(nbformat.v4.new_notebook(cells=[first, *chapter.cells])))
    assert given.cells[0].metadata.jupyter.source_hidden and given.cells[0].source == first.source


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


def test_no_solution_reaches_the_pages_of_a_class_nor_the_notebooks_they_offer(chapter, tmp_path):
    """A small book from the project's own settings; what solutions say and show is looked for in every file of it."""
    (tmp_path / "book" / "chapters").mkdir(parents=True)
    for folder in ("book/_static", "src"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dodo.py", "_config.yml", "book/references.bib", "book/glossary.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/glossary\nchapters:\n- file: book/chapters/01_one\n"
    )
    (tmp_path / "notebooks").mkdir()
    jupytext.write(chapter, tmp_path / "notebooks" / "01_one.py", fmt="py:percent")
    done = jupytext.reads(CHAPTER.replace("secret", "xyzzy"), "py:percent")  # a word that no icon has
    done.metadata = chapter.metadata
    done.cells.insert(0, fetch("https://example.org/book"))
    for cell in done.cells:
        if "xyzzy" in cell.source and cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="xyzzy is shown, too")]
    nbformat.write(done, tmp_path / "book" / "chapters" / "01_one.ipynb")
    for name in ("scoreboard.inc", "answer.inc", "answer.svg", "molecule.inc"):
        (tmp_path / "book" / "chapters" / name).touch()
    command = [sys.executable, "-m", "doit", "run", "--single", "course_book"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    made = tmp_path / "_build" / "course" / "book"
    assert b"xyzzy" in (tmp_path / "book" / "chapters" / "01_one.ipynb").read_bytes()
    assert [path for path in made.rglob("*") if path.is_file() and b"xyzzy" in path.read_bytes()] == []
    page, offered = made / "book" / "chapters" / "01_one.html", made / "_sources" / "book" / "chapters" / "01_one.ipynb"
    assert "Call the sum" in page.read_text() and "example.org" not in page.read_text()
    assert "Call the sum" in offered.read_text() and "example.org" in offered.read_text()
    assert "_sources/book/chapters/01_one.ipynb" in page.read_text(), "the page offers its notebook"
