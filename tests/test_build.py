"""The build flow on a small copy of the project, and promises that the project's own files make to each other."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from nnca.book.parameters import ALLOWED, PRESETS, ParameterError, check, settle
from nnca.book.provenance import address_in, fetch, is_fetch

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.py"))

CHAPTER = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %%
import os

# %% tags=["parameters"]
preset = "book"  # quick, book or paper
data = None  # path
fwhm = 1.0  # eV
snapshots = None

# %%
from nnca.book.parameters import settle

p = settle(globals())
print("result", p.preset, p.fwhm, p.snapshots)
"""


@pytest.fixture
def project(tmp_path):
    """A copy of the project's build with two chapters of one cell each."""
    shutil.copy(ROOT / "dodo.py", tmp_path)
    for folder in ("notebooks", "data", "book", "src"):
        (tmp_path / folder).mkdir()
    for name in ("01_one", "02_two"):
        (tmp_path / "notebooks" / f"{name}.py").write_text(CHAPTER)
    module = tmp_path / "src" / "nnca"
    shutil.copytree(ROOT / "src" / "nnca", module, ignore=shutil.ignore_patterns("__pycache__", "simulate"))
    return tmp_path


def doit(project, *words, **environment):
    command = [sys.executable, "-m", "doit", "run", *words]
    env = os.environ | environment
    return subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, timeout=300)


def outputs(project, chapter):
    path = project / "book" / "chapters" / f"{chapter}.ipynb"
    cells = nbformat.read(path, 4).cells
    return "".join(output.get("text", "") for cell in cells if cell.cell_type == "code" for output in cell.outputs)


def executed(done):
    """Names of the chapters that a run of doit executed; it marks those with a dot, others with dashes."""
    return set(re.findall(r"^\.  chapter:(\S+)", done.stdout, re.M))


def test_only_what_changed_is_executed_again(project):
    assert executed(doit(project, "chapter")) == {"01_one", "02_two"}
    assert outputs(project, "01_one") == "result book 1.0 None\n"
    assert executed(doit(project, "chapter")) == set()
    with open(project / "notebooks" / "01_one.py", "a") as notebook:
        notebook.write("\n# %%\nprint('more')\n")
    assert executed(doit(project, "chapter")) == {"01_one"}
    assert outputs(project, "01_one").endswith("more\n")
    (project / "data" / "h2o.nc").write_bytes(b"new")
    assert executed(doit(project, "chapter")) == {"01_one", "02_two"}
    with open(project / "src" / "nnca" / "metrics.py", "a") as module:
        module.write("\n# changed\n")
    assert executed(doit(project, "chapter")) == {"01_one", "02_two"}


def test_a_changed_parameter_reruns_one_chapter(project):
    doit(project, "chapter")
    done = doit(project, "parameters=fwhm=0.6 snapshots=500", "chapter=01_one", "chapter:01_one")
    assert executed(done) == {"01_one"}
    assert outputs(project, "01_one") == "result book 0.6 500\n"
    assert outputs(project, "02_two") == "result book 1.0 None\n"


def test_the_preset_reaches_the_chapter(project):
    doit(project, "preset=quick", "chapter:01_one")
    assert outputs(project, "01_one") == f"result quick 1.0 {PRESETS['quick']['snapshots']}\n"


