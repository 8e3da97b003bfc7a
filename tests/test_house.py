"""The house: arrows point downwards only, files and functions stay small, chapters show short cells."""

import ast
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src" / "nnca"
FILES = sorted(SRC.rglob("*.py"))

# From the bottom up; what stands on one line may import what stands below it, and its neighbours on the line.
FLOORS = (
    ("files",),
    ("schema",),
    ("data",),
    ("moments",),
    ("features", "spectra", "glass"),
    ("metrics",),
    ("problem", "uncertainty", "resumable", "cluster"),
    ("networks",),
    ("training",),
    ("methods",),
    ("spaces", "learning_curve"),
    ("selection",),
    ("inversion", "reconstruction", "interpretation"),
    ("own",),
    ("figures", "explorer"),
    ("book",),
    ("simulate",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
LEAVES = ("book", "simulate")  # imported by nothing in the module
LONGEST_FUNCTION, LONGEST_FILE = 40, 300


def module_of(path):
    """Dotted name of a file inside the package.  src/nnca/methods/eca.py -> methods.eca"""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


NAMES = {module_of(path) for path in FILES}


def imports(path):
    """Modules of the package that a file imports, wherever the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("nnca.") for alias in node.names if alias.name.startswith("nnca.")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nnca":
            base = node.module.removeprefix("nnca").removeprefix(".")
            names = [f"{base}.{alias.name}".lstrip(".") for alias in node.names]
            found |= {name if name in NAMES else base for name in names} - {""}
    return found


ARROWS = {module_of(path): imports(path) - {module_of(path)} for path in FILES}


def test_every_room_has_a_floor():
    assert {name.split(".")[0] for name in NAMES if name} <= set(FLOOR)


@pytest.mark.parametrize("name", [name for name in ARROWS if name])
def test_arrows_point_downwards(name):
    room = name.split(".")[0]
    for target in ARROWS[name]:
        below = target.split(".")[0]
        assert FLOOR[below] <= FLOOR[room], f"nnca.{name} imports nnca.{target}, which stands above it"
        assert below == room or below not in LEAVES, f"nnca.{name} imports nnca.{target}, a leaf"


def test_there_is_no_circle():
    waiting = {name: set(targets) for name, targets in ARROWS.items()}
    while free := [name for name, targets in waiting.items() if not targets & waiting.keys()]:
        for name in free:
            del waiting[name]
    assert not waiting, f"these import each other: {waiting}"


def lines_of_code(path):
    """Lines that hold code: neither blank, nor comment, nor docstring."""
    tree, text = ast.parse(path.read_text()), path.read_text().splitlines()
    strings = [n for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    documented = {line for node in strings for line in range(node.lineno, node.end_lineno + 1)}
    return [
        number
        for number, line in enumerate(text, start=1)
        if line.strip() and not line.strip().startswith("#") and number not in documented
    ]


@pytest.mark.parametrize("path", FILES, ids=[module_of(path) for path in FILES])
def test_files_and_functions_can_be_read_in_one_sitting(path):
    assert len(lines_of_code(path)) <= LONGEST_FILE
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("chapter", sorted((ROOT / "notebooks").glob("*.py")), ids=lambda path: path.stem)
def test_cells_are_short_and_few(chapter):
    exercise, own = False, 0
    for cell in jupytext.read(chapter).cells:
        exercise = (exercise or cell.source.startswith("### Exercise")) and not cell.source.startswith("## ")
        own += not exercise
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 12, cell.source
    assert own <= 30, f"{own} cells beside the exercises"


def test_the_networks_of_the_paper_are_modules_one_can_read():
    import inspect

    import nnca.networks

    source = inspect.getsource(nnca.networks.EncoderDecoder)
    assert len(source.splitlines()) < 40 and "self.decoder(self.encoder(x))" in source


def test_public_names_need_no_extra():
    names = "EDNN, NNCA, ECA, Emulator, PolynomialEmulator, covered_variance"
    code = f"import sys\nfrom nnca import {names}\nassert not set(sys.modules) & {{'IPython', 'matplotlib', 'sphinx'}}"
    subprocess.run([sys.executable, "-c", code], check=True)
