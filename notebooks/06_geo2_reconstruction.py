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
# # GeO₂: from the spectrum back to the structure
#
# **Question.** Given nothing but the mean spectrum of a compressed glass, which distances can be brought back, and which only
# seem to come back?
#
# :::{admonition} In this chapter
# - **You will** fit the latent variables of {term}`NNCA` and {term}`ECA` to the mean spectrum at each pressure, expand them to distances, and hold
#   every distance against the known one and against the simplest guess.
# - **You need** [the NNCA chapter](04_nnca.ipynb).
# - **Time** about 25 minutes.
# :::

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
geo2_data = None  # path of a GeO2 data file of your own; None: this project's
sites = None  # GeO2 sites used, 200 to 13,920; None: the preset's number
seed = 0  # of the split into training and test data, 0 or more
seeds = None  # networks trained for each method, 2 to 50; None: the preset's
epochs = None  # length of each training, 1 to 10,000; None: the preset's

# %% tags=["remove-output"]
from nnca.book.parameters import settle

p = settle(globals())

import numpy as np
import pandas as pd
from myst_nb import glue

from nnca.book.parameters import note
from nnca.data import load_geo2
from nnca.features import distances_from_coulomb
from nnca.figures import reconstruction as figures
from nnca.figures import use_style
from nnca.uncertainty import over_seeds
from nnca.reconstruction import OXYGEN, SHELLS, ensemble, reconstruct
from nnca.spectra import MOMENTS
from nnca.problem import glass_problem
from nnca.book.trained_networks import fit_eca, fit_networks

use_style()

# %% [markdown]
# ## The way back
#
# [The third chapter](03_inverse_attempts.ipynb) failed because it ran a network backwards layer by layer. Here nothing is inverted. The
# latent variables are *fitted*: of all $\mathbf t$, the one whose decoded moments come nearest to the given ones $\mathbf m$,
#
# $$
# \mathbf t^* = \arg\min_{\mathbf t} \lVert \text{decoder}(\mathbf t) - \mathbf m \rVert^2,
# \qquad \mathbf x^* = \sum_j t^*_j\, \mathbf v_j ,
# $$ (eq-latent-fit)
#
# (`fit_latent`), and Eq. {eq}`eq-projection` expands them to a structure (`reconstruct`). The first row of that
# structure's {term}`Coulomb matrix` holds the distances from the central Ge.

# %%
ds = load_geo2(p.geo2_data, p.sites)
task = glass_problem(ds, p.seed)


def both_methods(task, vectors_from):
    """NNCAs, and ECAs with vectors from the test or the training set.  -> {(method, k): list}"""
    tasks, networks = {"moments": task}, [("Emulator",), ("NNCA", 1), ("NNCA", 2)]
    found = fit_networks(tasks, networks, range(p.seeds), epochs=p.epochs)
    found |= fit_eca(tasks, found, {"ECA": vectors_from})
    return {(m, k): found["moments", m, k] for m in ("NNCA", "ECA") for k in (1, 2)}


fitted = both_methods(task, vectors_from="test")

# %% [markdown]
# ## One spectrum for a pressure
#
# What is given is what an experiment could give: the mean spectrum of many sites, here of the test sites at each pressure, and its eight
# moments. Note that the moments of a mean spectrum are not the means of the moments: a mean of shifted
# lines is wider than each of them.

# %% tags=["remove-output"]
known = ensemble(ds, task.test_rows)
pressure = ds.pressure.values[task.test_rows]
levels = [task.test_rows[pressure == P] for P in known.pressure]
averages = np.array([task.Y[r].mean(axis=0) for r in levels])
shift = task.targets.transform(known.moments) - averages
wider = [abs(shift[:, i]).mean() for i in range(8)]
note(shift_largest=max(wider), shift_of=f"{MOMENTS[int(np.argmax(wider)) % 4]}")
one = fitted["NNCA", 1][0]
grid = np.linspace(*(one.latent_range_[:, 0] * 1.1), 400)
goal = task.targets.transform(known.moments)
loss = ((one.decode(grid[:, None])[None] - goal[:, None]) ** 2).sum(axis=2)
t = reconstruct(one, task, known.moments).T[:, 0]
glue("fig_landscape", figures.landscape(grid, loss, t, known.pressure))

