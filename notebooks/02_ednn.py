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
# # EDNN: everything through one neuron
#
# **Question.** If a network must push all it knows of a molecule through one or two neurons and still predicts the
# spectrum, what is in those neurons?
#
# :::{admonition} In this chapter
# - **You will** train an {term}`emulator`, look through it with {term}`ECA`, train an {term}`EDNN`, and find out which
#   of the two keeps more of the spectrum, and at which price.
# - **You need** [the data chapter](01_data.ipynb), and a rough idea of what a neural network is.
# - **Time** about 30 minutes.
# :::

# %% tags=["parameters"]
preset = "book"  # how much is computed: "quick", "book" or "paper"
data = None  # path of a water data file of your own; None: this project's
snapshots = None  # water snapshots used, 100 to 10,000; None: the preset's number
seed = 0  # of the split into training and test data, 0 or more
seeds = None  # networks for each entry of a table, 2 to 50; None: the preset's
epochs = None  # length of each training, 1 to 10,000; None: the preset's

# %% tags=["remove-output"]
from nnca.book.parameters import settle

p = settle(globals())

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from myst_nb import glue
from sklearn.base import clone
from sklearn.neighbors import KNeighborsRegressor

from nnca import EDNN, PolynomialEmulator
from nnca.book.parameters import note
from nnca.book.hyperparameters import tuned
from nnca.data import load_h2o
from nnca.methods.network import fit_seeds
from nnca.figures import ednn as figures
from nnca.figures import use_style
from nnca.figures.networks import diagram
from nnca.metrics import spectral_deviation
from nnca.uncertainty import compare
from nnca.book.paper import TABLE_I
from nnca.spectra import WINDOWS
from nnca.book.tables import score_notes, score_table
from nnca.problem import WATER, water_problem
from nnca.book.trained_networks import ECA_SETS, fit_eca, fit_networks

use_style()

# %% [markdown]
# ## A narrow door
#
# An encoder–decoder network is an ordinary feed-forward network with one layer made very narrow, the {term}`bottleneck`.
# Its first half, the encoder, maps a structure $\mathbf x$ to $k$ numbers $\mathbf t$; its second half, the decoder,
# knows *only* $\mathbf t$ and must make the whole spectrum from it. Both are trained together on nothing but
# spectra. If the prediction is good, $\mathbf t$ must contain what the spectrum depends on: no other way
# leads through.

# %% tags=["remove-output"]
glue("fig_ednn", diagram("EDNN"))

# %% [markdown]
# ```{glue:figure} fig_ednn
# :name: fig-ednn
# :alt: A network drawn as dots and lines. Three input neurons for angle and two bond lengths, two wider hidden layers, a single coloured neuron in the middle, two hidden layers, and a spectrum at the right.
#
# The idea of Fig. 1 of the paper. What the coloured neuron does not carry, the decoder cannot know.
# ```
#
# The measure of success through the whole book is the covered variance over a set of spectra $\mathbf S$ (rows: molecules,
# columns: channels) and their predictions,
#
# $$
# R^2 = 1 - \frac{\operatorname{tr}\bigl(\tilde{\mathbf S}^T \tilde{\mathbf S}\bigr)}{\operatorname{tr}\bigl(\mathbf S^T \mathbf S\bigr)},
# \qquad \tilde{\mathbf S} = \mathbf S - \mathbf S^{(\mathrm{pred})},
# $$ (eq-r2)
#
# with the mean spectrum subtracted from $\mathbf S$: the paper's Eqs. (1) and (2), here `nnca.covered_variance`. One is
# perfect; zero is what the mean spectrum alone would earn.

# %%
water = load_h2o(p.data, p.snapshots)
tasks = {kind: water_problem(water, kind, p.seed) for kind in WATER}
for kind, task in tasks.items():
    print(
        kind, task.X.shape, "->", task.Y.shape, "training rows:", len(task.train_rows)
    )

