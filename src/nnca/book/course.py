"""Notebooks for a class, made from a chapter: one for the teacher with solutions and checks, one for students without.

A chapter's exercise is a prompt, a cell tagged `solution`, and one tagged `solution` and `check` that asserts what a
right answer has.  What the check reads of the solution is what students are asked for.  The cells' metadata are
nbgrader's (schema 3), so that `nbgrader generate_assignment` and `autograde` take the teacher's notebook as it is.
"""

import ast
import copy
import re

from nnca.book.provenance import is_fetch

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
ASKED = "your answer here"
WRITE = "*Your answer here.*"
TITLE = re.compile(r"### Exercise: (.+)")


class CourseError(ValueError):
    """An exercise that cannot be taught as it is written."""


def teacher(chapter, preset="quick"):
    """A chapter as nbgrader's source notebook: solutions marked, checks graded.  notebook -> notebook

    Raises CourseError for a check that reads nothing of its solution, and for a solution before any exercise.
    """
    made, exercise, solution = [], None, None
    for number, old in enumerate(copy.deepcopy(chapter.cells)):
        tags = set(old.metadata.get("tags", []))
        if title := TITLE.match(old.source):
            exercise, solution = re.sub(r"\W+", "-", title[1].lower()).strip("-"), None
        if "parameters" in tags:
            old.source = re.sub(r"^preset = \S+", f'preset = "{preset}"', old.source, flags=re.M)
        if "solution" not in tags:
            made.append(old)
            continue
        if exercise is None:
            raise CourseError(f"cell {number} is a solution, but no exercise stands before it")
        if old.source.startswith("#### Solution"):
            continue
        name = f"{exercise}-{number}"
        if "check" in tags:
            asked = names_asked(solution, old.source, exercise)
            made[-1].source = f"{stub(asked)}\n{BEGIN}\n{solution}\n{END}"
            mark(old, name, points=1, solution=False)
        elif old.cell_type == "code":
            solution = old.source
            old.source = f"{BEGIN}\n{solution}\n{END}"
            mark(old, name, solution=True)
        else:  # words: a graded answer where nothing else is asked, else a place to say what was found
            mark(old, name, points=int(solution is None), solution=True)
            old.source = f"{BEGIN}\n{old.source}\n{END}"
        made.append(old)
    return _notebook(chapter, made)


def student(notebook):
    """The teacher's notebook without any solution: stubs stand in their places.  notebook -> notebook"""
    made = copy.deepcopy(notebook.cells)
    for cell in made:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            before, _, _ = cell.source.partition(BEGIN)
            blank = WRITE if cell.cell_type == "markdown" else f"# {ASKED}"
            cell.source = before.strip() or blank
    return _notebook(notebook, made)


def without_solutions(chapter):
    """An executed chapter for pages that a class reads: neither solutions nor checks.  notebook -> notebook"""
    made = copy.deepcopy(chapter)
    made.cells = [cell for cell in made.cells if "solution" not in cell.metadata.get("tags", [])]
    return made


def names_asked(solution, check, exercise):
    """Names that a solution assigns and its check reads, in the order of the solution.  -> list of str"""
    if solution is None:
        raise CourseError(f"exercise {exercise}: a check stands before its solution")
    read = {node.id for node in ast.walk(ast.parse(check)) if isinstance(node, ast.Name)}
    stored = [
        node.id
        for line in ast.parse(solution).body
        for node in ast.walk(line)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    asked = [name for name in dict.fromkeys(stored) if name in read]
    if not asked:
        raise CourseError(f"exercise {exercise}: its check reads nothing that the solution assigns")
    return asked


def stub(names):
    """What a student begins with."""
    return "\n".join(f"{name} = ...  # {ASKED}" for name in names)


def mark(cell, name, solution, points=None):
    """Give a cell nbgrader's metadata: an answer, a check, or both."""
    graded = points is not None
    cell.metadata["nbgrader"] = {
        "grade": graded,
        "grade_id": name,
        "locked": graded and not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    } | ({"points": points} if graded else {})


def _notebook(like, cells):
    made = copy.deepcopy(like)
    made.cells = cells
    for pairing in ("jupytext", "colab"):  # beside a notebook that is paired JupyterLab writes a .py, solutions and all
        made.metadata.pop(pairing, None)
    for number, cell in enumerate(made.cells):
        cell.id = f"cell-{number:02d}"
        for fold in () if is_fetch(cell) else ("jupyter", "cellView"):  # a class sees its cells open
            cell.metadata.pop(fold, None)
    return made