# %% [markdown]
# ```{glue:figure} fig_landscape
# :name: fig-landscape
# :alt: Sum of squared errors against the latent variable, one curve for each pressure on a logarithmic scale, with a dot at the lowest point of each.
#
# The error of Eq. {eq}`eq-latent-fit` along the one latent variable of an NNCA; dots mark the fits. `fit_latent` looks at the whole axis, for a curve may have
# several valleys.
# ```
#
# Between the two kinds of mean the difference is largest for the {glue:text}`shift_of`: {glue:text}`shift_largest:.2f`
# standard deviations on average.

# %% [markdown]
# ## Fig. 5: distances against pressure

# %% tags=["remove-output"]
back = {
    key: [reconstruct(one, task, known.moments) for one in group]
    for key, group in fitted.items()
}
mean = {
    key: np.mean([each.distances for each in group], axis=0)
    for key, group in back.items()
}
panels = {m: [mean[m, 1], mean[m, 2]] for m in ("NNCA", "ECA")}
panels["known"] = [known.distances]
glue("fig_distances", figures.distances(known.pressure, panels))

# %% [markdown]
# ```{glue:figure} fig_distances
# :name: fig-distances
# :alt: Three panels of distances from the central Ge against pressure: reconstructed by NNCA, by ECA, and known. Nine O and eight Ge curves in two colours; solid for one component, dashed for two. Known outer O distances fall steeply at low pressure and then slowly.
#
# Counterpart of Fig. 5: distances of the neighbours from the central Ge, reconstructed by NNCA (a) and by ECA (b) from one component (solid) and two
# (dashed), means over {glue:text}`n_seeds` networks, and the known means of the test sites (c). ECA's vectors are found on the test set, as in the paper.
# ```
#
# The fall of the fifth and sixth O is the change of coordination: what was outside the shell moves in. Half of the way of the fifth is behind it by
# {glue:text}`fall_known:.0f` GPa in the glass, by {glue:text}`fall_NNCA1:.0f` GPa in the reconstruction by NNCA with one component.


# %% tags=["remove-output"]
wrong = {
    kind: np.array([known.error(each.distances) for each in group])
    for kind, group in back.items()
}
guess = known.error(distances_from_coulomb(task.inputs.mean[None])[0])
names = {1: "one component", 2: "two components"}
drawn = {f"{m}, {names[k]}": values for (m, k), values in wrong.items()}
note(n_seeds=p.seeds, n_levels=len(known.pressure))
glue("fig_errors", figures.errors(drawn, guess))

# %% [markdown]
# ```{glue:figure} fig_errors
# :name: fig-errors
# :alt: Two panels of mean absolute error against neighbour number, for nine O and eight Ge. Grey bars show the error of the mean structure, markers those of NNCA and ECA with one and two components.
#
# Error of every distance, averaged over pressures. Grey: what one gets without any spectrum, from the mean structure of the training set. Only what lies well below
# the grey is knowledge that came from the spectrum.
# ```

# %% tags=["hide-input"]
lines = {}
for (m, k), values in wrong.items():
    line = {
        shell: f"{values[:, rows].mean():.3f} ± {values[:, rows].mean(axis=1).std():.3f}"
        for shell, rows in SHELLS.items()
    }
    lines[f"{m}, {names[k]}"] = line
lines["mean structure"] = {
    shell: f"{guess[rows].mean():.3f}" for shell, rows in SHELLS.items()
}
pd.DataFrame.from_dict(lines, orient="index").style.set_caption(
    "mean absolute error (Å)"
)


# %% tags=["remove-output"]
def note_interval(name, value, low, high):
    note(**{name: value, f"{name}_low": low, f"{name}_high": high})


SIX = np.flatnonzero(OXYGEN)[:6]
six = {kind: values[:, SIX].mean(axis=1) for kind, values in wrong.items()}
for (m, k), values in wrong.items():
    note(**{f"six_{m}{k}": six[m, k].mean()})
    for shell, rows in SHELLS.items():
        gains = 1 - values[:, rows].mean(axis=1) / guess[rows].mean()
        note_interval(f"gain_{shell.replace(' ', '_')}_{m}{k}", *over_seeds(gains))
for k in names:
    note_interval(f"six_gained{k}", *over_seeds(six["ECA", k], six["NNCA", k]))
_, low, high = second = over_seeds(six["NNCA", 2], six["NNCA", 1])
note_interval("two_over_one", *second)
said = {(True, False): "One component comes nearer", (False, True): "Two come nearer"}
note(nearer=said.get((low > 0, high < 0), "The two cannot be told apart"))
note(six_guess=guess[SIX].mean())