# %% [markdown]
# ## The networks
#
# For each spectrum we train an emulator (no bottleneck: the best a network can do with these data) and an EDNN with
# $k = 1$ and $k = 2$, each {glue:text}`n_seeds` times from different random numbers. Depths, widths, learning rate and $L_2$ penalty come from
# a search in the spaces of the paper's supplement, which [the chapter on model selection](06_model_selection.ipynb)
# documents; `nnca.book.hyperparameters` reads what it found.
#
# :::{admonition} Deviation 11: training
# :class: warning
# The paper trains its EDNNs with scikit-learn. Here networks of one shape train side by side in torch
# (`nnca.networks`), with the same loss, a one-cycle learning rate and a tenth of the training data held out to choose the best epoch. The
# targets are rotated to the principal components that carry all but a millionth of their variance; a linear output layer
# learns the same there.
# :::

# %%
networks = [("Emulator",), ("EDNN", 1), ("EDNN", 2)]
fitted = fit_networks(tasks, networks, range(p.seeds), epochs=p.epochs)

# %% [markdown]
# ## The emulator: what is possible at all

# %% tags=["remove-output"]
emulator = {kind: fitted[kind, "Emulator"] for kind in WATER}
ceiling = {
    kind: [one.score(*tasks[kind].test) for one in emulator[kind]] for kind in WATER
}
worst_emulator = min(ceiling, key=lambda kind: np.mean(ceiling[kind]))
note(emulator_worst=worst_emulator.upper(), n_seeds=p.seeds)
note(emulator_lowest=np.mean(ceiling[worst_emulator]))
note(emulator_xas=np.mean(ceiling["xas"]))

truth, predicted, energies = {}, {}, {}
for kind, task in tasks.items():
    X, Y = task.test
    truth[kind] = task.targets.inverse_transform(Y)
    predicted[kind] = task.targets.inverse_transform(emulator[kind][0].predict(X))
    energies[kind] = np.linspace(*WINDOWS[kind], Y.shape[1])
glue("fig_emulated", figures.emulated(energies, truth, predicted))

# %% [markdown]
# ```{glue:figure} fig_emulated
# :name: fig-emulated
# :alt: Three panels for XPS, XES and XAS, each with two computed test spectra in black and the emulated ones dashed on top; the curves coincide almost everywhere.
#
# Spectra of test molecules the emulator never saw, computed (black) and emulated (dashed): the one with the median error,
# and above it one that is worse than 99 % of the test set. The mean covered variance is at least {glue:text}`emulator_lowest:.4f`
# (for {glue:text}`emulator_worst`).
# ```
#
# So three numbers determine these spectra almost completely, as they must: a water molecule has only three internal
# coordinates. Whatever a method with one latent variable misses from now on is lost at the bottleneck.

# %% [markdown]
# ## The reference: ECA
#
# Emulator-based component analysis {cite:p}`niskanen2022` looks *through* a finished emulator. It asks for the direction
# $\mathbf v_1$ in structure space such that structures flattened onto it,
#
# $$
# \mathbf x^{(k)} = \sum_{j=1}^{k} (\mathbf v_j\cdot\mathbf x)\,\mathbf v_j
# $$ (eq-projection)
#
# (the paper's Eq. (3)), still give the emulator enough to predict the spectra; then for $\mathbf v_2$, orthogonal to the
# first; and so on. `nnca.ECA` finds each vector from several random starts by quasi-Newton steps on the unit sphere.
#
# The paper chooses the vectors on the *test* set. We do the same in the column that is to be compared, and
# put beside it the vectors found on the training set, the cleaner choice.


# %%
fitted |= fit_eca(tasks, fitted)
eca = [one for kind in WATER for name in ECA_SETS for one in fitted[kind, name, 2]]
spread = [np.ptp(one.start_scores_, axis=1).max() for one in eca]
note(start_spread=max(spread))

# %% [markdown]
# All starts of one analysis reach the same covered variance within {glue:text}`start_spread:.0e`: in three dimensions there
# is one best direction, and it is found every time.

# %% [markdown]
# ## Table I
#
# Each entry below is the mean over {glue:text}`n_seeds` networks, with the interval that a bootstrap over test molecules and networks
# gives (95 %; `nnca.metrics.bootstrap`). All methods are resampled together, so that their *differences* have intervals
# too.

# %% tags=["remove-output"]
methods, gaps = ("EDNN", *ECA_SETS), [("EDNN", "ECA")]
rows = {
    (kind, k): compare(
        {m: fitted[kind, m, k] for m in methods}, *tasks[kind].test, p.seed
    )
    for kind in ("xes", "xas", "xps")
    for k in (1, 2)
}
note(**score_notes(rows, gaps))
glue("fig_table1", figures.scores(rows, TABLE_I))

