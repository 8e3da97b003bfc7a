"""The build: notebooks/NN.py -> .ipynb beside it -> papermill -> book/chapters/NN.ipynb -> Jupyter Book -> _build/html.

doit runs only what changed: a chapter again when its notebook, the module, the data or its parameters did.
Every .ipynb begins with a cell that fetches the project where it is missing.  `make sync REPOSITORY=address` tells from
where; else an address that stands there stays.
`make book` and `make chapter` call this file; `parameters` is a line of name=value.
"""

import ast
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from glob import glob
from pathlib import Path

import jupytext
import nbformat
from doit import get_var
from doit.exceptions import TaskFailed
from doit.tools import config_changed

from nnca.book.parameters import FILES, FOLDERS, ParameterError, check
from nnca.book.provenance import address_in, fetch, is_fetch, record, repository_of

DOIT_CONFIG = {"backend": "json", "dep_file": ".doit.json", "default_tasks": ["book"], "verbosity": 2}
CHAPTERS = sorted(path.stem for path in Path("notebooks").glob("[0-9]*_*.py"))
DONE = Path("book/chapters")
WARNED = re.compile(r"^.+?:\d+: (\w*Warning: .*)\n(?:  .*\n)?", re.M)  # a warning with its place in the code
COURSE = Path("_build/course")
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}  # JupyterLab; Colab
OURS = {  # what a chapter reads where nothing else is named
    "data": "data/h2o.nc",
    "geo2_data": "data/geo2.nc",
    "structures": "data/nh3/structures",
    "spectra": "data/nh3/spectra",
}
COLLECTED = [f"{DONE}/{name}" for name in ("scoreboard.inc", "answer.inc", "answer.svg", "molecule.inc")]


def given_parameters():
    """Parameters of the command line as a dict, the preset among them; values as Python literals, else as text."""
    parameters = {"preset": get_var("preset", "book")}
    for word in shlex.split(get_var("parameters", os.environ.get("NNCA_PARAMETERS", ""))):
        name, equals, text = word.partition("=")
        if not equals:
            raise ParameterError(f"parameters are written name=value; got {word!r}")
        try:
            parameters[name] = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            parameters[name] = text
    check(parameters)
    given = {name: own_file(name, parameters[name]) for name in FILES if parameters.get(name)}
    return parameters | given | {name: own_folder(name, parameters[name]) for name in FOLDERS if parameters.get(name)}


def own_file(name, given):
    """The whole path of a file that a parameter names."""
    path = Path(given).expanduser().resolve()
    if not path.is_file():
        raise ParameterError(f"parameter {name} is {given!r}: no such file")
    return str(path)


def own_folder(name, given):
    """The whole path of a file, a folder or a pattern of files that a parameter names."""
    path = Path(given).expanduser().absolute()
    if not files_in(path):
        raise ParameterError(f"parameter {name} is {given!r}: no such file, and no folder or pattern with files")
    return str(path)


def files_in(path):
    """All files that a path means, those of a folder at any depth."""
    found = [path] if path.exists() else [Path(one) for one in glob(str(path))]
    found += [inner for one in found if one.is_dir() for inner in one.rglob("*")]
    return [str(one) for one in found if one.is_file()]


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
    """what git keeps although it is made: notebooks/*.ipynb from their .py, which is the one to edit"""
    for chapter in CHAPTERS:
        source, pair = f"notebooks/{chapter}.py", f"notebooks/{chapter}.ipynb"
        yield {
            "name": chapter,
            "file_dep": [source],
            "targets": [pair],
            "uptodate": [config_changed({"REPOSITORY": os.environ.get("REPOSITORY", "")})],
            "actions": [(sync, [source, pair])],
        }


def sync(source, pair):
    """Write the notebook of a chapter, results and solutions folded; edits that the .py does not have are kept."""
    notebook, folded, address = jupytext.read(source), [], ""
    notebook.cells = [cell for cell in notebook.cells if not is_fetch(cell)]  # JupyterLab writes both files
    if Path(pair).exists():
        old = jupytext.read(pair)
        stamp = old.metadata.get("nnca", {}).get("source")
        if stamp not in (None, content(old.cells)) and content(old.cells) != content(notebook.cells):
            return TaskFailed(
                f"{pair} was edited and {source} is newer: take the edits over with `jupytext --to py:percent {pair}`, "
                "or delete the notebook, then sync again"
            )
        address = address_in(old.cells)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"  # jupytext draws ids at random; a diff should show changes only
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and tags & {"remove-input", "hide-input", "solution"}:
            cell.metadata |= FOLDED
        if cell.source.startswith("#### Solution"):
            cell.metadata |= {"jp-MarkdownHeadingCollapsed": True, "id": cell.id}  # with the cells below it
            folded.append(cell.id)
    notebook.metadata |= {"colab": {"collapsed_sections": folded}, "nnca": {"source": content(notebook.cells)}}
    first = fetch(os.environ.get("REPOSITORY", "") or address)
    first.metadata |= FOLDED
    notebook.cells.insert(0, first)
    jupytext.write(notebook, pair)
    return None