# %% tags=["remove-output"]
def slope(rows):
    """By how much a reconstructed distance changes for a known one, over pressures."""
    ours, true = mean["NNCA", 1][:, rows], known.distances[:, rows]
    ours, true = ours - ours.mean(axis=0), true - true.mean(axis=0)
    return ((ours * true).sum(axis=0) / (true**2).sum(axis=0)).mean()


def half_way(distance):
    """The pressure (GPa) at which a distance has first covered half of its way."""
    done = (distance[0] - distance) / (distance[0] - distance.min())
    return np.interp(0.5, np.maximum.accumulate(done), known.pressure)


note(flat_Ge=slope(SHELLS["Ge"]), flat_O=slope(SHELLS["fifth and sixth O"]))
note(fall_known=half_way(known.distances[:, SIX[4]]))
note(fall_NNCA1=half_way(mean["NNCA", 1][:, SIX[4]]))
true_means = [task.inputs.inverse_transform(task.X[r]).mean(axis=0) for r in levels]
floor = known.error(distances_from_coulomb(np.array(true_means)))
note(floor=floor[SHELLS["fifth and sixth O"]].mean())

# %% [markdown]
# Over all pressures the first six Ge–O distances come back with a mean absolute error of {glue:text}`six_NNCA1:.3f` Å (NNCA, one component),
# {glue:text}`six_NNCA2:.3f` Å (two), {glue:text}`six_ECA1:.3f` Å (ECA, one) and {glue:text}`six_ECA2:.3f` Å (two); the mean structure errs by
# {glue:text}`six_guess:.3f` Å. {glue:text}`nearer` (NNCA: two components less one {glue:text}`two_over_one_low:+.3f` to {glue:text}`two_over_one_high:+.3f` Å); the paper finds one to be better.
#
# Of the error of the mean structure in the fifth and sixth Ge–O distance, NNCA with one component takes away
# {glue:text}`gain_fifth_and_sixth_O_NNCA1:.0%`, ECA {glue:text}`gain_fifth_and_sixth_O_ECA1:.0%`; in the Ge–Ge distances NNCA {glue:text}`gain_Ge_NNCA1:.0%`, ECA
# {glue:text}`gain_Ge_ECA1:.0%`; in the first four Ge–O distances NNCA {glue:text}`gain_first_four_O_NNCA1:.0%` (a negative number means that the guess was better). A feature that
# no vector leans on is predicted at its mean: its curve in {numref}`fig-distances` is flat. Flat means *given no weight*; with features that go together, as
# Ge–Ge and Ge–O distances do, that need not mean *without effect*. Against the known distances, the Ge–Ge distances of NNCA have a slope of
# {glue:text}`flat_Ge:.2f`, the fifth and sixth Ge–O of {glue:text}`flat_O:.2f`.
#
# Part of any error is the way back itself: the *true* mean Coulomb matrices, turned into distances, already miss the known means of the fifth and sixth O by
# {glue:text}`floor:.3f` Å, for the distance behind a mean of $1/r$ is not the mean distance.
#
# ## Structures that cannot be
#
# An expansion knows no geometry. Nothing keeps the third O nearer than the fourth, or a Coulomb element positive.

# %% tags=["hide-input"]
pd.DataFrame(
    {
        f"{m}, {names[k]}": {
            "distances out of order": np.mean([each.crossings for each in group]),
            "elements without a distance": np.mean(
                [each.impossible for each in group]
            ),
            "minima of the fit": np.mean([each.minima.mean() for each in group]),
            "left over, of eight": np.mean([each.residual.mean() for each in group]),
        }
        for (m, k), group in back.items()
    }
).T.style.format(precision=2)

# %% tags=["remove-output"]
note(
    crossings=sum(each.crossings for group in back.values() for each in group),
    impossible=sum(each.impossible for group in back.values() for each in group),
    n_rebuilt=sum(len(group) for group in back.values()) * len(known.pressure),
)

