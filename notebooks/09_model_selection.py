# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Choosing the networks
#
# **Question.** The paper tried half a million combinations of depth, width, learning rate and penalty. What does
# a search of that kind buy, and what does it cost on two cores?
#
# :::{admonition} In this chapter
# - **You will** read the search spaces, see what our searches found in them, which hyperparameter matters, and what
#   the paper's search would cost from measured speed.
# - **You need** [the EDNN chapter](02_ednn.ipynb), whose networks were found this way.
# - **Time** about 15 minutes.
# :::

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
snapshots = None  # water snapshots used, 100 to 10,000; None: the preset's number
seed = 0  # of the split and of the search, 0 or more
candidates = None  # tried in the live search, 4 to 20,000; None: the preset's

# %% tags=["remove-output"]
from nnca.book.parameters import settle

p = settle(globals())

import time
from math import prod

import numpy as np
import pandas as pd
import torch
from myst_nb import glue
from sklearn.base import clone

from nnca import EDNN
from nnca.book.parameters import note
from nnca.book.hyperparameters import RATES, SEARCHES, TRIED_WHOLE, read_search, search_space
from nnca.data import load_h2o
from nnca.methods.network import fit_seeds
from nnca.figures import selection as figures
from nnca.figures import use_style
from nnca.book.paper import COMBINATIONS_TESTED
from nnca.selection import KEEP, RUNGS, search, spaces
from nnca.figures import TARGETS as LABELS
from nnca.problem import TARGETS, WATER, water_problem

use_style()

# %% [markdown]
# ## The spaces
#
# `nnca.selection.spaces` holds the tables of the paper's supplement as data. Widths are drawn layer by layer, so the
# number of combinations grows quickly.

# %% tags=["hide-input"]
rows = {}
for (method, system), space in spaces.items():
    row = {"combinations": prod(len(choices) for choices in space.values())}
    for name, choices in space.items():
        if hasattr(choices, "depths"):
            widths = ", ".join(map(str, choices.widths))
            row[name] = f"{choices.depths[0]} to {choices.depths[-1]} × ({widths})"
        else:
            row[name] = ", ".join(
                f"{value:.0e}" for value in (choices[0], choices[-1])
            )
    rows[f"{method}, {system}"] = row
pd.DataFrame.from_dict(rows, orient="index").fillna("").style.format(
    thousands=",", subset=["combinations"]
)

# %% [markdown]
# ## An affordable search
#
# Cross-validation of every candidate at full length wastes most of its time on candidates that were hopeless after a few epochs.
# `nnca.selection.search` lets them climb instead: all train briefly on one fold; the best quarter trains longer
# on more folds; the last rung is the full 5-fold cross-validation {cite:p}`jamieson2016`.

# %% tags=["hide-input"]
pd.DataFrame(
    RUNGS, columns=["epochs", "folds"], index=[f"rung {n}" for n in (1, 2, 3)]
)

# %% [markdown]
# The best candidate of the last rung is what the book trains with. The searches saw the training data of the default `seed` only: no test data of
# this book took part, as long as that seed stays.
#
# :::{admonition} Deviation 12: fewer candidates, other rates
# :class: warning
# The paper tests {glue:text}`paper_h2o` candidates for each EDNN of water and {glue:text}`paper_geo2` for each of GeO₂, exhaustively or at random, with full
# cross-validation. We try {glue:text}`tried` for each model, and all there are in a space of no more than {glue:text}`small`. Learning rates are ours ({glue:text}`rates`): the paper's are for a constant schedule, these are the peak of one cycle.
# For GeO₂ two spaces are widened. With Table V the emulator overfits our sites or, one penalty further, learns too little:
# its penalties come in half decades, and tanh and a single hidden layer are tried as well. EDNN may have penalties ten and a
# hundred times the largest of Table III.
# :::
#
# ## What was found

