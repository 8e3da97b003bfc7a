"""Encoder-decoder neural networks in the interpretation of X-ray spectra: the module behind the book."""

from nnca.estimators import ECA, EDNN, NNCA, Emulator, PolynomialEmulator
from nnca.metrics import covered_variance

__all__ = ["ECA", "EDNN", "NNCA", "Emulator", "PolynomialEmulator", "covered_variance"]
