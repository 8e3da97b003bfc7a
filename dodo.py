"""The build: notebooks/NN.py -> .ipynb beside it -> papermill -> book/chapters/NN.ipynb -> Jupyter Book -> _build/html.

doit runs only what changed: a chapter again when its notebook, the module, the data or its parameters did.
`make book` and `make chapter` call this file; `parameters` is a line of name=value.
"""

import ast
import os
import shlex
import shutil
import sys
from pathlib import Path

import jupytext
from doit import get_var
from doit.exceptions import TaskFailed
from doit.tools import config_changed

from nnca.book.parameters import ParameterError, check

DOIT_CONFIG = {"backend": "json", "dep_file": ".doit.json", "default_tasks": ["book"], "verbosity": 2}
CHAPTERS = sorted(path.stem for path in Path("notebooks").glob("[0-9][0-9]_*.py"))
DONE = Path("book/chapters")
SCOREBOARD = f"{DONE}/scoreboard.inc"


def given_parameters():
    """Parameters of the command line as a dict, the preset among them; values as Python literals, else as text."""
    parameters = {"preset": get_var("preset", "book")}
    for word in shlex.split(get_var("parameters", "")):
        name, equals, text = word.partition("=")
        if not equals:
            raise ParameterError(f"parameters are written name=value; got {word!r}")
        try:
            parameters[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            parameters[name] = text
    check(parameters)
    return parameters


def parameters_of(chapter):
    """Names of the parameters that a chapter has."""
    cells = jupytext.read(f"notebooks/{chapter}.py").cells
    source = next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    return [target.id for line in ast.parse(source).body for target in line.targets]


KNOWN = {chapter: parameters_of(chapter) for chapter in CHAPTERS}
ASKED = shlex.split(get_var("chapter", "")) or CHAPTERS
try:
    if unknown := set(ASKED) - set(CHAPTERS):
        raise ParameterError(f"no chapter {', '.join(unknown)}; there are {', '.join(CHAPTERS)}")
    GIVEN = given_parameters()
    check(GIVEN, sorted(set().union(*(KNOWN[chapter] for chapter in ASKED))))
except ParameterError as error:
    sys.exit(f"error: {error}")


def task_sync():
    """what git keeps although it is made: notebooks/*.ipynb from their .py, which is the one to edit; a picture"""
    for chapter in CHAPTERS:
        source, pair = f"notebooks/{chapter}.py", f"notebooks/{chapter}.ipynb"
        yield {"name": chapter, "file_dep": [source], "targets": [pair], "actions": [(sync, [source, pair])]}

    picture = "book/_static/mean_spectra.svg"
    module = ["src/nnca/figures/data.py", "src/nnca/spectra.py", "src/nnca/figures/book.mplstyle"]
    yield {
        "name": "picture",
        "file_dep": ["data/h2o.nc", *module],
        "targets": [picture],
        "actions": [(draw, [picture])],
    }


def draw(picture):
    """The picture of the README."""
    # here, not above: a build with nothing to do should not wait for matplotlib
    from nnca.data import load_h2o
    from nnca.figures import data, use_style
    from nnca.spectra import WINDOWS, h2o_spectra

    use_style()
    water = load_h2o()
    spectra = {kind: h2o_spectra(water, kind) for kind in WINDOWS}
    data.mean_spectra(spectra).savefig(picture, metadata={"Date": None})


def sync(source, pair):
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"  # jupytext draws ids at random; a diff should show changes only
    jupytext.write(notebook, pair)


def task_chapter():
    """a chapter executed by papermill"""
    module = [str(path) for path in Path("src/nnca").rglob("*.*") if path.parent.name != "simulate" and path.is_file()]
    module = [path for path in module if "__pycache__" not in path]
    for chapter in CHAPTERS:
        parameters = {name: value for name, value in GIVEN.items() if name in KNOWN[chapter]}
        yield {
            "name": chapter,
            "file_dep": [f"notebooks/{chapter}.ipynb", *module, *map(str, Path("data").glob("[!.]*.*"))],
            "targets": [f"{DONE}/{chapter}.ipynb"],
            "uptodate": [config_changed(parameters)],
            "actions": [(execute, [chapter, parameters])],
        }


def execute(chapter, parameters):
    """Run a chapter beside its last good result and replace that only when every cell succeeded."""
    import papermill
    from traitlets.config import Config

    DONE.mkdir(parents=True, exist_ok=True)
    part = DONE / f".{chapter}.part.ipynb"
    try:
        papermill.execute_notebook(
            f"notebooks/{chapter}.ipynb",
            str(part),
            parameters,
            kernel_name="python3",
            progress_bar={"desc": chapter},
            config=Config(KernelManager={"transport": "ipc"}),  # over TCP each kernel prints a warning
        )
    except papermill.PapermillExecutionError as failure:
        # its cell_index counts from 0 but also the cell that papermill adds: together, from 1 in the notebook
        trace = "\n".join(failure.traceback)
        print(f"\nerror: {chapter}, cell {failure.cell_index}:\n{failure.source}\n\n{trace}", file=sys.stderr)
        part.unlink()
        return TaskFailed(f"{chapter}, cell {failure.cell_index}: {failure.ename}: {failure.evalue}")
    os.replace(part, DONE / f"{chapter}.ipynb")


def task_scoreboard():
    """the paper's claims and numbers beside ours, judged by what the chapters found"""
    notebooks = [f"{DONE}/{chapter}.ipynb" for chapter in CHAPTERS]  # which change when the module does
    return {"file_dep": notebooks, "targets": [SCOREBOARD], "actions": [(judge, [notebooks])]}


def judge(notebooks):
    from nnca.book.scoreboard import ScoreboardError, write

    try:
        write(notebooks, SCOREBOARD, GIVEN["preset"])
    except ScoreboardError as error:
        return TaskFailed(str(error))


def task_book():
    """the pages in _build/html, with every warning an error"""
    pages = [str(path) for path in Path("book").rglob("*.*") if DONE not in path.parents and path.is_file()]
    pages += [f"{DONE}/{chapter}.ipynb" for chapter in CHAPTERS]
    jupyter_book = str(Path(sys.executable).with_name("jupyter-book"))  # whether or not the environment is activated
    return {
        "file_dep": ["_config.yml", "_toc.yml", *pages, SCOREBOARD],
        "targets": ["_build/html/index.html"],
        "actions": [
            (shutil.rmtree, ["_build", True]),  # Sphinx does not copy changed static files into an old build
            [jupyter_book, "build", "-W", "-n", "--keep-going", "."],
            lambda: print(f"The book: {Path('_build/html/index.html').resolve().as_uri()}"),
        ],
    }
