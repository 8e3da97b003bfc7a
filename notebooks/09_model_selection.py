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
# **Question.** How deep should a network be, how wide, how strongly held back? The paper tried half a million answers.
# What does such a search find, and what does it cost?
#
# > **In this chapter**
# > - **You will** run a small search, read what the searches of this book found, see which hyperparameter decides,
# >   and work out what the paper's searches cost.
# > - **You need** [the EDNN chapter](03_ednn.ipynb), whose networks were found this way.
# > - **Time** about 15 minutes.

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
snapshots = 1_000  # of water, in the live search, 100 or more; None: the preset's
seed = 0  # of the split and of the live search, 0 or more
candidates = None  # tried in the live search, 4 to 20,000; None: the preset's

# %% tags=["hide-input"]
import numpy as np

from nnca import EDNN
from nnca.book import selection_results as results
from nnca.book.hyperparameters import RATES, SEARCHES, TRIED_WHOLE, read_search, search_space
from nnca.book.paper import COMBINATIONS_TESTED
from nnca.book.say import begin, say, show, table
from nnca.data import load_h2o
from nnca.figures import selection as figures
from nnca.problem import TARGETS, WATER, water_problem
from nnca.selection import KEEP, RUNGS, search, spaces

# %% [markdown]
# ## What is searched
#
# Training finds the weights of a network. It does not find its [hyperparameters](#term-hyperparameter): how many layers
# there are, how wide each is, how fast it learns, and how strongly large weights are penalised. Those must be set
# before. The usual way is to try many combinations and to keep the best.
#
# The paper lists what may be combined in three tables of its supplement. They are kept as data in `nnca.spaces`
# ([Table spaces](#tab-spaces)). The width of each layer is drawn on its own, so that combinations multiply.

# %% tags=["remove-input"]
table(
    results.space_table(),
    "spaces",
    "The search spaces of the paper, Tables III to V. Where an encoder and a decoder are searched, the encoder stands "
    "first. The emulators are those of the paper's references 6 and 8.",
)

# %% [markdown]
# ## A search that gives up early
#
# A candidate is judged by cross-validation. The training data are cut into five parts, called folds. Five networks are
# trained, each without one of the folds, and each is scored on the fold that it did not see. To do this for every
# candidate is costly, and most of the time goes into candidates that were hopeless after a few epochs.
#
# `nnca.selection.search` therefore lets candidates climb, an idea known as successive halving
# ([Jamieson and Talwalkar (2016)](https://arxiv.org/abs/1502.07943)). On the first rung all of them train briefly and are
# scored on one fold. The better quarter goes on to the next rung, with more epochs and more folds. The last rung is the
# full cross-validation. With $e_r$ epochs and $f_r$ folds on rung $r$ of $R$, and a share $q$ that goes on, a search
# through $N$ candidates trains networks for
#
# $$
# N \sum_{r=1}^{R} q^{\,r-1} e_r f_r
# \tag{halving}
# $$
#
# epochs. Full cross-validation of all of them would take $N e_R f_R$.
#
# Here is a small one, on part of the data, for the emission spectrum and one latent variable:

# %%
p = begin(globals())
xes = water_problem(load_h2o(p.data, at_most=p.snapshots), "xes", p.seed)
space = search_space("EDNN", "xes")  # {parameter: what it may be}

how = {"random_state": p.seed, "n_jobs": -1, "progress": "search"}
live = search(EDNN(), space, *xes.train, n_candidates=p.candidates, **how)
live.best_params_

# %% tags=["remove-input"]
table(
    results.climbed(live).head(12),
    "climbed",
    "The best candidates of the live search (twelve at most): how far each came, and its score there. Scores of "
    "different rungs do not compare: a network that trained longer is better.",
)
rungs = ", then ".join(f"{epochs} epochs on {folds} fold{'s' * (folds > 1)}" for epochs, folds in RUNGS)
say(
    f"The rungs are {rungs}, and a share of {KEEP:g} goes on. By Eq. [(halving)](#eq-halving) that makes a search "
    f"{results.saving():.0f} times cheaper. The price is a risk. A network that learns slowly at first is thrown out, "
    "however good it would have become."
)

# %% [markdown]
# ## The searches of this book

# %% tags=["remove-input"]
found = {job: read_search(*job) for job in SEARCHES}
caption = "Combinations for each model. The paper draws its EDNNs at random and tries its other spaces whole; how many "
table(results.budget_table(found), "budget", caption + "emulators were tried is not told.")