def content(cells):
    """What an author writes in cells, as a short text that changes with it."""
    own = [cell for cell in cells if not is_fetch(cell)]
    written = [(cell.cell_type, cell.source, sorted(cell.metadata.get("tags", []))) for cell in own]
    return hashlib.sha256(repr(written).encode()).hexdigest()[:16]


def task_chapter():
    """a chapter executed by papermill"""
    module = [str(path) for path in Path("src/nnca").rglob("*.*") if path.parent.name != "simulate" and path.is_file()]
    module = [path for path in module if "__pycache__" not in path]
    data = [str(path) for path in Path("data").glob("[!.]*.*")] + files_in(Path("data/nh3"))
    for chapter in CHAPTERS:
        parameters = {name: value for name, value in GIVEN.items() if name in KNOWN[chapter]}
        own = [parameters[name] for name in FILES if parameters.get(name)]
        own += [file for name in FOLDERS if parameters.get(name) for file in files_in(Path(parameters[name]))]
        yield {
            "name": chapter,
            "file_dep": [f"notebooks/{chapter}.ipynb", *module, *data, *own],
            "targets": [f"{DONE}/{chapter}.ipynb"],
            "uptodate": [config_changed(parameters)],
            "actions": [(execute, [chapter, parameters])],
        }


def execute(chapter, parameters):
    """Run a chapter beside its last good result and replace that only when every cell succeeded."""
    DONE.mkdir(parents=True, exist_ok=True)
    part = DONE / f".{chapter}.part.ipynb"
    if failure := run(f"notebooks/{chapter}.ipynb", part, chapter, parameters):
        return failure
    tidy(part, record([parameters.get(name) or file for name, file in OURS.items() if name in KNOWN[chapter]]))
    os.replace(part, DONE / f"{chapter}.ipynb")
    return None


def run(notebook, part, chapter, parameters):
    """Execute a notebook into another file, with its bars in the terminal.  -> TaskFailed, or None"""
    import papermill
    from traitlets.config import Config

    with tempfile.TemporaryDirectory() as sockets:
        ipc = Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"})  # over TCP each prints a warning
        try:
            papermill.execute_notebook(
                notebook,
                str(part),
                parameters,
                kernel_name="python3",
                progress_bar={"desc": chapter},
                stderr_file=sys.stderr,  # bars of long cells
                config=ipc,
            )
        except papermill.PapermillExecutionError as failure:
            # its cell_index counts from 0 but also the cell that papermill adds: together, from 1 in the notebook
            trace = "\n".join(failure.traceback)
            print(f"\nerror: {chapter}, cell {failure.cell_index}:\n{failure.source}\n\n{trace}", file=sys.stderr)
            part.unlink()
            return TaskFailed(f"{chapter}, cell {failure.cell_index}: {failure.ename}: {failure.evalue}")
    return None


def tidy(path, provenance):
    """Keep what a notebook was made of, and drop what a page cannot use: bars, live widgets, the places of warnings.

    A widget's output holds HTML beside it, which works on a page and is a still picture in Jupyter.
    """
    notebook = nbformat.read(path, 4)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["provenance"] = provenance
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [one for one in cell.outputs if not _is_bar(one)]
            for output in cell.outputs:
                output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
                if output.get("name") == "stderr":
                    output.text = WARNED.sub(r"\1\n", output.text)
    nbformat.write(notebook, path)


def _is_bar(output):
    text = output.get("text", "")
    return output.output_type == "stream" and ("\r" in text or not text.strip())


def task_scoreboard():
    """what the chapters found: the paper's claims and numbers beside ours, and the answer of the first page"""
    notebooks = [f"{DONE}/{chapter}.ipynb" for chapter in CHAPTERS]  # which change when the module does
    return {"file_dep": notebooks, "targets": COLLECTED, "actions": [(judge, [notebooks])]}


def judge(notebooks):
    from nnca.book import answer, scoreboard

    try:
        scoreboard.write(notebooks, COLLECTED[0], GIVEN["preset"])
        answer.write(notebooks, DONE)
    except scoreboard.ScoreboardError as error:
        return TaskFailed(str(error))


def pages():
    """Files that the pages are made of."""
    written = [str(path) for path in Path("book").rglob("*.*") if DONE not in path.parents and path.is_file()]
    return ["_config.yml", "_toc.yml", *written, *(f"{DONE}/{chapter}.ipynb" for chapter in CHAPTERS), *COLLECTED]


