"""Your own spectra: a folder of structures and one of spectra, from any code, as a learning problem."""

from nnca.own.descriptors import DESCRIPTORS, describe
from nnca.own.problem import OwnData, OwnProblem, own_data, problem
from nnca.own.spectra import read_spectra, to_channels
from nnca.own.structures import read_structures

__all__ = [
    "DESCRIPTORS", "OwnData", "OwnProblem", "describe", "own_data", "problem", "read_spectra", "read_structures",
    "to_channels",
]  # fmt: skip