# %% tags=["remove-input"]
say(
    "> **Deviation 12: fewer candidates, other rates.** [Table budget](#tab-budget) has the numbers: we try far fewer "
    f"candidates, and only spaces of no more than {TRIED_WHOLE} combinations whole. Learning rates are ours "
    f"({', '.join(f'{rate:g}' for rate in RATES)}). The paper's belong to a constant rate, ours are the peak of one "
    "cycle. Two spaces for GeO₂ are wider than the paper's: EDNN may have larger penalties, and the emulator may have "
    "penalties in between, tanh as activation, and a single hidden layer. With Table V it fits our sites too closely, or "
    "too little."
)

# %% tags=["remove-input"]
in_table_v = len(WATER) * len(results.KS) * results.combinations(spaces["NNCA", "h2o"])
say(
    f"One number does not fit. The paper counts {COMBINATIONS_TESTED['h2o']:,} combinations for water in all. Its "
    f"exhaustive search for NNCA would alone be {in_table_v:,}, if each width in Table V is free and each of three spectra has a model with one and "
    "one with two latent variables. Most likely the paper's total counts its EDNNs only."
)

# %% [markdown]
# The searches saw the training data of the default `seed` and nothing else. So no test data of the chapters took part,
# as long as that seed stays. There is one exception: GeO₂ sites were split one by one. Where a later chapter splits by
# box, part of its test sites took part in choosing the shape of the networks, though not in their training.

# %% tags=["remove-input"]
show(
    figures.score_against_cost({m: {t: found[m, t, 1]["table"] for t in TARGETS} for m in ("EDNN", "NNCA")}),
    "cost",
    "All candidates for one latent variable: score against the processor time spent on each. Who climbs trains longer, "
    "so that the score rises as well. Every panel has its own scale; the lowest quarter of the candidates is cut off.",
    alt="Eight scatter plots, EDNN above and NNCA below, one column for each target: cross-validated score against "
    "processor time. Points fall into three groups by rung; a ring marks the chosen candidate at the top right.",
)

# %% [markdown]
# ## Is the choice settled?

# %% tags=["remove-input"]
used = {job: record for job, record in found.items() if job[0] != "EDNN inverse"}
table(
    results.chosen_table(used),
    "chosen",
    "What each search chose: widths of the hidden layers (encoder / decoder), learning rate, penalty; the mean score and "
    "its spread over five folds. Near rivals are other candidates of the last rung within one spread of the best.",
)
rivalled = sum(results.rivals(record)[1] > 0 for record in used.values())
say(
    f"In {rivalled} of {len(used)} searches the winner has such a rival. The table shows rivals, not equals: the folds "
    "are the same for all, so a comparison fold by fold would separate some of them."
)

# %% [markdown]
# Two things follow. First, a search tells which *score* is within reach. It rarely tells which network is the right
# one, and another seed would choose another. Second, the winner's own score is a little too good, because luck helped
# to choose it. That is why the chapters report scores on test data.
#
# Mostly it does not matter which of the rivals is taken, as they predict equally well. It matters when a network is
# asked for something that the search did not look at. [Running networks backwards](04_inverse_attempts.ipynb) is such a
# case: the penalty decides how well they can be inverted, and the score hardly notices the penalty.
#
# The paper does not print the networks that its searches chose, so there is nothing to compare ours with.

# %% [markdown]
# ## What decides?
#
# Take all candidates of one search in the order of their ranks, and group them by the value of one hyperparameter. If
# it mattered, the groups would have different ranks. [Figure decisive](#fig-decisive) shows the share of the ranks that
# each hyperparameter accounts for. It is the effect size of a Kruskal–Wallis test, corrected such that a
# hyperparameter without any influence is at zero on average.

# %% tags=["remove-input"]
shares = {method: results.shares(found, method) for method in ("EDNN", "NNCA")}
show(
    figures.decisive(shares),
    "decisive",
    "What decides about the rank of a candidate. Every marker is one search; hollow ones are within what chance gives "
    f"({100 * figures.CHANCE:.0f} %). Look for rows of filled markers far to the right.",
    alt="Two charts with a row for each hyperparameter of EDNN and of NNCA, and markers for the share of the candidates' "
    "ranks that it accounts for in each search. A few rows reach far to the right, the others stay around zero.",
)

