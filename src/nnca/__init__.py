"""Encoder-decoder neural networks in the interpretation of X-ray spectra: the module behind the book."""

from nnca.metrics import covered_variance

__all__ = ["covered_variance"]
