"""Encoder-decoder neural networks in the interpretation of X-ray spectra: the module behind the book."""

from importlib import import_module

_HOME = {
    "EDNN": "nnca.methods.ednn",
    "NNCA": "nnca.methods.nnca",
    "ECA": "nnca.methods.eca",
    "Emulator": "nnca.methods.emulator",
    "PolynomialEmulator": "nnca.methods.emulator",
    "covered_variance": "nnca.metrics",
}

__all__ = list(_HOME)


def __getattr__(name):
    """Import on first use: the simulators and the build need no torch, and it takes seconds to load."""
    if name not in _HOME:
        raise AttributeError(f"module 'nnca' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