# %% tags=["remove-input"]
first = {method: results.leaders(by) for method, by in shares.items()}
panels = {(m, name): results.ranks_by_value(found[m, "xes", 1], name) for m, names in first.items() for name in names}
show(
    figures.ranks_by_value(panels),
    "ranks",
    "For XES with one latent variable: ranks of all candidates (rings) and their median (bar) over the values of the two "
    "hyperparameters that decide most. Good values lie high.",
    alt="Four panels, two for EDNN and two for NNCA: rings for the rank of each candidate in columns, one column for "
    "each value of a hyperparameter, with a bar at the median.",
)
say(" ".join(f"For {m} the two are the {a} and the {b}." for m, (a, b) in first.items()))

# %% [markdown]
# The two spaces ask different questions. Table V lets the decoder of NNCA have penalties so large that they hold all
# weights at zero, and layers of five neurons, which are further bottlenecks. Its search must above all avoid those. The
# space of EDNN has neither. There the question is which network learns most within the epochs that it gets.

# %% [markdown]
# ## What would the paper's searches cost?
#
# The kept searches tell how long one network takes for one epoch. [Table price](#tab-price) multiplies that with the
# number of candidates in the paper, with the folds, and with the epochs of our last rung.

# %% tags=["remove-input"]
hours = results.core_hours(found)
table(
    results.cost_table(hours),
    "price",
    "Hours of one core, from measured speed, for all spectra and numbers of latent variables together.",
)

# %% tags=["remove-input"]
theirs, ours = np.sum(list(hours.values()), axis=0)
say(
    f"Our searches for these models took {ours:.1f} hours of one core. The paper's would take {theirs / 24:.0f} days, or "
    f"{theirs / 1000:.0f} hours on a thousand cores. Candidates do not wait for each other, so that more cores "
    'help: inside `joblib.parallel_config(backend="dask")` the same call runs on a cluster. With `resume=` a search that '
    "was interrupted goes on where it stopped."
)

# %% [markdown]
# ## Exercises

# %% [markdown]
# ### Exercise: counting networks
#
# No Python needed. Take the line "EDNN, water" of [Table spaces](#tab-spaces), whose penalties are powers of ten. How
# many encoders are there? How many combinations in all? Compare with [Table budget](#tab-budget). Call the two numbers
# `encoders` and `total`.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
encoders = sum(3**depth for depth in (2, 3, 4))  # three widths, each layer on its own
rates, penalties = 2, 6
total = rates * penalties * encoders**2
encoders, total

# %% tags=["solution", "check"]
assert isinstance(encoders, (int, np.integer)), "encoders: a whole number."
assert encoders == len(spaces["EDNN", "h2o"]["encoder"]), "encoders: each layer has a width of its own."
assert isinstance(total, (int, np.integer)), "total: a whole number."
assert total == results.combinations(spaces["EDNN", "h2o"]), "total: everything that is searched multiplies."

# %% [markdown]
# ### Exercise: training against simulating
#
# No Python needed. The introduction of the paper says that training, with standard model selection, takes less computing
# than simulating the spectra. `make help` says how long the simulation of our water data takes on one core. Does the
# statement hold for our searches? For the paper's searches on our data? What would it take to judge it fairly?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# Ours take less than the simulation. The paper's would take far more than the simulation of *our* data, which
# use small calculations of a single molecule. It does not follow that the paper is wrong: molecular dynamics with
# density functional theory is much more costly than our sampling. A fair answer needs the paper's own hours, which it
# does not give.

# %% [markdown]
# ### Exercise: luck
#
# Repeat the live search with another seed, on the same data and with a dozen candidates at most. Call the result `again`.
# Do the best parameters agree? Do the best scores?

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
few = min(p.candidates, 12)
again = search(EDNN(), space, *xes.train, n_candidates=few, random_state=p.seed + 1, n_jobs=-1)
{"first": live.best_score_, "again": again.best_score_, "parameters": again.best_params_}

# %% tags=["solution", "check"]
assert isinstance(again, type(live)), "again: what search returns."
drawn, drawn_again = (one.cv_results_["params"] for one in (live, again))
assert all(set(each) == set(space) for each in drawn_again), "again: search the same space."
assert drawn[: len(drawn_again)] != drawn_again, "again: the same candidates as in the live search. Which seed?"