def task_book():
    """the pages in _build/html, with every warning an error"""
    address = repository_of(os.environ.get("REPOSITORY", ""))
    return {
        "file_dep": pages(),
        "targets": ["_build/html/index.html"],
        "uptodate": [config_changed({"REPOSITORY": address})],
        "actions": [
            (shutil.rmtree, ["_build/html", True]),  # Sphinx does not copy changed static files into an old build
            (shutil.rmtree, ["_build/.doctrees", True]),
            (build, [".", address]),
            lambda: print(f"The book: {Path('_build/html/index.html').resolve().as_uri()}"),
        ],
    }


def build(folder, address):
    """Make the pages of a folder; each tells the address where its project is.  -> TaskFailed, or None"""
    jupyter_book = str(Path(sys.executable).with_name("jupyter-book"))  # whether or not the environment is activated
    command = [jupyter_book, "build", "-W", "-n", "--keep-going", folder]
    if subprocess.run(command, env=os.environ | {"REPOSITORY": address}).returncode:
        return TaskFailed("the pages could not be made; the reason stands above")
    trim(Path(folder, "_build/html/_static/mathjax"))
    return None


def trim(mathjax):
    """Of MathJax keep the variant that pages load, and what it loads in turn."""
    for variant in mathjax.glob("*.js"):
        if variant.name != "tex-chtml.js":
            variant.unlink()
    for folder in ("output/svg", "input/mml"):
        shutil.rmtree(mathjax / folder)


def task_pdf():
    """the whole book on paper, in _build/nnca.pdf"""
    return {"task_dep": ["book"], "actions": [print_book]}


def print_book():
    from nnca.book import pdf

    try:
        sheets = pdf.write("_build/html", "_toc.yml", "_build/nnca.pdf")
    except pdf.PdfError as error:
        return TaskFailed(str(error))
    print(f"The book on paper: _build/nnca.pdf, {sheets} sheets")
    return None


def task_course_book():
    """the pages for a class in _build/course/book: no solutions in them, nor in the notebooks that they offer"""
    return {"file_dep": pages(), "targets": [f"{COURSE}/book/index.html"], "actions": [publish]}


def publish():
    """Make the pages from copies without solutions, so that nothing Sphinx writes has any; nor links to some."""
    from nnca.book.course import without_solutions

    with tempfile.TemporaryDirectory() as copy:
        for name in pages():
            target = Path(copy, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.suffix == ".ipynb":
                nbformat.write(without_solutions(nbformat.read(name, 4)), target)
            else:
                shutil.copy(name, target)
        if failure := build(copy, address=""):
            return failure
        shutil.rmtree(COURSE / "book", ignore_errors=True)
        shutil.copytree(f"{copy}/_build/html", COURSE / "book")
    print(f"The book without solutions: {(COURSE / 'book/index.html').resolve().as_uri()}")
    return None


def task_course():
    """notebooks for a class, in _build/course: with solutions for the teacher, without for students"""
    for chapter in CHAPTERS:
        module = [str(path) for path in Path("src/nnca").rglob("*.py") if path.parent.name != "simulate"]
        made = [COURSE / who / f"{chapter}.ipynb" for who in ("teacher", "student")]
        yield {
            "name": chapter,
            "file_dep": [f"notebooks/{chapter}.ipynb", *module],
            "targets": [str(path) for path in made],
            "actions": [(teach, [chapter, *made])],
        }
    done = [f"course:{chapter}" for chapter in CHAPTERS]
    yield {"name": "minutes", "task_dep": done, "actions": [tell_minutes]}  # with those of chapters that did not change


def teach(chapter, teacher, student):
    """Write both notebooks of a chapter, once the teacher's has run to its end in the quick preset."""
    from nnca.book import course

    try:
        notebook = course.teacher(jupytext.read(f"notebooks/{chapter}.ipynb"))
    except course.CourseError as error:
        return TaskFailed(f"{chapter}: {error}")
    part = COURSE / f".{chapter}.ipynb"
    for path in (part, teacher, student):
        path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, part)
    start = time.monotonic()
    if failure := run(str(part), part, chapter, {}):
        return failure
    part.unlink()
    notebook.metadata["nnca"] = {"minutes": round((time.monotonic() - start) / 60, 1)}
    nbformat.write(notebook, teacher)
    nbformat.write(course.student(notebook), student)
    return None


def tell_minutes():
    """Print how long each teacher's notebook took."""
    print(f"\n{'chapter':30}minutes at quick, {os.cpu_count()} cores")
    for chapter in CHAPTERS:
        print(
            f"{chapter:30}{nbformat.read(COURSE / 'teacher' / f'{chapter}.ipynb', 4).metadata['nnca']['minutes']:7.1f}"
        )