def test_a_failing_cell_stops_the_build_and_leaves_the_last_good_result(project):
    doit(project, "chapter")
    notebook = project / "notebooks" / "01_one.py"
    notebook.write_text(CHAPTER + "\n# %%\nprint('new')\n\n# %%\nvalue = {}['missing']\n")
    done = doit(project, "chapter")
    assert done.returncode != 0
    assert "error: 01_one, cell 6" in done.stderr + done.stdout
    assert "KeyError: 'missing'" in re.sub(r"\x1b\[[0-9;]*m", "", done.stderr + done.stdout)
    assert outputs(project, "01_one") == "result book 1.0 None\n"
    assert sorted(path.name for path in (project / "book" / "chapters").iterdir()) == ["01_one.ipynb", "02_two.ipynb"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["preset=fast"], "parameter preset is 'fast'; it must be one of quick, book, paper"),
        (["parameters=fwhm=0"], "parameter fwhm is 0; it must be a number from 0.1 to 5"),
        (["parameters=snapshots=3.5"], "parameter snapshots is 3.5; it must be a whole number from 100 to 10,000,000"),
        (["parameters=data=none.nc"], "parameter data is 'none.nc': no such file"),
        (["parameters=width=2"], "unknown parameter 'width'"),
        (["parameters=scheme=ks"], "unknown parameter 'scheme'; this chapter has data, fwhm, preset, snapshots"),
        (["parameters=fwhm"], "parameters are written name=value; got 'fwhm'"),
        (["chapter=09_none"], "no chapter 09_none; there are 01_one, 02_two"),
    ],
)
def test_wrong_parameters_are_refused_before_anything_runs(project, words, message):
    done = doit(project, *words, "chapter")
    assert done.returncode != 0
    assert message in done.stderr
    assert not (project / "book" / "chapters").exists()


def test_own_data_are_part_of_what_a_chapter_depends_on(project):
    own = project / "my data.nc"
    words = [f"parameters=data='{own}'", "chapter=01_one", "chapter:01_one"]
    own.write_bytes(b"one")
    assert executed(doit(project, *words)) == {"01_one"} and executed(doit(project, *words)) == set()
    own.write_bytes(b"two")
    assert executed(doit(project, *words)) == {"01_one"}
    own.unlink()
    assert "no such file" in doit(project, *words).stderr


def test_a_relative_path_is_taken_from_where_the_build_was_started(project):
    (project / "mine.nc").write_bytes(b"one")
    notebook = project / "notebooks" / "01_one.py"
    notebook.write_text(CHAPTER + "\n# %%\nprint(os.path.isabs(p.data), os.path.isfile(p.data))\n")
    doit(project, "parameters=data=mine.nc", "chapter=01_one", "chapter:01_one")
    assert outputs(project, "01_one").endswith("True True\n")


def test_edits_of_a_notebook_are_never_overwritten(project):
    doit(project, "sync")
    source, pair = project / "notebooks" / "01_one.py", project / "notebooks" / "01_one.ipynb"
    notebook = nbformat.read(pair, 4)
    notebook.cells.append(nbformat.v4.new_code_cell("print('mine')"))
    nbformat.write(notebook, pair)
    source.write_text(CHAPTER + "\n# %%\nprint('theirs')\n")
    done = doit(project, "sync")
    assert done.returncode != 0 and "was edited" in done.stdout + done.stderr
    assert "print('mine')" in pair.read_text()


def test_a_notebook_begins_with_a_cell_that_no_chapter_writes_and_an_address_stays(project):
    source, pair = project / "notebooks" / "01_one.py", project / "notebooks" / "01_one.ipynb"
    doit(project, "sync")
    assert address_in(nbformat.read(pair, 4).cells) == ""
    doit(project, "sync", REPOSITORY="https://example.org/book")
    jupytext.write(nbformat.read(pair, 4), source, fmt="py:percent")  # as JupyterLab does, which writes both
    source.write_text(source.read_text() + "\n# %%\nprint('more')\n")
    done = doit(project, "sync", "chapter:01_one")
    first, *others = nbformat.read(pair, 4).cells
    assert is_fetch(first) and first.metadata.jupyter.source_hidden and not any(is_fetch(cell) for cell in others)
    assert address_in([first]) == "https://example.org/book" and others[-1].source == "print('more')"
    assert outputs(project, "01_one").endswith("more\n"), done.stdout + done.stderr