# %% tags=["hide-input"]
score_table(rows, gaps)

# %% [markdown]
# ```{glue:figure} fig_table1
# :name: fig-table1
# :alt: A chart with one row for each spectrum and number of components. Filled markers with intervals show EDNN and ECA here, hollow markers the paper's values; EDNN lies right of ECA in the rows with one component.
#
# Table I drawn: ours filled, with 95 % intervals; the paper's hollow.
# ```
#
# With one latent variable the EDNN covers {glue:text}`EDNN_over_ECA_xes1_word` ECA for XES (difference
# {glue:text}`EDNN_over_ECA_xes1_low:.3f` to {glue:text}`EDNN_over_ECA_xes1_high:.3f`) and {glue:text}`EDNN_over_ECA_xas1_word` ECA for XAS
# ({glue:text}`EDNN_over_ECA_xas1_low:.3f` to {glue:text}`EDNN_over_ECA_xas1_high:.3f`); the paper finds more in both. One latent variable carries {glue:text}`EDNN_xps1:.3f` of XPS, two carry
# {glue:text}`EDNN_xes2:.3f` of XES; the paper has 1.00 for both. What need not be the same are the levels: the paper's structures, spectra and
# networks are others than ours (Deviations 1–4), and how much more an EDNN covers depends on something that a table does
# not show.

# %% [markdown]
# ## What the neuron stands for
#
# The distance of a spectrum from the one at the centre of the training set, $\mathbf x_\mathrm{cen}$ (the origin of the
# standardised features), relative to that central spectrum,
#
# $$
# M(\mathbf x) = \frac{\lVert \mathbf S_\mathrm{emu}(\mathbf x) - \mathbf S_\mathrm{emu}(\mathbf x_\mathrm{cen})\rVert_2}
# {\lVert \mathbf S_\mathrm{emu}(\mathbf x_\mathrm{cen})\rVert_2},
# $$ (eq-deviation)
#
# is the paper's Eq. (4) (`nnca.metrics.spectral_deviation`, with a polynomial emulator). Where does $t_1$ of the EDNN stay constant in structure space, and
# where does $M$?

# %% tags=["remove-output"]
side = np.linspace(-2.5, 2.5, 41)  # standard deviations
grid = np.stack(np.meshgrid(side, side, side, indexing="ij"), axis=-1).reshape(-1, 3)
latent_panels, deviation_panels = [], []
for letter, other, kind in zip("abc", "def", ("xes", "xas", "xps"), strict=True):
    task, one = tasks[kind], fitted[kind, "EDNN", 1][0]
    polynomial = PolynomialEmulator(degree=4).fit(*task.train)
    spectra = task.targets.inverse_transform(
        polynomial.predict(np.r_[[[0] * 3], grid])
    )
    M = spectral_deviation(spectra[1:], spectra[0])
    t = one.transform(grid)[:, 0]
    levels = np.quantile(one.transform(task.train[0]), (0.1, 0.3, 0.5, 0.7, 0.9))
    latent_panels += [(f"({letter}) $t_1$, {kind.upper()}", t, levels)]
    deviation_panels += [
        (f"({other}) $M$, {kind.upper()}", M, np.quantile(M, (0.2, 0.5)))
    ]
fields = [
    [(title, values.reshape(41, 41, 41), levels) for title, values, levels in row]
    for row in (latent_panels, deviation_panels)
]
scale = tasks["xes"].inputs
sides = [m + s * side for m, s in zip(scale.mean, scale.scale, strict=True)]
names = ("angle (degree)", "$r_1$ (Å)", "$r_2$ (Å)")
glue("fig_isosurfaces", figures.isosurfaces(fields, sides, names))

# %% [markdown]
# ```{glue:figure} fig_isosurfaces
# :name: fig-isosurfaces
# :alt: Six three-dimensional boxes with the axes angle, first and second bond length. The upper three show nested, bent surfaces of constant latent variable for XES, XAS and XPS, the lower three surfaces of constant spectral deviation that wrap around the centre.
#
# The counterpart of the paper's Fig. 3. Above, surfaces on which the one latent variable of an EDNN is constant (deciles 1, 3, 5, 7, 9 of the
# training data); below, surfaces on which the spectral deviation $M$ is. ECA's would be flat and parallel. XPS comes nearest to that.
# ```

