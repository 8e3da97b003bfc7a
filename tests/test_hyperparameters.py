"""What the networks are given, and the hyperparameters they are given it with."""

import json
import shlex

import numpy as np
import pytest

from nnca import EDNN
from nnca.book.hyperparameters import (
    FOUND,
    SEARCHES,
    TRIED_WHOLE,
    _path,
    _plain,
    main,
    read_search,
    search_space,
    tuned,
)
from nnca.problem import WATER
from nnca.selection import RUNGS


def test_every_kept_search_is_what_its_name_says():
    kept = sorted(FOUND.glob("*.json"))
    assert kept
    for path in kept:
        record = json.loads(path.read_text())
        method, target, *k = path.stem.replace("_", " ").split("-")
        _make, select, asked = shlex.split(record["command"])
        assert select == "select" and shlex.split(asked.removeprefix("S="))[: 2 + len(k)] == [method, target, *k]
        assert (method, target, int(k[0]) if k else None) in SEARCHES
        table = record["table"]
        best = int(np.argmin(table["rank_test_score"]))
        assert record["chosen"] == table["params"][best] and record["score"] == table["mean_test_score"][best]
        assert max(table["rung"]) == len(RUNGS) - 1
        space = search_space(method, target)
        assert set(record["chosen"]) == set(space) and record["chosen"]["alpha"] in space["alpha"]
        whole = record["combinations_in_the_space"]
        assert len(table["params"]) == (whole if whole <= TRIED_WHOLE else 60)
        assert record["training_rows"] == 0.8 * (10_000 if target in WATER else 13_920), "searched before the last data"


def test_a_chosen_estimator_takes_changes():
    model = tuned("EDNN", "xes", 1, epochs=7)
    assert isinstance(model, EDNN) and model.epochs == 7 and model.n_components == 1
    assert list(model.encoder) == read_search("EDNN", "xes", 1)["chosen"]["encoder"]


def test_a_search_that_was_never_done_is_named():
    with pytest.raises(ValueError, match=r"no search of EDNN-xes-3 is kept; \[.*'EDNN-xes-1'"):
        tuned("EDNN", "xes", 3)


def test_the_command_line_names_the_searches_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["EDNN", "xes"])
    assert "no such search; there are Emulator xps" in capsys.readouterr().err


def test_the_network_for_the_inverse_is_bijective_and_has_its_file():
    assert _path("EDNN inverse", "xes", 1).name == "EDNN_inverse-xes-1.json"
    model = _plain("EDNN inverse", 1)
    assert (model.activation, model.latent_activation, model.reduce_targets) == ("leaky_relu", "leaky_relu", False)
