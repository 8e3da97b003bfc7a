"""Files written whole or not at all, and estimators in files: weights as tensors, the rest as JSON, never a pickle."""

import hashlib
import json
import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from sklearn.utils.validation import check_is_fitted

LEARNING = {"networks", "estimators", "eca", "latent"}  # the files of this module that decide how a fit ends


@contextmanager
def whole(path):
    """A temporary path beside `path` that takes its place when the block ends, and vanishes when it fails."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with open(part, "rb") as written:
            os.fsync(written.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def fit_once(models, X, Y, folder, fit):
    """Fitted models: read from `folder` where the same ones were fitted to the same data, else fitted and kept there.

    `fit(models, X, Y)` fits those that are missing, all together.  A file is found by what decides its contents:
    parameters, data, the emulator under an ECA, and the code of this module.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{_fingerprint(model, X, Y)}.safetensors" for model in models]
    known = [path.exists() for path in paths]
    if not all(known):
        fit([model for model, there in zip(models, known, strict=True) if not there], X, Y)
    for model, path, there in zip(models, paths, known, strict=True):
        if not there:
            model.save(path)
    return [type(model).load(path) for model, path in zip(models, paths, strict=True)]


def _fingerprint(model, X, Y):
    """What decides the outcome of a fit, as a short text."""
    parameters = dict(model.get_params(deep=False))
    emulator = parameters.pop("emulator", None)
    told = [type(model).__name__, repr(sorted(parameters.items()))]
    parts = ["\n".join(told).encode(), *(np.ascontiguousarray(A).tobytes() for A in (X, Y))]
    if emulator is not None:
        tensors, meta = emulator._to_tensors()
        parts += [
            json.dumps(meta, default=_plain).encode(),
            *(np.ascontiguousarray(value).tobytes() for value in tensors.values()),
        ]
    parts += [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")) if path.stem in LEARNING]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]


def _plain(value):
    """What JSON can hold of a parameter."""
    if isinstance(value, np.generic):
        return value.item()
    raise ValueError(f"{value!r} is no number and no text; an estimator with such a parameter cannot be saved")


class Stored:
    """Gives an estimator `save` and `load`; subclasses add their arrays in `_to_tensors` and `_from_tensors`."""

    def save(self, path):
        """Write the fitted estimator as one safetensors file: weights as tensors, the rest as JSON, no pickle."""
        tensors, meta = self._to_tensors()
        tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}  # it ignores strides
        with whole(path) as part:
            save_file(tensors, part, {"nnca": json.dumps(meta, default=_plain)})

    @classmethod
    def load(cls, path):
        """The estimator that `save` wrote.  Raises ValueError when the file holds something else."""
        try:
            with safe_open(path, "np") as file:
                meta = json.loads(file.metadata()["nnca"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path}: not an estimator saved by nnca ({error})") from error
        if meta["class"] != cls.__name__:
            raise ValueError(f"{path}: holds {meta['class']}, not {cls.__name__}")
        return cls._from_tensors(tensors, meta)

    def _to_tensors(self):
        """Arrays by name, and what JSON can hold: class, parameters, widths."""
        check_is_fitted(self)
        meta = {"class": type(self).__name__, "parameters": self.get_params(deep=False)}
        return {}, meta | {"n_features_in_": self.n_features_in_, "single_output_": self.single_output_}

    @classmethod
    def _from_tensors(cls, tensors, meta):
        values = {name: tuple(v) if isinstance(v, list) else v for name, v in meta["parameters"].items()}
        estimator = cls(**values)
        estimator.n_features_in_, estimator.single_output_ = meta["n_features_in_"], meta["single_output_"]
        return estimator
