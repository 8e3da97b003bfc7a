"""What every chapter begins with: its parameters with their presets, all in one place, and numbers for its prose."""

from types import SimpleNamespace

import numpy as np

PRESETS = {
    "quick": {"snapshots": 1_000, "sites": 1_000, "seeds": 2, "epochs": 60, "candidates": 4},
    "book": {"snapshots": None, "sites": None, "seeds": 5, "epochs": 60, "candidates": 12},
    "paper": {"snapshots": None, "sites": None, "seeds": 10, "epochs": 400, "candidates": 20_000},
}

# What a parameter may be: a tuple of names, or a type with the lowest and highest value.  None means 'the preset's'.
ALLOWED = {
    "preset": tuple(PRESETS),
    "data": (str,),
    "geo2_data": (str,),
    "snapshots": (int, 100, 10_000),
    "sites": (int, 200, 13_920),
    "fwhm": (float, 0.1, 5.0),
    "gauss": (float, 0.5, 5.0),
    "scheme": ("ip", "ks"),
    "seed": (int, 0, 2**31 - 1),
    "seeds": (int, 2, 50),
    "epochs": (int, 1, 10_000),
    "candidates": (int, 4, 20_000),
}


class ParameterError(ValueError):
    """A parameter that does not exist or cannot be what it was set to."""


def settle(namespace):
    """The chapter's parameters, checked and with the preset's values where they are None.  dict -> SimpleNamespace

    Called with `globals()` in the cell after the parameters.  In a fresh kernel the namespace holds nothing else yet,
    so a misspelt parameter is refused however the notebook was started; a cell run again sees the known names only.
    Raises ParameterError.
    """
    fresh = len(namespace.get("In", ())) <= 4  # the empty entry 0, the parameters, papermill's, this cell
    shell = {"In", "Out", "get_ipython", "exit", "quit", "open", "settle"}
    names = [name for name in namespace if not name.startswith("_") and name not in shell]
    given = {name: namespace[name] for name in names if fresh or name in ALLOWED}
    check(given)
    chosen = PRESETS[given["preset"]]
    return SimpleNamespace(**{name: chosen.get(name) if value is None else value for name, value in given.items()})


def check(given, known=tuple(ALLOWED)):
    """Raise ParameterError for the first name that is not `known` or value that is not allowed.  dict, names"""
    for name, value in given.items():
        if name not in known:
            raise ParameterError(f"unknown parameter {name!r}; this chapter has {', '.join(known)}")
        if value is None and name != "preset":
            continue
        if not _fits(value, ALLOWED[name]):
            raise ParameterError(f"parameter {name} is {value!r}; it must be {_spoken(ALLOWED[name])}")


def _fits(value, allowed):
    if not isinstance(allowed[0], type):
        return value in allowed
    kind, *limits = allowed
    kinds = (int, float) if kind is float else kind
    right_kind = isinstance(value, kinds) and not isinstance(value, bool)
    return right_kind and (not limits or limits[0] <= value <= limits[1])


def _spoken(allowed):
    if not isinstance(allowed[0], type):
        return "one of " + ", ".join(allowed)
    kind, *limits = allowed
    noun = {int: "a whole number", float: "a number", str: "a path"}[kind]
    return noun + (f" from {limits[0]:g} to {limits[1]:,}" if limits else "")


def note(**values):
    """Keep results under names that the prose can quote with {glue:text}; numpy scalars become Python's."""
    from myst_nb import glue  # of the extra `book`, which the module itself does not need

    for name, value in values.items():
        glue(name, value.item() if isinstance(value, np.generic) else value, display=False)