# %% [markdown]
# Means over networks, for all {glue:text}`n_levels` pressures together; *left over* is the sum of squared errors of a fit in standardised units. In the
# {glue:text}`n_rebuilt` reconstructions behind this chapter {glue:text}`crossings` pairs of neighbours in rank are out of order and
# {glue:text}`impossible` of the 17 elements with the central Ge belong to no distance. They are counted and kept; an error with such an element in it is
# given as NaN. Whether the other 136 elements fit a structure in space is not tested, and a reconstruction that looks physical is not thereby right.
#
# ## Boxes never seen
#
# Test sites of the paper's split share their simulation boxes with training sites. Whole boxes held back make a
# harder test, if nothing is found on them: the vectors of ECA now come from the training set.

# %% tags=["remove-output"]
strict = glass_problem(ds, p.seed, by="box")
unseen = ensemble(ds, strict.test_rows)
lines = {}
for (m, k), group in both_methods(strict, vectors_from="train").items():
    errors = [
        unseen.error(reconstruct(one, strict, unseen.moments).distances)
        for one in group
    ]
    by_site = [one.score(*task.test) for one in fitted[m, k]]
    by_box = [one.score(*strict.test) for one in group]
    lines[f"{m}, {names[k]}"] = {
        "R², by site": np.mean(by_site),
        "R², by box": np.mean(by_box),
        "Ge–O error, by site (Å)": six[m, k].mean(),
        "Ge–O error, by box (Å)": np.mean(errors, axis=0)[SIX].mean(),
    }
lines["mean structure"] = {
    "Ge–O error, by site (Å)": guess[SIX].mean(),
    "Ge–O error, by box (Å)": unseen.error(
        distances_from_coulomb(strict.inputs.mean[None])[0]
    )[SIX].mean(),
}
boxes = pd.DataFrame.from_dict(lines, orient="index")
note(box_r2=boxes.loc["NNCA, one component", "R², by box"])
note(box_error=boxes.loc["NNCA, one component", "Ge–O error, by box (Å)"])

# %% tags=["hide-input"]
boxes.style.format(precision=3, na_rep="")

# %% [markdown]
# With one component NNCA covers {glue:text}`box_r2:.3f` of the moments of unseen boxes and brings back the first six Ge–O distances to
# {glue:text}`box_error:.3f` Å. (ECA by site has vectors from the test set, so its two columns differ in that as well.)
#
# ## Exercises
#
# ```{exercise}
# :label: ex-single
# Reconstruct single test sites instead of means. How does the error of the first six Ge–O distances compare with that
# of the mean structure?
# ```
#
# ````{solution} ex-single
# :class: dropdown
# ```python
# sites = task.test_rows[:300]
# truth = distances_from_coulomb(task.inputs.inverse_transform(task.X[sites]))
# x = task.inputs.inverse_transform(fitted["NNCA", 1][0].reconstruct(task.Y[sites]))
# flat = distances_from_coulomb(task.inputs.mean[None])
# for guess_ in (distances_from_coulomb(x), flat):
#     print(np.nanmean(np.abs(guess_ - truth)[:, SIX]))
# ```
# A single site is a much harder case: moments of one site scatter for reasons that one latent variable cannot hold, and these
# errors no longer cancel.
# ````
#
# ```{exercise}
# :label: ex-noise
# Add noise of 0.1 standard deviations to the moments before the fit, ten times. Which distances move?
# ```
#
# ````{solution} ex-noise
# :class: dropdown
# ```python
# rng = np.random.default_rng(0)
# noise = 0.1 * task.targets.scale * rng.normal(size=(10, *known.moments.shape))
# again = [reconstruct(fitted["NNCA", 1][0], task, known.moments + n) for n in noise]
# print(np.std([each.distances for each in again], axis=0).mean(axis=0).round(3))
# ```
# Those that the vector leans on, all together and in proportion: with one component there is one way for a structure to
# change. Compare with the layer-wise inversion of [the third chapter](03_inverse_attempts.ipynb), where errors grow from layer to layer.
# ````
#
# ## Summary
#
# - Latent variables are fitted, not inverted; all minima are looked at.
# - The first six Ge–O distances come back to {glue:text}`six_NNCA1:.3f` Å with NNCA and one component, against {glue:text}`six_guess:.3f` Å
#   without a spectrum. The gain is in the fifth and sixth ({glue:text}`gain_fifth_and_sixth_O_NNCA1:+.0%` of the blind error removed); for the first four it is
#   {glue:text}`gain_first_four_O_NNCA1:+.0%`.
# - Distances that the vectors give no weight return as their mean, and look more certain than they are.
#
# **Next:** [how the hyperparameters were found](06_model_selection.ipynb).