# %% [markdown]
# A number to go with the picture: how much of $M$ over the test molecules is known once $t_1$ is? A nearest-neighbour
# regression from $t_1$ alone answers, for the EDNN's and for ECA's $t_1$.

# %% tags=["hide-input"]
known = {}
for kind in ("xes", "xas", "xps"):
    task = tasks[kind]
    centre = task.targets.inverse_transform(
        emulator[kind][0].predict(np.zeros((1, 3)))
    )
    S = task.targets.inverse_transform(task.Y)
    M = spectral_deviation(S, centre[0])
    for method in ("EDNN", "ECA, training set"):
        T = fitted[kind, method, 1][0].transform(task.X)
        train, test = task.train_rows, task.test_rows
        smooth = KNeighborsRegressor(25).fit(T[train], M[train])
        known[kind.upper(), method] = smooth.score(T[test], M[test])
    note(**{f"deviation_EDNN_{kind}": known[kind.upper(), "EDNN"]})
known = pd.Series(known).unstack()
known.style.format(precision=2)

# %% [markdown]
# ## How far can a line bend?
#
# A curve can pass close to every point of a box if it turns often enough. The encoder of an EDNN is free to do
# just that: it may cut the space of structures into pieces and give each a stretch of $t_1$, and the decoder learns which is which. Nothing in Eq. {eq}`eq-r2`
# forbids it. Let an XES network grow and train longer:

