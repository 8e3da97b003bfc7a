"""What every chapter begins with: its parameters with their presets, all in one place."""

import ast
from types import SimpleNamespace

PRESETS = {
    "quick": {"snapshots": 1_000, "sites": 1_000, "seeds": 2, "epochs": 60, "candidates": 4},
    "book": {"snapshots": None, "sites": None, "seeds": 5, "epochs": 60, "candidates": 12},
    "paper": {"snapshots": None, "sites": None, "seeds": 10, "epochs": 400, "candidates": 20_000},
}

# What a parameter may be: a tuple of names, or a type with the lowest and highest value; a text, where an index may
# stand too, with its meaning in words.  None means 'the preset's'.
ALLOWED = {
    "preset": tuple(PRESETS),
    "data": (str,),
    "geo2_data": (str,),
    "snapshots": (int, 100, 10_000_000),
    "sites": (int, 200, 10_000_000),
    "fwhm": (float, 0.1, 5.0),
    "gauss": (float, 0.5, 5.0),
    "scheme": ("ip", "ks"),
    "structures": (str,),
    "spectra": (str,),
    "absorber": (str, "an element, an index from 0 or a per-frame entry"),
    "descriptor": (str, "internal, soap, acsf, lmbtr, coulomb or a path"),
    "window": (list, -1_000, 200_000),
    "broadening": (float, 0.01, 50.0),
    "energy_shift": (float, -200_000, 200_000),
    "normalisation": ("none", "area", "maximum"),
    "groups": (str, "the name of a per-frame entry"),
    "shift": (list, -100_000, 100_000),
    "geo2_shift": (float, -100_000, 100_000),
    "windows": (list, -200_000, 200_000),
    "geo2_windows": (list, -200_000, 200_000),
    "seed": (int, 0, 2**31 - 1),
    "seeds": (int, 2, 50),
    "epochs": (int, 1, 10_000),
    "candidates": (int, 4, 20_000),
}
FILES = ("data", "geo2_data")  # parameters that name a file
FOLDERS = ("structures", "spectra")  # and those that name a file, a folder, or a pattern of files


class ParameterError(ValueError):
    """A parameter that does not exist or cannot be what it was set to."""


def settle(namespace):
    """The chapter's parameters, checked and with the preset's values where they are None.  dict -> SimpleNamespace

    Called with `globals()`.  Papermill puts what it is given into a cell of its own below the chapter's; a name that is
    set there and in no cell before belongs to no parameter and is refused.  Raises ParameterError.
    """
    given = {name: _whole(name, namespace[name]) for name in ALLOWED if name in namespace}
    if unknown := _injected(namespace.get("In", ())):
        own = [name for name in given if name not in unknown]
        raise ParameterError(f"unknown parameter {unknown[0]!r}; this chapter has {', '.join(own)}")
    check(given)
    chosen = PRESETS[given["preset"]]
    return SimpleNamespace(**{name: chosen.get(name) if value is None else value for name, value in given.items()})


def _injected(cells):
    """Names that papermill's cell sets and no cell before it does.  list of sources -> list of names"""
    known = set()
    for source in cells:
        names = _assigned(source)
        if source.lstrip().startswith("# Parameters\n"):  # papermill's first line
            return [name for name in names if name not in known]
        known.update(names)
    return []


def _assigned(source):
    """Names that a cell's own lines assign to; a cell that is not plain Python has none."""
    try:
        lines = ast.parse(source).body
    except SyntaxError:
        return []
    targets = [target for line in lines if isinstance(line, ast.Assign) for target in line.targets]
    return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]


def check(given, known=tuple(ALLOWED)):
    """Raise ParameterError for the first name that is not `known` or value that is not allowed.  dict, names"""
    for name, value in given.items():
        if name not in known:
            raise ParameterError(f"unknown parameter {name!r}; this chapter has {', '.join(known)}")
        if value is None and name != "preset":
            continue
        if not _fits(value, ALLOWED[name]):
            raise ParameterError(f"parameter {name} is {value!r}; it must be {_spoken(ALLOWED[name])}")


def _whole(name, value):
    """A count that was written with a point, 200.0, as the whole number it is."""
    return int(value) if ALLOWED[name][0] is int and isinstance(value, float) and value.is_integer() else value


def _fits(value, allowed):
    if not isinstance(allowed[0], type):
        return value in allowed
    kind, *limits = allowed
    if kind is list:
        return isinstance(value, (list, tuple)) and all(
            _fits(one, (list if isinstance(one, (list, tuple)) else float, *limits)) for one in value
        )  # of numbers, or of pairs of them
    if kind is str:
        return isinstance(value, (str, int) if limits else str) and not isinstance(value, bool)
    kinds = (int, float) if kind is float else kind
    right_kind = isinstance(value, kinds) and not isinstance(value, bool)
    return right_kind and (not limits or limits[0] <= value <= limits[1])


def _spoken(allowed):
    if not isinstance(allowed[0], type):
        return "one of " + ", ".join(allowed)
    kind, *limits = allowed
    if kind is str:
        return limits[0] if limits else "a path"
    noun = {int: "a whole number", float: "a number", list: "a list of numbers"}[kind]
    return noun + (f" from {limits[0]:g} to {limits[1]:,}" if limits else "")