# %% tags=["remove-output"]
jobs = [job for job in SEARCHES if job[0] != "EDNN inverse"]  # those are chapter 3's
found = {job: read_search(*job) for job in jobs}
best = {
    job: int(np.argmin(record["table"]["rank_test_score"]))
    for job, record in found.items()
}
shown = {f"{m} {LABELS[t]}": (m, t, k) for m, t, k in jobs if k == 1}
tables = {title: found[job]["table"] for title, job in shown.items()}
tried = len(found[jobs[0]]["table"]["params"])
note(tried=tried, small=TRIED_WHOLE, rates=", ".join(f"{rate:g}" for rate in RATES))
note(
    paper_h2o=f"{COMBINATIONS_TESTED['h2o'] // 6:,}", paper_geo2=f"{COMBINATIONS_TESTED['geo2'] // 2:,}"
)
rings = {title: best[job] for title, job in shown.items()}
glue("fig_cost", figures.score_against_cost(tables, rings))

# %% [markdown]
# ```{glue:figure} fig_cost
# :name: fig-cost
# :alt: Eight scatter plots, for EDNN and NNCA with one latent variable and each of four targets, of cross-validated score against processor time. Points fall into three groups by rung; a ring marks the chosen candidate.
#
# Every candidate of the searches for one latent variable: score against the processor time it was given. Candidates in the lower quarter are cut off below.
# ```

# %% tags=["hide-input"]
rows = {}
for job, record in found.items():
    layers = {k: v for k, v in record["chosen"].items() if isinstance(v, list)}
    shape = " | ".join("–".join(map(str, widths)) for widths in layers.values())
    shape += f", {kind}" if (kind := record["chosen"].get("activation")) else ""
    rate, alpha = record["chosen"]["learning_rate"], record["chosen"]["alpha"]
    spread = record["table"]["std_test_score"][best[job]]
    hours = sum(record["table"]["cpu_s"]) / 3600
    method, target, k = job
    rows[f"{method} {LABELS[target]}" + (f", k = {k}" if k else "")] = (
        shape,
        rate,
        f"{alpha:.0e}",
        record["score"],
        spread,
        hours,
    )
columns = [
    "layers",
    "rate",
    "penalty",
    "R² (5 folds)",
    "spread",
    "search (core hours)",
]
pd.DataFrame.from_dict(rows, orient="index", columns=columns).style.format(
    {
        "rate": "{:g}",
        "R² (5 folds)": "{:.4f}",
        "spread": "{:.4f}",
        columns[-1]: "{:.2f}",
    }
)

# %% [markdown]
# ## What matters?
#
# The rank of the candidates against each hyperparameter, for the EDNN of XES with one latent variable.

# %% tags=["remove-output"]
table = found["EDNN", "xes", 1]["table"]
rank, params = np.array(table["rank_test_score"]), table["params"]


def grouped(value_of):
    values = np.array([value_of(one) for one in params])
    labels = sorted(set(values))
    return [f"{label:g}" for label in labels], [
        rank[values == label] for label in labels
    ]


def largest(one):
    return max(one["encoder"])


by = {
    "learning rate": lambda one: one["learning_rate"],
    "penalty": lambda one: one["alpha"],
}
by |= {"encoder depth": lambda one: len(one["encoder"]), "widest layer": largest}
ranks = {name: grouped(value_of) for name, value_of in by.items()}
glue("fig_matters", figures.what_matters(ranks))
medians = {
    name: [np.median(group) for group in groups]
    for name, (_, groups) in ranks.items()
}
reach = {name: max(m) - min(m) for name, m in medians.items()}
note(most=max(reach, key=reach.get), least=min(reach, key=reach.get))

# %% [markdown]
# ```{glue:figure} fig_matters
# :name: fig-matters
# :alt: Four panels of box plots: rank of the candidates for each learning rate, each penalty, each encoder depth and each width of the widest encoder layer.
#
# Rank (1 is best) over the values of four hyperparameters. Group medians differ most over the {glue:text}`most`, least over
# the {glue:text}`least`.
# ```

# %% [markdown]
# ## A small search, live
#
# The same function on few candidates. Given `resume=` and a file, a killed search goes on where it stopped.