def test_a_course_ends_with_minutes_and_hands_out_nothing_that_does_not_run(project):
    done = doit(project, "preset=quick", "course")
    assert re.findall(r"^(0\w+) +\d+\.\d$", done.stdout, re.M) == ["01_one", "02_two"], done.stdout + done.stderr
    again = doit(project, "preset=quick", "course")
    assert re.findall(r"^\.  (course:.+)", again.stdout, re.M) == ["course:minutes"] and "02_two  " in again.stdout
    for who in ("teacher", "student"):
        notebook = nbformat.read(project / "_build" / "course" / who / "01_one.ipynb", 4)
        assert set(notebook.metadata) == {"kernelspec", "nnca"} and is_fetch(notebook.cells[0])
    (project / "notebooks" / "02_two.py").write_text(CHAPTER + "\n# %%\nvalue = {}['nowhere']\n")
    assert "KeyError: 'nowhere'" in doit(project, "preset=quick", "course").stdout
    assert "nowhere" not in (project / "_build" / "course" / "student" / "02_two.ipynb").read_text()


def test_results_and_solutions_are_folded(project):
    cells = '\n# %% tags=["remove-input"]\nprint(1)\n\n# %% [markdown] tags=["solution"]\n# #### Solution\n'
    (project / "notebooks" / "01_one.py").write_text(CHAPTER + cells)
    doit(project, "sync")
    notebook = nbformat.read(project / "notebooks" / "01_one.ipynb", 4)
    assert notebook.cells[-2].metadata["jupyter"] == {"source_hidden": True}
    assert notebook.cells[-1].metadata["jp-MarkdownHeadingCollapsed"]
    assert notebook.metadata["colab"] == {"collapsed_sections": [notebook.cells[-1].id]}


def test_bars_of_long_cells_reach_the_terminal_and_not_the_page(project):
    bar = "\n# %%\nfrom tqdm import tqdm\n\nfor _ in tqdm(range(3), desc='training'):\n    pass\nprint('done')\n"
    (project / "notebooks" / "01_one.py").write_text(CHAPTER + bar)
    done = doit(project, "chapter:01_one")
    assert "training: 100%" in done.stderr + done.stdout
    assert outputs(project, "01_one").endswith("done\n") and "training" not in outputs(project, "01_one")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("wdth", "unknown parameter 'wdth'; this chapter has preset, data, snapshots, fwhm"),
        ("scheme", "unknown parameter 'scheme'"),
        ("fwhm", "fwhm is 99"),
    ],
)
def test_papermill_alone_refuses_too(project, option, message):
    notebook = jupytext.read(project / "notebooks" / "01_one.py")
    jupytext.write(notebook, project / "one.ipynb")
    command = [sys.executable, "-m", "papermill", "-k", "python3", "one.ipynb", "out.ipynb", "-p", option, "99"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert message in done.stderr


def test_names_of_a_live_session_are_no_parameters():
    session = {"preset": "quick", "fwhm": 0.5, "snapshots": None, "x": 3, "os": pytest}
    cells = [
        "",
        "import os",
        'preset = "quick"\nfwhm = 1.0\nsnapshots = None',
        "x = 3\na, (b, c.d) = e",
        "%matplotlib inline",
    ]
    assert settle(session | {"In": cells}).snapshots == PRESETS["quick"]["snapshots"]
    assert settle(session).fwhm == 0.5, "outside Jupyter, too"
    with pytest.raises(ParameterError, match="unknown parameter 'width'; this chapter has preset, snapshots, fwhm"):
        settle(session | {"In": [*cells, "# Parameters\nfwhm = 0.5\nwidth = 2"]})


def test_a_whole_number_may_be_written_with_a_point():
    assert settle({"preset": "quick", "snapshots": 200.0}).snapshots == 200


def test_presets_fill_parameters_that_exist_with_values_that_are_allowed():
    for preset, values in PRESETS.items():
        check({"preset": preset, **values})
    with pytest.raises(ParameterError, match="one of ip, ks"):
        check({"preset": "book", "scheme": "dft"})
    check({"preset": "book", "shift": [4.5, -20, 0]})
    with pytest.raises(ParameterError, match="a list of numbers from"):
        check({"preset": "book", "shift": [4.5, "much", 0]})
    check({"preset": "book", "windows": [[537, 544], [510, 535], [525, 545]]})
    with pytest.raises(ParameterError, match="a list of numbers from"):
        check({"preset": "book", "windows": [[537, 544], [510, "much"], [525, 545]]})


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_pairs_are_in_step(chapter):
    source, pair = jupytext.read(chapter), nbformat.read(chapter.with_suffix(".ipynb"), 4)
    first = pair.cells.pop(0)
    assert is_fetch(first) and first.source == fetch(address_in([first])).source, "run: make sync"
    assert [(cell.cell_type, cell.source) for cell in source.cells] == [
        (cell.cell_type, cell.source) for cell in pair.cells
    ], "run: make sync"
    assert [cell.metadata.get("tags") for cell in source.cells] == [cell.metadata.get("tags") for cell in pair.cells]
    assert not any(cell.get("outputs") for cell in pair.cells)
    nbformat.validate(pair)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_keep_to_their_form(chapter):
    cells = jupytext.read(chapter).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    parameters = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert len(parameters) == 1
    for line in parameters[0].source.splitlines():
        assert line.split(" = ")[0] in ALLOWED and "  # " in line, f"a parameter needs a comment: {line}"
    for cell in cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"\{[a-z:]+\}`|^```|^:::", cell.source, re.M), f"raw MyST: {cell.source}"