# %% [markdown] tags=["solution"]
# The parameters do not agree. The scores do, once a dozen candidates are tried: many networks are nearly as good as the
# best. With four candidates even the score is a matter of luck.

# %% [markdown]
# ### Exercise: no early end
#
# Send four candidates straight to the last rung, `rungs=RUNGS[-1:]`, and call the result `whole`. How many times longer is
# its processor time per candidate than that of the live search? Call that `ratio`. Is it what Eq. [(halving)](#eq-halving)
# makes you expect?

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
whole = search(EDNN(), space, *xes.train, n_candidates=4, rungs=RUNGS[-1:], random_state=p.seed, n_jobs=-1)
times = [one.cv_results_["cpu_s"].mean() for one in (whole, live)]
ratio = times[0] / times[1]
{"whole": times[0], "climbing": times[1], "ratio": ratio, "expected": results.saving()}

# %% tags=["solution", "check"]
assert isinstance(whole, type(live)), "whole: what search returns."
rungs_reached, tried = whole.cv_results_["rung"], len(whole.cv_results_["params"])
assert tried == 4, "whole: four candidates."
assert len(set(rungs_reached)) == 1, "whole: some candidates were given up early. Which rungs did the search have?"
seconds, seconds_live = (np.sum(result.cv_results_["cpu_s"]) for result in (whole, live))
assert isinstance(ratio, float), "ratio: a number."
expected = (seconds / tried) / (seconds_live / len(live.cv_results_["params"]))
assert abs(ratio / expected - 1) < 0.01, "ratio: seconds for each candidate, the whole search over the live one."

# %% [markdown] tags=["solution"]
# Roughly. The expectation is for many candidates. With few, rounding lets more of them through, and a single costly
# network that climbs far weighs much.

# %% [markdown]
# ### Exercise: a graphics card
#
# How many networks times epochs does your processor train in a second, side by side? `results.networks_a_second` measures
# it. If you have a graphics card, how much faster is that, and how long would the paper's searches take on it? Call what
# you measured `speeds`, a dictionary with the key `"cpu"`, and `"cuda"` if there is one.

# %% [markdown] tags=["solution"]
# #### Solution

# %% tags=["solution"]
import torch

devices = ["cpu"] + ["cuda"] * torch.cuda.is_available()
speeds = {device: results.networks_a_second(EDNN(epochs=3, device=device), xes) for device in devices}
speeds

# %% tags=["solution", "check"]
assert isinstance(speeds, dict) and "cpu" in speeds, "speeds: a dictionary with the key cpu at least."
assert set(speeds) <= {"cpu", "cuda"}, "speeds: its keys are the names of devices in torch."
assert all(isinstance(speed, float) and speed > 0 for speed in speeds.values()), "speeds: networks a second, above zero."

# %% [markdown] tags=["solution"]
# These are networks times epochs in a second. Divide the hours of [Table price](#tab-price) by the ratio of the two.

# %% [markdown]
# ### Exercise: three questions on searches
#
# 1. Why may the search not look at the test data?
# 2. The winner of a search has the best score of all candidates. Is this score a fair guess of its score on new data?
# 3. When is it a mistake to give up candidates early?

# %% [markdown] tags=["solution"]
# #### Solution

# %% [markdown] tags=["solution"]
# 1. A network that was chosen by the test data has seen them. Its test score would no longer be one for new data.
# 2. No, it is a little too good: luck helped to choose the winner.
# 3. When the best network learns slowly at first. It is thrown out before it shows what it can do.

# %% [markdown]
# ## Summary

# %% tags=["remove-input"]
tried = [len(found[job]["table"]["params"]) for job in (("EDNN", "xes", 1), ("NNCA", "xes", 1))]
say(
    f"- The paper's search spaces are data in `nnca.spaces`. For water we tried {tried[0]} candidates of each EDNN and "
    f"{tried[1]} of each NNCA, with early rejection.\n"
    f"- In {rivalled} of {len(used)} searches the winner has a near rival. A search finds a score rather than a network.\n"
    f"- The {first['EDNN'][0]} decides most for EDNN, the {first['NNCA'][0]} for NNCA.\n"
    f"- The paper's searches would take {theirs / ours:,.0f} times as long as ours: work for a cluster."
)

# %% [markdown]
# **Next:** [the scoreboard](../scoreboard.md), with every claim of the paper beside these results.