# %%
water = load_h2o(p.data, min(p.snapshots or 1_000, 1_000))
task = water_problem(water, "xes", p.seed)
result = search(
    EDNN(),
    search_space("EDNN", "xes"),
    *task.train,
    n_candidates=p.candidates,
    random_state=p.seed,
    n_jobs=-1,
)
print(
    f"best of {p.candidates}: R2 = {result.best_score_:.3f} with {result.best_params_}"
)

# %% [markdown]
# ## What would the paper's search cost here?
#
# From measured speed: the searches above tell the processor seconds for one epoch of one candidate, averaged over the space; times five
# folds, the epochs of our last rung, and the paper's number of candidates. Where this notebook finds a GPU
# it measures that too.


# %%
def speed(device, networks=32, epochs=3):
    """Networks times epochs a second of a mid-sized EDNN on the whole training set."""
    one = EDNN(encoder=(128,) * 3, decoder=(128,) * 3, epochs=epochs, device=device)
    start = time.perf_counter()
    fit_seeds(clone(one), *task.train, range(networks))
    return networks * epochs / (time.perf_counter() - start)


devices = {"this processor": "cpu"}
devices |= {"this GPU": "cuda"} if torch.cuda.is_available() else {}
speeds = {name: speed(device) for name, device in devices.items()}

# %% tags=["hide-input"]
epochs, folds = RUNGS[-1]
share = np.cumprod([1, KEEP, KEEP])
fits = tried * sum(e * f * s for (e, f), s in zip(RUNGS, share, strict=True))


def spent(targets):
    """Processor hours of our searches for the EDNNs, one entry a search."""
    tables = [found["EDNN", target, k]["table"] for target in targets for k in (1, 2)]
    return np.array([sum(table["cpu_s"]) for table in tables]) / 3600


hours = {
    name: COMBINATIONS_TESTED[name] * folds * epochs * spent(targets).mean() / fits
    for name, targets in {"h2o": WATER, "geo2": ("moments",)}.items()
}
rows = {"our searches for all EDNNs, one core": spent(TARGETS).sum()}
for name, title in {"h2o": "water", "geo2": "GeO₂"}.items():
    rows[f"the paper's {COMBINATIONS_TESTED[name]:,} for {title}, one core"] = hours[name]
both = sum(hours.values())
rows |= {
    "both on two cores": both / 2,
    "both on a cluster of 1 000 cores": both / 1000,
}
if "this GPU" in speeds:
    rows["both on this GPU"] = both * speeds["this processor"] / speeds["this GPU"]
note(core_days=hours["h2o"] / 24, glass_days=hours["geo2"] / 24)
note(per_epoch=spent(WATER).mean() * 3600 / fits)
pd.DataFrame({"hours": rows}).style.format("{:,.1f}")

# %% [markdown]
# One epoch of one candidate for water takes {glue:text}`per_epoch:.2f` s of one core in the mean. The paper's search for water would keep one core
# busy for {glue:text}`core_days:.0f` days, that for GeO₂ for {glue:text}`glass_days:.0f`, were every candidate carried to our last rung. The search is embarrassingly parallel:
# inside `joblib.parallel_config(backend="dask")` the same call runs on a cluster.

# %% [markdown]
# ## Exercises
#
# ```{exercise}
# :label: ex-lucky
# Repeat the small search with another `seed`. Do the best parameters agree? Do the best scores?
# ```
#
# ````{solution} ex-lucky
# :class: dropdown
# `make chapter CH=06_model_selection P='seed=1'`. Scores agree far better than parameters: many networks are nearly as good
# as the best, and a search says which *score* is within reach rather than which network is right.
# ````

# %% [markdown]
# ## Summary
#
# - The paper's spaces are data in `nnca.selection.spaces`; {glue:text}`tried` candidates a model or a small space whole, with early rejection, found the networks of this book.
# - For the EDNN of XES with one latent variable the {glue:text}`most` decides most about the rank.
# - A full search is a matter of {glue:text}`core_days:.0f` core days for water: a cluster's afternoon, not a laptop's.
#
# **Next:** [the scoreboard](../scoreboard.md), every claim of the paper beside these results.