def lock():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def project_table():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_lock_file_pins_every_requirement_inside_its_range():
    table, pins = project_table(), lock()
    extras = [line for lines in table["optional-dependencies"].values() for line in lines]
    for line in table["dependencies"] + extras:
        requirement = Requirement(line)
        name = requirement.name.lower().replace("_", "-")
        if name != table["name"]:
            assert name in pins, f"{name} is not in requirements.lock"
            assert requirement.specifier.contains(pins[name], prereleases=True), f"{line} but {pins[name]} is locked"


def test_environment_yml_agrees_with_pyproject_and_lock():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    python = next(line for line in dependencies if isinstance(line, str) and line.startswith("python="))
    assert SpecifierSet(project_table()["requires-python"]).contains(python.removeprefix("python="))
    constraint, editable = next(line["pip"] for line in dependencies if isinstance(line, dict))
    assert (ROOT / constraint.removeprefix("--constraint ")).is_file()
    extras = Requirement("nnca" + editable.removeprefix("--editable .")).extras
    assert extras and extras <= set(project_table()["optional-dependencies"])


def test_commands_that_pages_name_exist():
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.M))
    pages = [ROOT / "README.md", *(ROOT / "book").glob("*.md"), *CHAPTERS]
    named = [
        (page.name, word) for page in pages for word in re.findall(r"(?:`|^)make ([\w-]+)", page.read_text(), re.M)
    ]
    assert len(named) > 5
    assert [(page, word) for page, word in named if word not in targets] == []


def test_files_that_the_readme_names_exist():
    text = (ROOT / "README.md").read_text()
    for path in re.findall(r"\b(?:notebooks|book|data|src)/[\w./-]+\w", text):
        assert (ROOT / path).exists(), path


def test_notebooks_name_no_machine():
    for pair in (ROOT / "notebooks").glob("*.ipynb"):
        assert set(json.loads(pair.read_text())["metadata"]) <= {"jupytext", "kernelspec", "colab", "nnca"}


def test_every_dependency_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    names = {re.split(r"[<>=\[]", one)[0] for one in asked} - {"nnca"}
    told = re.findall(r"^\* - (.+)$", (ROOT / "book" / "dependencies.md").read_text(), re.M)
    assert {name for row in told for name in row.split(", ")} - {"package"} == names