# %% tags=["remove-output"]
lengths = [max(1, p.epochs * share // 8) for share in (8, 4, 2, 1)]
networks = {
    width: EDNN(encoder=(width,) * 2, decoder=(width,) * 2) for width in (32, 64)
}
networks = {f"{w}–{w}": one for w, one in networks.items()}
networks["chosen by the search"] = tuned("EDNN", "xes", 1)


def grown(name, length):
    one = clone(networks[name]).set_params(epochs=length, random_state=0)
    return one.fit(*tasks["xes"].train)


jobs = [(name, length) for length in lengths for name in networks]
found = Parallel(n_jobs=-1)(delayed(grown)(*job) for job in jobs)
bent = dict(zip(jobs, found, strict=True))

# %% tags=["remove-output"]
reached = {job: one.score(*tasks["xes"].test) for job, one in bent.items()}
curves = {name: (lengths, [reached[name, n] for n in lengths]) for name in networks}
small, large = bent["32–32", lengths[0]], bent["chosen by the search", lengths[0]]
note(bent_low=min(reached.values()), bent_high=max(reached.values()))
glue("fig_growth", figures.growth(curves))

# %% [markdown]
# ```{glue:figure} fig_growth
# :name: fig-growth
# :alt: Covered variance of a one-component EDNN for XES against the number of epochs, a curve for each network width. All rise; the widest rises most.
#
# The one-component score for XES grows with the size of the network and the length of its training, from
# {glue:text}`bent_low:.3f` to {glue:text}`bent_high:.3f`, over the trainings shown.
# ```

# %% tags=["remove-output"]
across = np.linspace(-2.5, 2.5, 121)
plane = np.array([(a, r, r) for a in across for r in across])
pictures = {"32–32": small, "chosen by the search": large}
maps = {
    name: one.transform(plane).reshape(121, 121) for name, one in pictures.items()
}
flat = fitted["xes", "ECA, training set", 1][0]
maps = {"ECA": flat.transform(plane).reshape(121, 121)} | maps
gained = {
    name: one.score(*tasks["xes"].test)
    for name, one in ({"ECA": flat} | pictures).items()
}
edges = [scale.mean[i] + scale.scale[i] * side[[0, -1]] for i in (0, 1)]
glue("fig_folds", figures.folds(maps, (*edges[0], *edges[1]), gained))

# %% [markdown]
# ```{glue:figure} fig_folds
# :name: fig-folds
# :alt: Three maps of the latent variable over the plane of angle and common bond length. ECA: straight parallel contours. Small EDNN: gently bent contours. Chosen EDNN: contours run together into a wall that divides the plane, with other directions on either side.
#
# The latent variable for XES over molecules with two equal bonds (brightness: its rank). ECA's contours are straight by construction.
# A small EDNN bends them. The large one tears the plane: where contours run together $t_1$ jumps, and either side has a range
# of $t_1$ for itself.
# ```
#
# So *the* score of a one-component EDNN does not exist: it is a score at a given size and patience, the paper's as well as ours.
# The same freedom that raises it makes $t_1$ harder to read. That is the paper's price for flexibility, seen from
# another side, and a warning to whoever wants to run such a network backwards.

# %% [markdown]
# ## Which activation at the bottleneck?
#
# The paper's networks have ReLU everywhere, the bottleneck included. A ReLU neuron that gives zero for every molecule passes
# nothing on and no gradient back: the network has died. `nnca.EDNN` notices and starts again. A linear
# bottleneck cannot die.

# %% tags=["hide-input"]
jobs = [(kind, act) for kind in ("xes", "xas") for act in ("identity", "relu")]
variants = Parallel(n_jobs=-1)(
    delayed(fit_seeds)(
        EDNN(latent_activation=act, epochs=p.epochs),
        *tasks[kind].train,
        range(p.seeds),
    )
    for kind, act in jobs
)
lines = {}
for (kind, act), group in zip(jobs, variants, strict=True):
    got = [one.score(*tasks[kind].test) for one in group]
    died = sum(one.n_restarts_ for one in group)
    name = {"identity": "linear", "relu": "ReLU"}[act]
    lines[kind.upper(), name] = {
        "R²": np.mean(got),
        "spread": np.std(got),
        "deaths": died,
    }
pd.DataFrame(lines).T.style.format(precision=3).format("{:.0f}", subset=["deaths"])

# %% [markdown]
# ## Exercises
#
# ```{exercise}
# :label: ex-random
# Replace ECA's vector for XES by the angle alone, $\mathbf v = (1, 0, 0)$, and by the symmetric stretch,
# $(0, 1, 1)/\sqrt 2$. How much variance does each cover? Guess before you compute.
# ```
#
# ````{solution} ex-random
# :class: dropdown
# ```python
# from nnca import covered_variance
# X, Y = tasks["xes"].test
# for v in ([1, 0, 0], [0, 2**-0.5, 2**-0.5]):
#     flattened = np.outer(X @ v, v)
#     print(v, covered_variance(Y, emulator["xes"][0].predict(flattened)))
# ```
# The angle covers a good part, the stretch alone does worse than the mean spectrum would (a negative $R^2$). The best direction is a
# combination of both, and better than either.
# ````
#
# ```{exercise}
# :label: ex-shuffle
# Give the EDNN a fourth feature that is pure noise. What should happen to the one-component score on the *training* and on the test
# data, and what does?
# ```
#
# ````{solution} ex-shuffle
# :class: dropdown
# ```python
# rng = np.random.default_rng(0)
# (X, Y), (X_test, Y_test) = tasks["xes"].train, tasks["xes"].test
# noisy = np.c_[X, rng.normal(size=len(X))]
# one = EDNN(random_state=0, epochs=p.epochs).fit(noisy, Y)
# print(one.score(noisy, Y), one.score(np.c_[X_test, rng.normal(size=len(X_test))], Y_test))
# ```
# Very little: the encoder learns to ignore what the spectra do not depend on. That is what makes a bottleneck a
# tool of interpretation.
# ````

# %% [markdown]
# ## Summary
#
# - An emulator predicts all three spectra with $R^2$ of at least {glue:text}`emulator_lowest:.3f`; what a bottleneck loses, the bottleneck lost.
# - With one latent variable an EDNN covers {glue:text}`EDNN_xes1:.2f` (XES), {glue:text}`EDNN_xas1:.2f` (XAS) and {glue:text}`EDNN_xps1:.2f` (XPS) of the variance,
#   ECA {glue:text}`ECA_xes1:.2f`, {glue:text}`ECA_xas1:.2f` and {glue:text}`ECA_xps1:.2f`.
# - The gain comes from bending and cutting, and those have no natural end.
#
# **Next:** can we run the EDNN backwards, from a spectrum to a structure?
